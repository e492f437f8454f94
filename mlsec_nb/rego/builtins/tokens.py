"""JSON Web Tokens (https://www.rfc-editor.org/rfc/rfc7519); asymmetric keys need the library cryptography."""

import base64
import hmac
import json
from collections.abc import Callable
from typing import Any

from mlsec_nb.rego.errors import BuiltinError
from mlsec_nb.rego.runtime import Context
from mlsec_nb.rego.values import FALSE, TRUE, Object, Value, boolean, to_json, write_json

from . import keys
from .encoding import decode_base64, read_json
from .registry import Table

TABLE = Table()
_HASHES = {"256": "sha256", "384": "sha384", "512": "sha512"}
_ALGORITHMS = frozenset({f"{kind}{size}" for kind in ("HS", "RS", "PS", "ES") for size in _HASHES} | {"EdDSA"})
_CONSTRAINTS = {"cert": str, "secret": str, "alg": str, "iss": str, "aud": str, "time": int}


def _part(name: str, text: str) -> bytes:
    try:
        return decode_base64(text, url=True, padded=False)
    except ValueError as error:
        raise BuiltinError(f"JWT {name} had invalid encoding") from error


def _sections(token: str) -> list[str]:
    parts = token.split(".")
    if len(parts) != 3:
        raise BuiltinError(f"encoded JWT must have 3 sections, found {len(parts)}")
    return parts


def _json(name: str, data: bytes) -> Value:
    try:
        return read_json(data.decode())
    except (ValueError, RecursionError) as error:
        raise BuiltinError(f"JWT {name} had invalid encoding") from error


def _opened(token: str) -> tuple[Value, Value, bytes, str]:
    """Header, payload, signature and the token that holds them: the innermost of nested ones."""
    for _ in range(8):
        first, second, third = _sections(token)
        header = _json("header", _part("header", first))
        if type(header) is not Object:
            raise BuiltinError("JWT header had invalid encoding")
        if "enc" in header:
            raise BuiltinError("JWT is a JWE object, which is not supported")
        payload, signature = _part("payload", second), _part("signature", third)
        if str(header.get("cty", "")).upper() != "JWT":
            return header, _json("payload", payload), signature, token
        inner = payload.decode("utf-8", "replace")
        token = str(_json("payload", payload)) if inner.startswith('"') else inner
    raise BuiltinError("JWTs are nested too deeply")


@TABLE.add("io.jwt.decode", "string")
def decode(token: str) -> Value:
    header, payload, signature, _ = _opened(token)
    return header, payload, signature.hex()


def _signed(token: str) -> tuple[bytes, bytes]:
    """What was signed, and the signature."""
    first, second, third = _sections(token)
    return f"{first}.{second}".encode(), _part("signature", third)


def _verify(algorithm: str, token: str, secret: str) -> bool:
    message, signature = _signed(token)
    if algorithm.startswith("HS"):
        made = hmac.new(secret.encode(), message, _HASHES[algorithm[2:]]).digest()
        return hmac.compare_digest(made, signature)
    header = _json("header", _part("header", token.split(".", maxsplit=1)[0]))
    identity = header.get("kid") if type(header) is Object else None
    return keys.verify(algorithm, message, signature, secret, identity)


def _verifier(algorithm: str) -> Callable[[str, str], Value]:
    return lambda token, secret: boolean(_verify(algorithm, token, secret))


for _algorithm in _ALGORITHMS:
    TABLE.add(f"io.jwt.verify_{_algorithm.lower()}", "string", "string")(_verifier(_algorithm))


@TABLE.add("io.jwt.decode_verify", "string", "object", contextual=True)
def decode_verify(context: Context, token: str, constraints: Value) -> Value:
    """Whether the token is good under every constraint, its header and its payload."""
    nothing = (FALSE, Object(), Object())
    _check(constraints)
    for _ in range(8):
        header = _json("header", _part("header", _sections(token)[0]))
        if type(header) is not Object or not _acceptable(header, constraints):
            return nothing
        if not _verify(header["alg"], token, constraints.get("secret", constraints.get("cert"))):
            return nothing
        if str(header.get("cty", "")).upper() != "JWT":
            payload = _json("payload", _part("payload", token.split(".")[1]))
            good = type(payload) is Object and _allowed(context, payload, constraints)
            return (TRUE, header, payload) if good else nothing
        inner = _part("payload", token.split(".")[1]).decode("utf-8", "replace")
        token = str(_json("payload", inner.encode())) if inner.startswith('"') else inner
    return nothing


def _check(constraints: Value) -> None:
    name = "io.jwt.decode_verify"
    for key, value in constraints.items():
        if key not in _CONSTRAINTS:
            raise BuiltinError(f"{name}: unknown token validation constraint: {key}")
        if type(value) is not _CONSTRAINTS[key] and not (key == "time" and type(value) is float):
            raise BuiltinError(f"{name}: {key} constraint: must be a {_CONSTRAINTS[key].__name__}")
    if ("cert" in constraints) == ("secret" in constraints):
        raise BuiltinError(f"{name}: needs either a certificate or a secret")


def _acceptable(header: Value, constraints: Value) -> bool:
    algorithm = header.get("alg")
    if "crit" in header or "enc" in header or algorithm not in _ALGORITHMS:
        return False
    return bool(
        algorithm.startswith("HS") == ("secret" in constraints) and constraints.get("alg", algorithm) == algorithm
    )


def _allowed(context: Context, payload: Value, constraints: Value) -> bool:
    if "iss" in constraints and payload.get("iss") != constraints["iss"]:
        return False
    audience = payload.get("aud")
    listed = audience if type(audience) is tuple else (audience,)
    if ("aud" in constraints) != (audience is not None) or ("aud" in constraints and constraints["aud"] not in listed):
        return False
    now = constraints.get("time", context.once.now_ns)
    for name in ("exp", "nbf"):
        at = payload.get(name, 0)
        if type(at) not in (int, float):
            raise BuiltinError(f"io.jwt.decode_verify: {name} value must be a number")
        if name in payload and (now < at * 1_000_000_000) != (name == "exp"):
            return False
    return True


# signing


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


@TABLE.add("io.jwt.encode_sign", "object", "object", "object")
def encode_sign(header: Value, payload: Value, key: Value) -> Value:
    return encode_sign_raw(write_json(header), write_json(payload), write_json(key))


@TABLE.add("io.jwt.encode_sign_raw", "string", "string", "string")
def encode_sign_raw(header: str, payload: str, key: str) -> Value:
    try:
        fields, secret = json.loads(header), to_json(read_json(key))
    except (ValueError, RecursionError) as error:
        raise BuiltinError("missing or invalid 'alg' header: cannot parse JSON") from error
    algorithm = fields.get("alg") if isinstance(fields, dict) else None
    if algorithm is None or not isinstance(secret, dict):
        raise BuiltinError("missing or invalid 'alg' header")
    if algorithm not in _ALGORITHMS:
        raise BuiltinError(f"unknown JWS algorithm: {algorithm}")
    if fields.get("typ", "JWT") == "JWT":
        try:
            json.loads(payload)
        except ValueError as error:
            raise BuiltinError("type is JWT but payload is not JSON") from error
    message = f"{_encode(header.encode())}.{_encode(payload.encode())}"
    if algorithm.startswith("HS"):
        made = hmac.new(_key_bytes(secret), message.encode(), _HASHES[algorithm[2:]]).digest()
    else:
        made = keys.sign(algorithm, message.encode(), secret)
    return f"{message}.{_encode(made)}"


def _key_bytes(key: dict[str, Any]) -> bytes:
    try:
        return decode_base64(str(key["k"]), url=True, padded=False)
    except (KeyError, ValueError) as error:
        raise BuiltinError("io.jwt.encode_sign: the key is not valid") from error
