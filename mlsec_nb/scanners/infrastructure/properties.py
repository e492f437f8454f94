"""Settings of servers in lines `key=value` (TorchServe's config.properties), and of DVC (`.dvc/config`)."""

import re
from typing import Final

from mlsec_nb.scanners.tree import Node

from .items import Item, Parsed

DIALECT: Final = "properties"
NAMES: Final = re.compile(r"(?:^|/)(?:config\.properties|\.dvc/config(?:\.local)?)$")
_LINE: Final = re.compile(r"(?m)^[ \t]*(?P<key>[\w.-]+)[ \t]*[=:][ \t]*(?P<value>[^\n]*?)[ \t]*\r?$")


def parse(path: str, text: str) -> Parsed:
    """The settings as one item; a key that is said twice counts each time."""
    parsed = Parsed(DIALECT)
    kind = "dvc.config" if ".dvc/" in path else "torchserve.config"
    for match in _LINE.finditer(text):
        start, end = match.span("value")
        node = Node(start, end, {match["key"]: Node(start, end, match["value"])})
        parsed.items.append(Item(kind, match["key"], node, match.span("key")))
    return parsed
