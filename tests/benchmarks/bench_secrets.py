"""Recall, precision and megabytes per CPU second of the secrets room, beside other scanners where they are at hand.

`python tests/benchmarks/bench_secrets.py [NOTEBOOKS]`: generated notebooks, plain and hard, half of their cells look-alikes.
A peer's finding counts when it shares 8 characters with a planted secret: the right cell is not asked of it.
"""

import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from mlsec_nb.config import Settings
from mlsec_nb.core import Kind
from mlsec_nb.notebooks import read_bytes
from mlsec_nb.scanners.matchers import ENGINES
from mlsec_nb.scanners.secrets.scanner import build
from tests.benchmarks.corpus import notebooks
from tests.scanners.secrets.generator import Notebook, notebook
from tests.scanners.secrets.measure import measure

Peer = Callable[[Path], list[str]]
PIECE = 8


def detect_secrets(folder: Path) -> list[str]:
    from detect_secrets.core.scan import scan_file
    from detect_secrets.settings import default_settings

    with default_settings():
        return [str(found.secret_value) for path in sorted(folder.iterdir()) for found in scan_file(str(path))]


def kingfisher(folder: Path) -> list[str]:
    from kingfisher_sdk import Scanner

    scanner = Scanner()
    return [str(found.secret) for path in sorted(folder.iterdir()) for found in scanner.scan(path.read_bytes())]


def gitleaks(folder: Path) -> list[str]:
    with tempfile.NamedTemporaryFile(suffix=".json") as report:
        subprocess.run(
            ["gitleaks", "detect", "--no-git", "-s", folder, "-r", report.name, "--exit-code", "0"],
            check=True,
            capture_output=True,
        )
        return [found["Secret"] for found in json.load(report)]


PEERS: dict[str, Peer] = {"detect-secrets": detect_secrets}
if find_spec("kingfisher_sdk"):
    PEERS["kingfisher"] = kingfisher
if shutil.which("gitleaks"):
    PEERS["gitleaks"] = gitleaks


def cpu() -> float:
    return sum(time.process_time() if who == 0 else _children() for who in (0, 1))


def _children() -> float:
    import resource

    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def judged(found: list[str], books: list[Notebook]) -> tuple[float, float]:
    """Recall and precision of a list of values."""
    planted = [item.secret.value for book in books for item in book.planted]
    pieces = {value[i : i + PIECE] for value in found for i in range(max(len(value) - PIECE, 0) + 1)}
    known = {value[i : i + PIECE] for value in planted for i in range(max(len(value) - PIECE, 0) + 1)}
    hits = sum(any(value[i : i + PIECE] in pieces for i in range(max(len(value) - PIECE, 0) + 1)) for value in planted)
    right = sum(any(value[i : i + PIECE] in known for i in range(max(len(value) - PIECE, 0) + 1)) for value in found)
    return hits / max(len(planted), 1), right / max(len(found), 1)


def quality(count: int) -> None:
    for hard in (False, True):
        books = [notebook(seed, hard=hard) for seed in range(90_000, 90_000 + count)]
        print(f"{'hard' if hard else 'plain'} notebooks: {count}, {sum(len(book.planted) for book in books)} secrets")
        outcome = measure(range(90_000, 90_000 + count), hard=hard)
        print(
            f"  {'mlsec':16} recall {outcome.recall:6.1%}  precision {outcome.precision:6.1%}  (cell and value right)"
        )
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            for number, book in enumerate(books):
                (folder / f"n{number:05}.ipynb").write_bytes(book.data)
            for peer, run in PEERS.items():
                recall, precision = judged(run(folder), books)
                print(f"  {peer:16} recall {recall:6.1%}  precision {precision:6.1%}")


def speed() -> None:
    files = list(notebooks())
    size = sum(len(data) for _, data in files) / 1e6
    documents = [read_bytes(data, name, Kind.NOTEBOOK) for name, data in files]
    print(f"speed: {len(files)} notebooks, {size:.1f} MB")
    for engine in ("stdlib", *(name for name in ENGINES if find_spec(name))):
        scanner = build(Settings(options={"engine": engine}))
        start = time.process_time()
        for document in documents:
            list(scanner.scan(document))
        print(f"  {'mlsec ' + engine:22} {size / (time.process_time() - start):7.1f} MB per CPU second")
    with tempfile.TemporaryDirectory() as name:
        folder, part = Path(name), files[:: max(len(files) // 24, 1)]
        for number, (_, data) in enumerate(part):
            (folder / f"n{number:05}.ipynb").write_bytes(data)
        for peer, run in PEERS.items():
            start = cpu()
            run(folder)
            print(f"  {peer:22} {sum(len(data) for _, data in part) / 1e6 / (cpu() - start):7.1f} MB per CPU second")


if __name__ == "__main__":
    quality(int(sys.argv[1]) if len(sys.argv) > 1 else 300)
    speed()
