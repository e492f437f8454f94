"""What JavaScript's package managers write: package.json, package-lock.json, yarn.lock, pnpm-lock.yaml.

https://docs.npmjs.com/cli/v11/configuring-npm/package-lock-json
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from mlsec_nb.scanners.dependencies.facts import GIT, INDEX, NPM, PATH, URL, Dependency, Fact, Remark
from mlsec_nb.scanners.dependencies.requirement import is_commit, is_plain_http, shown

from .places import Cursor, json_of, table, word, yaml_of

_EXACT = re.compile(r"[=v]?(\d+\.\d+\.\d+(?:[-+][\w.+-]+)?)\Z")
_YARN = re.compile(r"(?m)^(?P<keys>\"?(?:@[^/\s]+/)?[^\s@\"#]+@[^\n]+):\r?\n(?P<body>(?:[ \t]+[^\n]*\n?)+)")
_PNPM = re.compile(r"/?(?P<name>(?:@[^/@]+/)?[^/@(]+)[@/](?P<version>\d[^(/_]*)")


def package(text: str) -> Iterator[Fact]:
    value = json_of(text)
    cursor = Cursor(text)
    for section in ("dependencies", "devDependencies", "optionalDependencies", "peerDependencies"):
        cursor.at = max(text.find(f'"{section}"'), 0)
        for name, wanted in table(value.get(section)).items():
            specifier = word(wanted)
            kind, address = _where(specifier)
            exact = _EXACT.match(specifier)
            yield from _found(name, exact[1] if exact else None, cursor.quoted(name), kind, address,
                              specifier=specifier if kind == INDEX else "", may_range=True)  # fmt: skip


def npm_lock(text: str) -> Iterator[Fact]:
    """Versions 2 and 3 list `packages` by path, version 1 `dependencies` by name."""
    value = json_of(text)
    cursor = Cursor(text)
    packages = table(value.get("packages"))
    for path, entry in packages.items():
        item = table(entry)
        if "node_modules/" in path and not item.get("link"):
            name = word(item.get("name")) or path.rpartition("node_modules/")[2]
            yield from _npm_entry(name, item, cursor.quoted(path))
    if not packages:
        yield from _version_1(table(value.get("dependencies")), cursor, depth=0)


def _version_1(entries: Mapping[str, Any], cursor: Cursor, depth: int) -> Iterator[Fact]:
    for name, entry in entries.items() if depth < 100 else ():
        item = table(entry)
        yield from _npm_entry(name, item, cursor.quoted(name))
        yield from _version_1(table(item.get("dependencies")), cursor, depth + 1)


def _npm_entry(name: str, item: Mapping[str, Any], span: tuple[int, int]) -> Iterator[Fact]:
    resolved = word(item.get("resolved"))
    kind, address = _where(resolved) if resolved.startswith(("git", "file:")) else (INDEX, resolved)
    fixed = bool(item.get("integrity")) or (kind == GIT and is_commit(address.replace("#", "@")))
    licence = item.get("license")
    yield from _found(name, word(item.get("version")) or None, span, kind, address, is_hashed=fixed, is_locked=True,
                      licence=licence if isinstance(licence, str) else word(table(licence).get("type")),
                      deprecated=bool(item.get("deprecated")))  # fmt: skip


def yarn(text: str) -> Iterator[Fact]:
    """Both formats: yarn 1's own, and the YAML of later ones (https://yarnpkg.com/advanced/lexicon)."""
    for block in _YARN.finditer(text):
        first = block["keys"].strip('"').partition(",")[0].strip().strip('"')
        name, _, wanted = first[1:].partition("@") if first.startswith("@") else first.partition("@")
        name = f"@{name}" if first.startswith("@") else name
        version = re.search(r"(?m)^[ \t]+\"?version\"?:?[ \t]+\"?([^\"\s]+)", block["body"])
        resolved = re.search(r"(?m)^[ \t]+\"?resolved\"?:?[ \t]+\"?([^\"\s]+)", block["body"])
        if wanted.startswith(("workspace:", "link:", "portal:")) or not version:
            continue
        start = text.index(name, block.start())
        hashed = bool(re.search(r"(?m)^[ \t]+(?:integrity|checksum)\b", block["body"]))
        address = resolved[1] if resolved else ""
        kind = GIT if wanted.startswith("git") else INDEX
        yield from _found(name, version[1], (start, start + len(name)), kind, address, is_hashed=hashed, is_locked=True)


def pnpm(text: str) -> Iterator[Fact]:
    for value in yaml_of(text):
        cursor = Cursor(text)
        for key, entry in table(table(value).get("packages")).items():
            item = table(entry)
            found = _PNPM.match(str(key))
            if found:
                resolution = table(item.get("resolution"))
                yield from _found(found["name"], found["version"], cursor.find(str(key)), INDEX,
                                  word(resolution.get("tarball")), is_hashed=bool(resolution.get("integrity")),
                                  is_locked=True, deprecated=bool(item.get("deprecated")))  # fmt: skip


def _where(specifier: str) -> tuple[str, str]:
    low = specifier.lower()
    if low.startswith(("git", "ssh://")) or re.fullmatch(r"[\w.-]+/[\w.-]+(?:#.*)?", specifier):
        return GIT, specifier
    if low.startswith(("http://", "https://")):
        return URL, specifier
    if low.startswith(("file:", "link:", "workspace:", "portal:")):
        return PATH, specifier
    return INDEX, ""


def _found(
    name: str, version: str | None, span: tuple[int, int], kind: str, address: str, **more: Any
) -> Iterator[Fact]:
    if is_plain_http(address):
        yield Remark("DEP-PLAIN-HTTP", span, shown(address))
    yield Dependency(ecosystem=NPM, name=name, version=version if kind == INDEX or more.get("is_locked") else None,
                     span=span, source=kind, address=shown(address) if kind in {GIT, URL} else "", **more)  # fmt: skip
