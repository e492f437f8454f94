"""Room on Python's stack, which grows with how deeply a policy or its input is nested."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from .errors import BudgetError

_FRAMES = 30_000  # a policy needs a few for each rule and expression


@contextmanager
def room() -> Iterator[None]:
    """Room for deep policies; whatever is deeper is an error of the budget."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(max(before, _FRAMES))
    try:
        yield
    except RecursionError as error:
        raise BudgetError("the policy or its input is nested too deeply") from error
    finally:
        sys.setrecursionlimit(before)
