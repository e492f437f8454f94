"""CPU seconds for the code of 3,000 notebooks, those with and those without findings, beside Bandit on the same code.

`python tests/benchmarks/bench_code.py [FOLDER]`: the notebooks of a folder, or those that are shipped (what the other
benchmarks generate is no code that can be parsed). Bandit gets the Python of each notebook as one file without magics,
which is more than it can read by itself.
"""

import sys
import tempfile
import time
import warnings
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from mlsec_nb.config import Settings
from mlsec_nb.core import Document, Finding
from mlsec_nb.notebooks import read_bytes
from mlsec_nb.scanners.code.scanner import build
from mlsec_nb.scanners.code.sources import python_sources

MANY = 3000
SHIPPED = Path(__file__).parents[2] / "notebooks"


def cost(documents: list[Document]) -> tuple[list[float], list[bool]]:
    """CPU seconds of each document, and whether something is found in it."""
    scanner = build(Settings())
    seconds, found = [], []
    for document in documents:
        start = time.process_time()
        items = list(scanner.scan(document))
        seconds.append(time.process_time() - start)
        found.append(any(isinstance(item, Finding) for item in items))
    return seconds, found


def with_bandit(documents: list[Document]) -> float:
    """CPU seconds of Bandit over the same code."""
    from bandit.core import config, manager

    with tempfile.TemporaryDirectory() as folder:
        files = []
        for number, document in enumerate(documents):
            path = Path(folder, f"n{number}.py")
            text = "\n".join(source.python for source in python_sources(document))
            path.write_text(text, encoding="utf-8", errors="replace")
            files.append(str(path))
        start = time.process_time()
        scan = manager.BanditManager(config.BanditConfig(), "file", quiet=True)
        scan.discover_files(files)
        scan.run_tests()
        return time.process_time() - start


def main(folder: str = str(SHIPPED)) -> None:
    warnings.simplefilter("ignore")
    documents = [read_bytes(path.read_bytes(), str(path)) for path in sorted(Path(folder).rglob("*.ipynb"))]
    cost(documents[:20])  # rules and libraries are loaded
    seconds, telling = cost(documents)
    quiet = [one for one, tells in zip(seconds, telling, strict=True) if not tells]
    each = sum(seconds) / len(seconds)
    print(f"{len(documents)} notebooks, {len(quiet)} of them without a finding")
    print(f"  code (mlsec)        {each * MANY:7.1f} CPU s for {MANY:,}")
    if quiet:
        print(f"  nothing to be found {sum(quiet) / len(quiet) * MANY:7.1f} CPU s for {MANY:,}")
    theirs = with_bandit(documents) / len(documents)
    print(f"  Bandit alone        {theirs * MANY:7.1f} CPU s for {MANY:,}, {theirs / each:.1f} times as much")


if __name__ == "__main__":
    main(*sys.argv[1:])
