"""Modules of Terraform: what they are called with is followed, what lies elsewhere is said."""

import pytest

from mlsec_nb import scan
from mlsec_nb.scanners.infrastructure import modules

ACL = "IAC-S3-PUBLIC-ACL"
BUCKET = 'variable "acl" {\n  default = "private"\n}\nresource "aws_s3_bucket" "b" {\n  acl = var.acl\n}\n'


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project of files; what is found there is told as (rule, file, line, column), with the gaps."""
    monkeypatch.chdir(tmp_path)

    def laid(files):
        for name, text in files.items():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(text)
        report = scan(".", only=("infrastructure",))
        found = [(one.rule.id, one.location.path, one.location.line, one.location.column) for one in report.new]
        return sorted(found), report

    return laid


def test_an_argument_that_makes_a_module_bad_is_what_is_wrong(project):
    found, report = project(
        {"main.tf": 'module "data" {\n  source = "./m"\n  acl    = "public-read"\n}\n', "m/main.tf": BUCKET}
    )
    assert found == [(ACL, "main.tf", 3, 12)]
    (finding,) = report.new
    assert "module.data.aws_s3_bucket.b" in finding.message
    assert finding.fixes[0].edits[0].replacement == '"private"'
    assert finding.fixes[0].edits[0].location.line == 3


def test_what_is_wrong_in_the_module_anyhow_is_said_there_once(project):
    bad = BUCKET.replace('"private"', '"public-read"')
    found, _ = project(
        {"main.tf": 'module "a" {\n  source = "./m"\n}\nmodule "b" {\n  source = "./m"\n}\n', "m/main.tf": bad}
    )
    assert found == [(ACL, "m/main.tf", 5, 9)]


@pytest.mark.parametrize(("call", "lines"), [
    ('module "m" {\n  source = "./m"\n  acl = var.none\n}\nvariable "none" {}\n', []),
    ('module "m" {\n  source = "./m"\n  count = 0\n  acl = "public-read"\n}\n', []),
    ('module "m" {\n  source = "./m"\n  count = 2\n  acl = "public-read"\n}\n', [4]),
    ('module "m" {\n  source = "./m"\n  for_each = {}\n  acl = "public-read"\n}\n', []),
    ('module "m" {\n  source = "./m"\n  for_each = { a = "private", b = "public-read" }\n  acl = each.value\n}\n', [4]),
    ('module "m" {\n  source = "./m"\n  count = 2\n  acl = ["private", "public-read"][count.index]\n}\n', [4]),
    ('locals {\n  acl = "public-read"\n}\nmodule "m" {\n  source = "./m"\n  acl = local.acl\n}\n', [6]),
    ('module "m" {\n  source = "./none"\n  acl = "public-read"\n}\n', []),
])  # fmt: skip
def test_copies_and_names_are_followed(project, call, lines):
    found, _ = project({"main.tf": call, "m/main.tf": BUCKET})
    assert [line for rule, path, line, _ in found if (rule, path) == (ACL, "main.tf")] == lines


def test_what_a_module_hands_back_is_known(project):
    names = 'output "acl" {\n  value = "public-${local.mode}"\n}\nlocals {\n  mode = var.mode\n}\nvariable "mode" {}\n'
    main = 'module "n" {\n  source = "./names"\n  mode = "read"\n}\nresource "aws_s3_bucket" "b" {\n  acl = %s\n}\n'
    assert project({"main.tf": main % "module.n.acl", "names/main.tf": names})[0] == [(ACL, "main.tf", 6, 9)]
    counted = main.replace('"read"', '"read"\n  count = 1')
    assert project({"main.tf": counted % "module.n[0].acl"})[0] == [(ACL, "main.tf", 7, 9)]
    each = main.replace('"read"', 'each.key\n  for_each = toset(["read"])')
    assert project({"main.tf": each % 'module.n["read"].acl'})[0] == [(ACL, "main.tf", 7, 9)]
    assert project({"main.tf": main % "module.n.none"})[0] == []


def test_modules_in_modules_are_told_at_the_outermost_call(project):
    found, report = project({
        "main.tf": 'module "a" {\n  source = "./a"\n  acl = "public-read"\n}\n',
        "a/main.tf": 'variable "acl" {}\nmodule "b" {\n  source = "../b"\n  acl = var.acl\n}\n',
        "b/main.tf": BUCKET,
    })  # fmt: skip
    assert [(rule, path) for rule, path, *_ in found] == [(ACL, "main.tf")]
    assert "module.a.module.b.aws_s3_bucket.b" in report.new[0].message


def test_modules_that_call_themselves_and_each_other_come_to_an_end(project):
    found, _ = project({
        "main.tf": 'locals {\n  a = module.m.out\n}\nmodule "m" {\n  source = "./m"\n  acl = local.a\n}\n'
                   'module "again" {\n  source = "./"\n}\n',
        "m/main.tf": BUCKET + 'output "out" {\n  value = var.acl\n}\nmodule "up" {\n  source = "../"\n}\nmodule "me" {\n  source = "./."\n}\n',
    })  # fmt: skip
    assert found == []


def test_more_calls_than_are_followed_are_a_gap(project, monkeypatch):
    monkeypatch.setattr("mlsec_nb.scanners.infrastructure.terraform.MAX_CALLS", 3)
    call = 'module "m" {\n  source = "./m"\n  count = 9\n  acl = "public-read"\n}\n'
    _, report = project({"main.tf": call, "m/main.tf": BUCKET})
    assert [gap.code for gap in report.gaps] == ["too-big"]
    assert modules.MAX_CALLS == 300


def test_texts_that_grow_without_end_are_not_known(project):
    steps = "".join(
        f'  a{n} = join(",", [local.a{n - 1}, replace(local.a{n - 1}, "x", local.a{n - 1})])\n  l{n} = concat(local.l{n - 1}, local.l{n - 1})\n'
        for n in range(1, 10)
    )
    text = f'locals {{\n  a0 = "xxxxxxxx"\n  l0 = [local.a2]\n{steps}  b = join(local.a3, local.l9)\n}}\n'
    found, _ = project({"main.tf": text + BUCKET.replace("var.acl", '"${local.a9}${local.b}"')})
    assert found == []


def test_what_is_not_in_the_project_is_not_read_but_said(project, tmp_path):
    outside = tmp_path.parent / f"{tmp_path.name}-outside"
    outside.mkdir()
    (outside / "main.tf").write_text(BUCKET)
    (tmp_path / "link").symlink_to(outside)
    calls = "".join(
        f'module "m{number}" {{\n  source = "{source}"\n  acl = "public-read"\n}}\n'
        for number, source in enumerate((f"../{outside.name}", "./link", "terraform-aws-modules/s3-bucket/aws"))
    )
    found, report = project({"main.tf": calls})
    assert found == []
    (gap,) = [gap for gap in report.gaps if gap.scanner == "infrastructure"]
    assert gap.code == "skipped"
    assert f"not looked at: ../{outside.name}, ./link, terraform-aws-modules/s3-bucket/aws" in gap.reason


def test_a_shield_in_another_file_or_module_counts(project):
    shield = (
        'resource "aws_s3_bucket_public_access_block" "p" {\n  bucket = aws_s3_bucket.b.id\n  block_public_acls = true\n  block_public_policy = true\n'
        "  ignore_public_acls = true\n  restrict_public_buckets = true\n}\n"
    )
    bad = BUCKET.replace('"private"', '"public-read"')
    assert project({"main.tf": bad, "shield.tf": shield})[0] == []
    call = 'module "m" {\n  source = "./m"\n  acl = "public-read"\n}\n'
    assert project({"main.tf": call, "m/main.tf": BUCKET, "m/shield.tf": shield, "shield.tf": ""})[0] == []
