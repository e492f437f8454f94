"""Git repositories, read through git itself: no checkout, no hook, no helper, no network.

A repository is input from strangers: its config can name programs (fsmonitor, pagers, helpers) and, in a partial
clone, a server to fetch missing objects from. All of that is switched off for every call.
"""

import io
import os
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, BinaryIO, NoReturn

from mlsec_nb.core import CannotRead, CannotScan

from . import processes

_SAFE = (
    "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "-c", "protocol.allow=never",
    "-c", "core.pager=cat", "-c", "core.quotePath=false", "-c", "log.showSignature=false",
)  # fmt: skip
_ENVIRONMENT = {
    "GIT_NO_LAZY_FETCH": "1", "GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0", "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_EXTERNAL_DIFF": "", "GIT_PAGER": "cat", "LC_ALL": "C",
}  # fmt: skip
_LOG_LIMIT = 4 << 30  # bytes of one listing; the log of a million commits is about 1 GB


def git(repository: Path, *words: str, limit: int = _LOG_LIMIT) -> bytes:
    """The output of one git command in a repository; raises `CannotScan` with git's complaint."""
    ran = processes.run(
        ["git", *_SAFE, "-C", str(repository), *words], timeout=3600, limit=limit, environment=_ENVIRONMENT
    )
    if ran.code:
        raise CannotScan(f"git {words[0]}: {ran.complaint or f'exit code {ran.code}'}", "unreadable")
    return ran.output


@dataclass(frozen=True, slots=True)
class Blob:
    """The content of one blob; every process keeps one `git cat-file --batch` for each repository."""

    repository: str
    oid: str
    size: int

    @property
    def local(self) -> None:
        return None

    def open(self) -> BinaryIO:
        return io.BytesIO(self.read(self.size))

    def read(self, limit: int) -> bytes:
        if self.size > limit:
            raise CannotRead(f"{self.size:,} bytes, the limit is {limit:,}", "too-big")
        return _batch(self.repository).read(self.oid)


class _Batch:
    """A running `git cat-file --batch`: one question, one answer (https://git-scm.com/docs/git-cat-file#_batch_output)."""

    def __init__(self, repository: str) -> None:
        command = ["git", *_SAFE, "-C", repository, "cat-file", "--batch"]
        environment = {**os.environ, **_ENVIRONMENT}
        self.lock = threading.Lock()
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.DEVNULL, env=environment)  # fmt: skip

    def read(self, oid: str) -> bytes:
        with self.lock:
            question, answer = self._streams()
            try:
                question.write(oid.encode() + b"\n")
                question.flush()
            except OSError:
                self._gone()
            head = answer.readline().split()
            if len(head) < 3:
                if not head:
                    self._gone()
                raise CannotRead(f"object {oid[:12]} is not in this clone", "unreadable")
            data = answer.read(int(head[2]))
            answer.read(1)
            return data

    def _streams(self) -> tuple[IO[bytes], IO[bytes]]:
        assert self.process.stdin
        assert self.process.stdout
        return self.process.stdin, self.process.stdout

    def _gone(self) -> NoReturn:
        _batches.clear()
        raise CannotRead("git ended unexpectedly", "unreadable")

    def close(self) -> None:
        for stream in self._streams():
            stream.close()
        self.process.wait()


_batches: dict[tuple[int, str], _Batch] = {}


def _batch(repository: str) -> _Batch:
    """The one of this process: a pipe that was inherited through a fork would mix the answers of two."""
    key = (os.getpid(), repository)
    if key not in _batches:
        _batches[key] = _Batch(repository)
    return _batches[key]


def close(repository: str) -> None:
    """End what `Blob` started in this process."""
    if found := _batches.pop((os.getpid(), repository), None):
        found.close()


def blobs(repository: Path) -> Iterator[tuple[str, int]]:
    """Every blob of the object store with its size, reachable or not."""
    form = "--batch-check=%(objectname) %(objecttype) %(objectsize)"
    for line in git(repository, "cat-file", "--batch-all-objects", "--unordered", form).splitlines():
        oid, kind, size = line.decode("ascii").split(" ")
        if kind == "blob":
            yield oid, int(size)
