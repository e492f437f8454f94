"""Strings."""

from mlsec_nb.rego.errors import BuiltinError, BuiltinTypeError
from mlsec_nb.rego.runtime import Context
from mlsec_nb.rego.values import Set, Value, boolean, type_name

from . import format as _format
from .registry import Table

TABLE = Table(_format.TABLE)
_SPACE = " \t\n\v\f\r\x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))

TABLE.add("contains", "string", "string")(lambda text, part: boolean(part in text))
TABLE.add("startswith", "string", "string")(lambda text, part: boolean(text.startswith(part)))
TABLE.add("endswith", "string", "string")(lambda text, part: boolean(text.endswith(part)))
TABLE.add("strings.count", "string", "string")(lambda text, part: text.count(part))
TABLE.add("lower", "string")(lambda text: "".join(map(_lower, text)) if not text.isascii() else text.lower())
TABLE.add("upper", "string")(lambda text: "".join(map(_upper, text)) if not text.isascii() else text.upper())
TABLE.add("strings.reverse", "string")(lambda text: text[::-1])
TABLE.add("trim", "string", "string")(lambda text, cut: text.strip(cut) if cut else text)
TABLE.add("trim_left", "string", "string")(lambda text, cut: text.lstrip(cut) if cut else text)
TABLE.add("trim_right", "string", "string")(lambda text, cut: text.rstrip(cut) if cut else text)
TABLE.add("trim_prefix", "string", "string")(lambda text, part: text.removeprefix(part))
TABLE.add("trim_suffix", "string", "string")(lambda text, part: text.removesuffix(part))
TABLE.add("trim_space", "string")(lambda text: text.strip(_SPACE))


def _lower(character: str) -> str:
    """One character stays one, as in Go."""
    lowered = character.lower()
    return lowered if len(lowered) == 1 else "i" if character == "İ" else character


def _upper(character: str) -> str:
    raised = character.upper()
    return raised if len(raised) == 1 else character


def _strings(name: str, position: int, value: Value) -> tuple[str, ...]:
    """The members of a collection of strings, or the one string."""
    if type(value) is str:
        return (value,)
    if type(value) not in (tuple, Set):
        raise BuiltinTypeError(
            f"{name}: operand {position} must be one of string, set, array but got {type_name(value)}"
        )
    for item in value:
        if type(item) is not str:
            raise BuiltinTypeError(
                f"{name}: operand {position} must be a collection of strings but got {type_name(item)}"
            )
    return tuple(value)


@TABLE.add("concat", "string", "array|set", contextual=True)
def concat(context: Context, separator: str, values: Value) -> Value:
    pieces = _strings("concat", 2, values)
    context.budget.size(sum(map(len, pieces)) + len(separator) * len(pieces))
    return separator.join(pieces)


@TABLE.add("indexof", "string", "string")
def indexof(text: str, part: str) -> Value:
    if not part:
        raise BuiltinError("indexof: empty search character")
    return text.find(part)


@TABLE.add("indexof_n", "string", "string")
def indexof_n(text: str, part: str) -> Value:
    if not part:
        raise BuiltinError("indexof_n: empty search character")
    return tuple(at for at in range(len(text) - len(part) + 1) if text.startswith(part, at))


@TABLE.add("replace", "string", "string", "string", contextual=True)
def replace(context: Context, text: str, old: str, new: str) -> Value:
    context.budget.size(len(text) + text.count(old) * len(new))
    return text.replace(old, new)


@TABLE.add("strings.replace_n", "object", "string", contextual=True)
def replace_n(context: Context, pairs: Value, text: str) -> Value:
    """All replacements at once, from the left; at one place the first key that fits wins."""
    for key, new in pairs.items():
        if type(key) is not str or type(new) is not str:
            raise BuiltinTypeError("strings.replace_n: operand 1 must be an object of strings")
    made: list[str] = []
    position = 0
    while position <= len(text):
        key = next((key for key in pairs if text.startswith(key, position)), None)
        if key is not None:
            made.append(pairs[key])
        if not key and position < len(text):
            made.append(text[position])
        position += len(key) if key else 1
        context.budget.spend(len(pairs))
    result = "".join(made)
    context.budget.size(len(result))
    return result


@TABLE.add("split", "string", "string")
def split(text: str, separator: str) -> Value:
    return tuple(text.split(separator) if separator else text)


@TABLE.add("substring", "string", "number", "number")
def substring(text: str, start: Value, length: Value) -> Value:
    if type(start) is not int or type(length) is not int:
        raise BuiltinTypeError("substring: the bounds must be whole numbers")
    if start < 0:
        raise BuiltinError("substring: negative offset")
    return text[start:] if length < 0 else text[start : start + length]


@TABLE.add("strings.any_prefix_match", "any", "any")
def any_prefix(texts: Value, prefixes: Value) -> Value:
    starts = _strings("strings.any_prefix_match", 2, prefixes)
    return boolean(any(text.startswith(starts) for text in _strings("strings.any_prefix_match", 1, texts)))


@TABLE.add("strings.any_suffix_match", "any", "any")
def any_suffix(texts: Value, suffixes: Value) -> Value:
    ends = _strings("strings.any_suffix_match", 2, suffixes)
    return boolean(any(text.endswith(ends) for text in _strings("strings.any_suffix_match", 1, texts)))
