"""A corpus of notebooks like those that people keep, from a seed: code, prose, tables, plots, tracebacks, widgets.

`python tests/benchmarks/corpus.py FOLDER [NOTEBOOKS] [SEED]` writes it to a folder.
"""

import base64
import json
import random
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path

SEED = 20240611
_NAMES = [
    "data",
    "frame",
    "model",
    "train",
    "test",
    "loss",
    "batch",
    "layer",
    "token",
    "image",
    "label",
    "score",
    "path",
    "value",
    "index",
    "epoch",
    "rate",
    "step",
    "user",
]
_CALLS = [
    "fit",
    "predict",
    "load",
    "read_csv",
    "head",
    "plot",
    "mean",
    "sum",
    "groupby",
    "merge",
    "transform",
    "backward",
    "zero_grad",
    "tokenize",
    "encode",
]
_WORDS = [
    "the",
    "model",
    "is",
    "trained",
    "on",
    "data",
    "from",
    "a",
    "table",
    "and",
    "we",
    "look",
    "at",
    "the",
    "error",
    "of",
    "each",
    "batch",
    "before",
    "we",
    "go",
    "on",
    "with",
    "this",
    "figure",
    "results",
    "show",
    "that",
    "most",
    "of",
    "it",
    "comes",
    "from",
    "few",
    "samples",
    "so",
    "let",
    "us",
    "plot",
    "them",
    "again",
    "with",
    "another",
    "scale",
    "and",
    "compare",
]


def notebooks(count: int = 300, seed: int = SEED) -> Iterator[tuple[str, bytes]]:
    """Names and bytes of `count` notebooks; the same seed gives the same bytes."""
    for number in range(count):
        chance = random.Random(f"{seed}/{number}")
        cells = [_cell(chance) for _ in range(chance.randint(3, 60))]
        metadata = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
        if chance.random() < 0.05:
            metadata["widgets"] = {"application/vnd.jupyter.widget-state+json": _widgets(chance)}
        value = {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
        yield f"notebook_{number:04}.ipynb", (json.dumps(value, indent=1, ensure_ascii=False) + "\n").encode()


def write(folder: Path, count: int = 300, seed: int = SEED) -> list[Path]:
    """The same as files."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, data in notebooks(count, seed):
        written.append(folder / name)
        written[-1].write_bytes(data)
    return written


def _cell(chance: random.Random) -> dict[str, object]:
    name = f"{chance.getrandbits(32):08x}"
    if chance.random() < 0.4:
        source = _lines([f"## {_prose(chance, 4)}", "", _prose(chance, 60)])
        return {"cell_type": "markdown", "id": name, "metadata": {}, "source": source}
    outputs = [_output(chance) for _ in range(chance.choice([0, 0, 1, 1, 2]))]
    source = _lines(_code(chance) for _ in range(chance.randint(1, 25)))
    return {
        "cell_type": "code", "id": name, "execution_count": 1, "metadata": {}, "outputs": outputs, "source": source,
    }  # fmt: skip


def _output(chance: random.Random) -> dict[str, object]:
    make = chance.choices([_stream, _table, _plot, _error, _figure], [40, 25, 25, 5, 5])[0]
    return make(chance)


def _stream(chance: random.Random) -> dict[str, object]:
    rows = (f"epoch {row} loss {chance.random():.4f} accuracy {chance.random():.4f}" for row in range(40))
    return {"output_type": "stream", "name": chance.choice(["stdout", "stderr"]), "text": _lines(rows)}


def _table(chance: random.Random) -> dict[str, object]:
    columns = chance.sample(_NAMES, 6)
    rows = [[f"{chance.random():.6f}" for _ in columns] for _ in range(chance.randint(3, 30))]
    html = ['<table border="1" class="dataframe">', *(f"<th>{name}</th>" for name in columns)]
    html += ["<tr>" + "".join(f"<td>{value}</td>" for value in row) + "</tr>" for row in rows]
    plain = [" ".join(columns), *(" ".join(row) for row in rows)]
    return _display({"text/html": _lines([*html, "</table>"]), "text/plain": _lines(plain)})


def _plot(chance: random.Random) -> dict[str, object]:
    pixels = chance.randbytes(chance.randint(4_000, 60_000))
    chunks = ((b"IHDR", bytes(13)), (b"tEXt", b"Software\0plotting library"), (b"IDAT", pixels), (b"IEND", b""))
    bodies = (len(body).to_bytes(4) + kind + body + zlib.crc32(kind + body).to_bytes(4) for kind, body in chunks)
    payload = base64.b64encode(b"\x89PNG\r\n\x1a\n" + b"".join(bodies)).decode() + "\n"
    return _display({"image/png": payload, "text/plain": ["<Figure size 640x480 with 1 Axes>"]})


def _figure(chance: random.Random) -> dict[str, object]:
    points = [round(chance.random(), 6) for _ in range(chance.randint(50, 3_000))]
    trace = {"type": "scatter", "x": list(range(len(points))), "y": points}
    return _display({"application/vnd.plotly.v1+json": {"data": [trace], "layout": {"title": _prose(chance, 4)}}})


def _error(chance: random.Random) -> dict[str, object]:
    frame = f"\x1b[0;32m<ipython-input-1>\x1b[0m in \x1b[0;36m<module>\x1b[0;34m()\x1b[0m\n----> 1 {_code(chance)}"
    traceback = [frame, frame, "\x1b[0;31mValueError\x1b[0m: wrong shape"]
    return {"output_type": "error", "ename": "ValueError", "evalue": "wrong shape", "traceback": traceback}


def _widgets(chance: random.Random) -> dict[str, object]:
    layout = {"model_name": "LayoutModel", "state": dict.fromkeys(_NAMES)}
    state = {f"{chance.getrandbits(128):032x}": layout for _ in range(60)}
    return {"state": state, "version_major": 2, "version_minor": 0}


def _display(data: dict[str, object]) -> dict[str, object]:
    return {"output_type": "display_data", "metadata": {}, "data": data}


def _code(chance: random.Random) -> str:
    name, other = chance.sample(_NAMES, 2)
    return chance.choice([
        f"{name} = {other}.{chance.choice(_CALLS)}({chance.choice(_NAMES)}, n={chance.randint(1, 999)})",
        f'print("{_prose(chance, 3)}:", {name})',
        f"for {name} in range({chance.randint(2, 500)}):",
        f"    {name}['{other}'] = {chance.random():.5f}  # {_prose(chance, 5)}",
        f"import {name}.{other} as {name[:2]}",
        "",
    ])  # fmt: skip


def _prose(chance: random.Random, words: int) -> str:
    return " ".join(chance.choices(_WORDS, k=words))


def _lines(rows) -> list[str]:
    """Rows as notebooks keep a text: every line but the last with its end."""
    rows = list(rows)
    return [row + "\n" for row in rows[:-1]] + rows[-1:]


if __name__ == "__main__":
    print(len(write(Path(sys.argv[1]), *map(int, sys.argv[2:]))), "notebooks in", sys.argv[1])
