"""What the Terraform files of one folder define for each other."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from mlsec_nb.core import CannotRead
from mlsec_nb.io.files import LocalFile
from mlsec_nb.scanners.tree import Node

from .hcl import Block, Reader, Source, attributes, blocks

MAX_FILES: Final = 200  # of one folder
MAX_FILE: Final = 1 << 20  # bytes of one file beside the one that is read
MAX_BYTES: Final = 16 << 20  # of all of them
_SUFFIXES: Final = (".tf", ".tofu", ".tfvars")


@dataclass
class Folder:
    """Variables with their defaults and what they were given, locals and outputs, and the blocks of every file."""

    given: dict[str, Node] = field(default_factory=dict)
    defaults: dict[str, Node] = field(default_factory=dict)
    locals: dict[str, tuple[Source, Any]] = field(default_factory=dict)
    outputs: dict[str, tuple[Source, Any]] = field(default_factory=dict)
    calls: dict[str, Block] = field(default_factory=dict)
    blocks: list[Block] = field(default_factory=list)

    def take(self, source: Source) -> list[Block]:
        """Adds what a file defines; what was defined before stays. Returns its blocks."""
        found = list(blocks(source, source.body))
        reader = Reader(source)
        for block in found:
            label = block.labels[0] if block.labels else ""
            defined = {name: expression for name, _, expression in attributes(source, block.body)}
            if block.type == "variable" and "default" in defined:
                self.defaults.setdefault(label, reader.value(defined["default"]))
            elif block.type == "locals":
                self.locals.update({name: (source, expression) for name, expression in defined.items()})
            elif block.type == "output" and "value" in defined:
                self.outputs[label] = (source, defined["value"])
            elif block.type == "module":
                self.calls[label] = block
        return found


def folder_of(path: Path | None) -> Folder:
    """What stands in a folder, as it is now: nothing where there is none."""
    return _read(str(path), _stamp(path)) if path is not None else Folder()


def copied(folder: Folder) -> Folder:
    """The same, to add to."""
    made: Mapping[str, Callable[..., Any]] = {"blocks": list}
    return Folder(**{name: made.get(name, dict)(value) for name, value in vars(folder).items()})


def _stamp(folder: Path) -> tuple[tuple[str, int, int], ...]:
    """The files of a folder that define something, so that a change of them is seen."""
    try:
        found = sorted(path for path in folder.iterdir() if path.suffix in _SUFFIXES)[:MAX_FILES]
        return tuple((path.name, path.stat().st_size, path.stat().st_mtime_ns) for path in found)
    except OSError:
        return ()


@lru_cache(maxsize=64)
def _read(folder: str, stamp: tuple[tuple[str, int, int], ...]) -> Folder:
    found, left = Folder(), MAX_BYTES
    for name, size, _ in stamp:
        left -= size if size <= MAX_FILE else 0
        if size > MAX_FILE or left < 0:
            continue
        is_given = name.endswith(".tfvars")
        if is_given and not (name == "terraform.tfvars" or name.endswith(".auto.tfvars")):
            continue
        try:
            text = LocalFile(str(Path(folder) / name)).read(MAX_FILE).decode("utf-8", "replace")
        except CannotRead:
            continue
        source = Source(text, name)
        if is_given:
            reader = Reader(source)
            found.given.update({name: reader.value(value) for name, _, value in attributes(source, source.body)})
        else:
            found.blocks += found.take(source)
    return found
