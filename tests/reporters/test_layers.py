"""The layers of images, in the formats that people read."""

import json

import pytest

from mlsec_nb import reporters
from mlsec_nb.core import Component, Evidence, Finding, Judged, Location, Report, Rule, Severity
from mlsec_nb.reporters.layers import images, size

LAYERS = [
    {"layer": 1, "digest": "sha256:a", "bytes": 78_000_000, "created_by": "ADD rootfs /", "base": True, "added": 88, "removed": 0},
    {"layer": 2, "digest": "sha256:b", "bytes": 20, "created_by": "COPY . /app", "base": False, "added": 1, "removed": 2},
]  # fmt: skip


def vulnerable(advisory: str, severity: Severity, *fixed: str) -> Judged:
    place = Location(path="app.tar", member="var/lib/dpkg/status", layer="sha256:a")
    rule = Rule(id="IMAGE-VULNERABLE", title="x", severity=Severity.HIGH)
    return Judged(Finding(rule=rule, scanner="containers", location=place, evidence=Evidence.fact(advisory),
                          message=f"about {advisory}", severity=severity,
                          details={"advisory": advisory, "fixed": list(fixed)}))  # fmt: skip


def report(**facts: str) -> Report:
    facts = {
        "os": "Debian 12",
        "base": "python:3.11",
        "base-layers": "1",
        "mend": "RUN apk upgrade",
        "mends": "1",
        **facts,
    }
    whole = Component(name="app:1", kind="image", location=Location(path="app.tar"),
                      properties={"layers": json.dumps(LAYERS), **facts})  # fmt: skip
    found = (
        vulnerable("A-open", Severity.CRITICAL),
        vulnerable("B-low", Severity.LOW, "2"),
        vulnerable("C-high", Severity.HIGH, "2"),
    )
    return Report(components=(whole,), findings=found)


def test_a_terminal_shows_layers_and_what_mends_most() -> None:
    text = reporters.render(report(), "terminal", width=100)
    assert "Layers of app.tar · app:1\n  Debian 12 · base image python:3.11 (1 layer)\n" in text
    assert "  1 (base)  74.4 MB  +88       3         ADD rootfs /\n" in text
    assert "  2         20 B     +1 −2               COPY . /app\n" in text
    assert "mends 1 of 3 known vulnerabilities: RUN apk upgrade" in text


def test_what_can_be_mended_stands_first_and_then_the_worst() -> None:
    text = reporters.render(report(), "terminal")
    assert text.index("about C-high") < text.index("about B-low") < text.index("about A-open")


@pytest.mark.parametrize("form", ["html", "markdown"])
def test_pages_show_them_too(form: str) -> None:
    text = reporters.render(report(), form)
    for word in ("Layers of app.tar", "ADD rootfs", "74.4 MB", "mends 1 of 3"):
        assert word in text


@pytest.mark.parametrize("text", ["", "{", "[1]", "{}"])
def test_a_list_of_layers_may_be_anything(text: str) -> None:
    assert list(images(report(layers=text))) == []


def test_sizes() -> None:
    assert [size(n) for n in (0, 2048, 3 << 30, None)] == ["0 B", "2.0 kB", "3.0 GB", ""]
