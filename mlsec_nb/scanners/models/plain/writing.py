"""Arrays → safetensors and npz.

Sources: https://huggingface.co/docs/safetensors/index#format,
https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
"""

import json
import zipfile
from collections.abc import Mapping
from typing import Any, BinaryIO

from .arrays import Array
from .values import NotPlain

VALUES = "values"  # the key of the metadata under which plain values stand, as JSON
_FIRST = (1980, 1, 1, 0, 0, 0)  # the same input gives the same bytes


def safetensors(stream: BinaryIO, arrays: Mapping[str, Array], values: Mapping[str, Any]) -> None:
    """The wider types come first, as the library does it, so that every tensor is aligned."""
    import numpy as np

    names = sorted(arrays, key=lambda name: (-arrays[name].width, name))
    metadata = {"format": "pt"} | ({VALUES: json.dumps(values, allow_nan=True)} if values else {})
    header: dict[str, Any] = {"__metadata__": metadata}
    at = 0
    for name in names:
        one = arrays[name]
        header[name] = {"dtype": one.kind, "shape": list(one.shape), "data_offsets": [at, at + one.size]}
        at += one.size
    raw = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode()
    raw += b" " * (-len(raw) % 8)
    stream.write(len(raw).to_bytes(8, "little") + raw)
    for name in names:
        items = arrays[name].items()
        stream.write(np.ascontiguousarray(items, items.dtype.newbyteorder("<")).tobytes())


def npz(stream: BinaryIO, arrays: Mapping[str, Array], values: Mapping[str, Any]) -> None:
    """Plain values become arrays without dimensions; there is none for None."""
    import numpy as np

    with zipfile.ZipFile(stream, "w") as archive:
        for name, items in ((name, arrays.get(name, values.get(name))) for name in (*arrays, *values)):
            info = zipfile.ZipInfo(f"{name}.npy", _FIRST)
            made = items.items() if isinstance(items, Array) else np.asarray(items)
            if made.dtype.hasobject:
                raise NotPlain(f"a value that no array can hold ({name})")
            with archive.open(info, "w", force_zip64=True) as member:
                np.lib.format.write_array(member, made, allow_pickle=False)
