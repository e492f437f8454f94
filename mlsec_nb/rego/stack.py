"""Room on Python's stack, which grows with how deeply a policy is nested."""

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from .errors import BudgetError

_FRAMES = 30_000  # a policy needs a few for each rule and expression
_lock = threading.Lock()
_inside: list[int] = []  # the limit before, once for each evaluation under way


@contextmanager
def room() -> Iterator[None]:
    """Room for deep policies; whatever is deeper is an error of the budget.

    The limit is the interpreter's, not the thread's: the last evaluation to end gives it back.
    """
    with _lock:
        _inside.append(_inside[0] if _inside else sys.getrecursionlimit())
        sys.setrecursionlimit(max(_inside[0], _FRAMES))
    try:
        yield
    except RecursionError as error:
        raise BudgetError("the policy or its input is nested too deeply") from error
    finally:
        with _lock:
            before = _inside.pop()
            if not _inside:
                sys.setrecursionlimit(before)
