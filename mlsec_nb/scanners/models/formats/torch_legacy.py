"""The file format of torch before 1.6: five pickles, then the storages one after the other.

Source: https://github.com/pytorch/pytorch/blob/main/torch/serialization.py (_legacy_load)
"""

from collections.abc import Iterator

from mlsec_nb.scanners.models.pickle.values import Call, Ref, Value

MAGIC = b"\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."
_WIDTHS = {
    "DoubleStorage": 8, "LongStorage": 8, "ComplexFloatStorage": 8, "ComplexDoubleStorage": 16, "FloatStorage": 4,
    "IntStorage": 4, "QInt32Storage": 4, "HalfStorage": 2, "BFloat16Storage": 2, "ShortStorage": 2,
}  # fmt: skip


def is_legacy(head: bytes) -> bool:
    return head[:2] == b"\x80\x02" and head[2:].startswith(MAGIC)


def storages(persistent: Iterator[Value]) -> dict[str, int]:
    """Bytes of each storage by its key, from the persistent ids of the fourth pickle."""
    sizes: dict[str, int] = {}
    for call in persistent:
        pid = call.args[0] if isinstance(call, Call) else None
        if isinstance(pid, tuple) and len(pid) >= 5 and pid[0] == "storage" and isinstance(pid[1], Ref):
            key, count = pid[2], pid[4]
            if isinstance(key, str) and isinstance(count, int):
                sizes[key] = max(sizes.get(key, 0), count * _WIDTHS.get(pid[1].name, 1))
    return sizes


def length(sizes: dict[str, int]) -> int:
    """Bytes that the storages take in the file: each has its number of items in front."""
    return sum(size + 8 for size in sizes.values())
