"""One requirement as pip reads it: a name with a specifier, an address, or a path.

https://packaging.python.org/en/latest/specifications/dependency-specifiers/
"""

import re
from urllib.parse import unquote, urlsplit

from mlsec_nb.core import mask_text

from .facts import GIT, PATH, PYPI, URL, Dependency, Remark

_NAMED = re.compile(
    r"(?P<name>[A-Za-z0-9](?:[\w.-]*[A-Za-z0-9])?)\s*(?P<extras>\[[^\]\n]*\])?\s*"
    r"(?P<rest>(?:\(?\s*(?:[<>=!~]=?=?|@)[^;\n]*)?)(?P<marker>;.*)?\Z", re.DOTALL,
)  # fmt: skip
_EXACT = re.compile(r"\(?\s*={2,3}\s*(?P<version>[^\s,;*()<>=!~]+)\s*\)?\s*\Z")
_VCS = re.compile(r"(?i)(?:git|hg|svn|bzr)(?:\+[a-z]+)?\Z")
_COMMIT = re.compile(r"(?i)@[0-9a-f]{40}(?:[0-9a-f]{24})?\Z")
_ARCHIVE = re.compile(r"(?i)\.(?:whl|tar\.gz|tgz|tar\.bz2|tar\.xz|zip)\Z")
_FILE_NAME = re.compile(r"(?P<name>[A-Za-z0-9][\w.]*?(?:-[A-Za-z][\w.]*?)*)-(?P<version>\d[\w.+!]*)")
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


def canonical(name: str) -> str:
    """A project's name in the one form that indexes compare."""
    return re.sub(r"[-_.]+", "-", name).lower()


def shown(address: str) -> str:
    """An address without what may be secret in it: scheme, host and the plain words of its path."""
    try:
        parts = urlsplit(address)
        host = (parts.hostname or "") + (f":{parts.port}" if parts.port else "")
    except ValueError:
        return "an address that cannot be read"
    path = "/".join(mask_text(part) for part in parts.path.split("/"))
    return f"{parts.scheme}://{host}{path}" if parts.scheme and host else path or "an address"


def is_plain_http(address: str) -> bool:
    """Whether an address is fetched without protection, from elsewhere than this machine."""
    low = address.lower()
    if not low.startswith(("http://", "git+http://", "git://", "git+git://", "svn+http://", "hg+http://", "ftp://")):
        return False
    try:
        return urlsplit(low).hostname not in _LOOPBACK
    except ValueError:
        return True


def parse(text: str, start: int, *, editable: bool = False) -> list[Dependency | Remark]:
    """What one requirement at offset `start` says; nothing for a text that is none."""
    span = (start, start + len(text))
    name, at, address = text.partition("@")
    if at and _looks_like_address(address.strip()) and re.fullmatch(r"\s*[\w.-]+\s*(?:\[[^\]]*\])?\s*", name):
        return _addressed(address.strip().partition(" ;")[0], span, re.split(r"[\[\s]", name.strip())[0])
    if _looks_like_address(text):
        return _addressed(text, span)
    if editable or text[:1] in {".", "/", "~"} or "\\" in text or _ARCHIVE.search(text.partition("[")[0]):
        return [_path(text, span)]
    found = _NAMED.match(text)
    if not found:
        return [_path(text, span)] if "/" in text else []
    return [_named(found, start)]


def _looks_like_address(text: str) -> bool:
    return bool(re.match(r"(?i)[a-z][a-z0-9+.-]*://\S|git@[\w.-]+:", text)) or text.lower().startswith("file:")


def _named(found: re.Match[str], start: int) -> Dependency:
    specifier = found["rest"].strip()
    exact = _EXACT.match(specifier)
    name = found["name"]
    end = found.end("rest") - (len(found["rest"]) - len(found["rest"].rstrip()))
    extras = found["extras"] or ""
    return Dependency(
        ecosystem=PYPI,
        name=name,
        span=(start, start + end),
        version=exact["version"].removeprefix("v") if exact else None,
        specifier=specifier,
        pin=(start, start + max(end, found.end("extras"), found.end("name"))),
        pinned=name + extras.replace("{", "{{").replace("}", "}}") + "=={version}",
    )


def _path(text: str, span: tuple[int, int]) -> Dependency:
    name, version = _of_file(text)
    return Dependency(ecosystem=PYPI, name=name or text.partition("[")[0], span=span, version=version, source=PATH)


def _addressed(address: str, span: tuple[int, int], name: str = "") -> list[Dependency | Remark]:
    scheme = address.partition("://")[0].lower()
    if scheme == "file" or address.lower().startswith("file:"):
        return [_path(address.partition(":")[2], span)]
    facts: list[Dependency | Remark] = []
    if is_plain_http(address):
        facts.append(Remark("DEP-PLAIN-HTTP", span, shown(address)))
    plain, _, fragment = address.partition("#")
    egg = re.search(r"(?:^|&)egg=([\w.-]+)", fragment)
    hashed = bool(re.search(r"(?:^|&)(?:sha256|sha384|sha512)=[0-9a-fA-F]{64,}", fragment))
    is_vcs = bool(_VCS.match(scheme)) or address.startswith("git@")
    if is_vcs:
        last = plain.rpartition("@")[0] if "@" in plain.rpartition("/")[2] else plain
        called = name or (egg[1] if egg else "") or last.rstrip("/").rpartition("/")[2].removesuffix(".git")
        return [*facts, Dependency(ecosystem=PYPI, name=called, span=span, source=GIT, address=shown(plain),
                                   is_hashed=bool(_COMMIT.search(plain)))]  # fmt: skip
    of_file, version = _of_file(plain)
    called = name or (egg[1] if egg else "") or of_file or shown(plain)
    return [*facts, Dependency(ecosystem=PYPI, name=called, span=span, version=version, source=URL,
                               address=shown(plain), is_hashed=hashed)]  # fmt: skip


def _of_file(path: str) -> tuple[str, str | None]:
    """Name and version that the name of a wheel or source archive tells."""
    last = unquote(path.partition("?")[0].rstrip("/").rpartition("/")[2])
    if not _ARCHIVE.search(last):
        return "", None
    found = _FILE_NAME.match(_ARCHIVE.sub("", last))
    return (found["name"], found["version"].rstrip(".")) if found else ("", None)


def is_commit(address: str) -> bool:
    """Whether an address of a repository names one commit."""
    return bool(_COMMIT.search(address.partition("#")[0]))
