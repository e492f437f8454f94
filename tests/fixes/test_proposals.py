"""The fixes that follow from where a finding stands, applied to the text they are for."""

import ast
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlsec_nb import fixes
from mlsec_nb.core import (
    Artifact,
    Cell,
    Document,
    Evidence,
    Finding,
    Fix,
    Kind,
    Location,
    Part,
    Rule,
    Segment,
    Severity,
    TextOrigin,
)
from mlsec_nb.fixes.names import name_of
from mlsec_nb.io.files import Memory

VALUE = "hf_" + "aBcDeFgH" * 4


@dataclass
class Case:
    document: Document
    finding: Finding


def segment(text: str, number: int, part: Part = Part.CODE, name: str = "source") -> Segment:
    place = Location(path="a.ipynb", cell=number, cell_id=f"c{number}", part=name)
    return Segment(text, part, place, TextOrigin(place), "python" if part is Part.CODE else None)


def case(*texts: str, rule: str = "SECRET-HUGGINGFACE-TOKEN", part: Part = Part.CODE, name: str = "source") -> Case:
    """The secret stands in the last of the texts."""
    segments = tuple(segment(text, number) for number, text in enumerate(texts[:-1], 1))
    last = segment(texts[-1], len(texts), part, name)
    start = texts[-1].index(VALUE)
    made = Rule(id=rule, title="t", severity=Severity.HIGH)
    finding = Finding(
        rule=made, scanner="secrets", location=last.at(start, start + len(VALUE)), evidence=Evidence.secret(VALUE, b"k")
    )
    artifact = Artifact("a.ipynb", Kind.NOTEBOOK, Memory(b""))
    cells = tuple(Cell(number=s.place.cell or 0, id=None, kind="code", source=s) for s in segments)
    return Case(Document(artifact=artifact, segments=(*segments, last), cells=cells, language="python"), finding)


def proposed(made: Case) -> dict[str, Fix]:
    (finding,) = fixes.mended(made.document, [made.finding])
    for fix in finding.fixes:
        assert VALUE not in repr(fix)
    return {fix.title: fix for fix in finding.fixes}


def after(made: Case, title: str) -> str:
    """The text of the secret's cell with one fix applied."""
    text = made.document.segments[-1].text
    for edit in sorted(proposed(made)[title].edits, key=lambda e: (-(e.location.line or 0), -(e.location.column or 0))):
        lines = text.splitlines(keepends=True)
        place = edit.location
        assert place.line is not None
        assert place.end_line is not None
        assert place.column is not None
        assert place.end_column is not None
        start = sum(map(len, lines[: place.line - 1])) + place.column - 1
        end = sum(map(len, lines[: place.end_line - 1])) + place.end_column - 1
        text = text[:start] + edit.replacement + text[end:]
    return text


ENV = "Read it from the environment (HF_TOKEN)"


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        (f'token = "{VALUE}"', 'import os\ntoken = os.environ["HF_TOKEN"]'),
        (f"import os\ntoken = '{VALUE}'  # mine", 'import os\ntoken = os.environ["HF_TOKEN"]  # mine'),
        (f"login(token=r'{VALUE}')", 'import os\nlogin(token=os.environ["HF_TOKEN"])'),
        (f'import json\nd = {{"😀": 1, "t": "{VALUE}"}}', 'import os\nimport json\nd = {"😀": 1, "t": os.environ["HF_TOKEN"]}'),
        (f'%%time\ntoken = b"{VALUE}"', '%%time\nimport os\ntoken = os.environ["HF_TOKEN"].encode()'),
        (f'"""Doc."""\nfrom __future__ import annotations\nt = "{VALUE}"',
         '"""Doc."""\nfrom __future__ import annotations\nimport os\nt = os.environ["HF_TOKEN"]'),
        (f'token = "{VALUE}"\nif x(:\n    y = "', 'import os\ntoken = os.environ["HF_TOKEN"]\nif x(:\n    y = "'),
        (f'!pip install "x\ntoken = """{VALUE}"""', 'import os\n!pip install "x\ntoken = os.environ["HF_TOKEN"]'),
    ],
)  # fmt: skip
def test_a_string_becomes_a_look_up_in_the_environment(before: str, expected: str) -> None:
    assert after(case(before), ENV) == expected


def test_an_import_in_a_cell_above_is_enough() -> None:
    assert after(case("import sys, os", f't = "{VALUE}"'), ENV) == 't = os.environ["HF_TOKEN"]'
    assert after(case("import os.path", f't = "{VALUE}"'), ENV).startswith("import os\n")


def test_the_other_places_where_secrets_belong() -> None:
    made = case(f't = "{VALUE}"')
    assert after(made, "Read it from the keyring (HF_TOKEN)") == (
        'import keyring\nt = keyring.get_password("notebook", "HF_TOKEN")'
    )
    assert (
        after(made, "Ask for it when the cell runs (HF_TOKEN)") == 'import getpass\nt = getpass.getpass("HF_TOKEN: ")'
    )


@pytest.mark.parametrize(
    "text",
    [
        f't = f"{VALUE}"', f't = "Bearer {VALUE}"', f't = "{VALUE}" "more"', f"# t = '{VALUE}'", f"!login {VALUE}",
        f'%env T="{VALUE}"', f'os.environ["HF_TOKEN"] = "{VALUE}"', f'os.environ.setdefault("A", "{VALUE}")',
    ],
)  # fmt: skip
def test_no_fix_is_better_than_a_wrong_one(text: str) -> None:
    assert list(proposed(case(text))) == ["Redact it here"]


def test_what_stands_in_an_output_is_masked_or_cleared() -> None:
    made = proposed(case("print(t)", f"t = {VALUE}", part=Part.OUTPUT, name="output 1 text/plain"))
    assert [(fix.action, fix.edits[0].replacement) for fix in made.values()] == [
        ("redact", fixes.REDACTED),
        ("clear-output", ""),
    ]
    made = proposed(case("print(t)", f"t = {VALUE}", part=Part.TRACEBACK, name="output 1 traceback"))
    assert [fix.action for fix in made.values()] == ["clear-output"]


def test_other_findings_in_outputs_can_be_cleared_and_their_own_fixes_come_first() -> None:
    made = case("x", f"t = {VALUE}", rule="CODE-SCRIPT", part=Part.OUTPUT, name="output 1 text/html")
    assert [fix.action for fix in proposed(made).values()] == ["clear-output"]
    plain = case(f't = "{VALUE}"', rule="LOAD-TORCH")
    assert fixes.mended(plain.document, [plain.finding]) == [plain.finding]


@pytest.mark.parametrize(
    ("given", "rule", "expected"),
    [
        ("token", "SECRET-OPENAI-KEY", "OPENAI_API_KEY"),
        ("api_key", "SECRET-ADYEN-KEY", "ADYEN_KEY"),
        ("dbPassword", "SECRET-PASSWORD", "DB_PASSWORD"),
        ("password", "SECRET-PASSWORD", "PASSWORD"),
        ("my-key", "SECRET-TOKEN", "MY_KEY"),
        (None, "SECRET-TOKEN", "TOKEN"),
        ("1", "SECRET-TOKEN", "TOKEN"),
        ("ключ", "SECRET-TOKEN", "TOKEN"),
    ],
)
def test_names_are_those_of_the_provider_or_of_the_program(given: str | None, rule: str, expected: str) -> None:
    assert name_of(given, rule) == expected


@given(
    st.lists(
        st.sampled_from(["x = 1", "import json", "%matplotlib inline", "!ls", "# 😀", "def f():\n    return 2", ""])
    ),
    st.sampled_from(["t = {}", "f(a={})", "d = [{}]", "if x:\n    t = {}", "t: str = {}", "d['k'] = {}"]),
    st.sampled_from(["'{}'", '"{}"', "r'{}'", "u'{}'", "'''{}'''"]),
)
def test_a_mended_cell_still_is_python_and_holds_no_secret(lines: list[str], shape: str, quoted: str) -> None:
    text = "\n".join([*lines, shape.format(quoted.format(VALUE))])
    result = after(case(text), ENV)
    assert VALUE not in result
    ast.parse("\n".join("#" if line[:1] in ("%", "!") else line for line in result.split("\n")))


def test_a_place_that_the_document_does_not_have_gets_no_fix() -> None:
    made = case(f't = "{VALUE}"')
    elsewhere = Finding(
        rule=made.finding.rule, scanner="secrets", location=made.finding.location.with_(cell=9),
        evidence=made.finding.evidence,
    )  # fmt: skip
    assert fixes.mended(made.document, [elsewhere]) == [elsewhere]


def test_metadata_is_left_to_the_user() -> None:
    made = case("x", f"t: {VALUE}", part=Part.METADATA, name="metadata")
    assert fixes.mended(made.document, [made.finding]) == [made.finding]
