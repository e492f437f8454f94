"""Every character of every segment stands where its location says: random notebooks in random spelling."""

import json
import random

from hypothesis import given, settings
from hypothesis import strategies as st

from mlsec_nb.core import line_and_column
from mlsec_nb.notebooks import read_bytes
from mlsec_nb.notebooks.origins import JsonOrigin

TEXT = st.text(
    alphabet=st.one_of(st.sampled_from('ab"\\/\n\r\té€😀\u2028\ud83d\ude00\x1b[m0;'), st.characters()), max_size=12
)
SOURCE = st.one_of(TEXT, st.lists(TEXT, max_size=4))
VALUE = st.recursive(
    st.one_of(TEXT, st.integers(), st.booleans(), st.none(), st.floats(allow_nan=False, allow_infinity=False)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(TEXT, inner, max_size=3)),
    max_leaves=6,
)
OUTPUT = st.one_of(
    st.fixed_dictionaries(
        {"output_type": st.just("stream"), "name": st.sampled_from(["stdout", "stderr"]), "text": SOURCE}
    ),
    st.fixed_dictionaries(
        {"output_type": st.just("error"), "ename": TEXT, "evalue": TEXT, "traceback": st.lists(TEXT, max_size=3)}
    ),
    st.fixed_dictionaries(
        {
            "output_type": st.just("display_data"),
            "metadata": VALUE,
            "data": st.dictionaries(
                st.sampled_from(["text/plain", "text/html", "application/json", "application/vnd.p+json"]), VALUE
            ),
        }
    ),
)
CELL = st.fixed_dictionaries(
    {"cell_type": st.sampled_from(["code", "markdown", "raw"]), "source": SOURCE, "metadata": VALUE},
    optional={
        "outputs": st.lists(OUTPUT, max_size=4),
        "attachments": st.just({"x.txt": {"text/plain": "hi"}}),
        "id": TEXT,
        "odd": VALUE,
    },
)
NOTEBOOK = st.fixed_dictionaries({"cells": st.lists(CELL, max_size=3), "metadata": VALUE, "nbformat": st.just(4)})


def spelled(value, chance: random.Random) -> str:
    """JSON text of a value with escapes, blanks and line ends by chance."""

    def blank() -> str:
        return chance.choice(["", " ", "\n", "\r\n  ", "\t"])

    def word(text: str) -> str:
        return '"' + "".join(character(c, chance) for c in text) + '"'

    def of(value) -> str:
        if isinstance(value, str):
            return word(value)
        if isinstance(value, dict):
            items = [blank() + word(k) + blank() + ":" + blank() + of(v) + blank() for k, v in value.items()]
            return "{" + (",".join(items) or blank()) + "}"
        if isinstance(value, list):
            return "[" + (",".join(blank() + of(v) + blank() for v in value) or blank()) + "]"
        return json.dumps(value)

    return blank() + of(value) + blank()


def character(c: str, chance: random.Random) -> str:
    escaped = "".join(f"\\u{unit:04x}" for unit in units(c))
    ways = [escaped, "\\u" + "\\u".join(escaped.upper().split("\\U")[1:])]
    if not 0xD800 <= ord(c) < 0xE000:
        ways += [json.dumps(c, ensure_ascii=False)[1:-1]] * 2
    if c == "/":
        ways.append("\\/")
    return chance.choice(ways)


def units(c: str) -> list[int]:
    data = c.encode("utf-16-be", "surrogatepass")
    return [int.from_bytes(data[i : i + 2]) for i in range(0, len(data), 2)]


def decoded_at(text: str, line: int, column: int) -> str:
    """The character that a JSON reader sees at a place of the file."""
    offset = sum(len(row) + 1 for row in text.split("\n")[: line - 1]) + column - 1
    if text[offset] != "\\":
        return text[offset]
    for size in (12, 6, 2):
        try:
            value = json.loads('"' + text[offset : offset + size] + '"')
        except ValueError:
            continue
        if len(value) == 1:
            return value
    raise AssertionError(text[offset : offset + 12])


def check(data: bytes, text: str) -> int:
    """How many characters of a notebook's segments were led back to the file."""
    checked = 0
    for segment in read_bytes(data, "a.ipynb").segments:
        assert isinstance(segment.origin, JsonOrigin)
        for offset, shown in enumerate(segment.text):
            found = segment.at(offset, offset + 1)
            assert found.raw_line
            assert found.raw_column
            if segment.origin.part is None:
                assert (found.line, found.column) == line_and_column(segment.text, offset)
            if segment.origin.run(offset).at is not None:
                assert decoded_at(text, found.raw_line, found.raw_column) == shown
                checked += 1
    return checked


@settings(max_examples=150, deadline=None)
@given(NOTEBOOK, st.integers())
def test_every_character_is_led_back_to_the_file(value, seed):
    text = spelled(value, random.Random(seed))
    check(text.encode(), text)


def test_the_check_sees_characters():
    text = spelled({"cells": [{"cell_type": "code", "source": ["a\n", "\U0001f600b"]}]}, random.Random(1))
    assert check(text.encode(), text) == 4
