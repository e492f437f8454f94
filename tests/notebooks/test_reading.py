import json

import pytest

from mlsec_nb.config import Limits
from mlsec_nb.core import CannotRead, Document, Kind, Part
from mlsec_nb.notebooks import read_bytes


def notebook(*cells: dict, **top) -> bytes:
    return json.dumps(
        {"cells": list(cells), "metadata": {}, "nbformat": 4, "nbformat_minor": 5} | top, indent=1
    ).encode()


def code(source, outputs=(), **more) -> dict:
    return {
        "cell_type": "code",
        "source": source,
        "outputs": list(outputs),
        "metadata": {},
        "execution_count": 1,
    } | more


def texts(document: Document) -> dict[str, str]:
    return {f"{s.place.cell or ''} {s.place.part}".strip(): s.text for s in document.segments}


def place(document: Document, needle: str):
    [found] = [s for s in document.segments if needle in s.text]
    start = found.text.index(needle)
    return found.at(start, start + len(needle))


def test_source_lines_are_joined_and_placed():
    document = read_bytes(
        notebook({"cell_type": "markdown", "source": "# a"}, code(["x = 1\n", "y = 'need\\le'"], id="c2")), "a.ipynb"
    )
    found = place(document, "need")
    assert (found.path, found.cell, found.cell_id, found.part) == ("a.ipynb", 2, "c2", "source")
    assert (found.line, found.column, found.end_line, found.end_column) == (2, 6, 2, 10)
    assert [cell.kind for cell in document.cells] == ["markdown", "code"]
    assert document.cells[1].source.language == "python"


def test_streams_that_follow_one_another_are_one_text_and_keep_their_output():
    parts = [{"output_type": "stream", "name": "stdout", "text": text} for text in ("tok", ["en\n", "se"], "cret")]
    other = {"output_type": "stream", "name": "stderr", "text": "warning"}
    document = read_bytes(notebook(code("", [*parts, other])), "a.ipynb")
    assert texts(document)["1 output 1 stdout"] == "token\nsecret"
    assert place(document, "token").part == "output 1 stdout"
    assert place(document, "cret").part == "output 3 stdout"
    assert place(document, "se").line == 2
    assert place(document, "warning").part == "output 4 stderr"


def test_colours_are_taken_out_of_tracebacks():
    error = {"output_type": "error", "ename": "E", "evalue": "no", "traceback": ["\x1b[0;31mKey\x1b[0mError", "E: no"]}
    document = read_bytes(notebook(code("", [error])), "a.ipynb")
    assert texts(document)["1 output 1 traceback"] == "KeyError\nE: no"
    found = place(document, "Error")
    assert (found.line, found.column, found.part) == (1, 4, "output 1 traceback")


def test_metadata_is_told_by_pointer():
    cell = code("", metadata={"papermill": {"parameters": {"api_key": "needle"}}})
    found = place(read_bytes(notebook(cell), "a.ipynb"), 'papermill.parameters.api_key = "needle"')
    assert found.part == "metadata /papermill/parameters/api_key"


def test_json_output_is_one_line_with_decoded_strings():
    output = {
        "output_type": "display_data",
        "metadata": {},
        "data": {"application/vnd.x+json": {"a": [1, 2.5, None], "k": 'say "hi"\n'}},
    }
    document = read_bytes(notebook(code("", [output])), "a.ipynb")
    assert texts(document)["1 output 1 application/vnd.x+json"] == '{"a": [1, 2.5, null], "k": "say "hi"\n"}'
    assert place(document, "hi").part == "output 1 application/vnd.x+json /k"


@pytest.mark.parametrize("shadowed", ["cells", "metadata"])
def test_what_a_duplicate_key_hides_is_read_and_said(shadowed):
    data = b'{"%s": [{"cell_type": "code", "source": "needle"}], "cells": [], "metadata": {}}' % shadowed.encode()
    document = read_bytes(data, "a.ipynb")
    assert place(document, "needle").raw_column == data.index(b"needle") + 1
    assert [gap.code for gap in document.gaps] == ["malformed"]


def test_broken_json_is_read_without_cells():
    data = notebook(code(['key = "needle"\n', "other"]))[:-30]
    document = read_bytes(data, "a.ipynb")
    assert 'key = "needle"\nother' in document.segments[0].text
    assert place(document, "needle").raw_line == data[: data.index(b"needle")].count(b"\n") + 1
    assert document.gaps[0].code == "malformed"


def test_too_big_is_refused():
    with pytest.raises(CannotRead):
        read_bytes(b"{}  ", "a.ipynb", limits=Limits(text_bytes=3))


def test_a_text_file_is_one_segment():
    document = read_bytes("a\nü needle".encode("utf-16"), "notes.txt", Kind.TEXT)
    [segment] = document.segments
    assert segment.part is Part.TEXT
    found = place(document, "needle")
    assert (found.line, found.column, found.raw_line, found.raw_column) == (2, 3, 2, 3)
