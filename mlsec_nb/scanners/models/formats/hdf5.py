"""HDF5 (Keras .h5, weights, PyTables): configurations, links and data that lead into other files, pickles in datasets.

The library is not used: what matters stands in messages that are found by their signatures and checked by their shape.
Format: https://docs.hdfgroup.org/hdf5/develop/_f_m_t3.html
"""

import json
import re
from collections.abc import Iterator
from itertools import islice

from mlsec_nb.core import Finding, Gap
from mlsec_nb.scanners.models.context import Context
from mlsec_nb.scanners.models.view import View

from . import configs, pickles
from .json_tree import parse

MAGIC = b"\x89HDF\r\n\x1a\n"
SEARCHED = 1 << 30
_CONFIG = re.compile(rb'\{\s*"(?:class_name|module|config|name|registered_name|build_config|compile_config)"')
# A link message of the type "external": version 1, flags, type 64, …, then
# flags 0, a file name and a path, each with its NUL.
_EXTERNAL = re.compile(rb"\x01[\x00-\x1f]\x40")
_TARGET = re.compile(
    rb"\x00([\x20-\x7e]{1,512}\.(?:h5|hdf5|he5|keras|hdf|nc|weights|ckpt)|[./~][\x20-\x7e]{1,512}|[A-Za-z]:[\\/][\x20-\x7e]{1,500})\x00(/[\x20-\x7e]*|[\x20-\x7e]+)\x00"
)
_PICKLE = re.compile(rb"\x80[\x02-\x05][\x95c\x8cX(}\]]")
_FOUND = 50
_TRIED = 20_000


def matches(view: View) -> bool:
    return any(view.head(8, at) == MAGIC for at in (0, 512, 1024, 2048))


def scan(view: View, context: Context) -> Iterator[Finding | Gap | View]:
    if view.size > SEARCHED:
        yield context.gap(
            view, f"only the first {SEARCHED >> 20} MiB were searched for configurations and links", "too-big"
        )
    window = view.part(0, min(view.size, SEARCHED))
    yield from _configs(window, context, view)
    yield from _links(window, context, view)
    for match in islice(_PICKLE.finditer(window.data, window.start, window.end), _TRIED):
        at = match.start() - window.start
        inside = view.part(at, view.size, f"{view.name} (bytes at {at})", "bytes in HDF5")
        if pickles.matches(inside):
            yield inside


def _configs(window: View, context: Context, view: View) -> Iterator[Finding | Gap | View]:
    """model_config and its kin are JSON in an attribute, in one piece."""
    done = -1
    for match in _CONFIG.finditer(window.data, window.start, window.end):
        if match.start() < done:
            continue
        raw = window.data[match.start() : min(match.start() + configs.MAX_JSON, window.end)]
        text = raw.partition(b"\0")[0].decode("utf-8", "replace")
        try:
            _, used = json.JSONDecoder().raw_decode(text)
            document = parse(text[:used])
        except (ValueError, RecursionError):
            continue
        done = match.start() + used
        yield from configs.check(view, context, document)


def _links(window: View, context: Context, view: View) -> Iterator[Finding]:
    """External links and external storage."""
    count = 0
    for match in _EXTERNAL.finditer(window.data, window.start, window.end):
        near = window.data[match.end() : min(match.end() + 1400, window.end)]
        target = _TARGET.search(near)
        if target and target.start() < 320 and _is_link(window.data[match.start() : match.end() + target.start() + 1]):
            name = target.group(1).decode("ascii")
            yield context.found("MODEL-EXTERNAL-FILE", view, name, f"A link leads into the file {name} (CVE-2026-1669)",
                                offset=match.start() - view.start)  # fmt: skip
            count += 1
            if count >= _FOUND:
                return
    yield from _storage(window, context, view)


def _is_link(raw: bytes) -> bool:
    """The fields of a link message in front of its target: flags say which are there."""
    flags, at = raw[1], 3
    at += 8 * bool(flags & 4) + bool(flags & 16)
    width = 1 << (flags & 3)
    size = int.from_bytes(raw[at : at + width], "little")
    return at + width + size + 2 == len(raw) - 1


_LOCAL_HEAP = b"HEAP\0\0\0\0"
_LISTED = re.compile(rb"\x07\x00[\x08-\xff]\x00[\x00-\xff]\x00\x00\x00\x01\x00\x00\x00")


def _storage(window: View, context: Context, view: View) -> Iterator[Finding]:
    """Raw data of a dataset in other files: message 7 of a version 1 header, its names in a local heap."""
    for match in _LISTED.finditer(window.data, window.start, window.end):
        raw = window.data[match.end() : match.end() + 36]
        slots, used = int.from_bytes(raw[0:2], "little"), int.from_bytes(raw[2:4], "little")
        heap = window.start + int.from_bytes(raw[4:12], "little")
        if 0 < used <= slots <= 64 and window.data[heap : heap + 8] == _LOCAL_HEAP:
            names = window.start + int.from_bytes(window.data[heap + 24 : heap + 32], "little")
            at = names + int.from_bytes(raw[12:20], "little")
            name = window.data[at : at + 256].partition(b"\0")[0].decode("utf-8", "replace")
            yield context.found(
                "MODEL-EXTERNAL-FILE",
                view,
                name,
                f"A dataset keeps its data in the file {name} (CVE-2026-1669)",
                offset=match.start() - view.start,
            )
            return
