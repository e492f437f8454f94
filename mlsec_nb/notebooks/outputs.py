"""The outputs and attachments of one cell as segments: streams, tracebacks, and every MIME part."""

import re
from collections.abc import Callable, Iterator
from typing import Any, TypeGuard

from mlsec_nb.core import Location, Part, Segment

from . import images
from .origins import Joined, Json, JsonOrigin, Leaves, at_pointer
from .positions import Path, Raw, shown
from .terminal import CODES
from .texts import image_segments, text_segments

# Version 3 wrote MIME parts as plain keys of the output.
_OLD = {
    "text": "text/plain", "html": "text/html", "svg": "image/svg+xml", "latex": "text/latex",
    "json": "application/json",
    "javascript": "application/javascript", "png": "image/png", "jpeg": "image/jpeg", "pdf": "application/pdf",
}  # fmt: skip
_STRINGS = frozenset({str})
_RESULTS = ("pyout", "display_data", "execute_result")  # no set: what is compared may be a list
_MIME = re.compile(r"[a-z]+/[a-z0-9.+_-]{1,80}")
_BINARY = ("image/", "audio/", "video/", "font/", "application/pdf", "application/octet-stream")
_TOLD = frozenset({"output_type", "name", "stream", "text", "data", "metadata", "traceback", "ename", "evalue",
                   "execution_count", "prompt_number"})  # fmt: skip


class Outputs:
    """Reads the outputs of the cell at a place; `gap` is told what has a wrong shape."""

    def __init__(self, place: Location, raw: Raw, gap: Callable[[Location, str], None]) -> None:
        self._place = place
        self._raw = raw
        self._gap = gap

    def read(self, outputs: list[Any], path: Path) -> Iterator[Segment]:
        """The segments of a list of outputs; streams of the same name that follow one another are one text."""
        run: list[tuple[Path, Any]] = []
        name = ""
        for index, output in enumerate(outputs):
            here = (*path, index)
            if isinstance(output, dict) and output.get("output_type") == "stream" and is_text(output.get("text", "")):
                this = output.get("name", output.get("stream"))
                this = this if this in ("stdout", "stderr") else "stream"
                if run and this != name:
                    yield from self._stream(run, name)
                    run = []
                name = this
                run.append(((*here, "text"), output.get("text", "")))
                yield from self._rest(output, here, index + 1, _TOLD - _unusual(output))
                continue
            if run:
                yield from self._stream(run, name)
                run = []
            yield from self._output(output, here, index + 1)
        if run:
            yield from self._stream(run, name)

    def attachments(self, value: Any, path: Path) -> Iterator[Segment]:
        """The segments of a cell's attachments: name → MIME type → payload."""
        if not isinstance(value, dict):
            self._gap(self._place.with_(part="attachment"), f"attachments of cell {self._place.cell} are no object")
            yield from self._leaves(value, path, "attachment", len(path))
            return
        for name, bundle in value.items():
            yield from self._bundle(bundle, (*path, name), f"attachment {shown(name)}", Part.ATTACHMENT)
        yield from self._leaves(dict.fromkeys(value, 0), path, "attachment", len(path))  # names are texts as well

    def _stream(self, run: list[tuple[Path, Any]], name: str) -> Iterator[Segment]:
        depth = len(run[0][0]) - 2
        label = None if len(run) == 1 else lambda path: f"output {path[depth] + 1} {name}"
        first = run[0][0][depth]
        assert isinstance(first, int)
        place = self._place.with_(part=f"output {first + 1} {name}")
        yield from text_segments(Joined(run), Part.OUTPUT, place, self._raw, label=label)

    def _output(self, output: Any, path: Path, number: int) -> Iterator[Segment]:
        if not isinstance(output, dict):
            self._gap(
                self._place.with_(part=f"output {number}"), f"output {number} of cell {self._place.cell} is no object"
            )
            yield from self._leaves(output, path, f"output {number}", len(path))
            return
        told = _TOLD - _unusual(output)
        if "traceback" in output or "evalue" in output or "ename" in output:
            yield from self._error(output, path, number)
        if "data" in output:
            yield from self._bundle(output["data"], (*path, "data"), f"output {number}", Part.OUTPUT)
        if output.get("output_type") in _RESULTS or "data" not in output:
            old = {key: output[key] for key in _OLD if key in output}
            for key, value in old.items():
                yield from self._mime(_OLD[key], value, (*path, key), f"output {number}", Part.OUTPUT)
            told |= old.keys()
        elif "text" in output:
            told -= {"text"}
        yield from self._rest(output, path, number, told)

    def _rest(self, output: dict[str, Any], path: Path, number: int, told: frozenset[str]) -> Iterator[Segment]:
        if metadata := output.get("metadata"):
            yield from self._leaves(metadata, (*path, "metadata"), f"output {number} metadata", len(path) + 1)
        if rest := {key: value for key, value in output.items() if key not in told}:
            yield from self._leaves(rest, path, f"output {number} field", len(path))

    def _error(self, output: dict[str, Any], path: Path, number: int) -> Iterator[Segment]:
        """The traceback; name and message of the error as well where the traceback does not show them."""
        value = output.get("traceback")
        part = f"output {number} traceback"
        lines = ""
        if is_text(value):
            composed = Joined([((*path, "traceback"), value)], "\n")
            for segment in text_segments(composed, Part.TRACEBACK, self._place.with_(part=part), self._raw):
                lines += segment.text
                yield segment
        elif value is not None:
            self._gap(self._place.with_(part=part), f"{part} of cell {self._place.cell} is no text")
            yield from self._leaves(value, (*path, "traceback"), part, len(path) + 1)
        rest = {key: output[key] for key in ("ename", "evalue") if key in output and not _shown(output[key], lines)}
        if rest:
            yield from self._leaves(rest, path, f"output {number} error", len(path))

    def _bundle(self, bundle: Any, path: Path, part: str, kind: Part) -> Iterator[Segment]:
        if not isinstance(bundle, dict):
            self._gap(self._place.with_(part=part), f"{part} of cell {self._place.cell} is no bundle of MIME types")
            yield from self._leaves(bundle, path, part, len(path))
            return
        for mime, value in bundle.items():
            yield from self._mime(mime, value, (*path, mime), part, kind)
            if not _MIME.fullmatch(mime):
                yield from self._leaves({mime: 0}, path, part, len(path))

    def _mime(self, mime: str, value: Any, path: Path, part: str, kind: Part) -> Iterator[Segment]:
        name = f"{part} {mime if _MIME.fullmatch(mime) else shown(mime)}"
        if is_text(value):
            if value:
                yield from self._payload(mime, value, path, name, kind)
        elif value is not None:
            place = self._place.with_(part=name)
            composed = Json(path, value)
            origin = JsonOrigin(place, self._raw, composed, at_pointer(name, len(path)))
            yield Segment(composed.text(), kind, place, origin, "json", mime)

    def _payload(self, mime: str, value: str | list[str], path: Path, name: str, kind: Part) -> Iterator[Segment]:
        """A text; of an image only the text inside it."""
        composed = Joined([(path, value)])
        place = self._place.with_(part=name)
        if mime.startswith(_BINARY) and (image := images.kind_of(value if isinstance(value, str) else value[0])):
            holder = Segment(composed.text(), kind, place, JsonOrigin(place, self._raw, composed), None, mime)
            yield from image_segments(holder, 0, len(holder.text), image)
        else:
            yield from text_segments(composed, kind, place, self._raw, mime=mime)

    def _leaves(self, value: Any, path: Path, part: str, base: int) -> Iterator[Segment]:
        place = self._place.with_(part=part)
        composed = Leaves(path, value)
        if text := composed.text():
            yield Segment(text, Part.METADATA, place, JsonOrigin(place, self._raw, composed, at_pointer(part, base)))


def is_text(value: Any) -> TypeGuard[str | list[str]]:
    """Whether a value is text as notebooks write it: a string, or a list of strings."""
    return isinstance(value, str) or (isinstance(value, list) and _STRINGS.issuperset(map(type, value)))


def _unusual(output: dict[str, Any]) -> frozenset[str]:
    """Known keys that hold a text where none belongs."""
    return frozenset(
        key for key in ("output_type", "name", "stream", "execution_count", "prompt_number")
        if isinstance(output.get(key), str | list | dict) and output[key] not in _WORDS
    )  # fmt: skip


_WORDS = (
    "stream",
    "display_data",
    "execute_result",
    "error",
    "pyout",
    "pyerr",
    "update_display_data",
    "stdout",
    "stderr",
)


def _shown(value: Any, lines: str) -> bool:
    return isinstance(value, str) and CODES.sub("", value) in lines
