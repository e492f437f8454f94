"""Notebooks with planted secrets, in every place that a notebook has, and clean ones beside them; all from a seed."""

import json
import random
from dataclasses import dataclass

from tests.scanners.secrets.hard_ways import HARD
from tests.scanners.secrets.kinds import Secret, draw_secret
from tests.scanners.secrets.lookalikes import draw_cell
from tests.scanners.secrets.urls import in_block, in_url
from tests.scanners.secrets.ways import WAYS, Cell, code, markdown

KINDS = ("token",) * 5 + ("named",) * 3 + ("password",) * 2
FILLER = (
    "import numpy as np\nx = np.arange(10)",
    "model.fit(X, y)",
    "for i in range(3):\n    print(i)",
    "# load the data\ndf = pd.read_csv('data.csv')",
    "plt.plot(x)",
)


@dataclass(frozen=True)
class Planted:
    """A secret, the number of its cell (None: metadata of the notebook), and the way it was put there."""

    secret: Secret
    cell: int | None
    way: str
    source: str


@dataclass(frozen=True)
class Notebook:
    data: bytes
    planted: tuple[Planted, ...]


def notebook(seed: int, *, hard: bool = False) -> Notebook:
    """One notebook with up to four secrets among look-alikes; one in four has none."""
    draw = random.Random(f"{seed} {hard}")
    cells: list[Cell] = [markdown("# Title"), code(draw.choice(FILLER))]
    planted: list[Planted] = []
    for _ in range(draw.choice([0, 1, 2, 4])):
        cells.extend(draw_cell(draw) for _ in range(draw.randint(0, 3)))
        secret, way, cell = _plant(draw, hard=hard)
        cells.append({**cell, "id": f"cell-{len(cells)}"})
        planted.append(Planted(secret, len(cells), way, json.dumps(cell)))
    cells += [draw_cell(draw) for _ in range(draw.randint(1, 5))]
    metadata: dict[str, object] = {"kernelspec": {"name": "python3", "language": "python", "display_name": "Python 3"}}
    if draw.random() < 0.15:
        secret = draw_secret(draw, draw.choice(KINDS))
        style = draw.randrange(3)
        if style == 0:
            metadata["papermill"] = {"parameters": {secret.name: secret.value, "epochs": 3}}
        elif style == 1:
            state = {
                "model_module": "@jupyter-widgets/controls",
                "model_name": "PasswordModel",
                "state": {"description": secret.name, "value": secret.value},
            }
            metadata["widgets"] = {
                "application/vnd.jupyter.widget-state+json": {"state": {"a1": state}, "version_major": 2}
            }
        else:
            metadata["environment"] = {secret.name: secret.value}
        planted.append(Planted(secret, None, "notebook metadata", json.dumps(metadata)))
    value = {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    return Notebook(_written(draw, value, hard=hard), tuple(planted))


def _plant(draw: random.Random, *, hard: bool) -> tuple[Secret, str, Cell]:
    other = draw.random()
    if other < 0.12:
        secret = draw_secret(draw, "url")
        return secret, "url", in_url(draw, secret)
    if other < 0.18:
        secret = draw_secret(draw, "block")
        return secret, "block", in_block(draw, secret)
    secret = draw_secret(draw, draw.choice(KINDS))
    ways = HARD if hard else WAYS
    way = draw.choice(list(ways)) if draw.random() < 0.6 else next(iter(ways))
    return secret, way, ways[way](draw, secret)


def _written(draw: random.Random, value: object, *, hard: bool) -> bytes:
    text = json.dumps(value, indent=draw.choice([None, 1, 2]), ensure_ascii=draw.random() < 0.5)
    if hard and draw.random() < 0.3:
        return b"\xef\xbb\xbf" + text.encode() if draw.random() < 0.5 else text.encode("utf-16")
    return text.encode()
