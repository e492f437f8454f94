"""Whatever the shape of a file, reading ends well and every text in it is in some segment."""

import json
import random
import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlsec_nb.config import Limits
from mlsec_nb.core import Document, Kind
from mlsec_nb.notebooks import read_bytes, reading
from mlsec_nb.notebooks.positions import Raw

WORD = st.text(string.ascii_letters, min_size=8, max_size=12)
ANY = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), WORD),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(WORD, inner, max_size=3)),
    max_leaves=8,
)
KEYS = {
    "top": ["cells", "worksheets", "metadata", "nbformat", "nbformat_minor"],
    "cell": ["cell_type", "id", "source", "input", "outputs", "metadata", "attachments", "execution_count", "prompt_number",
             "language", "level", "collapsed"],
    "output": ["output_type", "name", "stream", "text", "data", "metadata", "traceback", "ename", "evalue", "execution_count",
               "prompt_number", "html", "png", "svg", "json", "javascript", "latex"],
}  # fmt: skip
MIMES = ["text/plain", "text/html", "image/png", "image/svg+xml", "application/json", "application/x+json", "audio/wav"]
TYPES = st.sampled_from(
    ["code", "markdown", "raw", "heading", "stream", "display_data", "error", "pyout", "stdout", "stderr"]
)


def objects(keys, values):
    return st.dictionaries(st.sampled_from(keys), values, max_size=6)


LOOSE = st.one_of(ANY, TYPES, st.lists(WORD, max_size=3))
BUNDLE = st.one_of(LOOSE, objects(MIMES, LOOSE))
OUTPUT = st.one_of(LOOSE, objects(KEYS["output"], st.one_of(LOOSE, BUNDLE)))
CELL = st.one_of(
    LOOSE,
    objects(KEYS["cell"], st.one_of(LOOSE, st.lists(OUTPUT, max_size=3), st.dictionaries(WORD, BUNDLE, max_size=2))),
)
CELLS = st.one_of(LOOSE, st.lists(CELL, max_size=3))
NOTEBOOK = st.one_of(
    CELLS, objects(KEYS["top"], st.one_of(CELLS, st.lists(objects(["cells", "name"], CELLS), max_size=2)))
)


def words(value) -> list[str]:
    """The texts in a value, but for those that are no more than the format's own words."""
    if isinstance(value, str):
        return [value] if len(value) >= 8 and value not in {"markdown", "display_data"} else []
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else []
    return [word for item in items for word in words(item)]


def everything(document: Document) -> str:
    return "\n".join(segment.text for segment in document.segments)


@settings(max_examples=300, deadline=None)
@given(NOTEBOOK)
def test_no_text_is_lost_whatever_has_the_wrong_type(value):
    document = read_bytes(json.dumps(value).encode(), "a.ipynb")
    text = everything(document)
    assert [word for word in words(value) if word not in text] == []
    for segment in document.segments:
        assert segment.at(0, 1).raw_line == 1


@settings(max_examples=200, deadline=None)
@given(NOTEBOOK, st.integers())
def test_no_text_is_lost_in_a_broken_file(value, seed):
    check_broken(value, seed)


def check_broken(value, seed):
    chance = random.Random(seed)
    text = json.dumps(value, indent=chance.choice([None, 1]))
    cut = chance.randrange(len(text) + 1)
    broken = chance.choice([
        text[:cut],
        text[:cut] + text[cut + 1 :],
        text[:cut] + chance.choice('{}[]",:\\\n\0') + text[cut:],
        text.replace("\n", "\n<<<<<<< HEAD\n", 1) + "\n=======\n" + text + "\n>>>>>>> theirs\n",
    ])  # fmt: skip
    document = read_bytes(broken.encode(), "a.ipynb")
    shown = everything(document).replace("\n", "")
    for word in words(value):
        assert word not in broken or word in shown
    for segment in document.segments:
        segment.at(0, len(segment.text))


@settings(max_examples=200, deadline=None)
@given(
    st.binary(max_size=200),
    st.sampled_from(["a.ipynb", "a.py", "a.md", "a.qmd", "a.txt", "a"]),
    st.sampled_from(list(Kind)),
)
def test_any_bytes_end_well(data, path, kind):
    for segment in read_bytes(data, path, kind).segments:
        segment.at(0, len(segment.text))


@pytest.mark.parametrize(
    ("data", "codes"),
    [
        (b"", []),
        (b" \n", []),
        (b"{}", []),
        (b"null", ["malformed"]),
        (b"[]", ["malformed"]),
        (b'{"metadata": {}}', ["malformed"]),
        (b'{"cells": []}', []),
        (b'{"cells": [{"cell_type": "code", "source": "a", "metadata": {"x": NaN}}]}', []),
        (b'{"cells": [{"cell_type": "code", "source": {"a": 1}}]}', ["malformed"]),
        (b'{"cells": [3]}', ["malformed"]),
        (b'{"cells": [{"cell_type": [], "id": {}, "outputs": [{"output_type": []}]}]}', []),  # found by fuzzing
        (
            b'{"cells": [{"attachments": [1], "outputs": 3}, {"outputs": [[], {"data": 1, "traceback": 2}]}]}',
            ["malformed"] * 5,
        ),
        (b'{"cells": [' + b"3," * 200 + b"3]}", ["malformed"] * 101),
        (b'{"cells": ' + b"[" * 100_000, ["malformed"]),
        (b'{"cells": [], "x": ' + b"[" * 5_000 + b"]" * 5_000 + b"}", ["malformed"]),
        (b'{"cells": [], "x": ' + b"9" * 10_000 + b"}", []),
        (b'{"cells": []}\0\0', ["malformed"]),
        (b'{"cells": [{"source": "\xff"}]}', []),
        (b"\xef\xbb\xbf" + b'{"cells": []}', []),
    ],
)
def test_what_is_said_of_odd_files(data, codes):
    assert [gap.code for gap in read_bytes(data, "a.ipynb").gaps] == codes


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-be"])
def test_encodings(encoding):
    text = '{"cells": [{"cell_type": "code", "source": "k = \'n\u00e9edle\'"}]}'
    [segment] = read_bytes(text.encode(encoding), "a.ipynb").segments
    assert segment.text == "k = 'néedle'"
    assert segment.at(5, 6).raw_column == text.index("née") + 1


def test_deep_nesting_is_read_as_text():
    data = b'{"cells": [{"source": "needle"}], "x": ' + b"[" * 3_000 + b"]" * 3_000 + b"}"
    document = read_bytes(data, "a.ipynb")
    assert "needle" in everything(document)
    assert "nested" in document.gaps[0].reason


def test_a_merge_conflict_keeps_cells_and_both_sides():
    text = """{
 "cells": [
  {
   "cell_type": "code",
   "source": [
<<<<<<< HEAD
    "mine = 1"
=======
    "theirs = 2"
>>>>>>> feature
   ]
  }
 ]
}
"""
    document = read_bytes(text.encode(), "a.ipynb")
    assert document.cells[0].source.text == "mine = 1theirs = 2"
    assert document.cells[0].source.at(8, 9).raw_line == 9
    [marks] = [s for s in document.segments if "feature" in s.text]
    start = marks.text.index("feature")
    assert (marks.at(start, start + 7).raw_line, marks.at(start, start + 7).raw_column) == (10, 9)
    assert len(document.gaps) == 1


@pytest.mark.parametrize(
    "data", [b'{"cells": [' + b"{}," * 300 + b"{}]}", b'{"cells": [{"outputs": [' + b'"x",' * 300 + b'"x"]}]}']
)
def test_too_many_parts_are_read_as_text(data):
    document = read_bytes(data, "a.ipynb", limits=Limits(members=200))
    assert [gap.code for gap in document.gaps] == ["too-big"]
    assert len(document.segments) == 1


@pytest.mark.parametrize(
    ("unit", "swells"),
    [
        (b"[],", True),
        (b'"a",', True),
        (b"1,", True),
        (b'"\\u001b[0m a, b, c \\n",', False),
        (b'"a longer text, with [marks], {}"', False),
    ],
)
def test_what_would_swell_in_memory_is_read_as_text(unit, swells, monkeypatch):
    monkeypatch.setattr(reading, "_SMALL", 1000)
    monkeypatch.setattr(reading, "_VALUES", 400)
    data = b'{"cells": [], "x": [' + unit * (2000 // len(unit)) + b"0]}"
    codes = [gap.code for gap in read_bytes(data, "a.ipynb").gaps]
    assert ("too-big" in codes) is swells


def test_a_secret_in_a_key_is_not_shown_by_a_location():
    key = "AK" + "IAQ7RT5KLMNOP2XYZ4"
    cell = {"cell_type": "markdown", "source": "", "metadata": {key: {"a": "x"}}, "attachments": {key: {key: "y"}}}
    document = read_bytes(json.dumps({"cells": [cell]}).encode(), "a.ipynb")
    assert key in everything(document)
    for segment in document.segments:
        assert key not in str(segment.at(0, len(segment.text)))


@pytest.mark.parametrize(
    ("metadata", "language"),
    [
        ({}, "python"),
        ({"kernelspec": {"name": "ir", "language": "R"}}, "r"),
        ({"language_info": {"name": "julia"}}, "julia"),
        ({"kernelspec": {"name": "my-env"}}, "python"),
        ({"kernelspec": {"name": "bash"}}, "bash"),
        ({"kernelspec": []}, "python"),
    ],
)
def test_the_language_of_the_kernel(metadata, language):
    cells = [
        {"cell_type": "code", "source": "x"},
        {"cell_type": "code", "source": "y", "metadata": {"vscode": {"languageId": "sql"}}},
    ]
    document = read_bytes(json.dumps({"cells": cells, "metadata": metadata}).encode(), "a.ipynb")
    assert document.language == language
    assert [cell.source.language for cell in document.cells] == [language, "sql"]


def test_version_3_is_read_like_version_4():
    output = {"output_type": "pyout", "prompt_number": 1, "text": ["res\n", "ult"], "html": "<b>", "metadata": {}}
    sheet = {"cells": [{"cell_type": "heading", "level": 1, "source": "T"},
                       {"cell_type": "code", "input": ["x\n", "y"], "prompt_number": 7, "language": "python", "outputs": [output]}]}  # fmt: skip
    document = read_bytes(json.dumps({"nbformat": 3, "worksheets": [sheet]}).encode(), "a.ipynb")
    assert [(cell.kind, cell.source.text, cell.execution_count) for cell in document.cells] == [
        ("markdown", "T", None),
        ("code", "x\ny", 7),
    ]
    assert [(s.place.part, s.text) for s in document.cells[1].outputs] == [
        ("output 1 text/plain", "res\nult"),
        ("output 1 text/html", "<b>"),
    ]
    assert document.cells[1].source.at(2, 3).line == 2


def test_widget_state_is_told_by_pointer():
    state = {"application/vnd.jupyter.widget-state+json": {"state": {"m1": {"state": {"value": "needle"}}}}}
    document = read_bytes(json.dumps({"cells": [], "metadata": {"widgets": state}}).encode(), "a.ipynb")
    [segment] = document.segments
    start = segment.text.index("needle")
    assert (
        segment.at(start, start + 6).part
        == "widget state /application~1vnd.jupyter.widget-state+json/state/m1/state/value"
    )


@pytest.mark.slow
@settings(max_examples=5000, deadline=None)
@given(NOTEBOOK, st.integers())
def test_many_broken_files(value, seed):
    check_broken(value, seed)


def test_links_of_terminals_stay_readable():
    text = "\x1b]8;;https://user:needle@host\x1b\\\\click\x1b]8;;\x07 \x1b]0;title;two\x07"
    output = {"output_type": "stream", "name": "stdout", "text": text}
    document = read_bytes(
        json.dumps({"cells": [{"cell_type": "code", "source": "", "outputs": [output]}]}).encode(), "a.ipynb"
    )
    shown = document.segments[1].text
    assert "https://user:needle@host" in shown
    assert "title;two" in shown
    assert "\x1b" not in shown


def test_half_a_wide_character_is_read():
    data = '{"cells": [{"source": "needle"}]}'.encode("utf-16") + b"x"
    assert "needle" in everything(read_bytes(data, "a.ipynb")).replace("\0", "")


def test_places_in_a_file_beyond_mending():
    data = b'"a\\u00e9\\ud83d\\ude00\\nb\\n",\n  "c"'
    [segment] = read_bytes(data, "a.ipynb").segments
    assert segment.text == '"aé😀\nb\nc"'
    places = [(segment.at(i, i + 1).raw_line, segment.at(i, i + 1).raw_column) for i in range(len(segment.text))]
    assert places == [(1, 1), (1, 2), (1, 3), (1, 9), (1, 21), (1, 23), (1, 24), (2, 4), (2, 5)]


@pytest.mark.parametrize("step", ["{", "["])
def test_places_of_values_nested_to_the_edge(step):
    deep = {"{": ('{"a":', "}"), "[": ("[", "]")}[step]
    data = (
        '{"cells": [{"source": "", "metadata": {"z": ' + deep[0] * 150 + '"needle"' + deep[1] * 150 + "}}]}"
    ).encode()
    [segment] = [s for s in read_bytes(data, "a.ipynb").segments if "needle" in s.text]
    start = segment.text.index("needle")

    def deeper(levels: int):
        return deeper(levels - 1) if levels else segment.at(start, start + 6)

    assert deeper(10).raw_column == data.index(b"needle") + 1
    try:
        found = deeper(800)
    except RecursionError:  # of this test's own making
        return
    assert found.cell == 1


def test_values_that_the_decoder_cannot_step_over_are_stepped_over():
    text = '{"a": ' + "[" * 5_000 + '"]"' + "]" * 5_000 + ', "n": ' + "9" * 5_000 + ', "b": ["x", "needle"]}'
    raw = Raw(text)
    assert raw.place(("b", 1), 2) == text.index("needle") + 2
    assert raw.place(("b", 7), 0) == text.index('["x"')
    assert raw.place(("b", "x"), 0) == text.index('["x"')
    assert raw.place(("c",), None) == 0
    assert raw.end(0) == len(text)
