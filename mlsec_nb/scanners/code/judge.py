"""Does a call do what a rule is about? Arguments are known, unknown, or not there."""

from collections.abc import Mapping
from dataclasses import dataclass

from mlsec_nb.core import Confidence, Severity

from .rules import Condition, Sink
from .values import UNKNOWN, Origin, Value

RAISED: Mapping[str, Severity] = {
    "download": Severity.CRITICAL, "upload": Severity.CRITICAL, "input": Severity.HIGH, "model": Severity.HIGH,
    "decoded": Severity.HIGH, "bucket": Severity.HIGH, "own": Severity.LOW,
}  # fmt: skip
TOLD = {
    "download": "what it reads was downloaded", "upload": "what it reads was uploaded by somebody",
    "input": "what it reads comes from user input", "model": "what it reads is a model's answer",
    "decoded": "what it reads was decoded from a literal", "own": "this notebook wrote it itself",
}  # fmt: skip

_STORES = ("s3://", "s3a://", "gs://", "gcs://", "abfs://", "abfss://", "wasb://", "az://", "dbfs:/")


@dataclass(slots=True)  # never changed once made; see `Value`
class Arguments:
    """The arguments of a call; `open` when a `*args` or `**kwargs` of unknown content may add more."""

    positional: tuple[Value, ...]
    keywords: Mapping[str, Value]
    open: bool = False
    target: Value | None = None  # the object whose method is called

    def get(self, name: str | int | None, position: int | None = None) -> Value | None:
        if name == "self":
            return self.target
        if isinstance(name, int):
            name, position = None, name
        if name is not None and name in self.keywords:
            return self.keywords[name]
        if position is not None and position < len(self.positional):
            return self.positional[position]
        return None

    @property
    def all(self) -> tuple[Value, ...]:
        return (*self.positional, *self.keywords.values())


@dataclass(frozen=True, slots=True)
class Judgement:
    """How bad and how sure a sink is at one call, and where its data came from."""

    severity: Severity
    confidence: Confidence
    origin: Origin | None
    note: str = ""


def judge(
    sink: Sink, arguments: Arguments, base: Severity, sure: Confidence, files: Mapping[int, Origin]
) -> Judgement | None:
    """The judgement of a sink, or None when the call is not what the rule is about.

    `files` holds, by the id of an argument, the origin of the file that it names.
    """
    confidence = conditions(sink, arguments, sink.confidence or sure)
    if confidence is None:
        return None
    origin = worst(sink, arguments, files)
    if sink.requires and (origin is None or origin.kind not in sink.requires):
        return None
    if origin is not None and origin.kind in sink.quiet:
        return None
    if origin is not None and origin.kind == "path":
        origin = Origin("download", origin.steps) if sink.rule.startswith("LOAD-") else None
    severity = sink.severity or base
    if origin is None:
        return Judgement(severity, confidence, None)
    raised = sink.raised.get(origin.kind, RAISED.get(origin.kind) if sink.data and not sink.raised else None)
    return Judgement(raised or severity, confidence, origin, TOLD.get(origin.kind, "") if raised else "")


def conditions(sink: Sink, arguments: Arguments, sure: Confidence) -> Confidence | None:
    """How sure it is that the arguments are those that the sink is about, or None when they are not."""
    for condition in sink.only:
        held = holds(condition, arguments)
        if held is False or (held is None and not condition.unknown):
            return None
        sure = sure if held else Confidence.LOW
    for condition in sink.unless:
        held = holds(condition, arguments)
        if held is True:
            return None
        sure = Confidence.LOW if held is None else sure
    return sure


def holds(condition: Condition, arguments: Arguments) -> bool | None:
    """True, False, or None when the argument is there but not known."""
    value = arguments.get(condition.argument, condition.position)
    if value is None:
        if arguments.open and not condition.missing:
            return None
        return condition.missing
    shape = _shape(condition, value)
    if shape is not None:
        return shape
    if condition.contains:
        return _contains(condition.contains, value)
    if condition.pattern is not None:
        text = value.text if value.text is not None else value.name
        return None if text is None else bool(condition.pattern.search(text))
    if value.const is not UNKNOWN:
        return any(type(value.const) is type(wanted) and value.const == wanted for wanted in condition.values)
    if value.name is not None and value.name in condition.values:
        return True
    return None


def _shape(condition: Condition, value: Value) -> bool | None:
    """Whether a value has the shape that a condition asks for; None when it asks for none."""
    if condition.given:
        return True
    if condition.built:
        return value.text is not None and value.const is UNKNOWN
    if condition.program:
        return value.items is not None and len(value.items) > 0 and isinstance(value.items[0].const, str)
    if condition.literal:
        return isinstance(value.const, str | bytes)
    if condition.origins:
        return any(origin.kind in condition.origins for origin in value.origins)
    return None


def _contains(wanted: tuple[str, ...], value: Value) -> bool | None:
    if value.items is not None:
        return any(item.const in wanted for item in value.items if isinstance(item.const, str))
    if value.entries is not None:
        return any(name in wanted for name in value.entries)
    return value.text in wanted if value.text is not None else None


def worst(sink: Sink, arguments: Arguments, files: Mapping[int, Origin]) -> Origin | None:
    """The origin that matters most among those that reach the sink's data."""
    found: list[Origin] = []
    for wanted in sink.data:
        value = arguments.get(wanted)
        if wanted == "*":
            values: tuple[Value, ...] = arguments.all
        else:
            values = () if value is None else (value,)
        for item in values:
            found += item.origins
            if id(item) in files:
                found.append(files[id(item)])
            if item.text is not None and is_url(item.text):
                found.append(Origin("download"))
            elif item.text is not None and item.text.startswith(_STORES):
                found.append(Origin("bucket"))
    order = [
        "credentials",
        "environment",
        "download",
        "path",
        "upload",
        "input",
        "model",
        "decoded",
        "bucket",
        "secret",
        "own",
        "env",
    ]
    wanted_kinds = sink.requires or tuple(order)
    found = [origin for origin in found if origin.kind in wanted_kinds]
    return min(found, key=lambda origin: order.index(origin.kind) if origin.kind in order else 99, default=None)


def is_url(text: str) -> bool:
    return text.startswith(("http://", "https://", "ftp://", "hf://"))
