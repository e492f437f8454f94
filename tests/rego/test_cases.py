"""The engine's conformance cases: each says what a query must give, or which error."""

import json
from pathlib import Path

import pytest
import yaml

from mlsec_nb.rego import Policy, RegoError

CASES = [
    pytest.param(case, id=f"{file.stem}: {case['note']}")
    for file in sorted(Path(__file__).parent.joinpath("cases").glob("*.yaml"))
    for case in yaml.safe_load(file.read_text(encoding="utf-8"))
]


def ask(case):
    sources = {f"module{number}.rego": text for number, text in enumerate(case.get("modules", []))}
    policy = Policy.load(sources, version=case.get("version", "v1"), data=case.get("data"))
    given = {"input": case["input"]} if "input" in case else {}
    return policy.eval(
        case.get("query", "data.t.p"), **given, strict=case.get("strict", False), now_ns=case.get("now", 0)
    )


@pytest.mark.parametrize("case", CASES)
def test_case(case):
    if "error" in case:
        with pytest.raises(RegoError) as caught:
            ask(case)
        assert caught.value.code == case["error"], str(caught.value)
        return
    answer = ask(case)
    if case.get("undefined"):
        assert not answer.defined, answer.bindings
    elif "bindings" in case:
        assert [dict(one) for one in answer.bindings] == case["bindings"]
    else:
        assert answer.defined
        assert json.dumps(answer.value, sort_keys=True) == json.dumps(case["want"], sort_keys=True)
    if "printed" in case:
        assert list(answer.printed) == case["printed"]
