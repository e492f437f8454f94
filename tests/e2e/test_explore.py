"""The interactive view in a browser, its Python half replaced by a recorder of messages."""

import dataclasses
import json
import os
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

import mlsec_nb
from mlsec_nb import pipeline
from mlsec_nb.config import Config
from mlsec_nb.core import Component, Evidence, Finding, Judged, Location, Report, Rule, Severity
from mlsec_nb.jupyter.explore.widget import source
from mlsec_nb.reporters.json import tree
from tests.reporters import sample

from .hosts import Host, code
from .steps import hf_token
from .test_looks import violations

pytestmark = pytest.mark.e2e
PICTURES = Path(os.environ["MLSEC_SCREENSHOTS"]) if "MLSEC_SCREENSHOTS" in os.environ else None
HERE = Path(mlsec_nb.__file__).parent / "jupyter/explore"
PAGE = """<!doctype html><html lang="en"><title>view</title><meta charset="utf-8"><meta name="color-scheme" content="light dark">
<style>body {{ background: Canvas; color: CanvasText; }} {style}</style><main id="here"></main><script id="report" type="application/json">{report}</script>
<script type="module">{code}
window.sent = [];
window.model = {{ values: {{ report: document.getElementById("report").textContent, before: '{before}' }}, heard: {{}},
  get(name) {{ return this.values[name]; }}, on(name, f) {{ this.heard[name] = f; }}, send(m) {{ window.sent.push(m); }} }};
const start = performance.now();
view.render({{ model: window.model, el: document.getElementById("here") }});
window.took = performance.now() - start;
</script></html>"""
Show = Callable[..., Page]


@pytest.fixture
def show(browser: Browser, tmp_path: Path) -> Iterator[Show]:
    troubles: list[str] = []
    contexts = []

    def opened(report: Report, before: Any = None, scheme: Any = "light") -> Page:
        context = browser.new_context(offline=True, color_scheme=scheme, viewport={"width": 1200, "height": 560})
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: troubles.append(str(error)))
        text = json.dumps(tree(report)).replace("<", "\\u003c")
        code = source().replace("export default", "const view =")
        style = (HERE / "explore.css").read_text()
        page_text = PAGE.format(style=style, report=text, code=code, before=json.dumps(before))
        (tmp_path / "view.html").write_text(page_text, encoding="utf-8")
        page.goto((tmp_path / "view.html").as_uri())
        page.wait_for_selector(".mlsec-view-list")
        page.wait_for_timeout(100)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert troubles == []


def picture(page: Page, name: str) -> None:
    if PICTURES:
        page.screenshot(path=PICTURES / f"{name}.png")


def many(count: int) -> Report:
    rnd = random.Random(1)
    judged = []
    for n in range(count):
        base = rnd.choice(sample.findings())
        place = base.finding.location.with_(
            path=f"team{rnd.randrange(9)}/exp{rnd.randrange(99)}.ipynb", cell=n % 60 + 1
        )
        fields = {item.name: getattr(base.finding, item.name) for item in dataclasses.fields(Finding) if item.init}
        judged.append(Judged(Finding(**{**fields, "location": place}), base.status, base.reason))
    return dataclasses.replace(sample.report(), findings=tuple(judged))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everybody_can_read_the_overview_and_a_finding(show: Show, scheme: str) -> None:
    page = show(many(60), {"critical": 3, "high": 40}, scheme)
    assert violations(page, "#here") == []
    picture(page, f"explore-overview-{scheme}")
    assert "Since the older report" in page.inner_text(".mlsec-view-side")
    page.click(".mlsec-view-row[role=option] >> nth=0")
    assert "How to mend it" in page.inner_text(".mlsec-view-side")
    assert violations(page, "#here") == []
    page.click("text=← overview")
    assert "Severity by scanner" in page.inner_text(".mlsec-view-side")


def test_ten_thousand_findings_stay_fluid(show: Show) -> None:
    page = show(many(10_000))
    assert page.locator(".mlsec-view-row").count() < 60
    assert page.evaluate("window.took") < 3_000
    took = page.evaluate("""async () => {
      const list = document.querySelector(".mlsec-view-list");
      const text = document.querySelector("input[aria-label=filter]");
      const times = [];
      const timed = (act) => { const start = performance.now(); act(); times.push(performance.now() - start); };
      timed(() => { text.value = "hugging team3"; text.dispatchEvent(new Event("input")); });
      timed(() => { text.value = ""; text.dispatchEvent(new Event("input")); });
      const group = document.querySelector("select[aria-label=group]");
      timed(() => { group.value = "path"; group.dispatchEvent(new Event("change")); });
      for (let n = 1; n <= 50; n += 1) timed(() => { list.scrollTop = n * 5000; list.dispatchEvent(new Event("scroll")); });
      return Math.max(...times);
    }""")
    assert took < 1_000  # on two busy cores; about 50 on idle ones
    assert page.locator(".mlsec-view-row").count() < 60


def test_filters_and_the_map_of_cells(show: Show) -> None:
    page = show(many(200))
    page.select_option("select[aria-label=rule]", sample.TORCH.id)
    told = page.inner_text("[role=status]")
    assert told.endswith("of 200")
    assert int(told.split()[0]) == sum(one.finding.rule.id == sample.TORCH.id for one in many(200).findings)
    page.select_option("select[aria-label=rule]", "")
    page.locator("button.mlsec-view-cell").first.click()
    assert "(cell " in page.inner_text("[role=status]")
    assert page.locator(".mlsec-view-row[role=option]").count() >= 1


def test_decisions_are_sent_and_their_answers_shown(show: Show) -> None:
    page = show(sample.report())
    page.fill("input[aria-label=filter]", "hugging")
    page.click(".mlsec-view-row[role=option] >> nth=0")
    page.fill("input[aria-label=reason]", "ours")
    page.click("text=Suppress…")
    page.get_by_role("button", name="Mend:").click()
    sent = page.evaluate("window.sent")
    assert [one["action"] for one in sent] == ["suppress", "fix"]
    assert sent[0]["reason"] == "ours"
    answer = {"fingerprints": sent[0]["fingerprints"], "status": "suppressed", "reason": "ours"}
    page.evaluate("answer => { model.values.answer = JSON.stringify(answer); model.heard['change:answer'](); }", answer)
    assert "suppressed" in page.inner_text(".mlsec-view-side")


def chained(noise: int) -> bytes:
    """A pickle that puts its call together out of three, behind many that are harmless."""
    safe = b"".join(b"ccollections\nOrderedDict\n)R0" for _ in range(noise))
    reached = b"cbuiltins\ngetattr\n(c__builtin__\n__import__\n(X\x02\x00\x00\x00ostRX\x06\x00\x00\x00systemtR"
    return b"\x80\x02" + safe + reached + b"(X\x0c\x00\x00\x00id; (x') <i>tRcposix\nsystem\n(X\x04\x00\x00\x00truetR."


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_model_tells_what_it_would_call(
    show: Show, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "m.pkl").write_bytes(chained(3))
    page = show(mlsec_nb.scan("m.pkl"), scheme=scheme)
    page.fill("input[aria-label=filter]", "then called")
    page.click(".mlsec-view-row[role=option] >> nth=0")
    steps = page.locator(".mlsec-view-steps")
    expect(steps).to_contain_text("posix.system('true')")
    expect(steps).to_contain_text("collections.OrderedDict")
    assert page.locator("tr.mlsec-view-here").count() == 1
    graph = page.locator("svg.mlsec-view-graph")
    said = [node.get_attribute("aria-label") or "" for node in graph.locator("[role=button]").all()]
    assert any("×3" in one and "collections.OrderedDict()" in one for one in said)
    final = next(one for one in said if "<i>" in one)
    assert final.startswith("builtins.getattr(builtins.__import__('os'), 'system')(")
    assert graph.locator("i, script").count() == 0
    assert graph.locator(".mlsec-view-hot").count() == 2  # what leads to the call is drawn strong
    boxes = [node.bounding_box() or {} for node in graph.locator("[role=button]").all()]
    assert not any(_overlap(a, b) for n, a in enumerate(boxes) for b in boxes[:n])
    page.locator(".mlsec-view-graph [role=button]").last.focus()
    page.keyboard.press("Enter")
    assert page.locator("tr.mlsec-view-chosen").count() == 1
    assert violations(page, "#here") == []
    graph.scroll_into_view_if_needed()
    picture(page, f"explore-model-{scheme}")


def _overlap(a: Any, b: Any) -> bool:
    return bool(
        a["x"] < b["x"] + b["width"]
        and b["x"] < a["x"] + a["width"]
        and a["y"] < b["y"] + b["height"]
        and b["y"] < a["y"] + a["height"]
    )


def test_thousands_of_calls_are_a_graph_that_can_be_read(
    show: Show, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    noise = b"".join(f"cmade.up{n % 90}\nthing{n % 90}\n)R0".encode() for n in range(3000))
    (tmp_path / "m.pkl").write_bytes(b"\x80\x02" + noise + chained(0)[2:])
    page = show(mlsec_nb.scan("m.pkl"))
    page.fill("input[aria-label=filter]", "then called")
    page.click(".mlsec-view-row[role=option] >> nth=0")
    assert 20 <= page.locator(".mlsec-view-graph [role=button]").count() <= 40
    assert page.locator(".mlsec-view-graph .mlsec-view-node-here").count() == 1
    assert page.locator(".mlsec-view-hot").count() == 2
    assert violations(page, "#here") == []
    page.locator(".mlsec-view-graph").scroll_into_view_if_needed()
    picture(page, "explore-model-large")


def test_data_shows_now_beside_before(show: Show, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    rnd = random.Random(2)
    for name, factor in (("old", 1), ("new", 1.7)):
        rows = "".join(f"{rnd.gauss(50, 9) * factor:.3f}\n" for _ in range(3000))
        (tmp_path / f"{name}.csv").write_text("income\n" + rows)
    config = Config(jobs=1, only=("data",), tables={"data": {"against": "old.csv"}})
    page = show(pipeline.audit(["new.csv"], config))
    assert "Drift by column" in page.inner_text(".mlsec-view-side")
    page.click(".mlsec-view-row[role=option] >> nth=0")
    assert page.locator(".mlsec-view-histogram rect").count() > 10
    assert "standard deviation" in page.inner_text(".mlsec-view-side")
    assert violations(page, "#here") == []
    picture(page, "explore-data")


def vulnerable(name: str, fixed: list[str], severity: Severity, layer: int) -> Judged:
    rule = Rule(id="IMAGE-VULNERABLE", title="a known vulnerability", severity=severity)
    details = {"advisory": f"CVE-2026-{len(name)}", "package": name, "version": "1.0", "fixed": fixed, "layer": layer,
               "created_by": f"RUN apt-get install {name}", "state": "fixed" if fixed else "affected"}  # fmt: skip
    place = Location(path="app.tar", layer=f"sha256:{layer}", member="var/lib/dpkg/status")
    return Judged(
        Finding(rule=rule, scanner="containers", location=place, evidence=Evidence.fact(name), details=details)
    )


def test_an_image_shows_layers_and_what_can_be_mended_first(show: Show) -> None:
    layers = [
        {
            "layer": n,
            "digest": f"sha256:{n}",
            "bytes": n << 20,
            "added": n,
            "created_by": f"RUN step {n}",
            "base": n == 1,
        }
        for n in (1, 2, 3)
    ]
    image = Component(
        name="app:1", kind="image", location=Location(path="app.tar"), properties={"layers": json.dumps(layers)}
    )
    found = (vulnerable("zlib", [], Severity.CRITICAL, 1), vulnerable("openssl", ["1.1"], Severity.HIGH, 2))
    page = show(
        Report(findings=found, components=(image,), rules={one.finding.rule.id: one.finding.rule for one in found})
    )
    said = page.inner_text(".mlsec-view-side")
    assert "RUN step 3" in said
    assert said.index("openssl 1.0") < said.index("zlib 1.0")
    picture(page, "explore-image-overview")
    page.click(".mlsec-view-row[role=option] >> nth=0")
    assert "RUN apt-get install zlib" in page.inner_text(".mlsec-view-side")
    assert page.locator(".mlsec-view-here").count() == 1
    assert violations(page, "#here") == []
    picture(page, "explore-image")


def test_a_model_without_findings_shows_its_load_too(
    show: Show, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "m.pkl").write_bytes(b"\x80\x02ccollections\nOrderedDict\n)R.")
    page = show(mlsec_nb.scan("m.pkl"))
    page.click("summary >> text=2 steps to load")
    expect(page.locator(".mlsec-view-graph [role=button]")).to_have_count(1)  # drawn when the browser tells of opening
    assert violations(page, "#here") == []


def test_in_a_live_notebook_a_finding_is_mended_in_its_file(page: Page, host: Host) -> None:
    (host.root / "leak.py").write_text(f'token = "{hf_token(5)}"\n')
    (host.root / "bad.pkl").write_bytes(chained(1))
    host.write("explore.ipynb", code("c1", "import mlsec_nb\nmlsec_nb.scan('leak.py', 'bad.pkl').explore()"))
    page.goto(host.address("explore.ipynb"))
    expect(page.locator(".jp-Notebook .jp-Cell").first).to_be_visible(timeout=60_000)
    ready = "async () => { await window.jupyterapp.shell.currentWidget.sessionContext.ready; }"
    page.evaluate(ready)
    page.evaluate("() => window.jupyterapp.commands.execute('notebook:run-all-cells')")
    page.locator("input[aria-label=filter]").fill("then called", timeout=30_000)
    page.locator(".mlsec-view-row[role=option]").first.click()
    expect(page.locator(".mlsec-view-graph .mlsec-view-hot")).to_have_count(2)
    page.locator(".mlsec-view-graph").scroll_into_view_if_needed()
    picture(page, "explore-live")
    page.locator("input[aria-label=filter]").fill("leak.py")
    page.locator(".mlsec-view-row[role=option]").first.click()
    page.get_by_role("button", name="Mend:").click()
    expect(page.locator(".mlsec-view-side")).to_contain_text("mended")
    assert hf_token(5) not in (host.root / "leak.py").read_text()
