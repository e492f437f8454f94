"""Makes the example keys of the rules: they are written as recipes, so that no file of ours holds anything like a key.

`{alnum:36}` is 36 random letters and digits; `{crc:30}` is 30 of them and their checksum as GitHub and npm write it.
The same recipe and seed give the same text.
"""

import base64
import json
import random
import re
import string
from collections.abc import Callable
from typing import Final

from .judges.checksums import crc32_base62

_ALPHABETS: Final = {
    "alnum": string.ascii_letters + string.digits,
    "letters": string.ascii_letters,
    "lower": string.ascii_lowercase + string.digits,
    "upper": string.ascii_uppercase + string.digits,
    "digits": string.digits,
    "hex": "0123456789abcdef",
    "HEX": "0123456789ABCDEF",
    "b32l": "abcdefghijklmnopqrstuvwxyz234567",
    "bech": "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L",
    "b32": "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567",
    "b64": string.ascii_letters + string.digits + "+/",
    "url": string.ascii_letters + string.digits + "-_",
}
_RECIPE: Final = re.compile(r"\{([A-Za-z0-9]+)(?::(\d+))?\}")


def expand(text: str, seed: int | str = 0) -> str:
    """The text with every recipe in it made; braces that are no recipe stay."""
    draw = random.Random(f"{seed}\0{text}")  # noqa: S311 - examples, not keys

    def make(match: re.Match[str]) -> str:
        kind, size = match[1], int(match[2] or 0)
        if kind in _ALPHABETS and size:
            return "".join(draw.choices(_ALPHABETS[kind], k=size))
        maker = _MAKERS.get(kind)
        return maker(draw, size) if maker else match.group()

    return _RECIPE.sub(make, text)


def _draw(draw: random.Random, alphabet: str, size: int) -> str:
    return "".join(draw.choices(_ALPHABETS[alphabet], k=size))


def _crc(draw: random.Random, size: int) -> str:
    body = _draw(draw, "alnum", size)
    return body + crc32_base62(body)


def _uuid(draw: random.Random, _size: int) -> str:
    text = f"{draw.getrandbits(128):032x}"
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-a{text[17:20]}-{text[20:]}"


def _b64(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def _jwt(draw: random.Random, _size: int) -> str:
    header = _b64(json.dumps({"alg": "HS256", "typ": "JWT"}).encode())
    claims = _b64(
        json.dumps({"sub": _draw(draw, "digits", 10), "iat": draw.randrange(1_600_000_000, 1_800_000_000)}).encode()
    )
    return f"{header}.{claims}.{_draw(draw, 'url', 43)}"


def _pem(draw: random.Random, size: int) -> str:
    body = base64.b64encode(draw.randbytes(size or 600)).decode()
    return "\n".join(body[i : i + 64] for i in range(0, len(body), 64))


def _password(draw: random.Random, _size: int) -> str:
    return f"{_draw(draw, 'letters', 5)}{draw.choice('!#*+-')}{_draw(draw, 'alnum', 6)}{_draw(draw, 'digits', 2)}"


def _base64_of_random(draw: random.Random, size: int) -> str:
    return base64.b64encode(draw.randbytes(size)).decode()


def _userpass(draw: random.Random, size: int) -> str:
    return base64.b64encode(f"ada:{_password(draw, size)}".encode()).decode()


def _b64password(draw: random.Random, size: int) -> str:
    return base64.b64encode(_password(draw, size).encode()).decode()


def _discord(draw: random.Random, _size: int) -> str:
    number = _b64(("1" + _draw(draw, "digits", 17)).encode())
    return f"{number}.{_draw(draw, 'url', 6)}.{_draw(draw, 'url', 37)}A"


_MAKERS: Final[dict[str, Callable[[random.Random, int], str]]] = {
    "crc": _crc, "uuid": _uuid, "jwt": _jwt, "pem": _pem, "pw": _password, "userpass": _userpass,
    "b64password": _b64password, "discord": _discord, "base64": _base64_of_random,
}  # fmt: skip
