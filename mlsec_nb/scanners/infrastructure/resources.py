"""The resources, data and settings that blocks of Terraform make, and what machines run when they start."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

from mlsec_nb.scanners.tree import Node

from . import kubernetes, provider
from .commands import of_script
from .hcl import Block, Reader, Scope, Source, attributes, repeats
from .items import Item, Parsed
from .scripts import placed

DIALECT: Final = "terraform"
_SETTINGS: Final = frozenset({"terraform", "provider", "module"})
_SCRIPTS: Final = (
    *("user_data", "user_data_base64", "startup_script", "metadata_startup_script", "custom_data", "on_create"),
    *("on_start", "metadata.startup-script", "provisioner.inline"),
)
_BLOCK: Final = "aws_s3_bucket_public_access_block"
_SWITCHES: Final = (
    ("ignore_public_acls", "IAC-S3-PUBLIC-ACL"),
    ("restrict_public_buckets", "IAC-S3-PUBLIC-POLICY"),
)


def parsed_of(blocks: Sequence[Block], scope: Scope, beside: Sequence[Block]) -> Iterator[tuple[Parsed, Source]]:
    """What blocks make, text by text; `beside` are those that may make it harmless."""
    sources = {id(block.source): block.source for block in blocks}
    shields = [item for block in beside if block.labels[:1] == (_BLOCK,) for item in items(block, scope)]
    for source in sources.values():
        found = [item for block in blocks if block.source is source for item in items(block, scope)]
        yield from ((parsed, source) for parsed in dressed(found, shields))


def dressed(found: list[Item], shields: Sequence[Item] = ()) -> Iterator[Parsed]:
    """The items with their scripts; those that are Kubernetes objects once more as what they are."""
    parsed = Parsed(DIALECT, found)
    _scripts(parsed)
    parsed.covered = _covered([*found, *shields])
    yield parsed
    cluster = Parsed(kubernetes.DIALECT)
    for item in found:
        for thing in provider.objects(item):
            kubernetes.add(thing, cluster, item.label)
    if cluster.items:
        yield cluster


def items(block: Block, scope: Scope) -> Iterator[Item]:
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


def _covered(found: Sequence[Item]) -> frozenset[tuple[str, str]]:
    """Rules that do not hold for a bucket, by label, because its public access block stands before it."""
    shields = {
        word: item.node
        for item in found
        if item.type == _BLOCK and (bucket := item.node.get("bucket")) is not None
        for word in re.findall(r"aws_s3_bucket\.\w+", bucket.raw)
    }
    covered = set()
    for item in found:
        named = item.label if item.type == "aws_s3_bucket" else ""
        if (
            item.type in {"aws_s3_bucket_acl", "aws_s3_bucket_policy"}
            and (bucket := item.node.get("bucket")) is not None
        ):
            named = next(iter(re.findall(r"aws_s3_bucket\.\w+", bucket.raw)), "")
        shield = shields.get(named)
        for switch, rule in _SWITCHES:
            if shield is not None and (value := shield.get(switch)) is not None and value.value is True:
                covered.add((rule, item.label))
    return frozenset(covered)


def _scripts(parsed: Parsed) -> None:
    for item in parsed.items:
        for path in _SCRIPTS:
            for script in item.node.find(path):
                if isinstance(script.value, str) and len(script.value) > 10:
                    parsed.commands += [(item.label, command) for command in placed(of_script(script.text), script)]
