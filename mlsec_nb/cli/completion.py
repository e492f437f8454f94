"""Print a completion script: `source <(mlsec completion bash)`."""

import argparse
from string import Template

from . import options

Offered = dict[str, dict[str, str]]  # command → long option → help

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
    # The commands come with the arguments: they import this module, so it cannot import them.
    offered = {name: options.of(args.parser_of(name)) for name in args.commands}
    summaries = {name: summary for name, (summary, _) in args.commands.items()}
    bash = _bash(offered)
    print({"bash": bash, "zsh": ZSH + bash, "fish": _fish(offered, summaries)}[args.shell], end="")
    return 0


def _bash(offered: Offered) -> str:
    cases = "\n".join(
        f'          {name}) COMPREPLY=($(compgen -W "{" ".join(found)}" -- "$word")) ;;'
        for name, found in offered.items()
    )
    return BASH.substitute(commands=" ".join(offered), cases=cases)


def _fish(offered: Offered, summaries: dict[str, str]) -> str:
    lines = [
        f"complete -c mlsec -n __fish_use_subcommand -f -a {name} -d {_quoted(summary)}"
        for name, summary in summaries.items()
    ]
    lines += [
        f"complete -c mlsec -n '__fish_seen_subcommand_from {name}' -l {option[2:]} -d {_quoted(text)}"
        for name, found in offered.items()
        for option, text in found.items()
    ]
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
