"""Versions of the package managers of languages."""

import re
from functools import cmp_to_key
from itertools import zip_longest
from typing import Any, Final

from packaging.version import InvalidVersion, Version

_SEMVER: Final = re.compile(
    r"[vV=\s]*(?P<numbers>\d+(?:\.\d+)*)(?:-?(?P<pre>[0-9A-Za-z][0-9A-Za-z.-]*))?(?:\+[0-9A-Za-z.-]*)?\Z"
)
_MAVEN: Final = re.compile(r"([.-])|(\d+)|([^\d.-]+)")
_QUALIFIERS: Final = ("alpha", "beta", "milestone", "rc", "snapshot", "", "sp")
_SAME: Final = {"ga": "", "final": "", "release": "", "cr": "rc"}
_SHORT: Final = {"a": "alpha", "b": "beta", "m": "milestone"}
_FINAL: Final = _QUALIFIERS.index("")


def pypi(version: str) -> tuple[int, Any]:
    """PEP 440; what is older than it sorts below everything."""
    try:
        return 1, Version(version)
    except InvalidVersion:
        return 0, version


def semver(version: str) -> tuple[tuple[int, ...], int, tuple[tuple[int, int, str], ...]]:
    """https://semver.org/#spec-item-11; the build is of no weight, missing numbers are zeros."""
    found = _SEMVER.match(version)
    if not found:
        return (-1,), 0, ((1, 0, version),)
    numbers = [int(number) for number in found["numbers"].split(".")]
    numbers += [0] * (3 - len(numbers))
    while len(numbers) > 3 and numbers[-1] == 0:
        numbers.pop()
    pre = (found["pre"] or "").split(".") if found["pre"] else []
    words = tuple((0, int(word), "") if word.isdecimal() else (1, 0, word) for word in pre)
    return tuple(numbers), int(not words), words


Item = tuple[Any, ...]  # (kind, value): 0 a qualifier, 1 a list, 2 a number


def _maven_items(version: str) -> list[Any]:
    """Maven's tree: `-` and a change between digits and letters open a list; empty endings are dropped."""
    root: list[Any] = []
    stack = [root]
    current = root
    tokens = _MAVEN.findall(version.lower())
    was_separator, previous = True, ""
    for index, (separator, digits, letters) in enumerate(tokens):
        if separator:
            if was_separator and previous != "start":
                current.append(0)
            if separator == "-":
                current = _opened(current, stack)
            was_separator, previous = True, separator
            continue
        if previous in {"digits", "letters"}:
            current = _opened(current, stack)
        if digits:
            current.append(int(digits))
        else:
            follows = index + 1 < len(tokens) and tokens[index + 1][1]
            word = _SHORT.get(letters, letters) if follows else letters
            current.append(_SAME.get(word, word))
        was_separator, previous = False, "digits" if digits else "letters"
    for made in reversed(stack):
        _normalize(made)
    return root


def _opened(current: list[Any], stack: list[list[Any]]) -> list[Any]:
    opened: list[Any] = []
    current.append(opened)
    stack.append(opened)
    return opened


def _is_empty(item: Any) -> bool:
    return item in (0, "", [])


def _normalize(items: list[Any]) -> None:
    """Takes empty items from the end, and from before a list at the end."""
    for index in range(len(items) - 1, -1, -1):
        if _is_empty(items[index]):
            del items[index]
        elif not isinstance(items[index], list):
            break


def _maven_rank(item: Any) -> tuple[int, str]:
    return (_QUALIFIERS.index(item), "") if item in _QUALIFIERS else (len(_QUALIFIERS), item)


def _kind(item: Any) -> int:
    return 2 if isinstance(item, int) else 1 if isinstance(item, list) else 0


def _maven_compare(a: Any, b: Any) -> int:
    if a is None:
        return -_maven_compare(b, None) if b is not None else 0
    if b is None:
        return _maven_against_nothing(a)
    if _kind(a) != _kind(b):
        return -1 if _kind(a) < _kind(b) else 1
    if isinstance(a, list):
        return next((told for x, y in zip_longest(a, b) if (told := _maven_compare(x, y))), 0)
    x: Any = a if isinstance(a, int) else _maven_rank(a)
    y: Any = b if isinstance(b, int) else _maven_rank(b)
    return int(x > y) - int(x < y)


def _maven_against_nothing(a: Any) -> int:
    if isinstance(a, int):
        return int(a > 0)
    if isinstance(a, list):
        return next((told for item in a if (told := _maven_compare(item, None))), 0)
    rank = _maven_rank(a)
    return (rank > (_FINAL, "")) - (rank < (_FINAL, ""))


_maven_key = cmp_to_key(_maven_compare)


def maven(version: str) -> Any:
    """https://maven.apache.org/pom.html#version-order-specification."""
    return _maven_key(_maven_items(version))


def _conda_parts(text: str) -> list[list[Any]]:
    """Components at `.`, `_` and `-`; in each, numbers and words in turn, beginning with a number."""
    components = re.split(r"[._-]", text.removesuffix("_"))
    if text.endswith("_"):  # openssl's 1.0.1_ is before 1.0.1a
        components[-1] += "_"
    return [_conda_component(component) for component in components]


def _conda_component(component: str) -> list[Any]:
    tokens = re.findall(r"\d+|[^\d]+", component)
    words = [int(token) if token.isdecimal() else _CONDA_WORDS.get(token, token) for token in tokens]
    return words if tokens and tokens[0].isdecimal() else [0, *words]


_CONDA_WORDS: Final[dict[str, Any]] = {"post": float("inf"), "dev": "DEV"}


def _conda_word(a: Any, b: Any) -> int:
    """Words are below numbers; `dev`, written large, is below all words."""
    if isinstance(a, str) != isinstance(b, str):
        return -1 if isinstance(a, str) else 1
    return int(a > b) - int(a < b)


def _conda_compare(left: tuple[Any, ...], right: tuple[Any, ...]) -> int:
    for a, b in zip(left, right, strict=True):
        if isinstance(a, int):
            if told := int(a > b) - int(a < b):
                return told
            continue
        for x, y in zip_longest(a, b, fillvalue=[0]):
            if told := next((told for m, n in zip_longest(x, y, fillvalue=0) if (told := _conda_word(m, n))), 0):
                return told
    return 0


_conda_key = cmp_to_key(_conda_compare)


def conda(version: str) -> Any:
    """https://docs.conda.io/projects/conda/en/stable/dev-guide/api/conda/models/version/index.html, `VersionOrder`."""
    text = version.lower()
    epoch, mark, rest = text.partition("!")
    if not mark or not epoch.isdecimal():
        epoch, rest = "0", text
    public, _, local = rest.partition("+")
    return _conda_key((int(epoch), _conda_parts(public), _conda_parts(local) if local else []))
