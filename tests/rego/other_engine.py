"""Asks regopy, line by line: it may crash, so it lives in a process of its own."""

import json
import sys

import regopy

for line in sys.stdin:
    case = json.loads(line)
    try:
        engine = regopy.Interpreter()
        engine.add_module("t", case["policy"])
        engine.set_input_term(json.dumps(case["input"], ensure_ascii=False))
        answer = engine.query("data.t")
        told = answer.results[0].expressions[0] if answer.ok() else None
    except Exception as error:  # noqa: BLE001 - whatever it raises is its answer
        told = {"error": str(error)[:200]}
    print(json.dumps(told), flush=True)
