"""List the rules: id, severity, title."""

import argparse
import json
import sys
from dataclasses import asdict

from mlsec_nb import pipeline
from mlsec_nb.config import Config


def describe(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("words", nargs="*", metavar="WORD", help="only rules whose id or title holds all of these")
    parser.add_argument("-f", "--format", choices=("terminal", "json"), default="terminal")


def run(args: argparse.Namespace) -> int:
    wanted = [word.lower() for word in args.words]
    chosen = [
        rule
        for rule in pipeline.catalogue(Config()).values()
        if all(word in f"{rule.id} {rule.title}".lower() for word in wanted)
    ]
    if args.format == "json":
        examples = ("bad", "good")  # made-up keys and payloads: in the tests they are right, in a report an alarm
        listed = [{k: v for k, v in asdict(rule).items() if k not in examples} for rule in chosen]
        print(json.dumps(listed, indent=2, ensure_ascii=False))
        return 0
    width = max((len(rule.id) for rule in chosen), default=0)
    for rule in chosen:
        print(f"{rule.id:<{width}}  {rule.severity:<8}  {rule.title}")
    print(f"{len(chosen)} rules; `mlsec explain ID` tells more", file=sys.stderr)
    return 0
