"""A real kernel, and what it publishes."""

import os
import queue
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jupyter_client.manager import start_new_kernel

ROOT = Path(__file__).parents[3]


@dataclass
class Ran:
    """Everything that one cell made the kernel say."""

    reply: dict[str, Any]
    messages: list[dict[str, Any]] = field(default_factory=list)

    def stream(self, name: str = "stdout") -> str:
        return "".join(
            m["content"]["text"] for m in self.messages if m["msg_type"] == "stream" and m["content"]["name"] == name
        )

    def data(self, mime: str) -> list[Any]:
        shown = ("execute_result", "display_data", "update_display_data")
        return [
            m["content"]["data"][mime] for m in self.messages if m["msg_type"] in shown and mime in m["content"]["data"]
        ]

    @property
    def error(self) -> str:
        """The error's name and text; empty when the cell ended well."""
        found = [m["content"] for m in self.messages if m["msg_type"] == "error"]
        return f"{found[0]['ename']}: {found[0]['evalue']}" if found else ""

    @property
    def everything(self) -> str:
        """All that left the kernel for this cell, on every channel."""
        return repr(self.reply["content"]) + repr(
            [m["content"] for m in self.messages if m["msg_type"] != "execute_input"]
        )


class Kernel:
    """A kernel started in a folder, with this checkout on its path."""

    def __init__(self, folder: Path) -> None:
        env = {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "IPYTHONDIR": str(folder / ".ipython"),
            "PYTHONWARNINGS": "ignore",
        }
        env.pop("PYTEST_CURRENT_TEST", None)
        self.manager, self.client = start_new_kernel(kernel_name="python3", cwd=str(folder), env=env)

    def run(self, code: str, seconds: float = 120) -> Ran:
        name = self.client.execute(code)
        ran = Ran(reply={})
        while True:
            message = self.client.get_iopub_msg(timeout=seconds)
            if message["parent_header"].get("msg_id") != name:
                continue
            if message["msg_type"] == "status" and message["content"]["execution_state"] == "idle":
                break
            ran.messages.append(message)
        while ran.reply.get("parent_header", {}).get("msg_id") != name:
            try:
                ran.reply = self.client.get_shell_msg(timeout=seconds)
            except queue.Empty:
                break
        return ran

    def complete(self, code: str) -> list[str]:
        name = self.client.complete(code, len(code))
        while True:
            reply = self.client.get_shell_msg(timeout=30)
            if reply["parent_header"].get("msg_id") == name:
                found: list[str] = reply["content"]["matches"]
                return found

    def close(self) -> None:
        self.client.stop_channels()
        self.manager.shutdown_kernel()  # not at once: what was measured is written at the end
