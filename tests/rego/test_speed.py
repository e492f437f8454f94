"""What a gate's question costs; the limits are several times what was measured on an ordinary core."""

import time

from mlsec_nb.rego import Policy

POLICY = """package mlsec.vulnerabilities
import data.mlsec.config
deny contains {"id": v.id, "msg": msg} if {
	some v in input.findings
	v.severity in {"critical", "high"}
	not waived(v.id)
	msg := sprintf("%s: %s is %s", [v.path, v.id, v.severity])
}
waived(id) if {
	some w in config.waivers
	w.id == id
	time.parse_rfc3339_ns(w.expires) > input.now_ns
}
verdict := {"allow": count(deny) == 0, "deny": deny}
"""
DATA = {"mlsec": {"config": {"waivers": [{"id": "CVE-5", "expires": "2030-01-01T00:00:00Z"}]}}}
GRADES = ("critical", "high", "medium", "low")


def document(count):
    findings = [{"id": f"CVE-{n}", "severity": GRADES[n % 4], "path": f"a/{n}.ipynb", "title": "t", "fingerprint": f"{n:032x}",
                 "location": {"path": "a", "line": n}} for n in range(count)]  # fmt: skip
    return {"now_ns": 1_700_000_000_000_000_000, "findings": findings}


def seconds(policy, given, times):
    best = 1e9
    for _ in range(times):
        started = time.process_time()
        answer = policy.eval("data.mlsec.vulnerabilities.verdict", given)
        best = min(best, time.process_time() - started)
    return best, answer.value


def test_a_small_question_takes_less_than_two_milliseconds():
    taken, value = seconds(Policy.load({"p.rego": POLICY}, data=DATA), document(5), 20)
    assert [one["id"] for one in value["deny"]] == ["CVE-0", "CVE-1", "CVE-4"]
    assert taken < 0.002


def test_ten_thousand_findings():
    taken, value = seconds(Policy.load({"p.rego": POLICY}, data=DATA), document(10_000), 3)
    assert len(value["deny"]) == 4_999
    assert taken < 1.0


def test_many_rules_load_quickly():
    rules = "\n".join(f'deny contains "{n}" if {{ input.a.b{n} == {n}; not input.x{n} }}' for n in range(2_000))
    started = time.process_time()
    policy = Policy.load({"p.rego": f"package a\n{rules}\n"})
    assert time.process_time() - started < 6
    assert policy.eval("data.a.deny", {"a": {"b7": 7}}).value == ["7"]
