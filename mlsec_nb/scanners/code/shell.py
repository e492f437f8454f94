"""Shell text → commands, by the grammar of Bash: words, pipes, redirects, and what feeds what."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from mlsec_nb.core import CannotScan

MAX_TEXT = 200_000  # characters of one shell text
_WRAPPERS = frozenset(
    {
        "sudo",
        "env",
        "nohup",
        "time",
        "exec",
        "nice",
        "xargs",
        "command",
        "timeout",
        "stdbuf",
        "doas",
        "ionice",
        "builtin",
        "setsid",
    }
)
_VALUED = frozenset({"-u", "-g", "-n", "-C", "-I", "-P", "-k", "-s"})
_COMMANDS = frozenset({"command", "declaration_command", "unset_command", "test_command"})


@dataclass(frozen=True, slots=True)
class Word:
    """One word of a command without its quotes, and where it stands."""

    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Command:
    """A simple command. `name` is that of the program that runs in the end ("sudo -E pip3" → "pip")."""

    name: str
    words: tuple[Word, ...]
    start: int
    end: int
    redirects: tuple[tuple[str, Word], ...] = ()
    piped_to: tuple[str, ...] = ()
    piped_from: tuple["Command", ...] = ()
    fed_by: tuple[str, ...] = ()
    path: str = ""  # of the program, as it is written

    @property
    def options(self) -> tuple[Word, ...]:
        return tuple(word for word in self.words if word.text.startswith("-") and len(word.text) > 1)

    @property
    def operands(self) -> tuple[Word, ...]:
        return tuple(word for word in self.words if not word.text.startswith("-"))

    def value(self, *names: str) -> Word | None:
        """The value of an option, whether it stands behind `=`, behind a space, or (short ones) behind nothing."""
        for index, word in enumerate(self.words):
            for name in names:
                if word.text == name and index + 1 < len(self.words):
                    return self.words[index + 1]
                if name.startswith("--") and word.text.startswith(name + "="):
                    return replace(word, text=word.text[len(name) + 1 :])
                if (
                    len(name) == 2
                    and word.text.startswith(name)
                    and not word.text.startswith("--")
                    and len(word.text) > 2
                ):
                    return replace(word, text=word.text[2:])
        return None


@cache
def _parser() -> Any:
    try:
        import tree_sitter
        import tree_sitter_bash
    except ImportError as error:
        raise CannotScan(f"shell commands were not read: {error}", "tool-missing") from error
    return tree_sitter.Parser(tree_sitter.Language(tree_sitter_bash.language()))


def commands(text: str, resolve: Callable[[str], str] = str) -> list[Command]:
    """Every command of a shell text in order; `resolve` puts in what is known of `{name}` and `$name`."""
    text = text[:MAX_TEXT]
    braceless = re.sub(r"\{([^{}\s,]*)\}", r"_\1_", text)
    data = (braceless if len(braceless) == len(text) else text).encode("utf-8", "replace")
    root = _parser().parse(data).root_node
    reader = _Reader(text, data, resolve)
    return sorted(reader.walk(root), key=lambda command: command.start)


@dataclass(frozen=True)
class _Reader:
    text: str
    data: bytes
    resolve: Callable[[str], str]

    def at(self, offset: int) -> int:
        return offset if self.text.isascii() else len(self.data[:offset].decode("utf-8", "ignore"))

    def walk(self, root: Any) -> Iterator[Command]:
        """Commands of a tree, without recursion; pipes and redirects are given to the commands that they are about."""
        waiting: list[tuple[Any, tuple[tuple[str, Word], ...]]] = [(root, ())]
        while waiting:
            node, redirects = waiting.pop()
            if node.type == "pipeline":
                yield from self._pipeline(node, redirects)
                waiting += [(child, ()) for part in node.named_children for child in self._inside(part)]
            elif node.type == "redirected_statement":
                found = tuple(self._redirects(node))
                waiting += [(child, redirects + found) for child in node.named_children if "redirect" not in child.type]
            elif node.type in _COMMANDS:
                yield from self._settings(node)
                if (command := self._command(node, redirects)) is not None:
                    yield command
                waiting += [(child, ()) for child in self._inside(node)]
            else:
                waiting += [(child, redirects if node.type in {"subshell", "compound_statement"} else ())
                            for child in node.named_children]  # fmt: skip

    def _settings(self, node: Any) -> Iterator[Command]:
        """`NAME=value program`: the settings as a command of their own."""
        if node.type == "command":
            for child in node.named_children:
                if child.type == "variable_assignment":
                    word = self._word(child)
                    yield Command("export", (word,), word.start, word.end)

    def _inside(self, node: Any) -> Iterator[Any]:
        """Commands that stand inside the words of a command, or the parts of a compound one."""
        if node.type not in _COMMANDS and node.type != "redirected_statement":
            yield node
            return
        waiting = list(node.named_children)
        while waiting:
            child = waiting.pop()
            if child.type in {"command_substitution", "process_substitution"}:
                yield from child.named_children
            elif child.type in _COMMANDS and node.type == "redirected_statement":
                yield from self._inside(child)
            else:
                waiting += child.named_children

    def _pipeline(self, node: Any, redirects: tuple[tuple[str, Word], ...]) -> Iterator[Command]:
        found = (self._command(inner, own) for inner, own in self._flat(node))
        parts = [part for part in found if part is not None]
        if parts:
            parts[-1] = replace(parts[-1], redirects=parts[-1].redirects + redirects)
        names = [part.name for part in parts]
        for index, part in enumerate(parts):
            yield replace(part, piped_to=tuple(names[index + 1 :]), piped_from=tuple(parts[:index]))

    def _flat(self, node: Any) -> Iterator[tuple[Any, tuple[tuple[str, Word], ...]]]:
        """The simple commands of a pipeline in order, also of one that stands inside another for its redirects."""
        for child in node.named_children:
            if child.type in _COMMANDS:
                yield child, ()
            elif child.type == "redirected_statement":
                own = tuple(self._redirects(child))
                yield from ((inner, (*redirects, *own)) for inner, redirects in self._flat(child))
            elif child.type == "pipeline":
                yield from self._flat(child)

    def _redirects(self, node: Any) -> Iterator[tuple[str, Word]]:
        for child in node.named_children:
            if child.type not in {"file_redirect", "heredoc_redirect"}:
                continue
            yield from self._redirects(child)
            words = [item for item in child.named_children if item.type not in {"file_descriptor", "file_redirect"}]
            operator = next(
                (item.type for item in child.children if not item.is_named and set(item.type) <= set("<>&|")), ""
            )
            if words and child.type == "file_redirect":
                yield operator, self._word(words[0])

    def _command(self, node: Any, redirects: tuple[tuple[str, Word], ...]) -> Command | None:
        words = [
            self._word(child)
            for child in node.named_children
            if "redirect" not in child.type and (child.type != "variable_assignment" or node.type != "command")
        ]
        own = tuple(self._redirects(node))
        if node.type == "declaration_command":
            keyword = self.data[node.start_byte :].split(None, 1)[0].decode("utf-8", "replace")
            words.insert(0, Word(keyword, self.at(node.start_byte), self.at(node.start_byte) + len(keyword)))
        if not words:
            return None
        name, rest = program(words)
        fed = tuple(command.name for child in self._inside(node) for command in self.walk(child))
        start, end = self.at(node.start_byte), self.at(node.end_byte)
        return Command(name, tuple(rest), start, end, own + redirects, fed_by=fed, path=words[0].text)

    def _word(self, node: Any) -> Word:
        start, end = self.at(node.start_byte), self.at(node.end_byte)
        text = self.text[start:end].replace("\\\n", "")
        if len(text) > 1 and text[0] in "\"'" and text[-1] == text[0]:
            text = text[1:-1]
        return Word(self.resolve(text.replace('"', "") if node.type == "concatenation" else text), start, end)


def program(words: list[Word]) -> tuple[str, list[Word]]:
    """The program that runs in the end, and its arguments."""
    rest = list(words)
    while rest:
        name = rest.pop(0).text.rpartition("/")[2]
        if name in _WRAPPERS and (behind := _behind_options(rest, name)):
            rest = behind
            continue
        if name.startswith("python") and len(rest) > 1 and rest[0].text == "-m":
            name, rest = rest[1].text, rest[2:]
        if name == "uv" and rest and rest[0].text == "pip":
            name, rest = "pip", rest[1:]
        return re.sub(r"^(python|pip|ruby|perl|php)[\d.]+$", r"\1", name), rest
    return "", []


def _behind_options(words: list[Word], wrapper: str) -> list[Word]:
    index = 0
    while index < len(words):
        text = words[index].text
        if text in _VALUED and wrapper != "xargs":
            index += 2
        elif text.startswith("-") or "=" in text.partition("/")[0] or (wrapper == "timeout" and text[:1].isdigit()):
            index += 1
        else:
            break
    return words[index:]
