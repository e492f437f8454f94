"""A project with something planted in every stage is stopped at every gate for the right reason, and passes when mended."""

import hashlib
import json

import pytest

from mlsec_nb.cli import main

CONFIG = """
[gates.pre-commit]
checks = ["secrets", "code"]
optional = []
targets = ["train.ipynb"]

[gates.ci]
checks = ["models"]
targets = ["models"]
subjects = ["models/model.pkl"]
fail-on = "high"

[gates.pre-deploy]
checks = ["infrastructure"]
targets = ["k8s"]
fail-on = "high"

[gates.deploy]
requires = ["ci"]
subjects = ["models/model.pkl"]
trust = "trust.toml"
evidence = ["evidence"]

[gates.deploy.documents]
workload = "k8s/deploy.yaml"
dockerfile = "Dockerfile"
"dvc.lock" = "dvc.lock"
"dvc.files" = "dvc-files.json"
model = "model.json"
trivy = "trivy.json"

[gates.deploy.data]
approved_registries = ["registry.example.com"]
production_data_sources = ["s3://approved"]
"""
DIGEST = "0" * 64
IMAGE = f"registry.example.com/serve@sha256:{DIGEST}"
PLANTED_KEY = "AK" + "IA" + "Z7Q3W5E2R8T6Y4U9"
BAD_CELL = f"import pickle\nkey = '{PLANTED_KEY}'\nmodel = pickle.load(open('downloaded.pkl', 'rb'))\n"
DEPLOY = """apiVersion: apps/v1
kind: Deployment
metadata: {name: serve, namespace: prod}
spec:
  replicas: 1
  selector: {matchLabels: {app: serve}}
  template:
    metadata: {labels: {app: serve}}
    spec:
      automountServiceAccountToken: false
      securityContext: {runAsNonRoot: true, seccompProfile: {type: RuntimeDefault}}
      containers:
        - name: serve
          image: IMAGE
          securityContext:
            privileged: PRIVILEGED
            allowPrivilegeEscalation: PRIVILEGED
            readOnlyRootFilesystem: true
            runAsNonRoot: true
            runAsUser: 10001
            capabilities: {drop: [ALL]}
          resources: {limits: {cpu: "1", memory: 1Gi}, requests: {cpu: "1", memory: 1Gi}}
"""


def notebook(source):
    cell = {"cell_type": "code", "id": "a", "metadata": {}, "source": source, "outputs": [], "execution_count": None}
    return json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


def trivy(severity):
    found = [{"VulnerabilityID": "CVE-2026-1", "PkgName": "openssl", "Severity": severity}]
    return json.dumps({"ArtifactName": IMAGE, "Results": [{"Vulnerabilities": found}]})


def lock(md5="aa"):
    return (
        f"stages:\n  train:\n    deps:\n    - {{path: data/train.csv, md5: {md5}}}\n    - {{path: train.py, md5: bb}}\n"
    )


BAD = {
    "train.ipynb": notebook(BAD_CELL),
    "models/model.pkl": b"cos\nsystem\n(S'true'\ntR.",
    "k8s/deploy.yaml": DEPLOY.replace("IMAGE", "docker.io/someone/serve:latest").replace("PRIVILEGED", "true"),
    "Dockerfile": "FROM docker.io/library/python:3.12\n",
    "dvc.lock": lock("cc"),
    "dvc-files.json": json.dumps({"data/train.csv": {"md5": "aa", "remote": "https://elsewhere.example/train.csv"}}),
    "model.json": json.dumps({"training_stage": "train"}),
    "trivy.json": trivy("CRITICAL"),
}
GOOD = {
    "train.ipynb": notebook("import os\nkey = os.environ['CLOUD_KEY']\n"),
    "models/model.pkl": b"\x80\x04}\x94\x8c\x01w\x94K\x01s.",
    "k8s/deploy.yaml": DEPLOY.replace("IMAGE", IMAGE).replace("PRIVILEGED", "false"),
    "Dockerfile": f"FROM registry.example.com/python@sha256:{DIGEST}\n",
    "dvc.lock": lock(),
    "dvc-files.json": json.dumps({"data/train.csv": {"md5": "aa", "remote": "s3://approved/train.csv"}}),
    "trivy.json": trivy("LOW"),
}  # fmt: skip


def write(folder, files):
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data if isinstance(data, bytes) else data.encode())


@pytest.fixture
def project(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write(tmp_path, {"mlsec.toml": CONFIG, "trust.toml": '[[key]]\npublic = "ci.key.pub"\ngates = ["ci"]\n', **BAD})
    (tmp_path / "evidence").mkdir()
    assert main(["attest", "keygen", "ci.key"]) == 0
    return tmp_path


def gate(capsys, name, *more):
    capsys.readouterr()
    code = main(["gate", name, "-q", "-f", "json", *more])
    return code, json.loads(capsys.readouterr().out)


def states(tree):
    return {one["check"]: one["state"] for one in tree["checks"]}


SIGN = ("--sign", "ci.key", "--evidence-out", "evidence/ci.json")


def test_every_gate_stops_for_the_right_reason_and_passes_when_mended(project, capsys):
    code, tree = gate(capsys, "pre-commit")
    assert (code, states(tree)) == (1, {"secrets": "failed", "code": "failed"})
    code, tree = gate(capsys, "ci", *SIGN)
    assert (code, states(tree)) == (1, {"models": "failed"})
    code, tree = gate(capsys, "pre-deploy")
    assert (code, states(tree)) == (1, {"infrastructure": "failed"})
    code, tree = gate(capsys, "deploy")
    assert code == 1
    assert states(tree) == {"evidence of ci": "failed"}
    assert {one["id"] for one in tree["policy"]["deny"]} >= {
        "DEPLOY-MODEL-NOT-SCANNED", "DEPLOY-IMAGE-REGISTRY", "DEPLOY-IMAGE-MUTABLE", "DEPLOY-DATA-SOURCE", "CVE-2026-1",
    }  # fmt: skip

    write(project, GOOD)
    for name, more in (("pre-commit", ()), ("ci", SIGN), ("pre-deploy", ()), ("deploy", ())):
        code, tree = gate(capsys, name, *more)
        assert (code, tree["reasons"]) == (0, []), name
    assert tree["subjects"] == {"models/model.pkl": hashlib.sha256(GOOD["models/model.pkl"]).hexdigest()}


@pytest.mark.parametrize("name", [name for name in GOOD if name != "train.ipynb"])
def test_each_thing_that_is_still_bad_stops_the_deployment(project, capsys, name):
    write(project, GOOD)
    assert gate(capsys, "ci", *SIGN)[0] == 0
    write(project, {name: BAD[name]})
    assert gate(capsys, "deploy")[0] != 0


@pytest.mark.parametrize("name", ["dvc.lock", "dvc-files.json", "trivy.json", "k8s/deploy.yaml", "Dockerfile", "trust.toml", "ci.key.pub",
                                  "evidence/ci.json", "models/model.pkl"])  # fmt: skip
@pytest.mark.parametrize("fault", ["gone", "empty", "cut"])
def test_whatever_is_missing_or_cut_never_passes(project, capsys, name, fault):
    write(project, GOOD)
    assert gate(capsys, "ci", *SIGN)[0] == 0
    path = project / name
    data = path.read_bytes()
    path.unlink() if fault == "gone" else path.write_bytes(b"" if fault == "empty" else data[: len(data) // 2])
    assert gate(capsys, "deploy")[0] != 0
