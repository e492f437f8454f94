"""Terraform and OpenTofu: resources, data and settings of a file, with what its folder says of variables and locals.

Language: https://developer.hashicorp.com/terraform/language; plans: https://developer.hashicorp.com/terraform/internals/json-format.
"""

from collections.abc import Iterator
from pathlib import Path

from mlsec_nb.scanners.tree import Node

from .folders import copied, folder_of
from .hcl import Source
from .items import Item, Parsed
from .modules import MAX_CALLS, Module, followed
from .resources import DIALECT, dressed, parsed_of


def parse(text: str, folder: Path | None) -> Iterator[Parsed]:
    """The resources of a file, and what is wrong in the modules that it calls."""
    source = Source(text)
    whole = Parsed(DIALECT)
    if source.broken is not None:
        reason = f"has a syntax error in line {source.broken}; what follows it may have been misread"
        whole.gaps.append((reason, "malformed"))
    content = copied(folder_of(folder))
    blocks = content.take(source)
    module = Module(folder, content, content.given, [MAX_CALLS])
    yield whole
    yield from (parsed for parsed, _ in parsed_of(blocks, module.scope, content.blocks))
    called = Parsed(DIALECT)
    followed(module, blocks, called)
    yield called


def of_json(root: Node) -> Iterator[Parsed]:
    """A `.tf.json` file: the same blocks, written as objects."""
    found = []
    for kind, prefix in (("resource", ""), ("data", "data.")):
        for table in root.find(kind):
            for type_, named in table.mapping.items():
                for name, node in named.mapping.items():
                    head = named.keys.get(name, (named.start, named.start))
                    found += [Item(prefix + type_, f"{prefix}{type_}.{name}", item, head) for item in node.items]
    yield from dressed(found)


def is_plan(root: Node) -> bool:
    return "planned_values" in root.mapping and "terraform_version" in root.mapping


def of_plan(root: Node) -> Iterator[Parsed]:
    """The resources that a plan would leave behind, those of its modules too."""
    found = []
    waiting = [*root.find("planned_values.root_module")]
    for _ in range(10_000):
        if not waiting:
            break
        module = waiting.pop(0)
        waiting += module.find("child_modules")
        for thing in module.find("resources"):
            kind, values, address = thing.get("type"), thing.get("values"), thing.get("address")
            if kind is not None and values is not None:
                prefix = "data." if (mode := thing.get("mode")) is not None and mode.text == "data" else ""
                head = (address.start, address.end) if address else (kind.start, kind.end)
                found.append(Item(prefix + kind.text, address.text if address else kind.text, values, head))
    yield from dressed(found)
