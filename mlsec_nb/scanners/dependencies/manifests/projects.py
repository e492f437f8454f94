"""Manifests of projects, in which ranges belong: pyproject.toml, setup.cfg, Pipfile.

https://packaging.python.org/en/latest/specifications/pyproject-toml/ and PEP 735; https://python-poetry.org/docs/pyproject/
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from mlsec_nb.scanners.dependencies.facts import GIT, PATH, PYPI, URL, Dependency, Fact, Remark
from mlsec_nb.scanners.dependencies.options import source
from mlsec_nb.scanners.dependencies.requirement import is_plain_http, parse, shown

from .places import Cursor, rows, table, tables, toml, word

_EXACT = re.compile(r"={2,3}\s*([^\s,*]+)\Z")
_SCRIPT = re.compile(r"(?m)^# /// script[ \t]*\r?\n(?P<body>(?:#(?: .*)?\n)+?)# ///[ \t]*$")
_CFG_KEY = re.compile(r"(?m)^(?:\[(?P<section>[^\]\n]+)\]|(?P<key>[\w.-]+)[ \t]*[=:])")


def pyproject(text: str) -> Iterator[Fact]:
    value = toml(text)
    cursor = Cursor(text)
    project, tool = table(value.get("project")), table(value.get("tool"))
    lists = [rows(table(value.get("build-system")).get("requires")), rows(project.get("dependencies"))]
    lists += [rows(items) for items in table(project.get("optional-dependencies")).values()]
    lists += [rows(items) for items in table(value.get("dependency-groups")).values()]
    lists += [rows(table(tool.get("uv")).get("dev-dependencies"))]
    lists += [rows(items) for items in table(table(tool.get("pdm")).get("dev-dependencies")).values()]
    for items in lists:
        cursor.at = 0
        yield from _listed(items, cursor)
    yield from _uv(table(tool.get("uv")), cursor)
    yield from _poetry(table(tool.get("poetry")), cursor)


def _listed(items: Iterable[Any], cursor: Cursor) -> Iterator[Fact]:
    for item in items:
        if not isinstance(item, str):
            continue
        start, end = cursor.quoted(item)
        for fact in parse(item, start):
            if not isinstance(fact, Dependency):
                yield fact
            elif end - start == len(item):
                yield replace(fact, may_range=True)
            else:
                yield replace(fact, may_range=True, span=(start, end), pin=None)


def _uv(tool: Mapping[str, Any], cursor: Cursor) -> Iterator[Fact]:
    cursor.at = 0
    for name, where in table(tool.get("sources")).items():
        for entry in tables(where) if isinstance(where, list) else (table(where),):
            yield from _of_table(name, entry, cursor)
    for index in tables(tool.get("index")):
        if address := word(index.get("url")):
            yield from _source(address, cursor, extra=not index.get("default") and not index.get("explicit"))
    for key in ("index-url", "extra-index-url", "find-links", "allow-insecure-host"):
        values = tool.get(key)
        for value in rows(values) or [values]:
            if isinstance(value, str):
                yield from source(_UV[key], value, cursor.quoted(value))


_UV = {"index-url": "-i", "extra-index-url": "--index", "find-links": "-f", "allow-insecure-host": "--trusted-host"}


def _source(address: str, cursor: Cursor, *, extra: bool) -> Iterator[Fact]:
    yield from source("--extra-index-url" if extra else "--index-url", address, cursor.quoted(address))


def _poetry(tool: Mapping[str, Any], cursor: Cursor) -> Iterator[Fact]:
    groups = [table(tool.get("dependencies")), table(tool.get("dev-dependencies"))]
    groups += [table(table(group).get("dependencies")) for group in table(tool.get("group")).values()]
    for group in groups:
        cursor.at = 0
        for name, value in group.items():
            if name.lower() != "python":
                yield from _of_entry(name, value, cursor)
    for index in tables(tool.get("source")):
        if address := word(index.get("url")):
            is_extra = word(index.get("priority")).lower() in {"supplemental", "secondary"}
            yield from _source(address, cursor, extra=is_extra)


def _of_entry(name: str, value: Any, cursor: Cursor) -> Iterator[Fact]:
    """`name = "^1.2"` or `name = {version = …}` of poetry and pipenv."""
    if isinstance(value, list):
        for item in value:
            yield from _of_entry(name, item, cursor)
        return
    entry = table(value)
    yield from _of_table(name, entry, cursor)
    if any(key in entry for key in ("git", "url", "path", "file")):
        return
    specifier = word(value) or word(entry.get("version"))
    span = cursor.find(name, "^[ \t]*[\"']?".replace("^", "(?m:^)"), "[\"' \t=]")
    exact = _EXACT.match(specifier) or re.fullmatch(r"(\d+(?:\.\d+){2,}[\w.+]*)", specifier)
    yield Dependency(ecosystem=PYPI, name=name, span=span, version=exact[1] if exact else None,
                     specifier=specifier, may_range=True)  # fmt: skip


def _of_table(name: str, entry: Mapping[str, Any], cursor: Cursor) -> Iterator[Fact]:
    for key, kind in (("git", GIT), ("url", URL), ("path", PATH), ("file", PATH)):
        if address := word(entry.get(key)):
            span = cursor.quoted(address)
            if is_plain_http(address):
                yield Remark("DEP-PLAIN-HTTP", span, shown(address))
            fixed = bool(re.fullmatch(r"[0-9a-f]{40}", word(entry.get("rev")) or word(entry.get("ref"))))
            yield Dependency(ecosystem=PYPI, name=name, span=span, source=kind,
                             address=shown(address) if kind != PATH else "", is_hashed=fixed)  # fmt: skip
            return


def script(text: str) -> Iterator[Fact]:
    """The block in which a program names what it needs (PEP 723)."""
    for block in _SCRIPT.finditer(text):
        lines = (line[2:] if line.startswith("# ") else line[1:] for line in block["body"].split("\n"))
        value = toml("\n".join(lines))
        cursor = Cursor(text)
        cursor.at = block.start()
        yield from _listed(rows(value.get("dependencies")), cursor)


def setup_cfg(text: str) -> Iterator[Fact]:
    """The requirement lists of setup.cfg; read line by line, because configparser keeps no places."""
    section = key = ""
    keys = {"install_requires", "setup_requires", "tests_require"}
    heads = [*_CFG_KEY.finditer(text)]
    for number, head in enumerate(heads):
        if head["section"]:
            section = head["section"].strip()
            continue
        key = head["key"]
        stop = heads[number + 1].start() if number + 1 < len(heads) else len(text)
        if (section == "options" and key in keys) or section == "options.extras_require":
            value = text[head.end() : stop]
            # As setuptools parts a list: by lines, and by semicolons only when it has one line.
            for line in re.finditer(
                r"[^\n]+" if "\n" in value.strip("\n") or value.startswith("\n") else r"[^\n;]+", value
            ):
                wanted = line.group().partition(" #")[0].strip()
                if wanted and not wanted.startswith("#"):
                    start = head.end() + line.start() + line.group().index(wanted)
                    yield from (
                        replace(fact, may_range=True) if isinstance(fact, Dependency) else fact
                        for fact in parse(wanted, start)
                    )


def pipfile(text: str) -> Iterator[Fact]:
    value = toml(text)
    cursor = Cursor(text)
    for number, index in enumerate(tables(value.get("source"))):
        if address := word(index.get("url")):
            yield from _source(address, cursor, extra=number > 0)
            if index.get("verify_ssl") is False:
                yield Remark("DEP-TRUSTED-HOST", cursor.find("verify_ssl"), shown(address))
    for section in ("packages", "dev-packages"):
        cursor.at = max(text.find(f"[{section}]"), 0)
        for name, entry in table(value.get(section)).items():
            yield from _of_entry(name, entry, cursor)
