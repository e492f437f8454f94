"""Shell scripts inside YAML values: where their characters stand in the file."""

from dataclasses import replace
from functools import lru_cache

from mlsec_nb.scanners.tree import Node

from .commands import Command


def offset_in(script: Node, at: int, piece: str) -> tuple[int, int]:
    """Where a piece of a scalar's text stands; the whole scalar when quoting or folding hides it."""
    raw = script.raw
    before = script.text[:at].count(piece)
    place = -1
    for _ in range(before + 1):
        place = raw.find(piece, place + 1)
        if place < 0:
            return script.start, script.end
    return script.start + place, script.start + place + len(piece)


def placed(commands: list[Command], script: Node) -> list[Command]:
    """Commands of a scalar's text with their words where they stand in the file."""
    starts = _line_starts(script.raw, script.text)
    if starts is None:
        return [_whole(command, script) for command in commands]

    def at(offset: int) -> int:
        number = script.text.count("\n", 0, offset)
        return script.start + starts[number] + offset - (script.text.rfind("\n", 0, offset) + 1)

    return [
        replace(
            command, start=at(command.start), end=max(at(command.start), at(command.end)),
            words=tuple(replace(word, start=at(word.start), end=at(word.end)) for word in command.words),
        )
        for command in commands
    ]  # fmt: skip


def _whole(command: Command, script: Node) -> Command:
    words = tuple(replace(word, start=script.start, end=script.end) for word in command.words)
    return replace(command, words=words, start=script.start, end=script.end)


@lru_cache(maxsize=64)
def _line_starts(raw: str, text: str) -> tuple[int, ...] | None:
    """Where each line of a value begins in what is written, when every line stands there as it is."""
    starts, at = [], 0
    for line in text.split("\n"):
        found = raw.find(line, at) if line else at
        if found < 0:
            return None
        starts.append(found)
        at = found + len(line) if line else min(at + 1, len(raw))
    return tuple(starts)
