"""A rule's edit as an exact replacement in the text of one call."""

import ast
import re

from mlsec_nb.core import Edit, Fix

from .rules import Edits
from .source import Source


def fix(edits: Edits, source: Source, node: ast.AST | None) -> Fix | None:
    """The Fix of one call, or None where the text does not allow an exact edit."""
    if not isinstance(node, ast.Call):
        return None
    found = _renamed(edits, source, node) if edits.rename else _set(edits, source, node)
    return None if found is None else Fix(title=edits.title, edits=found)


def _renamed(edits: Edits, source: Source, node: ast.Call) -> tuple[Edit, ...] | None:
    """`yaml.load(x, Loader=…)` → `yaml.safe_load(x)`; only where the call names the function by an attribute."""
    func = node.func
    if not isinstance(func, ast.Attribute) or edits.rename is None:
        return None
    _, end = source.span(func)
    start = end - len(func.attr)
    if source.python[start:end] != func.attr:
        return None
    changes = [Edit(source.at(start, end), edits.rename)]
    loader = next((item for item in node.keywords if item.arg == "Loader"), None)
    argument: ast.AST | None = loader
    if loader is None and edits.rename == "safe_load" and len(node.args) > 1:
        argument = node.args[1]
    if argument is not None:
        changes.append(_removed(source, argument))
    return tuple(changes)


def _removed(source: Source, argument: ast.AST) -> Edit:
    """Takes an argument out, with the comma before it."""
    start, end = source.span(argument)
    comma = re.search(r",\s*\Z", source.python[:start])
    return Edit(source.at(comma.start() if comma else start, end), "")


def _set(edits: Edits, source: Source, node: ast.Call) -> tuple[Edit, ...] | None:
    """Sets a keyword argument: replaces its value, or puts it behind the last argument."""
    value = edits.value or "None"
    for keyword in node.keywords:
        if keyword.arg == edits.argument:
            return (Edit(source.at(*source.span(keyword.value)), value),)
        if keyword.arg is None:
            return None
    if edits.position is not None and edits.position < len(node.args):
        return (Edit(source.at(*source.span(node.args[edits.position])), value),)
    if any(isinstance(item, ast.Starred) for item in node.args):
        return None
    _, end = source.span(node)
    if source.python[end - 1 : end] != ")":
        return None
    _, inner = source.span(node.func)
    before = source.python[inner : end - 1].rstrip()
    lead = "" if before == "(" or before.endswith(",") else ", "
    at = inner + len(before)
    if "#" in source.python[source.python.rfind("\n", 0, at) + 1 : at]:
        return None
    lead = " " if before.endswith(",") else lead
    place = source.at(at, at)
    return (Edit(place, f"{lead}{edits.argument}={value}"),)
