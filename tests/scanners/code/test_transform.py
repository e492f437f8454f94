"""IPython's rules, with every character at its place."""

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlsec_nb.scanners.code.parsing import parse, python2
from mlsec_nb.scanners.code.source import normal
from mlsec_nb.scanners.code.transform import logical_lines, transform


@given(st.text(alphabet=st.sampled_from("ab%!?=\\\n\"'()[]{}#, \t:.0é\U0001f600"), max_size=80))
def test_the_python_is_as_long_as_the_cell_and_has_its_lines(text):
    shown = transform(normal(text)).python
    assert len(shown) == len(text)
    assert [i for i, c in enumerate(shown) if c == "\n"] == [i for i, c in enumerate(normal(text)) if c == "\n"]


@given(st.text(max_size=120))
def test_no_text_stops_the_parser(text):
    parse(transform(normal(text)).python)


@pytest.mark.parametrize(
    ("cell", "pieces"),
    [
        ("!ls -la", [("!", "ls -la")]),
        ("x = !ls", [("!", "ls")]),
        ("a, b = !echo 1", [("!", "echo 1")]),
        ("!!ls", [("!", "ls")]),
        ("%env A=1", [("env", "A=1")]),
        ("x = %sql select 1", [("sql", "select 1")]),
        ("!wget \\\n  http://x", [("!", "wget \\\n  http://x")]),
        ("if x:\n    !rm y", [("!", "rm y")]),
        ("%%bash -e\nls", [("bash", "-e")]),
        ("print('''\n!ls\n''')\n%matplotlib inline", [("matplotlib", "inline")]),
        ("f(a,\n%b)", []),
        ("x = 'a' \\\n  % b", []),
        ("a = b % c", []),
        ("x != y", []),
        ("f?", []),
        ("?f\n!ls", [("?", "f"), ("!", "ls")]),
        ("'''\n%not a magic\n'''", []),
        ("%%time\nx = 1\n!ls", [("time", ""), ("!", "ls")]),
    ],
)
def test_pieces_are_those_that_ipython_sees(cell, pieces):
    found = sorted(transform(cell).pieces.values(), key=lambda piece: piece.start)
    assert [(piece.name, piece.text) for piece in found] == pieces
    for piece in found:
        assert cell[piece.offset :].startswith(piece.text)


@pytest.mark.parametrize(
    "cell",
    [
        "%time x = f(1)\ny = 2",
        "%timeit -n 10 -r 3 f(x)",
        "%%timeit x = 1\nf(x)",
        ">>> x = 1\n>>> y = 2",
        "In [1]: x = 1",
        "await f()\nasync for x in y: pass",
        "      x = 1\n      y = 2",
        "x.y?",
        "%%capture out\nx = 1",
        "def f():\n    %time g()\n    return 1",
        "print 'x'\nexec code\ntry:\n    pass\nexcept E, e:\n    raise E, 'm'",
        "if x: print y\nprint >>f, 'a'  # c",
        "x = 0777",
    ],
)
def test_what_ipython_runs_can_be_parsed(cell):
    assert not parse(transform(cell).python).broken


def test_columns_stay_under_a_line_magic():
    text = transform("%time   value = load(path)").python
    (call,) = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call)]
    assert call.col_offset == "%time   value = load(path)".index("load")


def test_print_gets_its_brackets_and_nothing_else_moves():
    assert python2("print x, y") == "print(x, y)"
    assert python2("print(x)") == "print(x)"
    assert python2("print = 3") == "print = 3"


def test_logical_lines_join_what_belongs_together():
    text = "a = (1,\n 2)\nb = '''x\ny'''\nc = 1 \\\n + 2\n"
    assert [text[start:end] for start, end in logical_lines(text)] == [
        "a = (1,\n 2)",
        "b = '''x\ny'''",
        "c = 1 \\\n + 2",
    ]


def test_broken_runs_of_python_2_stand_where_the_reader_sees_them():
    text = "print 'a'\nprint 'b'\nx = (\nprint 'c'\ny = f("
    found = parse(text).broken
    assert found
    assert all(0 <= run.start <= run.end <= len(text) for run in found)
    assert all(run.start == 0 or text[run.start - 1] == "\n" for run in found)
