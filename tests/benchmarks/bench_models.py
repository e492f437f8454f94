"""What the models room finds and costs, beside other scanners where they are on the path.

`python tests/benchmarks/bench_models.py`: the two corpora of the tests (real libraries' files, inert attacks), plain
lists for opcodes per second, and one file of 256 MiB. Peers run out of process, one file at a time; a file counts as
flagged when their exit code is 1.
"""

import os
import pickle
import pickletools
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from mlsec_nb.config import Settings
from mlsec_nb.core import Artifact, Document, Finding, Kind, Severity
from mlsec_nb.io.files import LocalFile, Memory
from mlsec_nb.scanners.models.pickle.read import run
from mlsec_nb.scanners.models.scanner import build
from tests.scanners.models import benign, malicious

PEERS = {
    "picklescan": ["picklescan", "-p"], "modelscan": ["modelscan", "-p"], "fickling": ["fickling", "--check-safety"],
    "modelaudit": ["modelaudit", "scan", "--no-cache"],
}  # fmt: skip
SAMPLE = 7  # every seventh file is shown to a peer: each of their runs starts an interpreter
BIG = 1 << 28


def outcome(name: str, data: bytes) -> int:
    """0 safe, 1 needs a look, 2 dangerous."""
    document = Document(artifact=Artifact(name, Kind.MODEL, Memory(data)))
    found = [item for item in build(Settings()).scan(document) if isinstance(item, Finding)]
    return 2 if any(item.severity.at_least(Severity.HIGH) for item in found) else int(bool(found))


def ours(corpus: list[tuple[str, bytes]]) -> tuple[list[int], float]:
    """How many files are safe, need a look, are dangerous; milliseconds of CPU for each file."""
    began, counts = time.process_time(), [0, 0, 0]
    for name, data in corpus:
        counts[outcome(name, data)] += 1
    return counts, (time.process_time() - began) * 1000 / len(corpus)


def peer(command: list[str], corpus: list[tuple[str, bytes]]) -> tuple[float, float, float]:
    """Shares of files flagged and ended in an error; milliseconds of CPU for each file."""
    flagged = errors = 0
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    environment = {**os.environ, "PROMPTFOO_DISABLE_TELEMETRY": "1"}
    with tempfile.TemporaryDirectory() as folder:
        for number, (name, data) in enumerate(corpus):
            path = Path(folder) / f"{number}{Path(name).suffix}"
            path.write_bytes(data)
            code = subprocess.run(
                [*command, path], capture_output=True, check=False, cwd=folder, env=environment
            ).returncode
            flagged += code == 1
            errors += code > 1 or code < 0
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return flagged / len(corpus), errors / len(corpus), cpu * 1000 / len(corpus)


def opcodes() -> None:
    values = {
        "numbers": list(range(500_000)),
        "tuples": [(i, str(i)) for i in range(200_000)],
        "dicts": [{"a": i} for i in range(150_000)],
    }
    for name, value in values.items():
        data = pickle.dumps(value, 4)
        count = sum(1 for _ in pickletools.genops(data))
        began = time.process_time()
        run(data, 0, len(data), lambda event: None)
        print(f"{name:>10}: {count / (time.process_time() - began) / 1e6:.1f} million opcodes per CPU second")


def big() -> None:
    with tempfile.NamedTemporaryFile(suffix=".pkl") as file:
        body = b"\x80\x04\x8e" + BIG.to_bytes(8, "little")
        file.write(body)
        for _ in range(BIG >> 20):
            file.write(os.urandom(1 << 20))
        file.write(b".")
        file.flush()
        for searched in (False, True):
            began = time.process_time()
            scanner = build(Settings(options={"bytes": searched}))
            list(scanner.scan(Document(artifact=Artifact("big.pkl", Kind.MODEL, LocalFile(file.name)))))
            cpu = time.process_time() - began
            print(
                f"{BIG >> 20} MiB, search for programs {'on' if searched else 'off'}: {cpu:.2f} CPU s, {BIG / 1e6 / cpu:.0f} MB/s"
            )


def main() -> None:
    corpora = {"benign": list(benign.files(full=True)), "malicious": list(malicious.files(full=True))}
    for name, corpus in corpora.items():
        counts, cost = ours(corpus)
        print(
            f"mlsec, {len(corpus)} {name} files: {counts[0]} safe, {counts[1]} look, {counts[2]} dangerous; {cost:.1f} ms each"
        )
    for title, command in PEERS.items():
        program = shutil.which(command[0])
        if program is None:
            print(f"{title}: not on the path")
            continue
        for name, corpus in corpora.items():
            flagged, errors, cost = peer([program, *command[1:]], corpus[::SAMPLE])
            print(f"{title}, {name}: {flagged:.0%} flagged, {errors:.0%} errors; {cost:.0f} ms each")
    opcodes()
    big()
    print(
        f"peak memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10} MiB with the libraries that made the corpus"
    )


if __name__ == "__main__":
    main()
