"""Bytes of tensors, gaps and tails: programs hidden in them.

On 1.07 GB of random floats each search below has no false hit (two-byte magics have thousands).
"""

import re
from collections.abc import Iterator

from mlsec_nb.core import Finding
from mlsec_nb.scanners.models.context import Context
from mlsec_nb.scanners.models.view import View

from .executables import is_elf, is_macho, is_pe

_LIMIT = 200
_SCRIPT = re.compile(
    rb"#!/(?:usr/)?bin/(?:env )?[a-z]{2,10}[ \n]|powershell(?:\.exe)? -[a-zA-Z]|<script[ >]|cmd\.exe /c "
)
_TEXTS = (b"#!/", b"powershell", b"<script", b"cmd.exe /c")


def search(view: View, context: Context) -> Iterator[Finding]:
    """Programs anywhere in the view, told by a whole header."""
    told: set[str] = set()
    for at, kind in programs(view):
        if kind not in told:
            told.add(kind)
            yield context.found(
                "MODEL-EXECUTABLE", view, f"{kind} inside", f"{kind} begins at byte {at} of {view.name}", offset=at
            )


def programs(view: View) -> Iterator[tuple[int, str]]:
    """Offset and kind of everything that is a program or script by more than its magic."""
    yield from ((at, "An ELF program") for at in view.finds(b"\x7fELF", _LIMIT) if is_elf(view, at))
    for at in view.finds(b"PE\0\0", _LIMIT):
        start = _dos_header(view, at)
        if start >= 0:
            yield start, "A Windows program"
    for magic in (b"\xcf\xfa\xed\xfe", b"\xce\xfa\xed\xfe"):
        yield from ((at, "A macOS program") for at in view.finds(magic, _LIMIT) if is_macho(view, at))
    for word in _TEXTS:
        for at in view.finds(word, _LIMIT):
            if _SCRIPT.match(view.head(64, at)):
                yield at, "A script"


def _dos_header(view: View, at: int) -> int:
    """Where the program of a PE header begins: an `MZ` before it whose offset leads here; -1 when there is none."""
    begin = max(at - 4096, 0)
    window = view.head(at - begin, begin)
    place = window.rfind(b"MZ")
    while place >= 0:
        if is_pe(view, begin + place):
            return begin + place
        place = window.rfind(b"MZ", 0, place)
    return -1
