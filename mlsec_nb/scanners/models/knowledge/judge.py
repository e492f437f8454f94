"""What is thought of an import or call with the arguments that it has in the file."""

import re
from collections.abc import Iterator

from mlsec_nb.core import Severity
from mlsec_nb.scanners.models.pickle.values import Big, Box, Call, Ref, Unknown, Value, walk

from .facts import known
from .names import SAFE, Opinion, is_class, of_call, of_name

MAX_CHAIN = 16  # getattr of getattr of …
# Text that a path, address, command or piece of code would have.
_ACTIVE = re.compile(
    r"://|[;|&$`\n]|\w\(|\.\.[/\\]|\A[/~\\]|\A[A-Za-z]:[\\/]|\.(?:py|sh|pkl|pickle|pt|pth|exe|dll|so|bat|ps1|txt|json|ya?ml)\Z"
    r"|\b(?:import|exec|eval|lambda|curl|wget|bash|powershell|python3?)\b"
)
_ATTRIBUTE = re.compile(r"(?!__)[^\W\d]\w*\Z")
_COMPUTED_CLASS = Opinion(Severity.HIGH, "computed", "makes an object of a class that is put together while loading")


def _is_keras(module: str) -> bool:
    return module.partition(".")[0] in {"keras", "tf_keras", "tensorflow"}


def rule_of(call: Call) -> str | None:
    """The check that goes with what is called, when it is an import."""
    return known().rules.get(call.target.full) if isinstance(call.target, Ref) else None


def handed_on(call: Call) -> list[Value]:
    """The bytes that a call hands to another loader, as constants of the file."""
    target = resolved(call.target)
    if not isinstance(target, Ref):
        return []
    loads = known().rules.get(target.full) == "nested"
    if not loads and not (target.name.endswith("._unpickle_model") and _is_keras(target.module)):
        return []
    found: list[Value] = []
    for value in walk(call.args):
        if isinstance(value, Call) and rule_of(value) == "encode" and isinstance(value.args, tuple) and value.args:
            text = value.args[0]  # protocol 2 has no bytes: they are text that is encoded while loading
            found += [text.encode("latin-1", "replace")] if isinstance(text, str) else [text]
        elif isinstance(value, bytes) or (isinstance(value, Big) and value.kind == "bytes"):
            found.append(value)
    return [value for value in found if isinstance(value, bytes | Big)]


def resolved(target: Value) -> Value:
    """The target of a call; `getattr` of an import with a constant is the dotted name that it finds.

    Legacy torch files wrap a class in a persistent id that gives it back.
    """
    names: list[str] = []
    offset = target.offset if isinstance(target, Call) else 0
    value = target
    while isinstance(value, Call) and len(names) < MAX_CHAIN:
        args = value.args if isinstance(value.args, tuple) else ()
        if value.how == "persistent" and isinstance(args[0], tuple) and len(args[0]) > 1 and args[0][0] == "module":
            value = args[0][1]
        elif rule_of(value) == "attribute" and len(args) >= 2 and isinstance(args[1], str):
            names.append(args[1])
            value = args[0]
        else:
            return target
    if not isinstance(value, Ref):
        return target
    return Ref(value.module, ".".join([value.name, *reversed(names)]), "getattr", offset) if names else value


class Judge:
    """Gives an `Opinion` of every import and call; `allowed` are names and packages that the user trusts."""

    def __init__(self, allowed: frozenset[str] = frozenset()) -> None:
        self.allowed = allowed
        self.rules = {name: getattr(self, f"_{name}") for name in dict.fromkeys(known().rules.values())}

    def opinion(self, event: Ref | Call) -> Opinion:
        """What is thought of one event of the machine."""
        if isinstance(event, Ref):
            return self.of_ref(event)
        how = event.how
        if how == "persistent":
            return SAFE
        if how == "build":
            return self.of_build(event)
        if how in {"extend", "setitem", "add"}:
            return self.of_method(event)
        return self.of_call(event)

    def of_ref(self, ref: Ref) -> Opinion:
        if ref.how == "EXT":
            return Opinion(Severity.HIGH, "extension", "is looked up in a registry outside of the file")
        if "?" in {ref.module, ref.name}:
            return Opinion(Severity.CRITICAL, "computed", "is a name that is put together while loading")
        return of_name(ref.module, ref.name, self.allowed)

    def of_call(self, call: Call) -> Opinion:
        target = resolved(call.target)
        if isinstance(target, Ref):
            if target.how == "EXT" or "?" in {target.module, target.name}:
                return self.of_ref(target)
            if call.how in {"newobj", "newobj_ex"}:
                return self.of_new(target, call)
            return self.of_function(target, call)
        return self.of_computed(target, call)

    def of_new(self, target: Ref, call: Call) -> Opinion:
        """A class is constructed without its `__init__`; what is not a class cannot be."""
        if target.full in {
            "builtins.map",
            "builtins.filter",
            "builtins.zip",
            "builtins.enumerate",
            "builtins.reversed",
        }:
            return of_call(target.module, target.name, self.allowed)
        rule = known().rules.get(target.full)
        if rule in {"partial", "factory", "type_of", "getter"}:
            judged: Opinion = self.rules[rule](call)
            return judged
        return of_name(target.module, target.name, self.allowed)

    def of_function(self, target: Ref, call: Call) -> Opinion:
        rule = known().rules.get(target.full)
        if rule:
            judged: Opinion = self.rules[rule](call)
            return judged
        opinion = of_call(target.module, target.name, self.allowed)
        if opinion.effect == "unknown-call" and target.name.endswith("._unpickle_model") and _is_keras(target.module):
            return self._nested(call)  # a .keras file in a BytesIO
        if opinion.safe and target.full not in known().calls and is_class(target.name) and self.active(call.args):
            return Opinion(
                Severity.MEDIUM, "unknown-call", "is constructed with a text that looks like a path, address or code"
            )
        return opinion

    def of_computed(self, target: Value, call: Call) -> Opinion:
        """What is called was itself made while loading."""
        if isinstance(target, Call) and isinstance(target.target, Ref):
            rule = rule_of(target)
            if rule == "builtin_type":
                return self._made_type(target, call)
            if rule == "by_value" and call.how in {"newobj", "newobj_ex"}:
                return SAFE
            if rule == "by_value" and target.target.name.endswith(
                ("_class", "_enum", "_type", "_namedtuple", "_typevar")
            ):
                return Opinion(Severity.MEDIUM, "by-value", "makes an object of a class whose code travels in the file")
            if rule == "by_value":
                return Opinion(Severity.CRITICAL, "computed", "runs a function whose code travels in the file")
        if isinstance(target, Unknown):
            return Opinion(Severity.HIGH, "computed", "is called and cannot be known from the file alone")
        return Opinion(Severity.CRITICAL, "computed", "is put together while loading, then called")

    def of_build(self, call: Call) -> Opinion:
        target, state = resolved(call.target), call.args[0]
        if isinstance(target, Ref):
            return Opinion(Severity.HIGH, "tamper", "gets its attributes replaced")
        planted = sorted({key for key in self.state_keys(state) if key in known().words["plants"]})
        made = rule_of(target) if isinstance(target, Call) else None
        if made == "by_value":
            planted = [key for key in planted if key in {"__builtins__", "__subclasses__"}]
        if planted:
            return Opinion(Severity.CRITICAL, "tamper", f"gets {planted[0]} planted, which Python calls by itself")
        if made in {"subimport", "attribute"}:
            return Opinion(Severity.HIGH, "tamper", "gets its attributes replaced")
        return SAFE

    def of_method(self, call: Call) -> Opinion:
        target = resolved(call.target)
        if isinstance(target, Ref):
            return Opinion(Severity.HIGH, "tamper", "gets items put into it")
        if isinstance(target, Call):
            origin = resolved(target.target)
            if isinstance(origin, Ref):
                opinion = of_name(origin.module, origin.name, self.allowed)
                return opinion if opinion.dangerous else SAFE
            if isinstance(origin, Call) and not rule_of(origin):
                return Opinion(Severity.HIGH, "computed", "is put together while loading, then used")
        return SAFE

    @staticmethod
    def state_keys(state: Value) -> Iterator[Value]:
        """Attribute names that a state sets."""
        parts = state if isinstance(state, tuple) else (state,)
        for part in parts:
            if isinstance(part, Box) and part.kind == "dict":
                yield from (key for key in part.keys() if isinstance(key, str))  # noqa: SIM118 - not a dict

    @staticmethod
    def active(args: Value) -> bool:
        """True when some text in the arguments looks as if it would do something."""
        return any(isinstance(value, str) and _ACTIVE.search(value[:4096]) for value in walk(args, calls=False))

    # Operations that are judged by their arguments

    @staticmethod
    def _args(call: Call) -> tuple[Value, ...]:
        if isinstance(call.args, tuple):
            return call.args
        return tuple(call.args.items) if isinstance(call.args, Box) else (Unknown("computed arguments"),)

    def _attribute(self, call: Call) -> Opinion:
        target = resolved(call)
        if isinstance(target, Ref):
            return of_name(target.module, target.name, self.allowed)
        args = self._args(call)
        name = args[1] if len(args) >= 2 else None
        is_plain = isinstance(name, str) and _ATTRIBUTE.match(name) and name not in known().effect_words
        if is_plain and not (isinstance(args[0], Call) and rule_of(args[0]) == "attribute"):
            return SAFE
        return Opinion(Severity.HIGH, "introspection", "reaches for a part that no model needs")

    def _type_of(self, call: Call) -> Opinion:
        args = self._args(call)
        if len(args) == 1 and not any(isinstance(value, Ref | Call | Unknown) for value in walk(args)):
            return SAFE
        return Opinion(Severity.HIGH, "compose", "makes a class while loading")

    def _partial(self, call: Call) -> Opinion:
        args = self._args(call)
        first = resolved(args[0]) if args else None
        if not isinstance(first, Ref):
            if isinstance(first, Call) and rule_of(first) == "by_value":
                return SAFE
            return Opinion(Severity.HIGH, "compose", "binds arguments to a callable that is put together while loading")
        opinion = of_name(first.module, first.name, self.allowed)
        if opinion.safe and first.full in known().rules:
            return Opinion(Severity.HIGH, "compose", f"binds arguments to {first.full}")
        return opinion

    def _constants(self, call: Call) -> Opinion:
        if any(isinstance(value, Ref | Call | Unknown) for value in walk(call.args)):
            return Opinion(Severity.HIGH, "compose", "is given something that is put together while loading")
        return SAFE

    def _getter(self, call: Call) -> Opinion:
        args = self._args(call)
        if args and all(isinstance(arg, str) for arg in args[:1]) and args[0] in known().words["data_methods"]:
            return self._constants(call)
        return Opinion(Severity.HIGH, "compose", "makes a callable that reaches for an attribute")

    def _reconstruct(self, call: Call) -> Opinion:
        args = self._args(call)
        cls, base = (resolved(arg) for arg in (*args, None, None)[:2])
        if not isinstance(cls, Ref):
            return SAFE if isinstance(cls, Call) and rule_of(cls) == "by_value" else _COMPUTED_CLASS
        if isinstance(base, Ref) and base.full not in known().calls:
            return Opinion(Severity.HIGH, "compose", f"constructs {base.full}")
        return of_name(cls.module, cls.name, self.allowed)

    def _new(self, call: Call) -> Opinion:
        args = self._args(call)
        cls = resolved(args[0]) if args else None
        if isinstance(cls, Ref):
            return self.of_new(cls, Call("newobj", cls, args[1:], call.offset))
        return _COMPUTED_CLASS

    def _encode(self, call: Call) -> Opinion:
        args = self._args(call)
        codec = args[1] if len(args) == 2 and not isinstance(args[0], Ref) else None
        if isinstance(codec, str) and codec.lower() in known().words["codecs"]:
            return SAFE
        return Opinion(Severity.HIGH, "compose", "decodes something with a codec that models have no use for")

    def _factory(self, call: Call) -> Opinion:
        args = self._args(call)
        first = resolved(args[0]) if args else None
        if first is None or isinstance(first, Call):
            return SAFE
        if isinstance(first, Ref) and (first.full in known().calls or is_class(first.name)):
            return of_name(first.module, first.name, self.allowed)
        return Opinion(Severity.HIGH, "compose", "calls something for every missing key")

    def _iterate(self, call: Call) -> Opinion:
        lazy = {"builtins.map", "builtins.filter", "builtins.zip", "itertools.starmap"}
        for value in walk(call.args):
            if isinstance(value, Ref) and value.full in lazy:
                return Opinion(Severity.HIGH, "compose", "walks over something that calls as it goes")
        return SAFE

    @staticmethod
    def _data(call: Call) -> Opinion:
        del call
        return SAFE

    @staticmethod
    def _nested(call: Call) -> Opinion:
        """What is in the bytes is looked at on its own, if they are there to be looked at."""
        if handed_on(call):
            return SAFE
        return Opinion(Severity.HIGH, "load", "loads bytes that are put together while loading")

    def _rebuild(self, call: Call) -> Opinion:
        args = self._args(call)
        function = resolved(args[0]) if args else None
        inner = args[2] if len(args) > 2 else ()
        if isinstance(function, Ref) and function.full not in known().rules:
            return self.of_function(function, Call("reduce", function, inner, call.offset))
        return Opinion(Severity.HIGH, "computed", "calls something that is put together while loading")

    def _by_value(self, call: Call) -> Opinion:
        first = resolved(self._args(call)[0]) if self._args(call) else None
        maker = resolved(call.target)
        if isinstance(first, Ref) and isinstance(maker, Ref) and maker.name.startswith(("_make_skel", "_create_type")):
            opinion = of_name(first.module, first.name, self.allowed)
            return opinion if opinion.dangerous and first.full != "builtins.type" else SAFE
        return SAFE

    def _builtin_type(self, call: Call) -> Opinion:
        args = self._args(call)
        if args and isinstance(args[0], str) and _ATTRIBUTE.match(args[0]) and args[0] not in known().effect_words:
            return SAFE
        return Opinion(Severity.HIGH, "compose", "looks up a type whose name is no type's")

    def _made_type(self, target: Call, call: Call) -> Opinion:
        """A type found by its name is called: a code object, a cell, a lock."""
        args = self._args(target)
        if args[:1] in {("CodeType",), ("Code",)}:
            return self._code_object(call)
        name = args[0] if args and isinstance(args[0], str) else ""
        if name == "PartialType":
            return self._partial(call)
        if name in known().words["types"] or f"builtins.{name}" in known().calls:
            return SAFE
        return Opinion(Severity.HIGH, "compose", "constructs a type that was looked up by its name")

    def _code_object(self, call: Call) -> Opinion:
        from .code import opinion_of_code

        return opinion_of_code(call.args)

    def _subimport(self, call: Call) -> Opinion:
        args = self._args(call)
        if not args or not isinstance(args[0], str):
            return Opinion(Severity.HIGH, "computed", "imports a module whose name is put together while loading")
        module = args[0]
        facts = known()
        root = module.partition(".")[0]
        effect = facts.effect_modules.get(root)
        if effect is not None:
            severity = Severity.MEDIUM if effect.id in {"file", "compose"} or root == "os" else Severity.HIGH
            return Opinion(severity, effect.id, f"imports {module}, which {effect.does}")
        if root in facts.stdlib:
            return SAFE
        return of_name(module, "Module", self.allowed)

    def _dynamic_import(self, call: Call) -> Opinion:
        del call
        return Opinion(Severity.MEDIUM, "by-value", "makes a module whose code travels in the file")

    def _plant(self, call: Call) -> Opinion:
        target = resolved(self._args(call)[0]) if self._args(call) else None
        if isinstance(target, Ref):
            return Opinion(Severity.HIGH, "tamper", "replaces an attribute of something imported")
        return self.of_build(Call("build", target, (Box("dict", list(self._args(call)[1:3])),), call.offset))


__all__ = ["Judge", "resolved", "walk"]
