from mlsec_nb.core import Verdict
from mlsec_nb.policy import showing
from mlsec_nb.policy.decisions import Decision, Message
from mlsec_nb.policy.gates import GateReport, Outcome, State


def test_a_gate_as_text_with_and_without_colours():
    decision = Decision(
        allowed=False, denials=(Message(text="bad image", rule="r", id="X", severity="high"),),
        warnings=(Message(text="old", rule="r"),), reasons=("a reason",), printed=("seen",),
    )  # fmt: skip
    outcomes = (Outcome(check="secrets", state=State.FAILED, findings=2, reasons=("2 new findings",)),)
    report = GateReport(gate="ci", outcomes=outcomes, verdict=Verdict(False, ("r",)), decision=decision)
    text = showing.terminal([report])
    for line in (
        "STOPPED   gate ci",
        "✘ secrets: failed, 2 findings",
        "deny [high] X: bad image",
        "warn old",
        "a reason",
        "print: seen",
    ):
        assert line in text
    assert "\x1b" not in text
    assert "\x1b[31m✘\x1b[0m secrets" in showing.terminal([report], color=True)
    assert showing.tree(report)["policy"]["deny"] == [{"msg": "bad image", "rule": "r", "id": "X", "severity": "high"}]


def test_a_gate_that_checked_nothing_says_so():
    empty = GateReport(gate="ci", outcomes=(), verdict=Verdict(None, ("nothing",)))
    assert "nothing was checked" in showing.terminal([empty])
    assert showing.tree(empty)["policy"] is None
