"""Much to ask about, and many rules: the answers are those of little."""

from mlsec_nb.rego import Policy
from tests.benchmarks.bench_rego import DATA, POLICY, document


def test_ten_thousand_findings():
    policy = Policy.load({"p.rego": POLICY}, data=DATA)
    few = policy.eval("data.mlsec.vulnerabilities.verdict", document(5)).value
    assert [one["id"] for one in few["deny"]] == ["CVE-0", "CVE-1", "CVE-4"]
    assert len(policy.eval("data.mlsec.vulnerabilities.verdict", document(10_000)).value["deny"]) == 4_999


def test_two_thousand_rules():
    rules = "\n".join(f'deny contains "{n}" if {{ input.a.b{n} == {n}; not input.x{n} }}' for n in range(2_000))
    policy = Policy.load({"p.rego": f"package a\n{rules}\n"})
    assert policy.eval("data.a.deny", {"a": {"b7": 7}}).value == ["7"]
