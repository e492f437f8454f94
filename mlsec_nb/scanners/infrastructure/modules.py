"""Modules of Terraform: those that lie beside what calls them, followed as far as literals go.

A resource of a module is judged where its own file is read. Here it is judged once more with what it is called with,
and what is wrong then alone is said where it is called.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from mlsec_nb.core import SKIPPED
from mlsec_nb.scanners.tree import UNKNOWN, Node

from .folders import Folder, folder_of
from .hcl import Block, Budget, Reader, Scope, Source, attributes, repeats
from .items import Hit, Parsed
from .judge import hits
from .resources import parsed_of

MAX_DEPTH: Final = 8  # modules in modules
MAX_CALLS: Final = 300  # of one file, copies and modules in modules too
_HERE: Final = re.compile(r"\.\.?(?:/|\Z)")
_META: Final = frozenset({"source", "version", "providers", "count", "for_each", "depends_on"})
_Key = tuple[str, str, int, int, str]


@dataclass
class Module:
    """One folder with what it is called with. `left` says how many calls may still be followed."""

    folder: Path | None
    content: Folder
    inputs: Mapping[str, Node]
    left: list[int]
    budget: Budget = field(default_factory=Budget)
    depth: int = 0
    _outputs: dict[str, Node] = field(default_factory=dict)
    _asked: set[str] = field(default_factory=set)

    @property
    def scope(self) -> Scope:
        variables = {**self.content.defaults, **self.inputs}
        return Scope(variables, self.content.locals, budget=self.budget, outputs=self.outputs)

    def outputs(self, name: str, depth: int) -> Node | None:
        """What a module that is called here hands back: a table, or one for each copy."""
        block = self.content.calls.get(name)
        if block is None or name in self._asked:
            return None
        if name not in self._outputs:
            self._asked.add(name)
            copies = {key: child.handed(depth) for key, child in self.called(block, depth)}
            self._asked.discard(name)
            repeated = {word for word, _, _ in attributes(block.source, block.body)} & {"count", "for_each"}
            if not repeated:
                self._outputs[name] = copies.get("", Node(0, 0, UNKNOWN))
            elif "count" in repeated:
                self._outputs[name] = Node(0, 0, list(copies.values()))
            else:
                self._outputs[name] = Node(0, 0, copies)
        return self._outputs[name]

    def handed(self, depth: int) -> Node:
        values = self.content.outputs.items()
        return Node(0, 0, {name: Reader(at, self.scope).value(value, depth + 1) for name, (at, value) in values})

    def called(self, block: Block, depth: int = 0) -> Iterator[tuple[str, "Module"]]:
        """The module that a block calls, once for each copy, under the copy's key."""
        given = {name: found for name, _, found in attributes(block.source, block.body)}
        place, _ = where(block, self.folder)
        if place is None or self.depth >= MAX_DEPTH:
            return
        content = folder_of(place)
        for key, names in _copies(Reader(block.source, self.scope), given, depth):
            self.left[0] -= 1
            if self.left[0] < 0 or self.budget.left < 0:
                return
            reader = Reader(block.source, replace(self.scope, names=names))
            inputs = {name: reader.value(found, depth + 1) for name, found in given.items() if name not in _META}
            yield key, Module(place, content, inputs, self.left, self.budget, self.depth + 1)

    def hits(self, label: str) -> Iterator[tuple[Hit, Source]]:
        """What is wrong in it and in the modules that it calls, with the text that it is wrong in."""
        for parsed, source in parsed_of(self.content.blocks, self.scope, self.content.blocks):
            for hit in hits(parsed, source.text):
                if (hit.rule, hit.label) not in parsed.covered:
                    yield replace(hit, label=f"{label}.{hit.label}"), source
        for block in self.content.calls.values():
            for _, child in self.called(block):
                yield from child.hits(f"{label}.{_name(block)}")


def followed(module: Module, blocks: Sequence[Block], parsed: Parsed) -> None:
    """Adds what is wrong in the modules that these blocks call because of what they are called with."""
    elsewhere: list[str] = []
    alone: dict[Path, set[_Key]] = {}
    for block in blocks:
        if block.type != "module":
            continue
        place, source = where(block, module.folder)
        if place is None:
            elsewhere.append(source)
            continue
        label = _name(block)
        if place not in alone:
            bare = Module(place, folder_of(place), {}, module.left, module.budget)
            alone[place] = {_key(hit, at) for hit, at in bare.hits("")}
        for _, child in module.called(block):
            for hit, at in child.hits(""):
                if _key(hit, at) not in alone[place]:
                    parsed.hits.append(replace(_moved(hit, at, block), label=f"{label}{hit.label}"))
    if module.left[0] < 0:
        parsed.gaps.append((f"calls more than {MAX_CALLS} modules; the others were not followed", "too-big"))
    if elsewhere:
        told = ", ".join(sorted(set(elsewhere)))
        parsed.gaps.append((f"calls modules that are not beside it and were not looked at: {told}", SKIPPED))


def where(block: Block, folder: Path | None) -> tuple[Path | None, str]:
    """The folder of a module, when it lies in the project; and what its source says."""
    given = {name: found for name, _, found in attributes(block.source, block.body)}
    said = Reader(block.source).value(given["source"]).text if "source" in given else ""
    if folder is None or not _HERE.match(said):
        return None, said or "one without a source"
    try:
        place = (folder / said).resolve()
        return (place if place.is_dir() and place.is_relative_to(_project(folder.resolve())) else None), said
    except (OSError, ValueError):
        return None, said


def _project(folder: Path) -> Path:
    """How far up a path may lead: the repository, where we are, or the folder itself."""
    repository = next((one for one in (folder, *folder.parents) if (one / ".git").exists()), None)
    here = Path.cwd()
    return repository or (here if folder.is_relative_to(here) else folder)


def _copies(reader: Reader, given: Mapping[str, object], depth: int) -> Iterator[tuple[str, Mapping[str, Node]]]:
    if "for_each" in given:
        for key, value in repeats(reader.value(given["for_each"], depth + 1)):
            yield key.text, {"each": Node(0, 0, {"key": key, "value": value})}
        return
    count = reader.value(given["count"], depth + 1).value if "count" in given else None
    if isinstance(count, int) and not isinstance(count, bool):
        for number in range(min(count, MAX_CALLS)):
            yield str(number), {"count": Node(0, 0, {"index": Node(0, 0, number)})}
    else:
        yield "", {}


def _name(block: Block) -> str:
    return f"module.{'.'.join(block.labels)}"


def _key(hit: Hit, source: Source) -> _Key:
    return hit.rule, source.name, hit.start, hit.end, hit.label


def _moved(hit: Hit, source: Source, block: Block) -> Hit:
    """The same at the argument that it came from, or at the call."""
    written = source.text[hit.start : hit.end]
    arguments = {name: (key, value) for name, key, value in attributes(block.source, block.body)}
    named = [name for name in re.findall(r"\bvar\.(\w+)", written) if name in arguments]
    told = hit.message and f"{hit.message} ({source.name})"
    if not named:
        return replace(hit, start=block.head[0], end=block.head[1], fix=None, message=told)
    start, end = block.source.span(arguments[named[0]][1])
    fix = hit.fix if written == f"var.{named[0]}" and hit.fix and len(hit.fix[1]) == 1 else None
    moved = (fix[0], ((start, end, fix[1][0][2]),)) if fix else None
    return replace(hit, start=start, end=end, fix=moved, message=told)
