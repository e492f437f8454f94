"""Schemas of pandera and models of Pydantic: read, never run, with the verdicts of the libraries themselves."""

import io
import itertools

import pandas as pd
import pandera.pandas as pa
import pydantic
import pytest

from mlsec_nb import cli
from mlsec_nb.core import Finding, Gap, UsageError
from mlsec_nb.io import tables
from mlsec_nb.io.files import Memory
from mlsec_nb.scanners.data import checks, suites
from mlsec_nb.scanners.data.rules import Teller

SERIES = {
    "whole": [1, 2, 3], "negative": [-1, 0, 7], "real": [1.5, 2.0, 3.0], "round": [1.0, 2.0, 4.0], "holes": [1, None, 3], "real holes": [0.5, None, 3.5],
    "text": ["ann", "bob", "xavier"], "text holes": ["ann", None, "x"], "digits": ["1", "2", "x3"], "truth": [True, False, True], "zeros": [0, 1, 1],
    "words": ["yes", "no", "on"], "moments": pd.to_datetime(["2020-01-01 00:00", "2021-05-05 10:00", "2022-02-02 00:00"]), "days": ["2020-01-01", "2021-05-05", "2022-12-31"],
    "same": [2, 2, 2], "same holes": [None, None, 2.5], "long": ["a" * 30, "b", "é€😀"], "infinite": [1.0, float("inf"), 2.0], "large": [10**12, 5, 6],
}  # fmt: skip


def frame_of(values):
    return pd.DataFrame({"a": values, "b": ["x", "y", "z"]})


def stored(frame, form):
    target = io.BytesIO()
    frame.to_csv(target, index=False) if form == "csv" else frame.to_parquet(target)
    data = target.getvalue()
    return data, pd.read_csv(io.BytesIO(data)) if form == "csv" else pd.read_parquet(io.BytesIO(data))


def verdict(table, text, path):
    """True: all is well; False: it is not; None: not evaluated."""
    said = list(checks.judged(suites.load(text, path), table, Teller("x", b"k")))
    return False if any(isinstance(item, Finding) for item in said) else None if said else True


def ours(data, form, text, path):
    with tables.opened(Memory(data), f"x.{form}") as table:
        return verdict(table, text, path)


def agree(sources, theirs, least, step=1):
    """No verdict is another one than the library's, and nearly all are verdicts."""
    others, asked, decided = [], 0, 0
    for (name, values), form in list(itertools.product(SERIES.items(), ("csv", "parquet")))[::step]:
        data, frame = stored(frame_of(values), form)
        with tables.opened(Memory(data), f"x.{form}") as table:
            for source in sources:
                said, expected = verdict(table, *source[:2]), theirs(source, frame)
                asked, decided = asked + 1, decided + (said is not None)
                if said not in {expected, None}:
                    others.append((name, form, source[0][-90:], said, expected))
    assert others == []
    assert decided >= least * asked, (decided, asked)


CHECKS = [
    "ge(0)", "gt(1)", "lt(4)", "le(3)", "eq(2)", "ne(2)", "in_range(0, 3)", "in_range(1, 3, include_min=False)", "isin([1, 2, 3])", "isin(['ann', 'bob'])", "notin([7])",
    "notin(['x'])", "str_matches('[a-z]+$')", "str_contains('a')", "str_startswith('a')", "str_endswith('b')", "str_length(1, 6)", "str_length(max_value=2)", "isin([True])",
    "unique_values_eq([1, 2, 3])", "ge(0, ignore_na=False)", "greater_than(0)",
]  # fmt: skip
COLUMNS = [
    *(f"pa.Column({dtype}{more})" for dtype in ("int", "float", "str", "bool", "'Int64'", "'datetime64[ns]'", "'int32'", "'category'") for more in ("", ", nullable=True", ", nullable=True, coerce=True")),
    *(f"pa.Column(None, pa.Check.{check}, nullable=True)" for check in CHECKS), "pa.Column(int, [pa.Check.ge(0), pa.Check.isin([1, 2])], coerce=True)",
    "pa.Column(None, unique=True, nullable=True)", "pa.Column(float, pa.Check.le(2), coerce=True, nullable=True)", "pa.Column(str, pa.Check.str_length(1, 3), coerce=True)",
]  # fmt: skip
TABLES = ["strict=True", "ordered=True", "unique=['a']", "strict='filter'", "coerce=True"]
SCHEMAS = [f"import pandera.pandas as pa\nS = pa.DataFrameSchema({{'a': {column}}})\n" for column in COLUMNS]
SCHEMAS += [f"import pandera.pandas as pa\nS = pa.DataFrameSchema({{'b': pa.Column(str), 'a': pa.Column(float)}}, {word})\n" for word in TABLES]
SCHEMAS += [
    "import pandera.pandas as pa\nS = pa.DataFrameSchema({'gone': pa.Column(int, required=False), 'a': pa.Column()})\n",
    "import pandera.pandas as pa\nS = pa.DataFrameSchema({'gone': pa.Column(int), 'a': pa.Column()})\n",
]


def validates(schema, frame):
    try:
        schema.validate(frame)
    except (pa.errors.SchemaError, pa.errors.SchemaErrors, TypeError):
        return False
    return True


def run(source):
    names = {}
    exec(source, names)  # what only the tests may do
    return names["S"]


@pytest.mark.parametrize("step", [13, pytest.param(3, marks=pytest.mark.slow)])
def test_schemas_in_python_have_the_verdicts_of_pandera(step):
    made = {source: run(source) for source in SCHEMAS}
    agree([(source, "s.py") for source in SCHEMAS], lambda source, frame: validates(made[source[0]], frame), 0.95, step)


@pytest.mark.parametrize("form", ["yaml", "json"])
def test_schemas_that_pandera_wrote_have_its_verdicts(form):
    sources = []
    for source in SCHEMAS[::7]:
        schema = run(source)
        sources.append((schema.to_yaml() if form == "yaml" else schema.to_json(), f"s.{form}", schema))
    agree(sources, lambda source, frame: validates(source[2], frame), 0.85, 5)


OLD_FORM = """\
schema_type: dataframe
version: 0.20.0
columns:
  a:
    dtype: int64
    nullable: false
    checks:
      greater_than_or_equal_to: {value: 1, options: {raise_warning: false, ignore_na: true}}
      isin:
        value: [1, 2, 3]
        options: {raise_warning: false}
    unique: false
    coerce: false
    required: true
    regex: false
checks: null
index: null
dtype: null
coerce: false
strict: false
name: null
ordered: false
unique: null
report_duplicates: all
unique_column_names: false
add_missing_columns: false
title: null
description: null
"""


def test_older_forms_are_read():
    data, _ = stored(frame_of([1, 2, 3]), "csv")
    assert ours(data, "csv", OLD_FORM, "s.yaml") is True
    assert ours(stored(frame_of([1, 2, 4]), "csv")[0], "csv", OLD_FORM, "s.yaml") is False
    assert ours(data, "csv", OLD_FORM.replace("index: null", "index: [{dtype: int64}]"), "s.yaml") is None


MODEL = """\
import pandera.pandas as pa
from pandera.typing import Series
from typing import Optional
MOST = 3
class Base(pa.DataFrameModel):
    a: Series[int] = pa.Field(ge=1, le=MOST)
class S(Base):
    b: str = pa.Field(isin=["x", "y", "z"])
    late: Optional[Series[float]] = pa.Field(nullable=True)
    class Config:
        strict = True
"""


def test_models_of_pandera_are_read_with_their_bases():
    schema = run(MODEL)
    agree([(MODEL, "s.py:S")], lambda _, frame: validates(schema, frame), 1, 5)
    with pytest.raises(UsageError, match="name one"):
        suites.load(MODEL, "s.py")


FIELDS = [
    "int", "float", "str", "bool", "datetime", "date", "Optional[int]", "float | None", "Optional[str]", "Optional[float]", "PositiveInt", "NonNegativeFloat", "StrictInt", "StrictStr",
    "int = Field(ge=0, lt=5)", "Optional[float] = Field(None, gt=1)", "str = Field(min_length=2, max_length=6)", "Optional[str] = Field(pattern='^[a-z]+$')", "Literal['ann', 'bob', 'xavier']",
    "Literal[1, 2, 3]", "Optional[Color]", "conint(gt=0, le=3)", "constr(max_length=3)", "Annotated[int, Field(gt=0)]", "Annotated[Optional[str], StringConstraints(min_length=1)]", "int = Field(multiple_of=2)",
    "'int'", "Any", "bool | None", "Optional[datetime]",
]  # fmt: skip
HEAD = """\
from datetime import date, datetime
from enum import Enum
from typing import Annotated, Any, Literal, Optional
from pydantic import BaseModel, ConfigDict, Field, NonNegativeFloat, PositiveInt, StrictInt, StrictStr, StringConstraints, conint, constr
class Color(str, Enum):
    A = "ann"
    B = "bob"
    X = "x"
class S(BaseModel):
    a: """


def takes(model, frame):
    rows = [{key: None if pd.isna(value) else value for key, value in row.items()} for row in frame.to_dict("records")]
    try:
        for row in rows:
            model.model_validate(row)
    except pydantic.ValidationError:
        return False
    return True


@pytest.mark.parametrize("step", [9, pytest.param(2, marks=pytest.mark.slow)])
def test_models_have_the_verdicts_of_pydantic(step):
    sources = [HEAD + field + "\n" for field in FIELDS]
    sources += [HEAD + "Any\n    model_config = ConfigDict(extra='forbid')\n", HEAD + "Any\n    gone: int = 1\n", HEAD + "Any\n    gone: int\n"]
    sources += [HEAD + "Any\n    word: str = Field(alias='b', max_length=1)\n"]
    made = {source: run(source) for source in sources}
    agree([(source, "m.py") for source in sources], lambda source, frame: takes(made[source[0]], frame), 0.98, step)


@pytest.mark.parametrize(
    "source",
    [
        HEAD + "int\n    @field_validator('a')\n    def f(cls, v): raise ValueError\n", HEAD + "int | str\n", HEAD + "EmailStr\n", HEAD + "int = Field(ge=limit())\n", HEAD + "list[int]\n",
        HEAD.replace("BaseModel)", "BaseModel, Other)") + "int\n", HEAD + "int = Field(**more)\n", HEAD + "Annotated[int, AfterValidator(f)]\n", HEAD + "int\n    model_config = ConfigDict(str_strip_whitespace=True)\n",
        "import pandera as pa\nS = pa.DataFrameSchema({'a': pa.Column(int, pa.Check(lambda s: s > 0))})\n", "import pandera as pa\nS = pa.DataFrameSchema({'a': pa.Column(int)}, index=pa.Index(int))\n",
        "import pandera as pa\nS = pa.DataFrameSchema(make())\n", "import pandera as pa\nS = pa.DataFrameSchema({'a': pa.Column(int), **more})\n", "import pandera as pa\nS = pa.DataFrameSchema({'a.*': pa.Column(int, regex=True)})\n",
        "import pandera as pa\nclass S(pa.DataFrameModel):\n    a: int\n    @pa.check('a')\n    def f(cls, s): return s > 0\n", "import pandera as pa\nS = pa.DataFrameSchema({'a': pa.Column(int, pa.Check.ge(low()))})\n",
        "import pandera as pa\nclass S(pa.DataFrameModel, Elsewhere):\n    a: int\n", "import pandera as pa\nS = pa.DataFrameSchema({'a': column('x')})\n", "import pandera as pa\nS = pa.DataFrameSchema({'a': pa.Column('period[M]')})\n",
        "import pandera as pa\nclass S(pa.DataFrameModel):\n    a: Index[int]\n", "import pandera as pa\nS = pa.DataFrameSchema({'a': pa.Column(int)}, checks=pa.Check(f))\n", "import pandera as pa\nS = pa.DataFrameSchema({'a': pa.Column(int, parsers=f)})\n",
        "import pandera as pa\nclass S(pa.DataFrameModel):\n    a: int = pa.Field(**more)\n", "import pandera as pa\nS = pa.DataFrameSchema({'a': pa.Column(int, pa.Check.ge(0, raise_warning=True))})\n",
    ],
)  # fmt: skip
def test_what_only_running_it_would_tell_is_not_evaluated(source):
    assert ours(stored(frame_of([1, 2, 3]), "csv")[0], "csv", source, "s.py") is None


@pytest.mark.parametrize(
    ("text", "path"), [("def", "s.py"), ("x = 1", "s.py"), ("a: [", "s.yaml"), ("a: 1", "s.yml"), ("{", "s.json"), (HEAD + "int", "s.py:Missing"), ("y = 1\n" + "x" * 10 + "(" * 9999, "s.py")]
)  # fmt: skip
def test_what_is_no_schema_is_refused(text, path):
    with pytest.raises(UsageError):
        suites.load(text, path)


def test_python_is_named_on_the_command_line_and_never_run(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.csv").write_text("a,b\n1,x\n9,y\n")
    (tmp_path / "schemas.py").write_text("open('ran', 'w')\n" + MODEL)
    for name, code in (("schemas.py:S", 1), ("schemas.py", 2), ("missing.py:S", 2)):
        assert cli.main(["data", "a.csv", "--checks", name]) == code
    assert not (tmp_path / "ran").exists()
    assert "expected column values to be between (column a): 1 of 2 values are not" in capsys.readouterr().out
