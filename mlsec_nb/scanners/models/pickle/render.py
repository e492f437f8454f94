"""Values in plain words: as the Python call that a load would make, short, with what may be a secret masked."""

from collections.abc import Sequence

from mlsec_nb.core import mask_text

from .values import Big, Box, Call, Ref, Unknown, Value

DEPTH = 4  # of nested values that are written out
MAX_PART = 40  # characters of one part of a name that are shown
ITEMS = 6  # of a container that are written out
_BRACKETS = {"list": ("[", "]"), "tuple": ("(", ")"), "set": ("{", "}")}


def shown(value: Value, depth: int = DEPTH) -> str:
    """A value as Python would write it, abridged."""
    if isinstance(value, Ref):
        return name(value.full)
    if depth <= 0 and isinstance(value, tuple | Box | Call):
        return "…"
    if isinstance(value, tuple):
        inner = _joined(list(value), len(value), depth)
        return f"({inner},)" if len(value) == 1 else f"({inner})"
    if isinstance(value, Call):
        return call(value, depth)
    if isinstance(value, Box):
        return _box(value, depth)
    if isinstance(value, Big):
        return f"<{value.kind} of {value.size} bytes>"
    if isinstance(value, Unknown):
        return f"<{value.why}>"
    return _constant(value)


def name(full: str) -> str:
    """A dotted name: as it is when it is made of short identifiers, else masked as any text."""
    plain = all(part.isidentifier() and len(part) <= MAX_PART for part in full.replace("the result of ", "").split("."))
    return full if plain else mask_text(full, 160)


def _constant(value: Value) -> str:
    if isinstance(value, int) and not isinstance(value, bool) and value.bit_length() > 256:
        return f"<int of {value.bit_length()} bits>"
    if isinstance(value, str | bytes):
        return mask_text(repr(value[:200]), 160)
    return repr(value)


def _joined(values: Sequence[Value], count: int, depth: int) -> str:
    parts = [shown(value, depth - 1) for value in values[:ITEMS]]
    if count > ITEMS:
        parts.append(f"… {count - ITEMS} more")
    return ", ".join(parts)


def _box(box: Box, depth: int) -> str:
    if box.kind == "dict":
        pairs = zip(box.items[::2], box.items[1::2], strict=False)
        parts = [f"{shown(key, depth - 1)}: {shown(value, depth - 1)}" for key, value in list(pairs)[:ITEMS]]
        if box.count // 2 > ITEMS:
            parts.append(f"… {box.count // 2 - ITEMS} more")
        return "{" + ", ".join(parts) + "}"
    inner = _joined(box.items, box.count, depth)
    if box.kind in _BRACKETS:
        left, right = _BRACKETS[box.kind]
        return f"{left}{inner}{right}"
    return f"{box.kind}({inner})"


def _arguments(args: Value, depth: int) -> str:
    if isinstance(args, tuple):
        return _joined(list(args), len(args), depth)
    if isinstance(args, Box):
        return _joined(args.items, args.count, depth)
    return f"*{shown(args, depth - 1)}"


def call(made: Call, depth: int = DEPTH) -> str:
    """A call as Python would write it."""
    args = _arguments(made.args, depth)
    if made.how == "persistent":
        return f"persistent_load({args})"
    target = shown(made.target, depth - 1)
    if made.how in {"newobj", "newobj_ex"}:
        rest = f", **{shown(made.kwargs, depth - 1)}" if made.kwargs is not None else ""
        return f"{target}.__new__({target}{', ' if args else ''}{args}{rest})"
    if made.how == "build":
        return f"{target}.__setstate__({args})"
    if made.how == "setitem":
        return f"{target}[…] = {args}"
    if made.how in {"extend", "add"}:
        return f"{target}.{made.how}({args})"
    return f"{target}({args})"
