"""An edit changes what it must and nothing else."""

import json
import random

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from mlsec_nb.core import Kind
from mlsec_nb.notebooks import read_bytes
from mlsec_nb.notebooks.edit import CannotEdit, Editor, locate, problems
from mlsec_nb.notebooks.origins import JsonOrigin
from tests.notebooks.test_positions import NOTEBOOK, TEXT, spelled


def editor(text: str, path: str = "a.ipynb") -> Editor:
    return Editor(text.encode(), path, Kind.NOTEBOOK)


def replaced(text: str, old: str, new: str, path: str = "a.ipynb") -> str:
    edits = editor(text, path)
    [segment] = [s for s in edits.document.segments if old in s.text]
    start = segment.text.index(old)
    edits.replace(segment.at(start, start + len(old)), new)
    return edits.data.decode()


def test_only_the_characters_of_the_place_change():
    text = '{ "cells":[{"source" : ["a = \\"kéy\\"\\n",\r\n\t"b\\u0041"],"cell_type":"code"}] }\n\n'
    assert replaced(text, "kéy", 'x"y') == text.replace("kéy", 'x\\"y')
    assert replaced(text, "A", "é") == text.replace("\\u0041", "é")


def test_lines_become_items_of_the_list():
    text = json.dumps({"cells": [{"cell_type": "code", "source": ["a\n", "secret\n", "c"]}]}, indent=1)
    assert json.loads(replaced(text, "secret", "x\ny"))["cells"][0]["source"] == ["a\n", "x\n", "y\n", "c"]
    assert json.loads(replaced(text, "a\nsecret\n", "x\n"))["cells"][0]["source"] == ["x\n", "c"]
    single = json.dumps({"cells": [{"cell_type": "code", "source": ["secret"]}]}, indent=1)
    want = json.dumps({"cells": [{"cell_type": "code", "source": ["import os\n", "x"]}]}, indent=1)
    assert replaced(single, "secret", "import os\nx") == want


def test_a_token_split_by_colours_is_replaced():
    output = {"output_type": "stream", "name": "stdout", "text": ["to\x1b[1mken\n"]}
    text = json.dumps({"cells": [{"cell_type": "code", "source": "", "outputs": [output]}]})
    assert "***\\u001b[1m\\n" in replaced(text, "token", "***")


def test_metadata_and_json_outputs_are_replaced_where_they_stand():
    output = {"output_type": "display_data", "data": {"application/json": {"k": ["tok1", "b"]}}, "metadata": {}}
    text = json.dumps(
        {"cells": [{"cell_type": "code", "source": "", "outputs": [output]}], "metadata": {"p": {"q": "tok2"}}}
    )
    assert replaced(text, "tok1", "x\ny") == text.replace("tok1", "x\\ny")
    assert replaced(text, "tok2", "x") == text.replace("tok2", "x")


def test_a_number_is_not_written_over():
    text = '{"cells": [], "metadata": {"pin": 1234}}'
    with pytest.raises(CannotEdit):
        replaced(text, "1234", "x")


def test_a_place_that_is_gone_is_refused():
    first = editor('{"cells": [{"cell_type": "code", "source": "abc"}]}')
    place = first.document.segments[0].at(1, 3)
    with pytest.raises(CannotEdit):
        editor('{"cells": []}').replace(place, "x")


def test_outputs_are_cleared():
    text = '{"cells": [{"cell_type": "code", "execution_count": 3, "outputs": [ {"x": 1} ], "source": ""}], "metadata": {}}'
    edits = editor(text)
    edits.clear_outputs(1)
    assert edits.data.decode() == text.replace("3", "null").replace('[ {"x": 1} ]', "[]")
    with pytest.raises(CannotEdit):
        edits.clear_outputs(2)


def test_encoding_and_byte_order_mark_stay():
    data = "\ufeffsecret ü".encode("utf-16-le")
    edits = Editor(data, "a.txt", Kind.TEXT)
    edits.replace_in(edits.document.segments[0], 0, 6, "***")
    assert edits.data == "\ufeff*** ü".encode("utf-16-le")


def test_scripts_and_broken_notebooks_are_edited():
    script = "# %% [markdown]\n# a secret\n# %%\nx = 1\n"
    assert replaced(script, "secret", "***", "a.py") == script.replace("secret", "***")
    broken = '{"cells": [{"cell_type": "code", "source": "a secret"},]}'
    assert replaced(broken, "secret", "***") == broken.replace("secret", "***")
    hopeless = '"source": "a \\u0073ecret"'
    assert replaced(hopeless, "secret", '"') == '"source": "a \\""'


def test_of_overlapping_edits_the_first_wins():
    edits = editor('{"cells": [{"cell_type": "code", "source": "abcdef"}]}')
    for start, end, text in ((3, 5, "2"), (1, 4, "1")):
        edits.replace_in(edits.document.segments[0], start, end, text)
    assert read_bytes(edits.data, "a.ipynb").segments[0].text == "a1f"


@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
@given(NOTEBOOK, st.integers(), st.data(), TEXT)
def test_any_span_becomes_any_text(value, seed, data, new):
    text = spelled(value, random.Random(seed))
    edits = Editor(text.encode(), "a.ipynb")
    segments = edits.document.segments
    assume(segments)
    index = data.draw(st.integers(0, len(segments) - 1))
    segment = segments[index]
    start = data.draw(st.integers(0, len(segment.text)))
    end = data.draw(st.integers(start, len(segment.text)))
    assert isinstance(segment.origin, JsonOrigin)
    runs = [segment.origin.run(offset) for offset in range(start, end)]
    assume(runs and all(run.at is not None and not any("Name" in repr(step) for step in run.path) for run in runs))
    assume("\x1b" not in new and "\x1b" not in text and "\\u001b" not in text.lower())  # would be taken out
    assume(len({run.path[:-1] if isinstance(run.path[-1], int) else run.path for run in runs}) == 1)
    edits.replace(segment.at(start, end), new)
    after = read_bytes(edits.data, "a.ipynb")
    shown = next((s.text for s in after.segments if s.place == segment.place), "")
    assert shown == segment.text[:start] + new + segment.text[end:]
    assert [s.text for s in after.segments[:index]] == [s.text for s in segments[:index]]


def test_what_cannot_be_edited_is_refused():
    with pytest.raises(CannotEdit):
        editor('{"cells": [}').clear_outputs(1)
    with pytest.raises(CannotEdit):
        Editor("ab".encode("utf-16") + b"\0", "a.txt", Kind.TEXT)


def test_nothing_can_be_put_in():
    edits = editor('{"cells": [{"cell_type": "code", "source": ["a\\n", "c"]}]}')
    edits.replace_in(edits.document.segments[0], 2, 2, "b\n")
    assert json.loads(edits.data)["cells"][0]["source"] == ["a\n", "b\n", "c"]


def test_a_text_inside_a_file_beyond_mending_may_be_empty():
    edits = editor('"source": "a"')
    edits.replace_in(edits.document.segments[0], 11, 11, "x")
    assert edits.data.decode() == '"source": "xa"'
    assert locate(edits.document, edits.document.segments[0].at(3, 3))[1:] == (3, 3)


def test_a_notebook_is_held_against_its_schema():
    cell = {"cell_type": "code", "id": "a", "metadata": {}, "source": "x", "outputs": [], "execution_count": None}
    good = {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    assert problems(json.dumps(good).encode()) == ()
    assert problems(json.dumps(good | {"cells": [cell | {"source": 3}]}).encode()) == ("/cells/0/source",)
    for data in (b"[]", b"{"):
        with pytest.raises(CannotEdit):
            problems(data)
