"""The query API on loopback, asked by hand and by the real pip-audit."""

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from mlsec_nb.advisories import Store
from mlsec_nb.advisories.answering import answer
from mlsec_nb.advisories.updating import import_, update
from mlsec_nb.core import UsageError
from mlsec_nb.io import network, serving
from tests.advisories.test_store import EXCERPT, record


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    path = tmp_path_factory.mktemp("store") / "store.sqlite"
    import_(path, [EXCERPT])
    return Store.open(path)


@pytest.fixture(scope="module")
def url(store: Store) -> Iterator[str]:
    with serving.server(partial(answer, store), 0) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def ask(url: str, body: Any = None) -> tuple[int, Any]:
    data = None if body is None else json.dumps(body).encode()
    got = network.get(url, offline=False, method="GET" if body is None else "POST", body=data)
    return got.status, json.loads(got.body)


def test_questions_by_name_by_address_and_in_batches(url: str) -> None:
    asked = {"package": {"name": "PyYAML", "ecosystem": "PyPI"}, "version": "3.13"}
    status, said = ask(f"{url}/v1/query", asked)
    assert status == 200
    assert {vuln["id"] for vuln in said["vulns"]} >= {"PYSEC-2018-49"}
    assert ask(f"{url}/v1/query", {"package": {"purl": "pkg:pypi/pyyaml@3.13"}})[1] == said
    assert ask(f"{url}/v1/query", {"package": {"name": "none", "ecosystem": "PyPI"}, "version": "1"}) == (200, {})
    status, batch = ask(f"{url}/v1/querybatch", {"queries": [asked, {"package": {"purl": "pkg:pypi/none@1"}}]})
    assert [len(result.get("vulns", [])) for result in batch["results"]] == [len(said["vulns"]), 0]
    assert ask(f"{url}/v1/vulns/PYSEC-2018-49")[1]["id"] == "PYSEC-2018-49"


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/v1/query", {}, 400), ("/v1/query", [], 400), ("/v1/query", {"package": {"name": 1}, "version": "1"}, 400),
        ("/v1/querybatch", {"queries": 3}, 400), ("/v1/querybatch", {"queries": [{}]}, 400),
        ("/v1/vulns/NONE", None, 404), ("/", None, 404),
    ],
)  # fmt: skip
def test_a_wrong_question_is_answered_as_one(url: str, path: str, body: Any, status: int) -> None:
    assert ask(url + path, body)[0] == status


def test_what_is_no_json_is_refused(store: Store) -> None:
    assert answer(store, "POST", "/v1/query", b"{")[0] == 400


def test_pip_audit_finds_the_same_ids_without_network(url: str, store: Store, tmp_path: Path) -> None:
    wanted = {
        "pyyaml": "3.13",
        "urllib3": "1.24.1",
        "requests": "2.19.1",
        "jinja2": "2.10",
        "numpy": "1.16.0",
        "six": "1.16.0",
    }
    requirements = tmp_path / "requirements.txt"
    requirements.write_text(
        "".join(f"{name}=={version} --hash=sha256:{'0' * 64}\n" for name, version in wanted.items())
    )
    argv = [sys.executable, "-m", "pip_audit", "-r", str(requirements), "--disable-pip", "-f", "json", "--progress-spinner", "off",
            "-s", "osv", "--osv-url", f"{url}/v1/query"]  # fmt: skip
    ran = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=120, cwd=tmp_path)
    assert ran.returncode in {0, 1}, ran.stderr
    theirs = {one["name"]: {vuln["id"] for vuln in one["vulns"]} for one in json.loads(ran.stdout)["dependencies"]}
    ours = {name: set(store.records_affecting("PyPI", name, version)) for name, version in wanted.items()}
    assert theirs == ours
    assert sum(map(len, ours.values())) == 9


class Mirror(BaseHTTPRequestHandler):
    files: dict[str, bytes] = {}

    def do_GET(self) -> None:
        data = self.files.get(self.path)
        self.send_response(200 if data is not None else 404)
        self.end_headers()
        self.wfile.write(data or b"")

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def mirror() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Mirror) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_update_fetches_from_a_mirror_and_changes_nothing_when_it_cannot(mirror: str, tmp_path: Path) -> None:
    import io
    import zipfile

    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("A-1.json", json.dumps(record("A-1", "CVE-2020-1")))
    path = tmp_path / "store.sqlite"
    Mirror.files = {"/PyPI/all.zip": packed.getvalue(), "/kev.json": b'{"vulnerabilities": [{"cveID": "CVE-2020-1"}]}'}
    with pytest.raises(UsageError, match="answered 404"):
        update(path, ["PyPI"], offline=False, base=mirror)
    assert not path.exists()
    Mirror.files["/epss.csv.gz"] = b"cve,epss,percentile\nCVE-2020-1,0.5,0.9\n"
    assert update(path, ["PyPI"], offline=False, base=mirror) == {"PyPI": 1, "EPSS": 1, "KEV": 1}
    (found,) = Store.open(path).affecting("PyPI", "demo", "1")
    assert (found.epss, found.exploited) == (0.5, True)
    with pytest.raises(UsageError, match="offline"):
        update(path, ["PyPI"], offline=True, base=mirror)
