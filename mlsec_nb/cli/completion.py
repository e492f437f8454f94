"""Print a completion script: `source <(mlsec completion bash)`."""

import argparse
from string import Template

from . import options

BASH = Template("""\
_mlsec() {
  local word=$${COMP_WORDS[COMP_CWORD]}
  if [ "$$COMP_CWORD" -eq 1 ]; then COMPREPLY=($$(compgen -W "$commands" -- "$$word")); return; fi
  case "$$word" in
    -*) case "$${COMP_WORDS[1]}" in
$cases
        esac ;;
    *) COMPREPLY=($$(compgen -f -- "$$word")) ;;
  esac
}
complete -o filenames -F _mlsec mlsec
""")
ZSH = "autoload -U +X bashcompinit && bashcompinit\n"


def describe(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("shell", choices=("bash", "zsh", "fish"))


def run(args: argparse.Namespace) -> int:
    print({"bash": _bash, "zsh": lambda: ZSH + _bash(), "fish": _fish}[args.shell](), end="")
    return 0


def _options() -> dict[str, dict[str, str]]:
    """Every command's long options with their help."""
    from .entry import COMMANDS, parser

    return {name: options.of(parser(name)) for name in COMMANDS}


def _bash() -> str:
    offered = _options()
    cases = "\n".join(
        f'          {name}) COMPREPLY=($(compgen -W "{" ".join(found)}" -- "$word")) ;;'
        for name, found in offered.items()
    )
    return BASH.substitute(commands=" ".join(offered), cases=cases)


def _fish() -> str:
    from .entry import COMMANDS

    lines = [
        f"complete -c mlsec -n __fish_use_subcommand -f -a {name} -d {_quoted(summary)}"
        for name, (summary, _) in COMMANDS.items()
    ]
    lines += [
        f"complete -c mlsec -n '__fish_seen_subcommand_from {name}' -l {option[2:]} -d {_quoted(text)}"
        for name, found in _options().items()
        for option, text in found.items()
    ]
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
