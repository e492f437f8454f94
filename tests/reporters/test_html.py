import base64
import hashlib
import json
import re
from html.parser import HTMLParser

import pytest

from mlsec_nb.core import Report, Verdict
from mlsec_nb.reporters import render
from mlsec_nb.reporters.json import tree
from tests.reporters import sample

VOID = {"meta", "link", "input", "br", "img"}


class Page(HTMLParser):
    """What a browser would make of the page: elements, attributes, the text of styles and scripts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.raw: list[tuple[str, str, str]] = []
        self.text: list[str] = []
        self.open: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] in {"script", "style"}:
            self.raw.append((self.open[-1], self.elements[-1][1].get("type") or "", data))
        else:
            self.text.append(data)

    @property
    def policy(self) -> str:
        return next(a["content"] for _, a in self.elements if a.get("http-equiv") == "Content-Security-Policy")


@pytest.fixture(scope="module")
def page():
    return Page(render(sample.report(), "html"))


def structure(page: Page) -> list[tuple[str, list[str]]]:
    return [(tag, sorted(attributes)) for tag, attributes in page.elements]


def test_snapshot_without_style_and_script(report, snapshot):
    said = re.sub(r"(<style>|<script>)[^<]*", r"\1", re.sub(r"'sha256-[^']+'", "'sha256-…'", render(report, "html")))
    said = (
        re.sub(r"(?s)(<script>).*(</script>)", r"\1\2", said[: said.rindex("<script>") + 8])
        + said[said.rindex("</script>") :]
    )
    assert said == snapshot


def test_the_page_is_whole_and_every_slot_is_filled(page):
    assert page.open == []
    assert "{{" not in "".join(page.text)


def test_one_style_and_one_script_allowed_by_their_hashes_and_nothing_else(page):
    assert [(tag, kind) for tag, kind, _ in page.raw] == [("style", ""), ("script", "application/json"), ("script", "")]
    for tag, kind, text in page.raw:
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert (f"{tag}-src 'sha256-{digest}'" in page.policy) is (kind == "")
    assert page.policy.startswith("default-src 'none'; ")
    assert not {"unsafe-inline", "unsafe-eval", "*", "http:", "https:"} & set(page.policy.replace("'", "").split())


def test_nothing_is_loaded_from_anywhere_and_nothing_is_inline(page):
    for tag, attributes in page.elements:
        assert not {"src", "srcset", "action", "data", "style"} & set(attributes)
        assert not any(name.startswith("on") for name in attributes)
        assert attributes.get("href") in (None, "data:,")
        assert tag not in {"iframe", "object", "embed", "base", "img", "form"} or attributes.get("id") == "facets"
    style = page.raw[0][2]
    assert "url(" not in style
    assert "@import" not in style


def test_the_script_makes_text_nodes_only(page):
    script = page.raw[2][2]
    assert not re.search(
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|Function\(|fetch\(|XMLHttp|localStorage", script
    )


@pytest.mark.parametrize("text", sample.HOSTILE)
def test_strangers_change_no_element_and_no_attribute(text):
    hostile, tame = Page(render(sample.hostile(text), "html")), Page(render(sample.hostile("x"), "html"))
    if text:
        assert structure(hostile) == structure(tame)
    assert hostile.policy == tame.policy
    assert [raw[0] for raw in hostile.raw] == [raw[0] for raw in tame.raw]


@pytest.mark.parametrize("text", sample.HOSTILE)
def test_the_embedded_findings_are_those_of_the_json_report_with_nothing_hidden_in_them(text):
    report = sample.hostile(text)
    data = Page(render(report, "html")).raw[1][2]
    assert not set("<>&") & set(data)
    said = json.loads(data)
    assert not re.search(
        "[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]",
        json.dumps(said, ensure_ascii=False),
    )
    assert len(said["findings"]) == len(tree(report)["findings"])


def test_readable_without_scripts(page):
    text = " ".join(page.text)
    for word in ("Failed", "exit code 1", "SECRET-HUGGINGFACE", "notebooks/train.ipynb › cell 5 › output 2 text/html:3:7",
                 "9.1 GB, the limit is 8 GB", "pkg:pypi/pandas@2.2.3", "46,830,571", "moves to the vault"):  # fmt: skip
        assert word in text


@pytest.mark.parametrize(("passed", "word"), [(True, "Passed"), (False, "Failed"), (None, "Undecided")])
def test_the_verdict_stands_on_top_and_an_empty_report_says_so(passed, word):
    page = Page(render(Report(verdict=Verdict(passed)), "html"))
    text = " ".join(page.text)
    assert word in text
    for words in (
        "Nothing was found.",
        "Everything was looked at.",
        "Nothing was inventoried.",
        "Nothing was audited.",
    ):
        assert words in text


def test_a_very_long_table_says_what_it_leaves_out():
    gaps = sample.GAPS[:1] * 5_003
    said = render(Report(gaps=gaps), "html")
    assert said.count("<td>too-big</td>") == 5_000
    assert "3 more rows are not shown here" in said
