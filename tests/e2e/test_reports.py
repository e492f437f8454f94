"""The report and the gates wherever a saved notebook is read: trusted or not, no kernel, exported, light and dark."""

import os
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient
from nbconvert import HTMLExporter
from playwright.sync_api import Browser, Locator, Page, expect

from .hosts import ROOT, TOKEN, Host
from .steps import demo, hf_token
from .test_looks import theme, violations

pytestmark = pytest.mark.e2e
PICTURES = Path(os.environ["MLSEC_SCREENSHOTS"]) if "MLSEC_SCREENSHOTS" in os.environ else None
GATES = """
[gates.pre-commit]
checks = ["secrets", "code"]
optional = ["models"]
targets = ["train.ipynb"]
[gates.ci]
checks = ["code"]
targets = ["clean.py"]
[gates.pre-deploy]
checks = ["nobody-knows"]
targets = ["clean.py"]
[gates.deploy]
requires = []
"""
CELLS = ("%load_ext mlsec_nb", "%mlsec scan train.ipynb", "%mlsec gate")
OURS = ".jp-RenderedHTML > div"


@pytest.fixture(scope="module")
def book(host: Host, tmp_path_factory: pytest.TempPathFactory) -> nbformat.NotebookNode:
    """A notebook as it is saved after it ran, without the name of a kernel, so that it is opened without one."""
    folder = tmp_path_factory.mktemp("ran")
    Host(host.url, folder).write("train.ipynb", *demo(hf_token(3)))
    (folder / "clean.py").write_text("x = 1\n")
    (folder / "mlsec.toml").write_text(GATES)
    made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in CELLS])
    made.cells.append(nbformat.v4.new_markdown_cell("\n\n".join(f"line {n}" for n in range(60))))
    made.cells.append(nbformat.v4.new_code_cell("x = 1", id="end"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(ROOT))
        patch.setenv("PYTHONWARNINGS", "ignore")
        NotebookClient(made, kernel_name="python3", resources={"metadata": {"path": str(folder)}}).execute()
    made.metadata.kernelspec = {"name": "gone", "display_name": "A kernel that is not here", "language": "python"}
    for cell in made.cells:
        for output in cell.get("outputs", []):
            if "text/html" in output.get("data", {}):
                output.data["text/html"] = output.data["text/html"].replace("#cell-id=load", "#cell-id=end")
    return made


@pytest.fixture
def foreign(page: Page, host: Host) -> Iterator[list[str]]:
    """Requests to anywhere but the server and the file; there must be none."""
    seen: list[str] = []
    page.on(
        "request", lambda r: seen.append(r.url) if not r.url.startswith((host.url, "data:", "blob:", "file:")) else None
    )
    yield seen
    assert seen == []


def save(host: Host, book: nbformat.NotebookNode, name: str, *, is_trusted: bool) -> None:
    nbformat.write(book, host.root / name)
    if is_trusted:
        address = f"{host.url}/api/contents/{name}/trust?token={TOKEN}"
        urllib.request.urlopen(urllib.request.Request(address, method="POST"), timeout=10).close()


def open_without_kernel(page: Page, host: Host, name: str) -> None:
    page.route("**/api/kernelspecs*", lambda route: route.fulfill(json={"default": "", "kernelspecs": {}}))
    page.goto(host.address(name))
    page.locator(".jp-Dialog button.jp-mod-reject").click(timeout=30_000)
    expect(page.locator(OURS).first).to_be_visible()


def look(page: Page, shown: Locator, picture: Path) -> None:
    """What must be so wherever a report is read."""
    report, gates = shown.nth(0), shown.nth(1)
    expect(report).to_contain_text("mlsec: failed")
    expect(gates).to_contain_text("stopped")
    assert page.locator(f"{OURS} :is(script, style, iframe)").count() == 0
    boxes = gates.locator("div > div", has=page.locator("b")).filter(has_text="pre-deploy").first.bounding_box()
    assert boxes is not None
    tops = [
        gates.get_by_text(name, exact=True).first.bounding_box()
        for name in ("pre-commit", "ci", "pre-deploy", "deploy")
    ]
    assert len({round(box["y"]) for box in tops if box}) == 1, "the gates stand side by side"
    assert [box["x"] for box in tops if box] == sorted(box["x"] for box in tops if box)
    closed = gates.locator("details details").first
    inside = closed.locator("li").first
    assert not inside.is_visible()
    closed.locator("summary").first.click()
    expect(inside).to_be_visible()
    page.screenshot(path=picture)
    closed.locator("summary").first.click()


@pytest.mark.parametrize("is_trusted", [True, False], ids=["trusted", "untrusted"])
def test_in_jupyterlab_without_a_kernel(
    page: Page, host: Host, book: nbformat.NotebookNode, foreign: list[str], tmp_path: Path, is_trusted: bool
) -> None:
    word = "trusted" if is_trusted else "untrusted"
    save(host, book, f"{word}.ipynb", is_trusted=is_trusted)
    open_without_kernel(page, host, f"{word}.ipynb")
    try:
        for name in ("Dark", "Light"):
            theme(page, f"JupyterLab {name}")
            look(page, page.locator(OURS), (PICTURES or tmp_path) / f"report-{word}-{name.lower()}.png")
            assert violations(page, OURS) == []
    finally:
        theme(page, "JupyterLab Light")


def test_a_link_leads_to_the_cell(page: Page, host: Host, book: nbformat.NotebookNode, foreign: list[str]) -> None:
    save(host, book, "links.ipynb", is_trusted=False)
    open_without_kernel(page, host, "links.ipynb")
    end = page.locator(".jp-Notebook .jp-Cell").last
    expect(end).not_to_be_in_viewport()
    page.locator(f"{OURS} a[href='#cell-id=end']").first.click()  # as if the report were about this notebook
    expect(end).to_be_in_viewport()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_exported_and_offline(browser: Browser, book: nbformat.NotebookNode, tmp_path: Path, scheme: str) -> None:
    text, _ = HTMLExporter(theme=scheme, mathjax_url="", require_js_url="").from_notebook_node(book)
    (tmp_path / "report.html").write_text(text, encoding="utf-8")
    context = browser.new_context(offline=True, java_script_enabled=True, viewport={"width": 1200, "height": 900})
    asked: list[Any] = []
    page = context.new_page()
    page.on("request", lambda r: asked.append(r.url) if not r.url.startswith(("file:", "data:")) else None)
    page.goto((tmp_path / "report.html").as_uri())
    look(page, page.locator(OURS), (PICTURES or tmp_path) / f"report-exported-{scheme}.png")
    assert violations(page, OURS) == []
    assert asked == []
    context.close()
