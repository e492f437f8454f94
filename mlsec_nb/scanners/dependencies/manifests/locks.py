"""Lock files of Python and Rust: every package with the one version that was resolved."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from mlsec_nb.scanners.dependencies.facts import GIT, INDEX, PATH, PYPI, URL, Dependency, Fact, Remark
from mlsec_nb.scanners.dependencies.requirement import is_plain_http, shown

from .places import Cursor, json_of, rows, table, tables, toml, word

_NAME = r"""(?m:^)[ \t]*["']?name["']?[ \t]*=[ \t]*["']"""


def poetry(text: str) -> Iterator[Fact]:
    """https://python-poetry.org/docs/basic-usage/#installing-with-poetrylock."""
    value = toml(text)
    hashes = table(table(value.get("metadata")).get("files"))  # before version 2 of the format
    for entry, span in _packages(value, "package", text):
        where = table(entry.get("source"))
        files = rows(entry.get("files")) or rows(hashes.get(word(entry.get("name"))))
        kind = {"git": GIT, "url": URL, "file": PATH, "directory": PATH}.get(word(where.get("type")), INDEX)
        fixed = bool(re.fullmatch(r"[0-9a-f]{40}", word(where.get("resolved_reference"))))
        yield from _locked(entry, span, kind, word(where.get("url")), is_hashed=bool(files) or fixed)


def uv(text: str) -> Iterator[Fact]:
    """https://docs.astral.sh/uv/concepts/projects/layout/#the-lockfile."""
    for entry, span in _packages(toml(text), "package", text):
        where = table(entry.get("source"))
        if "virtual" in where or (where.get("editable") == "."):
            continue
        kind = GIT if "git" in where else URL if "url" in where else INDEX if "registry" in where else PATH
        address = word(where.get("git")) or word(where.get("url")) or word(where.get("registry"))
        files = [*tables(entry.get("wheels")), table(entry.get("sdist"))]
        fixed = bool(re.search(r"#[0-9a-f]{40}\Z", word(where.get("git"))))
        yield from _locked(entry, span, kind, address, is_hashed=fixed or any(word(file.get("hash")) for file in files))


def pdm(text: str) -> Iterator[Fact]:
    """https://pdm-project.org/latest/usage/lockfile/."""
    value = toml(text)
    hashes = table(table(value.get("metadata")).get("files"))
    for entry, span in _packages(value, "package", text):
        address = word(entry.get("git")) or word(entry.get("url"))
        kind = GIT if "git" in entry else URL if "url" in entry else PATH if "path" in entry else INDEX
        known = rows(entry.get("files")) or rows(hashes.get(f"{entry.get('name')} {entry.get('version')}"))
        fixed = bool(re.fullmatch(r"[0-9a-f]{40}", word(entry.get("revision"))))
        yield from _locked(entry, span, kind, address, is_hashed=bool(known) or fixed)


def pylock(text: str) -> Iterator[Fact]:
    """https://packaging.python.org/en/latest/specifications/pylock-toml/."""
    for entry, span in _packages(toml(text), "packages", text):
        vcs, archive = table(entry.get("vcs")), table(entry.get("archive"))
        kind = GIT if vcs else URL if archive else PATH if "directory" in entry else INDEX
        address = word(vcs.get("url")) or word(archive.get("url")) or word(entry.get("index"))
        files = [*tables(entry.get("wheels")), table(entry.get("sdist")), archive]
        fixed = bool(word(vcs.get("commit-id"))) or any(table(file.get("hashes")) for file in files)
        yield from _locked(entry, span, kind, address, is_hashed=fixed)


def cargo(text: str) -> Iterator[Fact]:
    """https://doc.rust-lang.org/cargo/guide/cargo-toml-vs-cargo-lock.html; a package without source is the user's."""
    for entry, span in _packages(toml(text), "package", text):
        where = word(entry.get("source"))
        if where:
            kind = GIT if where.startswith("git+") else INDEX
            fixed = bool(word(entry.get("checksum"))) or bool(re.search(r"#[0-9a-f]{40}\Z", where))
            yield from _locked(entry, span, kind, where if kind == GIT else "", is_hashed=fixed, ecosystem="crates.io")


def pipfile(text: str) -> Iterator[Fact]:
    """https://pipenv.pypa.io/en/latest/pipfile.html."""
    value = json_of(text)
    cursor = Cursor(text)
    for section in ("default", "develop"):
        cursor.at = max(text.find(f'"{section}"'), 0)
        for name, entry in table(value.get(section)).items():
            item = table(entry)
            span = cursor.quoted(name)
            kind = GIT if "git" in item else URL if "file" in item else PATH if "path" in item else INDEX
            fixed = bool(rows(item.get("hashes"))) or bool(re.fullmatch(r"[0-9a-f]{40}", word(item.get("ref"))))
            row = {"name": name, "version": word(item.get("version")).lstrip("=")}
            yield from _locked(row, span, kind, word(item.get("git")) or word(item.get("file")), is_hashed=fixed)


def _packages(value: Mapping[str, Any], key: str, text: str) -> Iterator[tuple[Mapping[str, Any], tuple[int, int]]]:
    cursor = Cursor(text)
    for entry in tables(value.get(key)):
        if name := word(entry.get("name")):
            yield entry, cursor.find(name, _NAME, "[\"']")


def _locked(entry: Mapping[str, Any], span: tuple[int, int], kind: str, address: str, *, is_hashed: bool,
            ecosystem: str = PYPI) -> Iterator[Fact]:  # fmt: skip
    if is_plain_http(address):
        yield Remark("DEP-PLAIN-HTTP", span, shown(address))
    yield Dependency(
        ecosystem=ecosystem, name=word(entry.get("name")), version=word(entry.get("version")) or None, span=span,
        source=kind, address=shown(address) if kind in {GIT, URL} and address else "", is_hashed=is_hashed,
        is_locked=True,
    )  # fmt: skip
