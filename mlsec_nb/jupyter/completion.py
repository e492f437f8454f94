"""Completion of `%mlsec`: commands, options, rules, and nothing else; paths are left to IPython."""

import re
from typing import Any

from IPython.core.completer import SimpleCompletion, context_matcher

from mlsec_nb import cli, pipeline
from mlsec_nb.cli import options
from mlsec_nb.config import Config

_LINE = re.compile(r"\s*%%?mlsec\s+(?P<words>.*)\Z")
COMMANDS = ("scan", "model", "data", "container", "deps", "iac", "api", "gate", "history", "explain", "fix", "guard",
            "report", "rules", "baseline", "doctor")  # fmt: skip


@context_matcher()  # type: ignore[untyped-decorator]
def matcher(context: Any) -> dict[str, Any]:
    """What can stand at the cursor in a line with our magic; nothing for other lines."""
    line = context.full_text.split("\n")[context.cursor_line][: context.cursor_position]
    match = _LINE.match(line)
    if not match:
        return {"completions": []}
    words = match["words"].split(" ")
    found = candidates(words[:-1], words[-1])
    return {"completions": [SimpleCompletion(word, type="param") for word in found], "suppress": bool(found)}


def candidates(before: list[str], word: str) -> list[str]:
    """The words that begin with `word` after the words `before`."""
    command = next((item for item in before if item), "")
    if not command and not word.startswith("-"):
        offered = list(COMMANDS)
    elif command == "explain":
        return [rule for rule in pipeline.catalogue(Config()) if rule.startswith(word.upper())]
    elif command == "guard":
        offered = ["on", "off", "status", "report", "--mode", "--threshold"]
    elif before and before[-1] == "--fail-on":
        offered = ["low", "medium", "high", "critical"]
    elif before and before[-1] in ("--only", "--skip"):
        from mlsec_nb.scanners import available

        offered = list(available())
    elif word.startswith("-"):
        known = command if command in cli.COMMANDS else "scan"
        offered = [*options.of(cli.parser(known)), *(["--view"] if known in options.SCANNING else [])]
    else:
        offered = []
    return [item for item in offered if item.startswith(word)]
