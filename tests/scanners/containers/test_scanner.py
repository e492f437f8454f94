"""What is said of an image: its packages, how it starts, and what stands in its files."""

import datetime as dt
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from mlsec_nb import reporters
from mlsec_nb.advisories.updating import import_
from mlsec_nb.config import Config, Settings
from mlsec_nb.core import Artifact, CannotRead, Finding, Kind, Report, Severity, UsageError
from mlsec_nb.core.image import Entry
from mlsec_nb.executors import chosen, examine
from mlsec_nb.io.files import Memory
from mlsec_nb.scanners.containers import distro
from mlsec_nb.scanners.containers.scanner import build
from mlsec_nb.scanners.containers.story import instruction
from tests.advisories.test_store import record
from tests.scanners.containers import rpms
from tests.scanners.containers.kit import FakeImage, File, Files, image, report, rules
from tests.scanners.containers.test_inventory import metadata, status

KEY = "AK" + "IA" + "QYLPMN5HHHFPZAM2"
SECRET = f"aws_access_key_id = {KEY}\n".encode()
DEBIAN = b'ID=debian\nVERSION_ID="12"\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n'
OPENSSL = b"""Package: libssl3
Status: install ok installed
Source: openssl (3.0.11-1)
Architecture: amd64
Version: 3.0.11-1+b1

Package: openssl
Status: install ok installed
Architecture: amd64
Version: 3.0.11-1
"""


@pytest.fixture
def store(tmp_path: Path) -> str:
    def debian(name: str, package: str, *events: dict[str, str], **own: str) -> dict[str, Any]:
        made = record(name, package=package, ecosystem="Debian:12", events=({"introduced": "0"}, *events),
                      upstream=[name.removeprefix("DEBIAN-")])  # fmt: skip
        made["affected"][0]["ecosystem_specific"] = own
        return made

    records = [
        debian("DEBIAN-CVE-2026-1", "openssl", {"fixed": "3.0.12-1"}, urgency="high"),
        debian("DEBIAN-CVE-2026-2", "openssl"),
        debian("DEBIAN-CVE-2026-3", "openssl", urgency="unimportant"),
        debian("DEBIAN-CVE-2026-4", "openssl", {"fixed": "3.0.9-1"}),
        record("GHSA-t", package="torch", events=({"introduced": "0"}, {"fixed": "2.2.0"})),
        record("MAL-2026-1", package="evil"),
        record("GHSA-six", package="six", events=({"introduced": "0"}, {"fixed": "2.0"})),
        record("ALSA-1", package="nodejs", ecosystem="AlmaLinux:9",
               events=({"introduced": "0"}, {"fixed": "1:20.1-1.module_el9.3.0+1"})),
        record("SUSE-1", package="bash", ecosystem="openSUSE:Leap 15.6",
               events=({"introduced": "0"}, {"fixed": "5.2-9"})),
        record("npm-1", package="left-pad", ecosystem="npm", events=({"introduced": "0"}, {"fixed": "2.0.0"})),
        record("RHSA-1", package="bash", ecosystem="Red Hat:enterprise_linux:9::baseos",
               events=({"introduced": "0"}, {"fixed": "0:5.2-2"})),
    ]  # fmt: skip
    (tmp_path / "records.json").write_text(json.dumps(records))
    import_(tmp_path / "store.sqlite", [tmp_path / "records.json"])
    return str(tmp_path / "store.sqlite")


def known(found: Report) -> dict[str, Finding]:
    return {one.finding.details["advisory"]: one.finding for one in found.findings if "advisory" in one.finding.details}


def test_advisories_of_the_distribution_are_found_by_source_with_what_became_of_them(store: str) -> None:
    made = image(
        {"etc/os-release": DEBIAN}, {"var/lib/dpkg/status": OPENSSL}, history=["FROM", "RUN apt-get install openssl"]
    )
    told = known(report(made, advisories=store, **{"max-age-days": 10_000}))
    assert set(told) == {"DEBIAN-CVE-2026-1", "DEBIAN-CVE-2026-2", "DEBIAN-CVE-2026-3"}
    one = told["DEBIAN-CVE-2026-1"]
    assert one.message == (
        "openssl 3.0.11-1: a known vulnerability (DEBIAN-CVE-2026-1); mended in 3.0.12-1 "
        "(layer 2, RUN apt-get install openssl)"
    )
    assert (one.severity, one.details["packages"], one.details["layer"]) == (Severity.HIGH, ["libssl3", "openssl"], 2)
    assert one.location.layer == made.layers[1].diff_id
    assert told["DEBIAN-CVE-2026-2"].details["state"] == "affected"
    assert (told["DEBIAN-CVE-2026-3"].details["state"], told["DEBIAN-CVE-2026-3"].severity) == (
        "will not fix",
        Severity.INFO,
    )


def test_what_nothing_mends_can_be_left_out_and_is_said(store: str) -> None:
    made = image({"etc/os-release": DEBIAN, "var/lib/dpkg/status": OPENSSL})
    told = report(made, advisories=store, **{"ignore-unfixed": True})
    assert set(known(told)) == {"DEBIAN-CVE-2026-1"}
    assert any("2 known vulnerabilities that no version mends" in gap.reason for gap in told.gaps)


def test_packages_of_languages_are_looked_up_but_not_those_of_the_distribution(store: str) -> None:
    site = "usr/lib/python3/dist-packages"
    made = image({
        "etc/os-release": DEBIAN, "var/lib/dpkg/status": status("python3-six 1.16-4"),
        "var/lib/dpkg/info/python3-six.list": f"/{site}/six-1.16.egg-info\n".encode(),
        f"{site}/six-1.16.egg-info": metadata("six", "1.16"),
        "opt/venv/lib/python3.11/site-packages/torch-2.1.0+cpu.dist-info/METADATA": metadata("torch", "2.1.0+cpu"),
        "opt/venv/lib/python3.11/site-packages/evil-1.dist-info/METADATA": metadata("evil", "1"),
    })  # fmt: skip
    told = report(made, advisories=store)
    assert {name: one.rule.id for name, one in known(told).items()} == {
        "GHSA-t": "IMAGE-VULNERABLE", "MAL-2026-1": "IMAGE-MALICIOUS",
    }  # fmt: skip
    (whole,) = [one for one in told.components if one.kind == "image"]
    assert whole.properties["mend"] == "RUN pip install --upgrade 'torch>=2.2.0'"


def test_what_was_removed_is_inventoried_and_not_called_vulnerable(store: str) -> None:
    path = "usr/lib/python3.11/site-packages/torch-2.1.0.dist-info"
    told = report(image({f"{path}/METADATA": metadata("torch", "2.1.0")}, {path: None}), advisories=store)
    assert known(told) == {}
    (torch,) = [one for one in told.components if one.name == "torch"]
    assert (torch.properties["layer"], torch.properties["removed-layer"]) == ("1", "2")


def test_streams_of_modules_and_repositories_of_red_hat(store: str) -> None:
    headers = [rpms.header("nodejs", "20.0", "1.module_el9.1+1", (1003, 4, [1])), rpms.header("bash", "5.2", "1")]
    packages = rpms.ndb(headers)
    alma = image({"etc/os-release": b"ID=almalinux\nVERSION_ID=9.3\n", "var/lib/rpm/Packages.db": packages})
    assert set(known(report(alma, advisories=store))) == {"ALSA-1"}
    plain = rpms.ndb([rpms.header("nodejs", "20.0", "1.el9", (1003, 4, [1]))])
    assert (
        known(
            report(
                image({"etc/os-release": b"ID=almalinux\nVERSION_ID=9.3\n", "var/lib/rpm/Packages.db": plain}),
                advisories=store,
            )
        )
        == {}
    )
    rhel = image({"etc/os-release": b'ID="rhel"\nVERSION_ID="9.2"\n', "var/lib/rpm/Packages.db": packages})
    assert set(known(report(rhel, advisories=store))) == {"RHSA-1"}
    (line,) = [one.properties["mend"] for one in report(rhel, advisories=store).components if one.kind == "image"]
    assert line == "RUN dnf upgrade -y bash"


@pytest.mark.parametrize(
    ("files", "line"),
    [
        ({"etc/os-release": b'ID="opensuse-leap"\nVERSION_ID="15.6"\n',
          "var/lib/rpm/Packages.db": rpms.ndb([rpms.header("bash-lang", "5.2", "1", (1044, 6, ["bash-5.2-1.src.rpm"]))])},
         "RUN zypper --non-interactive update bash-lang"),
        ({"app/node_modules/left-pad/package.json": b'{"name": "left-pad", "version": "1.0.0"}'},
         "RUN npm install --global left-pad@2.0.0"),
        ({"app/a.jar": b""}, None),
    ],
)  # fmt: skip
def test_what_mends_most_is_said_in_the_words_of_the_package_manager(
    files: Files, line: str | None, store: str
) -> None:
    (whole,) = [one for one in report(image(files), advisories=store).components if one.kind == "image"]
    assert whole.properties.get("mend") == line


def test_packages_that_could_not_be_looked_up_are_never_a_pass(store: str) -> None:
    def reasons(files: Files, **options: Any) -> str:
        return "\n".join(gap.reason for gap in report(image(files), **options).gaps if gap.code != "skipped")

    debian: Files = {"etc/os-release": DEBIAN.replace(b"12", b"11"), "var/lib/dpkg/status": status("a 1")}
    assert "the store has no advisories for Debian:11" in reasons(debian, advisories=store)
    assert "there is no store" in reasons(debian, advisories="/nowhere/store.sqlite")
    fedora: Files = {
        "usr/lib/os-release": b'ID=fedora\nVERSION_ID=44\nPRETTY_NAME="Fedora 44"\n',
        "var/lib/dpkg/status": status("a 1"),
    }
    assert "nobody publishes OSV records for Fedora 44" in reasons(fedora, advisories=store)
    assert "names no distribution" in reasons({"var/lib/dpkg/status": status("a 1")}, advisories=store)
    conda: Files = {"conda-meta/a.json": b'{"name": "a", "version": "1"}'}
    assert "nobody publishes advisories for conda" in reasons(conda, advisories=store)
    assert "does not say its group" in reasons({"a-1.jar": b"PK\x05\x06" + b"\0" * 18}, advisories=store)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ('ID=debian\nVERSION_ID="12"', "Debian:12"), ("ID=ubuntu\nVERSION_ID=22.04", "Ubuntu:22.04:LTS"),
        ("ID=ubuntu\nVERSION_ID=23.10", "Ubuntu:23.10"), ("ID=alpine\nVERSION_ID=3.19.1", "Alpine:v3.19"),
        ("ID=rocky\nVERSION_ID=9.3", "Rocky Linux:9"), ("ID=wolfi\nVERSION_ID=20230201", "Wolfi"),
        ("ID=opensuse-leap\nVERSION_ID=15.5", "openSUSE:Leap 15.5"),
        ("ID=sles\nVERSION_ID=15.5", "SUSE:Linux Enterprise Server 15 SP5"), ("ID=debian", None), ("ID=arch", None),
        ("ID=ubuntu", None),
    ],
)  # fmt: skip
def test_distributions_by_the_names_of_osv(text: str, name: str | None) -> None:
    found = distro.of_text(text + "\n# ID=x\nBROKEN='\n")
    assert found
    assert found.ecosystems(()) == ((name,) if name else ())


def test_an_image_of_a_release_that_nobody_cares_for_is_told() -> None:
    old = image({"etc/os-release": "../usr/lib/os-release", "usr/lib/os-release": DEBIAN.replace(b"12", b"10")})
    (one,) = [j.finding for j in report(old).findings if j.finding.rule.id == "IMAGE-END-OF-LIFE"]
    assert "2024-06-30" in one.message
    assert "IMAGE-END-OF-LIFE" not in rules(report(image({"etc/os-release": DEBIAN.replace(b"12", b"13")})))
    assert "IMAGE-END-OF-LIFE" not in rules(report(image({"etc/os-release": b"ID=unheard\nVERSION_ID=1\n"})))


def test_every_day_of_the_table_is_a_day_with_a_source() -> None:
    for name, table in distro._table().items():
        assert table["source"].startswith("https://"), name
        assert all(isinstance(day, dt.date) for key, day in table.items() if key != "source")


def test_secrets_in_every_layer_are_told_with_who_brought_and_who_took_them() -> None:
    other = SECRET.replace(b"QYLP", b"ZZLP")
    made = image(
        {"app/keys": SECRET}, {"app/keys": other}, {"app": None}, {"b/keys": SECRET},
        history=["ADD rootfs /", "COPY . /app # buildkit", "RUN |1 A=b /bin/sh -c rm -r /app # buildkit", "COPY b b"],
    )  # fmt: skip
    found = [one.finding for one in report(made).findings if one.finding.rule.id == "SECRET-AWS-ACCESS-KEY"]
    assert {(one.location.member, one.location.layer) for one in found} == {
        ("app/keys", made.layers[0].diff_id), ("app/keys", made.layers[1].diff_id), ("b/keys", made.layers[3].diff_id),
    }  # fmt: skip
    first = next(one for one in found if one.location.layer == made.layers[1].diff_id)
    assert first.message.endswith(
        "(in layer 2, COPY . /app; deleted or overwritten in layer 3, RUN rm -r /app, and still in the image)"
    )
    assert (first.location.path, first.location.line, first.details["removed_layer"]) == ("app.tar", 1, 3)
    assert first.fixes == ()


def test_what_is_written_again_unchanged_is_told_once_where_it_is_now() -> None:
    made = image({"app/keys": SECRET}, {"app/keys": SECRET})
    (one,) = [one.finding for one in report(made).findings if one.finding.rule.id == "SECRET-AWS-ACCESS-KEY"]
    assert one.location.layer == made.layers[1].diff_id


def test_secrets_of_the_configuration_and_the_history() -> None:
    line = f"RUN |1 AWS_ACCESS_KEY_ID={KEY} /bin/sh -c make # buildkit"
    made = image(
        {"a": b"x"}, {"b": b"x"}, history=[f"ENV K={KEY.replace('QY', 'ZY')}", line],
        config={"Env": [f"K={KEY.replace('QY', 'ZY')}"], "Labels": {"by": KEY.replace("QY", "XY")},
                "Entrypoint": ["run", f"--key={KEY.replace('QY', 'VY')}"]},
    )  # fmt: skip
    found = [one.finding for one in report(made).findings if one.finding.rule.id == "SECRET-AWS-ACCESS-KEY"]
    assert sorted(str(one.location.part) for one in found) == ["command", "env", "history", "labels"]
    shown = reporters.render(report(made), "json")
    assert KEY not in shown
    assert "QYLPMN5HHHFPZAM2" not in shown


def test_models_notebooks_and_code_are_looked_at_in_every_layer() -> None:
    cell = {"cell_type": "code", "id": "a", "metadata": {}, "execution_count": None, "outputs": [],
            "source": "import torch\ntorch.load('m.pt', weights_only=False)"}  # fmt: skip
    notebook = json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [cell]}).encode()
    harm = b"cposix\nsystem\n(S'id'\ntR."
    found = report(image({"m/model.pkl": harm, "app/a.ipynb": notebook}, {"m": None}))
    by_rule = {one.finding.rule.id: one.finding for one in found.findings}
    assert by_rule["PICKLE-PROCESS"].location.member == "m/model.pkl"
    assert by_rule["LOAD-TORCH"].location.cell == 1
    (model,) = [one for one in found.components if one.kind == "model"]
    assert model.location.member == "m/model.pkl"


def owned(path: str, data: bytes) -> Files:
    digest = hashlib.md5(data, usedforsecurity=False).hexdigest()
    return {path: data, "var/lib/dpkg/info/x.md5sums": f"{digest}  {path}\n".encode()}


def test_files_of_the_distribution_are_not_looked_at_unless_they_were_changed() -> None:
    told = report(image(owned("usr/lib/x/keys.py", SECRET)))
    assert "SECRET-AWS-ACCESS-KEY" not in rules(told)
    assert any("1 file not looked at: they are as packages of the distribution" in gap.reason for gap in told.gaps)
    assert "SECRET-AWS-ACCESS-KEY" in rules(report(image(owned("usr/lib/x/keys.py", SECRET)), packaged=True))
    changed = image(owned("usr/lib/x/keys.py", b"x"), {"usr/lib/x/keys.py": SECRET})
    assert "SECRET-AWS-ACCESS-KEY" in rules(report(changed))


def test_packages_of_python_are_looked_at_as_models_only() -> None:
    site = "usr/local/lib/python3.11/site-packages"
    made = image({
        f"{site}/x-1.dist-info/METADATA": metadata("x", "1"),
        f"{site}/x-1.dist-info/RECORD": b"x/keys.py,,\nx/m.pkl,,\n",
        f"{site}/x/keys.py": SECRET, f"{site}/x/m.pkl": b"cposix\nsystem\n(S'id'\ntR.",
        f"{site}/mine.py": SECRET.replace(b"QY", b"ZY"),
    })  # fmt: skip
    told = report(made)
    assert {one.finding.location.member for one in told.findings if one.finding.scanner == "secrets"} == {
        f"{site}/mine.py"
    }
    assert "PICKLE-PROCESS" in rules(told)
    assert any("looked at as models only" in gap.reason for gap in told.gaps)


def test_packages_of_node_are_looked_at_as_models_only() -> None:
    made = image(
        {
            "app/node_modules/a/index.js": b"x = 1; // " + SECRET,
            "app/node_modules/a/m.pkl": b"cposix\nsystem\n(S'id'\ntR.",
        }
    )
    told = report(made)
    assert "SECRET-AWS-ACCESS-KEY" not in rules(told)
    assert "PICKLE-PROCESS" in rules(told)
    assert any("in installed packages of node" in gap.reason for gap in told.gaps)
    assert "SECRET-AWS-ACCESS-KEY" in rules(report(made, packaged=True))


def test_what_is_left_out_by_its_place_is_said() -> None:
    told = report(image({
        "var/lib/apt/lists/x": SECRET, "app/a.py": b"a = 1\n", "app/__pycache__/a.cpython-311.pyc": b"\0\1\2",
        "app/strange.xyz": b"\0\1\2\3",
    }))  # fmt: skip
    reasons = "\n".join(gap.reason for gap in told.gaps)
    assert "lists of packages that apt fetched" in reasons
    assert "whose source stands beside it" in reasons
    assert "SECRET-AWS-ACCESS-KEY" not in rules(told)


def test_files_too_big_for_memory_are_held_against_their_digest_piece_by_piece(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mlsec_nb.scanners.containers.contents.SMALL", 4)
    assert "SECRET-AWS-ACCESS-KEY" not in rules(report(image(owned("usr/lib/x/keys.py", SECRET))))
    assert "SECRET-AWS-ACCESS-KEY" in rules(report(image({"usr/lib/x/keys.py": SECRET})))


def test_a_file_that_cannot_be_read_is_a_gap_at_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    made = image({"app/a.py": b"a = 1\n", "app/keys": SECRET})

    def read(entry: Entry, limit: int) -> bytes:
        if entry.path == "app/a.py":
            raise CannotRead("is damaged", "malformed")
        return FakeImage.read(made, entry, limit)

    monkeypatch.setattr(made, "read", read)
    told = report(made)
    assert ("app/a.py", "is damaged") in {(gap.location.member, gap.reason) for gap in told.gaps}
    assert "SECRET-AWS-ACCESS-KEY" in rules(told)


def test_contents_can_be_left_out() -> None:
    told = report(image({"app/keys": SECRET}), contents=False)
    assert "SECRET-AWS-ACCESS-KEY" not in rules(told)
    assert any("its files were not looked at" in gap.reason for gap in told.gaps)


def test_the_base_image_can_be_left_out(store: str) -> None:
    made = image(
        {"etc/os-release": DEBIAN, "var/lib/dpkg/status": OPENSSL, "base/keys": SECRET, "bin/x": File(b"x", 0o4755)},
        {"app/keys": SECRET.replace(b"QY", b"ZY")},
        history=[f'/bin/sh -c #(nop)  CMD ["bash", "{KEY.replace("QY", "WY")}"]', "COPY . /app"],
    )
    told = report(made, advisories=store, **{"ignore-base": True})
    assert known(told) == {}
    assert {one.finding.location.member for one in told.findings if one.finding.scanner == "secrets"} == {"app/keys"}
    assert "IMAGE-SETUID" not in rules(told)
    assert any("1 layers of the base image and 2 packages" in gap.reason for gap in told.gaps)
    given = report(image({"a": SECRET}, {"b": b"x"}), base=[made.layers[0].diff_id], **{"ignore-base": True})
    assert "SECRET-AWS-ACCESS-KEY" not in rules(given)
    unknown = report(image({"a": SECRET}), base=["sha256:other"], **{"ignore-base": True})
    assert "SECRET-AWS-ACCESS-KEY" in rules(unknown)
    assert any("cannot be told: nothing was left out" in gap.reason for gap in unknown.gaps)


ROOT: Files = {"usr/bin/app": File(b"x", 0o755), "usr/bin": File(mode=0o755, kind="dir"), "bin": "usr/bin"}


@pytest.mark.parametrize(
    ("config", "wanted"),
    [
        ({}, {"IMAGE-ROOT-USER"}), ({"User": "0:0"}, {"IMAGE-ROOT-USER"}), ({"User": "app"}, set()),
        ({"User": "app", "Cmd": ["app"]}, {"IMAGE-NO-HEALTHCHECK"}),
        ({"User": "app", "Cmd": ["app"], "Healthcheck": {"Test": ["CMD", "true"]}}, set()),
        ({"User": "app", "Cmd": ["app"], "Healthcheck": {"Test": ["NONE"]}}, {"IMAGE-NO-HEALTHCHECK"}),
        ({"User": 7, "Cmd": "x", "Env": [1], "Labels": [], "Healthcheck": 3}, set()),
    ],
)  # fmt: skip
def test_how_an_image_starts(config: dict[str, Any], wanted: set[str]) -> None:
    assert rules(report(image(ROOT, config=config))) == wanted


@pytest.mark.parametrize(
    ("files", "config", "is_open"),
    [
        ({}, {"Cmd": ["jupyter", "lab", "--ServerApp.token="]}, True),
        ({}, {"Cmd": ["/bin/sh", "-c", "exec jupyter notebook --ip=0.0.0.0 --NotebookApp.token=''"]}, True),
        ({}, {"Cmd": ["jupyter", "lab", "--IdentityProvider.token", ""]}, True),
        ({}, {"Cmd": ["start-notebook.sh", "--NotebookApp.token=''", "--NotebookApp.password=''"]}, True),
        ({}, {"Env": ["NOTEBOOK_ARGS=--ServerApp.token='' --port 1"]}, True),
        ({}, {"Cmd": ["jupyter", "lab"]}, False),
        ({}, {"Cmd": ["bash", "-c", "jupyter lab --ServerApp.token  $TOKEN --port 1"]}, False),
        ({}, {"Cmd": ["jupyter", "lab", "--ServerApp.token=abc"]}, False),
        ({}, {"Cmd": ["jupyter", "lab", "--ServerApp.token=", "--PasswordIdentityProvider.hashed_password=argon2:x"]}, False),
        ({}, {"Cmd": ["echo", "--ServerApp.token="]}, False),
        ({}, {"Env": ["JUPYTER_TOKEN="]}, False),
        ({"etc/jupyter/jupyter_server_config.py": b"c = get_config()\nc.ServerApp.token = ''  # open\n"}, {}, True),
        ({"root/.jupyter/jupyter_notebook_config.json": b'{"NotebookApp": {"token": ""}}'}, {}, True),
        ({"etc/jupyter/jupyter_server_config.d/a.json": b'{"IdentityProvider": {"token": ""}}'}, {}, True),
        ({"etc/jupyter/jupyter_server_config.py": b"# c.ServerApp.token = ''\n"}, {}, False),
        ({"etc/jupyter/jupyter_server_config.py": b"c.A.token = ''\nc.A.hashed_password = 'argon2:x'\n"}, {}, False),
        ({"etc/jupyter/a.json": b'{"ServerApp": {"token": "", "password": "sha1:x"}}'}, {}, False),
        ({"etc/jupyter/a.json": b"{"}, {}, False),
    ],
)  # fmt: skip
def test_jupyter_that_anybody_may_use(files: Files, config: dict[str, Any], is_open: bool) -> None:
    assert ("IMAGE-JUPYTER-OPEN" in rules(report(image(files or {"a": b"x"}, config=config)))) is is_open


@pytest.mark.parametrize(
    ("files", "config", "severity"),
    [
        ({"app/run.sh": File(b"x", 0o777)}, {"Entrypoint": ["/app/run.sh"]}, Severity.HIGH),
        ({"app/run.sh": File(b"x", 0o777)}, {"Entrypoint": ["sh", "run.sh"], "WorkingDir": "/app"}, None),
        ({"app/run.sh": File(b"x", 0o777)}, {"Cmd": ["sh", "./run.sh"], "WorkingDir": "/app"}, Severity.HIGH),
        ({"app/run.sh": File(b"x", 0o755), "app": File(mode=0o777, kind="dir")}, {"Cmd": ["/app/run.sh"]}, Severity.HIGH),
        ({"app/run.sh": File(b"x", 0o755), "app": File(mode=0o1777, kind="dir")}, {"Cmd": ["/app/run.sh"]}, None),
        ({"bin": "usr/bin", "usr/bin/x": "y", "usr/bin/y": File(b"x", 0o777)}, {"Cmd": ["/bin/x"]}, Severity.HIGH),
        ({"usr/bin/y": File(b"x", 0o777)}, {"Cmd": ["y"]}, Severity.HIGH),
        ({"app/run.sh": File(b"x", 0o755, uid=1000)}, {"Cmd": ["/app/run.sh"], "User": "1000"}, Severity.LOW),
        ({"app/run.sh": File(b"x", 0o755, uid=1000)}, {"Cmd": ["/app/run.sh"], "User": "1001"}, None),
        ({"a": "b", "b": "a"}, {"Cmd": ["/a"]}, None),
        ({"app/run.sh": File(b"x", 0o777)}, {"Cmd": ["/bin/sh", "-c", "exec '/app/run.sh"]}, None),
    ],
)  # fmt: skip
def test_what_starts_must_not_be_writable(files: Files, config: dict[str, Any], severity: Severity | None) -> None:
    found = [one.finding for one in report(image(files, config=config)).findings]
    told = [one.severity for one in found if one.rule.id == "IMAGE-ENTRYPOINT-WRITABLE"]
    assert told == ([severity] if severity else [])


def test_programs_that_lend_rights() -> None:
    made = image(
        {**owned("usr/bin/su", b"x"), "usr/bin/su": File(b"x", 0o4755), "usr/bin/bash": File(b"b", 0o755),
         "a/plain": File(b"x", 0o4644)},
        {"usr/bin/bash": File(b"b", 0o4755), "opt/tool": File(b"y", 0o2755, gid=42)},
        {"usr/bin/gone": File(b"x", 0o4755)}, {"usr/bin/gone": None},
    )  # fmt: skip
    found = [one.finding for one in report(made).findings if one.finding.rule.id == "IMAGE-SETUID"]
    assert {(one.location.member, one.severity) for one in found} == {
        ("usr/bin/bash", Severity.HIGH), ("opt/tool", Severity.MEDIUM),
    }  # fmt: skip


def test_the_image_is_a_component_with_its_layers() -> None:
    made = image(
        {"etc/os-release": DEBIAN, "var/lib/dpkg/status": status("a 1")}, {"var/lib/dpkg/status": status("b 1")}
    )
    (whole,) = [one for one in report(made).components if one.kind == "image"]
    rows = json.loads(whole.properties["layers"])
    assert [(row["layer"], row["added"], row["removed"]) for row in rows] == [(1, 1, 0), (2, 1, 1)]
    assert whole.purl
    assert whole.purl.startswith("pkg:oci/app@sha256:")
    assert {one.purl for one in report(made).components if one.name == "a"} == {
        "pkg:deb/debian/a@1?arch=amd64&distro=debian-12"
    }


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ('/bin/sh -c #(nop)  CMD ["bash"]', 'CMD ["bash"]'), ("/bin/sh -c apt-get update", "RUN apt-get update"),
        ("RUN /bin/sh -c make # buildkit", "RUN make"), ("COPY . /app # buildkit", "COPY . /app"),
        ("RUN |2 A=b C=d e /bin/bash -o pipefail -c make", "RUN make"), ("", ""),
    ],
)  # fmt: skip
def test_lines_of_the_dockerfile_out_of_the_history(line: str, shown: str) -> None:
    assert instruction(line) == shown


@pytest.mark.parametrize(
    "options", [{"nonsense": 1}, {"ignore-base": "yes"}, {"base": "x"}, {"advisories": 1}, {"max-age-days": 0}]
)
def test_a_mistake_in_the_options_is_one_line(options: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match="containers"):
        build(Settings(options=options))


def test_an_artifact_that_is_no_image_after_all_is_a_gap() -> None:
    artifact = Artifact("a.tar", Kind.IMAGE, Memory(b"x"))
    scanned = examine(artifact, chosen(Config(only=("containers",))), Config())
    assert [gap.code for gap in scanned.gaps] == ["unsupported"]


def test_the_same_image_gives_the_same_report() -> None:
    made = image({"app/keys": SECRET, "etc/os-release": DEBIAN, "var/lib/dpkg/status": OPENSSL}, {"app": None})
    assert reporters.render(report(made), "json") == reporters.render(report(made), "json")
