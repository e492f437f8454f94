"""Ask, test, check and explain policies written in Rego; an own engine, which fails closed."""

import argparse
import json
import re
import sys
import time
from collections.abc import Sequence
from typing import Any

from mlsec_nb import pipeline
from mlsec_nb.core import UsageError
from mlsec_nb.policy import bundles, decisions, documents, showing
from mlsec_nb.rego import RegoError, parse_module
from mlsec_nb.rego.lint import lint
from mlsec_nb.rego.testing import Outcome, coverage, run_tests
from mlsec_nb.rego.trace import Trace

from . import options

EPILOG = """\
examples:
  mlsec policy eval policies/ -i deployment.yaml --as conftest
  mlsec policy eval policies/ -i input.json --query data.shop.allow
  mlsec policy explain policies/ -i input.json
  mlsec policy eval policies/ --report trivy.json --query data.shop.deny
  mlsec policy test policies/ --coverage
  mlsec policy lint policies/
  mlsec policy test --built-in

exit codes: 0 allowed, tests passed · 1 denied, a test failed, a remark · 2 undecided, a broken policy"""


def describe(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("action", choices=("eval", "test", "lint", "explain"))
    parser.add_argument("policies", nargs="*", metavar="POLICY", help="files and folders of .rego (and data.json)")
    parser.add_argument("--built-in", action="store_true", help="the policies that come with mlsec, too")
    parser.add_argument("-i", "--input", metavar="FILE", help="the input document: JSON, YAML or TOML (- reads JSON)")
    parser.add_argument("--report", metavar="FILE", action="append", default=[],
                        help="a saved report, of any tool, whose findings become part of the input")  # fmt: skip
    parser.add_argument("-d", "--data", metavar="FILE", action="append", default=[], help="more data (can be repeated)")
    parser.add_argument("--as", dest="shape", choices=decisions.SHAPES, default="mlsec",
                        help="whose input and rules these are (default: mlsec)")  # fmt: skip
    parser.add_argument("--namespace", metavar="PACKAGE", help="only the rules of this package")
    parser.add_argument("--query", metavar="QUERY", help="show the value of this instead of a decision")
    parser.add_argument("--strict", action="store_true", default=None, help="builtins that fail make it undecided")
    parser.add_argument("-r", "--run", dest="pattern", metavar="REGEX", default="", help="only these tests")
    parser.add_argument("--coverage", action="store_true", help="say which lines no test reached")
    parser.add_argument("--threshold", metavar="PERCENT", type=float, help="fail below this coverage")
    parser.add_argument("-f", "--format", choices=("terminal", "json"), default="terminal")


def run(args: argparse.Namespace) -> int:
    actions = {"eval": _eval, "test": _test, "lint": _lint, "explain": _explain}
    return actions[args.action](args)


def _bundle(args: argparse.Namespace, *, tests: bool = False) -> bundles.Bundle:
    if not args.policies and not args.built_in:
        raise UsageError("which policies? Name files or folders, or --built-in")
    parts = [bundles.built_in(tests=tests)] if args.built_in else []
    if args.policies:
        parts.append(bundles.load(args.policies, tests=tests))
    made = bundles.join(*parts)
    for path in args.data:
        table = bundles.read_input(path)
        if not isinstance(table, dict):
            raise UsageError(f"{path}: data must be a mapping")
        made = made.with_data(table)
    if not made.sources:
        raise UsageError("there is no policy (*.rego)")
    return made


def _document(args: argparse.Namespace) -> Any:
    """The input; mlsec's own shape says when it is, unless the file does."""
    found = _given(args)
    if args.report:
        if not isinstance(found, dict):
            raise UsageError("an input that is no mapping has no place for the findings of a report")
        report = pipeline.saved(args.report, options.config_file(None))
        found = {**found, **documents.of_report(report)}
    return {"now_ns": time.time_ns(), **found} if args.shape == "mlsec" and isinstance(found, dict) else found


def _given(args: argparse.Namespace) -> Any:
    if args.input is None:
        return {}
    if args.input == "-":
        try:
            return json.load(sys.stdin)
        except (ValueError, RecursionError) as error:
            raise UsageError(f"standard input: {error}") from error
    return bundles.read_input(args.input)


def _eval(args: argparse.Namespace) -> int:
    policy = _bundle(args).policy()
    document = decisions.wrapped(_document(args), args.shape)
    if args.query:
        answer = policy.eval(args.query, document, strict=bool(args.strict))
        for line in answer.printed:
            print(line, file=sys.stderr)
        if not answer.defined:
            print("undefined", file=sys.stderr)
            return 1
        single = [dict(one) for one in answer.bindings]
        shown = answer.value if set(single[0]) == {"result"} else single
        print(json.dumps(shown, indent=2, ensure_ascii=False))
        return 1 if answer.value is False else 0
    decision = decisions.decide(policy, document, shape=args.shape, namespace=args.namespace, strict=args.strict)
    if args.format == "json":
        print(json.dumps(showing.decision_tree(decision), indent=2, ensure_ascii=False))
    else:
        print("\n".join(showing.decision_lines(decision)))
    return {True: 0, False: 1, None: 2}[decision.allowed]


def _explain(args: argparse.Namespace) -> int:
    policy = _bundle(args).policy(trace=True)
    trace = policy.program.trace
    assert isinstance(trace, Trace)
    document = decisions.wrapped(_document(args), args.shape)
    decision = decisions.decide(policy, document, shape=args.shape, namespace=args.namespace, strict=args.strict)
    print("\n".join(showing.decision_lines(decision)))
    asked = [args.query] if args.query else _explained(decision)
    if args.query:
        policy.eval(args.query, document)
    for rule in dict.fromkeys(asked):
        lines = trace.explain(rule if rule.startswith("data.") else f"data.{rule}")
        if lines:
            print("\n" + "\n".join(dict.fromkeys(lines)))
    stopped = [f"  {one.place}: {one.rule} stopped at `{one.text}`" for one in trace.failures()]
    if stopped:
        print("\nrules that gave nothing:\n" + "\n".join(stopped))
    return {True: 0, False: 1, None: 2}[decision.allowed]


def _explained(decision: decisions.Decision) -> list[str]:
    return [one.rule for one in (*decision.denials, *decision.warnings)] or list(decision.asked)


def _test(args: argparse.Namespace) -> int:
    measured = args.coverage or args.threshold is not None
    policy = _bundle(args, tests=True).policy(trace=measured)
    outcomes = run_tests(policy, _pattern(args.pattern))
    percent = 100.0
    if args.format == "json":
        print(json.dumps([_outcome(one) for one in outcomes], indent=2, ensure_ascii=False))
    else:
        _print_outcomes(outcomes)
    if measured:
        found = {file: lines for file, lines in coverage(policy).items() if not file.endswith("_test.rego")}
        total = sum(len(lines.lines) for lines in found.values())
        percent = 100 * sum(len(lines.covered) for lines in found.values()) / total if total else 0.0
        for file, lines in found.items():
            if lines.missed and args.format == "terminal":
                print(f"{file}: not reached: {', '.join(map(str, lines.missed))}")
        print(f"coverage: {percent:.1f} % of {total} lines", file=sys.stderr)
    if not outcomes:
        raise UsageError("there are no tests (rules whose names begin with test_)")
    failed = any(one.status in ("fail", "error") for one in outcomes)
    return 1 if failed or (args.threshold is not None and percent < args.threshold) else 0


def _pattern(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise UsageError(f"--run {text!r} is no regular expression: {error}") from error
    return text


def _outcome(one: Outcome) -> dict[str, Any]:
    return {"name": one.name, "file": one.file, "status": one.status, "message": one.message,
            "printed": list(one.printed), "seconds": round(one.seconds, 6)}  # fmt: skip


def _print_outcomes(outcomes: Sequence[Outcome]) -> None:
    for one in outcomes:
        if one.status != "pass":
            print(f"{one.status.upper()}: {one.name} ({one.file}){': ' + one.message if one.message else ''}")
            for line in one.printed:
                print(f"  {line}")
    passed = sum(one.status == "pass" for one in outcomes)
    print(f"{passed} of {len(outcomes)} tests passed")


def _lint(args: argparse.Namespace) -> int:
    bundle = _bundle(args, tests=True)
    try:
        modules = [parse_module(text, file) for file, text in bundle.sources.items()]
    except RegoError as error:
        raise UsageError(str(error)) from error
    bundle.policy()
    remarks = lint(modules)
    if args.format == "json":
        print(json.dumps([{"file": one.place.file, "line": one.place.line, "column": one.place.column,
                           "rule": one.rule, "message": one.message} for one in remarks], indent=2))  # fmt: skip
    else:
        for one in remarks:
            print(f"{one.place}: {one.rule}: {one.message}")
        print(f"{len(remarks)} remarks on {len(modules)} files", file=sys.stderr)
    return 1 if remarks else 0
