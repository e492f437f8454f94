"""Work that makes many small values, hardly a circle among them: looking for circles takes a seventh of the time."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def uncollected() -> Iterator[None]:
    """Circles are not looked for meanwhile; what is no longer named is freed all the same."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()
