"""The open notebooks that the server remembers."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlsec_nb.jupyter.sessions import Malformed, Sessions, Stale


def request(name: str, base: int | None, *cells: tuple[str, str], **more: Any) -> dict[str, Any]:
    sent = [{"id": key, "cell_type": "code", "source": text} for key, text in cells]
    return {"session": name, "base": base, "cells": sent, **more}


def test_the_least_used_is_forgotten_first() -> None:
    sessions = Sessions(limit=2)
    for name in "abc":
        sessions.change(request(name, None, ("1", "x"), order=["1"]))
    with pytest.raises(Stale):
        sessions.change(request("a", 1))
    assert sessions.change(request("c", 1)).revision == 2


def test_the_bytes_of_all_are_bounded_but_the_newest_always_stays() -> None:
    sessions = Sessions(size=10)
    for name in "ab":
        sessions.change(request(name, None, ("1", "x" * 100), order=["1"]))
    with pytest.raises(Stale):
        sessions.change(request("a", 1))
    assert sessions.change(request("b", 1)).revision == 2


def test_a_refused_change_changes_nothing() -> None:
    sessions = Sessions()
    sessions.change(request("a", None, ("1", "x"), order=["1"]))
    with pytest.raises(Stale):
        sessions.change(request("a", 1, order=["1", "2"]))
    with pytest.raises(Malformed):
        sessions.change(request("a", 1, order=["1", "1"]))
    assert sessions.change(request("a", 1)).order == ["1"]


@given(st.lists(st.dictionaries(st.sampled_from("abcd"), st.text(max_size=5), max_size=4), max_size=6))
def test_small_steps_lead_where_one_large_step_does(steps: list[dict[str, str]]) -> None:
    sessions, base, cells = Sessions(), None, dict[str, str]()
    for step in steps:
        cells |= step
        session = sessions.change(request("a", base, *step.items(), order=list(cells)))
        base = session.revision
        told = json.loads(session.notebook())["cells"]
        assert {cell["id"]: cell["source"] for cell in told} == cells
