"""Hashes, and keyed ones."""

import hashlib
import hmac
from collections.abc import Callable

from mlsec_nb.rego.values import Value, boolean

from .registry import Table

TABLE = Table()


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _hash(name: str) -> Callable[[str], Value]:
    return lambda text: hashlib.new(name, _bytes(text), usedforsecurity=False).hexdigest()


def _keyed(name: str) -> Callable[[str, str], Value]:
    return lambda text, key: hmac.new(_bytes(key), _bytes(text), name).hexdigest()


for _name in ("md5", "sha1", "sha256"):
    TABLE.add(f"crypto.{_name}", "string")(_hash(_name))
for _name in ("md5", "sha1", "sha256", "sha512"):
    TABLE.add(f"crypto.hmac.{_name}", "string", "string")(_keyed(_name))
TABLE.add("crypto.hmac.equal", "string", "string")(
    lambda one, other: boolean(hmac.compare_digest(_bytes(one), _bytes(other)))
)
