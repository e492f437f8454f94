"""Which of the first layers are those of the image that this one was built on."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from mlsec_nb.core.image import Image

from .story import instruction

_END: Final = re.compile(r"(?:CMD|ENTRYPOINT)\b")
_NAME: Final = "org.opencontainers.image.base.name"  # https://specs.opencontainers.org/image-spec/annotations/


@dataclass(frozen=True, slots=True)
class Base:
    """The indexes of the base image's layers, what it is called, and how that is known."""

    layers: frozenset[int] = frozenset()
    name: str = ""
    how: str = ""


def base_of(image: Image, given: Sequence[str] = ()) -> Base:
    """By the layers that are given (diff ids of the base, in order), else by where the history says that a build ended.

    Most images end in `CMD` or `ENTRYPOINT`; what comes after such a line was built on top of it.
    """
    name = _label(image.config)
    if given:
        filled = [layer for layer in image.layers if not layer.empty]
        same = [layer.index for layer, wanted in zip(filled, given, strict=False) if layer.diff_id == wanted]
        if len(same) == len(given):
            return Base(frozenset(same), name, "its layers were given")
        return Base(name=name)
    lines = [instruction(layer.created_by) for layer in image.layers]
    filled_after = [any(not layer.empty for layer in image.layers[at + 1 :]) for at in range(len(lines))]
    ends = [at for at, line in enumerate(lines) if _END.match(line) and filled_after[at]]
    if not ends:
        return Base(name=name)
    layers = frozenset(layer.index for layer in image.layers[: ends[-1] + 1])
    return Base(layers, name, "the history ends a build there")


def _label(config: Any) -> str:
    inner = config.get("config") if hasattr(config, "get") else None
    labels = inner.get("Labels") if isinstance(inner, dict) else None
    name = labels.get(_NAME) if isinstance(labels, dict) else None
    return name if isinstance(name, str) else ""
