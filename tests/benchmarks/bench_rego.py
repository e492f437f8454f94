"""What a gate's question costs, in CPU seconds and beside reading the same input as JSON: `make bench`."""

import json
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

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


def spent(work, times):
    """CPU seconds of the fastest run."""
    best = 1e9
    for _ in range(times):
        started = time.process_time()
        work()
        best = min(best, time.process_time() - started)
    return best


def main() -> None:
    policy = Policy.load({"p.rego": POLICY}, data=DATA)
    for count, times in ((5, 200), (10_000, 5)):
        given = document(count)
        text = json.dumps(given)
        asked = spent(lambda given=given: policy.eval("data.mlsec.vulnerabilities.verdict", given), times)
        read = spent(lambda text=text: json.loads(text), times)
        print(f"{count:>6} findings: {asked * 1000:8.2f} ms, {asked / read:5.1f} x json.loads of the input")
    rules = "\n".join(f'deny contains "{n}" if {{ input.a.b{n} == {n}; not input.x{n} }}' for n in range(2_000))
    loaded = spent(lambda: Policy.load({"p.rego": f"package a\n{rules}\n"}), 1)
    print(f"  2000 rules loaded: {loaded:.2f} s")


if __name__ == "__main__":
    main()
