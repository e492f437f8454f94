"""What is installed where a notebook's kernel runs, read from its files; no interpreter is started.

The kernel's environment is often not the one that Jupyter runs in: its kernelspec names the interpreter, and packages
stand beside that. https://jupyter-client.readthedocs.io/en/stable/kernels.html#kernel-specs,
https://packaging.python.org/en/latest/specifications/recording-installed-packages/
"""

import json
import os
import re
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

from mlsec_nb.core import CannotRead, CannotScan, Document, Location, Part, Segment, TextOrigin
from mlsec_nb.io.files import LocalFile

from .facts import CONDA, PYPI, Dependency, Fact

LIMIT: Final = 8 << 20  # bytes of one file of metadata
_FIELD: Final = re.compile(r"(?m)^(Name|Version|License-Expression|License): *(.+?)\s*$")
_IMPORT: Final = re.compile(r"(?m)^[ \t]*(?:from[ \t]+(\w+)|import[ \t]+([\w., \t]+))")
_INACTIVE: Final = "\nClassifier: Development Status :: 7 - Inactive"
_SHORT: Final = 60  # characters; a longer licence is its whole text


def installed(document: Document) -> tuple[Segment, list[Fact]] | None:
    """A list of what the kernel of a notebook has, as a text with facts; None for a notebook that names no kernel.

    What its cells import stands first. Raises `CannotScan` when the environment cannot be found.
    """
    name = _kernel(document)
    if name is None:
        return None
    imported = {word for cell in document.cells if cell.kind == "code" for word in _imported(cell.source.text)}
    prefix = _prefix(name)
    found = sorted({*_python(prefix, imported), *_conda(prefix)}, key=lambda one: (_rank(one), one.name.lower()))
    place = Location(path=document.artifact.path, part=f"environment of {name}")
    text, facts = "", list[Fact]()
    for one in found:
        line = f"{one.name}=={one.version}"
        facts.append(_at(one, (len(text), len(text) + len(line))))
        text += line + "\n"
    return Segment(text, Part.METADATA, place, TextOrigin(place, raw=_nowhere)), facts


def _imported(text: str) -> Iterator[str]:
    """Top-level names of the modules that a cell imports."""
    for module, listed in _IMPORT.findall(text):
        names = [module] if module else listed.split(",")
        yield from (words[0].partition(".")[0] for name in names if (words := name.split()))


def _nowhere(offset: int) -> tuple[int, int] | None:
    """The list stands in no file."""
    del offset
    return None


def _rank(one: Dependency) -> bool:
    return "imported" not in one.extra


def _at(one: Dependency, span: tuple[int, int]) -> Dependency:
    return replace(one, span=span)


def _kernel(document: Document) -> str | None:
    spec = document.metadata.get("kernelspec")
    name = spec.get("name") if isinstance(spec, dict) else None
    return name if isinstance(name, str) and re.fullmatch(r"[\w.-]+", name) else None


def _folders() -> Iterator[tuple[Path, Path | None]]:
    """Where kernelspecs are, in Jupyter's order, each with the environment that it belongs to."""
    for text in os.environ.get("JUPYTER_PATH", "").split(os.pathsep):
        if text:
            yield Path(text), None
    home = os.environ.get("JUPYTER_DATA_DIR")
    yield Path(home) if home else Path.home() / ".local/share/jupyter", None
    for prefix in dict.fromkeys((sys.prefix, "/usr/local", "/usr")):
        yield Path(prefix) / "share/jupyter", Path(prefix)


def _prefix(kernel: str) -> Path:
    for folder, owner in _folders():
        path = folder / "kernels" / kernel / "kernel.json"
        if path.is_file():
            argv = _spec(path).get("argv")
            first = argv[0] if isinstance(argv, list) and argv and isinstance(argv[0], str) else ""
            program = Path(first)
            if program.is_absolute():
                return program.parent.parent  # a link to another interpreter is what makes a virtual environment
            return owner or Path(sys.prefix)
    raise CannotScan(f"the kernel {kernel} is not installed here: what it has was not looked at", "unreadable")


def _spec(path: Path) -> dict[str, object]:
    try:
        value = json.loads(LocalFile(str(path)).read(LIMIT))
    except (CannotRead, ValueError, RecursionError) as error:
        raise CannotScan("the kernelspec cannot be read") from error
    return value if isinstance(value, dict) else {}


def _python(prefix: Path, imported: set[str]) -> Iterator[Dependency]:
    sites = [*sorted(prefix.glob("lib*/python3.*/site-packages")), *sorted(prefix.glob("[Ll]ib/site-packages"))]
    sites += sorted(prefix.glob("lib/python3/dist-packages"))
    if not sites:
        raise CannotScan("no packages were found beside the kernel's interpreter", "unreadable")
    for site in sites:
        for folder in (*sorted(site.glob("*.dist-info")), *sorted(site.glob("*.egg-info"))):
            fields = _fields(folder)
            name, version = fields.get("Name"), fields.get("Version")
            if name and version:
                used = not imported.isdisjoint(_modules(folder, name))
                licence = fields.get("License-Expression") or fields.get("License", "")
                yield Dependency(ecosystem=PYPI, name=name, version=version, span=(0, 0), is_locked=True,
                                 is_hashed=True, licence=licence if len(licence) < _SHORT else "",
                                 deprecated="Inactive" in fields,
                                 extra={"imported": "true"} if used else {})  # fmt: skip


def _fields(folder: Path) -> dict[str, str]:
    for path in (folder / "METADATA", folder / "PKG-INFO", folder):
        if path.is_file():
            head = _text(path).partition("\n\n")[0]
            return {**dict(reversed(_FIELD.findall(head))), **({"Inactive": "true"} if _INACTIVE in head else {})}
    return {}


def _modules(folder: Path, name: str) -> set[str]:
    """Names that a distribution can be imported by."""
    if listed := _text(folder / "top_level.txt").split():
        return set(listed)
    record = re.findall(r"(?m)^([A-Za-z_]\w*)(?:/|\.py,|\.\w+\.so,)", _text(folder / "RECORD"))
    return set(record) or {name.lower().replace("-", "_")}


def _text(path: Path) -> str:
    try:
        return LocalFile(str(path)).read(LIMIT).decode("utf-8", "replace")
    except CannotRead:
        return ""


def _conda(prefix: Path) -> Iterator[Dependency]:
    for path in sorted((prefix / "conda-meta").glob("*.json")):
        value = _spec(path)
        name, version = value.get("name"), value.get("version")
        if isinstance(name, str) and isinstance(version, str):
            licence = value.get("license")
            yield Dependency(ecosystem=CONDA, name=name, version=version, span=(0, 0), is_locked=True, is_hashed=True,
                             licence=licence if isinstance(licence, str) else "")  # fmt: skip
