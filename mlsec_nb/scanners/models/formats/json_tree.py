"""JSON as pairs: a key that stands twice is kept twice, because readers differ in which one they take."""

import json
from collections.abc import Iterator
from typing import Any

MAX_NODES = 2_000_000
MAX_STRINGS = 10_000


class Object(list[tuple[str, Any]]):
    """A JSON object as its pairs."""

    def get(self, key: str) -> Any:
        """The last value under a key, as most readers take it."""
        return next((value for name, value in reversed(self) if name == key), None)


def get(value: Any, key: str) -> Any:
    """The value under a key of an object, None of anything else."""
    return value.get(key) if isinstance(value, Object) else None


def parse(text: str) -> Any:
    """Raises ValueError (RecursionError for absurd nesting)."""
    return json.loads(text, object_pairs_hook=Object)


def objects(document: Any) -> Iterator[Object]:
    """Every object of a document, outermost first."""
    todo = [document]
    for _ in range(MAX_NODES):
        if not todo:
            return
        node = todo.pop()
        if isinstance(node, Object):
            yield node
            todo += [value for _, value in reversed(node)]
        elif isinstance(node, list):
            todo += reversed(node)


def strings(value: Any) -> Iterator[str]:
    """All texts in a value."""
    todo = [value]
    for _ in range(MAX_STRINGS):
        if not todo:
            return
        node = todo.pop()
        if isinstance(node, str):
            yield node
        elif isinstance(node, Object):
            todo += [item for _, item in reversed(node)]
        elif isinstance(node, list):
            todo += reversed(node)
