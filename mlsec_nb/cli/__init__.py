"""The command line: one file per command, no logic.

A command is a module with `describe(parser)`, which adds its arguments, and `run(args) -> int`, which gives the exit
code. Only the module of the command that was asked for is imported: `mlsec --version` starts in a tenth of a second.

Exit codes: 0 passed, 1 findings at or above the threshold, 2 undecided (wrong usage, or something that had to be looked
at was not), 130 interrupted.
"""

from .entry import COMMANDS, EXIT_USAGE, Parser, main, parser

__all__ = ["COMMANDS", "EXIT_USAGE", "Parser", "main", "parser"]
