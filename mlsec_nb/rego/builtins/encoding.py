"""JSON, YAML, base64, hex, URL queries and UUIDs."""

import base64
import binascii
import json
import re
import uuid
from urllib.parse import parse_qs, quote_plus, unquote_plus

from mlsec_nb.rego.annotations import plain_loader
from mlsec_nb.rego.errors import BuiltinError, BuiltinTypeError
from mlsec_nb.rego.runtime import Context
from mlsec_nb.rego.values import (
    FALSE,
    TRUE,
    Set,
    Value,
    boolean,
    from_json,
    make_object,
    to_json,
    type_name,
    write_json,
)  # fmt: skip

from .registry import Table

TABLE = Table()


def read_json(text: str) -> Value:
    return from_json(json.loads(text, parse_constant=_no_constant))


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


TABLE.add("json.marshal", "any")(write_json)


@TABLE.add("json.unmarshal", "string")
def json_unmarshal(text: str) -> Value:
    try:
        return read_json(text)
    except (ValueError, RecursionError) as error:
        raise BuiltinError("json.unmarshal: the text is not JSON") from error


@TABLE.add("json.is_valid", "any")
def json_is_valid(text: Value) -> Value:
    if type(text) is not str:
        return FALSE
    try:
        read_json(text)
    except (ValueError, RecursionError):
        return FALSE
    return TRUE


@TABLE.add("json.marshal_with_options", "any", "object")
def json_marshal_with(value: Value, options: Value) -> Value:
    for key, option in options.items():
        kind = {"pretty": "boolean", "indent": "string", "prefix": "string"}.get(key)
        if kind is None:
            raise BuiltinTypeError(f"json.marshal_with_options: object contained unknown key {key!r}")
        if type_name(option) != kind:
            raise BuiltinTypeError(f"json.marshal_with_options: key {key} must be {kind} but got {type_name(option)}")
    indent, prefix = options.get("indent", "\t"), options.get("prefix", "")
    pretty = options.get("pretty", boolean("indent" in options or "prefix" in options))
    if pretty is FALSE:
        return write_json(value)
    shown = json.dumps(to_json(value), indent=indent, ensure_ascii=False, separators=(",", ": "))
    return "\n".join(prefix + line for line in shown.split("\n"))


@TABLE.add("yaml.marshal", "any")
def yaml_marshal(value: Value) -> Value:
    import yaml

    return str(yaml.safe_dump(to_json(value), default_flow_style=False, allow_unicode=True))


def _read_yaml(text: str) -> Value:
    import yaml

    try:
        return from_json(_string_keys(yaml.load(text, Loader=plain_loader())))  # noqa: S506 - a SafeLoader
    except (yaml.YAMLError, ValueError, RecursionError, TypeError) as error:
        raise BuiltinError("yaml.unmarshal: the text is not YAML") from error


def _string_keys(value: object) -> object:
    if isinstance(value, dict):
        return {key if isinstance(key, str) else json.dumps(key): _string_keys(item) for key, item in value.items()}
    return [_string_keys(item) for item in value] if isinstance(value, list) else value


TABLE.add("yaml.unmarshal", "string")(_read_yaml)


@TABLE.add("yaml.is_valid", "any")
def yaml_is_valid(text: Value) -> Value:
    if type(text) is not str:
        return FALSE
    try:
        _read_yaml(text)
    except BuiltinError:
        return FALSE
    return TRUE


# base64 and hex


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")


def decode_base64(text: str, *, url: bool = False, padded: bool = True) -> bytes:
    """Raises ValueError."""
    if url:
        text = text.translate(str.maketrans("-_", "+/")) if not re.search(r"[+/]", text) else "!"
    if not padded:
        text += "=" * (-len(text) % 4)
    return base64.b64decode(text.replace("\n", "").replace("\r", ""), validate=True)


TABLE.add("base64.encode", "string")(lambda text: base64.b64encode(_bytes(text)).decode())
TABLE.add("base64url.encode", "string")(lambda text: base64.urlsafe_b64encode(_bytes(text)).decode())
TABLE.add("base64url.encode_no_pad", "string")(lambda text: base64.urlsafe_b64encode(_bytes(text)).decode().rstrip("="))


@TABLE.add("base64.decode", "string")
def base64_decode(text: str) -> Value:
    try:
        return _text(decode_base64(text))
    except ValueError as error:
        raise BuiltinError("base64.decode: illegal base64 data") from error


@TABLE.add("base64url.decode", "string")
def base64url_decode(text: str) -> Value:
    try:
        return _text(decode_base64(text.rstrip("="), url=True, padded=False))
    except ValueError as error:
        raise BuiltinError("base64url.decode: illegal base64 data") from error


@TABLE.add("base64.is_valid", "any")
def base64_is_valid(text: Value) -> Value:
    try:
        decode_base64(text if type(text) is str else "!")
    except ValueError:
        return FALSE
    return TRUE


TABLE.add("hex.encode", "string")(lambda text: _bytes(text).hex())


@TABLE.add("hex.decode", "string")
def hex_decode(text: str) -> Value:
    try:
        return _text(binascii.unhexlify(text))
    except (ValueError, binascii.Error) as error:
        raise BuiltinError("hex.decode: invalid hexadecimal text") from error


# URL queries


TABLE.add("urlquery.encode", "string")(lambda text: quote_plus(text, safe=""))


@TABLE.add("urlquery.decode", "string")
def urlquery_decode(text: str) -> Value:
    if re.search(r"%(?![0-9A-Fa-f]{2})", text):
        raise BuiltinError("urlquery.decode: invalid URL escape")
    return unquote_plus(text, errors="replace")


@TABLE.add("urlquery.encode_object", "object")
def urlquery_encode_object(pairs: Value) -> Value:
    made = []
    for key, value in pairs.items():
        values = value if type(value) in (tuple, Set) else (value,)
        if type(key) is not str or any(type(item) is not str for item in values):
            raise BuiltinTypeError(
                "urlquery.encode_object: operand 1 must be an object of strings, or arrays or sets of them"
            )
        made += [f"{quote_plus(key, safe='')}={quote_plus(item, safe='')}" for item in values]
    return "&".join(made)


@TABLE.add("urlquery.decode_object", "string")
def urlquery_decode_object(text: str) -> Value:
    if ";" in text or re.search(r"%(?![0-9A-Fa-f]{2})", text):
        raise BuiltinError("urlquery.decode_object: invalid query")
    found = parse_qs(text, keep_blank_values=True, errors="replace")
    return make_object({key: tuple(values) for key, values in found.items()})


# UUIDs


@TABLE.add("uuid.rfc4122", "string", contextual=True)
def uuid_rfc4122(context: Context, key: str) -> Value:
    """The same for the same key within one query."""
    held = context.once.random
    if ("uuid", key) not in held:
        held["uuid", key] = str(uuid.uuid4())
    return held["uuid", key]


@TABLE.add("uuid.parse", "string")
def uuid_parse(text: str) -> Value:
    try:
        found = uuid.UUID(text)
    except ValueError as error:
        raise BuiltinError("uuid.parse: invalid UUID") from error
    variant = {uuid.RFC_4122: "RFC4122", uuid.RESERVED_NCS: "Reserved", uuid.RESERVED_MICROSOFT: "Microsoft"}
    made: dict[str, Value] = {"version": (found.int >> 76) & 15, "variant": variant.get(found.variant, "Future")}
    if found.version in (1, 2):
        made |= _uuid_time(found)
    return make_object(made)


def _uuid_time(found: uuid.UUID) -> dict[str, Value]:
    node = "-".join(f"{byte:02x}" for byte in found.node.to_bytes(6))
    ticks = found.time
    made: dict[str, Value] = {"nodeid": node, "macvariables": _mac(found.node >> 40)}
    if found.version == 2:
        domain = {0: "Person", 1: "Group", 2: "Org"}
        made |= {"id": found.time_low, "domain": domain.get(found.clock_seq_low, f"Domain{found.clock_seq_low}")}
        ticks = ticks & ~0xFFFFFFFF | found.time_low
    return {**made, "time": (ticks - 0x01B21DD213814000) * 100, "clocksequence": found.clock_seq}


def _mac(first: int) -> str:
    return f"{'local' if first & 2 else 'global'}:{'multicast' if first & 1 else 'unicast'}"
