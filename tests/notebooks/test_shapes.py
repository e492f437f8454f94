"""Whatever the shape of a file, reading ends well and every text in it is in some segment."""

import json
import random
import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlsec_nb.core import Document, Kind
from mlsec_nb.notebooks import read_bytes

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
TYPES = st.sampled_from(["code", "markdown", "raw", "heading", "stream", "display_data", "error", "pyout", "stdout", "stderr"])


def objects(keys, values):
    return st.dictionaries(st.sampled_from(keys), values, max_size=6)


LOOSE = st.one_of(ANY, TYPES, st.lists(WORD, max_size=3))
BUNDLE = st.one_of(LOOSE, objects(MIMES, LOOSE))
OUTPUT = st.one_of(LOOSE, objects(KEYS["output"], st.one_of(LOOSE, BUNDLE)))
CELL = st.one_of(LOOSE, objects(KEYS["cell"], st.one_of(LOOSE, st.lists(OUTPUT, max_size=3), st.dictionaries(WORD, BUNDLE, max_size=2))))
CELLS = st.one_of(LOOSE, st.lists(CELL, max_size=3))
NOTEBOOK = st.one_of(CELLS, objects(KEYS["top"], st.one_of(CELLS, st.lists(objects(["cells", "name"], CELLS), max_size=2))))


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
@given(st.binary(max_size=200), st.sampled_from(["a.ipynb", "a.py", "a.md", "a.qmd", "a.txt", "a"]), st.sampled_from(list(Kind)))
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
    assert "feature" in everything(document)
    assert len(document.gaps) == 1
