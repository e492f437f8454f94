"""The panel as a user meets it: see, jump, mend, type, filter, save."""

import re
import time

import pytest
from playwright.sync_api import Page, expect

from .hosts import Host, code
from .steps import AWS, cell, demo, hf_token, items, open_notebook, saved, soon, source

pytestmark = pytest.mark.e2e


def test_opening_a_notebook_shows_what_is_in_it_and_writes_nothing(page: Page, host: Host) -> None:
    path = host.write("see.ipynb", *demo())
    before = path.read_bytes()
    panel = open_notebook(page, host, "see.ipynb")
    expect(items(panel)).to_have_count(4)
    expect(page.locator('[data-id="mlsec-panel"]')).to_have_attribute("data-mlsec-count", "4")
    expect(page.locator(".mlsec-statusitem")).to_have_text("mlsec: 4 findings")
    expect(cell(page, 3).locator(".cm-lintRange")).to_have_count(2)
    expect(cell(page, 3).locator(".cm-lint-marker")).to_have_count(2)
    assert "token" in items(panel, "SECRET-HUGGINGFACE-TOKEN").first.inner_text().lower()
    assert hf_token(1) not in panel.inner_text()
    assert path.read_bytes() == before


def test_a_click_goes_to_the_place_and_a_hover_tells_why_and_mends(page: Page, host: Host) -> None:
    host.write("jump.ipynb", *demo())
    panel = open_notebook(page, host, "jump.ipynb")
    items(panel, "LOAD-TORCH").locator(".mlsec-row").click()
    expect(cell(page, 3)).to_have_class(re.compile("jp-mod-active"))
    assert page.evaluate("window.getSelection().toString()") == 'torch.load("weights.pt")'
    expect(items(panel, "LOAD-TORCH").locator(".mlsec-detail")).to_contain_text("How to mend it")
    cell(page, 3).locator(".cm-lintRange").first.hover()
    tip = page.locator(".cm-tooltip-lint")
    expect(tip.locator(".mlsec-tip-title").first).to_be_visible()
    tip.locator(".cm-diagnosticAction").first.click()
    soon(lambda: "weights_only=True" in source(page, 3), page)
    expect(items(panel, "LOAD-TORCH")).to_have_count(0)
    cell(page, 3).locator(".cm-content").click()
    page.keyboard.press("Control+z")
    soon(lambda: "weights_only" not in source(page, 3), page)
    expect(items(panel, "LOAD-TORCH")).to_have_count(1)


def test_a_secret_moves_to_the_environment_and_leaves_the_output(page: Page, host: Host) -> None:
    token = hf_token(2)
    host.write("mend.ipynb", *demo(token))
    panel = open_notebook(page, host, "mend.ipynb")
    secrets = items(panel, "SECRET-HUGGINGFACE-TOKEN")
    expect(secrets).to_have_count(2)
    secrets.first.locator(".mlsec-row").click()
    secrets.first.get_by_role("button", name="Read it from the environment").click()
    soon(lambda: source(page, 4) == 'import os\nlogin(token=os.environ["HF_TOKEN"])', page)
    expect(secrets).to_have_count(1)
    secrets.first.locator(".mlsec-row").click()
    secrets.first.get_by_role("button", name="Redact it here").click()
    expect(cell(page, 5).locator(".jp-OutputArea")).to_contain_text("using [redacted-by-mlsec]")
    expect(secrets).to_have_count(0)
    page.get_by_role("button", name="Undo", exact=True).click()
    expect(cell(page, 5).locator(".jp-OutputArea")).to_contain_text(token)
    expect(secrets).to_have_count(1)
    secrets.first.get_by_role("button", name="Redact it here").click()
    expect(secrets).to_have_count(0)
    page.keyboard.press("Control+s")
    soon(lambda: token not in saved(host, "mend.ipynb"), page)


def test_typing_is_seen_after_a_pause_and_only_the_change_is_sent(page: Page, host: Host) -> None:
    host.write("type.ipynb", *demo(), *(code(f"more{n}", f"x = {n}\n" * 20) for n in range(30)))
    panel = open_notebook(page, host, "type.ipynb")
    sent: list[int] = []
    page.on("request", lambda r: r.url.split("?")[0].endswith("/mlsec/live") and sent.append(len(r.post_data or "")))
    cell(page, 2).locator(".cm-content").click()
    page.keyboard.press("Control+End")
    page.keyboard.type(f'\nkey = "{AWS}"', delay=2)
    started = time.monotonic()
    expect(items(panel, "SECRET-AWS-ACCESS-KEY")).to_have_count(1)
    assert time.monotonic() - started < 3
    assert sent
    assert max(sent) <= 5_000
    assert AWS not in panel.inner_text()


def test_filters_groups_and_search(page: Page, host: Host) -> None:
    host.write("filter.ipynb", *demo())
    panel = open_notebook(page, host, "filter.ipynb")
    expect(items(panel)).to_have_count(4)
    panel.locator('.mlsec-chip[data-severity="medium"]').click()
    expect(items(panel)).to_have_count(3)
    panel.locator('.mlsec-chip[data-severity="medium"]').click()
    panel.get_by_role("searchbox").fill("numpy")
    expect(items(panel)).to_have_count(1)
    panel.get_by_role("searchbox").fill("")
    panel.get_by_label("Group by").select_option("rule")
    expect(panel.locator(".mlsec-group h3")).to_have_count(3)
    panel.get_by_label("Sort by").select_option("severity")
    assert items(panel).first.get_attribute("data-severity") != "medium"


def test_everything_works_by_keyboard(page: Page, host: Host) -> None:
    host.write("keys.ipynb", *demo())
    panel = open_notebook(page, host, "keys.ipynb")
    page.keyboard.press("Alt+F8")
    expect(items(panel).nth(0).locator(".mlsec-row")).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("Alt+Shift+M")
    soon(lambda: "weights_only=True" in source(page, 3), page)
    expect(items(panel, "LOAD-TORCH")).to_have_count(0)
    page.keyboard.press("Alt+F8")
    page.keyboard.press("Alt+Shift+I")
    page.get_by_placeholder("reason").fill("our own file, until 2099-01-01")
    page.keyboard.press("Enter")
    soon(lambda: "# mlsec: ignore[" in source(page, 3), page)
    expect(items(panel)).to_have_count(2)
    panel.get_by_text("Show 1 accepted finding").click()
    expect(items(panel)).to_have_count(3)
    items(panel).nth(0).locator(".mlsec-row").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(items(panel).nth(1).locator(".mlsec-row")).to_have_attribute("aria-expanded", "true")


def test_all_of_a_kind_are_mended_after_a_look_in_one_step(page: Page, host: Host) -> None:
    host.write("bulk.ipynb", *demo(), code("again", 'torch.load("a.pt")\ntorch.load("b.pt")'))
    panel = open_notebook(page, host, "bulk.ipynb")
    loads = items(panel, "LOAD-TORCH")
    expect(loads).to_have_count(3)
    loads.first.locator(".mlsec-row").click()
    loads.first.get_by_role("button", name="Mend all 3 of this kind").click()
    expect(page.locator(".mlsec-preview ins")).to_have_count(3)
    page.get_by_role("button", name="Mend", exact=True).click()
    soon(lambda: source(page, 6).count("weights_only=True") == 2, page)
    expect(loads).to_have_count(0)


def test_a_file_in_the_editor_is_scanned_too(page: Page, host: Host) -> None:
    (host.root / "load.py").write_text('import torch\ntorch.load("x.pt")\n')
    page.goto(host.address("load.py"))
    expect(page.locator(".jp-FileEditor .cm-lintRange")).to_have_count(1, timeout=60_000)


def test_what_trusting_would_run_is_told_before(page: Page, host: Host) -> None:
    risky = {"output_type": "display_data", "metadata": {},
             "data": {"text/html": "<script src='https://evil.example/x.js'></script>", "text/plain": "x"}}  # fmt: skip
    host.write("trust.ipynb", code("c1", "show()", risky))
    panel = open_notebook(page, host, "trust.ipynb")
    expect(panel.locator(".mlsec-trust")).to_contain_text("cell 1: 1 × scripts (evil.example)")


def test_a_folder_is_scanned_and_its_report_opened(page: Page, host: Host) -> None:
    host.write("folder/deep.ipynb", *demo(hf_token(3)))
    host.write("start.ipynb", code("c1", "x = 1"))
    panel = open_notebook(page, host, "start.ipynb")
    panel.get_by_role("button", name="Workspace").click()
    panel.get_by_role("button", name="Scan folder").click()
    expect(panel.locator('.mlsec-told[data-state="done"]')).to_be_attached(timeout=60_000)
    found = panel.locator('.mlsec-group:has(h3:has-text("folder/deep.ipynb"))')
    expect(items(found)).to_have_count(4)
    items(found, "LOAD-TORCH").locator(".mlsec-row").click()
    items(found, "LOAD-TORCH").get_by_role("button", name="Go there").click()
    expect(page.locator(".jp-mod-current[role='tab']", has_text="deep.ipynb")).to_be_visible()
    expect(page.locator(".jp-Notebook:visible .jp-Cell.jp-mod-active .cm-lintRange").first).to_be_visible()
    panel.get_by_role("button", name="Open as report").click()
    report = page.locator(".mlsec-report")
    expect(report.locator("h1")).to_contain_text("Report of")
    expect(items(report).first).to_be_visible()
    assert hf_token(3) not in report.inner_text() + panel.inner_text()


def test_a_report_file_is_opened(page: Page, host: Host) -> None:
    from mlsec_nb import scan
    from mlsec_nb.reporters.json import dump

    path = host.write("reported.ipynb", *demo())
    (host.root / "report.json").write_text(dump(scan(str(path))))
    panel = open_notebook(page, host, "reported.ipynb")
    panel.get_by_role("button", name="Reports").click()
    panel.get_by_role("button", name="Open a report file").click()
    page.locator(".jp-Dialog input").fill("report.json")
    page.keyboard.press("Enter")
    expect(items(page.locator(".mlsec-report"))).to_have_count(4)
