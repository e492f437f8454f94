"""Megabytes of notebooks per CPU second from bytes to segments, beside a plain JSON parser and nbformat.

`python tests/benchmarks/bench_parse.py [FOLDER]`: the notebooks of a folder, or the generated corpus.
"""

import json
import resource
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from mlsec_nb.notebooks import read_bytes
from tests.benchmarks.corpus import notebooks

ROUNDS = 3


def speed(files: list[tuple[str, bytes]], act: Callable[[str, bytes], object]) -> float:
    """Megabytes per CPU second, the best of some rounds."""
    best = float("inf")
    for _ in range(ROUNDS):
        start = time.process_time()
        for name, data in files:
            act(name, data)
        best = min(best, time.process_time() - start)
    return sum(len(data) for _, data in files) / 1e6 / best


def segments(name: str, data: bytes) -> None:
    read_bytes(data, name)


def parsed(_: str, data: bytes) -> None:
    try:
        json.loads(data)
    except ValueError:
        return


def with_nbformat(_: str, data: bytes) -> None:
    import nbformat  # takes a second, and is measured last

    try:
        nbformat.reads(data.decode(), as_version=4)
    except Exception:  # it raises what it likes on files that are none
        return


def main(folder: str | None = None) -> None:
    warnings.simplefilter("ignore")
    found = [(str(p), p.read_bytes()) for p in sorted(Path(folder).rglob("*.ipynb"))] if folder else list(notebooks())
    unreadable = sum(bool(read_bytes(data, name).gaps) for name, data in found)
    print(f"{len(found)} notebooks, {sum(len(data) for _, data in found) / 1e6:.1f} MB, {unreadable} with a gap")
    print(f"  segments (mlsec) {speed(found, segments):7.1f} MB per CPU second")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"  peak memory      {peak:7.1f} MB, with the whole corpus in it")
    print(f"  json.loads       {speed(found, parsed):7.1f} MB per CPU second")
    with_nbformat("", b"{}")
    print(f"  nbformat.reads   {speed(found[:: len(found) // 100 or 1], with_nbformat):7.1f} MB per CPU second")


if __name__ == "__main__":
    main(*sys.argv[1:2])
