"""Kubernetes objects, those of KServe, Ray, Argo and Kubeflow too: any mapping with containers is a pod."""

from collections.abc import Iterator, Sequence
from typing import Final

from mlsec_nb.scanners.tree import Node, walk

from .commands import Command, of_list, of_script
from .images import untagged
from .items import Hit, Item, Parsed
from .scripts import placed

DIALECT: Final = "kubernetes"
_LISTS: Final = ("containers", "initContainers", "ephemeralContainers", "sidecars")
_SINGLE: Final = ("container", "script")  # of a template of Argo Workflows
_MODELS: Final = frozenset({"storageUri", "storage_uri", "modelUri", "model_uri"})
# Ports of what has no login of its own, or one that is off by default.
_PLANES: Final = {
    8888: "Jupyter", 5000: "MLflow", 6006: "TensorBoard", 8265: "the Ray dashboard", 10001: "the Ray client",
    8787: "the Dask dashboard", 8786: "the Dask scheduler", 8081: "the management API of TorchServe",
}  # fmt: skip
_WORDS: Final = ("jupyter", "notebook", "mlflow", "tensorboard", "ray", "dask", "torchserve")


def is_object(root: Node) -> bool:
    return bool(root.mapping.get("apiVersion")) and bool(root.mapping.get("kind"))


def parse(roots: Sequence[Node]) -> Parsed:
    """The objects of a file, those in lists too, taken apart."""
    parsed = Parsed(DIALECT)
    for root in roots:
        listed = root.get("items") if (kind := root.get("kind")) and kind.text.endswith("List") else None
        for thing in listed.items if listed else [root]:
            if is_object(thing):
                add(thing, parsed)
    return parsed


def add(root: Node, parsed: Parsed, label: str = "") -> None:
    """An object taken apart, under the name that it has for a reader."""
    kind, name = root.mapping["kind"], root.first("metadata.name")
    label = label or f"{kind.text} {name.text if name else ''}".strip()
    head = (kind.start, kind.end)
    whole = Item("k8s.object", label, root, head)
    parsed.items += [whole, Item(f"k8s.{kind.text}", label, root, head)]
    seen: set[int] = set()
    for _, node in walk(root):
        if not node.mapping or id(node) in seen:
            continue
        seen.add(id(node))
        found = list(_containers(node))
        if found:
            _pod(node, found, Item("k8s.pod", label, node, _pod_head(node, head), whole), parsed)
        parsed.items += [Item("k8s.model", label, value, (value.start, value.end), whole)
                         for key, value in node.mapping.items() if key in _MODELS and value.text]  # fmt: skip
    if kind.text == "Service":
        parsed.hits.extend(_service(root, label))


def _containers(node: Node) -> Iterator[Node]:
    for key in _LISTS:
        listed = node.get(key)
        if listed is not None and isinstance(listed.value, list):
            yield from (item for item in listed.value if _is_container(item))
    for key in _SINGLE:
        single = node.get(key)
        if single is not None and single.get("image") is not None:
            yield single


def _is_container(node: Node) -> bool:
    return bool(node.mapping) and (node.get("image") is not None or node.get("name") is not None)


def _pod_head(node: Node, default: tuple[int, int]) -> tuple[int, int]:
    return next((node.keys[key] for key in (*_LISTS, *_SINGLE) if key in node.keys), default)


def _pod(node: Node, found: Sequence[Node], pod: Item, parsed: Parsed) -> None:
    parsed.items.append(pod)
    for container in found:
        name = container.first("name") or container.first("image")
        head = (name.start, name.end) if name else (container.start, container.start + 1)
        label = f"{name.text if name else 'a container'} in {pod.label}"
        item = Item("k8s.container", label, container, head, pod)
        parsed.items.append(item)
        parsed.hits.extend(_root(item, node))
        image = container.first("image")
        if image is not None and image.text and untagged(image.text):
            parsed.hits.append(Hit("IAC-IMAGE-TAG", image.start, image.end, label))
        parsed.commands += [(label, command) for command in commands_of(container)]


def commands_of(container: Node) -> list[Command]:
    """What a container runs: command and arguments together, or the script of an Argo template."""
    words = [word for key in ("command", "args") if container.get(key) for word in container.find(key)]
    found = of_list([word for word in words if word.text])
    source = container.first("source")
    if source is not None and source.text:
        found += placed(of_script(source.text), source)
    return found


def _root(item: Item, pod: Node) -> Iterator[Hit]:
    """Whether a container may run as root; its own word is above that of its pod."""
    own, outer = item.node.get("securityContext"), pod.get("securityContext")
    said = [(context.get("runAsUser"), context.get("runAsNonRoot")) for context in (own, outer) if context is not None]
    user = next((user for user, _ in said if user is not None), None)
    non_root = next((flag for _, flag in said if flag is not None), None)
    if user is not None and user.value == 0:
        yield Hit("IAC-K8S-ROOT", user.start, user.end, item.label)
    elif non_root is not None and non_root.value is False and (user is None or not user.is_known):
        yield Hit("IAC-K8S-ROOT", non_root.start, non_root.end, item.label)
    elif user is None and non_root is None:
        yield Hit("IAC-K8S-MAY-BE-ROOT", *item.head, item.label)


def _service(root: Node, label: str) -> Iterator[Hit]:
    """A control plane that a service opens to the world or to the network of the nodes."""
    kind = root.first("spec.type")
    if kind is None or kind.text not in {"LoadBalancer", "NodePort"}:
        return
    if root.find("spec.loadBalancerSourceRanges") or any("internal" in key for key in _annotations(root)):
        return
    words = " ".join([label, *(value.text for value in root.find("spec.selector.*"))]).lower()
    for port in root.find("spec.ports"):
        numbers = {node.value for key in ("port", "targetPort") if (node := port.get(key)) is not None}
        plane = next((name for number, name in _PLANES.items() if number in numbers), None)
        is_sure = plane and (
            not numbers.isdisjoint({8888, 8265, 10001, 6006, 8787, 8786}) or any(w in words for w in _WORDS)
        )
        place = port.get("port") or port
        if is_sure:
            yield Hit("IAC-K8S-OPEN-PLANE", place.start, place.end, label,
                      f"{plane} is opened to everybody who reaches a {kind.text}")  # fmt: skip
            return


def _annotations(root: Node) -> list[str]:
    found = root.first("metadata.annotations")
    return list(found.mapping) if found else []
