"""Results of earlier runs: what has not changed since is not looked at again.

An entry is found by the artifact's bytes and path, by everything of the settings that a scanner sees, by the advisories
at hand and by this program's own files, so that neither an update nor an edited rule is answered from old. The bytes of
a file whose size, times and inode are those that were hashed are not read again, unless it was written so shortly
before that a later write could have the same time.

Only what every scanner of the run judges by the artifact's bytes alone is kept: notebooks, source and container images
(with secrets and code alone, every text). What is said of a manifest, a model, a list of digests or infrastructure
depends on files beside them, and what a third party's scanner looks at is not known. What is said of an image holds for
a day, because releases of distributions and stores of advisories grow old. Nothing is kept that may be otherwise next
time (a scanner that failed or ran out of time, a file that could not be read). Nothing is in it that a report does not
show: evidence is masked before it comes here.

The store is one SQLite file in the user's cache folder, written in one transaction after the other: processes may
share it, a crash loses the last seconds. Whatever is wrong with it (damaged, locked, no space), the run goes on without
it. Processes of a pool are forked while it is open and never touch it.
"""

import contextlib
import hashlib
import json
import os
import sqlite3
import stat
import time
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any, Final

from mlsec_nb import scanners
from mlsec_nb._version import __version__
from mlsec_nb.advisories import default_path as advisories
from mlsec_nb.config import MIB, Config, Limits
from mlsec_nb.core import SKIPPED, TEXT_KINDS, Artifact, CannotRead, Kind
from mlsec_nb.io.kept import private_file, private_folder
from mlsec_nb.triage import Foreign

from .examine import chosen
from .kept import packed, unpacked
from .scanned import Scanned

SCHEMA: Final = 1
LIMIT: Final = 256 * MIB  # of the file; the entries that were not used for longest go first
ENVIRONMENT: Final = "MLSEC_CACHE"  # another folder; empty for none
_LASTING: Final = frozenset({SKIPPED, "malformed", "too-big", "unsupported", "encrypted", "no-advisories"})
_RACE: Final = 2_000_000_000  # ns; a coarse clock of a file system gives the same time to two writes
_DAY: Final = 86_400
_BATCH: Final = 200  # results of one transaction
_TABLES: Final = """
CREATE TABLE IF NOT EXISTS files (path TEXT PRIMARY KEY, size INTEGER, mtime INTEGER, ctime INTEGER, inode INTEGER,
                                  digest BLOB) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS results (key BLOB PRIMARY KEY, used INTEGER, data BLOB);
"""


def default_folder() -> Path | None:
    """The user's cache folder: `$MLSEC_CACHE`, else below `$XDG_CACHE_HOME`; None when the former is empty."""
    named = os.environ.get(ENVIRONMENT)
    if named is not None:
        return Path(named) if named else None
    base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(base).expanduser() / "mlsec"


class Cache:
    """The results of one kind of run; `None` in every doubt."""

    def __init__(self, store: sqlite3.Connection | None, base: bytes, kinds: frozenset[Kind], limits: Limits) -> None:
        self._store = store
        self._base = base
        self._kinds = kinds
        self._limits = limits
        self._digests: dict[str, bytes] = {}
        self._waiting: list[tuple[str, tuple[object, ...]]] = []  # writes, done in one short transaction

    def get(self, artifact: Artifact) -> Scanned | None:
        """What came out of the artifact when it was the same."""
        if self._store is None or artifact.kind not in self._kinds or artifact.content.local is None:
            return None
        try:
            digest = self._digest(artifact.content.local, self._most(artifact.kind))
            if digest is None:
                return None
            key = self._key(artifact, digest)
            row = self._store.execute("SELECT used, data FROM results WHERE key = ?", (key,)).fetchone()
            if row is None:
                return None
            if (today := int(time.time()) // _DAY) != row[0]:
                self._write("UPDATE results SET used = ? WHERE key = ?", today, key)
            return unpacked(zlib.decompress(row[1]).decode("utf-8", "surrogatepass"), artifact)
        except (sqlite3.Error, zlib.error, OSError, ValueError, KeyError, TypeError, RecursionError):
            return None

    def put(self, scanned: Scanned) -> None:
        """Keep what came out of an artifact that `get` was asked about."""
        path = scanned.artifact.content.local
        digest = self._digests.get(path) if path is not None else None
        if self._store is None or digest is None or any(gap.code not in _LASTING for gap in scanned.gaps):
            return
        with contextlib.suppress(TypeError, ValueError, RecursionError):
            data = zlib.compress(packed(scanned).encode("utf-8", "surrogatepass"), 1)
            key = self._key(scanned.artifact, digest)
            self._write("INSERT OR REPLACE INTO results VALUES (?, ?, ?)", key, int(time.time()) // _DAY, data)

    def _write(self, statement: str, *values: object) -> None:
        self._waiting.append((statement, values))
        if len(self._waiting) >= _BATCH:
            self.flush()

    def flush(self) -> None:
        """Write what waits; what cannot be written is forgotten."""
        waiting, self._waiting = self._waiting, []
        if self._store is None or not waiting:
            return
        with contextlib.suppress(sqlite3.Error), self._store:
            for statement, values in waiting:
                self._store.execute(statement, values)

    def _key(self, artifact: Artifact, digest: bytes) -> bytes:
        words = [self._base, digest, artifact.kind.encode(), artifact.path.encode("utf-8", "surrogateescape")]
        if artifact.kind is Kind.IMAGE:
            words += [repr(getattr(artifact.content, "which", "")).encode(), str(int(time.time()) // _DAY).encode()]
        return hashlib.blake2b(b"\0".join(words), digest_size=20).digest()

    def _most(self, kind: Kind) -> int:
        """Bytes beyond which no scanner reads: to hash more of a hostile file would be the slowest part of the run."""
        return self._limits.unpacked_bytes if kind is Kind.IMAGE else self._limits.text_bytes

    def _digest(self, path: str, most: int) -> bytes | None:
        """The digest of a file's bytes, from the store where the file is as it was; none of more than `most`."""
        assert self._store is not None
        try:
            now = os.stat(path)  # noqa: PTH116 - a path may hold bytes that are no text
        except (OSError, ValueError):
            return None
        if stat.S_ISDIR(now.st_mode):
            return self._layout(path, most)
        if now.st_size > most:
            return None
        name = os.path.abspath(path)  # noqa: PTH100
        seen = (now.st_size, now.st_mtime_ns, now.st_ctime_ns, now.st_ino)
        row = self._store.execute("SELECT size, mtime, ctime, inode, digest FROM files WHERE path = ?", (name,))
        if (known := row.fetchone()) is not None and tuple(known[:4]) == seen:
            self._digests[path] = known[4]
            return bytes(known[4])
        if (digest := _hashed(path, most)) is None:
            return None
        self._digests[path] = digest
        if max(now.st_mtime_ns, now.st_ctime_ns) < time.time_ns() - _RACE:
            self._write("INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?, ?, ?)", name, *seen, digest)
        return digest

    def _layout(self, path: str, most: int) -> bytes | None:
        """The digest of all files of an OCI layout; a root filesystem is read as fast as its digest could be made."""
        if not Path(path, "index.json").is_file():
            return None
        found = hashlib.blake2b(digest_size=20)
        files = list(islice((one for one in Path(path).rglob("*") if one.is_file()), self._limits.members))
        if len(files) == self._limits.members or sum(one.stat().st_size for one in files) > most:
            return None
        for file in sorted(files):
            digest = self._digest(str(file), most)
            if digest is None:
                return None
            found.update(str(file).encode("utf-8", "surrogateescape") + b"\0" + digest)
        self._digests[path] = found.digest()
        return self._digests[path]


def _hashed(path: str, most: int) -> bytes | None:
    from mlsec_nb.io.files import LocalFile

    found = hashlib.blake2b(digest_size=20)
    try:
        with LocalFile(path).open() as stream:
            while chunk := stream.read(MIB):
                found.update(chunk)
                if (most := most - len(chunk)) < 0:  # it grows
                    return None
    except (CannotRead, OSError):
        return None
    return found.digest()


@contextmanager
def opened(config: Config, foreign: Foreign | None) -> Iterator[Cache]:
    """The cache that a config names; an empty one when it names none, or when the store cannot be used."""
    store = _store(config.cache) if config.cache is not None else None
    base, kinds = (_base(config, foreign), _kinds(config)) if store else (b"", frozenset())
    kept = Cache(store, base, kinds, config.limits)
    try:
        yield kept
    finally:
        kept.flush()
        if store is not None:
            with contextlib.suppress(sqlite3.Error):
                _shorten(store)
            store.close()


def _kinds(config: Config) -> frozenset[Kind]:
    """The kinds that no scanner of this run judges by anything beside the artifact."""
    settings = {late.name: config.settings(late.name) for late in chosen(config)}
    return frozenset(
        kind
        for kind in (*TEXT_KINDS, Kind.IMAGE)
        if all(scanners.judges_alone(name, kind, given) for name, given in settings.items())
    )


def _store(folder: Path) -> sqlite3.Connection | None:
    """The store, made anew when it is damaged or of another time."""
    path = folder / "results.sqlite"
    try:
        private_folder(folder)
        for _ in range(2):
            store = sqlite3.connect(private_file(path), timeout=2.0)
            try:
                if store.execute("PRAGMA user_version").fetchone()[0] not in (0, SCHEMA):
                    raise sqlite3.DatabaseError("another schema")  # noqa: TRY301
                store.execute("PRAGMA journal_mode = WAL")
                store.execute("PRAGMA synchronous = NORMAL")
                store.executescript(_TABLES)
                store.execute(f"PRAGMA user_version = {SCHEMA}")
                store.execute("SELECT count(*) FROM files WHERE path = ''").fetchone()
            except sqlite3.OperationalError:
                store.close()
                return None  # locked, read-only, no space
            except sqlite3.DatabaseError:
                store.close()
                for suffix in ("", "-wal", "-shm"):
                    path.with_name(path.name + suffix).unlink(missing_ok=True)
            else:
                return store
    except (OSError, sqlite3.Error):
        return None
    return None


def _shorten(store: sqlite3.Connection) -> None:
    """When the file has grown over its limit, let the older half of its entries go."""
    pages, size = (store.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "page_size"))
    if pages * size > LIMIT:
        half = "SELECT key FROM results ORDER BY used LIMIT (SELECT count(*) / 2 FROM results)"
        with store:
            store.execute(f"DELETE FROM results WHERE key IN ({half})")  # noqa: S608 - no value in it
            store.execute("DELETE FROM files")
        store.execute("VACUUM")


def _base(config: Config, foreign: Foreign | None) -> bytes:
    """What all keys of a run have in common: all but the artifact that a result depends on."""
    words: dict[str, Any] = {
        "version": __version__, "rules": scanners.digest(), "program": _program(),
        "only": config.only, "skip": config.skip,
        "limits": asdict(config.limits), "key": config.key.hex(), "offline": config.is_offline, "tables": config.tables,
        "root": str(config.root), "advisories": _stores(config), "files": _given(config),
        "foreign": foreign and [str(foreign.root), _sorted(foreign.hashes), _sorted(foreign.lines)],
    }  # fmt: skip
    return hashlib.blake2b(json.dumps(words, sort_keys=True, default=str).encode(), digest_size=20).digest()


def _sorted(table: Mapping[str, frozenset[Any]]) -> list[Any]:
    return [[path, sorted(table[path])] for path in sorted(table)]


def _stores(config: Config) -> list[Any]:
    """The user's store of advisories, and those that tables name instead."""
    named = {str(table["advisories"]) for table in config.tables.values() if isinstance(table.get("advisories"), str)}
    return [_stamp(advisories()), *([name, _stamp(Path(name).expanduser())] for name in sorted(named))]


def _given(config: Config) -> list[Any]:
    """The files with rules of the user's own."""
    rules = config.tables.get("secrets", {}).get("rules", [])
    names = [str(name) for name in rules] if isinstance(rules, list) else []
    return [[name, _stamp(config.root / name.rpartition(":")[2])] for name in names]


def _stamp(path: Path) -> list[int] | None:
    try:
        found = path.stat()
    except (OSError, ValueError):
        return None
    return [found.st_size, found.st_mtime_ns, found.st_ino]


@cache
def _program() -> str:
    """A digest of the sizes and times of this program's files: a changed scanner never answers from the store."""
    here = Path(scanners.__file__).parents[1]
    found = hashlib.blake2b(digest_size=16)
    for folder, folders, names in os.walk(here):
        folders[:] = sorted(name for name in folders if name not in {"__pycache__", "labextension"})
        for name in sorted(names):
            if name.endswith((".py", ".toml", ".json", ".rego")):
                stamp = os.stat(os.path.join(folder, name))  # noqa: PTH116, PTH118
                found.update(f"{folder}/{name} {stamp.st_size} {stamp.st_mtime_ns}\n".encode())
    return found.hexdigest()
