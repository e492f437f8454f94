"""Magics and shell lines as part of the run: their commands, their downloads, and what flows into them."""

import ast
import re
from collections.abc import Iterator

from mlsec_nb.core import CannotScan, Confidence, Segment, Severity

from .interpreter import Interpreter
from .parsing import parse
from .shell import Command, Word, commands
from .shell_rules import broken
from .source import Source, normal
from .state import Hit, Scope
from .transform import Piece, Transformed, blank
from .values import NOTHING, Origin, Step, Value

SHELL = frozenset({"!", "bash", "sh", "sx", "system", "zsh", "ksh", "cmd"})
DIRECT = frozenset({"pip", "pip3", "conda", "mamba", "uv", "git", "wget", "curl", "rm", "cp", "mv", "cat", "chmod",
                    "kaggle", "gsutil", "apt", "apt-get", "sudo", "docker", "aws", "python", "python3"})  # fmt: skip
_VARIABLE = re.compile(r"\{([^{}]+)\}|\$(?:\{(\w+)\}|([A-Za-z_][\w.]*))")
WHOLLY = re.compile(r"\s*[{$]")  # a command line that begins with what a variable holds
_OUTPUT = {
    "wget": ("-O", "--output-document"),
    "curl": ("-o", "--output"),
    "gdown": ("-O", "--output"),
    "aria2c": ("-o",),
}
_FETCHES = frozenset({"wget", "curl", "gdown", "aria2c", "kaggle", "huggingface-cli", "hf", "git", "modelscope"})
_STORES = frozenset({"gsutil", "aws", "azcopy", "rclone", "gcloud"})
_MOVING = _FETCHES | _STORES | {"cp", "mv", "unzip", "tar", "bash", "sh", "source", "python", "python3", "perl"}
_WORD = re.compile(r"\w+")
_SHELLS = frozenset({"bash", "sh", "zsh", "source", ".", "dash"})
_RUNNERS = _SHELLS | {"python", "perl", "Rscript"}
_SENDERS = frozenset({"echo", "printf", "cat"})
REMOTE = frozenset({"run", "load", "loadpy", "macro"})  # magics that take an address
MAX_INNER = 2  # of `sh -c "…"` inside another


class Notebook(Interpreter):
    """The whole run: Python, magics and shell."""

    inner: int = 0  # how deep in texts that are run as Python
    fixed: tuple[int, int] | None = None  # the place of hits in a shell text that does not stand in the cell as it is

    def magic(self, piece: Piece, scope: Scope) -> Value:
        """Scan a magic and give its value."""
        name = piece.name
        if name == "script":
            name, _, _ = piece.text.strip().partition(" ")
            name = name.rpartition("/")[2]
        if name in {"writefile", "file"} and piece.body is not None:
            self._written_file(piece, piece.text.split()[-1] if piece.text else "")
        elif name in SHELL and piece.body is not None:
            self.shell(piece.body, piece.body_offset, scope)
        elif name in SHELL:
            self.shell(piece.text, piece.offset, scope)
        elif name in DIRECT:
            self.shell(f"{name} {piece.text}", piece.offset - len(name) - 1, scope)
        elif name in {"env", "set_env"}:
            self._environment(piece, scope)
        elif "://" in piece.text and "@" in piece.text:
            words = tuple(Word(found[0], piece.offset + found.start(), piece.offset + found.end())
                          for found in re.finditer(r"\S+", piece.text))  # fmt: skip
            self._judge(Command(f"%{name}", words, piece.offset, piece.end), "", 0)
        elif name == "connect_info":
            self._hit(
                "JUPYTER-CONNECT-INFO", piece.start, piece.end, self.catalogue.rules["JUPYTER-CONNECT-INFO"].title
            )
        elif name in REMOTE and re.match(r"(?:-\S+\s+)*['\"]?(?:https?|ftp)://", piece.text):
            self._hit("SHELL-RUN-URL", piece.start, piece.end, "code from the web is run")
        return Value(name="shell()") if piece.name == "!" else NOTHING

    def _written_file(self, piece: Piece, path: str) -> None:
        """`%%writefile`: the body is scanned as the file that it becomes."""
        body = piece.body or ""
        for sink in self.catalogue.sinks["file.write"]:
            if (pattern := sink.only[0].pattern) is not None and pattern.search(path.strip("'\"")):
                self._hit(sink.rule, piece.start, piece.offset + len(piece.text), self.catalogue.rules[sink.rule].title)
        origin = Origin("own", (Step(self.source, piece.start, piece.offset, "written here"),))
        self.put_file(Value(text=path.strip("'\"")), origin)
        if path.strip("'\"").endswith((".sh", ".bash")):
            self.shell(body, piece.body_offset, None)
        elif path.strip("'\"").endswith(".py"):
            text = blank(self.source.python[: piece.body_offset]) + normal(body)
            inner = Source(self.source.segment, self.source.cell, Transformed(text, {}))
            scope, self.scope, outer = self.scope, Scope(), self.source
            self.run(inner, parse(text).body)
            self.scope, self.source = scope, outer

    def _environment(self, piece: Piece, scope: Scope) -> None:
        """`%env NAME=value`, also with a space in place of the `=`."""
        name, sign, value = (
            re.sub(r"[ \t]+", "=", piece.text, count=1).partition("=")
            if "=" not in piece.text
            else piece.text.partition("=")
        )
        if not sign:
            return
        known = self._resolved(value.strip(), scope)
        word = Word(f"{name.strip()}={known}", piece.offset, piece.end)
        command = Command("set_env", (word,), piece.offset, piece.end)
        self._judge(command, "", 0)
        text = None if "{" in known or "$" in known else known
        scope.top.set(f"os.environ[{name.strip()}]", Value(text=text))

    def shell(self, text: str, offset: int, scope: Scope | None, depth: int = 0) -> None:
        """Scan a shell text that stands at `offset` of the current source."""
        resolved = self._resolved(text, scope)
        if resolved != text and WHOLLY.match(text) and depth < MAX_INNER:
            before, self.fixed = self.fixed, (offset, offset + len(text))
            self.shell(resolved, offset, None, depth + 1)
            self.fixed = before
        if not self._worth(resolved):
            pasted = list(self._values(text, scope)) if scope is not None and ("{" in text or "$" in text) else ()
            if not any(value.origins for _, value in pasted):
                return
        try:
            found = commands(text, lambda word: self._resolved(word, scope))
        except CannotScan as gap:
            self.unread.append((self.source, offset, offset + len(text), str(gap)))
            return
        for command in found:
            self._judge(command, text, offset)
            self._moves(command, offset)
            inner = command.value("-c") if command.name in _SHELLS else None
            if inner is not None and depth < MAX_INNER:
                at = text.find(inner.text, inner.start)
                self.shell(inner.text, offset + max(at, inner.start), scope, depth + 1)
        if scope is not None:
            self._interpolated(text, offset, scope, found)

    def shell_text(self, text: str, node: ast.AST, scope: Scope | None) -> None:
        start, end = self.source.span(node)
        at = self.source.segment.text.find(text, start, end)
        if at >= 0:
            self.shell(text, at, scope)
            return
        before, self.fixed = self.fixed, (start, end)
        self.shell(text, start, scope)
        self.fixed = before

    def code_text(self, text: str, node: ast.AST) -> None:
        if self.inner >= MAX_INNER:
            return
        start, end = self.source.span(node)
        at = self.source.segment.text.find(text, start, end)
        if at >= 0:
            there = blank(self.source.python[:at]) + normal(text)
            inner = Source(self.source.segment, self.source.cell, Transformed(there, {}))
        else:
            places = self.source.segment.view(text, range(len(text)), [start] * len(text), "python")
            inner = Source(places, self.source.cell, Transformed(normal(text), {}))
        outer, self.inner = self.source, self.inner + 1
        self.run(inner, parse(inner.python).body)
        self.source, self.inner = outer, self.inner - 1

    def page_text(self, text: str, node: ast.AST, language: str) -> None:
        self.pages.append((language, self._view(text, node)))

    def _view(self, text: str, node: ast.AST) -> Segment:
        """A text that a literal holds, as a segment of its own: at its place when it stands there as it is."""
        start, end = self.source.span(node)
        segment = self.source.segment
        at = segment.text.find(text, start, end)
        if at >= 0:
            return segment.view(text, [0], [at], "html")
        return segment.view(text, range(len(text)), [start] * len(text), "html")

    def _worth(self, text: str) -> bool:
        """Whether a rule, or the flow of files, can be about a shell text; most `!pip install` lines are not."""
        if ">" in text:
            return True
        return self.catalogue.names["shell_pattern"].search(text) is not None or not _MOVING.isdisjoint(
            _WORD.findall(text)
        )

    def _judge(self, command: Command, text: str, offset: int) -> None:
        for rule, word in broken(command, self.catalogue.shell_rules, text):
            start, end = (
                (command.start, command.end)
                if word is None or rule.piped_from
                else (command.start, max(command.end, word.end))
            )
            if command.piped_from and (rule.piped_from or rule.piped_words):
                start = command.piped_from[0].start
            if rule.rule == "SHELL-SECRET" and word is not None:
                self.hidden.add(re.split(r"[:=\s]", word.text)[-1] if rule.words is not None else word.text)
                self.hidden.add(word.text.rpartition(":")[2])
            title = self.catalogue.rules[rule.rule].title
            self._hit(
                rule.rule,
                offset + start,
                offset + end,
                f"{command.name or 'shell'}: {rule.message or title}",
                rule.severity,
            )

    def _hit(self, rule: str, start: int, end: int, message: str, severity: Severity | None = None,
             steps: tuple[Step, ...] = (), confidence: Confidence | None = None) -> None:  # fmt: skip
        base = self.catalogue.rules[rule]
        start, end = self.fixed or (start, end)
        self.emit(
            Hit(rule, self.source, start, end, severity or base.severity, confidence or base.confidence, message, steps)
        )

    def _moves(self, command: Command, offset: int) -> None:
        """Downloads, copies and unpacking by commands."""
        step = Step(self.source, offset + command.start, offset + command.end, "downloaded here")
        kind = "download" if command.name in _FETCHES else "bucket" if command.name in _STORES else None
        if kind is not None:
            for path in _targets(command):
                self.put_file(Value(text=path), Origin(kind, (step,)))
        elif command.name in {"unzip", "tar"}:
            self._unpacked(command)
        elif command.name in {"cp", "mv"} and len(command.operands) == 2:
            first, second = (Value(text=word.text) for word in command.operands)
            if (origin := self.file(first)) is not None:
                self.put_file(second, origin)
        elif command.name in _RUNNERS or command.path.startswith("./"):
            self._run_file(command, offset)

    def _unpacked(self, command: Command) -> None:
        operands = [word.text for word in command.operands if not re.fullmatch(r"[a-zA-Z]{1,5}", word.text)]
        archive = next((text for text in operands if re.search(r"\.(?:zip|tar|t?gz|tgz|bz2|xz|7z)$", text)), None)
        if archive is None or (origin := self.file(Value(text=archive))) is None:
            return
        folder = command.value("-d") if command.name == "unzip" else command.value("-C", "--directory")
        self.files.setdefault((folder.text.rstrip("/") if folder else ".") + "/", origin)
        stem = re.sub(r"(?:\.tar)?\.\w+$", "", archive)
        self.files.setdefault(f"{stem}/", origin)

    def _run_file(self, command: Command, offset: int) -> None:
        """A script that this notebook downloaded is run."""
        script = command.operands[0].text if command.operands and command.name in _RUNNERS else command.path
        origin = None if command.piped_from or "/" not in script + "/" else self.file(Value(text=script))
        if origin is not None and origin.kind == "download":
            self._hit("SHELL-CURL-SH", offset + command.start, offset + command.end,
                      f"{command.name}: a downloaded script is run", Severity.MEDIUM, steps=origin.steps)  # fmt: skip

    def _values(self, text: str, scope: Scope) -> Iterator[tuple[re.Match[str], Value]]:
        """What IPython pastes into a shell line: `{expression}` and `$name`, when the name is Python's."""
        for found in _VARIABLE.finditer(text):
            name = (found[1] or found[2] or found[3]).strip()
            head = re.match(r"[A-Za-z_]\w*", name)
            value = scope.get(head[0]) if head else None
            if value is None or head is None:
                continue
            for attribute in re.findall(r"\.(\w+)", name[head.end() :])[:3] if "(" not in name else ():
                value = self.attribute(value, attribute)
            yield found, value

    def _resolved(self, text: str, scope: Scope | None) -> str:
        if scope is None or ("{" not in text and "$" not in text):
            return text
        for found, value in reversed(list(self._values(text, scope))):
            if value.text is not None:
                text = text[: found.start()] + value.text + text[found.end() :]
        return text

    def _interpolated(self, text: str, offset: int, scope: Scope, found: list[Command]) -> None:
        """Data of others, or secrets, that are pasted into a command."""
        for match, value in self._values(text, scope):
            start, end = offset + match.start(), offset + match.end()
            for origin in value.origins:
                if origin.kind in {"download", "upload", "input", "model"}:
                    grade = Severity.HIGH if origin.kind == "model" else Severity.MEDIUM
                    self._hit("SHELL-INTERPOLATION", start, end, self.catalogue.rules["SHELL-INTERPOLATION"].title,
                              grade, origin.steps)  # fmt: skip
                elif origin.kind == "secret":
                    rule = "CODE-SECRET-SHOWN" if _is_shown(found, match.start()) else "SHELL-SECRET"
                    self._hit(rule, start, end, self.catalogue.rules[rule].title, steps=origin.steps)


def _is_shown(found: list[Command], place: int) -> bool:
    """Whether a command prints what stands at a place; what goes into a file or another command is not seen."""
    command = next((one for one in found if one.start <= place < one.end), None)
    if command is None or command.name not in _SENDERS or command.piped_to:
        return False
    return not any(">" in operator for operator, _ in command.redirects)


def _targets(command: Command) -> Iterator[str]:
    """The files that a download lands in."""
    if (named := command.value(*_OUTPUT.get(command.name, ()))) is not None and named.text != "-":
        folder = command.value("-P", "--directory-prefix") if command.name == "wget" else None
        yield f"{folder.text.rstrip('/')}/{named.text}" if folder else named.text
        return
    yield from (word.text for operator, word in command.redirects if ">" in operator)
    operands = [word.text for word in command.operands]
    urls = [text for text in operands if "://" in text]
    if command.name == "git" and "clone" in operands[:1]:
        rest = operands[operands.index("clone") + 1 :]
        yield (
            (rest[1] if len(rest) > 1 else rest[0].rstrip("/").rpartition("/")[2].removesuffix(".git")) + "/"
            if rest
            else ""
        )
    elif command.name in {"wget", "curl", "aria2c"}:
        folder = command.value("-P", "--directory-prefix", "-d")
        for url in urls:
            name = re.split(r"[?#]", url)[0].rstrip("/").rpartition("/")[2]
            yield f"{folder.text.rstrip('/')}/{name}" if folder and command.name == "wget" else name
    elif command.name in _STORES and len(operands) > 1 and "://" not in operands[-1]:
        yield operands[-1]
        yield operands[-1].rstrip("/") + "/"
        for url in urls:
            yield f"{operands[-1].rstrip('/')}/{url.rpartition('/')[2]}".removeprefix("./")
    elif command.name in {"huggingface-cli", "hf", "kaggle", "modelscope"}:
        folder = command.value("--local-dir", "-p", "--path")
        if folder is not None:
            yield folder.text.rstrip("/") + "/"


__all__ = ["Notebook", "Source"]
