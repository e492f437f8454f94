"""A model file → the arrays in it, under their names, and the file that they are written to."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, BinaryIO

from mlsec_nb.config import Settings
from mlsec_nb.core import Artifact, Location
from mlsec_nb.scanners.models.context import Context
from mlsec_nb.scanners.models.formats import compressed, zip_directory, zips
from mlsec_nb.scanners.models.pickle.read import Run, run
from mlsec_nb.scanners.models.pickle.values import Whole
from mlsec_nb.scanners.models.scanner import mapped
from mlsec_nb.scanners.models.unpack import BROKEN, TooMuch, unpack
from mlsec_nb.scanners.models.view import View

from . import numpy_types, torch_types, writing
from .arrays import Array
from .values import Events, NoPickle, NotPlain, Reader

LONGEST = 200  # characters of a name
# A few bytes can be described as a huge array, or as many: what is written stays in proportion to what was read.
SPREAD, SMALL = 16, 1 << 26


@dataclass(frozen=True, slots=True)
class Conversion:
    """What a model holds: arrays and plain values by name; `suffix` is that of the file that can hold them."""

    suffix: str
    arrays: dict[str, Array]
    values: dict[str, Any]

    @property
    def size(self) -> int:
        """Bytes of all arrays."""
        return sum(array.size for array in self.arrays.values())

    def write(self, stream: BinaryIO) -> None:
        """Writes the file, one array in memory at a time."""
        write = writing.safetensors if self.suffix == ".safetensors" else writing.npz
        write(stream, self.arrays, self.values)


@contextmanager
def conversion(artifact: Artifact, settings: Settings) -> Iterator[Conversion]:
    """The plain content of a pickle, as long as its file is open; raises `NotPlain` with what is more than that."""
    with mapped(artifact, settings) as data:
        name = PurePosixPath(artifact.path).name
        view = View(data=data, start=0, end=len(data), name=name, location=Location(path=artifact.path))
        context = Context.of(settings)
        plain = _unpacked(view, context)
        yield _of(_read(plain, context), min(settings.limits.unpacked_bytes, SMALL + SPREAD * plain.size))


def _unpacked(view: View, context: Context) -> View:
    codec = compressed.codec_of(view)
    if codec is None:
        return view
    try:
        data, used = unpack(view, codec, context)
    except (*BROKEN, TooMuch, LookupError) as error:
        raise NotPlain(f"its {codec} stream cannot be read: {error}") from None
    if used < view.size:
        raise NotPlain("there are bytes behind its compressed stream")
    return view.member(view.name, data, 0, len(data))


def _read(view: View, context: Context) -> Any:
    if zips.matches(view):
        return _torch(view, context)
    if view.head(1) not in {b"\x80", b"c", b"(", b"]", b"}"}:
        raise NoPickle("it is no pickle")
    return _pickle(view, context.deadline, None)


def _torch(view: View, context: Context) -> Any:
    """`data.pkl`, and the storages beside it; nothing on which two readers could differ."""
    directory = zip_directory.read(view, context.settings.limits.members)
    entries = {entry.name: entry for entry in directory.entries} if directory else {}
    root = next((name[: -len("data.pkl")] for name in entries if name.endswith("/data.pkl")), None)
    if root is None:
        raise NoPickle("it is no pickle of torch")
    odd = directory is None or directory.odd or len(entries) != len(directory.entries)
    if odd or any(entry.odd or entry.method or entry.flags & 1 for entry in entries.values()):
        raise NotPlain("its zip is not one that torch writes")
    if any(name.startswith(f"{root}code/") for name in entries):
        raise NotPlain("it holds code")

    def place(key: str) -> tuple[bytes, int, int]:
        entry = entries.get(f"{root}data/{key}")
        if entry is None:
            raise NotPlain("a storage is missing")
        return view.data, view.start + entry.data, view.start + entry.end

    order = entries.get(f"{root}byteorder")
    if order is not None and view.head(order.packed, order.data) != b"little":
        raise NotPlain("its numbers are big-endian")
    main = entries[f"{root}data.pkl"]
    return _pickle(view.part(main.data, main.end), context.deadline, place)


def _pickle(view: View, deadline: float, place: torch_types.Place | None) -> Any:
    """The value of the one pickle that the view is."""
    events = Events()
    done = run(view.data, view.start, view.end, events.see, min(deadline, time.monotonic() + 60), Whole)
    if done.stop is not None or done.machine.odd:
        raise NotPlain(done.stop or next(iter(done.machine.odd)))
    if done.end != view.end:
        raise NotPlain("there are bytes behind the pickle")
    makers: dict[str, Any] = {}
    reader = Reader(events, makers, numpy_types.NAMES | torch_types.NAMES, view.data)
    arrays = numpy_types.Arrays(reader, _behind(done, events))
    makers.update(arrays.makers())
    if place is not None:
        makers.update(torch_types.Tensors(reader, place).makers())
    value = reader.value(done.machine.result)
    reader.finish()
    return value


def _behind(done: Run, events: Events) -> dict[int, tuple[int, int]]:
    """Arrays of joblib come in the order in which their wrappers are given a state."""
    wrappers = [call for call in events.built if getattr(call.target, "full", "") == numpy_types.WRAPPER]
    if len(wrappers) != len(done.arrays):
        raise NotPlain("an array of objects")
    return {id(call): span for call, span in zip(wrappers, done.arrays, strict=True)}


def _of(value: Any, most: int) -> Conversion:
    arrays: dict[str, Array] = {}
    values: dict[str, Any] = {}
    for name, leaf in _leaves("", value):
        if name in arrays or name in values:
            raise NotPlain(f"two things under one name ({name[:LONGEST]})")
        if isinstance(leaf, Array):
            arrays[name or "data"] = leaf
        elif leaf is None or isinstance(leaf, bool | int | float | str):
            values[name] = leaf
        else:
            raise NotPlain(f"{type(leaf).__name__} beside its arrays")
    if not arrays:
        raise NotPlain("there is no array in it")
    if sum(array.size for array in arrays.values()) > most:
        raise NotPlain(f"its arrays have more than {most} bytes")
    suffix = ".safetensors" if any(array.is_tensor for array in arrays.values()) else ".npz"
    if suffix == ".safetensors" and any(array.kind is None for array in arrays.values()):
        raise NotPlain("an array of a type that safetensors does not know")
    return Conversion(suffix, arrays, values)


def _leaves(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    """Everything in the containers, under the names that lead there, joined by points."""
    if isinstance(value, dict):
        items: Any = value.items()
    elif isinstance(value, list | tuple):
        items = enumerate(value)
    else:
        yield name, value
        return
    for key, item in items:
        word = str(key)
        if len(word) > LONGEST or "/" in word or "\\" in word or not word.isprintable():
            raise NotPlain("a name that no file should have")
        yield from _leaves(f"{name}.{word}" if name else word, item)
