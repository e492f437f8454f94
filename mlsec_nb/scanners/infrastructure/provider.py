"""Kubernetes objects that are written as Terraform: blocks and words_with_underscores become the object they make.

Schema: https://registry.terraform.io/providers/hashicorp/kubernetes/latest/docs.
"""

import re
from collections.abc import Iterator
from typing import Final

from mlsec_nb.core import CannotScan
from mlsec_nb.scanners.tree import Node
from mlsec_nb.scanners.yaml_tree import documents

from .hcl import Budget, moved
from .items import Item
from .kubernetes import is_object

_TYPE: Final = re.compile(r"kubernetes_(?P<kind>[a-z_]+?)(?:_v\d\w*)?\Z")
_MANIFESTS: Final = frozenset({"kubernetes_manifest", "kubectl_manifest"})
_KINDS: Final = {"daemonset": "DaemonSet", "api_service": "APIService"}
# Blocks that may stand more than once, under the names that the object has for them.
_LISTS: Final = {
    "container": "containers", "init_container": "initContainers", "volume": "volumes", "volume_mount": "volumeMounts",
    "env": "env", "env_from": "envFrom", "port": "ports", "subject": "subjects", "rule": "rules",
    "toleration": "tolerations", "image_pull_secrets": "imagePullSecrets", "host_aliases": "hostAliases",
    "volume_claim_template": "volumeClaimTemplates",
}  # fmt: skip
_MAX_DEPTH: Final = 30


def objects(item: Item) -> Iterator[Node]:
    """The Kubernetes objects that a resource makes."""
    if item.type in _MANIFESTS:
        for found in item.node.find("manifest"):
            yield from [found] if is_object(found) else []
        for text in item.node.find("yaml_body"):
            yield from _of_text(text)
    elif match := _TYPE.match(item.type):
        kind = _KINDS.get(match["kind"]) or "".join(word.title() for word in match["kind"].split("_"))
        thing = _object(item.node, 0)
        start, end = item.head
        said = {"apiVersion": Node(start, end, "v1"), "kind": Node(start, end, kind)}
        yield Node(thing.start, thing.end, {**said, **thing.mapping}, thing.keys)


def _of_text(text: Node) -> Iterator[Node]:
    try:
        roots = documents(text.text) if text.text else []
    except CannotScan:
        return
    yield from (moved(root, text.start, text.end, Budget()) for root in roots if is_object(root))


def _object(node: Node, depth: int) -> Node:
    """A block as the object that it makes; what is an attribute (labels, limits) keeps its keys."""
    if depth > _MAX_DEPTH:
        return node
    entries: dict[str, Node] = {}
    keys: dict[str, tuple[int, int]] = {}
    for name, value in node.mapping.items():
        is_block = isinstance(value.value, list) and all(item.mapping for item in value.value)
        key = (_LISTS.get(name) if is_block else None) or _camel(name)
        if not isinstance(value.value, list) or not is_block or not value.value:
            entries[key] = value
        elif name in _LISTS:
            entries[key] = Node(value.start, value.end, [_object(item, depth + 1) for item in value.value])
        else:
            entries[key] = _object(value.value[0], depth + 1)
        if name in node.keys:
            keys[key] = node.keys[name]
    return Node(node.start, node.end, entries, keys)


def _camel(name: str) -> str:
    """`run_as_user` → `runAsUser`, `host_ipc` → `hostIPC`."""
    first, *rest = name.split("_")
    return first + "".join({"ip": "IP", "ipc": "IPC", "pid": "PID"}.get(word, word.title()) for word in rest)
