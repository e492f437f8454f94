"""Structures that a value of a format must have: a token without them is none."""

import base64
import binascii
import json
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from . import checksums, passwords, placeholders, randomness, shapes

# Samples that stand in documentation everywhere, told by what is in them and not by their text.
_SAMPLE_SUBJECTS: Final = frozenset({"1234567890", "John Doe", "example", "test", "user123", "jane@example.com"})


def _part(text: str) -> bytes:
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        return b""


def _json(text: str) -> Mapping[str, Any] | None:
    try:
        value = json.loads(_part(text))
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def is_jwt(value: str) -> bool:
    """A JSON header with `alg`, JSON claims that are no documentation's, and a signature."""
    header, _, rest = value.partition(".")
    claims, _, signature = rest.partition(".")
    head, body = _json(header), _json(claims)
    if head is None or body is None or "alg" not in head or str(head["alg"]).lower() == "none" or len(signature) < 16:
        return False
    return not any(body.get(key) in _SAMPLE_SUBJECTS for key in ("sub", "name", "iss"))


def is_aws_key(value: str) -> bool:
    """No word of documentation in it, no DNA, and enough different characters."""
    body = value[4:]
    return "EXAMPLE" not in value and len(set(body)) >= 8 and placeholders.longest_walk(body) < 8


def is_base32(value: str) -> bool:
    """What follows the prefix of an AWS key id is base32: the account number and more."""
    return not set(value[4:]) & set("0189")


def is_pem(value: str) -> bool:
    """At least 64 characters of base64 that look random between the lines of dashes."""
    body = re.sub(r"-----[A-Z0-9 ]+-----|\\[nrt]|[A-Za-z-]+: [^\n\\]*", "", value)
    packed = re.sub(r"[^A-Za-z0-9+/=]", "", body)
    if len(packed) < 64 or "..." in body or "…" in body:
        return False
    return randomness.entropy(packed) > 4.2 and not placeholders.has_placeholder_word(body)


def is_basic(value: str) -> bool:
    """Base64 of "user:password" with a password that is no placeholder."""
    return passwords.is_password(password_of_basic(value), sure=True)


def password_of_basic(value: str) -> str:
    """The password of basic authentication, or nothing."""
    try:
        text = base64.b64decode(value + "=" * (-len(value) % 4), validate=True).decode("utf-8")
    except (binascii.Error, ValueError):
        return ""
    return text.partition(":")[2] if text.isprintable() else ""


def is_discord(value: str) -> bool:
    """Its first part is base64 of a number, the id of the bot."""
    return _part(value.partition(".")[0]).isdigit()


def is_random(value: str) -> bool:
    """Looks drawn by a machine, and is no identifier, path or broken token of another form."""
    if value.startswith("eyJ") and value.count(".") == 2:
        return is_jwt(value)
    return randomness.is_random(value) and not shapes.is_sequence_data(value) and not shapes.is_place(value)


def is_password(value: str) -> bool:
    """May be a password in use."""
    return passwords.is_password(value, sure=True)


def is_twitter(value: str) -> bool:
    """Has more than the run of A with which it begins."""
    return len(set(value[22:])) > 16


CHECKS: Final[Mapping[str, Callable[[str], bool]]] = {
    "crc32": checksums.has_crc32, "jwt": is_jwt, "aws": is_aws_key, "base32": is_base32, "pem": is_pem,
    "basic": is_basic,
    "discord": is_discord, "random": is_random, "password": is_password, "twitter": is_twitter,
}  # fmt: skip
# The secret inside a value that wraps it.
SECRETS: Final[Mapping[str, Callable[[str], str]]] = {"basic": password_of_basic}
