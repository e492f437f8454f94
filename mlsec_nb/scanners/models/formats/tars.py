"""Tar archives: NeMo, old torch and Keras checkpoints, saved folders. Format: POSIX.1-2001 pax, GNU tar."""

from collections.abc import Iterator

from mlsec_nb.core import Finding, Gap
from mlsec_nb.scanners.models.context import Context
from mlsec_nb.scanners.models.view import View

from .zips import escapes

BLOCK = 512
MAX_NAME = 1 << 16
_LINKS = {b"1": "a hard link", b"2": "a symbolic link"}
_DEVICES = {b"3": "a device", b"4": "a device", b"6": "a pipe"}


def matches(view: View) -> bool:
    head = view.head(BLOCK)
    return len(head) == BLOCK and (head[257:262] == b"ustar" or _checksum_fits(head))


def _checksum_fits(head: bytes) -> bool:
    """Archives older than ustar have no magic, but a sum over their header."""
    try:
        expected = int(head[148:156].strip(b" \0") or b"0", 8)
    except ValueError:
        return False
    return expected > 256 and sum(head[:148]) + 8 * 32 + sum(head[156:]) == expected


def number(field: bytes) -> int:
    """A size: octal text, or base 256 when its first bit is set; -1 when it is neither."""
    if field[:1] and field[0] & 0x80:
        return int.from_bytes(field[1:], "big")
    try:
        return int(field.strip(b" \0") or b"0", 8)
    except ValueError:
        return -1


def scan(view: View, context: Context) -> Iterator[Finding | Gap | View]:
    at, count, longer = 0, 0, {"name": "", "link": "", "size": ""}
    while at + BLOCK <= view.size and count < context.settings.limits.members:
        head = view.head(BLOCK, at)
        if not head.strip(b"\0"):
            break
        size, kind = number(head[124:136]), head[156:157]
        if size < 0:
            yield context.gap(view, f"the tar header at byte {at} is broken", "malformed")
            return
        begin = at + BLOCK
        if kind in {b"L", b"K", b"x", b"g"}:
            longer |= _long(kind, view.head(min(size, MAX_NAME), begin))
        else:
            name = longer["name"] or _name(head)
            link = longer["link"] or _text(head[157:257])
            size = int(longer["size"] or size)
            longer = {"name": "", "link": "", "size": ""}
            yield from _member(view, context, name, link, kind, (begin, size))
            count += 1
        at = begin + (size + BLOCK - 1) // BLOCK * BLOCK
    if at > view.size:
        yield context.gap(view, "the tar is cut off", "malformed")
    yield from _tail(view, context, at)


def _name(head: bytes) -> str:
    prefix = _text(head[345:500]) if head[257:262] == b"ustar" else ""
    return f"{prefix}/{_text(head[:100])}" if prefix else _text(head[:100])


def _text(raw: bytes) -> str:
    return raw.partition(b"\0")[0].decode("utf-8", "replace")


def _long(kind: bytes, raw: bytes) -> dict[str, str]:
    """Names and sizes that do not fit into a header."""
    if kind in {b"L", b"K"}:
        return {"name" if kind == b"L" else "link": _text(raw)}
    found = {}
    while raw and kind == b"x":
        length = raw.partition(b" ")[0]
        if not length.isdigit() or len(length) > 9 or not 0 < int(length) <= len(raw):
            break
        key, _, value = raw[len(length) + 1 : int(length) - 1].partition(b"=")
        word = {b"path": "name", b"linkpath": "link", b"size": "size"}.get(key)
        if word and (word != "size" or (value.isdigit() and len(value) < 16)):
            found[word] = value.decode("utf-8", "replace")
        raw = raw[int(length) :]
    return found


def _member(
    view: View, context: Context, name: str, link: str, kind: bytes, span: tuple[int, int]
) -> Iterator[Finding | View]:
    if escapes(name):
        yield context.found("MODEL-ARCHIVE-ESCAPE", view, name, f"{name} leads out of the folder it is unpacked into")
    leads = link if kind == b"1" or link.startswith("/") else f"{name.rpartition('/')[0]}/{link}"
    if kind in _LINKS and escapes(leads):
        yield context.found("MODEL-ARCHIVE-ESCAPE", view, name, f"{name} is {_LINKS[kind]} to {link}")
    if kind in _DEVICES:
        yield context.found("MODEL-ARCHIVE-ESCAPE", view, name, f"{name} is {_DEVICES[kind]}")
    begin, size = span
    if size and kind in {b"0", b"\0", b"7", b""}:
        start = min(view.start + begin, view.end)
        yield view.member(name, view.data, start, min(start + size, view.end), "tar member")


def _tail(view: View, context: Context, at: int) -> Iterator[Finding | View]:
    """Behind the two empty blocks of the end there is nothing but padding."""
    rest = view.part(at, view.size, f"{view.name} (behind the tar)", "data behind a tar")
    if rest.size > 1 << 20 or rest.raw().strip(b"\0"):
        yield context.found("MODEL-TRAILING-DATA", view, f"{rest.size} bytes", offset=at)
        yield rest
