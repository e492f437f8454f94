"""Tools of this machine: an argument list, never a shell; so much time, so much output."""

import contextlib
import os
import shutil
import signal
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import IO

from mlsec_nb.core import CannotScan, mask_text

_CHUNK = 1 << 16
_GRACE = 5.0  # seconds for the streams of an ended process to close
_COMPLAINT = 64 << 10  # bytes of stderr that are kept


@dataclass(frozen=True, slots=True)
class Ran:
    """What a tool gave: its exit code, its output, and the last line of its complaints with secrets masked."""

    code: int
    output: bytes
    complaint: str


def run(
    argv: Sequence[str],
    *,
    input: bytes = b"",  # noqa: A002 - the name that subprocess has taught everybody
    timeout: float = 60.0,
    limit: int = 64 << 20,
    folder: str | None = None,
    environment: Mapping[str, str] | None = None,
) -> Ran:
    """Runs a tool to its end; raises `CannotScan` when it is missing, takes too long or says more than `limit` bytes.

    The tool and all that it started is ended then. `environment` is added to ours.
    """
    name = os.path.basename(argv[0])
    process = _started([_found(argv[0]), *argv[1:]], name, folder, environment)
    assert process.stdout
    assert process.stderr
    output = _Drain(process.stdout, limit, lambda: _end(process))
    complaint = _Drain(process.stderr, _COMPLAINT)
    _feed(process, input)
    try:
        process.wait(timeout)
        output.join(timeout)
    except subprocess.TimeoutExpired:
        raise CannotScan(f"{name} did not end within {timeout:g} seconds", "timeout") from None
    finally:
        _end(process)
        process.wait()
        for drain in (output, complaint):
            drain.join(_GRACE)
    if output.over:
        raise CannotScan(f"{name} gave more than {limit:,} bytes, the limit", "too-big")
    lines = complaint.data.decode("utf-8", "replace").strip().splitlines() or [""]
    return Ran(process.returncode, bytes(output.data), mask_text(lines[-1]))


def available(tool: str) -> bool:
    """True when a tool is on this machine."""
    return bool(shutil.which(tool))


def _found(tool: str) -> str:
    """A tool by name from PATH, never from the folder that is scanned."""
    found = shutil.which(tool)
    if not found or not os.path.isabs(found):
        raise CannotScan(f"{os.path.basename(tool)} is not installed", "tool-missing")
    return found


def _started(
    argv: list[str], name: str, folder: str | None, environment: Mapping[str, str] | None
) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(
            argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=folder,
            env={**os.environ, **environment} if environment else None, start_new_session=True,
        )  # fmt: skip
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "an argument cannot be passed"
        raise CannotScan(f"{name} cannot be started: {reason}", "tool-missing") from error


class _Drain(threading.Thread):
    """Reads one stream of a process to its end, so that the process never waits for us, and keeps so much of it."""

    def __init__(self, stream: IO[bytes], limit: int, when_over: Callable[[], None] | None = None) -> None:
        """Keeps the first `limit` bytes and calls `when_over` at the next one; without it, keeps the last `limit`."""
        super().__init__(daemon=True)
        self._stream = stream
        self._limit = limit
        self._when_over = when_over
        self.data = bytearray()
        self.over = False
        self.start()

    def run(self) -> None:
        with contextlib.suppress(OSError, ValueError), self._stream:
            while chunk := self._stream.read1(_CHUNK):  # type: ignore[attr-defined]  # a buffered pipe has it
                self.data += chunk
                if len(self.data) <= self._limit:
                    continue
                if self._when_over:
                    self.over = True
                    self._when_over()
                    return
                del self.data[: len(self.data) - self._limit]


def _feed(process: subprocess.Popen[bytes], data: bytes) -> None:
    """Writes the input beside the reading, for a tool may answer before it has read all."""
    assert process.stdin

    def write(stream: IO[bytes]) -> None:
        with contextlib.suppress(OSError, ValueError), stream:  # a tool need not read what it is given
            stream.write(data)

    threading.Thread(target=write, args=(process.stdin,), daemon=True).start()


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ends a process and all that it started, if anything of it is left."""
    with contextlib.suppress(OSError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
