"""The executor for one machine: one process for little work, a pool of processes for much."""

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from mlsec_nb.config import MIB, Config
from mlsec_nb.core import Artifact, Gap, Location
from mlsec_nb.triage import Foreign

from . import cache
from .examine import chosen, examine
from .scanned import Scanned

if TYPE_CHECKING:
    from concurrent.futures import Future, ProcessPoolExecutor

Progress = Callable[[Scanned], None]
Given = tuple[Config, Foreign | None]

# A pool costs about 0.1 s before its first result; below this much text one process is done sooner.
POOL_BYTES = 4 * MIB
CHUNK_BYTES = 1 * MIB
CHUNK_FILES = 32

Examine = Callable[[Artifact], Scanned]

_examine: Examine | None = None  # what a worker process was started with


def run(
    artifacts: Sequence[Artifact],
    config: Config,
    progress: Progress | None = None,
    foreign: Foreign | None = None,
) -> list[Scanned]:
    """Every artifact examined, in the order given, whatever the number of processes; what is known is not looked at."""
    tell = progress or (lambda _scanned: None)
    with cache.opened(config, foreign) as kept:
        known = {index: found for index, artifact in enumerate(artifacts) if (found := kept.get(artifact)) is not None}
        for scanned in known.values():
            tell(scanned)

        def told(scanned: Scanned) -> None:
            kept.put(scanned)
            tell(scanned)

        left = [index for index in range(len(artifacts)) if index not in known]
        looked = _looked([artifacts[index] for index in left], config, told, foreign)
    results = known | dict(zip(left, looked, strict=True))
    return [results[index] for index in range(len(artifacts))]


def _looked(artifacts: Sequence[Artifact], config: Config, tell: Progress, foreign: Foreign | None) -> list[Scanned]:
    jobs = config.jobs or os.cpu_count() or 1
    if jobs == 1 or len(artifacts) < 2 or sum(artifact.content.size for artifact in artifacts) < POOL_BYTES:
        return list(_told(map(_examiner(config, foreign), artifacts), tell))
    return _pooled(artifacts, jobs, (config, foreign), tell)


def _examiner(config: Config, foreign: Foreign | None) -> Examine:
    scanners = chosen(config)
    return lambda artifact: examine(artifact, scanners, config, foreign)


def _told(results: Iterator[Scanned], tell: Progress) -> Iterator[Scanned]:
    for scanned in results:
        tell(scanned)
        yield scanned


def _pooled(artifacts: Sequence[Artifact], jobs: int, given: Given, tell: Progress) -> list[Scanned]:
    """Chunks of artifacts over a pool; those that were under way when a process died are tried again, each alone."""
    from concurrent.futures import as_completed

    done: dict[int, Scanned] = {}
    lost: list[int] = []
    with _pool(jobs, given) as pool:
        futures = {pool.submit(_chunk, [artifacts[i] for i in chunk]): chunk for chunk in _chunks(artifacts)}
        for future in as_completed(futures):
            chunk = futures[future]
            if results := _outcome(future):
                done.update(zip(chunk, results, strict=True))
                for scanned in results:
                    tell(scanned)
            else:
                lost.extend(chunk)
    for index in sorted(lost):
        done[index] = _alone(artifacts[index], given)
        tell(done[index])
    return [done[index] for index in range(len(artifacts))]


def _pool(jobs: int, given: Given) -> "ProcessPoolExecutor":
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor

    # fork starts in milliseconds and is safe while this process has one thread, as the command line does.
    method = "fork" if sys.platform == "linux" else None
    return ProcessPoolExecutor(jobs, multiprocessing.get_context(method), initializer=_start, initargs=given)


def _chunks(artifacts: Sequence[Artifact]) -> list[list[int]]:
    """Indices grouped to about a megabyte, the largest first, so that no process ends long after the others."""
    chunks: list[list[int]] = []
    size = CHUNK_BYTES
    for index in sorted(range(len(artifacts)), key=lambda i: (-artifacts[i].content.size, i)):
        if size >= CHUNK_BYTES or len(chunks[-1]) >= CHUNK_FILES:
            chunks.append([])
            size = 0
        chunks[-1].append(index)
        size += artifacts[index].content.size
    return chunks


def _outcome(future: "Future[list[Scanned]]") -> list[Scanned] | None:
    from concurrent.futures.process import BrokenProcessPool

    try:
        return future.result()
    except BrokenProcessPool:
        return None


def _alone(artifact: Artifact, given: Given) -> Scanned:
    """One artifact in a process of its own: if that dies too, the artifact is to blame and becomes a `Gap`."""
    with _pool(1, given) as pool:
        if results := _outcome(pool.submit(_chunk, [artifact])):
            return results[0]
    gap = Gap(
        location=Location(path=artifact.path), scanner="executor", reason="the scanning process died", code="failed"
    )
    return Scanned(artifact, gaps=[gap])


def _start(config: Config, foreign: Foreign | None) -> None:
    global _examine  # noqa: PLW0603 - what one worker process keeps between chunks
    _examine = _examiner(config, foreign)


def _chunk(artifacts: list[Artifact]) -> list[Scanned]:
    assert _examine is not None
    return [_examine(artifact) for artifact in artifacts]
