"""TorchScript and exported programs: operators that touch files, native libraries packed along.

Source: https://github.com/pytorch/pytorch/blob/main/torch/csrc/jit/docs/serialization.md
"""

import re
from collections.abc import Iterator

from mlsec_nb.core import Finding
from mlsec_nb.scanners.models.context import Context
from mlsec_nb.scanners.models.view import View

MAX_CODE = 1 << 24
_HARD = re.compile(
    rb"\b(?:torch|ops\.aten|ops\.prim|ops\.rpc|ops\.dist_rpc)\.(from_file|save|load|_save|system|open|rpc_async|rpc_sync|rpc_remote|remote)\s*\("
)
_LIBRARY = re.compile(rb"\b(?:load_library|dlopen|ctypes)\b")
_CUSTOM = re.compile(rb"\bops\.([A-Za-z_]\w*)\.(\w+)")
_OWN = frozenset({
    b"aten", b"prim", b"quantized", b"torchvision", b"prepacked", b"profiler", b"_quantized", b"inductor",
    b"mkldnn", b"mkldnn_prepacked", b"xnnpack", b"metal_prepack", b"vulkan_prepack", b"static_runtime",
    b"torchaudio", b"image", b"rpc", b"dist_rpc", b"c10d", b"_caffe2", b"fb", b"higher_order",
})  # fmt: skip


def matches(view: View) -> bool:
    is_code = view.name.endswith(".py") and ("code/" in view.name or "__torch__" in view.name)
    return is_code and view.depth > 0 and view.size <= MAX_CODE


def scan(view: View, context: Context) -> Iterator[Finding]:
    raw = view.raw()
    for pattern, what in ((_HARD, "calls"), (_LIBRARY, "names")):
        if match := pattern.search(raw):
            shown = match.group().decode("ascii", "replace")
            yield context.found("MODEL-TORCHSCRIPT", view, shown, f"The compiled code {what} {shown}")
    strange = sorted({match.group(1) for match in _CUSTOM.finditer(raw)} - _OWN)
    for name in strange[:20]:
        shown = name.decode("ascii", "replace")
        yield context.found("MODEL-CUSTOM-OP", view, shown, f"The compiled code needs operators of the library {shown}")
