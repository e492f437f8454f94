"""Shapes that look random and are no secret: identifiers, digests, paths, code, data."""

import re
from typing import Final

from .randomness import is_random

UUID: Final = re.compile(r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}")
HEX: Final = re.compile(r"[0-9a-f]+|[0-9A-F]+")
_NUMBER: Final = re.compile(r"[-+]?[\d_.,]*\d(?:[eE][-+]?\d+)?%?")
_DATE: Final = re.compile(r"\d{4}[-/]\d\d?[-/]\d\d?(?:[T ]\d\d:\d\d.*)?")
_PATH: Final = re.compile(r"(?:[A-Za-z]:\\|~?\.{0,2}/)[\w./\\ -]*|[\w.-]+(?:/[\w.-]+)+\.\w{1,6}")
_FILE: Final = re.compile(
    r".*\.(?:json|ya?ml|txt|md|py|ipynb|csv|tsv|parquet|pem|env|toml|cfg|ini|conf|h5|pt|pth|pkl|bin|onnx|safetensors|npy"
    r"|npz|log|html?|key|crt|pub|zip|gz|tgz|tar|png|jpe?g|gif|svg|pdf|mp[34]|wav|db|sqlite|sql|sh|js|ts|xml|lock)"
)
_URL: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://\S*|www\.\S+")
_EMAIL: Final = re.compile(r"[\w.+-]+@[\w-]+\.[\w.]+")
_IDENTIFIER: Final = re.compile(r"[A-Za-z_][A-Za-z_]*(?:[.\-/: ][A-Za-z_]+)*\d{0,2}")
_CODE: Final = re.compile(
    r"[\w.]+\(.*\)?|[\w.]+\[.*\]?|[A-Za-z_]+\d?(?:\.[A-Za-z_]+\d?)+|lambda .*"
    r"|self\..*|.*\b(?:os\.environ|getenv|getpass|secrets\.)\b.*"
)
_REFERENCE: Final = re.compile(
    r"\$\{?\w+\}?.*|%\(\w+\)[sdr]|%[sdr]|%\w+%|\{.*\}|<.*>|\[.*\]|(?:vault|env|file|secret|secrets|arn|ref|projects|op|ssm|keyring|asm|gcp|sm|azurekv)"
    r"[:/].*|!vault\b.*|ENC\[.*|enc:.*|\*+|@Microsoft\.KeyVault.*|.*\$\{\{.*"
)
_ESCAPED: Final = re.compile(
    r"(?:%[0-9A-Fa-f]{2}){4,}|.*\\(?:x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|[0-7]{3}).*|.*&#?\w{2,6};.*"
    "|.*[\u00ad\u200b-\u200f\u2060-\u2064\ufeff].*"
)
# Made to be shown: publishable keys of Stripe and Langfuse, tracking ids, public keys.
_PUBLIC: Final = re.compile(
    r"pk_(?:test|live)_\w+|pk-lf-[\w-]+|phc_\w+|(?:UA|G|GTM)-[A-Z0-9-]+|AAAA[BC]3NzaC1\S+|ssh-\w+.*"
)
_DNA: Final = re.compile(r"[ACGTUN]{12,}")


def is_uuid(value: str) -> bool:
    return bool(UUID.fullmatch(value))


def is_hex(value: str) -> bool:
    return bool(HEX.fullmatch(value))


def is_number(value: str) -> bool:
    return bool(_NUMBER.fullmatch(value) or _DATE.fullmatch(value))


def is_place(value: str) -> bool:
    """A path, a URL without credentials, a mail address."""
    is_path = _PATH.fullmatch(value) and not (len(value) >= 32 and is_random(value))
    return bool(is_path or _FILE.fullmatch(value) or _URL.fullmatch(value) or _EMAIL.fullmatch(value))


def is_identifier(value: str) -> bool:
    """Plain words joined by the usual signs: what people call things, not what they keep secret."""
    return bool(_IDENTIFIER.fullmatch(value))


def is_code(value: str) -> bool:
    """An expression that was read as a value."""
    return bool(_CODE.fullmatch(value))


def is_reference(value: str) -> bool:
    """Names a secret that stands elsewhere: `${TOKEN}`, `vault:…`, `{{ token }}`."""
    return bool(_REFERENCE.fullmatch(value))


def is_sequence_data(value: str) -> bool:
    """Genetic sequences and other text over four letters."""
    return bool(_DNA.fullmatch(value))


def is_escaped(value: str) -> bool:
    """Reads differently when it is decoded; a view shows how."""
    return bool(_ESCAPED.fullmatch(value))


def is_public(value: str) -> bool:
    """Made to be shown."""
    return bool(_PUBLIC.fullmatch(value))
