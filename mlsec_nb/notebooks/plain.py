"""Text that is the file itself, whole or a slice of it."""

from dataclasses import dataclass

from mlsec_nb.core import Artifact, Document, Location, Part, Segment

from . import languages
from .positions import Lines


@dataclass(frozen=True, slots=True, eq=False)
class FileOrigin:
    """A slice of a file that begins at an offset; its lines count from there, the raw ones from the file's start."""

    place: Location
    lines: Lines
    start: int = 0

    def at(self, text: str, start: int, end: int) -> Location:
        del text
        first = self.lines.at(self.start)
        raw = self.lines.at(self.start + start)
        line, column = _since(first, raw)
        end_line, end_column = _since(first, self.lines.at(self.start + end))
        return self.place.with_(
            line=line, column=column, end_line=end_line, end_column=end_column, raw_line=raw[0], raw_column=raw[1],
        )  # fmt: skip


def _since(first: tuple[int, int], place: tuple[int, int]) -> tuple[int, int]:
    same = place[0] == first[0]
    return place[0] - first[0] + 1, place[1] - first[1] + 1 if same else place[1]


def text_document(artifact: Artifact, text: str) -> Document:
    """The document of a file that is no notebook: one segment."""
    language = languages.of_path(artifact.path) or _of_first_line(text)
    return Document(artifact=artifact, segments=(whole(artifact.path, text, language),), language=language)


def whole(path: str, text: str, language: str | None) -> Segment:
    """A file as one segment."""
    place = Location(path=path)
    part = {None: Part.TEXT, "markdown": Part.MARKDOWN}.get(language, Part.CODE)
    return Segment(text, part, place, FileOrigin(place, Lines(text)), language)


def _of_first_line(text: str) -> str | None:
    """The language that a script without suffix names in its first line."""
    if not text.startswith("#!"):
        return None
    words = text[2:200].partition("\n")[0].replace("/", " ").split()
    known = {"bash": "bash", "sh": "bash", "zsh": "bash", "dash": "bash", "ksh": "bash", "node": "javascript",
             "ruby": "ruby", "perl": "perl", "Rscript": "r", "julia": "julia"}  # fmt: skip
    return next((known.get(word) or "python" for word in words if word in known or word.startswith("python")), None)
