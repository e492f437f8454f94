"""From `argv` to an exit code: finds the command, says errors in one line."""

import argparse
import gc
import os
import sys
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import NoReturn

from mlsec_nb._version import __version__
from mlsec_nb.core import MlsecError, UsageError

from . import nbqa

EXIT_USAGE = 2
EXIT_INTERRUPTED = 130
_YOUNG = 50_000  # objects between two looks for garbage; at Python's 700 they are a tenth of the run, and find none


def _api() -> ModuleType:
    from . import api

    return api


def _attest() -> ModuleType:
    from . import attest

    return attest


def _advisories() -> ModuleType:
    from . import advisories

    return advisories


def _baseline() -> ModuleType:
    from . import baseline

    return baseline


def _completion() -> ModuleType:
    from . import completion

    return completion


def _container() -> ModuleType:
    from . import container

    return container


def _deps() -> ModuleType:
    from . import deps

    return deps


def _data() -> ModuleType:
    from . import data

    return data


def _doctor() -> ModuleType:
    from . import doctor

    return doctor


def _explain() -> ModuleType:
    from . import explain

    return explain


def _fix() -> ModuleType:
    from . import fix

    return fix


def _gate() -> ModuleType:
    from . import gate

    return gate


def _history() -> ModuleType:
    from . import history

    return history


def _model() -> ModuleType:
    from . import model

    return model


def _policy() -> ModuleType:
    from . import policy

    return policy


def _profile() -> ModuleType:
    from . import profile

    return profile


def _report() -> ModuleType:
    from . import report

    return report


def _rules() -> ModuleType:
    from . import rules

    return rules


def _scan() -> ModuleType:
    from . import scan

    return scan


def _serve_policy() -> ModuleType:
    from . import serve_policy

    return serve_policy


COMMANDS: dict[str, tuple[str, Callable[[], ModuleType]]] = {
    "scan": ("everything that is found there: notebooks, code, models, data, manifests, images", _scan),
    "model": ("what loading model files would do, without loading them", _model),
    "deps": ("packages that notebooks and manifests install, and what is known of them", _deps),
    "container": ("what is in every layer of container images, and what is known of it", _container),
    "data": ("whether data is what its pins promise, and what hides in it", _data),
    "iac": ("what systems are built and run with: images, clusters, clouds, pipelines", _scan),
    "api": ("how a server that serves models treats whoever asks, or what its description promises", _api),
    "history": ("secrets in every blob of a git history", _history),
    "fix": ("mend what was found, with the smallest difference", _fix),
    "advisories": ("the local store of known vulnerabilities: fetch, import, serve", _advisories),
    "baseline": ("accept what is there today, to be told only of what is new", _baseline),
    "report": ("show a saved report again, in another format", _report),
    "gate": ("run a gate of the pipeline: it passes only when every check ran", _gate),
    "policy": ("ask, test, check and explain policies in Rego", _policy),
    "attest": ("signed evidence: keys, signatures, what is believed", _attest),
    "serve-policy": ("answer questions about policies as OPA's data API does", _serve_policy),
    "profile": ("keep a table in numbers, to hold later data against it", _profile),
    "rules": ("list the rules", _rules),
    "explain": ("why a rule exists, what it finds and how to mend it", _explain),
    "doctor": ("what is installed, configured and missing here", _doctor),
    "completion": ("a completion script for bash, zsh or fish", _completion),
}

_EPILOG = """\
examples:
  mlsec scan                      audit everything below this folder
  mlsec scan notebooks/ -f html -o report.html
  mlsec explain LOAD-TORCH        what a rule is about
  mlsec baseline create           accept today's findings, be told of new ones

exit codes: 0 passed · 1 findings at or above --fail-on · 2 undecided or wrong usage · 130 interrupted
`mlsec COMMAND --help` tells more."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; never raises anything but SystemExit of argparse's own."""
    if argv is None:  # this process is ours
        gc.set_threshold(_YOUNG, 20, 20)
    words = list(sys.argv[1:] if argv is None else argv)
    try:
        return _main(words)
    except MlsecError as error:
        return _complain(str(error), EXIT_USAGE)
    except KeyboardInterrupt:
        return _complain("interrupted", EXIT_INTERRUPTED)
    except BrokenPipeError:
        # The reader of our output (`| head`) has gone; nothing may be flushed to it at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        return _complain(f"{error.filename or 'output'}: {error.strerror or error}", EXIT_USAGE)


def _main(words: list[str]) -> int:
    words = nbqa.rewrite(words)
    if not words or words[0] not in COMMANDS:
        return _top(words)
    args = parser(words[0]).parse_args(words[1:])
    code: int = args.run(args)
    return code


class Parser(argparse.ArgumentParser):
    """A parser whose complaints are one line, like all others."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message} (see `{self.prog} --help`)")


def parser(name: str) -> Parser:
    """The parser of one command; its module's docstring is the description."""
    summary, load = COMMANDS[name]
    command = load()
    made = Parser(
        prog=f"mlsec {name}",
        description=command.__doc__ if name == _word(command) else f"{summary.capitalize()}.",
        epilog=getattr(command, "EPILOG", None),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.describe(made)
    made.set_defaults(command=name, run=command.run, commands=COMMANDS, parser_of=parser)
    return made


def _word(command: ModuleType) -> str:
    return command.__name__.rpartition(".")[2].replace("_", "-")


def _top(words: list[str]) -> int:
    """`mlsec`, `mlsec --help`, `mlsec --version`, and what is none of the commands."""
    width = max(map(len, COMMANDS)) + 2
    listed = "\n".join(f"  {name:<{width}}{summary}" for name, (summary, _) in COMMANDS.items())
    top = Parser(
        prog="mlsec",
        usage="mlsec COMMAND [TARGET …] [options]",
        description="Security audits where machine learning is written.\n\ncommands:\n" + listed,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("--version", action="version", version=f"mlsec {__version__}")
    if not words:
        top.print_help()
        return 0
    _, rest = top.parse_known_args(words)
    near = _nearest(rest[0]) if rest else None
    hint = f"; did you mean {near!r}?" if near else f"; commands are {', '.join(COMMANDS)}"
    return _complain(f"no command is called {rest[0]!r}{hint}", EXIT_USAGE)


def _nearest(word: str) -> str | None:
    import difflib

    return next(iter(difflib.get_close_matches(word, COMMANDS, n=1)), None)


def _complain(text: str, code: int) -> int:
    print(f"mlsec: {text}", file=sys.stderr)
    return code
