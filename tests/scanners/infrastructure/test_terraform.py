"""Terraform: values are followed as far as literals go, and no further."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlsec_nb import scan
from mlsec_nb.core import Finding, Gap, Kind
from mlsec_nb.scanners.infrastructure.hcl import Reader, Source, attributes
from mlsec_nb.scanners.tree import UNKNOWN
from tests.scanners.infrastructure.conftest import scanned

BUCKET = 'resource "aws_s3_bucket" "b" {{\n  acl = {value}\n}}\n'
RULE = "IAC-S3-PUBLIC-ACL"


def rules(text, path="main.tf"):
    return [item.rule.id for item in scanned(text, path) if isinstance(item, Finding)]


@pytest.mark.parametrize("value", [
    '"public-read"', "var.acl", "local.acl", 'local.table["a"]', "local.list[1]", "local.table.a", '"public-${var.mode}"', 'lower("PUBLIC-READ")',
    'true ? "public-read" : "private"', 'var.on ? "public-read" : "private"', 'coalesce(null, "public-read")', "(var.acl)", 'var.mode == "read" ? var.acl : ""',
    "local.merged.a", "local.joined[2]",
    'var.unknown ? "public-read" : "public-read"', "!var.off ? var.acl : var.none", 'format("%s-%s", "public", var.mode)',
    'lookup(local.table, "a", "x")', 'lookup(local.table, "none", "public-read")', "element(local.list, 3)", 'join("-", ["public", var.mode])',
    'replace("public_read", "_", "-")', 'split(",", "x,public-read")[1]', "values({ b = 1, a = var.acl })[0]", 'keys({ "public-read" = 1 })[0]',
    'length(local.list) > 1 ? var.acl : ""', 'contains(local.list, "x") && var.on ? var.acl : ""', 'var.unknown || var.on ? var.acl : ""',
    'length(local.list) - 1 <= 1 ? var.acl : ""', 'length("ab") * 2 + 1 == 5 ? var.acl : ""', 'format("%d%%", 5) == "5%" ? var.acl : ""',
])  # fmt: skip
def test_what_is_known_is_followed(value):
    text = BUCKET.format(value=value) + (
        'variable "acl" {\n  default = "public-read"\n}\nvariable "mode" {\n  default = "read"\n}\nvariable "on" {\n  default = true\n}\n'
        'variable "off" {\n  default = false\n}\nvariable "unknown" {}\n'
        'locals {\n  acl = var.acl\n  table = { a = local.acl, (var.mode) = 1 }\n  list = ["x", "public-read"]\n'
        '  merged = merge({ z = 1 }, local.table)\n  joined = concat(["y"], local.list)\n}\n'
    )
    assert rules(text) == [RULE]


@pytest.mark.parametrize("value", [
    "var.none", "var.unknown", "local.loop", "local.none", "aws_s3_bucket.c.acl", 'var.unknown ? "public-read" : "private"', 'file("acl")',
    '"${var.unknown}"', '"x-${var.unknown}"', "[for a in [1] : a]", "each.value", "data.x.y.acl", "var.list[9]", "1 + 2", "-1",
    'format("%s-read", var.unknown)', 'format("%05d", 1)', 'format("%s")', 'lookup(var.unknown, "a", "public-read")', 'lookup({}, "a")',
    "element([], 0)", 'element(["public-read"], var.unknown)', 'join(var.unknown, ["public-read"])', 'split("-", var.unknown)[0]',
    'contains([var.unknown], "x") ? "public-read" : "private"', 'contains(["y"], "x") ? "public-read" : "private"', 'contains(var.unknown, "x") ? "public-read" : "private"',
    'replace("x", "/./", "public-read")', 'replace(1, "", "")', "keys(1)[0]", "values(var.unknown)[0]", 'length(var.unknown) > 0 ? "public-read" : "private"',
    'var.unknown && true ? "public-read" : "private"', 'false || false ? "public-read" : "private"', '"a" < "b" ? "public-read" : "private"',
    'split("", "public-read")', 'length("${var.unknown}x") == 2 ? "public-read" : "private"',
])  # fmt: skip
def test_what_is_not_known_is_no_finding(value):
    text = (
        BUCKET.format(value=value)
        + 'variable "unknown" {}\nvariable "list" {\n  default = ["public-read"]\n}\nlocals {\n  loop = local.loop\n}\n'
    )
    assert rules(text) == []


def test_a_resource_is_looked_at_for_each_of_what_it_is_made_for():
    text = 'resource "aws_s3_bucket_acl" "b" {{\n  for_each = {each}\n  acl = {value}\n}}\n'
    assert rules(text.format(each='toset(["private", "public-read"])', value="each.value")) == [RULE]
    assert rules(text.format(each='{ a = { acl = "public-read" } }', value="each.value.acl")) == [RULE]
    assert rules(text.format(each="{}", value='"public-read"')) == []
    assert rules(text.format(each="var.x", value='"public-read"')) == [RULE]


def test_dynamic_blocks_are_unrolled():
    text = (
        'resource "aws_security_group" "s" {\n  dynamic "ingress" {\n    for_each = [443, 22]\n    iterator = port\n    content {\n      from_port = port.value\n'
        '      to_port = port.value\n      protocol = "tcp"\n      cidr_blocks = ["0.0.0.0/0"]\n    }\n  }\n}\n'
    )
    assert rules(text) == ["IAC-NET-OPEN-ADMIN"]
    assert rules(text.replace("[443, 22]", "[443]")) == []
    assert rules(text.replace("[443, 22]", "var.ports")) == []


def test_a_block_beside_an_attribute_of_its_name_still_counts():
    rule = 'ingress {\n    from_port = 22\n    to_port = 22\n    protocol = "tcp"\n    cidr_blocks = ["0.0.0.0/0"]\n  }'
    text = f'resource "aws_security_group" "s" {{\n  ingress = "none"\n  {rule}\n}}\n'
    assert rules(text) == ["IAC-NET-OPEN-ADMIN"]


def test_places_are_exact_behind_other_alphabets():
    text = '# ü 漢字 🎉\nresource "aws_s3_bucket" "b" {\n  tags = { "é" = "ß" }\n  acl  = "public-read" # 🎉\n}\n'
    (found,) = [item for item in scanned(text, "main.tf") if isinstance(item, Finding)]
    assert (found.location.line, found.location.column, found.location.end_column) == (4, 10, 23)
    assert found.fixes[0].edits[0].replacement == '"private"'


def test_a_syntax_error_is_said_and_the_rest_still_counts():
    found = scanned(BUCKET.format(value='"public-read"') + 'resource "x" "y" {\n  a = = 1\n}\n', "main.tf")
    assert [type(item) for item in found] == [Gap, Finding]
    assert "line 5" in found[0].reason


def test_other_files_of_the_folder_give_values(tmp_path):
    (tmp_path / "main.tf").write_text(BUCKET.format(value="var.acl"))
    (tmp_path / "variables.tf").write_text('variable "acl" {\n  default = "private"\n}\n')
    assert not scan(str(tmp_path), only=("infrastructure",)).new
    (tmp_path / "terraform.tfvars").write_text('acl = "public-read"\n')
    (tmp_path / "other.tfvars").write_text('acl = "private"\n')
    (found,) = scan(str(tmp_path), only=("infrastructure",)).new
    assert found.location.path.endswith("main.tf")


def test_json_forms_and_plans_are_read():
    table = {"resource": {"aws_s3_bucket": {"b": {"acl": "public-read"}}}}
    assert rules(json.dumps(table), "main.tf.json") == [RULE]
    thing = {
        "address": "module.m.aws_s3_bucket.b",
        "mode": "managed",
        "type": "aws_s3_bucket",
        "values": {"acl": "public-read"},
    }
    plan = {"terraform_version": "1.9", "planned_values": {"root_module": {"child_modules": [{"resources": [thing]}]}}}
    (found,) = [
        item for item in scanned(json.dumps(plan, indent=1), "plan.json", Kind.TEXT) if isinstance(item, Finding)
    ]
    assert "module.m.aws_s3_bucket.b" in found.message
    policy = {"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    thing |= {"type": "aws_iam_policy", "values": {"policy": json.dumps(policy)}}
    assert rules(json.dumps(plan), "plan.json") == ["IAC-IAM-WILDCARD"]


def test_a_public_access_block_covers_its_bucket():
    block = 'resource "aws_s3_bucket_public_access_block" "b" {\n  bucket = aws_s3_bucket.b.id\n' + "".join(
        f"  {name} = true\n"
        for name in ("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets")
    )
    assert rules(BUCKET.format(value='"public-read"') + block + "}\n") == []
    assert rules(
        BUCKET.format(value='"public-read"') + block.replace("aws_s3_bucket.b", "aws_s3_bucket.c") + "}\n"
    ) == [RULE]


def test_scripts_of_machines_are_read():
    text = 'resource "aws_instance" "i" {\n  user_data = <<EOF\n#!/bin/bash\ncurl -s https://example.com/x | bash\nEOF\n  metadata_options {\n    http_tokens = "required"\n  }\n}\n'
    (found,) = [item for item in scanned(text, "main.tf") if isinstance(item, Finding)]
    assert (found.rule.id, found.location.line) == ("IAC-CURL-SH", 4)


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=80))
def test_any_text_is_read_without_a_crash(text):
    list(scanned(text, "main.tf"))
    list(scanned(f'resource "aws_s3_bucket" "b" {{\n  acl = {text}\n}}\n', "main.tf"))


@settings(max_examples=60, deadline=None)
@given(
    st.text(
        st.characters(exclude_characters='"\\$%\n\r\x00', exclude_categories=("Cs", "Cc", "Zl", "Zp")), max_size=30
    ),
    st.integers(0, 10**12),
)
def test_values_and_their_places_are_those_of_the_text(text, number):
    source = Source(f'a = "{text}"\nb = {number}\n')
    body = source.root.named_children[0]
    found = {name: Reader(source).value(value) for name, _, value in attributes(source, body)}
    assert found["a"].value == text
    assert source.text[found["a"].start : found["a"].end] == f'"{text}"'
    assert found["b"].value == number


def test_deep_nesting_is_not_followed_for_ever():
    source = Source("a = " + "[" * 300 + "1" + "]" * 300 + "\n")
    (value,) = [Reader(source).value(found) for _, _, found in attributes(source, source.root.named_children[0])]
    for _ in range(40):
        if value.value is UNKNOWN:
            break
        (value,) = value.value
    assert value.value is UNKNOWN
