"""What functions and operators of Terraform make of values that are known.

Functions: https://developer.hashicorp.com/terraform/language/functions. One that is not here gives what is not known.
"""

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from mlsec_nb.scanners.tree import HOLE, UNKNOWN, Node, Value

Function = Callable[[Sequence[Node]], Value]
MAX_TEXT: Final = 1 << 16  # characters that a function may make
_MAX_ITEMS: Final = 1_000
_ORDERS: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip
_SUMS: Final[Mapping[str, Callable[[Any, Any], Any]]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul,
}  # fmt: skip
_VERB: Final = re.compile(r"%(?:%|[sdvq])")


def called(name: str, values: Sequence[Node]) -> Value:
    """What a function gives; unknown when it, or what it needs, is not known."""
    function = _FUNCTIONS.get(name)
    return function(values) if function and values else UNKNOWN


def computed(left: Node, sign: str, right: Node) -> Value:
    """What an operator gives; `&&` and `||` need only the side that decides."""
    if sign in {"&&", "||"}:
        sides = (left.value, right.value)
        decisive = sign == "||"
        if any(side is decisive for side in sides):
            return decisive
        return (not decisive) if all(side is (not decisive) for side in sides) else UNKNOWN
    if not (left.is_known and right.is_known):
        return UNKNOWN
    if sign in {"==", "!="}:
        return (left.text == right.text) is (sign == "==")
    first, second = _number(left), _number(right)
    if first is None or second is None:
        return UNKNOWN
    if sign in _ORDERS:
        return _ORDERS[sign](first, second)
    return _SUMS[sign](first, second) if sign in _SUMS and max(abs(first), abs(second)) < 1e15 else UNKNOWN


def within(found: Node | None, path: Sequence[str]) -> Node | None:
    """What stands in a value at keys and indexes."""
    for key in path:
        if found is None:
            return None
        value = found.value
        if isinstance(value, list):
            found = value[int(key)] if key.isdecimal() and int(key) < len(value) else None
        else:
            found = found.mapping.get(key)
    return found


def _number(node: Node) -> int | float | None:
    return node.value if isinstance(node.value, int | float) and not isinstance(node.value, bool) else None


def _same(values: Sequence[Node]) -> Value:
    return values[0].value


def _concat(values: Sequence[Node]) -> Value:
    """`concat` and `flatten`; unknown parts stay in it as unknown elements."""
    made: list[Node] = []
    for value in values:
        for item in value.items:
            made += item.items if isinstance(item.value, list) else [item]
    return made


def _merge(values: Sequence[Node]) -> Value:
    if not all(isinstance(value.value, dict) for value in values):
        return UNKNOWN
    return {key: item for value in values for key, item in value.mapping.items()}


def _coalesce(values: Sequence[Node]) -> Value:
    return next((value.value for value in values if value.value is not None and value.value != ""), None)


def _lower(values: Sequence[Node]) -> Value:
    return values[0].text.lower() if isinstance(values[0].value, str) else UNKNOWN


def _upper(values: Sequence[Node]) -> Value:
    return values[0].text.upper() if isinstance(values[0].value, str) else UNKNOWN


def _lookup(values: Sequence[Node]) -> Value:
    if len(values) < 2 or not isinstance(values[0].value, dict) or not values[1].text:
        return UNKNOWN
    found = values[0].mapping.get(values[1].text)
    return found.value if found is not None else values[2].value if len(values) > 2 else UNKNOWN


def _element(values: Sequence[Node]) -> Value:
    items, index = values[0].value, _number(values[1]) if len(values) > 1 else None
    return items[int(index) % len(items)].value if isinstance(items, list) and items and index is not None else UNKNOWN


def _length(values: Sequence[Node]) -> Value:
    value = values[0].value
    return UNKNOWN if not isinstance(value, list | dict | str) or HOLE in values[0].text else len(value)


def _contains(values: Sequence[Node]) -> Value:
    if len(values) < 2 or not isinstance(values[0].value, list) or not values[1].is_known:
        return UNKNOWN
    if any(item.is_known and item.text == values[1].text for item in values[0].value):
        return True
    return False if all(item.is_known for item in values[0].value) else UNKNOWN


def _join(values: Sequence[Node]) -> Value:
    if len(values) < 2 or not values[0].is_known:
        return UNKNOWN
    parts = [item.text if item.is_known else HOLE for value in values[1:] for item in value.items]
    between = values[0].text
    size = sum(map(len, parts)) + len(between) * len(parts)
    return _bounded(between.join(parts)) if size <= MAX_TEXT else UNKNOWN


def _split(values: Sequence[Node]) -> Value:
    if len(values) < 2 or not values[0].text or not isinstance(values[1].value, str) or HOLE in values[1].text:
        return UNKNOWN
    place = values[1]
    return [Node(place.start, place.end, part) for part in place.text.split(values[0].text)[:_MAX_ITEMS]]


def _format(values: Sequence[Node]) -> Value:
    """`format` with `%s`, `%d`, `%v` and `%q`; another verb gives what is not known."""
    words, rest = values[0].text, list(values[1:])
    if "%" in _VERB.sub("", words) or len([verb for verb in _VERB.findall(words) if verb != "%%"]) != len(rest):
        return UNKNOWN

    def put(match: re.Match[str]) -> str:
        if match[0] == "%%":
            return "%"
        value = rest.pop(0)
        known = value.text if value.is_known and not isinstance(value.value, list | dict) else HOLE
        return f'"{known}"' if match[0] == "%q" else known

    return _bounded(_VERB.sub(put, words))


def _replace(values: Sequence[Node]) -> Value:
    if len(values) != 3 or not all(isinstance(value.value, str) for value in values):
        return UNKNOWN
    old = values[1].text
    if not old or (old.startswith("/") and old.endswith("/")):  # a pattern
        return UNKNOWN
    whole, new = values[0].text, values[2].text
    size = len(whole) + whole.count(old) * len(new)
    return _bounded(whole.replace(old, new)) if size <= MAX_TEXT else UNKNOWN


def _keys(values: Sequence[Node]) -> Value:
    if not isinstance(values[0].value, dict):
        return UNKNOWN
    return [Node(values[0].start, values[0].end, key) for key in sorted(values[0].value)]


def _values(values: Sequence[Node]) -> Value:
    return [values[0].value[key] for key in sorted(values[0].value)] if isinstance(values[0].value, dict) else UNKNOWN


def _bounded(text: str) -> Value:
    return text if len(text) <= MAX_TEXT and (text.strip(HOLE) or not text) else UNKNOWN


_SAME: Final = (
    *("jsonencode", "yamlencode", "base64encode", "toset", "tolist", "tomap", "sensitive", "nonsensitive", "tobool"),
    *("tostring", "tonumber", "trimspace", "try", "chomp", "distinct", "sort", "compact"),
)
_FUNCTIONS: Final[Mapping[str, Function]] = {
    **dict.fromkeys(_SAME, _same), "concat": _concat, "flatten": _concat, "merge": _merge, "coalesce": _coalesce,
    "lower": _lower, "upper": _upper, "lookup": _lookup, "element": _element, "length": _length,
    "contains": _contains, "join": _join, "split": _split, "format": _format, "replace": _replace, "keys": _keys,
    "values": _values,
}  # fmt: skip
