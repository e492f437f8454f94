"""Ports that firewalls of clouds open to the world."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from mlsec_nb.scanners.tree import Node

from .items import Hit, Item

_WORLD: Final = frozenset({"0.0.0.0/0", "::/0", "*", "internet", "any", "0.0.0.0", "::0"})  # noqa: S104 - what is looked for
_ADMIN: Final = (22, 3389)
_PLANES: Final = (8888, 5000, 6006, 8265, 10001, 8786, 8787)
_STORES: Final = (3306, 5432, 6379, 27017, 9200, 1433, 1521, 11211, 9042, 2375, 5984, 19530)
_ALL: Final = (0, 65535)


@dataclass(frozen=True, slots=True)
class Opening:
    """A range of TCP ports (both ends belong to it) that the world reaches."""

    ports: tuple[int, int]
    node: Node


def hits(item: Item) -> Iterator[Hit]:
    """What an item opens to the world."""
    reader = _READERS.get(item.type)
    for opening in reader(item.node) if reader else ():
        low, high = opening.ports
        place = (opening.node.start, opening.node.end)
        if high - low > 10_000:
            yield Hit("IAC-NET-OPEN-ALL", *place, item.label)
        for rule, ports in (
            ("IAC-NET-OPEN-ADMIN", _ADMIN),
            ("IAC-NET-OPEN-PLANE", _PLANES),
            ("IAC-NET-OPEN-STORE", _STORES),
        ):
            if any(low <= port <= high for port in ports) and high - low <= 10_000:
                yield Hit(rule, *place, item.label)


def _world(node: Node, *paths: str) -> Node | None:
    return next((found for path in paths for found in node.find(path) if found.text.lower() in _WORLD), None)


def _range(node: Node, low: str, high: str, protocol: str) -> tuple[int, int] | None:
    kind, first, last = (node.first(path) for path in (protocol, low, high))
    if kind is not None and kind.text.lower() in {"-1", "all", "*"}:
        return _ALL
    if kind is not None and kind.text.lower() not in {"tcp", "6"}:
        return None
    if first is not None and first.text == "-1":
        return _ALL
    values = [_port(first), _port(last if last is not None else first)]
    return (values[0], values[1]) if values[0] is not None and values[1] is not None else None


def _port(node: Node | None) -> int | None:
    if node is None:
        return None
    text = node.text
    return int(text) if re.fullmatch(r"\d{1,5}", text) else None


def _group(node: Node) -> Iterator[Opening]:
    for rule in node.find("ingress"):
        yield from _one(rule)


def _one(rule: Node) -> Iterator[Opening]:
    place = _world(rule, "cidr_blocks", "ipv6_cidr_blocks")
    ports = _range(rule, "from_port", "to_port", "protocol")
    if place is not None and ports is not None:
        yield Opening(ports, place)


def _rule(node: Node) -> Iterator[Opening]:
    kind = node.get("type")
    if kind is not None and kind.text == "ingress":
        yield from _one(node)


def _vpc_rule(node: Node) -> Iterator[Opening]:
    place = _world(node, "cidr_ipv4", "cidr_ipv6")
    ports = _range(node, "from_port", "to_port", "ip_protocol")
    if place is not None and ports is not None:
        yield Opening(ports, place)


def _cfn_rule(node: Node) -> Iterator[Opening]:
    place = _world(node, "CidrIp", "CidrIpv6")
    ports = _range(node, "FromPort", "ToPort", "IpProtocol")
    if place is not None and ports is not None:
        yield Opening(ports, place)


def _cfn_group(node: Node) -> Iterator[Opening]:
    for rule in node.find("SecurityGroupIngress"):
        yield from _cfn_rule(rule)


def _google(node: Node) -> Iterator[Opening]:
    direction = node.get("direction")
    disabled = node.get("disabled")
    if (direction is not None and direction.text == "EGRESS") or (disabled is not None and disabled.value is True):
        return
    place = _world(node, "source_ranges")
    if place is None:
        return
    for rule in node.find("allow"):
        protocol, ports = rule.get("protocol"), rule.find("ports")
        if protocol is None or protocol.text.lower() not in {"tcp", "all", "6"}:
            continue
        if rule.get("ports") is None:
            yield Opening(_ALL, place)
        yield from (Opening(found, port) for port in ports for found in _ranges([port.text]))


def _azure(node: Node) -> Iterator[Opening]:
    words = {
        key: (found.text.lower() if (found := node.get(key)) is not None else "")
        for key in ("direction", "access", "protocol")
    }
    if words["direction"] != "inbound" or words["access"] != "allow" or words["protocol"] not in {"tcp", "*"}:
        return
    place = _world(node, "source_address_prefix", "source_address_prefixes")
    if place is None:
        return
    ports = [*node.find("destination_port_range"), *node.find("destination_port_ranges")]
    yield from (Opening(found, place) for port in ports for found in _ranges([port.text]))


def _azure_group(node: Node) -> Iterator[Opening]:
    for rule in node.find("security_rule"):
        yield from _azure(rule)


def _ranges(texts: Iterable[str]) -> Iterator[tuple[int, int]]:
    for text in texts:
        if text == "*":
            yield _ALL
        for part in text.split(","):
            if match := re.fullmatch(r"\s*(\d{1,5})(?:-(\d{1,5}))?\s*", part):
                yield int(match[1]), int(match[2] or match[1])


_READERS: Final = {
    "aws_security_group": _group, "aws_default_security_group": _group, "aws_security_group_rule": _rule,
    "aws_vpc_security_group_ingress_rule": _vpc_rule, "AWS::EC2::SecurityGroup": _cfn_group,
    "AWS::EC2::SecurityGroupIngress": _cfn_rule, "google_compute_firewall": _google,
    "azurerm_network_security_rule": _azure, "azurerm_network_security_group": _azure_group,
}  # fmt: skip
