"""The formats, in the order in which they are tried; every one that matches is read."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from mlsec_nb.core import Component, Finding, Gap

from .context import Context
from .formats import (
    bytecode,
    compressed,
    configs,
    coreml,
    executables,
    gguf,
    hdf5,
    msgpack,
    npy,
    onnx,
    opaque,
    pickles,
    python_code,
    rdata,
    safetensors,
    savedmodel,
    skops,
    tars,
    templates,
    tflite,
    torchscript,
    xmls,
    yamls,
    zips,
)
from .view import View

Item = Finding | Gap | Component | View


@dataclass(frozen=True, slots=True)
class Format:
    """A format by name; `matches` is cheap, `scan` yields also the views of what is inside."""

    name: str
    matches: Callable[[View], bool]
    scan: Callable[[View, Context], Iterator[Item]]
    text: bool = False  # a format of text files, most of which are no models


FORMATS: tuple[Format, ...] = (
    Format("pickle", pickles.matches, pickles.scan),
    Format("zip", zips.matches, zips.scan),
    Format("npy", npy.matches, npy.scan),
    Format("compressed", compressed.matches, compressed.scan),
    Format("tar", tars.matches, tars.scan),
    Format("HDF5", hdf5.matches, hdf5.scan),
    Format("safetensors", safetensors.matches, safetensors.scan),
    Format("GGUF", gguf.matches, gguf.scan),
    Format("ONNX", onnx.matches, onnx.scan),
    Format("TensorFlow graph", savedmodel.matches, savedmodel.scan),
    Format("Core ML", coreml.matches, coreml.scan),
    Format("TFLite", tflite.matches, tflite.scan),
    Format("R data", rdata.matches, rdata.scan),
    Format("msgpack", msgpack.matches, msgpack.scan),
    Format("skops", skops.matches, skops.scan),
    Format("JSON configuration", configs.matches, configs.scan, text=True),
    Format("YAML configuration", yamls.matches, yamls.scan, text=True),
    Format("template", templates.matches, templates.scan, text=True),
    Format("XML", xmls.matches, xmls.scan, text=True),
    Format("TorchScript code", torchscript.matches, torchscript.scan),
    Format("Python code", python_code.matches, python_code.scan),
    Format("Python bytecode", bytecode.matches, bytecode.scan),
    Format("program", executables.matches, executables.scan),
    Format("known data", opaque.matches, opaque.scan),
)
