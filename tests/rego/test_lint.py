import pytest

from mlsec_nb.rego import parse_module
from mlsec_nb.rego.lint import lint


def remarks(text, version="v1"):
    return {one.rule for one in lint([parse_module(text, "p.rego", version)])}


HEAD = "# METADATA\n# title: t\npackage a\n"


@pytest.mark.parametrize(
    ("rule", "body"),
    [
        ("print-left", "p if print(1)"),
        ("deprecated-builtin", "p if any([true])"),
        ("deprecated-builtin", "p if re_match(`a`, input.x)"),
        ("rule-shadows-builtin", "count := 1"),
        ("unassigned-return", 'p if indexof(input.x, "a")'),
        ("unassigned-return", "p if { y := [1 | upper(input.x)]; y }"),
        ("constant-condition", "p if true"),
        ("constant-condition", "p if 1 == 1"),
        ("not-equals-in-loop", "p if input.a[_] != 1"),
        ("use-some-for-output-vars", "p if input.a[i] == 1"),
        ("non-raw-regex", 'p if regex.match("\\\\d+", input.x)'),
        ("constant-condition", "p if every x in input.a { true }"),
    ],
)
def test_likely_mistakes_are_remarked(rule, body):
    assert rule in remarks(HEAD + body + "\n")


@pytest.mark.parametrize(
    "body",
    ["p if input.x", "p if { some i; input.a[i] == 1 }", "p if { some i, x in input.a; x == input.b[i] }", 'p if startswith(input.x, "a")',
     "p if regex.match(`\\d+`, input.x)", "p if not input.x in input.a", "f(x) if input.a[x] == 1", "p if { x := input.y; input.a[x] }",
     "p := upper(input.x)", "q := 1\np if input.a[q]", "p if { walk(input, [path, value]); value == path[_] }",
     "default p := 1\np := 2 if input.x else := 3 if input.y", 'p if { [x, {"k": y}] := input.z; input.a[x] == y }',
     "p if every i, x in input.a { x == input.b[i] }", "p if semver.is_valid(input.x)"],
)  # fmt: skip
def test_what_is_fine_is_not(body):
    assert remarks(HEAD + body + "\n") == set()


def test_modules():
    assert remarks("package a\n") == {"missing-metadata"}
    assert remarks("package a_test\n") == set()
    assert remarks(HEAD + "p { input.x }\n", "v0") == {"v0-syntax"}


def test_remarks_come_in_order():
    found = lint(
        [parse_module(HEAD + "p if print(1)\nq if print(2)\n", "b.rego"), parse_module("package x\n", "a.rego")]
    )
    assert [(one.place.file, one.place.line) for one in found] == [("a.rego", 1), ("b.rego", 4), ("b.rego", 5)]
