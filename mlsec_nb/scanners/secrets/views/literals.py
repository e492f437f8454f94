"""String literals that a program puts together, as the program would read them."""

import re
from collections.abc import Iterator
from typing import Final

from mlsec_nb.core import Segment

from .rewriting import rewrite

# The end of one literal and the beginning of the next, with nothing between them but what joins them.
_SEAM: Final = re.compile(
    r"""(?P<q>["'])(?=[)\s\\\#+.|&<(rRbBuUfF"'])\)?
    (?:[ \t]*(?:\\\r?\n|\r?\n|\#[^\n]*\n))*[ \t]*
    (?:[+.]|\|\||&|<>)?
    (?:[ \t]*(?:\\\r?\n|\r?\n|\#[^\n]*\n))*[ \t]*
    \(?[rRbBuUfF]{0,2}(?P=q)""",
    re.VERBOSE,
)
_COMMA_SEAM: Final = re.compile(r"""(?P<q>["'])\s*,\s*[rRbBuUfF]{0,2}(?P=q)""")


def literal_views(segment: Segment) -> Iterator[Segment]:
    """Adjacent and added literals as one."""
    text = segment.text
    if view := rewrite(segment, _SEAM, _joined):
        yield view
    if "join(" in text and (view := rewrite(segment, _COMMA_SEAM, lambda _: "")):
        yield view


def _joined(match: re.Match[str]) -> str:
    return match.group() if len(match.group()) == 2 else ""
