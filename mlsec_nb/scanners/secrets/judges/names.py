"""What a name promises about its value: a password, a token, a key, or nothing.

The vocabulary of machine learning is full of *token* and *key* (`pad_token`, `key_padding_mask`), and that of programs
full of *pass* (`pass_through`); a name is read word by word, not by substring.
"""

import re
from enum import StrEnum
from functools import lru_cache
from typing import Final

from . import vocabulary
from .randomness import transitions


class Promise(StrEnum):
    """What stands behind a name, the strongest first."""

    PASSWORD = "password"  # noqa: S105 - a class of names
    SECRET = "secret"  # noqa: S105 - something made to be secret: secret, credential, private key
    TOKEN = "token"  # noqa: S105 - something that opens a door: token, api key
    KEY = "key"  # "key" alone: only what looks random counts
    NOTHING = "nothing"


_SPLIT: Final = re.compile(
    r"[\x00-/:-@\[-`{-\x7f\U00010000-\U0010ffff]+|(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])"
)

_PASSWORDS: Final = vocabulary.words("passwords")
_PASSES: Final = vocabulary.words("passes")
_SECRETS: Final = vocabulary.words("secrets")
_TOKENS: Final = vocabulary.words("tokens")
_KEY_MAKERS: Final = vocabulary.words("key_makers")
_VETOES: Final = vocabulary.words("vetoes")
# What may end a name whatever a veto word says: `secret_access_key_id` no, `host_password` yes.
_STRONG_ENDS: Final = _PASSWORDS | _SECRETS | frozenset(["token", "apikey", "key", "authtoken", "accesstoken", "pat"])
_LAST_ONLY: Final = vocabulary.words("last_only")


_PUBLIC: Final = frozenset({("site", "key"), ("publishable", "key"), ("public", "key")})
_SIGNED: Final = frozenset(["signature", "sas", "shared", "access", "url", "x", "amz", "goog"])  # those that open
_HOSTED: Final = re.compile(r"\.\w+\.(?:blob|dfs|file|queue|table)\.core\.\w+\.net\Z")


@lru_cache(maxsize=8192)
def words_of(name: str) -> tuple[str, ...]:
    """The words of an identifier in lower case: "myApiKey" and "MY_API_KEY" give the same."""
    return tuple(word.lower() for word in _SPLIT.split(name) if word)


@lru_cache(maxsize=8192)
def promise(name: str) -> Promise:
    """What a name promises."""
    if name.startswith("fs.azure."):  # "fs.azure.account.key.<account>.blob.core.windows.net"
        name = _HOSTED.sub("", name)
    front, _, end = name.rpartition(".")
    words = words_of(end)
    if not words or _is_drawn(end):
        return Promise.NOTHING
    if front and words in (("key",), ("token",)):  # "fs.s3a.secret.key"
        words = (*words_of(front.rpartition(".")[2]), *words)
    last = _strip_number(words[-1])
    words = (*words[:-1], last) if last else words[:-1]
    if words[-3:] == ("access", "key", "id"):
        return Promise.TOKEN
    if not words or _is_vetoed(words) or words[-2:] in _PUBLIC:
        return Promise.NOTHING
    return _kind(words)


def _kind(words: tuple[str, ...]) -> Promise:
    """The strongest that one of these words promises."""
    if words[-1] == "pass" and len(words) > 1 and words[-2] in _PASSES:
        return Promise.NOTHING
    for index, word in enumerate(words):
        if word in _PASSWORDS and not (word == "pass" and len(words) > 1 and index == 0):
            return Promise.PASSWORD
    if any(word in _SECRETS for word in words) or ("private" in words and "key" in words):
        return Promise.SECRET
    is_signed = words[-1] == "signature" and _SIGNED.issuperset(words)
    if is_signed or any(word in _TOKENS for word in words) or ("key" in words and _KEY_MAKERS & set(words)):
        return Promise.TOKEN
    return Promise.KEY if "key" in words else Promise.NOTHING


def is_about(name: str) -> bool:
    """Whether a name says that its value is something else than a secret: "instance_id", "url"."""
    words = words_of(name)
    return bool(words) and _is_vetoed(words)


def _is_drawn(name: str) -> bool:
    """Letters and digits in no order: an identifier that a machine drew, where "Pw" is chance."""
    return len(name) >= 10 and name.isalnum() and any(map(str.isdigit, name)) and transitions(name) > 0.5


def _strip_number(word: str) -> str:
    return word.rstrip("0123456789") if not word.isdigit() else ""


def _is_vetoed(words: tuple[str, ...]) -> bool:
    if words[-1] in _VETOES and words[-1] not in _STRONG_ENDS:
        return True
    if words[-1] in _PASSWORDS and not {"hash", "hashed", "reset", "forgot", "show", "is", "has", "confirm"} & set(
        words
    ):
        return False
    return any(word in _VETOES and word not in _LAST_ONLY for word in words[:-1])
