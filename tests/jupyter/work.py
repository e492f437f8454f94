"""What the jobs of the tests do; another process imports it by name."""

import os
import time
from collections.abc import Callable
from typing import Any

from mlsec_nb.core import UsageError


def gives(send: Callable[..., None], value: Any) -> Any:
    send(("progress", (1, 2, "a.py")))
    return {"report": value}


def refuses(_send: Any) -> None:
    raise UsageError("no such folder")


def dies(_send: Any) -> None:
    os._exit(3)


def hangs(send: Callable[..., None], file: str) -> None:
    child = os.fork()
    if child == 0:
        time.sleep(60)
        os._exit(0)
    with open(file, "w") as stream:
        stream.write(str(child))
    time.sleep(60)
