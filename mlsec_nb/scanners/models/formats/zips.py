"""Zip archives: torch and TorchScript files, npz, Keras, skops, wheels, and whatever else is one under another name."""

import zlib
from collections.abc import Iterator
from pathlib import PurePosixPath

from mlsec_nb.core import Finding, Gap, Severity
from mlsec_nb.scanners.models.context import Context
from mlsec_nb.scanners.models.unpack import BROKEN, TooMuch, unpack
from mlsec_nb.scanners.models.view import View

from .zip_directory import CENTRAL, LOCAL, Directory, Entry, find_end, local_entries, read

CODECS = {8: "deflate", 12: "bz2", 14: "xz", 93: "zstd"}
CHECKED = 1 << 24  # bytes of a member whose checksum is compared
PADDING = 24  # zero bytes between members, and data descriptors, are no gap
_HARD = ("another name", "another compression", "twice")


def matches(view: View) -> bool:
    return view.head(4) in {LOCAL, b"PK\x05\x06"} or find_end(view) >= 0


def scan(view: View, context: Context) -> Iterator[Finding | Gap | View]:
    """What readers disagree on, then every member."""
    end = find_end(view)
    if end >= 0 and context.visited(view, end):
        return
    directory = read(view, context.settings.limits.members)
    if directory is None:
        yield from _without_directory(view, context)
        return
    if len(directory.entries) >= context.settings.limits.members:
        yield context.gap(view, f"only the first {len(directory.entries)} members were looked at", "too-big")
    yield from _odd(view, context, directory)
    names = [entry.name for entry in directory.entries]
    tensors = tensor_names(names)
    for entry in directory.entries:
        yield from _member(view, context, entry, tensors)
    yield from _between(view, context, directory)


def tensor_names(names: list[str]) -> frozenset[str]:
    """Members that torch reads as the bytes of a tensor, never as anything else."""
    roots = {name[: -len("data.pkl")] for name in names if name.endswith("/data.pkl")}
    return frozenset(
        name for name in names for root in roots
        if name.startswith(f"{root}data/") and name[len(root) + 5 :].isdigit()
    )  # fmt: skip


def _without_directory(view: View, context: Context) -> Iterator[Finding | Gap | View]:
    yield context.gap(view, "a zip without a readable directory", "malformed")
    for entry in local_entries(view, 0, view.size):
        yield from _member(view, context, entry, frozenset())


def _odd(view: View, context: Context, directory: Directory) -> Iterator[Finding]:
    words = [(f"The zip has {what}", Severity.MEDIUM) for what in directory.odd]
    seen: dict[str, str] = {}
    for entry in directory.entries:
        folded = entry.name.casefold()
        if folded in seen and not entry.name.endswith("/"):
            words.append((f"{entry.name} stands in the zip twice", Severity.HIGH))
        seen[folded] = entry.name
        hard = any(what.startswith(_HARD) for what in entry.odd)
        words += [(f"{entry.name} has {what}", Severity.HIGH if hard else Severity.MEDIUM) for what in entry.odd]
    for what, severity in words[:50]:
        yield context.found("MODEL-READERS-DISAGREE", view, what, what, severity=severity)
    for entry in directory.entries:
        if escapes(entry.name) or (entry.mode & 0o170000) == 0o120000:
            kind = "is a link" if not escapes(entry.name) else "leads out of the folder that it is unpacked into"
            yield context.found("MODEL-ARCHIVE-ESCAPE", view, entry.name, f"{entry.name} {kind}")


def escapes(name: str) -> bool:
    """True for absolute names and those that climb out of their folder."""
    plain = name.replace("\\", "/")
    depth = 0
    for part in plain.split("/"):
        depth += -1 if part == ".." else part not in {"", "."}
        if depth < 0:
            return True
    return plain.startswith("/") or (len(plain) > 1 and plain[1] == ":" and plain[0].isalpha())


def _member(view: View, context: Context, entry: Entry, tensors: frozenset[str]) -> Iterator[Finding | Gap | View]:
    if entry.name.endswith("/") and not entry.packed:
        return
    if entry.data < 0 or entry.data >= view.size:
        if entry.size:
            yield context.gap(
                view.member(entry.name, view.data, view.start, view.start), "its data is nowhere", "malformed"
            )
        return
    via = "tensor" if entry.name in tensors else "zip member"
    for method in dict.fromkeys((entry.method, entry.local_method)):
        yield from _reading(view, context, entry, method, via)


def _reading(view: View, context: Context, entry: Entry, method: int, via: str) -> Iterator[Finding | Gap | View]:
    """The member's bytes as one compression method gives them."""
    begin, end = view.start + entry.data, min(view.start + entry.end, view.end)
    packed = view.member(entry.name, view.data, begin, end, via)
    codec = CODECS.get(method)
    if method == 0 or codec is None:
        if entry.flags & 1:
            yield context.gap(packed, "encrypted, if its flag is right", "encrypted")
        if codec is None and method:
            yield context.gap(packed, f"compression method {method} is not known", "unsupported")
        yield from _checked(view, context, entry, packed)
        return
    try:
        data, _ = unpack(packed, codec, context)
    except TooMuch as stop:
        yield context.gap(packed, stop.reason, "too-big")
        data = stop.data
    except BROKEN:
        yield context.gap(packed, "encrypted" if entry.flags & 1 else "its compressed data is broken",
                          "encrypted" if entry.flags & 1 else "malformed")  # fmt: skip
        data = packed.raw() if packed.size < CHECKED else b""
    except LookupError:
        yield context.gap(packed, f"the library for {codec} is not installed", "tool-missing")
        return
    yield from _checked(view, context, entry, view.member(entry.name, data, 0, len(data), via))


def _checked(view: View, context: Context, entry: Entry, member: View) -> Iterator[Finding | View]:
    checked = 0 < member.size <= CHECKED and PurePosixPath(entry.name).suffix in {".pkl", ".npy", ".json", ".py"}
    if checked and zlib.crc32(member.raw()) != entry.crc:
        what = f"{entry.name} has a checksum that is wrong"
        yield context.found("MODEL-READERS-DISAGREE", view, what, what, severity=Severity.MEDIUM)
    yield member


def _between(view: View, context: Context, directory: Directory) -> Iterator[Finding | View]:
    """Bytes of the file that are no member: in front, between, behind. In a pickle they are the pickle."""
    if (id(view.data), view.start, view.end) in context.covered:
        return
    position = 0
    spans = [(entry.header, max(entry.end, entry.header)) for entry in directory.entries if entry.data >= 0]
    spans.append((directory.central, directory.end))
    for start, end in sorted(spans):
        if start > position:
            yield from _gap(view, context, position, start)
        position = max(position, end)
    if position < view.size:
        yield from _gap(view, context, position, view.size)


def _gap(view: View, context: Context, start: int, end: int) -> Iterator[Finding | View]:
    raw = view.head(min(end - start, 1 << 16), start)
    where = "in front of" if start == 0 else "inside" if end < view.size else "behind"
    if (where == "inside" and end - start <= PADDING) or (not raw.strip(b"\0") and end - start <= 1 << 16):
        return
    yield context.found("MODEL-TRAILING-DATA", view, f"{where} {end - start} bytes",
                        f"{end - start} bytes {where} the zip are no member of it", offset=start)  # fmt: skip
    rest = view.part(start, end, f"{view.name} (bytes {where} the zip)", "zip gap")
    if raw[:4] not in {CENTRAL, b"PK\x06\x06"}:
        yield rest
