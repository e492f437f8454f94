"""How a server that serves models treats whoever asks, and what its OpenAPI description promises.

Targets are addresses (http, https) and descriptions (openapi.json, .yaml); the default is those of [tool.mlsec.api].
Only this machine is asked, and hosts that --i-own-this names. Nothing is changed there, and nothing that could run is
sent.
"""

import argparse
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from mlsec_nb import pipeline
from mlsec_nb.config import Config
from mlsec_nb.core import UsageError
from mlsec_nb.io.exchanges import is_loopback
from mlsec_nb.policy import gates

from . import options, output, progress

EPILOG = """\
examples:
  mlsec api http://127.0.0.1:8000
  mlsec api openapi.json
  mlsec api http://127.0.0.1:8000 --predict /predict --body sample.json
  MODEL_KEY=… mlsec api https://models.example.com --i-own-this models.example.com --credential X-API-Key=MODEL_KEY
  mlsec api http://127.0.0.1:8000 --state api-state.json     goes on where a run was cut short"""


def describe(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("targets", nargs="*", metavar="TARGET", help="an address, or a file with a description")
    asking = parser.add_argument_group("asking")
    asking.add_argument("--i-own-this", metavar="HOST", action="append", help="a host of yours that may be tested")
    asking.add_argument("--credential", metavar="HEADER=VARIABLE", action="append",
                        help="a header to ask with; this variable of the environment holds its value")  # fmt: skip
    asking.add_argument("--predict", metavar="PATH", help="the operation that predicts (default: found by itself)")
    asking.add_argument("--body", metavar="FILE", help="a JSON body that it answers (default: found by itself)")
    asking.add_argument("--engine", choices=["schemathesis"], help="let this program ask, too, if it is installed")
    asking.add_argument("--requests", metavar="N", type=int, help="at most so many requests (default: 200)")
    asking.add_argument("--seconds", metavar="S", type=float, help="at most so many seconds (default: 120)")
    asking.add_argument("--timeout", metavar="S", type=float, help="of one request (default: 5)")
    asking.add_argument("--rate", metavar="N", type=float, help="requests a second (default: 10, here unlimited)")
    asking.add_argument("--state", metavar="FILE", help="keep here what is done, and go on from it")
    options.describe(parser)


def run(args: argparse.Namespace) -> int:
    config = with_options(options.config_of(args, args.command), args)
    targets = args.targets or gates.api_targets(config)
    if not targets:
        raise UsageError("no target: give an address or a description, or name them in [tool.mlsec.api] targets")
    output.format_of(args.format, args.output)
    for target in targets:
        if gates.is_address(target):
            _check(target, config)
    with progress.bar(quiet=args.quiet) as shown:
        report = pipeline.audit(targets, config, shown)
    output.show(report, args.format, args.output, verbose=args.verbose)
    return report.verdict.exit_code


def with_options(config: Config, args: argparse.Namespace) -> Config:
    """The config with what was said of servers in their table."""
    plain = ("predict", "engine", "requests", "seconds", "timeout", "rate")
    given: dict[str, Any] = {name: getattr(args, name) for name in plain}
    given |= {name: str(Path(path).resolve()) if (path := getattr(args, name)) else None for name in ("body", "state")}
    table = {**config.tables.get("api", {}), **{key: value for key, value in given.items() if value is not None}}
    if args.i_own_this:
        table["own"] = [*table.get("own", []), *args.i_own_this]
    if args.credential:
        pairs = [one.partition("=") for one in args.credential]
        if any(not (name and variable) for name, _, variable in pairs):
            raise UsageError("--credential is written HEADER=VARIABLE")
        table["credentials"] = {name: variable for name, _, variable in pairs}
    return config.with_(tables={**config.tables, "api": table}, jobs=1).asking()  # no two processes ask one server


def _check(target: str, config: Config) -> None:
    """One clear line for an address that must not be asked."""
    from mlsec_nb.scanners.api import options as api

    try:
        base = api.checked(target, api.options_of(config.settings("api")).own)
    except UsageError as error:
        raise UsageError(f"{target.partition('@')[2] or target}: {error}") from error
    if config.is_offline and not is_loopback(urlsplit(base).hostname or ""):
        raise UsageError(f"{base}: is on the network, and this run is offline")
