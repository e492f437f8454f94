import pytest

from mlsec_nb.reporters import render
from mlsec_nb.reporters.stages import SHOWN, Check, Stage, html, terminal
from tests.reporters import sample

FINDINGS = tuple(judged.finding for judged in sample.report().findings)
STAGES = (
    Stage(name="pre-commit", passed=True, checks=(Check(name="secrets", state="passed"), Check(name="models", state="not run", required=False))),
    Stage(name="ci", passed=False, checks=(Check(name="a-check-with-a-very-long-name", state="failed", reasons=("1 new finding",), findings=FINDINGS[:2]),)),
    Stage(name="pre-deploy", passed=None, checks=(Check(name="api", state="undecided", reasons=("no server",)),)),
    Stage(name="deploy", passed=None),
)  # fmt: skip


def test_the_picture_shows_every_gate_and_check_in_one_line_of_boxes():
    lines = terminal(STAGES).splitlines()
    assert max(map(len, lines[:6])) <= 100
    assert [name in lines[1] for name in ("pre-commit", "ci", "pre-deploy", "deploy")] == [True] * 4
    assert lines[1].count("─▶") == 1
    assert lines[1].count("─╳") == 2
    assert "✔ secrets" in lines[3]
    assert "✘ a-check" in lines[3]
    assert "2 │" in lines[3]
    assert "– no checks" in lines[3]
    assert len({len(line) for line in lines[:4]}) == 1


def test_behind_the_picture_stand_reasons_and_findings():
    text = terminal(STAGES)
    for line in (
        "STOPPED   gate ci",
        "  ✘ a-check-with-a-very-long-name: failed, 2 findings",
        "  – models (optional): not run",
        "UNDECIDED gate deploy",
        "  – nothing was checked",
        f"      critical {FINDINGS[0].rule.id}",
    ):
        assert line in text
    assert "\x1b" not in text
    assert "\x1b[31m✘\x1b[0m a-check" in terminal(STAGES, color=True)


def test_one_gate_and_a_narrow_terminal_have_no_picture():
    assert "┌" not in terminal(STAGES[:1])
    assert "┌" not in terminal(STAGES, width=60)
    assert "gate pre-deploy" in terminal(STAGES, width=60)


@pytest.mark.parametrize("hostile", ["<script>alert(1)</script>", "\x1b[2J\u202e"])
def test_strangers_words_are_text(hostile):
    stages = [Stage(name="ci", passed=False, checks=(Check(name=hostile, state="failed", reasons=(hostile,)),))] * 2
    page = html(stages, lambda kind: f' class="{kind}"')
    assert "<script" not in page
    assert not {"\x1b", "\u202e"} & {*page, *terminal(stages)}


def test_many_findings_of_a_check_are_cut_honestly():
    many = Stage(name="ci", passed=False, checks=(Check(name="code", state="failed", findings=FINDINGS[:1] * 50),))
    for text in (terminal([many]), html([many], lambda _: "")):
        assert text.count(FINDINGS[0].location.path) == SHOWN
        assert "30 more" in text


def test_the_page_shows_the_gates_above_their_findings():
    page = render(sample.report(), "html", stages=STAGES)
    assert page.index("stopped</span>") < page.index('id="findings"')
    assert 'class="box undecided"' in page
    assert 'class="gates"' not in render(sample.report(), "html")
