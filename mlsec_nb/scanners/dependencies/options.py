"""The options of pip that say where packages come from, in a command and in a requirements file alike.

https://pip.pypa.io/en/stable/reference/requirements-file-format/
"""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any, Final
from urllib.parse import urlsplit

from .facts import Remark, Span
from .requirement import is_plain_http, shown

INDEXES: Final = {
    "-i": "index", "--index-url": "index", "--pypi-url": "index", "--default-index": "index",
    "--extra-index-url": "extra", "--index": "extra", "-f": "links", "--find-links": "links",
    "--trusted-host": "trusted", "--allow-insecure-host": "trusted",
}  # fmt: skip
FILES: Final = frozenset({"-r", "--requirement", "--requirements", "-c", "--constraint", "--constraints"})
EDITABLE: Final = frozenset({"-e", "--editable"})


@cache
def installers() -> Mapping[str, Any]:
    """What is known of programs that install."""
    return tomllib.loads((files(__package__) / "installers.toml").read_text(encoding="utf-8"))


def source(option: str, value: str, span: Span, *, dynamic: bool = False) -> list[Remark]:
    """What is to be said of an option that names an index or host."""
    kind = INDEXES[option]
    if kind == "trusted":
        return [] if _is_here(value) else [Remark("DEP-TRUSTED-HOST", span, shown(value) if "/" in value else value)]
    remarks = []
    if is_plain_http(value):
        remarks.append(Remark("DEP-PLAIN-HTTP", span, shown(value)))
    if kind == "extra":
        words = "an address that is put together" if dynamic else shown(value)
        remarks.append(Remark("DEP-EXTRA-INDEX", span, words, low=_is_vendor(value)))
    return remarks


def _host(value: str) -> str:
    try:
        return (urlsplit(value if "://" in value else f"//{value}").hostname or "").lower()
    except ValueError:
        return ""


def _is_here(value: str) -> bool:
    return _host(value) in {"localhost", "127.0.0.1", "::1"}


def _is_vendor(value: str) -> bool:
    host = _host(value)
    return any(host == name or host.endswith("." + name) for name in installers()["words"]["vendors"])
