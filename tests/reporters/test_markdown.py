import dataclasses
import html
import re

import pytest
from markdown_it import MarkdownIt

from mlsec_nb.core import Judged, Location, Report, Verdict
from mlsec_nb.reporters import render
from tests.reporters import sample


def many(count: int, width: int) -> Report:
    base = sample.findings()[2].finding
    judged = [
        Judged(dataclasses.replace(base, location=Location(path=f"{'d' * width}/{number}.ipynb", cell=1), message="m" * width))
        for number in range(count)
    ]  # fmt: skip
    gaps = tuple(dataclasses.replace(sample.GAPS[0], reason="r" * width) for _ in range(count))
    known = [dataclasses.replace(one, status=sample.Status.KNOWN, reason="w" * width) for one in judged]
    return Report(findings=(*judged, *known), gaps=gaps, verdict=Verdict(False, ("v" * width,) * count))


def test_snapshot(report, snapshot):
    assert render(report, "markdown") == snapshot


def parsed(report: Report) -> str:
    """The summary as a Markdown parser shows it."""
    return (
        MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).render(render(report, "markdown"))
    )


@pytest.mark.parametrize(
    "text",
    [*sample.HOSTILE, "a | b", "`", "``x`` |", "x`", "\\", "\\| a", "`\\`|", "- a", "+ a", "1. a", "# a", "~~a~~"],
)
def test_nothing_of_a_stranger_is_markup(text):
    def tags(of: str) -> list[str]:
        return [
            tag for tag in re.findall(r"<[^>]*>", parsed(sample.hostile(of))) if "code>" not in tag and tag != "<br>"
        ]

    assert not text or tags(text) == tags("x")


@pytest.mark.parametrize(
    "text", ["a|b", "`tick`", "back\\slash", "a\\|b", "<b>", "&amp;", "*x* _y_ [z](w)", "https://a.example/x"]
)
def test_what_a_stranger_wrote_is_shown_as_it_is(text):
    said = parsed(sample.hostile(text))
    assert f"<td><code>{html.escape(text)} [layer" in said.replace("&quot;", '"')
    assert f"<td>{html.escape(text)}<br>" in said


@pytest.mark.parametrize(("count", "width"), [(5_000, 60), (500, 3_000)])
def test_a_summary_stays_below_a_megabyte_and_says_what_it_leaves_out(count, width):
    said = render(many(count, width), "markdown")
    assert len(said.encode()) < 1_000_000
    shown = sum(line.startswith("| high") for line in said.splitlines())
    assert f"{count - shown:,} less severe findings are not listed here" in said
    assert re.search(r"… and [\d,]+ more", said)


def test_nothing_found():
    assert (
        render(Report(verdict=Verdict(True)), "markdown")
        == "## mlsec: ✅ Passed\n\n**0 new findings in 0 artifacts**\n"
    )
