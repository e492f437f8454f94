"""The audit hook of this process: one, for ever, and idle when no guard listens.

https://docs.python.org/3/library/audit_events.html lists the events; a hook that raises stops what it was told of.
"""

import sys
import threading
from collections.abc import Callable
from typing import Any

Listener = Callable[[tuple[Any, ...]], None]

_listeners: dict[str, Listener] = {}
_busy = threading.local()
_installed = False


def listen(event: str, listener: Listener) -> None:
    """Hear of an event from now on; a listener is never called from inside a listener of the same thread."""
    global _installed  # noqa: PLW0603 - a hook cannot be removed, so it is installed once for the process
    _listeners[event] = listener
    if not _installed:
        _installed = True
        sys.addaudithook(_hook)


def forget(event: str) -> None:
    _listeners.pop(event, None)


def _hook(
    event: str, arguments: tuple[Any, ...], listeners: dict[str, Listener] = _listeners, busy: Any = _busy
) -> None:
    # What it needs is bound here: events still come when the interpreter has taken the names of this module away.
    listener = listeners.get(event)
    if listener is None or getattr(busy, "now", False):
        return
    busy.now = True
    try:
        listener(arguments)
    finally:
        busy.now = False
