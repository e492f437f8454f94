"""Compressed streams around a model: what pandas, joblib and plain tools write, under any name."""

from collections.abc import Iterator

from mlsec_nb.core import Finding, Gap
from mlsec_nb.scanners.models.context import Context
from mlsec_nb.scanners.models.unpack import BROKEN, TooMuch, unpack
from mlsec_nb.scanners.models.view import View

_HEADS = (
    (b"\x1f\x8b\x08", "gzip"), (b"BZh", "bz2"), (b"\xfd7zXZ\0", "xz"), (b"]\0\0", "xz"), (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"\x04\x22\x4d\x18", "lz4"), (b"x\x01", "zlib"), (b"x\x9c", "zlib"), (b"x\xda", "zlib"), (b"x\x5e", "zlib"),
)  # fmt: skip
_SKIPPABLE = (b"\x50\x2a\x4d\x18", b"\x5f\x2a\x4d\x18")  # frames of zstd and lz4 that carry anything
OLD_JOBLIB = b"ZF0x"
OLD_HEADER = 21  # "ZF", then the length as 19 characters
STREAMS = 100  # one after the other in one file


def codec_of(view: View) -> str | None:
    head = view.head(6)
    return next((codec for magic, codec in _HEADS if head.startswith(magic)), None)


def matches(view: View) -> bool:
    return codec_of(view) is not None or view.head(4) == OLD_JOBLIB


def scan(view: View, context: Context) -> Iterator[Finding | Gap | View]:
    if view.head(4) == OLD_JOBLIB:
        begin = OLD_HEADER + (view.head(1, OLD_HEADER) == b" ")
        yield view.part(begin, view.size, view.name.removesuffix(".z"), "joblib.load")
        return
    at = 0
    for number in range(STREAMS):
        stream = view.part(at, view.size)
        codec = codec_of(stream)
        if codec is None:
            break
        try:
            data, used = unpack(stream, codec, context)
        except LookupError:
            yield context.gap(view, f"compressed with {codec}; its library is not installed", "tool-missing")
            return
        except TooMuch as stop:
            yield context.gap(view, stop.reason, "malformed" if "cut off" in stop.reason else "too-big")
            yield _inner(view, stop.data, number)
            return
        except BROKEN as error:
            if codec != "zlib" or number:  # two bytes are a weak sign
                yield context.gap(view, f"the {codec} stream is broken: {error}", "malformed")
            return
        yield _inner(view, data, number)
        at += used
        if used == 0 or at >= view.size:
            return
    rest = view.part(at, view.size, f"{view.name} (behind the stream)", "data behind a stream")
    if rest.head(1 << 16).strip(b"\0"):
        yield context.found("MODEL-TRAILING-DATA", view, f"{rest.size} bytes", offset=at)
        yield rest


_SUFFIXES = (".gz", ".bz2", ".xz", ".zst", ".lz4", ".z")


def _inner(view: View, data: bytes, number: int) -> View:
    name = view.name.rsplit(".", 1)[0] if view.name.endswith(_SUFFIXES) else view.name
    shown = f"{name} (stream {number + 1})" if number else f"{name} (unpacked)"
    return view.member(shown, data, 0, len(data), view.via)
