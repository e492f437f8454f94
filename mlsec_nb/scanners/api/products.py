"""Which products serve there, by answers that only they give."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from mlsec_nb.core import CannotRead
from mlsec_nb.io.exchanges import Exchange

from .asking import Asker, Spent, json_of

Table = Mapping[str, Any]
_LONGEST = 1 << 16  # characters of an answer in which a sign is looked for


@cache
def knowledge() -> Table:
    """What is known of servers (`products.toml`)."""
    return tomllib.loads((files(__package__) / "products.toml").read_text(encoding="utf-8"))


@dataclass(frozen=True, slots=True)
class Product:
    """A product that was recognised."""

    table: Table

    @property
    def id(self) -> str:
        return str(self.table["id"])

    @property
    def name(self) -> str:
        return str(self.table["name"])


def fits(answer: Exchange, sign: Table) -> bool:
    """Whether an answer is what a sign or a place describes."""
    if answer.status != sign.get("status", 200):
        return False
    if "text" in sign and not re.search(sign["text"], answer.text[:_LONGEST]):
        return False
    if "keys" not in sign and "list" not in sign:
        return True
    tree = json_of(answer)
    if sign.get("list"):
        return isinstance(tree, list)
    return isinstance(tree, dict) and set(sign["keys"]) <= set(tree)


def recognised(asker: Asker) -> list[Product]:
    """Every product whose sign is seen; a question that fails tells nothing."""
    found = [Product(table) for table in knowledge()["product"] if any(_seen(asker, sign) for sign in table["sign"])]
    ids = {product.id for product in found}
    return [product for product in found if ids.isdisjoint(product.table.get("unless", ()))]


def _seen(asker: Asker, sign: Table) -> bool:
    try:
        return fits(asker.get(sign["path"]), sign)
    except Spent:
        raise
    except CannotRead:
        return False


def places(found: list[Product]) -> Iterator[Table]:
    """What must not answer without a credential: of the products that were found, and of any server."""
    ids = {product.id for product in found}
    for product in found:
        for place in product.table.get("place", ()):
            yield {**place, "product": product.name}
    yield from (place for place in knowledge()["anywhere"] if not ids & set(place.get("unless", ())))
