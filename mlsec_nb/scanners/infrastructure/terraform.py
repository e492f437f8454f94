"""Terraform and OpenTofu: resources, data and settings of a file, with what its folder says of variables and locals.

Language: https://developer.hashicorp.com/terraform/language; plans: https://developer.hashicorp.com/terraform/internals/json-format.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from mlsec_nb.core import CannotRead
from mlsec_nb.io.files import LocalFile
from mlsec_nb.scanners.tree import Node

from .commands import of_script
from .hcl import Block, Reader, Scope, Source, attributes, blocks, repeats
from .items import Item, Parsed
from .scripts import placed

DIALECT: Final = "terraform"
MAX_FILES: Final = 200  # of one folder
MAX_FILE: Final = 1 << 20  # bytes of one file beside the one that is read
_SETTINGS: Final = frozenset({"terraform", "provider", "module"})
_SCRIPTS: Final = (
    *("user_data", "user_data_base64", "startup_script", "metadata_startup_script", "custom_data", "on_create"),
    *("on_start", "metadata.startup-script", "provisioner.inline"),
)


@dataclass
class _Module:
    """What the files of one folder define for each other."""

    variables: dict[str, Node] = field(default_factory=dict)
    locals: dict[str, tuple[Source, Any]] = field(default_factory=dict)


def parse(text: str, folder: Path | None) -> Parsed:
    """The resources of a file."""
    source = Source(text)
    parsed = Parsed(DIALECT)
    if source.broken is not None:
        reason = f"has a syntax error in line {source.broken}; what follows it may have been misread"
        parsed.gaps.append((reason, "malformed"))
    module = _Module()
    if folder is not None:
        beside = _folder(str(folder), _stamp(folder))
        module = _Module(dict(beside.variables), dict(beside.locals))
    _define(module, source, given=False)
    scope = Scope(module.variables, module.locals)
    for block in blocks(source, _body(source)):
        parsed.items += _items(block, scope)
    _scripts(parsed)
    parsed.covered = _covered(parsed.items)
    return parsed


def _covered(items: list[Item]) -> frozenset[tuple[str, str]]:
    """Rules that do not hold for a bucket, by label, because its public access block stands before it."""
    blocks_ = {
        word: item.node
        for item in items
        if item.type == "aws_s3_bucket_public_access_block" and (bucket := item.node.get("bucket")) is not None
        for word in re.findall(r"aws_s3_bucket\.\w+", bucket.raw)
    }
    found = set()
    for item in items:
        named = item.label if item.type == "aws_s3_bucket" else ""
        if (
            item.type in {"aws_s3_bucket_acl", "aws_s3_bucket_policy"}
            and (bucket := item.node.get("bucket")) is not None
        ):
            named = next(iter(re.findall(r"aws_s3_bucket\.\w+", bucket.raw)), "")
        block = blocks_.get(named)
        for switch, rule in (
            ("ignore_public_acls", "IAC-S3-PUBLIC-ACL"),
            ("restrict_public_buckets", "IAC-S3-PUBLIC-POLICY"),
        ):
            if block is not None and (value := block.get(switch)) is not None and value.value is True:
                found.add((rule, item.label))
    return frozenset(found)


def _body(source: Source) -> Any:
    return next((child for child in source.root.named_children if child.type == "body"), None)


def _define(module: _Module, source: Source, *, given: bool) -> None:
    """Variables with their defaults (or, in a file of `given` values, these) and locals."""
    reader = Reader(source)
    if given:
        module.variables.update({name: reader.value(found) for name, _, found in attributes(source, _body(source))})
        return
    for block in blocks(source, _body(source)):
        if block.type == "variable" and block.labels and block.labels[0] not in module.variables:
            default = next((found for name, _, found in attributes(source, block.body) if name == "default"), None)
            if default is not None:
                module.variables[block.labels[0]] = reader.value(default)
        elif block.type == "locals":
            module.locals.update({name: (source, found) for name, _, found in attributes(source, block.body)})


def _stamp(folder: Path) -> tuple[tuple[str, int, int], ...]:
    """The files of a folder that define something, so that a change of them is seen."""
    try:
        found = sorted(path for path in folder.iterdir() if path.suffix in {".tf", ".tofu", ".tfvars"})[:MAX_FILES]
        return tuple((path.name, path.stat().st_size, path.stat().st_mtime_ns) for path in found)
    except OSError:
        return ()


@lru_cache(maxsize=64)
def _folder(folder: str, stamp: tuple[tuple[str, int, int], ...]) -> _Module:
    module = _Module()
    # Given values first: a default never replaces what is there.
    names = sorted((name for name, size, _ in stamp if size <= MAX_FILE), key=lambda name: not name.endswith(".tfvars"))
    for name in names:
        if name.endswith(".tfvars") and not (name == "terraform.tfvars" or name.endswith(".auto.tfvars")):
            continue
        try:
            text = LocalFile(str(Path(folder) / name)).read(MAX_FILE).decode("utf-8", "replace")
        except CannotRead:
            continue
        _define(module, Source(text), given=name.endswith(".tfvars"))
    return module


def _items(block: Block, scope: Scope) -> Iterator[Item]:
    """A resource once, or once for each of what it is repeated for; none when it is made zero times."""
    given = {name: found for name, _, found in attributes(block.source, block.body)}
    reader = Reader(block.source, scope)
    if "count" in given and reader.value(given["count"]).value == 0:
        return
    copies: list[Mapping[str, Node]] = [{}]
    if "for_each" in given:
        copies = [
            {"each": Node(0, 0, {"key": key, "value": value})}
            for key, value in repeats(reader.value(given["for_each"]))
        ]
    for names in copies:
        node = Reader(block.source, replace(scope, names=names)).body(block.body)
        yield from _named(block, node)


def _named(block: Block, node: Node) -> Iterator[Item]:
    label = ".".join(block.labels)
    if block.type == "resource" and len(block.labels) == 2:
        yield Item(block.labels[0], label, node, block.head)
    elif block.type in {"data", "ephemeral"} and len(block.labels) == 2:
        yield Item(f"data.{block.labels[0]}", f"data.{label}", node, block.head)
    elif block.type in _SETTINGS:
        yield Item(f"tf.{block.type}", f"{block.type} {label}".strip(), node, block.head)
        for backend in node.find("backend"):
            yield Item("tf.backend", "the state's backend", backend, (backend.start, backend.start + len("backend")))


def _scripts(parsed: Parsed) -> None:
    """Scripts that machines run when they start."""
    for item in parsed.items:
        for path in _SCRIPTS:
            for script in item.node.find(path):
                if isinstance(script.value, str) and len(script.value) > 10:
                    parsed.commands += [(item.label, command) for command in placed(of_script(script.text), script)]


def of_json(root: Node) -> Parsed:
    """A `.tf.json` file: the same blocks, written as objects."""
    parsed = Parsed(DIALECT)
    for kind, prefix in (("resource", ""), ("data", "data.")):
        for table in root.find(kind):
            for type_, named in table.mapping.items():
                for name, node in named.mapping.items():
                    head = named.keys.get(name, (named.start, named.start))
                    parsed.items += [Item(prefix + type_, f"{prefix}{type_}.{name}", item, head) for item in node.items]
    _scripts(parsed)
    return parsed


def is_plan(root: Node) -> bool:
    return "planned_values" in root.mapping and "terraform_version" in root.mapping


def of_plan(root: Node) -> Parsed:
    """The resources that a plan would leave behind, those of its modules too."""
    parsed = Parsed(DIALECT)
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
                parsed.items.append(Item(prefix + kind.text, address.text if address else kind.text, values, head))
    _scripts(parsed)
    return parsed
