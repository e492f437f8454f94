"""Hostile texts cost seconds, not hours."""

import contextlib
import time

import pytest

from mlsec_nb.core import CannotScan, Kind
from tests.scanners.infrastructure.conftest import scanned

LOCALS = (
    "locals {\n" + "".join(f"  l{n} = [{', '.join([f'local.l{n + 1}'] * 10)}]\n" for n in range(25)) + "  l25 = 1\n}\n"
)
STEP = "on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n      - run: |\n          "
TEXTS = {
    "locals": ("main.tf", LOCALS + 'resource "aws_s3_bucket" "b" {\n  acl = local.l0\n}\n'),
    "unclosed": ("Dockerfile", "FROM x:1\nRUN " + "${" * 60_000),
    "quotes": ("Dockerfile", "FROM x:1\nRUN " + "'\"\\" * 40_000),
    "variables": ("Dockerfile", "FROM " + "${a-" * 30_000),
    "heredocs": ("Dockerfile", "RUN <<A <<B <<C\n" * 20_000),
    "holes": (".github/workflows/a.yml", STEP + "${{" * 20_000),
    "expressions": (".github/workflows/a.yml", STEP + "echo ${{ github.head_ref }}; " * 5_000),
    "template": ("t/templates/a.yaml", "apiVersion: v1\nkind: Pod\n" + "{{/*" * 20_000),
    "brackets": ("pod.yaml", "apiVersion: v1\nkind: Pod\nx: " + "[" * 50_000),
    "blocks": ("main.tf", "a {\n" * 3_000),
    "parts": ("main.tf", "a = " + "(" * 5_000 + "1"),
}


@pytest.mark.parametrize("name", TEXTS)
def test_a_hostile_text_is_bounded(name):
    path, text = TEXTS[name]
    started = time.process_time()
    with contextlib.suppress(CannotScan):
        scanned(text, path, Kind.IAC)
    assert time.process_time() - started < 15
