"""Notebooks with planted secrets, damaged at random: nothing crashes, and nothing is passed over in silence.

    python tests/benchmarks/fuzz_notebooks.py [COUNT] [SEED]

Each is mutated (bytes turned, runs cut, repeated, merged, re-encoded, truncated), read, and scanned by the secrets and
code rooms. A planted token that stands whole in the damaged bytes must be found, unless a gap says what was not read.
Prints how many were damaged, how many tokens still stood whole, and every one that was lost.
"""

import random
import re
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from mlsec_nb.config import Settings
from mlsec_nb.core import Finding, Gap, Kind
from mlsec_nb.notebooks import read_bytes
from mlsec_nb.scanners.code.scanner import build as code
from mlsec_nb.scanners.secrets.scanner import build as secrets
from tests.scanners.secrets.generator import Notebook, notebook

Change = Callable[[bytes, random.Random], bytes]
LONG = 2.0  # seconds for one notebook


def _turned(data: bytes, draw: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(draw.randint(1, 30)):
        changed[draw.randrange(len(changed))] = draw.randrange(256)
    return bytes(changed)


def _cut(data: bytes, draw: random.Random) -> bytes:
    start = draw.randrange(len(data))
    return data[:start] + data[start + draw.choice([1, 5, 200, 5000]) :]


def _repeated(data: bytes, draw: random.Random) -> bytes:
    start = draw.randrange(len(data))
    run = data[start : start + draw.choice([3, 40, 900])]
    return data[:start] + run * draw.randint(2, 4) + data[start:]


def _merged(data: bytes, draw: random.Random) -> bytes:
    at = data.find(b"\n", draw.randrange(len(data))) + 1
    return data[:at] + b"<<<<<<< HEAD\n" + data[at : at + 60] + b"\n=======\n>>>>>>> theirs\n" + data[at:]


def _put(data: bytes, draw: random.Random) -> bytes:
    at = draw.randrange(len(data))
    return (
        data[:at]
        + draw.choice([b"\0", b'"', b"}", b"]", b",", b"\xff\xfe", b"NaN", b"\\u0000", b"\r", b"[" * 300])
        + data[at:]
    )


def _encoded(data: bytes, draw: random.Random) -> bytes:
    text = data.decode("utf-8", "replace")
    return draw.choice(
        [text.encode("utf-16"), text.encode("utf-8-sig"), text.encode("utf-16-be"), b"\xef\xbb\xbf" * 2 + data]
    )


def _ended(data: bytes, draw: random.Random) -> bytes:
    return data[: draw.randrange(1, len(data))]


CHANGES: tuple[Change, ...] = (_turned, _cut, _repeated, _merged, _put, _encoded, _ended)


def damaged(book: Notebook, draw: random.Random) -> bytes:
    data = book.data
    for _ in range(draw.choice([1, 1, 2, 4])):
        data = draw.choice(CHANGES)(data, draw) if len(data) > 1 else b"{}"
    return data


def _stands(token: bytes, data: bytes) -> bool:
    """Whether a token stands whole: a letter more at its end, and it is none."""
    return (
        re.search(rb"(?:(?<![A-Za-z0-9_-])|(?<=\\\\[nrt]))" + re.escape(token) + rb"(?![A-Za-z0-9_-])", data)
        is not None
    )


def lost(book: Notebook, data: bytes) -> tuple[int, list[str]]:
    """How many planted tokens stand whole in the data, and the ways of those that neither a finding nor a gap tells."""
    document = read_bytes(data, "n.ipynb", Kind.NOTEBOOK)
    told = [*document.gaps]
    found = 0
    for room in ROOMS:
        for item in room.scan(document):
            found += isinstance(item, Finding) and item.scanner == "secrets"
            told += [item] if isinstance(item, Gap) else []
    whole = [item for item in book.planted if item.secret.kind == "token" and _stands(item.secret.value.encode(), data)]
    if told or found >= len({item.secret.value for item in whole}):
        return len(whole), []
    return len(whole), [item.way for item in whole]


ROOMS = (secrets(Settings()), code(Settings()))


def main(count: int, seed: int) -> int:
    start, whole, silent, slow = time.process_time(), 0, 0, 0
    for number in range(count):
        draw = random.Random(f"{seed}/{number}")
        book = notebook(draw.randrange(10**9))
        data = damaged(book, draw)
        began = time.process_time()
        stood, ways = lost(book, data)
        whole += stood
        slow += time.process_time() - began > LONG
        if ways:
            silent += 1
            print(f"{number}: silent on {', '.join(ways)}")
    print(f"{count} damaged notebooks, {whole} tokens stood whole, {silent} passed over in silence, {slow} slower than {LONG} s, "
          f"{time.process_time() - start:.0f} CPU s")  # fmt: skip
    return 1 if silent or slow else 0


if __name__ == "__main__":
    numbers = [int(item) for item in sys.argv[1:]]
    sys.exit(main(*(numbers + [2000, 1][len(numbers) :])))
