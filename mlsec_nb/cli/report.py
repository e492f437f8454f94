"""Show saved reports again, ours and those of other tools, in another format; several become one.

Reports of other tools are known by what is in them: Gitleaks, Trivy, Bandit, SARIF, CycloneDX and more.
"""

import argparse
import textwrap

from mlsec_nb import importers, pipeline
from mlsec_nb.core import Severity

from . import options, output

EPILOG = """\
examples:
  mlsec report trivy.json gitleaks.json bandit.json -f html -o report.html
  mlsec report sbom.cdx.json -f spdx
  mlsec report mlsec.json grype.json --fail-on high

What can be read, besides `mlsec scan -f json`:
""" + textwrap.fill(", ".join(importers.FORMATS), 100, initial_indent="  ", subsequent_indent="  ")


def describe(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "files",
        nargs="+",
        metavar="FILE",
        help="reports, ours (JSON) or those of other tools; TOOL:FILE says whose",
    )
    parser.add_argument("-f", "--format", metavar="FORMAT", help="terminal (default), html, sarif, markdown …")
    parser.add_argument("-o", "--output", metavar="FILE", help="write the report here; the format follows the suffix")
    parser.add_argument("-v", "--verbose", action="count", default=0, help="known and suppressed findings too")
    judging = parser.add_argument_group("how reports of other tools are judged")
    judging.add_argument("--fail-on", metavar="SEVERITY", choices=list(Severity),
                         help="fail from this severity on: low, medium (default), high, critical")  # fmt: skip
    judging.add_argument("--allow-gaps", action="store_true", help="pass even when something could not be looked at")
    judging.add_argument("--baseline", metavar="FILE", help="findings in this file are known and do not fail")
    options.describe_vex(judging)
    judging.add_argument("--config", metavar="FILE", help="instead of the nearest mlsec.toml or pyproject.toml")


def run(args: argparse.Namespace) -> int:
    config = options.judging(args)
    report = pipeline.saved(args.files, config)
    output.show(report, args.format, args.output, verbose=args.verbose)
    return report.verdict.exit_code
