"""Why a rule exists, what it finds, how to mend it, and where to read on."""

import argparse
import difflib
import textwrap

from mlsec_nb import pipeline
from mlsec_nb.config import Config
from mlsec_nb.core import Rule, UsageError


def describe(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("rule", metavar="RULE", help="a rule's id, as findings show it")


def run(args: argparse.Namespace) -> int:
    rules = pipeline.catalogue(Config())
    rule = rules.get(args.rule.upper())
    if rule is None:
        near = difflib.get_close_matches(args.rule.upper(), rules, n=3)
        hint = f"; did you mean {', '.join(near)}?" if near else "; `mlsec rules` lists them all"
        raise UsageError(f"no rule is called {args.rule!r}{hint}")
    print(text(rule))
    return 0


def text(rule: Rule) -> str:
    """The rule as a page of plain text, 80 columns wide."""
    parts = [f"{rule.id}: {rule.title}", f"severity {rule.severity}, confidence {rule.confidence}"]
    parts += [f"{name}\n{_wrapped(body)}" for name, body in (("Why", rule.why), ("How to mend it", rule.fix)) if body]
    if rule.references:
        parts.append("Read on\n" + "\n".join(f"  {reference}" for reference in rule.references))
    for name, examples in (("Found", rule.bad), ("Not found", rule.good)):
        if examples and not rule.id.startswith("SECRET-"):
            parts.append(f"{name}\n" + "\n\n".join(textwrap.indent(example.strip(), "  ") for example in examples[:3]))
    return "\n\n".join(parts)


def _wrapped(body: str) -> str:
    return textwrap.fill(" ".join(body.split()), 80, initial_indent="  ", subsequent_indent="  ")
