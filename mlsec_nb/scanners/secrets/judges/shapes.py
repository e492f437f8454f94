"""Shapes that look random and are no secret: identifiers, digests, paths, code, data."""

import re
from typing import Final

from .randomness import is_random, wordiness

UUID: Final = re.compile(r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}")
HEX: Final = re.compile(r"[0-9a-f]+|[0-9A-F]+")
_NUMBER: Final = re.compile(r"[-+]?[\d_.,]*\d(?:[eE][-+]?\d+)?%?")
_VERSION: Final = re.compile(r"[\^~>=<v]{0,3}\d+(?:\.\d+){1,3}(?:[-+.][\w.+-]{1,40})?")
_DATE: Final = re.compile(r"\d{4}[-/]\d\d?[-/]\d\d?(?:[T ]\d\d:\d\d.*)?")
_PATH: Final = re.compile(r"(?:[A-Za-z]:\\|~?\.{0,2}/)[\w./\\ -]*|[\w.-]+(?:/[\w.-]+)+\.\w{1,6}(?::\d+)?")
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
    r"\$+\{?\w+\}?.*|%\(\w+\)[sdr]|%[sdr]|%\w+%|\{.*\}|<.*>|\[.*\]|(?:vault|env|file|secret|secrets|arn|ref|projects|op|ssm|keyring|asm|gcp|sm|azurekv)"
    r"[:/].*|!vault\b.*|ENC\[.*|enc:.*|\*+|!\s?[a-z]{2,}(?:\s.*)?|@Microsoft\.KeyVault.*|.*\$\{\{.*"
)
_ESCAPED: Final = re.compile(
    r"(?:%[0-9A-Fa-f]{2}){4,}|.*\\(?:x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|[0-7]{3}).*|.*&#?\w{2,6};.*"
    "|.*[\u00ad\u200b-\u200f\u2060-\u2064\ufeff].*"
)
# Made to be shown: publishable keys of Stripe and Langfuse, tracking ids, public keys.
_PUBLIC: Final = re.compile(
    r"pk_(?:test|live)_\w+|pk-lf-[\w-]+|phc_\w+|(?:UA|G|GTM)-[A-Z0-9-]+|AAAA[BC]3NzaC1\S+|ssh-\w+.*"
)
# `{name}`, `{names[i]}`, `{self.name}`, `{rate*100:.0f}`, perhaps cut off where the value was read: a part of an
# f-string or a format.
_FILLED: Final = re.compile(
    r".*\{[A-Za-z_]\w*(?:\.[A-Za-z_]\w*|\[[^\]{}]{1,40}\]|[-+*/][\w.]{1,40})*(?::[^{}]{1,12})?(?:\}|\Z).*", re.DOTALL
)
_VARIABLE: Final = re.compile(r"\$*\{?[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\}?")
_WORDS: Final = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")
_JOINED: Final = re.compile(r"_?[a-z]+[a-z0-9]*(?:[_-][a-z0-9]+)+")
# What minified scripts are full of.
_SCRIPT: Final = re.compile(r"![01]\b|\bfunction\s?\(|=>|\)\{|\}\)|\bthis\.|[\w$]=[\w$.]+,[\w$]+=")
_TELLING: Final = re.compile(
    r"[a-z]+[a-z0-9]*(?:[_-][a-z0-9]*[a-z]){0,5}[_-](?:key|token|secret|password|passwd|pwd|apikey)"
)
_CHECKSUM: Final = re.compile(
    r"(?:\w{1,8}-)?HMAC-SHA-?\d{1,3}|(?:sha-?\d{1,3}|md5|crc32|blake\w{1,3})[:=/-].*", re.IGNORECASE
)
_REGEX: Final = re.compile(r"\.[*+]|\\[sdwSDWb.()\[\]+*?|-]")
_DNA: Final = re.compile(r"[ACGTUN]{12,}")


def is_uuid(value: str) -> bool:
    return bool(UUID.fullmatch(value))


def is_hex(value: str) -> bool:
    return bool(HEX.fullmatch(value))


def is_digest(value: str) -> bool:
    """What things are told apart by, perhaps with the name of their sort in front: "cache:9f86d081…", "run/<uuid>"."""
    last = re.split("[:/|]", value)[-1]
    return is_uuid(last) or is_hex(last)


def is_number(value: str) -> bool:
    return bool(_NUMBER.fullmatch(value) or _DATE.fullmatch(value) or _VERSION.fullmatch(value))


def is_version(value: str) -> bool:
    """What a list of packages says: "^3.188.0"."""
    return bool(_VERSION.fullmatch(value))


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


def is_filled(value: str) -> bool:
    """A template: what stands in its braces is put in when the program runs."""
    return bool(_FILLED.fullmatch(value))


def is_variable(value: str) -> bool:
    """Written as constants and environment variables are: `DB_PASSWORD_2`."""
    return bool(_VARIABLE.fullmatch(value))


def is_telling_name(value: str) -> bool:
    """Words joined by signs of which the last says what it would be: "document360_api_key", "my-db-password"."""
    return bool(_TELLING.fullmatch(value))


def is_spelled(value: str) -> bool:
    """A name with digits or capitals in it: `regress_x2_to_y3`, `text-davinci-003`, `_getDistanceToEdge2`.

    The parts of a name are words; capitals, small letters and digits of a random text change every second character.
    """
    if _JOINED.fullmatch(value):
        parts = re.split("[_-]", value.strip("_"))
        words = [part for part in parts if part.isalpha()]
        if not all(part.isalpha() or len(part) <= 6 for part in parts) or max(map(len, words), default=0) < 3:
            return False
        return "-" not in value or (2 * sum(map(len, words)) >= len(value) and wordiness(value) > 0.45)
    if not value.isidentifier() or not value.isascii() or value.isupper():
        return False
    parts = [part for part in _WORDS.findall(value) if not part.isdigit()]
    letters = sum(map(len, parts))
    return len(parts) >= 2 and letters >= 0.8 * len(value) and letters / len(parts) >= 3.5


def is_script(value: str) -> bool:
    """A piece of a script or of a regular expression, read as a value without quotes."""
    return bool(_SCRIPT.search(value) or _REGEX.search(value))


def is_sequence_data(value: str) -> bool:
    """Genetic sequences and other text over four letters."""
    return bool(_DNA.fullmatch(value))


def is_escaped(value: str) -> bool:
    """Reads differently when it is decoded; a view shows how."""
    return bool(_ESCAPED.fullmatch(value))


def is_public(value: str) -> bool:
    """Made to be shown."""
    return bool(_PUBLIC.fullmatch(value) or _CHECKSUM.fullmatch(value))
