"""How a secret in code can be mended best: by the variable that its vendor's own client reads.

Masking it and clearing outputs follow from the place alone and are proposed there, for all scanners alike.
"""

import re
from collections.abc import Callable, Sequence
from typing import Final

from mlsec_nb.core import Edit, Fix, Part, Segment

from .judges.names import words_of
from .places import Placed
from .views.program import FOLDED

_OPENING: Final = re.compile(r"""(?<![\w"'])[rbfuRBFU]{0,2}(\"\"\"|'''|["'])\Z""")
_WITHOUT_PYTHON: Final = re.compile(r"^[ \t]*(?:%%|[!%#])")
_IMPORT: Final = re.compile(r"^[ \t]*import (?:.*,[ \t]*)?os\b", re.MULTILINE)
_VAGUE: Final = frozenset({"KEY", "TOKEN", "SECRET", "PASSWORD", "AUTH", "API_KEY", "PWD", "PASS", "VALUE"})


def fixes(item: Placed, has_os: Callable[[], bool]) -> tuple[Fix, ...]:
    """The reading of the environment, where the secret is a whole literal or what an expression comes to."""
    edit = _from_environment(item)
    if edit is None:
        return ()
    edits = (edit,) if has_os() else (Edit(item.root.at(0, 0), "import os\n"), edit)
    return (Fix(title=f"Read it from the environment ({edit.replacement})", edits=edits),)


def imports_os(segments: Sequence[Segment]) -> bool:
    """Whether some code of a document imports `os`."""
    return any(_IMPORT.search(segment.text) for segment in segments if segment.part is Part.CODE)


def _from_environment(item: Placed) -> Edit | None:
    """The whole literal (or the expression that comes to the secret) as a reading of the environment."""
    root = item.root
    if root.part is not Part.CODE or root.language != "python" or root.text.lstrip().startswith("%%"):
        return None
    text, start, end = root.text, item.start, item.end
    line = text[text.rfind("\n", 0, start) + 1 : start]
    if _WITHOUT_PYTHON.match(line):
        return None
    if item.candidate.segment.language != FOLDED:
        opening = _OPENING.search(text, max(start - 6, 0), start)
        if item.candidate.segment is not root or opening is None or not text.startswith(opening[1], end):
            return None
        start, end = opening.start(), end + len(opening[1])
    return Edit(root.at(start, end), f'os.environ["{variable(item)}"]')


def variable(item: Placed) -> str:
    """The environment variable that a secret is likely to be read from."""
    table = item.candidate.environment
    name = "_".join(words_of(item.candidate.name.rpartition(".")[2])).upper()
    if table and (not name.isascii() or name in _VAGUE or not name.isidentifier()):
        return table
    return name if name.isidentifier() and name.isascii() else (table or "SECRET")
