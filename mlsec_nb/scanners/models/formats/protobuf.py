"""Protocol buffers on the wire, without a schema: fields by number, nothing allocated before it is known to be there.

Format: https://protobuf.dev/programming-guides/encoding/
"""

from collections.abc import Iterator

from mlsec_nb.scanners.models.view import View

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5


class NotProtobuf(ValueError):  # noqa: N818 - reads with `raise`
    """The bytes do not follow the wire format."""


def varint(data: bytes, at: int, end: int) -> tuple[int, int]:
    """A number of up to 64 bits and the offset behind it."""
    value = shift = 0
    while at < end and shift < 70:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
    raise NotProtobuf("a number without an end")


def fields(view: View) -> Iterator[tuple[int, int, int | View]]:
    """Number, wire type and value (bytes as a view) of every field; raises `NotProtobuf` where the format breaks."""
    at, end, data = view.start, view.end, view.data
    while at < end:
        key, at = varint(data, at, end)
        number, wire = key >> 3, key & 7
        if number == 0:
            raise NotProtobuf("field number 0")
        value: int | View
        if wire == VARINT:
            value, at = varint(data, at, end)
        elif wire == BYTES:
            size, at = varint(data, at, end)
            if at + size > end:
                raise NotProtobuf("a field that runs over the end")
            value = View(data=data, start=at, end=at + size, name=view.name, location=view.location, depth=view.depth)
            at += size
        elif wire in {FIXED64, FIXED32}:
            size = 8 if wire == FIXED64 else 4
            if at + size > end:
                raise NotProtobuf("a field that runs over the end")
            value = int.from_bytes(data[at : at + size], "little")
            at += size
        else:
            raise NotProtobuf(f"wire type {wire}")
        yield number, wire, value


def parts(view: View, *path: int) -> Iterator[View]:
    """The byte fields at the end of a path of field numbers, in file order; broken branches end silently."""
    if not path:
        yield view
        return
    try:
        for number, _, value in fields(view):
            if number == path[0] and isinstance(value, View):
                yield from parts(value, *path[1:])
    except NotProtobuf:
        return


def text(view: View, *path: int) -> str:
    """The first text at the end of a path, "" when there is none."""
    found = next(parts(view, *path), None)
    return found.head(1 << 16).decode("utf-8", "replace") if found else ""


def looks_right(view: View, allowed: dict[int, int], first: set[int], limit: int = 64, least: int = 2) -> bool:
    """True when the first fields have the numbers and wire types of a message, the very first one of `first`."""
    count = 0
    try:
        for number, wire, _ in fields(view):
            if allowed.get(number) != wire or (count == 0 and number not in first):
                return False
            count += 1
            if count >= limit:
                return True
    except NotProtobuf:
        return False
    return count >= least
