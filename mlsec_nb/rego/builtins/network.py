"""IP networks, computed; nothing here reaches the network."""

import ipaddress
from collections.abc import Iterator

from mlsec_nb.rego.errors import BuiltinError, BuiltinTypeError
from mlsec_nb.rego.runtime import Context
from mlsec_nb.rego.values import FALSE, TRUE, Object, Set, Value, boolean, type_name

from .registry import Table

TABLE = Table()
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def _network(name: str, text: Value, *, address: bool = True) -> Network:
    """A network, or an address as a network of one."""
    if type(text) is not str:
        raise BuiltinTypeError(f"{name}: operand must be a string but got {type_name(text)}")
    try:
        if "/" in text if address else True:
            length = text.rpartition("/")[2]
            text = text if "/" in text and length.isdecimal() else ""
        return ipaddress.ip_network(text, strict=False)
    except ValueError as error:
        raise BuiltinError(f"{name}: not a valid CIDR or IP address") from error


def _contains(outer: Network, inner: Network) -> bool:
    return outer.version == inner.version and inner.subnet_of(outer)  # type: ignore[arg-type]


@TABLE.add("net.cidr_contains", "any", "any")
def cidr_contains(outer: Value, inner: Value) -> Value:
    return boolean(_contains(_network("net.cidr_contains", outer, address=False), _network("net.cidr_contains", inner)))


@TABLE.add("net.cidr_intersects", "any", "any")
def cidr_intersects(left: Value, right: Value) -> Value:
    one, other = (_network("net.cidr_intersects", text, address=False) for text in (left, right))
    return boolean(one.version == other.version and one.overlaps(other))


TABLE.add("net.cidr_overlap", "any", "any")(cidr_contains)


@TABLE.add("net.cidr_is_valid", "any")
def cidr_is_valid(text: Value) -> Value:
    try:
        _network("net.cidr_is_valid", text, address=False)
    except BuiltinError:
        return FALSE
    return TRUE


@TABLE.add("net.cidr_expand", "string", contextual=True)
def cidr_expand(context: Context, text: str) -> Value:
    network = _network("net.cidr_expand", text, address=False)
    context.budget.size(network.num_addresses)
    return Set(str(address) for address in network)


def _members(name: str, value: Value) -> Iterator[tuple[Value, Network]]:
    """Each network of an operand with the key that the answer names it by."""
    if type(value) is str:
        yield value, _network(name, value)
        return
    if type(value) not in (tuple, Set, Object):
        raise BuiltinTypeError(f"{name}: operand must be one of string, array, set, object but got {type_name(value)}")
    keyed = (
        enumerate(value)
        if type(value) is tuple
        else value.items()
        if type(value) is Object
        else ((one, one) for one in value)
    )
    for key, item in keyed:
        text = item[0] if type(item) is tuple and item else item
        if type(text) is not str:
            raise BuiltinError(f"{name}: element must be string or non-empty array")
        yield key, _network(name, text)


@TABLE.add("net.cidr_contains_matches", "any", "any", contextual=True)
def cidr_contains_matches(context: Context, outers: Value, inners: Value) -> Value:
    name = "net.cidr_contains_matches"
    inside = list(_members(name, inners))
    found: set[Value] = set()
    for key, outer in _members(name, outers):
        context.budget.spend(len(inside))
        found.update((key, other) for other, inner in inside if _contains(outer, inner))
    return Set(found)


def _mergeable(text: Value) -> Network:
    """A network; an IPv4 address without a length is that of its class, as in Go."""
    name = "net.cidr_merge"
    if type(text) is str and "/" not in text:
        address = _network(name, text)
        if address.version == 6:
            raise BuiltinError(f"{name}: IPv6 invalid: needs prefix length")
        first = int(address.network_address) >> 24
        return _network(name, f"{text}/{8 if first < 128 else 16 if first < 192 else 24}")
    return _network(name, text)


@TABLE.add("net.cidr_merge", "array|set")
def cidr_merge(values: Value) -> Value:
    networks = [_mergeable(value) for value in values]
    made: list[Network] = []
    for version in (4, 6):
        made += ipaddress.collapse_addresses(one for one in networks if one.version == version)  # type: ignore[type-var]
    return Set(map(str, made))
