"""What `%mlsec` does, with the parsers of the command line; imported when the magic is first used.

So `%mlsec scan --help` and `mlsec scan --help` say the same, and loading the extension costs next to nothing.
"""

import argparse
import difflib
import shlex
import sys
from contextlib import redirect_stderr
from typing import Any

from IPython.core.error import UsageError as OneLine

from mlsec_nb import cli, pipeline, reporters, sources
from mlsec_nb.cli import gate, options, output
from mlsec_nb.core import Artifact, Gap, Location, MlsecError, Severity

from . import live
from .gates import Gates
from .guard import guard
from .guard.cell import check, refusal
from .view import Report

GUARD_WORDS = ("on", "off", "status", "report")


class Commands:
    """The commands of one session; `last` is the report that was shown last."""

    def __init__(self, shell: Any) -> None:
        self.shell = shell
        self.last: Report | None = None

    def run(self, line: str, cell: str | None) -> Any:
        """One line or cell with our magic; a mistake is one line."""
        try:
            words = shlex.split(line)
            return self._run(words) if cell is None else self._checked(words, cell)
        except MlsecError as error:
            raise OneLine(f"mlsec: {error}") from None
        except SystemExit:  # argparse has shown the help
            return None
        except ValueError as error:  # shlex: an unclosed quotation
            raise OneLine(f"mlsec: {error}") from None

    def _run(self, words: list[str]) -> Any:
        if not words or words[0].startswith("-"):
            return self._session(words)
        command, *rest = words
        if command == "guard":
            return self._guard(rest)
        if command == "history" and all(word.startswith("-") and word not in ("-h", "--help") for word in rest[:1]):
            return self._artifacts(live.history(self.shell), rest, "<history>")
        if command == "report" and not rest:
            if self.last is None:
                raise OneLine("mlsec: there is no report yet; `%mlsec` makes one")
            return self.last
        if command == "gate":
            return self._gates(rest)
        if command not in cli.COMMANDS:
            near = difflib.get_close_matches(command, [*cli.COMMANDS, "guard"], n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"commands are {', '.join(cli.COMMANDS)}, guard"
            raise OneLine(f"mlsec: no command is called {command!r}; {hint}")
        return self._command(command, rest)

    def _session(self, words: list[str]) -> Any:
        """The notebook's file when Jupyter says which it is, and always the cells of this session."""
        found: list[Artifact | Gap] = [live.session(self.shell)]
        saved = live.this_notebook()
        reason = (
            "Jupyter did not say which file this notebook is: only the cells that ran in this session were looked at"
        )
        found.append(
            saved or Gap(location=Location(path="<this notebook>"), scanner="magic", reason=reason, code="skipped")
        )
        return self._artifacts(found, words, "<this notebook>")

    def _command(self, command: str, words: list[str]) -> Any:
        """Any command as the command line runs it; the report that it would print is shown here."""
        args = self._parsed(command, words)
        named = live.named(self.shell, getattr(args, "targets", None) or []) if command in ("scan", "data") else []
        # What a command tells is no error here; a notebook would paint it red.
        with live.as_file(self.shell, args, "against"), redirect_stderr(sys.stdout), output.taking() as reports:
            if named:
                paths = [target for target in args.targets if target not in named]
                config = options.config_of(args, command)
                files = sources.collect(paths, config) if paths else ()
                found = [*(live.variable(self.shell, name) for name in named), *files]
                reports.append(pipeline.audit_found(found, args.targets, config))
                code = 0
            else:
                code = args.run(args)
        if reports:
            return self._shown(pipeline.join(reports), args, is_written=not named)
        if code == cli.EXIT_USAGE:
            raise OneLine(f"mlsec {command} did not end well; see above")
        return None

    def _gates(self, words: list[str]) -> Any:
        args = self._parsed("gate", words)
        reports = gate.answers(args)
        self.last = Report.of(gate.joined(reports))
        shown = Gates(gate.stages(reports), self.last)
        if args.output:
            output.write(self.last, args.format, args.output, stages=shown.stages)
        if args.fail_on and not shown.passed:
            self.shell.display_pub.publish(*shown._repr_mimebundle_())
            raise OneLine(f"mlsec: {'; '.join(self.last.verdict.reasons)}")
        if args.quiet:
            return None
        return self.last.explore() if args.view == "widget" else shown

    def _artifacts(self, found: list[Artifact | Gap] | list[Artifact], words: list[str], name: str) -> Any:
        args = self._parsed("scan", words)
        if args.targets:
            raise OneLine(f"mlsec: no command is called {args.targets[0]!r}")
        return self._shown(pipeline.audit_found(found, [name], options.config_of(args)), args)

    def _parsed(self, command: str, words: list[str]) -> argparse.Namespace:
        parser = cli.parser(command)
        if "--format" in options.of(parser):
            parser.add_argument("--view", choices=("static", "widget"), default="static", help="how a report is shown")
        return parser.parse_args(words)

    def _shown(self, report: Any, args: argparse.Namespace, *, is_written: bool = False) -> Any:
        self.last = shown = Report.of(report)
        if args.output and not is_written:
            output.write(report, args.format, args.output)
        if getattr(args, "fail_on", None) and report.verdict.exit_code:
            self.shell.display_pub.publish(*shown._repr_mimebundle_())
            raise OneLine(f"mlsec: {'; '.join(report.verdict.reasons) or 'the audit did not pass'}")
        if getattr(args, "quiet", False):
            return None
        if args.format and not args.output:
            output.text(reporters.render(report, output.format_of(args.format, None)))
            return None
        return shown.explore() if args.view == "widget" else shown

    def _guard(self, words: list[str]) -> Any:
        parser = cli.Parser(prog="%mlsec guard", description="Watch this kernel: loads, outputs, cells, events.")
        parser.add_argument("action", nargs="?", choices=GUARD_WORDS, default="status")
        parser.add_argument("parts", nargs="*", metavar="PART", help="load, output, cell, events (default: all)")
        parser.add_argument("--mode", choices=("block", "warn", "strict"), default="block")
        parser.add_argument("--threshold", choices=[str(grade) for grade in Severity], default="high")
        args = parser.parse_args(words)
        watch = guard()
        if args.action == "report":
            self.last = Report.of(watch.report())
            return self.last
        if args.action == "on":
            watch.on(*args.parts, mode=args.mode, threshold=Severity(args.threshold))
        elif args.action == "off":
            watch.off(*args.parts)
        print(watch.status())  # noqa: T201 - a magic speaks to its user
        return None

    def _checked(self, words: list[str], cell: str) -> None:
        args = self._parsed("scan", words)
        config = options.config_of(args)
        if found := check(cell, config, config.fail_on):
            raise OneLine(refusal(found))
        self.shell.run_cell(cell)
