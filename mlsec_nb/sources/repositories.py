"""A git history as artifacts: every blob of every ref once, with where it came in and where it went out.

What is committed and later removed is still there for everybody who clones: outputs that were stripped afterwards are
the classic leak. Branches, tags, stashes, notes, the reflog and unreachable objects all count.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from mlsec_nb.core import Artifact, CannotScan, Gap, Kind, Location, UsageError
from mlsec_nb.io import git

from .kinds import by_name, kind_of
from .magic import HEAD

_EMPTY = "0" * 40
_GITLINK = "160000"
_LINK = "120000"
# One line for each commit, told apart from the raw diff lines (which begin with a colon) by its first byte.
_FORMAT = "--format=%x01%H%x00%an <%ae>%x00%cI"


@dataclass(frozen=True, slots=True)
class Commit:
    """Who and when, as the log tells it; `date` is ISO 8601."""

    id: str
    author: str
    date: str


@dataclass(frozen=True, slots=True)
class Seen:
    """One blob at one path: the first commit that has it, the last that took it away, and whether HEAD has it."""

    path: str
    oid: str
    came: Commit | None = None
    went: Commit | None = None
    live: bool = False

    @property
    def name(self) -> str:
        """The path as the report shows it: with the commit, or the object when no commit has it."""
        return f"{self.path}@{self.came.id[:12] if self.came else self.oid[:12]}"


@dataclass(frozen=True, slots=True)
class History:
    """What a history holds: artifacts, what was left out, and for each artifact's path where it was seen."""

    artifacts: tuple[Artifact, ...]
    gaps: tuple[Gap, ...]
    seen: Mapping[str, Seen]
    tips: tuple[str, ...]


@dataclass(slots=True)
class _Walk:
    seen: dict[tuple[str, str], Seen] = field(default_factory=dict)
    links: set[str] = field(default_factory=set)


def history(repository: str, *, since: str | None = None, known: Iterable[str] = ()) -> History:
    """The history of a repository, bare or not.

    `since` is a revision or a date: only what came in after it. `known` are tips whose history was looked at before.
    """
    root = Path(repository)
    if not root.is_dir():
        raise UsageError(f"{repository}: no such folder")
    tips = tuple(sorted({line.decode() for line in git.git(root, "rev-parse", "--all").splitlines()}))
    limited = [*_since(root, since), *(f"^{tip}" for tip in known if _is_commit(root, tip))]
    walk = _Walk()
    _read_log(git.git(root, *_LOG, *limited), walk)
    live = _head(root)
    sizes = dict(git.blobs(root))
    found = {(seen.oid): replace(seen, live=(seen.path, seen.oid) in live) for seen in _first(walk.seen.values())}
    if not limited:
        for oid in sizes.keys() - {oid for _, oid in walk.seen}:
            found[oid] = Seen(f"<unreachable {oid[:12]}>", oid)
    named = {seen.name: seen for seen in sorted(found.values(), key=lambda s: (s.path, s.oid))}
    return History(tuple(_artifacts(root, named, sizes)), tuple(_gaps(root, walk, named, sizes)), named, tips)


_LOG = ("log", "--all", "--reflog", "--reverse", "--raw", "-m", "--root", "--no-abbrev", "--no-renames", "--no-color",
        "--no-ext-diff", "-z", _FORMAT)  # fmt: skip


def _since(root: Path, since: str | None) -> list[str]:
    if not since:
        return []
    if since.startswith("-"):
        raise UsageError(f"--since {since}: neither a revision nor a date")
    return [f"^{since}"] if _is_commit(root, since) else [f"--since={since}"]


def _is_commit(root: Path, name: str) -> bool:
    try:
        git.git(root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
    except CannotScan:
        return False
    return True


def _read_log(output: bytes, walk: _Walk) -> None:
    """`git log --raw -z`: NUL-separated fields; a commit's line begins with 0x01, a change's with a colon.

    https://git-scm.com/docs/git-diff#_raw_output_format
    """
    fields = iter(output.split(b"\0"))
    commit: Commit | None = None
    for word in fields:
        text = word.lstrip(b"\n")
        if text.startswith(b"\1"):
            author, date = next(fields, b""), next(fields, b"")
            commit = Commit(text[1:].decode(), _text(author), _text(date).strip())
        elif text.startswith(b":") and commit:
            _change(text.decode("ascii", "replace").split(" "), _text(next(fields, b"")), commit, walk)


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")


def _change(words: list[str], path: str, commit: Commit, walk: _Walk) -> None:
    old_mode, new_mode, old, new = words[0].lstrip(":"), words[1], words[2], words[3]
    if new_mode == _GITLINK:
        walk.links.add(path)
    if new.strip("0") and new_mode not in (_GITLINK, _LINK):
        walk.seen.setdefault((path, new), Seen(path, new, came=commit))
        walk.seen[path, new] = replace(walk.seen[path, new], went=None)
    if old.strip("0") and old_mode not in (_GITLINK, _LINK) and old != new:
        before = walk.seen.setdefault((path, old), Seen(path, old))
        walk.seen[path, old] = replace(before, went=commit)


def _first(seen: Iterable[Seen]) -> Iterator[Seen]:
    """One place for each blob: the same bytes under two names are scanned once, under the name that came first."""
    done: set[str] = set()
    for item in seen:
        if item.oid not in done and item.came:
            done.add(item.oid)
            yield item


def _head(root: Path) -> set[tuple[str, str]]:
    """Path and blob of everything in HEAD; empty for a repository without commits."""
    try:
        lines = git.git(root, "ls-tree", "-r", "-z", "HEAD").split(b"\0")
    except CannotScan:
        return set()
    return {
        (_text(path), head.split(b" ")[2].decode())
        for head, _, path in (line.partition(b"\t") for line in lines if line)
    }


def _artifacts(root: Path, named: Mapping[str, Seen], sizes: Mapping[str, int]) -> Iterator[Artifact]:
    for name, seen in named.items():
        if size := sizes.get(seen.oid):
            content = git.Blob(str(root), seen.oid, size)
            yield Artifact(name, _kind(seen.path, content), content)
    git.close(str(root))


def _kind(path: str, content: git.Blob) -> Kind:
    """The kind by name where it tells: reading the bytes of every blob twice would double the cost of a history."""
    return by_name(path.lower()) or kind_of(path, content.read(content.size)[:HEAD])


def _gaps(root: Path, walk: _Walk, named: Mapping[str, Seen], sizes: Mapping[str, int]) -> Iterator[Gap]:
    missing = sorted(name for name, seen in named.items() if seen.oid not in sizes)
    if missing:
        reason = f"{len(missing)} objects are not in this clone (partial clone?), the first is {missing[0]}"
        yield Gap(location=Location(path=str(root)), scanner="history", reason=reason, code="unreadable")
    if (root / ".git/shallow").exists() or (root / "shallow").exists():
        reason = "a shallow clone: what came before it was not looked at"
        yield Gap(location=Location(path=str(root)), scanner="history", reason=reason, code="unreadable")
    for path in sorted(walk.links):
        yield Gap(
            location=Location(path=path),
            scanner="history",
            reason="a submodule has a history of its own",
            code="skipped",
        )
