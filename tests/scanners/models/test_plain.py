"""A pickle of plain arrays becomes a file with the same arrays; one that holds more never does."""

import collections
import contextlib
import io
import pickle
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as nps
from safetensors import safe_open
from safetensors.torch import load_file
from sklearn.linear_model import LinearRegression

from mlsec_nb.config import Settings
from mlsec_nb.core import Artifact, CannotScan, Kind
from mlsec_nb.io.files import LocalFile, Memory
from mlsec_nb.scanners.models.plain import NoPickle, NotPlain, conversion


def converted(path: Path) -> Path:
    with conversion(Artifact(str(path), Kind.MODEL, LocalFile(str(path))), Settings()) as found:
        made = path.with_suffix(found.suffix)
        with made.open("wb") as stream:
            found.write(stream)
    return made


def from_bytes(data: bytes) -> Any:
    with conversion(Artifact("x.pkl", Kind.MODEL, Memory(data)), Settings()) as found:
        stream = io.BytesIO()
        found.write(stream)
    stream.seek(0)
    return np.load(stream, allow_pickle=False)


def test_the_state_of_a_network_becomes_safetensors(tmp_path: Path) -> None:
    network = torch.nn.Sequential(torch.nn.Linear(4, 3), torch.nn.BatchNorm1d(3))
    torch.save(network.state_dict(), tmp_path / "m.pt")
    found = load_file(converted(tmp_path / "m.pt"))
    assert {name: value.tolist() for name, value in found.items()} == {
        name: value.tolist() for name, value in network.state_dict().items()
    }


BASE = torch.arange(24.0).reshape(4, 6)
TENSORS = {
    "turned": BASE.t(), "part": BASE[1:3, ::2], "repeated": torch.ones(3).expand(5, 3), "empty": torch.zeros(0, 3),
    "number": torch.tensor(3), "parameter": torch.nn.Parameter(BASE), "brain": BASE.to(torch.bfloat16),
    "half": BASE.half(), "small": BASE.to(torch.float8_e4m3fn), "yes": BASE > 3, "complex": BASE * 1j,
    "unsigned": torch.tensor([1, 65_535], dtype=torch.uint16),
}  # fmt: skip


@pytest.mark.parametrize("name", TENSORS)
def test_every_view_and_type_of_a_tensor_is_the_same_after(name: str, tmp_path: Path) -> None:
    torch.save({"all": [TENSORS[name]]}, tmp_path / "t.pt")
    found = load_file(converted(tmp_path / "t.pt"))["all.0"]
    assert found.dtype == TENSORS[name].dtype
    assert found.shape == TENSORS[name].shape
    assert found.tolist() == TENSORS[name].tolist()


def test_numbers_and_texts_beside_tensors_go_along(tmp_path: Path) -> None:
    torch.save({"model": {"w": BASE}, "epoch": 3, "notes": ["a", None]}, tmp_path / "c.pt")
    with safe_open(converted(tmp_path / "c.pt"), "pt") as file:
        assert file.metadata() == {"format": "pt", "values": '{"epoch": 3, "notes.0": "a", "notes.1": null}'}


ARRAYS = {
    "rows": np.arange(6, dtype="f4").reshape(2, 3), "columns": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
    "long": np.arange(100_000.0), "scalar": np.float64(2.5), "text": np.array(["ab", "c"]), "count": 3,
    "big endian": np.arange(3, dtype=">i4"), "bytes": np.array([b"ab", b"c"]), "none of it": np.zeros((0, 4), "i2"),
}  # fmt: skip


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_arrays_of_every_protocol_become_npz(protocol: int) -> None:
    found = from_bytes(pickle.dumps(ARRAYS, protocol))
    assert sorted(found) == sorted(ARRAYS)
    for name, array in ARRAYS.items():
        assert found[name].dtype == np.asarray(array).dtype
        assert np.array_equal(found[name], array)


@pytest.mark.parametrize("compress", [0, 3, ("bz2", 3), ("xz", 3)], ids=str)
def test_what_joblib_wrote_becomes_npz(compress: Any, tmp_path: Path) -> None:
    arrays = {name: array for name, array in ARRAYS.items() if name != "scalar"}
    joblib.dump(arrays, tmp_path / "a.joblib", compress=compress)
    with np.load(converted(tmp_path / "a.joblib")) as found:
        assert all(np.array_equal(found[name], array) for name, array in arrays.items())


@given(nps.arrays(nps.boolean_dtypes() | nps.integer_dtypes() | nps.floating_dtypes(sizes=(16, 32, 64)),
                  nps.array_shapes(max_dims=4, max_side=4)), st.integers(0, 5), st.booleans())  # fmt: skip
def test_any_array_is_the_same_after(array: Any, protocol: int, fortran: bool) -> None:  # noqa: FBT001
    given_ = np.asfortranarray(array) if fortran else array
    found = from_bytes(pickle.dumps(given_, protocol))["data"]
    assert found.dtype == given_.dtype
    assert np.array_equal(found, given_, equal_nan=given_.dtype.kind == "f")


class Calls:
    def __reduce__(self) -> Any:
        return print, ("loaded",)


class Sets:
    def __reduce__(self) -> Any:
        return collections.OrderedDict, (), {"x": Calls()}


class Named(np.ndarray):
    pass


MORE = {
    "a call": {"a": np.arange(3), "b": Calls()},
    "a call in a state": {"a": np.arange(3), "b": Sets()},
    "an estimator": LinearRegression().fit([[1.0], [2.0]], [1, 2]),
    "objects": np.array([{}], dtype=object),
    "records": np.zeros(3, [("x", "i4")]),
    "dates": np.array(["2020-01-01"], dtype="M8[D]"),
    "a class of its own": np.arange(3).view(Named),
    "a set": {"a": np.arange(3), "b": {1}},
    "a function": {"a": np.arange(3), "b": print},
    "bytes": {"a": np.arange(3), "b": b"MZ"},
    "nothing": {"a": 1},
    "a way out": {"../a": np.arange(3)},
    "two of one name": {"a": {"b": np.arange(3)}, "a.b": np.arange(3)},
}


@pytest.mark.parametrize("name", MORE)
def test_what_holds_more_stays_a_pickle(name: str) -> None:
    with pytest.raises(NotPlain):
        from_bytes(pickle.dumps(MORE[name]))


@pytest.mark.parametrize(
    "data",
    [
        b"cos\nsystem\n0" + pickle.dumps(np.arange(3)),  # an import whose result is dropped
        b"c__main__\nx\n(tR0" + pickle.dumps(np.arange(3)),  # a call whose result is dropped
        pickle.dumps(np.arange(3)) + pickle.dumps(Calls()),  # a second pickle behind the first
        pickle.dumps(np.arange(3))[:-3],
        pickle.dumps({"a": np.arange(3)}).replace(b"\x85", b"\x86"),
    ],
)
def test_a_pickle_with_tricks_stays_one(data: bytes) -> None:
    with pytest.raises(NotPlain):
        from_bytes(data)


def test_a_few_bytes_never_become_a_huge_file(tmp_path: Path) -> None:
    torch.save({"w": torch.ones(1).expand(1 << 15, 1 << 14)}, tmp_path / "bomb.pt")
    with pytest.raises(NotPlain, match="bytes"):
        converted(tmp_path / "bomb.pt")


def test_whole_networks_and_scripts_stay_pickles(tmp_path: Path) -> None:
    network = torch.nn.Linear(2, 2)
    torch.save(network, tmp_path / "whole.pt")
    with pytest.warns(DeprecationWarning, match="torch.jit"):
        torch.jit.script(network).save(tmp_path / "script.pt")
    for name in ("whole.pt", "script.pt"):
        with pytest.raises(NotPlain):
            converted(tmp_path / name)


@pytest.mark.parametrize("data", [b"", b"\x08\0\0\0\0\0\0\0{}      ", b"\x93NUMPY\x01\0", b"PK\x05\x06" + bytes(18)])
def test_what_is_no_pickle_is_told_apart(data: bytes) -> None:
    with pytest.raises(NoPickle):
        from_bytes(data)


SEEDS = [pickle.dumps({"a": np.arange(4), "n": 1, "l": [1, 2.5, "x"]}, protocol) for protocol in range(6)]


@settings(max_examples=300)
@given(st.data())
def test_damaged_pickles_are_either_plain_or_told(data: Any) -> None:
    raw = bytearray(data.draw(st.sampled_from(SEEDS)))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(raw) - 1))
        raw[at : at + data.draw(st.integers(0, 2))] = data.draw(st.binary(max_size=3))
        raw = raw or bytearray(b".")
    with contextlib.suppress(NotPlain, CannotScan):
        from_bytes(bytes(raw))
