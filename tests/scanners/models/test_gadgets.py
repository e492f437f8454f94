"""Every callable of a public advisory, in every way that a pickle can call it."""

import struct
from pathlib import Path

import pytest

from tests.scanners.models.kit import (
    DANGEROUS,
    SAFE,
    call,
    gadget,
    grade,
    graded,
    named,
    new,
    pair,
    pickled,
    rules,
    scan,
    split,
    stacked,
    text,
)

GADGETS = [
    line for line in Path(__file__).with_name("data").joinpath("gadgets.txt").read_text().splitlines()
    if not line.startswith("#")
]  # fmt: skip


def short(value: str) -> bytes:
    return b"\x8c" + bytes([len(value)]) + value.encode()


def ways(full: str):
    """The same call, written in the ways that picklers and attackers know."""
    module, name = split(full)
    args = pair(text("echo inert"))
    yield "reduce", pickled(stacked(module, name) + args + b"R")
    yield "memo", pickled(stacked(module, name) + b"\x940h\x00" + args + b"R")
    yield "short", pickled(short(module) + short(name) + b"\x93" + args + b"R")
    yield "obj", pickled(b"(" + stacked(module, name) + text("echo inert") + b"o")
    yield "popped", pickled(stacked(module, name) + args + b"R0N")
    yield "broken", pickled(stacked(module, name) + args + b"R")[:-1] + b"\xff"
    if "." not in name:
        yield "global", pickled(named(module, name) + args + b"R", 0)
        yield "inst", pickled(b"(" + text("echo inert") + b"i" + f"{module}\n{name}\n".encode(), 0)


@pytest.mark.parametrize("full", GADGETS)
def test_every_known_gadget_is_dangerous_in_every_way(full):
    graded_ways = {way: graded(data) for way, data in ways(full)}
    assert set(graded_ways.values()) == {DANGEROUS}, graded_ways


def test_the_call_is_told_with_its_argument_and_offset():
    (finding,) = [item for item in scan(pickled(gadget("os.system"))) if hasattr(item, "rule")]
    assert finding.rule.id == "PICKLE-PROCESS"
    assert "os.system('echo inert')" in finding.message
    assert finding.details["offset"] == finding.details["loading"][-1]["offset"]
    assert [step["does"] for step in finding.details["loading"]] == ["import os.system", "os.system('echo inert')"]


def test_a_call_behind_thousands_of_others_is_told_with_what_leads_to_it():
    noise = b"".join(named("collections", "OrderedDict") + b")R0" for _ in range(2000))
    (finding,) = [item for item in scan(pickled(noise + gadget("os.system"), 0)) if hasattr(item, "rule")]
    steps = finding.details["loading"]
    assert len(steps) <= 60
    assert steps[-1]["does"] == "os.system('echo inert')"
    assert [step["does"] for step in steps if step["offset"] in steps[-1]["uses"]] == ["import os.system"]


def test_secrets_in_arguments_are_masked():
    key = "AK" + "IA" + "QYLPMN5HHHFPZAM2"
    shown = str(scan(pickled(gadget("os.system", text(f"curl -d {key} example.org")))))
    assert key not in shown


UNSEEN = ["zz_unheard.run", "helper.go", "mytools.io_things.fetch", "mimetypes.init", "shlex.split", "locale.setlocale"]


@pytest.mark.parametrize("full", UNSEEN)
def test_a_function_nobody_knows_is_dangerous_to_call(full):
    assert graded(pickled(gadget(full))) == DANGEROUS


def test_a_getattr_chain_is_the_name_that_it_finds():
    chain = call(stacked("builtins", "getattr"), stacked("numpy", "testing"), text("runstring"))
    assert graded(pickled(call(chain, text("x")))) == DANGEROUS
    zone = call(stacked("builtins", "getattr"), stacked("zoneinfo", "ZoneInfo"), text("_unpickle"))
    assert graded(pickled(call(zone, text("Europe/Paris"), b"K\x01"))) == SAFE


def test_a_long_getattr_chain_is_no_stack_overflow():
    body = stacked("collections", "OrderedDict")
    for _ in range(5000):
        body = b"cbuiltins\ngetattr\n(" + body + b"X\x01\x00\x00\x00at" + b"R"
    assert grade(scan(pickled(body))) in {SAFE, DANGEROUS}


COMPOSED = {
    "partial of system": call(stacked("functools", "partial"), stacked("os", "system"), text("x")),
    "partial of getattr": call(stacked("functools", "partial"), stacked("builtins", "getattr"), text("x")),
    "map over list": call(stacked("builtins", "map"), stacked("builtins", "print"), b"]"),
    "map by newobj": new(stacked("builtins", "map"), stacked("builtins", "len"), b"]"),
    "methodcaller": call(call(stacked("operator", "methodcaller"), text("system"), text("x")), stacked("numpy", "os")),
    "attrgetter": call(stacked("operator", "attrgetter"), text("__class__")),
    "defaultdict": call(stacked("collections", "defaultdict"), stacked("os", "getcwd")),
    "dunder": stacked("numpy", "__builtins__"),
    "dotted": stacked("numpy", "prod.os.system"),
    "through pathlib": stacked("pathlib", "os.system"),
    "through an alias": stacked("random", "_os.system"),
    "extension": b"\x82\x05)R",
    "planted": new(stacked("sklearn.svm", "SVC")) + b"}" + text("__setstate__") + stacked("builtins", "len") + b"sb",
    "module state": stacked("numpy", "random") + b"}" + text("rand") + text("x") + b"sb",
    "item of a module": stacked("sys", "modules") + text("os") + text("x") + b"s",
    "computed name": call(stacked("builtins", "str"), text("os")) + text("system") + b"\x93",
    "rot13": call(stacked("_codecs", "encode"), text("x"), text("rot13")),
    "python 2 name": None,
    "unknown memo": b"h\x07" + pair(text("x")) + b"R",
}
COMPOSED["python 2 name"] = named("__builtin__", "eval") + pair(text("1")) + b"R"


@pytest.mark.parametrize("name", COMPOSED)
def test_callables_put_together_are_dangerous(name):
    data = pickled(COMPOSED[name], 0 if name == "python 2 name" else 4)
    assert graded(data) == DANGEROUS


def test_an_argument_across_a_frame_is_read_in_both_ways():
    """From memory it is one long text; some readers of files drop the frame's rest and run what stands behind."""
    hidden = gadget("os.system") + b"."
    frame = b"X" + struct.pack("<I", 8) + b"abc"
    data = b"\x80\x04\x95" + struct.pack("<Q", len(frame)) + frame + b"12345678" + hidden
    assert "PICKLE-UNUSUAL" in rules(scan(data))
    assert graded(data) == DANGEROUS


def test_the_user_may_allow_a_name_with_a_reason():
    data = pickled(new(stacked("ourlab.models", "Forest")))
    assert graded(data) != SAFE
    assert graded(data, allow={"ourlab": "our own package"}) == SAFE
    assert graded(data, allow={"ourlab": ""}) != SAFE
