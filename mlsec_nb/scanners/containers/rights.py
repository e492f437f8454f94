"""Programs that lend their owner's rights, where no package of the distribution brought them so."""

from collections.abc import Iterator
from typing import Final

from mlsec_nb.core import Finding, Severity
from mlsec_nb.core.image import Entry

from .inventory import Inventory
from .story import Story

_LENDING: Final = 0o6000
# With the rights of root, each of these gives all rights.
_ANYTHING: Final = frozenset({
    "ash", "awk", "bash", "busybox", "cp", "csh", "dash", "docker", "emacs", "env", "find", "gawk", "gdb", "install",
    "ksh", "less", "lua", "mawk", "more", "mv", "nano", "nc", "ncat", "nmap", "node", "perl", "php", "pip", "python",
    "rsync", "ruby", "sed", "sh", "socat", "ssh", "strace", "tar", "tclsh", "tcsh", "tee", "vi", "vim", "watch", "wget",
    "zsh",
})  # fmt: skip


def judged(story: Story, found: Inventory) -> Iterator[Finding]:
    """A program of the distribution is none if it lent its rights from the first layer on that has it."""
    first: dict[str, Entry] = {}
    for entry in story.image.entries():
        if entry.kind not in ("file", "hardlink"):
            continue
        earliest = first.setdefault(entry.path, entry)
        if entry.gone is not None or not entry.mode & _LENDING or not entry.mode & 0o111:
            continue
        if entry.path in found.distribution and earliest.mode & _LENDING == entry.mode & _LENDING:
            continue
        name = entry.path.rpartition("/")[2].rstrip("0123456789.")
        to_root = bool(entry.mode & 0o4000) and entry.uid == 0
        bits = "setuid" if entry.mode & 0o4000 else "setgid"
        whose = "root" if to_root else f"user {entry.uid}" if bits == "setuid" else f"group {entry.gid}"
        yield story.found(
            "IMAGE-SETUID", story.at(entry), f"{bits} {entry.path}",
            f"/{entry.path} is {bits}: it runs with the rights of {whose} ({story.words(entry.layer)})",
            severity=Severity.HIGH if to_root and name in _ANYTHING else None,
            details={"mode": f"{entry.mode & 0o7777:04o}", **story.came(entry.layer)},
        )  # fmt: skip
