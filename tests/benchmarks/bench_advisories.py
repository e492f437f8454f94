"""The store of 324,000 advisories: its size, what a look-up costs, what an update costs: `make bench`.

The records are made up (`advisories.py`); how far they can be packed is printed beside the real excerpt's, so that the
size is an honest one.
"""

import json
import os
import random
import subprocess
import sys
import tempfile
import time
import zlib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from mlsec_nb.advisories.writing import writing  # noqa: E402
from tests.benchmarks.advisories import EXCERPT, records  # noqa: E402

COUNT = 324_000
_ASK = """
import json, resource, sys, time
from pathlib import Path
start = time.process_time()
from mlsec_nb.advisories.matching import Store
ready = time.process_time()
store = Store.open(Path(sys.argv[1]))
questions = json.loads(Path(sys.argv[2]).read_text())
hits = sum(len(store.hits(*one)) for one in questions)
told = time.process_time()
found = sum(len(store.affecting(*one)) for one in questions)
done = time.process_time()
print(json.dumps([told - ready, done - told, found, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024]))
"""


def asked(path: Path, questions: list[Any], folder: Path) -> tuple[float, float, int, float]:
    """CPU seconds of looking up, of all that is shown of what was found, advisories found and megabytes, in a process of its own."""
    (folder / "questions.json").write_text(json.dumps(questions))
    words = [sys.executable, "-c", _ASK, str(path), str(folder / "questions.json")]
    between = (
        f"import subprocess, sys; print(subprocess.run({words!r}, capture_output=True, text=True, check=True).stdout)"
    )
    shown = subprocess.run([sys.executable, "-c", between], check=True, text=True, capture_output=True,
                           env={**os.environ, "PYTHONPATH": str(ROOT)}).stdout  # fmt: skip
    start, spent, found, megabytes = json.loads(shown)
    return start, spent, found, megabytes


def packed(bodies: list[dict[str, Any]]) -> float:
    texts = [str(one.get("details", "")).encode() for one in bodies]
    whole = b"".join(len(zlib.compress(text, 9)).to_bytes(4, "big") for text in texts)
    return sum(int.from_bytes(whole[at : at + 4], "big") for at in range(0, len(whole), 4)) / sum(map(len, texts))


def main(count: int = COUNT) -> None:
    real = [json.loads(file.read_text(encoding="utf-8")) for file in EXCERPT.glob("*.json")]
    made = [one for one in records(6_000) if one["id"].startswith(("PYSEC", "GHSA"))]
    print(f"descriptions pack to {packed(made):.2f} of their size, real ones to {packed(real):.2f}")
    rng = random.Random(3)
    with tempfile.TemporaryDirectory() as name:
        folder, path = Path(name), Path(name) / "store.sqlite"
        names: dict[str, list[tuple[str, str]]] = {}
        raw = 0

        def seen() -> Any:
            nonlocal raw
            for one in records(count):
                raw += len(json.dumps(one, separators=(",", ":")))
                for entry in one["affected"][:1]:
                    package = entry["package"]
                    names.setdefault(package["ecosystem"], []).append((package["ecosystem"], package["name"]))
                yield one

        before = time.process_time()
        with writing(path) as store:
            store.add(seen())
        spent = time.process_time() - before
        print(
            f"{count:,} records, {raw / 1e6:.0f} MB of JSON: {path.stat().st_size / 1e6:.1f} MB, in {spent:.0f} CPU s"
        )
        sources = sorted(set(names["Debian:12"]))
        questions = [(*one, "11.30.0-1") for one in rng.sample(sources, min(280, len(sources)))]
        questions += [(*rng.choice(names["PyPI"]), "11.30.0") for _ in range(100)]
        questions += [(*rng.choice(names["npm"]), "11.30.0") for _ in range(20)]
        empty, _, _, base = asked(path, [], folder)
        looked, spent, found, megabytes = asked(path, questions, folder)
        print(f"400 look-ups: {looked * 1000:.0f} ms of CPU; all that is shown of the {found} advisories {spent * 1000:.0f} ms;"
              f" {megabytes:.0f} MB (opening alone {empty * 1000:.0f} ms, {base:.0f} MB)")  # fmt: skip
        before = time.process_time()
        with writing(path) as store:
            store.add(records(3_000, seed=2))
        print(f"an update of 3,000 records: {time.process_time() - before:.1f} CPU s,"
              f" {path.stat().st_size / 1e6:.1f} MB")  # fmt: skip


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else COUNT)
