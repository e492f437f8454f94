from hypothesis import given
from hypothesis import strategies as st

from mlsec_nb.core import Location, Part, Segment, TextOrigin, line_and_column

PLACE = Location(path="a.py")


def segment(text: str) -> Segment:
    return Segment(text, Part.CODE, PLACE, TextOrigin(PLACE), "python")


@given(st.text(alphabet="ab\n\r\u2028é😀", max_size=60), st.data())
def test_line_and_column_name_the_character(text: str, data: st.DataObject) -> None:
    offset = data.draw(st.integers(0, len(text)))
    line, column = line_and_column(text, offset)
    lines = text.split("\n")
    assert sum(len(before) + 1 for before in lines[: line - 1]) + column - 1 == offset


def test_a_place_has_its_end_and_its_raw_position() -> None:
    place = segment("one\ntwo three\n").at(8, 13)
    assert (place.line, place.column, place.end_line, place.end_column) == (2, 5, 2, 10)
    assert (place.raw_line, place.raw_column) == (2, 5)


def test_a_view_points_to_the_original() -> None:
    parent = segment("x = 'to' + 'ken'")
    view = parent.view("token", [0, 2], [5, 12])
    assert parent.text[5:7] + parent.text[12:15] == view.text
    place = view.at(0, 5)
    assert (place.column, place.end_column) == (6, 16)
    assert view.at(2, 5).column == 13


def test_a_decoded_run_points_to_its_beginning() -> None:
    parent = segment("before SGVsbG8= after")
    view = parent.view("Hello", [0, 1, 2, 3, 4, 5], [7, 7, 7, 7, 7, 15])
    place = view.at(0, 5)
    assert place.column == 8
    assert parent.at(0, 1).column == 1


@given(st.text(min_size=1, max_size=30), st.data())
def test_a_view_never_points_outside(text: str, data: st.DataObject) -> None:
    parent = segment(text)
    offsets = data.draw(st.lists(st.integers(0, len(text)), min_size=1, max_size=4).map(sorted))
    view = parent.view("v" * 20, [i * 5 for i in range(len(offsets))], offsets)
    start = data.draw(st.integers(0, 19))
    place = view.at(start, data.draw(st.integers(start, 20)))
    assert (1, 1) <= (place.line, place.column) <= (place.end_line, place.end_column)
