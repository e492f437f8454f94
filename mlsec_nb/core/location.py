"""Where something stands, in a reader's words."""

from dataclasses import dataclass
from typing import Any, Self

_SHOWN = len("sha256:") + 12  # characters of a layer's digest; whole in every report that machines read


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    """A place in an artifact; lines, columns and cells count from 1, columns in characters, ends are exclusive.

    `raw_line` and `raw_column` are those of the file on disk, which differ from `line` and `column`
    where the text was decoded (a cell inside the JSON of a notebook).
    """

    path: str
    member: str | None = None
    layer: str | None = None
    cell: int | None = None
    cell_id: str | None = None
    part: str | None = None
    line: int | None = None
    column: int | None = None
    end_line: int | None = None
    end_column: int | None = None
    raw_line: int | None = None
    raw_column: int | None = None

    def with_(self, **changes: str | int | None) -> Self:
        fields: dict[str, Any] = {name: getattr(self, name) for name in self.__slots__}
        return type(self)(**(fields | changes))  # `replace` takes twice as long

    @property
    def part_kind(self) -> str:
        """The part without its number ("output 2 text/html" → "output text/html"): it survives re-execution."""
        return " ".join(word for word in (self.part or "").split(" ") if not word.isdigit())

    def __str__(self) -> str:
        place = self.path
        if self.layer:
            place += f" [layer {self.layer[:_SHOWN]}]"
        if self.member:
            place += f" › {self.member}"
        if self.cell is not None:
            place += f" › cell {self.cell}"
        if self.part and self.part != "source":
            place += f" › {self.part}"
        if self.line is not None:
            place += f":{self.line}" + (f":{self.column}" if self.column is not None else "")
        return place
