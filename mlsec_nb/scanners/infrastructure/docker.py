"""What a Dockerfile builds: its stages, the commands that it runs, and who runs them in the end."""

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from mlsec_nb.scanners.tree import Node

from .commands import Command, of_list, of_script
from .dockerfile import Instruction, Stage, instructions, stages
from .images import untagged
from .items import Hit, Item, Mending, Parsed

DIALECT: Final = "docker"
_RUNNING: Final = frozenset({"RUN", "CMD", "ENTRYPOINT", "HEALTHCHECK"})
_SECRET_NAME: Final = re.compile(
    r"(?i)(?:^|_)(?:password|passwd|secret|token|api_?key|access_?key|private_?key|credentials?)(?:_(?:id|key))?$"
)
Beside = Callable[[str], bool]  # whether a file of this name lies in the folder of the Dockerfile


def parse(text: str, beside: Beside | None = None) -> Parsed:
    """The stages and commands of a Dockerfile."""
    parsed = Parsed(DIALECT)
    made = stages(list(instructions(text)))
    for stage in made:
        label = f"stage {stage.name}" if stage.name else "the image"
        for item in (stage.origin, *stage.instructions):
            parsed.items.append(_item(item, label))
            parsed.commands += [(label, command) for command in _commands(item)]
        parsed.hits.extend(_base(stage, {other.name for other in made}))
        parsed.hits.extend(_arguments(stage, label))
    if made:
        parsed.hits.extend(_user(made))
        if beside is not None and not beside(".dockerignore"):
            parsed.hits.extend(_whole_context(made))
    return parsed


def _item(item: Instruction, label: str) -> Item:
    """An instruction as a mapping: its words, its flags."""
    end = item.body + len(item.text)
    node = Node(item.start, end, {
        "text": Node(item.body, end, item.text),
        **{name: Node(item.start, item.body, value) for name, value in item.flags.items()},
    })  # fmt: skip
    return Item(f"docker.{item.name}", label, node, (item.start, end))


def _commands(item: Instruction) -> list[Command]:
    if item.name not in _RUNNING:
        return []
    words = item.words
    return of_list(words) if words is not None else of_script(item.text, item.body)


def _base(stage: Stage, names: set[str]) -> Iterator[Hit]:
    image = stage.image
    if image.lower() not in names and untagged(image):
        start = stage.origin.body
        end = start + len(stage.origin.text.split()[0])
        yield Hit("IAC-IMAGE-TAG", start, end, f"image {image}")


def _arguments(stage: Stage, label: str) -> Iterator[Hit]:
    """A secret that is handed in as build argument: it stays in the history of the image."""
    for item in stage.instructions:
        name = item.text.partition("=")[0].strip()
        if item.name == "ARG" and _SECRET_NAME.search(name):
            yield Hit("IAC-DOCKER-SECRET-ARG", item.body, item.body + len(item.text), label)


def _user(made: Sequence[Stage]) -> Iterator[Hit]:
    """Who runs the last stage; a stage that is built on another of the file has its user."""
    by_name = {stage.name: stage for stage in made if stage.name}
    stage: Stage | None = made[-1]
    last = made[-1]
    for _ in range(len(made)):
        if stage is None:
            break
        users = [item for item in stage.instructions if item.name == "USER"]
        if users:
            user = users[-1]
            if re.match(r"(?:root|0)(?:$|:)", user.text.strip("\"'")):
                yield Hit("IAC-DOCKER-ROOT", user.body, user.body + len(user.text), "the image")
            return
        stage = by_name.get(stage.image.lower())
    if not re.search(r"nonroot|rootless|unprivileged|notebook|jupyter", last.image):
        origin = last.origin
        yield Hit("IAC-DOCKER-NO-USER", origin.start, origin.body + len(origin.text), "the image", fix=_with_user(last))


def _with_user(stage: Stage) -> Mending | None:
    """A user before the command that runs in the end; none where nothing says what that is."""
    first = next((item for item in stage.instructions if item.name in {"CMD", "ENTRYPOINT"}), None)
    return ("run as an ordinary user", ((first.start, first.start, "USER 1000\n"),)) if first else None


def _whole_context(made: Sequence[Stage]) -> Iterator[Hit]:
    for item in made[-1].instructions:
        if item.name in {"COPY", "ADD"} and "from" not in item.flags and item.text.split()[:1] in (["."], ["./"]):
            yield Hit("IAC-DOCKER-COPY-ALL", item.body, item.body + len(item.text), "the image")
            return
