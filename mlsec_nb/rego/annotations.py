"""`# METADATA` comments: YAML that says what a rule, its document or its package is for.

Format: https://www.openpolicyagent.org/docs/policy-language#annotations
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from .ast import Comment, Module, Place, Rule, Scalar
from .errors import RegoParseError

if TYPE_CHECKING:
    from .scope import Clause

SCOPES = ("rule", "document", "package", "subpackages")


@dataclass(frozen=True, slots=True)
class Block:
    """One METADATA comment; `end` is its last line."""

    place: Place
    end: int
    fields: Mapping[str, Any]


def attach(module: Module) -> Module:
    """The module with every annotation at what it annotates: the package or rule that follows it."""
    blocks = list(_blocks(module.comments))
    if not blocks:
        return module
    package = [block for block in blocks if block.end < module.place.line]
    of_package = [_scoped(block, "package") for block in package]
    by_rule: dict[int, list[Mapping[str, Any]]] = {}
    for block in blocks[len(package) :]:
        scoped = _scoped(block, "rule")
        if scoped["scope"] in ("package", "subpackages"):
            of_package.append(scoped)
            continue
        following = next((index for index, rule in enumerate(module.rules) if rule.place.line > block.end), None)
        if following is not None:
            by_rule.setdefault(following, []).append(scoped)
    rules = tuple(_annotated(rule, by_rule.get(index, [])) for index, rule in enumerate(module.rules))
    return replace(module, rules=rules, annotations=tuple(of_package))


def _annotated(rule: Rule, found: list[Mapping[str, Any]]) -> Rule:
    return replace(rule, annotations=tuple(found)) if found else rule


def _blocks(comments: tuple[Comment, ...]) -> Iterator[Block]:
    index = 0
    while index < len(comments):
        first = comments[index]
        index += 1
        if first.text.strip() != "METADATA" or first.place.column != 1:
            continue
        lines: list[str] = []
        line = first.place.line
        while index < len(comments) and comments[index].place.line == line + 1:
            lines.append(comments[index].text)
            line += 1
            index += 1
        yield Block(first.place, line, _fields(lines, first.place))


def _fields(lines: list[str], place: Place) -> Mapping[str, Any]:
    import yaml

    try:
        found = yaml.load("\n".join(lines), Loader=plain_loader())  # noqa: S506 - a SafeLoader, see there
    except yaml.YAMLError as error:
        raise RegoParseError("the metadata is not YAML", place) from error
    if not isinstance(found, dict) or not found:
        raise RegoParseError("the metadata must be a YAML mapping with at least one key", place)
    return {str(key): value for key, value in found.items()}


def plain_loader() -> Any:
    """YAML's safe loader, without dates: JSON has none."""
    import yaml

    class Plain(yaml.SafeLoader):  # type: ignore[misc]
        pass

    Plain.yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in pairs if tag != "tag:yaml.org,2002:timestamp"]
        for first, pairs in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }
    return Plain


def _scoped(block: Block, default: str) -> Mapping[str, Any]:
    scope = block.fields.get("scope", default)
    if scope not in SCOPES:
        raise RegoParseError(f"unknown annotation scope {scope!r}", block.place)
    found = {**block.fields, "scope": scope}
    if isinstance(found.get("authors"), list):
        found["authors"] = [_author(author) for author in found["authors"]]
    if isinstance(found.get("related_resources"), list):
        found["related_resources"] = [
            {"ref": one} if isinstance(one, str) else one for one in found["related_resources"]
        ]
    return found


def _author(author: Any) -> Any:
    if not isinstance(author, str):
        return author
    name, _, mail = author.partition("<")
    found = {"name": name.strip()} if name.strip() else {}
    return {**found, "email": mail.rstrip("> ")} if mail else found


def metadata_chain(modules: Sequence[Module], clause: "Clause") -> list[dict[str, Any]]:
    """The annotations that hold for a rule, the nearest first."""
    rule, module = clause.rule, clause.module
    assert module is not None
    path = [*module.package, *(part.value for part in rule.path if isinstance(part, Scalar))]
    own = [one for one in rule.annotations if one["scope"] == "rule"]
    found = [{"path": path, "annotations": dict(one)} for one in own] or [{"path": path}]
    for other in modules:
        if other.package == module.package:
            for one in other.rules:
                documents = [note for note in one.annotations if note["scope"] == "document"]
                same = [part.value for part in one.path if isinstance(part, Scalar)] == path[len(module.package) :]
                found += [{"path": path, "annotations": dict(note)} for note in documents if same]
    for size in range(len(module.package), 0, -1):
        for other in modules:
            if other.package == module.package[:size]:
                scopes = ("package", "subpackages") if size == len(module.package) else ("subpackages",)
                notes = [note for note in other.annotations if note["scope"] in scopes]
                found += [{"path": list(other.package), "annotations": dict(note)} for note in notes]
    return found
