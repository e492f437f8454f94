import csv
import io

import pytest

from mlsec_nb.reporters import render
from tests.reporters import sample


def rows(report):
    return list(csv.DictReader(io.StringIO(render(report, "csv"))))


def test_snapshot(report, snapshot):
    assert render(report, "csv") == snapshot


@pytest.mark.parametrize("text", [*sample.HOSTILE, " =1+1", "\t=1+1", '"=1+1', "'=1", "＝1+1", "-1", "+1", "|calc"])
def test_no_cell_is_a_formula_and_no_row_is_broken(text):
    said = rows(sample.hostile(text))
    assert len(said) == 4
    for cell in (cell for row in said for cell in row.values()):
        assert cell.isprintable() or "\u3000" in cell
        assert not cell.startswith(("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠", "|"))
        assert not cell.strip(' "').startswith(("=", "+", "-", "@"))


def test_findings_then_gaps(report):
    said = rows(report)
    assert [row["status"] for row in said] == ["new"] * 6 + ["known", "suppressed"] + ["gap"] * 4
    assert (said[0]["cell"], said[0]["line"], said[0]["raw_line"], said[0]["severity"]) == ("3", "2", "41", "critical")
    assert (said[-1]["rule"], said[-1]["message"], said[-1]["member"]) == ("encrypted", "it is encrypted", "inner.7z")
