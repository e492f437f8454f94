"""What a user does, in words."""

import random
import string
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, Page, expect

from .hosts import Host, code, markdown

AWS = "AK" + "IAQ3EGTHV5MZ7XPL2D"


def hf_token(seed: int) -> str:
    """Shaped like a token of Hugging Face; drawn, so that no real one is written down."""
    return "hf" + "_" + "".join(random.Random(seed).choices(string.ascii_letters, k=34))


def demo(token: str = "") -> list[dict[str, Any]]:
    token = token or hf_token(1)
    return [
        markdown("intro", "# A small model\n\nLoads weights and talks to a hub."),
        code("imports", "import numpy as np\nimport torch"),
        code("load", '# 😀 weights of a friend\nmodel = torch.load("weights.pt")\ndata = np.load("x.npy", allow_pickle=True)'),
        code("login", f'login(token="{token}")'),
        code("print", "print(token)", {"output_type": "stream", "name": "stdout", "text": f"using {token}\n"}),
    ]  # fmt: skip


def open_notebook(page: Page, host: Host, name: str, app: str = "lab") -> Locator:
    """Open a notebook and the panel; gives the panel once its first scan is there."""
    page.goto(host.address(name, app))
    expect(page.locator(".jp-Notebook .jp-Cell").first).to_be_visible(timeout=60_000)
    return open_panel(page)


def open_panel(page: Page) -> Locator:
    panel = page.locator("#mlsec-panel")
    page.wait_for_selector('[data-id="mlsec-panel"], #mlsec-panel', state="attached", timeout=30_000)
    if not panel.is_visible():
        page.locator('[data-id="mlsec-panel"]').first.click()
    expect(panel.locator('.mlsec-told[data-state="ready"]').first).to_be_visible()
    return panel


def items(panel: Locator, rule: str = "") -> Locator:
    return panel.locator(f'.mlsec-item[data-rule="{rule}"]' if rule else ".mlsec-item")


def cell(page: Page, number: int) -> Locator:
    return page.locator(".jp-Notebook .jp-Cell").nth(number - 1)


def source(page: Page, number: int) -> str:
    """The text of a cell as the notebook's model has it."""
    text: str = page.evaluate(
        """number => {
          const app = window.jupyterapp || window.jupyterlab;
          return app.shell.currentWidget.content.model.cells.get(number - 1).sharedModel.getSource();
        }""",
        number,
    )
    return text


def saved(host: Host, name: str) -> str:
    return (Path(host.root) / name).read_text()


def soon(check: Callable[[], bool], page: Page, seconds: float = 15) -> None:
    """Wait until something that no locator shows is so."""
    for _ in range(int(seconds * 20)):
        if check():
            return
        page.wait_for_timeout(50)
    raise AssertionError("it did not happen")
