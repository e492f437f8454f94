"""The panel in light, dark and high contrast: readable by everybody, and what the README shows."""

import os
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from .hosts import ROOT, Host, code
from .steps import cell, demo, hf_token, items, open_notebook

pytestmark = pytest.mark.e2e
AXE = ROOT / "extension/node_modules/axe-core/axe.min.js"
# With MLSEC_SCREENSHOTS set, the pictures of the README are made anew.
PICTURES = Path(os.environ["MLSEC_SCREENSHOTS"]) if "MLSEC_SCREENSHOTS" in os.environ else None
RISKY = {"output_type": "display_data", "metadata": {},
         "data": {"text/html": "<a href='https://example.org/x'>more</a>", "text/plain": "x"}}  # fmt: skip


def theme(page: Page, name: str) -> None:
    page.evaluate("theme => window.jupyterapp.commands.execute('apputils:change-theme', { theme })", name)
    expect(page.locator(f'body[data-jp-theme-name="{name}"]')).to_be_attached()
    page.wait_for_timeout(300)


def violations(page: Page, where: str) -> list[dict[str, Any]]:
    page.evaluate(AXE.read_text())
    found: list[dict[str, Any]] = page.evaluate(
        """where => axe.run(where, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] })
             .then(r => r.violations.map(v => ({ id: v.id, nodes: v.nodes.map(n => [n.html, n.failureSummary]) })))""",
        where,
    )
    return found


def open_everything(panel: Locator) -> None:
    for name in ("Workspace", "Reports", "Gates", "Guard"):
        panel.get_by_role("button", name=name, exact=True).click()
    items(panel).first.locator(".mlsec-row").click()


@pytest.mark.parametrize("name", ["JupyterLab Light", "JupyterLab Dark", "JupyterLab Dark High Contrast"])
def test_everybody_can_read_it(page: Page, host: Host, name: str) -> None:
    host.write(
        "look.ipynb", *demo(), code("risky", "show()", RISKY), code("ok", "torch.load(p)  # mlsec: ignore[*] ours")
    )
    panel = open_notebook(page, host, "look.ipynb")
    open_everything(panel)
    panel.get_by_text("Show 1 accepted finding").click()
    theme(page, name)
    try:
        assert violations(page, "#mlsec-panel") == []
        assert violations(page, ".mlsec-statusbar") == []
    finally:
        theme(page, "JupyterLab Light")


def test_the_report_can_be_read_and_the_panel_lives_with_any_width(page: Page, host: Host) -> None:
    host.write("narrow.ipynb", *demo())
    panel = open_notebook(page, host, "narrow.ipynb")
    panel.get_by_role("button", name="Workspace", exact=True).click()
    panel.get_by_role("button", name="Scan folder").click()
    panel.get_by_role("button", name="Open as report").click(timeout=60_000)
    expect(items(page.locator(".mlsec-report")).first).to_be_visible()
    assert violations(page, ".mlsec-report") == []
    for width in (220, 700):
        page.evaluate("width => { document.getElementById('mlsec-panel').style.width = `${width}px`; }", width)
        assert page.evaluate("(p => p.scrollWidth <= p.clientWidth)(document.getElementById('mlsec-panel'))")


def test_pictures(page: Page, host: Host, tmp_path: Path) -> None:
    """The pictures of the README; that they can be made is the test."""
    out = PICTURES or tmp_path
    host.write("churn.ipynb", *demo(hf_token(8)))
    page.set_viewport_size({"width": 1100, "height": 640})
    panel = open_notebook(page, host, "churn.ipynb")
    items(panel, "LOAD-TORCH").locator(".mlsec-row").click()
    cell(page, 3).locator(".cm-lintRange").first.hover()
    expect(page.locator(".cm-tooltip-lint")).to_be_visible()
    page.screenshot(path=out / "panel-light.png")
    page.mouse.move(900, 600)
    theme(page, "JupyterLab Dark")
    try:
        page.screenshot(path=out / "panel-dark.png")
    finally:
        theme(page, "JupyterLab Light")
    for picture in ("panel-light.png", "panel-dark.png"):
        assert 10_000 < (out / picture).stat().st_size < 150_000
