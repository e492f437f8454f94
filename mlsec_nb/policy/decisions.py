"""What policies say of an input, whoever wrote them: mlsec's own verdict, Conftest, Gatekeeper, admission, Spinnaker.

A policy that says nothing where something was expected is not a pass: no rule that could have denied, or an undefined
verdict, leaves the decision undecided.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from mlsec_nb.core import UsageError
from mlsec_nb.rego import BuiltinError, Policy, RegoError

SHAPES = ("mlsec", "conftest", "gatekeeper", "admission", "spinnaker")
VERDICT = "data.mlsec.gate.verdict"
_DENIES = re.compile(r"(deny|violation)(_[a-z0-9_]+)?\Z", re.IGNORECASE)
_WARNS = re.compile(r"warn(_[a-z0-9_]+)?\Z", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One thing that a rule denied or warned of."""

    text: str
    rule: str
    id: str = ""
    severity: str = ""
    path: str = ""
    details: Mapping[str, Any] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What the policies say; `allowed` is None when they said nothing that one could go by."""

    allowed: bool | None
    denials: tuple[Message, ...] = ()
    warnings: tuple[Message, ...] = ()
    reasons: tuple[str, ...] = ()
    asked: tuple[str, ...] = ()
    printed: tuple[str, ...] = ()
    broken: tuple[str, ...] = ()  # builtins that could not work with their operands
    value: Any = None


def decide(policy: Policy, document: Any, *, shape: str = "mlsec", namespace: str | None = None,
           now_ns: int | None = None, strict: bool | None = None) -> Decision:  # fmt: skip
    """Asks the policies about an input; an evaluation that fails is undecided.

    With `strict` (the default for mlsec's own shape) so is one in which a builtin could not work with its operands;
    otherwise that is undefined, as in OPA, and is told among the reasons.
    """
    strict = shape == "mlsec" if strict is None else strict
    if shape not in SHAPES:
        raise UsageError(f"no input shape is called {shape!r}; there are {', '.join(SHAPES)}")
    if shape == "mlsec":
        return _settled(_verdict(policy, document, now_ns), strict=strict)
    found = _rules(policy, wrapped(document, shape), namespace or _NAMESPACES.get(shape), now_ns)
    return _settled(found, strict=strict)


def _settled(found: Decision, *, strict: bool) -> Decision:
    """A pass beside builtins that gave no value is none, when they are not to be overlooked."""
    if not (strict and found.broken):
        return found
    allowed = None if found.allowed else found.allowed
    return replace(found, allowed=allowed, reasons=(*found.reasons, *found.broken))


_NAMESPACES = {"admission": "kubernetes.admission", "spinnaker": "opa.pipelines"}


def wrapped(document: Any, shape: str) -> Any:
    """The input as the tool would give it; what already has that form stays as it is."""
    has = document if isinstance(document, Mapping) else {}
    if shape == "gatekeeper" and "review" not in has:
        return {"review": {"object": document, **_review(has)}, "parameters": {}}
    if shape == "admission" and "request" not in has:
        return {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview",
                "request": {"object": document, "operation": "CREATE", **_review(has)}}  # fmt: skip
    if shape == "spinnaker" and "pipeline" not in has:
        return {"pipeline": document}
    return document


def _review(has: Mapping[str, Any]) -> dict[str, Any]:
    metadata = has.get("metadata") if isinstance(has.get("metadata"), Mapping) else {}
    group, _, version = str(has.get("apiVersion", "")).rpartition("/")
    kind = {"group": group, "version": version, "kind": has.get("kind", "")}
    assert isinstance(metadata, Mapping)
    return {"kind": kind, "name": metadata.get("name", ""), "namespace": metadata.get("namespace", "")}


def _verdict(policy: Policy, document: Any, now_ns: int | None) -> Decision:
    try:
        answer = policy.eval(VERDICT, document, now_ns=now_ns)
    except RegoError as error:
        return Decision(allowed=None, reasons=(str(error),), asked=(VERDICT,))
    value = answer.value
    if not isinstance(value, Mapping) or not isinstance(value.get("allow"), bool):
        return Decision(allowed=None, reasons=(f"{VERDICT} is undefined: no policy decided",), asked=(VERDICT,),
                        printed=answer.printed, value=value)  # fmt: skip
    denials = tuple(_message("mlsec.gate.deny", one) for one in _list(value.get("deny")))
    return Decision(
        allowed=value["allow"] and not denials,
        denials=denials,
        warnings=tuple(_message("mlsec.gate.warn", one) for one in _list(value.get("warn"))),
        asked=(VERDICT,),
        printed=answer.printed,
        broken=_broken(answer.errors),
        value=value,
    )


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _rules(policy: Policy, document: Any, namespace: str | None, now_ns: int | None) -> Decision:
    found = Decision(allowed=True)
    failed: list[str] = []
    for path, warns in deciding_rules(policy, namespace):
        try:
            answer = policy.eval("data" + "".join(f"[{_quoted(part)}]" for part in path), document, now_ns=now_ns)
        except RegoError as error:
            failed.append(str(error))
            continue
        name = ".".join(path)
        messages = tuple(_message(name, one) for one in _members(answer.value))
        kept = messages if warns else tuple(one for one in messages if not _excepted(policy, path, document, now_ns))
        found = replace(
            found, asked=(*found.asked, name), printed=(*found.printed, *answer.printed),
            broken=(*found.broken, *_broken(answer.errors)),
        )  # fmt: skip
        found = (
            replace(found, warnings=found.warnings + kept) if warns else replace(found, denials=found.denials + kept)
        )
    if found.denials:
        return replace(found, allowed=False, reasons=tuple(failed))
    if failed or not found.asked:
        where = f" in package {namespace}" if namespace else ""
        return replace(found, allowed=None, reasons=tuple(failed) or (f"no deny, violation or warn rule{where}",))
    return found


def _broken(errors: tuple[BuiltinError, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(str(error) for error in errors[:10]))


def deciding_rules(policy: Policy, namespace: str | None) -> Iterator[tuple[tuple[str, ...], bool]]:
    """The paths of the rules that deny or warn, and whether they only warn."""
    wanted = tuple(namespace.removeprefix("data.").split(".")) if namespace else None
    for group in policy.program.groups:
        *package, name = map(str, group.path)
        if group.kind == "function" or (wanted is not None and tuple(package) != wanted):
            continue
        if _DENIES.match(name) or _WARNS.match(name):
            yield (*package, name), bool(_WARNS.match(name))


def _excepted(policy: Policy, path: tuple[str, ...], document: Any, now_ns: int | None) -> bool:
    """Conftest: `exception contains rules` where `rules` names the part after `deny_` ("" for `deny` itself)."""
    *package, name = path
    group = next((one for one in policy.program.groups if one.path == (*package, "exception")), None)
    if group is None:
        return False
    suffix = name.partition("_")[2]
    answer = policy.eval(
        "data" + "".join(f"[{_quoted(part)}]" for part in (*package, "exception")), document, now_ns=now_ns
    )
    return any(suffix in _list(one) for one in _list(answer.value))


def _members(value: Any) -> list[Any]:
    """The messages of a rule: a set or array of them, a v0 object of them, or one."""
    if isinstance(value, list):
        return value
    if isinstance(value, Mapping):
        return list(value) if all(one is True for one in value.values()) else [value]
    return [value] if isinstance(value, str) or value is True else []


def _message(rule: str, one: Any) -> Message:
    if isinstance(one, Mapping):
        details = {key: value for key, value in one.items() if key not in ("msg", "id", "severity", "path")}
        return Message(
            text=str(one.get("msg", one.get("message", ""))) or rule, rule=rule, id=str(one.get("id", "")),
            severity=str(one.get("severity", "")), path=str(one.get("path", "")), details=details,
        )  # fmt: skip
    return Message(text=one if isinstance(one, str) else rule if one is True else str(one), rule=rule)


def _quoted(part: str) -> str:
    import json

    return json.dumps(part)
