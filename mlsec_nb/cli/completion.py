"""Print a completion script: `source <(mlsec completion bash)`."""

import argparse
from string import Template

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


def _options() -> dict[str, list[tuple[str, str]]]:
    """Every command's long options with their help."""
    from .entry import COMMANDS, parser_of

    found = {}
    for name, (summary, load) in COMMANDS.items():
        parser = parser_of(name, summary, load())
        found[name] = [
            (option, action.help or "")
            for action in parser._actions  # noqa: SLF001 - argparse has no public list of its actions
            for option in action.option_strings
            if option.startswith("--")
        ]
    return found


def _bash() -> str:
    options = _options()
    cases = "\n".join(
        f'          {name}) COMPREPLY=($(compgen -W "{" ".join(o for o, _ in found)}" -- "$word")) ;;'
        for name, found in options.items()
    )
    return BASH.substitute(commands=" ".join(options), cases=cases)


def _fish() -> str:
    from .entry import COMMANDS

    lines = [
        f"complete -c mlsec -n __fish_use_subcommand -f -a {name} -d {_quoted(summary)}"
        for name, (summary, _) in COMMANDS.items()
    ]
    lines += [
        f"complete -c mlsec -n '__fish_seen_subcommand_from {name}' -l {option[2:]} -d {_quoted(text)}"
        for name, found in _options().items()
        for option, text in found
    ]
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
