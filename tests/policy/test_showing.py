from mlsec_nb.core import Verdict
from mlsec_nb.policy import showing
from mlsec_nb.policy.decisions import Decision, Message
from mlsec_nb.policy.gates import GateReport, Outcome, State

DECISION = Decision(
    allowed=False, denials=(Message(text="bad image", rule="r", id="X", severity="high"),),
    warnings=(Message(text="old", rule="r"),), reasons=("a reason",), printed=("seen",),
)  # fmt: skip


def test_a_decision_as_text():
    lines = [line.strip() for line in showing.decision_lines(DECISION)]
    assert lines == ["✘ policy: denied", "deny [high] X: bad image", "warn old", "a reason", "print: seen"]


def test_a_gate_as_json_values():
    outcomes = (Outcome(check="secrets", state=State.FAILED, findings=2, reasons=("2 new findings",)),)
    report = GateReport(gate="ci", outcomes=outcomes, verdict=Verdict(False, ("r",)), decision=DECISION)
    tree = showing.tree(report)
    assert tree["checks"][0]["state"] == "failed"
    assert tree["policy"]["deny"] == [{"msg": "bad image", "rule": "r", "id": "X", "severity": "high"}]


def test_a_gate_without_policies():
    empty = GateReport(gate="ci", outcomes=(), verdict=Verdict(None, ("nothing",)))
    assert showing.tree(empty)["policy"] is None
