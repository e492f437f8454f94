"""What a call does: to names, to files, to the flow of data; and whether a rule is about it."""

import ast
import posixpath
import re
import shlex

from .decoding import fold
from .expressions import Expressions
from .judge import Arguments, judge
from .literals import formatted, spelled_out
from .rules import Sink
from .state import MAX_DEPTH, Hit, Scope
from .values import NOTHING, UNKNOWN, Function, Origin, Value, merge

_STRING_METHODS = frozenset({
    "format", "strip", "lstrip", "rstrip", "lower", "upper", "replace", "encode", "decode", "title", "join", "split",
    "splitlines", "removeprefix", "removesuffix", "expanduser", "resolve", "absolute", "as_posix", "joinpath",
    "format_map",
})  # fmt: skip
_CARRIERS = frozenset({
    "builtins.str", "builtins.repr", "builtins.bytes", "builtins.list", "builtins.tuple", "builtins.dict", "os.fspath",
    "pathlib.Path", "pathlib.PurePath", "pathlib.PosixPath", "os.path.expanduser", "os.path.abspath", "builtins.format",
    "os.path.realpath", "os.path.normpath", "textwrap.dedent", "builtins.sorted", "copy.deepcopy", "json.dumps",
})  # fmt: skip
_FLOWING = frozenset(
    {"download", "upload", "input", "model", "decoded", "bucket", "environment", "credentials", "path"}
)
_REFLECTING = frozenset({
    "builtins.getattr", "inspect.getattr_static", "importlib.import_module", "builtins.__import__", "functools.partial",
    "functools.partialmethod", "operator.attrgetter", "operator.attrgetter()", "os.getenv", "os.environ.get",
    "os.environ.pop", "os.environ.setdefault", "builtins.dict",
})  # fmt: skip
_ENCODERS = frozenset({"b64encode", "hexlify", "urlsafe_b64encode", "b85encode", "b32encode"})
_STORES = frozenset({"download_file", "download_to_filename", "fget_object", "download_fileobj", "get"})


class Calls(Expressions):
    """Evaluates calls."""

    def run_body(self, body: list[ast.stmt], scope: Scope) -> None:
        raise NotImplementedError

    def call(self, node: ast.Call, scope: Scope) -> Value:
        callee = self.evaluate(node.func, scope)
        arguments = self.arguments(node, scope)
        if callee.bound is not None:
            first, more = callee.bound
            arguments = Arguments((*first, *arguments.positional), {**more, **arguments.keywords}, arguments.open)
        special = self._reflect(callee, arguments, node, scope)
        if special is not None:
            return special
        if callee.function is not None:
            return self._inline(callee, callee.function, arguments, node)
        name = callee.name or ""
        if callee.members is not None:
            target = callee.members.get("")
            arguments = Arguments(arguments.positional, arguments.keywords, arguments.open, target)
        if name:
            self.check(name, node, arguments)
            self._applied(name, node, arguments)
            self._shell(name, node, arguments)
            self._code(name, node, arguments)
            self._page(name, node, arguments)
            self._write(name, node, arguments, callee, scope)
        return self._result(name, node, arguments, callee)

    def arguments(self, node: ast.Call, scope: Scope) -> Arguments:
        positional: list[Value] = []
        keywords: dict[str, Value] = {}
        more = False
        for item in node.args:
            value = self.evaluate(item, scope)
            if isinstance(item, ast.Starred):
                more = more or value.items is None
                positional += value.items or ()
            else:
                positional.append(value)
        for keyword in node.keywords:
            value = self.evaluate(keyword.value, scope)
            if keyword.arg is not None:
                keywords[keyword.arg] = value
            elif value.entries is not None:
                keywords |= value.entries
            else:
                more = True
        return Arguments(tuple(positional), keywords, more)

    def _reflect(self, callee: Value, arguments: Arguments, node: ast.Call, scope: Scope) -> Value | None:
        """getattr, import_module, partial and their like: calls that give a thing another name."""
        name = callee.name
        if name not in _REFLECTING:
            return None
        first, second = arguments.get(0), arguments.get(1)
        if name in {"builtins.getattr", "inspect.getattr_static"} and first is not None and second is not None:
            return self.attribute(first, second.text) if second.text and second.const is not UNKNOWN else NOTHING
        if name in {"importlib.import_module", "builtins.__import__"} and first is not None and first.text:
            module = first.text if name.startswith("importlib") else first.text.partition(".")[0]
            return Value(name=self.canonical(module))
        if name in {"functools.partial", "functools.partialmethod"} and first is not None:
            return first.with_(bound=(arguments.positional[1:], arguments.keywords))
        if name == "operator.attrgetter" and first is not None and first.text:
            return Value(name="operator.attrgetter()", text=first.text)
        if name == "operator.attrgetter()" and callee.text and first is not None:
            found = first
            for part in callee.text.split("."):
                found = self.attribute(found, part)
            return found
        if name in {"os.getenv", "os.environ.get", "os.environ.pop", "os.environ.setdefault"} and first is not None:
            return self.named_item("os.environ", first.text or "?", node, scope) if first.text else NOTHING
        if name == "builtins.dict":
            base = first.entries if first is not None and first.entries else {}
            return Value(entries={**base, **arguments.keywords}, origins=merge(*arguments.all))
        return None

    def _inline(self, callee: Value, function: Function, arguments: Arguments, node: ast.Call) -> Value:
        """Walk the body of a function of this notebook with what is known of its arguments."""
        if len(self.stack) >= MAX_DEPTH or any(item.node is function.node for item in self.stack) or self.exhausted:
            return Value(origins=merge(*arguments.all))
        self.pending.pop(id(function.node), None)
        self.calls.append(self.step(node, "called from here"))
        value = self.walk(function, arguments)
        self.calls.pop()
        if callee.members is not None and value is NOTHING:
            return Value(members=callee.members)
        return value

    def walk(self, function: Function, arguments: Arguments) -> Value:
        """The value that a function returns."""
        scope = Scope(function.scope)
        self._bind(function, arguments, scope)
        before = self.source
        self.source = function.source
        self.stack.append(function)
        try:
            if isinstance(function.node, ast.Lambda):
                return self.evaluate(function.node.body, scope)
            self.run_body(function.node.body, scope)
        finally:
            self.stack.pop()
            self.source = before
        return scope.names.get("return ", NOTHING)

    def _bind(self, function: Function, arguments: Arguments, scope: Scope) -> None:
        spec = function.node.args
        names = [item.arg for item in (*spec.posonlyargs, *spec.args)]
        defaults = dict(zip(reversed(names), reversed(spec.defaults), strict=False))
        values = list(arguments.positional)
        if function.bound is not None:
            values.insert(0, function.bound)
        rest = dict(arguments.keywords)
        for name in names:
            if values:
                scope.set(name, values.pop(0))
            elif name in rest:
                scope.set(name, rest.pop(name))
            else:
                scope.set(name, self._default(defaults.get(name), function))
        for item, default in zip(spec.kwonlyargs, spec.kw_defaults, strict=True):
            scope.set(item.arg, rest.pop(item.arg) if item.arg in rest else self._default(default, function))
        if spec.vararg is not None:
            scope.set(spec.vararg.arg, Value(items=None if arguments.open else tuple(values), origins=merge(*values)))
        if spec.kwarg is not None:
            scope.set(spec.kwarg.arg, Value(entries=None if arguments.open else rest, origins=merge(*rest.values())))

    def _default(self, node: ast.expr | None, function: Function) -> Value:
        return (
            self.evaluate(node, function.scope)
            if isinstance(node, ast.Constant | ast.Name | ast.Attribute)
            else NOTHING
        )

    def shell_text(self, text: str, node: ast.AST, scope: Scope | None) -> None:
        """Scan a fixed text that Python hands to a shell."""
        raise NotImplementedError

    def _shell(self, name: str, node: ast.Call, arguments: Arguments) -> None:
        if name not in self.catalogue.names["shell_calls"] or not node.args:
            return
        value = arguments.get("args", 0) or arguments.get("command") or arguments.get("cmd")
        if value is None:
            return
        if name.startswith("subprocess.") and name.rpartition(".")[2] not in {"getoutput", "getstatusoutput"}:
            shell = arguments.get("shell", 8)
            if value.items is not None:
                text = " ".join(shlex.quote(item.text) if item.text is not None else "{x}" for item in value.items)
                self.shell_text(text, node, None)
                return
            if shell is None or not shell.const:
                return
        if value.text is not None:
            self.shell_text(value.text, node.args[0], None)

    def _applied(self, name: str, node: ast.Call, arguments: Arguments) -> None:
        """`map(eval, lines)`: a dangerous function is handed over to be called."""
        if name.rpartition(".")[2] not in self.catalogue.names["appliers"]:
            return
        for value in arguments.all:
            if value.name is not None and value.function is None and self.catalogue.sinks.get(value.name):
                others = tuple(item for item in arguments.positional if item is not value)
                self.check(value.name, node, Arguments(others, {}, open=True))

    def page_text(self, text: str, node: ast.AST, language: str) -> None:
        """Keep a page that code shows."""
        raise NotImplementedError

    def _page(self, name: str, node: ast.Call, arguments: Arguments) -> None:
        language = self.catalogue.names["pages"].get(name)
        value = arguments.get("data", 0) if language else None
        if language and value is not None and value.text and node.args:
            self.page_text(value.text, node.args[0], language)

    def code_text(self, text: str, node: ast.AST) -> None:
        """Scan a fixed text that is run as Python."""
        raise NotImplementedError

    def _code(self, name: str, node: ast.Call, arguments: Arguments) -> None:
        if name not in {"builtins.exec", "builtins.eval", "builtins.compile"} or not node.args:
            return
        if (value := arguments.get(0)) is None:
            return
        if isinstance(value.const, str | bytes):
            const = value.const
            self.code_text(const if isinstance(const, str) else const.decode("utf-8", "replace"), node.args[0])

    def check(self, name: str, node: ast.AST, arguments: Arguments) -> None:
        """Emit a hit for every rule that is about this call."""
        for sink in self.catalogue.sinks_of(name):
            self.check_sink(sink, name, node, arguments)
        for keyword in arguments.keywords:
            for sink in self.catalogue.sinks.get(f"**{keyword}", ()):
                self.check_sink(sink, name, node, arguments)

    def check_sink(self, sink: Sink, name: str, node: ast.AST, arguments: Arguments) -> None:
        if sink.safe_since is not None and self.versions.get(sink.safe_since[0], ()) >= sink.safe_since[1]:
            return
        rule = self.catalogue.rules[sink.rule]
        files: dict[int, Origin] = {}
        for value in arguments.all:
            if (origin := self.file(value)) is not None:
                files[id(value)] = origin
        judged = judge(sink, arguments, rule.severity, rule.confidence, files)
        if judged is None:
            return
        start, end = self.source.span(node)
        shown = name.removeprefix("builtins.").removeprefix("?.").replace("()", "")
        message = f"{shown}: {sink.message or rule.title}" + (f"; {judged.note}" if judged.note else "")
        steps = judged.origin.steps if judged.origin is not None else ()
        self.emit(Hit(sink.rule, self.source, start, end, judged.severity, judged.confidence, message,
                      (*steps, *reversed(self.calls)), (sink.edits,) if sink.edits else (), node))  # fmt: skip

    def _write(self, name: str, node: ast.Call, arguments: Arguments, callee: Value, scope: Scope) -> None:
        """Remember what a call puts into a file or a buffer."""
        flow = self.catalogue.names["flow"]
        leaf = name.rpartition(".")[2]
        if (place := flow["download_to"].get(name) or flow["download_to"].get(f"*.{leaf}")) is not None:
            kind = flow["sources"].get(name, "download") if leaf not in _STORES else "bucket"
            kind = "download" if kind == "path" else kind
            origin = Origin(kind, (self.step(node, flow["told"][kind]),))
            for item in place:
                if (target := arguments.get(item)) is not None:
                    self.put_file(target, origin)
        if (place := flow["writes"].get(name) or flow["writes"].get(f"*.{leaf}")) is not None:
            target = callee.members.get("") if place == "self" and callee.members else arguments.get(place)
            self._written(target, Origin("own", (self.step(node, "written here"),)), node, scope, place)
        self._opened_for_writing(name, leaf, node, arguments)
        if leaf in {"write", "write_bytes", "write_text"} and callee.members:
            target = callee.members.get("")
            if leaf != "write" and target is not None:
                self.check("file.write", node, Arguments((target,), {}))
            origins = merge(*arguments.all)
            chosen = next((origin for origin in origins if origin.kind in {"download", "upload", "input"}), None)
            if target is not None:
                self.put_file(target, chosen or Origin("own", (self.step(node, "written here"),)))
        if leaf in {"extractall", "unpack_archive", "extract"}:
            self._unpack(name, arguments, callee)

    def _opened_for_writing(self, name: str, leaf: str, node: ast.Call, arguments: Arguments) -> None:
        """A file that is opened to be changed: `open(path, "a")`, `Path(path).open("w")`."""
        if leaf == "open" and name.startswith("pathlib.Path()"):
            mode, target = arguments.get("mode", 0), arguments.target
        elif name in self.catalogue.names["flow"]["opens"]:
            mode, target = arguments.get("mode", 1), arguments.get("file", 0)
        else:
            return
        if mode is not None and target is not None and re.search("[wax+]", mode.text or ""):
            self.check("file.write", node, Arguments((target,), {}))

    def _written(self, target: Value | None, origin: Origin, node: ast.Call, scope: Scope, place: int | str) -> None:
        if target is None:
            return
        self.put_file(target, origin)
        if isinstance(place, int) and place < len(node.args) and isinstance(node.args[place], ast.Name):
            named: ast.Name = node.args[place]  # type: ignore[assignment]
            if (old := scope.get(named.id)) is not None and old.text is None and not old.origins:
                scope.set(named.id, old.with_(origins=(origin,)))

    def _unpack(self, name: str, arguments: Arguments, callee: Value) -> None:
        """What comes out of a downloaded archive is downloaded too."""
        archive = arguments.get(0) if name == "shutil.unpack_archive" else (callee.members or {}).get("")
        target = arguments.get("extract_dir", 1) if name == "shutil.unpack_archive" else arguments.get("path", 0)
        origin = archive and (archive.has("download") or archive.has("upload") or self.file(archive))
        if origin and target is not None and target.text:
            self.files.setdefault(target.text.rstrip("/") + "/", origin)

    def _result(self, name: str, node: ast.Call, arguments: Arguments, callee: Value) -> Value:
        """The value of a call to something that the notebook does not define."""
        flow = self.catalogue.names["flow"]
        leaf = name.rpartition(".")[2]
        if name in flow["clean"] or leaf in flow["clean_methods"]:
            return Value(name=f"{name}()")
        values = (*arguments.all, *([callee] if callee.origins else []))
        origins = self._source(name, leaf, node, arguments) + self._carried(name, leaf, values)
        text = self._text(name, leaf, node, arguments, callee)
        if name in flow["opens"] or leaf in {"open", "read_bytes", "read_text", "fetch"}:
            target = (callee.members or {}).get("") if name.startswith("pathlib.Path()") else arguments.get(0)
            origins = self._opened(target, node) + origins
            if (path := next((origin for origin in origins if origin.kind == "path"), None)) is not None:
                origins = (Origin("download", path.steps), *origins)
            text = target.text if target is not None and text is None else text
        if name == "builtins.map" and (spelled := spelled_out(arguments)) is not None:
            return spelled
        const = fold(name, arguments)
        if const is not UNKNOWN:
            text = const if isinstance(const, str) else text
            hides = (leaf == "join" and "chr" in self.source.code(node)) or (
                name in {"builtins.bytes", "builtins.bytearray"} and isinstance(const, bytes)
            )
            origins = (*origins, Origin("decoded")) if hides else origins
        members = (
            {"": arguments.get(0) or NOTHING} if leaf in {"ZipFile", "TarFile"} or name == "tarfile.open" else None
        )
        if callee.members is not None and "" not in callee.members:
            members = callee.members
        return Value(name=f"{name}()" if name else None, const=const, origins=origins, text=text, members=members)

    def _source(self, name: str, leaf: str, node: ast.Call, arguments: Arguments) -> tuple[Origin, ...]:
        """The origin that a call brings by itself: a download, an upload, an answer."""
        flow = self.catalogue.names["flow"]
        kind = flow["sources"].get(name) or flow["sources"].get(f"*.{leaf}")
        if kind is None:
            return ()
        if kind == "env" and arguments.positional and self.is_secret_name(arguments.positional[0].text or ""):
            kind = "secret"
        if kind == "secret" and leaf == "getpass" and self._asks_name(arguments):
            kind = "input"
        return (Origin(kind, (self.step(node, flow["told"][kind]),)),)

    def _asks_name(self, arguments: Arguments) -> bool:
        """Whether a prompt asks for a name, not for a secret (many hide what is typed all the same)."""
        prompt = arguments.get("prompt", 0)
        return prompt is not None and self.catalogue.names["asked_name"].search(prompt.text or "") is not None

    def _opened(self, target: Value | None, node: ast.Call) -> tuple[Origin, ...]:
        """What is known of a file that is opened."""
        if target is None:
            return ()
        found = self.file(target)
        origins = () if found is None else (found,)
        if self.catalogue.names["credential_pattern"].search(target.text or ""):
            told = self.catalogue.names["flow"]["told"]["credentials"]
            origins = (Origin("credentials", (self.step(node, told),)), *origins)
        return origins

    def _carried(self, name: str, leaf: str, values: tuple[Value, ...]) -> tuple[Origin, ...]:
        """What flows through a call; a secret only through what keeps it readable, own files through nothing."""
        text_like = leaf in _STRING_METHODS or name in _CARRIERS
        kept = [origin for origin in merge(*values) if text_like or origin.kind in _FLOWING]
        if leaf in _ENCODERS:
            return tuple(origin for origin in merge(*values) if origin.kind in {"environment", "credentials", "secret"})
        if not text_like and leaf in {"BytesIO", "loads", "read", "getvalue", "open", "load", "seek", "getbuffer"}:
            kept += [origin for origin in merge(*values) if origin.kind == "own"]
        return tuple(kept)

    def _text(self, name: str, leaf: str, node: ast.Call, arguments: Arguments, callee: Value) -> str | None:
        """The text of a string or path that a call gives, with braces where a part is unknown."""
        first = arguments.get(0)
        if name == "os.path.join" and arguments.positional:
            return posixpath.join(
                *(self._said(value, item) for value, item in zip(arguments.positional, node.args, strict=False))
            )
        if name in {"pathlib.Path", "pathlib.PurePath"} and arguments.positional:
            return posixpath.join(
                *(self._said(value, item) for value, item in zip(arguments.positional, node.args, strict=False))
            )
        if name in _CARRIERS:
            return first.text if first is not None else None
        base = (callee.members or {}).get("")
        if base is None or base.text is None or not isinstance(node.func, ast.Attribute):
            return None
        if leaf == "format":
            return formatted(base.text, arguments.positional, arguments.keywords)
        if leaf == "joinpath" and first is not None:
            return posixpath.join(
                base.text, *(self._said(v, n) for v, n in zip(arguments.positional, node.args, strict=False))
            )
        if leaf in {"strip", "lstrip", "rstrip", "expanduser", "resolve", "absolute", "as_posix"}:
            return base.text
        return None
