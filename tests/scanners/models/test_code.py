"""Code objects of every Python are read without being made, and what they would do is told."""

import base64
import json
import marshal
import pickle
import types
from pathlib import Path

import cloudpickle
import dill
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlsec_nb.scanners.models.code import marshalled, tracing
from tests.scanners.models import malicious as bad
from tests.scanners.models.kit import DANGEROUS, LOOK, SAFE, findings, gaps, grade, graded, scan

FILES = json.loads((Path(__file__).parent / "data" / "marshalled.json").read_text())
CODE = {version: base64.b64decode(text) for version, text in FILES.items()}


@pytest.mark.parametrize("version", [version for version in CODE if version != "2.7"])
def test_imports_and_calls_are_told_for_every_version(version):
    told = tracing.traced(marshalled.read(CODE[version]))
    assert told.imports == ["os", "subprocess", "urllib.request"]
    calls = dict(told.calls)
    assert calls["os.system"] == ("'echo inert'",)
    assert calls["subprocess.run"][-1] == "True"
    assert calls["urllib.request.urlopen"][-1] == "3"
    assert calls["shutil.rmtree"] == ("name",)
    assert calls["eval"] == ("urllib.request.urlopen().read()",)


def test_of_python_2_the_names_are_told():
    assert {"os", "subprocess", "urlopen"} <= set(tracing.traced(marshalled.read(CODE["2.7"])).uses)


@given(st.data())
def test_broken_code_is_told_or_refused(data):
    raw = bytearray(CODE[data.draw(st.sampled_from(sorted(CODE)))])
    for _ in range(data.draw(st.integers(1, 4))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    try:
        told = tracing.traced(marshalled.read(bytes(raw)))
    except marshalled.NotMarshalled:
        return
    assert isinstance(told.words(), str)


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
                    lambda inner: st.tuples(inner, inner) | st.lists(inner) | st.dictionaries(st.text(), inner)))  # fmt: skip
def test_values_of_every_type_among_the_constants_are_read(value):
    code = compile("import os\nos.getcwd()", "m", "exec")
    code = code.replace(co_consts=(*code.co_consts, value if not isinstance(value, list | dict) else None))
    assert tracing.traced(marshalled.read(marshal.dumps(code))).imports == ["os"]


def nested(depth: int) -> bytes:
    return b")\x01" * depth + b"N"


@pytest.mark.parametrize(
    "data", [b"", b"c", b"N", nested(5000), b"(\xff\xff\xff\x7f", b"r\0\0\0\0", b"[\xff\xff\xff\xff"]
)
def test_what_is_no_code_is_refused(data):
    with pytest.raises(marshalled.NotMarshalled):
        marshalled.read(data)


def test_long_arguments_and_unknown_instructions_are_no_end():
    many = "\n".join(f"x{number} = y{number}" for number in range(400)) + "\nimport os\nos.system('echo inert')"
    assert tracing.traced(marshalled.read(marshal.dumps(compile(many, "m", "exec")))).calls[-1][0] == "os.system"


def lambda_layer(code: bytes) -> bytes:
    config = {"name": "l", "function": [base64.b64encode(code).decode(), None, None]}
    return json.dumps({"class_name": "Lambda", "config": config}).encode()


def test_a_keras_lambda_tells_what_it_would_do():
    (found,) = findings(scan(lambda_layer(CODE["3.8"]), "config.json"))
    assert "imports os, subprocess, urllib.request" in found.message
    assert "os.system('echo inert')" in found.message
    (found,) = findings(scan(lambda_layer(b"\0broken os system"), "config.json"))
    assert "uses" in found.message


def runs(text):
    import os

    return os.system(text + " inert")


@pytest.mark.parametrize("dump", [cloudpickle.dumps, lambda value: dill.dumps(value, recurse=True)])
def test_code_by_value_tells_what_it_would_do(dump):
    function = types.FunctionType(runs.__code__, {"__name__": "__main__"}, "runs")
    function.__module__ = "__main__"
    items = scan(dump(function))
    assert grade(items) == DANGEROUS
    assert any("it imports os, calls os.system(" in found.message for found in findings(items))


def test_names_beyond_those_that_a_container_keeps_are_seen():
    names = ", ".join(f"v{number}" for number in range(300))
    source = (
        f"def f():\n    global {names}\n"
        + "".join(f"    v{n}\n" for n in range(300))
        + "    import os\n    os.system\n"
    )
    space: dict = {"__name__": "__main__"}
    exec(source, space)  # noqa: S102 - code of our own
    space["f"].__module__ = "__main__"
    assert graded(cloudpickle.dumps(space["f"])) == DANGEROUS


def test_compiled_files_in_a_model():
    def pyc(code):
        return b"\xa7\r\r\n" + bytes(12) + code

    plain = marshal.dumps(compile("import numpy\ndef f(x): return numpy.sum(x)", "m", "exec"))
    assert graded(bad.zipped([("handler.pyc", pyc(plain))]), "m.mar") == SAFE
    assert graded(bad.zipped([("handler.pyc", pyc(CODE["3.13"]))]), "m.mar") == DANGEROUS
    assert [gap.code for gap in gaps(scan(bad.zipped([("h.pyc", pyc(b"broken"))]), "m.mar"))] == ["unsupported"]


def test_a_plain_lambda_needs_no_look():
    assert graded(cloudpickle.dumps(lambda x: x + 1)) in {SAFE, LOOK}
    assert graded(pickle.dumps({"a": 1})) == SAFE
