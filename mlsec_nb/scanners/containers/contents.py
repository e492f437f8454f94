"""What others should look at: the files of all layers, deleted ones too, and the texts of the configuration."""

import hashlib
import re
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import BinaryIO, Final

from mlsec_nb.core import SKIPPED, CannotRead, Gap, Inside, Kind
from mlsec_nb.core.image import Entry, Image
from mlsec_nb.io.files import Memory

from . import starting
from .base import Base
from .inventory import Inventory
from .story import Story, instruction
from .systems.registry import reader_for

SMALL: Final = 16 << 20  # bytes of a file that is read once and kept while it is looked at
_CHUNK: Final = 1 << 20
_MODELS: Final = frozenset({Kind.MODEL})
_SET_IN_CONFIG: Final = ("ENV ", "LABEL ", "CMD ", "ENTRYPOINT ", "HEALTHCHECK ")
_TEXT: Final = frozenset({Kind.TEXT})
_NODE: Final = re.compile(r"(?:^|/)node_modules/[^/]+/")
_OF_NODE: Final = ("", "they are in installed packages of node, and were looked at as models only")
_ONLY_MODELS: Final = ("", "they are as packages of Python or conda put them there, and were looked at as models only")


@cache
def _folders() -> Mapping[str, str]:
    table = tomllib.loads((files(__package__) / "skipped.toml").read_text(encoding="utf-8"))
    return {str(name): str(reason) for name, reason in table["folders"].items()}


@dataclass(frozen=True, slots=True)
class EntryContent:
    """A file of an image that is too big to be kept in memory."""

    image: Image
    entry: Entry

    @property
    def size(self) -> int:
        return self.entry.size

    @property
    def local(self) -> str | None:
        return None

    def open(self) -> BinaryIO:
        return self.image.open(self.entry)

    def read(self, limit: int) -> bytes:
        return self.image.read(self.entry, limit)


def texts(story: Story, base: Base) -> Iterator[Inside]:
    """Environment, labels, commands and history, each as a text; what the history only repeats is not told twice.

    Of the history, what is in `base` is left out.
    """
    config = starting.settings(story.image)
    env = starting.words(config, "Env")
    labels = config.get("Labels")
    pairs = [f"{key}={value}" for key, value in labels.items()] if isinstance(labels, Mapping) else []
    commands = [" ".join(found) for key in ("Entrypoint", "Cmd", "OnBuild") if (found := starting.words(config, key))]
    health = config.get("Healthcheck")
    if isinstance(health, Mapping):
        commands.append(" ".join(starting.words(health, "Test")))
    for part, lines in (("env", env), ("labels", pairs), ("command", commands)):
        text = "\n".join(line.replace("\n", " ") for line in lines)
        if text:
            yield _text(story, part, text)
    told = "\n".join((*env, *pairs, *commands))
    for layer in story.image.layers:
        line = instruction(layer.created_by) if layer.index not in base.layers else ""
        if line and not (line.startswith(_SET_IN_CONFIG) and _is_told(line, told)):
            yield _text(story, "history", layer.created_by, layer.index)  # with the arguments of the build


def _text(story: Story, part: str, text: str, layer: int | None = None) -> Inside:
    name = "image.env" if part == "env" else f"{part}.txt"
    note = f" (in the {part} of the image" + (f": {story.words(layer)})" if layer is not None else ")")
    return Inside(path=name, content=Memory(text.encode("utf-8", "surrogateescape")), kinds=_TEXT, note=note,
                  place=story.place(layer=layer, part=part))  # fmt: skip


def _is_told(line: str, told: str) -> bool:
    """Whether every word with a value stands in the configuration, too."""
    return all(word.strip("\"'[],") in told for word in line.partition(" ")[2].split())


@dataclass(slots=True)
class Contents:
    """The files of one image, one after the other."""

    story: Story
    found: Inventory
    base: Base  # whose files are left out
    packaged: bool  # whether files of packages are looked at, too

    def __iter__(self) -> Iterator[Inside | Gap]:
        """From the last layer to the first, so that what is there now is told before its older twins."""
        later = {layer.diff_id: layer.index for layer in self.story.image.layers if layer.diff_id}
        twins = {layer.index for layer in self.story.image.layers if later.get(layer.diff_id, 0) > layer.index}
        entries = [entry for entry in self.story.image.entries() if entry.kind == "file" and entry.size]
        entries = [entry for entry in entries if entry.layer not in twins]  # the same layer comes again, with all of it
        entries.sort(key=lambda entry: -entry.layer)
        many = {path for path, count in Counter(entry.path for entry in entries).items() if count > 1}
        paths = {entry.path for entry in entries}
        seen: set[tuple[str, bytes]] = set()
        left_out: Counter[tuple[str, str]] = Counter()
        for entry in entries:
            if by_place := self._left_out(entry, paths):
                left_out[by_place] += 1
                continue
            try:
                met = self._met(entry, seen if entry.path in many else None)
            except CannotRead as error:
                yield self.story.gap(str(error), error.code, self.story.at(entry))
                continue
            if isinstance(met, Inside):
                yield met
                left_out[_OF_NODE if _NODE.search(entry.path) else _ONLY_MODELS] += met.kinds is not None
            elif met:
                left_out[met] += 1
        for (where, reason), count in sorted((+left_out).items()):
            many_files = f"{count:,} file{'s'[: count > 1]}"
            place = self.story.place(where or None)
            yield self.story.gap(f"{many_files} not looked at: {reason}", SKIPPED, place)

    def _left_out(self, entry: Entry, paths: set[str]) -> tuple[str, str] | None:
        """By its place alone."""
        if entry.layer in self.base.layers:
            return "", "they are those of the base image, which was to be ignored"
        for folder, reason in _folders().items():
            if entry.path.startswith(folder):
                return folder, reason
        if "/__pycache__/" in entry.path and _source(entry.path) in paths:
            return "", "compiled Python, whose source stands beside it"
        if reader_for(entry.path):
            return "", "databases of packages, which were read as such"
        return None

    def _met(self, entry: Entry, seen: set[tuple[str, bytes]] | None) -> Inside | tuple[str, str] | None:
        """The file, or why it is left out; None for what was told of a later layer."""
        owner = None if self.packaged else self.found.owner(entry.path)
        content: Memory | EntryContent = EntryContent(self.story.image, entry)
        if entry.size <= SMALL:
            content = Memory(self.story.image.read(entry, SMALL))
        kinds = _MODELS if _NODE.search(entry.path) and not self.packaged else None
        if owner is not None and _is_as_packed(content, owner[0]):
            if owner[1]:
                return "", "they are as packages of the distribution put them there"
            kinds = _MODELS
        if seen is not None and isinstance(content, Memory):
            key = (entry.path, hashlib.blake2b(content.data, digest_size=16).digest())
            if key in seen:
                return None
            seen.add(key)
        came = self.story.came(entry.layer, entry.gone)
        note = f"in {self.story.words(entry.layer)}"
        if entry.gone is not None:
            note += f"; deleted or overwritten in {self.story.words(entry.gone)}, and still in the image"
        return Inside(path=entry.path, content=content, place=self.story.at(entry), kinds=kinds, note=f" ({note})",
                      details=came)  # fmt: skip


def _source(path: str) -> str:
    """Where the source of a compiled module stands: https://peps.python.org/pep-3147/."""
    folder, _, name = path.partition("/__pycache__/")
    return f"{folder}/{name.partition('.')[0]}.py"


def _is_as_packed(content: Memory | EntryContent, digests: list[str]) -> bool:
    """Whether the bytes have one of the digests that are recorded; without any, the word of the package is taken."""
    by_name: dict[str, set[str]] = {}
    for digest in digests:
        name, _, value = digest.partition(":")
        by_name.setdefault(name, set()).add(value)
    if not by_name:
        return True
    made = {name: hashlib.new(name, usedforsecurity=False) for name in by_name}
    if isinstance(content, Memory):
        for one in made.values():
            one.update(content.data)
    else:
        with content.open() as stream:
            while chunk := stream.read(_CHUNK):
                for one in made.values():
                    one.update(chunk)
    return any(one.hexdigest() in by_name[name] for name, one in made.items())
