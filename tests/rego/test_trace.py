from mlsec_nb.rego import Policy
from mlsec_nb.rego.testing import coverage, run_tests
from mlsec_nb.rego.trace import Trace

SOURCE = """package a

deny contains msg if {
	some i, c in input.cs
	bad(c)
	not trusted[c.name]
	msg := sprintf("%d %s", [i, c.name])
}

bad(c) if c.n > 2

bad(c) if {
	c.n < -5
	every x in c.xs {
		x > 0
	}
}

trusted contains "x" if input.y

test_found if {
	count(deny) == 1 with input as {"cs": [{"name": "e", "n": 3}]}
}

test_fails if {
	count(deny) == 0 with input as {"cs": [{"name": "e", "n": 3}]}
}

test_error if {
	print("before")
	{"a": v | some v in [1, 2]}
}

todo_test_later if false
"""
INPUT = {"cs": [{"name": "evil", "n": 3}, {"name": "ok", "n": 1}]}


def traced():
    trace = Trace({"a.rego": SOURCE})
    return trace, Policy.load({"a.rego": SOURCE}, trace=trace)


def test_a_denial_is_explained_by_the_expressions_that_held():
    trace, policy = traced()
    assert policy.eval("data.a.deny", INPUT).value == ["0 evil"]
    lines = trace.explain("data.a.deny", "0 evil")
    assert lines[0] == 'data.a.deny = "0 evil"  (a.rego:3:1)'
    assert lines[1] == '  4: some i, c in input.cs    [c = {"n": 3, "name": "evil"}, i = 0]'
    assert '      10: c.n > 2    [c = {"n": 3, "name": "evil"}]' in lines
    assert any(line.startswith("  6: not trusted[c.name]") for line in lines)
    assert trace.explain("data.a.deny", "1 ok") == []


def test_a_rule_that_gives_nothing_says_where_it_stopped():
    trace, policy = traced()
    policy.eval("data.a.deny", {"cs": [{"name": "ok", "n": 1}]})
    stopped = {(one.rule, one.place.line): one.text for one in trace.failures()}
    assert stopped["bad", 10] == "c.n > 2"
    assert stopped["bad", 13] == "c.n < -5"
    assert "trusted" not in {rule for rule, _ in stopped}, "nobody asked for it"
    trace.clear()
    assert trace.explain("data.a.deny") == []


def test_the_same_answers_with_and_without_a_trace():
    _, policy = traced()
    plain = Policy.load({"a.rego": SOURCE})
    for given in (INPUT, {}, {"cs": [{"n": -9, "name": "x", "xs": [1]}], "y": 1}):
        assert policy.eval("data.a.deny", given).value == plain.eval("data.a.deny", given).value


def test_tests_pass_fail_err_and_wait():
    _, policy = traced()
    outcomes = {one.name: one for one in run_tests(policy)}
    assert {name: one.status for name, one in outcomes.items()} == {
        "data.a.test_found": "pass", "data.a.test_fails": "fail", "data.a.test_error": "error",
        "data.a.todo_test_later": "skip",
    }  # fmt: skip
    assert "eval_conflict_error" in outcomes["data.a.test_error"].message
    assert [one.name for one in run_tests(policy, r"a\.test_fo")] == ["data.a.test_found"]


def test_coverage_counts_the_lines_that_were_reached():
    _, policy = traced()
    run_tests(policy, "test_found")
    found = coverage(policy)["a.rego"]
    assert {3, 4, 5, 6, 7, 10, 21} <= found.covered
    assert {13, 14, 15} <= set(found.missed)
