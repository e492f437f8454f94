"""Docker Compose: services and what they get of the machine. https://docs.docker.com/reference/compose-file/."""

import re
from collections.abc import Iterator
from typing import Final

from mlsec_nb.scanners.tree import Node

from .commands import Command, of_list, of_script
from .images import untagged
from .items import Hit, Item, Parsed
from .scripts import placed

DIALECT: Final = "compose"
_PORT = re.compile(r"(?:(?P<address>\d+\.[\d.]+|\[[^\]]*\]):)?(?:(?P<host>[\d-]+):)?(?P<inner>\d+)(?:-\d+)?(?:/tcp)?\Z")
_WORDS: Final = re.compile(r"jupyter|mlflow|tensorboard|\bray\b|rayproject|dask|torchserve|airflow|label-?studio|minio")


def is_compose(root: Node) -> bool:
    services = root.mapping.get("services")
    keys = {key for service in (services.mapping.values() if services else ()) for key in service.mapping}
    return bool(keys & {"image", "build", "extends"})


def parse(root: Node) -> Parsed:
    """The services of a file taken apart."""
    parsed = Parsed(DIALECT)
    services = root.mapping["services"]
    for name, service in services.mapping.items():
        head = services.keys.get(name, (service.start, service.start))
        label = f"service {name}"
        item = Item("compose.service", label, service, head)
        parsed.items.append(item)
        image = service.get("image")
        if image is not None and untagged(image.text) and service.get("build") is None:
            parsed.hits.append(Hit("IAC-IMAGE-TAG", image.start, image.end, label))
        parsed.hits.extend(_volumes(service, label))
        parsed.hits.extend(_ports(name, service, label))
        for key in ("command", "entrypoint"):
            parsed.commands += [(label, command) for command in _commands(service.get(key))]
    return parsed


def _commands(node: Node | None) -> list[Command]:
    if node is None:
        return []
    return of_list(node.items) if isinstance(node.value, list) else placed(of_script(node.text), node)


def _volumes(service: Node, label: str) -> Iterator[Hit]:
    for volume in service.find("volumes"):
        source = volume.get("source") or volume
        path = source.text.partition(":")[0]
        if path.rstrip("/") in {"/var/run/docker.sock", "/run/docker.sock", "/var/run/containerd/containerd.sock"}:
            yield Hit("IAC-COMPOSE-SOCKET", source.start, source.end, label)
        elif path in {"/", "/etc", "/etc/", "/root", "/proc", "/sys", "/boot", "/var/lib/docker"}:
            yield Hit("IAC-COMPOSE-HOST-PATH", source.start, source.end, label)


def _ports(name: str, service: Node, label: str) -> Iterator[Hit]:
    """A control plane or store without login that is published on every address of the machine."""
    image = service.get("image")
    words = f"{name} {image.text if image else ''} {' '.join(word.text for word in service.find('command'))}".lower()
    known = _WORDS.search(words)
    for port in service.find("ports") if known else ():
        published, address = port.get("published"), port.get("host_ip")
        match = _PORT.match(port.text) if not port.mapping else None
        is_open = (match and match["host"] and not match["address"]) or (
            match and match["address"] in {"0.0.0.0", "[::]"}  # noqa: S104 - what is looked for
        )
        if is_open or (published is not None and address is None):
            yield Hit("IAC-COMPOSE-OPEN-PLANE", port.start, port.end, label)
            return
