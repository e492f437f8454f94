"""A JupyterLab whose server knows nothing of us, as JupyterLite has none: the rules in the browser answer."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from .hosts import Host, start
from .steps import cell, demo, hf_token, items, open_notebook

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    """The panel without its server extension."""
    yield from start(tmp_path_factory.mktemp("bare"), ours=False)


def test_keys_are_found_without_a_server(page: Page, bare: Host) -> None:
    token = hf_token(7)
    bare.write("lite.ipynb", *demo(token))
    panel = open_notebook(page, bare, "lite.ipynb")
    found = items(panel, "SECRET-HUGGINGFACE-TOKEN")
    expect(found).to_have_count(2)
    expect(items(panel)).to_have_count(2)
    expect(panel).to_contain_text("there is no server")
    assert token not in panel.inner_text()
    assert [worker for worker in page.workers if "labextensions" in worker.url or "static" in worker.url]
    expect(cell(page, 4).locator(".cm-lintRange")).to_have_count(1)
    cell(page, 2).locator(".cm-content").click()
    page.keyboard.press("Control+End")
    page.keyboard.type(f'\nother = "{hf_token(8)}"', delay=2)
    expect(found).to_have_count(3)
    found.first.locator(".mlsec-row").click()
    expect(found.first.locator(".mlsec-detail")).to_contain_text("How to mend it")
