"""The save guard, on every road to the disk."""

import http.client
import json
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Locator, Page, expect

from .hosts import TOKEN, Host, code, start
from .steps import AWS, cell, demo, hf_token, items, open_notebook, saved, soon

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    """A server that itself refuses, and a Lab that saves by itself every few seconds."""
    autosave = {"@jupyterlab/docmanager-extension/plugin": {"autosaveInterval": 2}}
    yield from start(tmp_path_factory.mktemp("guarded"), autosave, MlsecServer__save_guard="block")


def choose(panel: Locator, mode: str) -> None:
    section = panel.get_by_role("button", name="Guard", exact=True)
    if section.get_attribute("aria-expanded") != "true":
        section.click()
    panel.get_by_label("When a secret is about to be saved:").select_option(mode)


def toasts(page: Page) -> Locator:
    return page.locator(".Toastify__toast", has_text="mlsec")


def test_a_manual_save_warns_once_for_each_new_secret(page: Page, host: Host) -> None:
    host.write("warn.ipynb", *demo(hf_token(5)))
    panel = open_notebook(page, host, "warn.ipynb")
    choose(panel, "warn")
    cell(page, 2).locator(".cm-content").click()
    page.keyboard.type("# more\n")
    page.keyboard.press("Control+s")
    expect(toasts(page)).to_have_count(1)
    expect(toasts(page)).to_contain_text("2 secrets saved in warn.ipynb")
    soon(lambda: "# more" in saved(host, "warn.ipynb"), page)
    page.keyboard.type("# and more\n")
    expect(page.locator(".jp-mod-dirty")).to_be_attached()
    page.wait_for_timeout(500)  # JupyterLab does not hear of a second save while the first makes its checkpoint
    page.keyboard.press("Control+s")
    soon(lambda: "# and more" in saved(host, "warn.ipynb"), page)
    expect(toasts(page)).to_have_count(1)
    toasts(page).get_by_role("button", name="Show").click()
    expect(cell(page, 4).locator(".cm-content")).to_be_focused()


def test_a_manual_save_is_refused_and_the_text_is_not_lost(page: Page, host: Host) -> None:
    before = host.write("block.ipynb", code("c1", "x = 1"), code("c2", "y = 2")).read_bytes()
    panel = open_notebook(page, host, "block.ipynb")
    choose(panel, "block")
    cell(page, 1).locator(".cm-content").click()
    page.keyboard.press("Control+End")
    page.keyboard.type(f'\nkey = "{AWS}"')
    page.keyboard.press("Control+s")
    expect(toasts(page)).to_contain_text("not saved, 1 secret in block.ipynb")
    assert (host.root / "block.ipynb").read_bytes() == before
    expect(cell(page, 1).locator(".cm-content")).to_contain_text(AWS)
    items(panel).first.locator(".mlsec-row").click()
    items(panel).first.get_by_role("button", name="Read it from the environment").click()
    expect(items(panel)).to_have_count(0)
    page.keyboard.press("Control+s")
    soon(lambda: "os.environ" in saved(host, "block.ipynb"), page)
    choose(panel, "warn")


def test_saving_by_itself_is_refused_with_one_word_only(page: Page, guarded: Host) -> None:
    guarded.write("auto.ipynb", code("c1", "x = 1"))
    panel = open_notebook(page, guarded, "auto.ipynb")
    choose(panel, "warn")  # weaker than the server's choice, which holds
    cell(page, 1).locator(".cm-content").click()
    page.keyboard.type(f'key = "{AWS}"\n')
    expect(toasts(page)).to_have_count(1, timeout=30_000)
    page.wait_for_timeout(6_000)
    expect(toasts(page)).to_have_count(1)
    assert AWS not in saved(guarded, "auto.ipynb")
    expect(page.locator(".jp-Dialog")).to_have_count(0)


def test_what_another_client_was_refused_is_told_to_who_has_the_notebook_open(page: Page, guarded: Host) -> None:
    path = guarded.write("shared.ipynb", code("c1", "x = 1"))
    before = path.read_bytes()
    open_notebook(page, guarded, "shared.ipynb")
    book = json.loads(before)
    book["cells"][0]["source"] = f'key = "{AWS}"'
    place = urlsplit(guarded.url)
    connection = http.client.HTTPConnection(place.hostname or "", place.port)
    body = json.dumps({"type": "notebook", "format": "json", "content": book})
    connection.request("PUT", "/api/contents/shared.ipynb", body, {"Authorization": f"token {TOKEN}"})
    answer = connection.getresponse()
    assert answer.status == 400
    assert AWS not in answer.read().decode()
    connection.close()
    expect(toasts(page)).to_contain_text("not saved: 1 live secret in shared.ipynb")
    assert path.read_bytes() == before
