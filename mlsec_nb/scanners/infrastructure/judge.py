"""The checks of the tables over what a text was taken apart into."""

from collections.abc import Iterator

from mlsec_nb.scanners.tree import Node

from . import networks, policies
from .checks import Catalogue, Check, catalogue
from .items import Hit, Item, Mending, Parsed


def hits(parsed: Parsed, text: str) -> Iterator[Hit]:
    """Everything that is wrong, in the order of the items."""
    rules = catalogue()
    yield from parsed.hits
    for item in parsed.items:
        for check in rules.checks_of(item):
            yield from _checked(check, item, text)
        yield from policies.hits(item)
        yield from networks.hits(item)
    yield from _commands(parsed, rules)


def _checked(check: Check, item: Item, text: str) -> Iterator[Hit]:
    for node in item.node.find(check.each) if check.each else [item.node]:
        places: list[Node] = []
        for condition in check.conditions:
            is_met, value = condition.met(node)
            if not is_met:
                break
            places += [value] if value is not None else []
        else:
            start, end = (places[0].start, places[0].end) if places else item.head
            if places and isinstance(places[0].value, dict | list):
                end = start
            if not places and check.each:
                start, end = node.start, node.start
            yield Hit(check.rule.id, start, end, item.label, "", check.severity, _fix(check, node, places, text))
            if check.each:
                return


def _fix(check: Check, node: Node, places: list[Node], text: str) -> Mending | None:
    if check.replace is not None and places and not isinstance(places[0].value, dict | list):
        return f"write {check.replace}", ((places[0].start, places[0].end, check.replace),)
    if check.insert is not None and not places:
        return inserted(node, check.insert, text)
    return None


def inserted(node: Node, path: str, source: str) -> Mending | None:
    """A line put into a YAML mapping that is written in lines: `a.b: value` goes into `a`, which is made if need be."""
    keys, _, value = path.partition(": ")
    names = keys.split(".")
    while len(names) > 1 and (inner := node.get(names[0])) is not None:
        node, names = inner, names[1:]
    if not node.block or not node.keys:
        return None
    start, _ = min(node.keys.values())
    indent = " " * (start - source.rfind("\n", 0, start) - 1)
    lines = [f"{'  ' * depth}{name}:" for depth, name in enumerate(names)]
    text = f"\n{indent}".join(lines) + f" {value}\n{indent}"
    return f"add {keys}: {value}", ((start, start, text),)


def _commands(parsed: Parsed, rules: Catalogue) -> Iterator[Hit]:
    for label, command in parsed.commands:
        for check in rules.checks_on(command):
            place = check.met(command, parsed.dialect)
            if place is not None:
                yield Hit(check.rule.id, *place, label, "", check.severity)
