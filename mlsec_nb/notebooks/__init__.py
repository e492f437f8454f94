"""The document: bytes in, segments that know where they stand out.

What it is for: every text scanner sees a notebook as it reads to a person (decoded, joined, without ANSI codes) and can
still say where each character stands in the file on disk. A notebook's shape is never trusted: what has the wrong type,
stands under a shadowed duplicate key or in a broken file is text all the same and becomes a segment; what could not be
given its place in the notebook is a `Gap` as well. Program text with cells in it (`# %%`, MyST, Quarto) is a notebook.

What it must never do: lose a string, run or import anything it reads, raise anything but `CannotRead`, or work out
positions before somebody asks for one (a run has thousands of segments and a handful of findings).

Dependencies: none for reading. The faster JSON libraries drop duplicate keys without a word, which hides text.
`nbformat` is slower than all of this room and imports for a second, so it only tells whether an edited notebook is
valid. Figures: `tests/benchmarks/bench_parse.py`.

Positions: no offset is kept for any string. `positions.Raw` walks the file again along one path, with the C scanner of
`json`, when a location is asked for, and keeps what it found. A broken file is mended without moving a character, so
the same walk holds for it. What would fill memory (millions of tiny values) is read as one text, and a `Gap` says so.
"""

from .reading import read, read_bytes
from .pieces import windows

__all__ = ["read", "read_bytes", "windows"]
