"""The table of tensors: names as the framework would give them, sizes to the byte, for whole modules and blocks too."""

import io
import json
import pickle
import struct

import numpy as np
import pytest
import torch

from mlsec_nb.core import Component
from tests.scanners.models.kit import LOOK, SAFE, graded, rules, scan


def table(data: bytes, name: str = "model.pt") -> list[list]:
    (component,) = (item for item in scan(data, name) if isinstance(item, Component))
    return json.loads(component.properties["tensor_table"])


def saved(value, **options) -> bytes:
    stream = io.BytesIO()
    torch.save(value, stream, **options)
    return stream.getvalue()


@pytest.mark.parametrize("zipped", [True, False])
def test_the_tensors_of_a_whole_module_have_the_names_of_its_state(zipped):
    module = torch.nn.Sequential(
        torch.nn.Linear(3, 4), torch.nn.BatchNorm1d(4), torch.nn.Sequential(torch.nn.Conv1d(2, 2, 1))
    )
    rows = table(saved(module, _use_new_zipfile_serialization=zipped))
    expected = [(name, list(value.shape)) for name, value in module.state_dict().items()]
    assert [(name, shape) for name, _, shape, _ in rows] == expected


def test_tensors_in_dicts_of_dicts_and_in_long_ones_are_named():
    state = {"model": {f"layer{n}.weight": torch.zeros(1) for n in range(150)}, "step": 3}
    assert [row[0] for row in table(saved(state))] == [f"model.layer{n}.weight" for n in range(150)]


def test_arrays_of_an_object_are_named_by_attributes_and_places():
    value = {"steps": [("a", {"mean": np.zeros(3)}), ("b", np.zeros((2, 2)))]}
    assert [row[0] for row in table(pickle.dumps(value), "m.pkl")] == ["steps.0.1.mean", "steps.1.1"]


def test_names_are_known_of_a_pickle_that_breaks_off():
    data = pickle.dumps({"w": np.zeros(3), "v": np.ones(2)})
    assert [row[2] for row in table(data[:-1], "m.pkl")] == [[3], [2]]


def string(value: str) -> bytes:
    return struct.pack("<Q", len(value)) + value.encode()


def gguf(*tensors: tuple[str, list[int], int, int], data: int, alignment: int = 0) -> bytes:
    pairs = string("general.alignment") + struct.pack("<II", 4, alignment) if alignment else b""
    head = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), bool(alignment)) + pairs
    for name, shape, kind, offset in tensors:
        head += string(name) + struct.pack(f"<I{len(shape)}QIQ", len(shape), *shape, kind, offset)
    return head + bytes(-len(head) % (alignment or 32)) + b"\1" * data


def test_blocks_of_quantised_tensors_have_their_size():
    data = gguf(("q4", [256, 2], 12, 0), ("q8", [64], 8, 288), ("iq", [256], 16, 384), data=450)
    assert [row[3] for row in table(data, "m.gguf")] == [288, 68, 66]
    assert graded(data, "m.gguf") == SAFE


def test_a_quantised_tensor_that_runs_over_the_end_is_told():
    assert rules(scan(gguf(("q4", [256, 2], 12, 0), data=287), "m.gguf")) == {"MODEL-BOUNDS"}


def test_what_stands_behind_the_tensors_is_told_and_looked_at():
    plain = gguf(("w", [4], 0, 0), data=16, alignment=64)
    assert graded(plain + bytes(48), "m.gguf") == SAFE
    assert graded(plain + bytes(48) + b"more", "m.gguf") == LOOK
    assert "PICKLE-PROCESS" in rules(scan(plain + bytes(48) + b"cos\nsystem\n(S'echo inert'\ntR.", "m.gguf"))
