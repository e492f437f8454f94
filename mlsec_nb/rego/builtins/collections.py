"""Arrays, sets, objects, aggregates and graphs."""

from mlsec_nb.rego.errors import BuiltinTypeError
from mlsec_nb.rego.runtime import Context
from mlsec_nb.rego.values import (
    TRUE,
    UNDEFINED,
    Object,
    Set,
    Value,
    boolean,
    in_order,
    make_object,
    order,
    type_name,
)  # fmt: skip

from .numbers import mul, plus
from .registry import Table

TABLE = Table()

TABLE.add("count", "array|object|set|string")(len)


def _numbers(name: str, values: Value) -> None:
    for value in values:
        if type(value) not in (int, float):
            raise BuiltinTypeError(f"{name}: operand 1 must be a collection of numbers but got {type_name(value)}")


@TABLE.add("sum", "array|set")
def total(values: Value) -> Value:
    _numbers("sum", values)
    result: Value = 0
    for value in values:
        result = plus(result, value)
    return result


@TABLE.add("product", "array|set")
def product(values: Value) -> Value:
    _numbers("product", values)
    result: Value = 1
    for value in values:
        result = mul(result, value)
    return result


@TABLE.add("max", "array|set")
def largest(values: Value) -> Value:
    return max(values, key=order) if values else UNDEFINED


@TABLE.add("min", "array|set")
def smallest(values: Value) -> Value:
    return min(values, key=order) if values else UNDEFINED


TABLE.add("sort", "array|set")(lambda values: tuple(in_order(values)))
TABLE.add("all", "array|set")(lambda values: boolean(all(value is TRUE for value in values)))
TABLE.add("any", "array|set")(lambda values: boolean(any(value is TRUE for value in values)))


@TABLE.add("array.concat", "array", "array", contextual=True)
def array_concat(context: Context, left: Value, right: Value) -> Value:
    context.budget.size(len(left) + len(right))
    return left + right


TABLE.add("array.reverse", "array")(lambda values: values[::-1])


@TABLE.add("array.flatten", "array")
def array_flatten(values: Value) -> Value:
    return tuple(item for value in values for item in (value if type(value) is tuple else (value,)))


@TABLE.add("array.slice", "array", "number", "number")
def array_slice(values: Value, start: Value, stop: Value) -> Value:
    if type(start) is not int or type(stop) is not int:
        raise BuiltinTypeError("array.slice: the bounds must be whole numbers")
    return values[max(start, 0) : max(stop, 0)]


@TABLE.add("and", "set", "set")
def set_and(left: Value, right: Value) -> Value:
    return Set(frozenset.intersection(left, right))


@TABLE.add("or", "set", "set", contextual=True)
def set_or(context: Context, left: Value, right: Value) -> Value:
    context.budget.size(len(left) + len(right))
    return Set(frozenset.union(left, right))


TABLE.add("set_diff", "set", "set")(lambda left, right: Set(frozenset.difference(left, right)))


def _sets(name: str, values: Value) -> None:
    for value in values:
        if type(value) is not Set:
            raise BuiltinTypeError(f"{name}: operand 1 must be set of sets but got set of {type_name(value)}")


@TABLE.add("intersection", "set")
def intersection(values: Value) -> Value:
    _sets("intersection", values)
    return Set(frozenset.intersection(*values)) if values else Set()


@TABLE.add("union", "set", contextual=True)
def union(context: Context, values: Value) -> Value:
    _sets("union", values)
    context.budget.size(sum(map(len, values)))
    return Set(frozenset().union(*values))


# objects


@TABLE.add("object.get", "object", "any", "any")
def object_get(value: Value, key: Value, default: Value) -> Value:
    if type(key) is not tuple:
        return value.get(key, default)
    for part in key:
        if type(value) is tuple:
            value = value[part] if type(part) is int and 0 <= part < len(value) else UNDEFINED
        elif type(value) is Set:
            value = part if part in value else UNDEFINED
        else:
            value = value.get(part, UNDEFINED) if type(value) is Object else UNDEFINED
        if value is UNDEFINED:
            return default
    return value


TABLE.add("object.keys", "object")(Set)


def _keys(name: str, value: Value) -> frozenset[Value]:
    if type(value) not in (tuple, Set, Object):
        raise BuiltinTypeError(f"{name}: operand 2 must be one of object, set, array but got {type_name(value)}")
    return frozenset(value)


@TABLE.add("object.remove", "object", "any")
def object_remove(value: Value, keys: Value) -> Value:
    gone = _keys("object.remove", keys)
    return Object({key: item for key, item in value.items() if key not in gone})


@TABLE.add("object.filter", "object", "any")
def object_filter(value: Value, keys: Value) -> Value:
    kept = _keys("object.filter", keys)
    return Object({key: item for key, item in value.items() if key in kept})


@TABLE.add("object.union", "object", "object", contextual=True)
def object_union(context: Context, left: Value, right: Value) -> Value:
    """The right one wins; objects are united at every depth."""
    context.budget.size(len(left) + len(right))
    both = dict(left)
    for key, item in right.items():
        held = both.get(key)
        both[key] = object_union(context, held, item) if type(held) is Object and type(item) is Object else item
    return make_object(both)


@TABLE.add("object.union_n", "array", contextual=True)
def object_union_n(context: Context, values: Value) -> Value:
    result = Object()
    for value in values:
        if type(value) is not Object:
            raise BuiltinTypeError(f"object.union_n: operand 1 must be array of objects but got {type_name(value)}")
        result = object_union(context, result, value)
    return result


@TABLE.add("object.subset", "object|set|array", "object|set|array")
def object_subset(big: Value, small: Value) -> Value:
    if type(big) is tuple and type(small) is Set:
        return boolean(all(item in big for item in small))
    if type(big) is not type(small):
        raise BuiltinTypeError("object.subset: both arguments object.subset must be of the same type or array and set")
    return boolean(_within(big, small))


def _within(big: Value, small: Value) -> bool:
    kind = type(small)
    if kind is not type(big):
        return False
    if kind is Object:
        return all(key in big and (big[key] == item or _within(big[key], item)) for key, item in small.items())
    if kind is Set:
        return frozenset.issubset(small, big)
    if kind is tuple:
        size = len(small)
        return any(
            all(a == b or _within(a, b) for a, b in zip(big[at : at + size], small, strict=True))
            for at in range(len(big) - size + 1)
        )
    return bool(big == small)


# graphs


def _neighbours(graph: Value, node: Value) -> Value:
    found = graph.get(node, ())
    return found if type(found) in (tuple, Set) else ()


@TABLE.add("graph.reachable", "object", "array|set", contextual=True)
def reachable(context: Context, graph: Value, initial: Value) -> Value:
    found: set[Value] = set()
    waiting = list(initial)
    while waiting:
        node = waiting.pop()
        if node in graph and node not in found:
            found.add(node)
            neighbours = _neighbours(graph, node)
            context.budget.spend(len(neighbours) + 1)
            waiting.extend(neighbours)
    return Set(found)


@TABLE.add("graph.reachable_paths", "object", "array|set", contextual=True)
def reachable_paths(context: Context, graph: Value, initial: Value) -> Value:
    """Every path from the initial nodes to where it ends or would go in a circle."""
    found: set[Value] = set()
    waiting: list[tuple[Value, ...]] = [(node,) for node in initial if node in graph]
    while waiting:
        path = waiting.pop()
        neighbours = _neighbours(graph, path[-1])
        context.budget.size(len(found) + len(waiting))
        context.budget.spend(len(neighbours) + 1)
        if not neighbours:
            found.add(path)
        for node in neighbours:
            if node not in graph or node in path:
                found.add(path)
            else:
                waiting.append((*path, node))
    return Set(found)
