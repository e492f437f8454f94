"""`%mlsec` and `%%mlsec`: the command line's words and options, inside the notebook.

The parsers are the command line's own, so `%mlsec scan --help` and `mlsec scan --help` say the same.
"""

import argparse
import shlex
from typing import Any

from IPython.core.error import UsageError as OneLine
from IPython.core.magic import Magics, line_cell_magic, magics_class

from mlsec_nb import cli, pipeline
from mlsec_nb.cli import options, output
from mlsec_nb.core import Artifact, Gap, Location, MlsecError, Severity

from . import live
from .guard import guard
from .guard.cell import check, refusal
from .view import Report

GUARD_WORDS = ("on", "off", "status", "report")


@magics_class
class MlsecMagics(Magics):  # type: ignore[misc]
    """One magic with the command line's commands."""

    last: Report | None = None

    @line_cell_magic  # type: ignore[untyped-decorator]
    def mlsec(self, line: str, cell: str | None = None) -> Any:
        """Audit this notebook, a file, a folder or a variable; `%%mlsec` checks a cell and runs it only when it passes.

        %mlsec                          this notebook
        %mlsec scan PATH …              files and folders, with the options of `mlsec scan`
        %mlsec model m.pt               one scanner: model, data, container, deps, iac, api
        %mlsec data df                  a pandas, polars or Arrow table of this session
        %mlsec history                  the cells and results of this session and of IPython's history file
        %mlsec guard on|off|status|report [--mode block|warn|strict] [PART …]
        %mlsec report                   the last report again
        %mlsec explain RULE · rules · fix · gate · baseline · doctor …   as on the command line

        The report is returned: `r = %mlsec scan .` keeps it. `--fail-on SEVERITY` raises when the audit fails, so
        that papermill and nbclient stop. `--view widget` gives the interactive view.
        """
        try:
            words = shlex.split(line)
            return self._run(words) if cell is None else self._checked(words, cell)
        except MlsecError as error:
            raise OneLine(f"mlsec: {error}") from None
        except ValueError as error:  # shlex: an unclosed quotation
            raise OneLine(f"mlsec: {error}") from None

    def _run(self, words: list[str]) -> Any:
        if not words or words[0].startswith("-"):
            return self._session(words)
        command, *rest = words
        if command == "guard":
            return self._guard(rest)
        if command == "history":
            return self._artifacts(live.history(self.shell), rest, "<history>")
        if command == "report" and not rest:
            if self.last is None:
                raise OneLine("mlsec: there is no report yet; `%mlsec` makes one")
            return self.last
        if command in options.SCANNING:
            return self._scan(command, rest)
        code = cli.main(words)
        if code == cli.EXIT_USAGE:
            raise OneLine(f"mlsec {command} did not end well; see above")
        return None

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

    def _scan(self, command: str, words: list[str]) -> Any:
        args = self._parsed(command, words)
        config = options.config_of(args, command)
        targets = args.targets or ["."]
        named = [target for target in targets if target in self.shell.user_ns and target.isidentifier()]
        if named:
            found = [live.variable(self.shell, target) for target in named]
            return self._shown(pipeline.audit_found(found, targets, config), args)
        return self._shown(pipeline.audit(targets, config), args)

    def _artifacts(self, found: list[Artifact | Gap] | list[Artifact], words: list[str], name: str) -> Any:
        args = self._parsed("scan", words)
        if args.targets:
            raise OneLine(f"mlsec: no command is called {args.targets[0]!r}")
        return self._shown(pipeline.audit_found(found, [name], options.config_of(args)), args)

    def _parsed(self, command: str, words: list[str]) -> argparse.Namespace:
        parser = cli.parser(command)
        parser.add_argument("--view", choices=("static", "widget"), default="static", help="how the report is shown")
        return parser.parse_args(words)

    def _shown(self, report: Any, args: argparse.Namespace) -> Any:
        self.last = shown = Report.of(report)
        if args.output:
            output.write(report, args.format, args.output)
        if args.fail_on and report.verdict.exit_code:
            self.shell.display_pub.publish(*shown._repr_mimebundle_())
            raise OneLine(f"mlsec: {'; '.join(report.verdict.reasons) or 'the audit did not pass'}")
        if args.quiet:
            return None
        return shown.explore() if args.view == "widget" else shown

    def _guard(self, words: list[str]) -> Any:
        parser = cli.Parser(prog="%mlsec guard", description="Watch this kernel: loads, outputs, cells, events.")
        parser.add_argument("action", nargs="?", choices=GUARD_WORDS, default="status")
        parser.add_argument("parts", nargs="*", metavar="PART", help="load, output, cell, events (default: all)")
        parser.add_argument("--mode", choices=("block", "warn", "strict"), default="block")
        parser.add_argument("--threshold", choices=list(Severity), default="high")
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


def load_ipython_extension(shell: Any) -> None:
    """`%load_ext mlsec_nb`: the magic, and its completion."""
    from .completion import matcher

    shell.register_magics(MlsecMagics)
    completer = getattr(shell, "Completer", None)
    if completer is not None and matcher not in completer.custom_matchers:
        completer.custom_matchers.insert(0, matcher)
