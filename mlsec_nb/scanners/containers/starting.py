"""What the configuration of an image says of how it starts: https://specs.opencontainers.org/image-spec/config/."""

import json
import posixpath
import re
import shlex
from collections.abc import Iterator, Mapping
from typing import Any, Final

from mlsec_nb.core import CannotRead, Confidence, Finding, Severity
from mlsec_nb.core.image import Entry, Image

from .story import Story

_PATH: Final = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_JUPYTER: Final = re.compile(
    r"(?:^|/)(?:jupyter(?:-\w+)?|start-notebook(?:\.\w+)?|start-singleuser(?:\.\w+)?|ipython)$"
)
_EMPTY_TOKEN: Final = re.compile(r"""--\w+\.token(?:=(?:''|""|\\"\\")?(?=\s|$|["'])|\s+(?:''|"")(?=\s|$))""")
_SET_PASSWORD: Final = re.compile(r"""(?:hashed_password|\.password)\s*[=:]\s*u?["']?[^\s"']""")
_CONFIG: Final = re.compile(
    r"(?:.*/)?jupyter_(?:server|notebook|lab|server_config)?_?config(?:\.d/[^/]+)?\.(?:py|json)"
)
_TOKEN_OFF: Final = re.compile(r"""(?m)^[ \t]*c\.\w+\.token[ \t]*=[ \t]*u?(?:''|"")[ \t]*(?:#.*)?$""")
_FOLDERS: Final = re.compile(r"(?:.*/)?(?:etc/jupyter|share/jupyter|\.jupyter)/.*\.json")
_SMALL: Final = 1 << 20
_LINKS: Final = 16


def settings(image: Image) -> Mapping[str, Any]:
    """The part of the configuration that tells how to run it."""
    found = image.config.get("config")
    return found if isinstance(found, Mapping) else {}


def words(config: Mapping[str, Any], key: str) -> list[str]:
    """A list of strings of the configuration, whatever it really holds."""
    found = config.get(key)
    return [item for item in found if isinstance(item, str)] if isinstance(found, list) else []


def environment(config: Mapping[str, Any]) -> dict[str, str]:
    pairs = (item.partition("=") for item in words(config, "Env"))
    return {name: value for name, _, value in pairs}


def started(config: Mapping[str, Any]) -> list[str]:
    """The words of the first process; those of a shell's line too."""
    found: list[str] = []
    listed = [*words(config, "Entrypoint"), *words(config, "Cmd")]
    for at, word in enumerate(listed):
        is_line = (
            at >= 2 and listed[at - 1] == "-c" and posixpath.basename(listed[at - 2]) in ("sh", "bash", "dash", "ash")
        )
        found += _split(word) if is_line else [word]
    return found


def _split(line: str) -> list[str]:
    try:
        return shlex.split(line)
    except ValueError:
        return line.split()


def judged(story: Story) -> Iterator[Finding]:
    """What is wrong with how the image starts; an image that starts nothing by itself has no health to check."""
    config = settings(story.image)
    user = str(config.get("User") or "").partition(":")[0]
    if user in ("", "0", "root"):
        said = f"USER {user}" if user else "no USER is set"
        yield story.found("IMAGE-ROOT-USER", story.place(part="config"), "root", f"Containers run as root: {said}")
    health = config.get("Healthcheck")
    test = words(health, "Test") if isinstance(health, Mapping) else []
    if started(config) and (not test or test == ["NONE"]):
        yield story.found(
            "IMAGE-NO-HEALTHCHECK", story.place(part="config"), "no healthcheck", "There is no HEALTHCHECK"
        )
    yield from _open_jupyter(story, config)
    yield from _writable(story, config, user)


def _open_jupyter(story: Story, config: Mapping[str, Any]) -> Iterator[Finding]:
    first = started(config)
    is_jupyter = any(_JUPYTER.search(word) for word in first)
    line = " ".join(shlex.quote(word) if word else "''" for word in first)
    options = " ".join(first)
    if is_jupyter and (_EMPTY_TOKEN.search(options) or _EMPTY_TOKEN.search(line)) and not _SET_PASSWORD.search(options):
        yield story.found("IMAGE-JUPYTER-OPEN", story.place(part="entrypoint"), "empty token",
                          "The command that the image starts gives Jupyter an empty token")  # fmt: skip
    for name, value in environment(config).items():
        if _EMPTY_TOKEN.search(value) and not _SET_PASSWORD.search(value):
            yield story.found("IMAGE-JUPYTER-OPEN", story.place(part="env"), f"empty token {name}",
                              f"The variable {name} gives Jupyter an empty token")  # fmt: skip
    for entry in story.image.entries():
        if entry.kind == "file" and entry.gone is None and entry.size < _SMALL and _is_config(entry.path):
            try:
                text = story.image.read(entry, _SMALL).decode("utf-8", "replace")
            except CannotRead:
                continue
            if _says_open(entry.path, text):
                yield story.found("IMAGE-JUPYTER-OPEN", story.at(entry), "empty token",
                                  f"A configuration of Jupyter sets an empty token ({story.words(entry.layer)})",
                                  details=story.came(entry.layer))  # fmt: skip


def _is_config(path: str) -> bool:
    return "jupyter" in path and bool(_CONFIG.fullmatch(path) or _FOLDERS.fullmatch(path))


def _says_open(path: str, text: str) -> bool:
    if path.endswith(".py"):
        return bool(_TOKEN_OFF.search(text)) and not _SET_PASSWORD.search(_without_comments(text))
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return False
    tables = [table for table in value.values() if isinstance(table, dict)] if isinstance(value, dict) else []
    has_password = any(table.get(key) for table in tables for key in ("password", "hashed_password"))
    return any(table.get("token") == "" for table in tables) and not has_password


def _without_comments(text: str) -> str:
    return "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))


def _writable(story: Story, config: Mapping[str, Any], user: str) -> Iterator[Finding]:
    """Files that the first process is made of, which others than their owner may write, or whose folder they may."""
    folders = environment(config).get("PATH", _PATH).split(":")
    home = str(config.get("WorkingDir") or "/")
    seen: set[str] = set()
    for word in started(config):
        entry = _program(story.image, word, folders, home)
        if entry is None or entry.path in seen:
            continue
        seen.add(entry.path)
        folder = story.image.visible(posixpath.dirname(entry.path))
        open_folder = folder is not None and folder.mode & 0o002 and not folder.mode & 0o1000
        if entry.mode & 0o002 or open_folder:
            what = "any user may write it" if entry.mode & 0o002 else "any user may replace it in its folder"
            yield story.found("IMAGE-ENTRYPOINT-WRITABLE", story.at(entry), entry.path,
                              f"The image starts /{entry.path}, and {what} ({story.words(entry.layer)})",
                              details=story.came(entry.layer))  # fmt: skip
        elif user.isdecimal() and int(user) and entry.uid == int(user) and entry.mode & 0o200:
            yield story.found("IMAGE-ENTRYPOINT-WRITABLE", story.at(entry), entry.path,
                              f"The image starts /{entry.path}, which belongs to the user that it runs as",
                              severity=Severity.LOW, confidence=Confidence.MEDIUM,
                              details=story.came(entry.layer))  # fmt: skip


def _program(image: Image, word: str, folders: list[str], home: str) -> Entry | None:
    """The file of the image that a word of the command names, links followed."""
    if not word or word.startswith("-") or "\n" in word:
        return None
    if "/" in word:
        return resolved(image, posixpath.join(home, word))
    return next((found for folder in folders if (found := resolved(image, posixpath.join(folder, word)))), None)


def resolved(image: Image, path: str) -> Entry | None:
    """The file at a path, links of the file and of its folders followed; None when there is none."""
    for _ in range(_LINKS):
        path = posixpath.normpath("/" + path).strip("/")
        parts = path.split("/")
        for end in range(1, len(parts) + 1):
            entry = image.visible("/".join(parts[:end]))
            if entry is not None and entry.kind == "symlink":
                rest = parts[end:]
                path = posixpath.join("/", *parts[: end - 1], entry.link, *rest)
                break
        else:
            entry = image.visible(path)
            return entry if entry is not None and entry.kind in ("file", "hardlink") else None
    return None
