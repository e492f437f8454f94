"""environment.yml, conda-lock and pixi.lock.

https://docs.conda.io/projects/conda/en/stable/user-guide/tasks/manage-environments.html
https://conda.github.io/conda-lock/output/
"""

import re
from collections.abc import Iterator
from dataclasses import replace

from mlsec_nb.scanners.dependencies.commands import conda as matched
from mlsec_nb.scanners.dependencies.facts import CONDA, PYPI, Dependency, Fact, Remark

from . import requirements
from .places import Cursor, rows, table, tables, word, yaml_of

_URL = re.compile(r"/(?P<name>[\w.-]+?)-(?P<version>[\w.!+]+)-(?P<build>\w+)\.(?:conda|tar\.bz2)\Z")


def environment(text: str) -> Iterator[Fact]:
    """`dependencies` with its `pip` list; a YAML of that name without either is something else."""
    for value in yaml_of(text):
        cursor = Cursor(text)
        for channel in rows(table(value).get("channels")):
            if word(channel).lower().startswith("http://"):
                yield Remark("DEP-PLAIN-HTTP", cursor.find(channel), channel.partition("?")[0].rpartition("@")[2])
        cursor.at = 0
        for item in rows(table(value).get("dependencies")):
            if isinstance(item, str):
                span = cursor.find(item, r"-[ \t]+[\"']?", r"[\"']?[ \t]*(?:#|\r?$|\n|\Z)")
                if found := matched(item, span[0]):
                    yield found
            for line in rows(table(item).get("pip")):
                if isinstance(line, str):
                    yield from _pip(line, cursor)


def _pip(line: str, cursor: Cursor) -> Iterator[Fact]:
    start, end = cursor.find(line)
    for fact in requirements.read(line):
        shift = (fact.span[0] + start, fact.span[1] + start)
        if isinstance(fact, Dependency):
            pin = (fact.pin[0] + start, fact.pin[1] + start) if fact.pin and end - start == len(line) else None
            yield replace(fact, span=shift, pin=pin)
        else:
            yield replace(fact, span=shift)


def lock(text: str) -> Iterator[Fact]:
    """conda-lock.yml: one entry for each platform; the same version once."""
    seen = set()
    for value in yaml_of(text):
        cursor = Cursor(text)
        for entry in tables(table(value).get("package")):
            name, version, manager = (word(entry.get(key)) for key in ("name", "version", "manager"))
            if not name:
                continue
            span = cursor.find(name, r"name:[ \t]*[\"']?", r"[\"']?\s")
            if (manager, name, version) not in seen:
                seen.add((manager, name, version))
                yield Dependency(ecosystem=PYPI if manager == "pip" else CONDA, name=name, version=version or None,
                                 span=span, is_locked=True, is_hashed=bool(table(entry.get("hash"))))  # fmt: skip


def pixi_lock(text: str) -> Iterator[Fact]:
    """https://pixi.sh/latest/workspace/lockfile/: addresses of packages, and wheels with name and version."""
    for value in yaml_of(text):
        cursor = Cursor(text)
        for entry in tables(table(value).get("packages")):
            address = word(entry.get("conda")) or (word(entry.get("url")) if entry.get("kind") == "conda" else "")
            hashed = bool(entry.get("sha256") or entry.get("md5"))
            if found := _URL.search(address):
                yield Dependency(ecosystem=CONDA, name=found["name"], version=found["version"], is_locked=True,
                                 span=cursor.find(address), is_hashed=hashed)  # fmt: skip
            elif ("pypi" in entry or entry.get("kind") == "pypi") and word(entry.get("name")):
                name = word(entry["name"])
                yield Dependency(ecosystem=PYPI, name=name, version=str(entry.get("version") or "") or None,
                                 span=cursor.find(name, r"name:[ \t]*"), is_locked=True, is_hashed=hashed)  # fmt: skip
