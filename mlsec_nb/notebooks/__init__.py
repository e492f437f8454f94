"""The document: bytes in, segments that know where they stand out.

What it is for: every text scanner sees a notebook as it reads to a person (decoded, joined, without ANSI codes) and can
still say where each character stands in the file on disk. A notebook's shape is never trusted: what has the wrong type,
stands under a shadowed duplicate key or in a broken file is text all the same and becomes a segment; what could not be
given its place in the notebook is a `Gap` as well. Program text with cells in it (`# %%`, MyST, Quarto) is a notebook.

What it must never do: lose a string, run or import anything it reads, raise anything but `CannotRead`, or work out
positions before somebody asks for one (a run has thousands of segments and a handful of findings).

Dependencies: none. `json` with a pairs hook reads 315 MB/s, faster libraries drop duplicate keys without a word, and
`nbformat` costs a second to import and reads 27 MB/s; it is used for upgrades and validation of what is written only.

Tried and dropped: walking the file with our own tokenizer (a twentieth of the speed), and keeping an offset for every
string (twice the memory). Instead `positions.Raw` walks the file again along one path when a location is asked for.
"""

from .reading import read, read_bytes

__all__ = ["read", "read_bytes"]
