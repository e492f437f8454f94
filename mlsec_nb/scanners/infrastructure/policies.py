"""Policies of clouds: who may do what, wherever such a document stands.

Format: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from mlsec_nb.core import CannotScan, Severity
from mlsec_nb.scanners.tree import HOLE, Node
from mlsec_nb.scanners.yaml_tree import documents

from .hcl import Budget, moved
from .items import Hit, Item

# Attributes that hold a policy, by what it says: what its owner may do, who may become its owner, who may use a thing.
_OWN: Final = frozenset(
    {
        "policy",
        "access_policy",
        "KeyPolicy",
        "RepositoryPolicyText",
        "inline_policy",
        "inline_policy.policy",
        "PolicyDocument",
        "Policies.PolicyDocument",
    }
)
_TRUST: Final = frozenset({"assume_role_policy", "AssumeRolePolicyDocument"})
_THINGS: Final = {
    **dict.fromkeys(("aws_s3_bucket", "aws_s3_bucket_policy", "AWS::S3::BucketPolicy"), "IAC-S3-PUBLIC-POLICY"),
    **dict.fromkeys(
        (
            *("aws_sqs_queue", "aws_sqs_queue_policy", "aws_sns_topic", "aws_sns_topic_policy", "aws_kms_key"),
            *("aws_ecr_repository_policy", "aws_secretsmanager_secret_policy", "aws_glacier_vault"),
            *("aws_efs_file_system_policy", "aws_backup_vault_policy", "AWS::SQS::QueuePolicy"),
            *("AWS::SNS::TopicPolicy", "AWS::KMS::Key", "AWS::ECR::Repository"),
        ),
        "IAC-AWS-OPEN-POLICY",
    ),
}
_OWNERS: Final = re.compile(
    r"aws_iam_(?:policy|role_policy|user_policy|group_policy|role)\Z|AWS::IAM::(?:Policy|ManagedPolicy|Role|User|Group)\Z|"
    r"AWS::Serverless::Function\Z|aws_ssoadmin_permission_set_inline_policy\Z"
)

_LENIENT: Final = re.compile(r"(?i)^ForAllValues:|IfExists$")
_ANYONE: Final = re.compile(r"\*\Z|arn:aws[\w-]*:(?:iam|sts)::\*:")


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement: what it allows (or forbids), on what, to whom; `place` is where it stands."""

    allows: bool
    actions: tuple[str, ...]
    not_actions: bool
    resources: tuple[str, ...]
    principals: tuple[str, ...]
    has_condition: bool
    node: Node


def hits(item: Item) -> Iterator[Hit]:
    """What the policies of an item give away."""
    if item.type == "data.aws_iam_policy_document":
        for block in item.node.find("statement"):
            yield from _judged(_of_block(block), item, None)
        return
    attributes = {path for path in (*_OWN, *_TRUST) if item.node.find(path)}
    for path in sorted(attributes):
        if not (_OWNERS.match(item.type) or item.type in _THINGS or path in _TRUST):
            continue
        for found in item.node.find(path):
            for statement in statements(found):
                yield from _judged(statement, item, path)


def statements(policy: Node) -> Iterator[Statement]:
    """The statements of a document, which may be a text of JSON."""
    document = policy
    if isinstance(policy.value, str):
        try:
            roots = documents(policy.value.replace(HOLE, "x")) if "{" in policy.value else []
        except CannotScan:
            return
        document = moved(roots[0], policy.start, policy.end, Budget()) if roots else policy
    for node in document.find("Statement"):
        effect, principal = node.get("Effect"), node.get("Principal")
        if effect is None or effect.text not in {"Allow", "Deny"}:
            continue
        yield Statement(
            effect.text == "Allow", _texts(node, "Action"), node.get("NotAction") is not None, _texts(node, "Resource"),
            _principals(principal), _narrows(node.get("Condition")), node.get("Action") or node,
        )  # fmt: skip


def _of_block(node: Node) -> Statement:
    """A statement as Terraform writes it; an `Allow` unless it says otherwise."""
    effect = node.get("effect")
    principals = tuple(
        item.text
        for block in node.find("principals")
        if (kind := block.get("type")) is not None and kind.text in {"AWS", "*"}
        for item in block.find("identifiers")
    )
    return Statement(
        effect is None or effect.text == "Allow", _texts(node, "actions"), bool(node.find("not_actions")),
        _texts(node, "resources"), principals, bool(node.find("condition")), node.get("actions") or node,
    )  # fmt: skip


def _texts(node: Node, key: str) -> tuple[str, ...]:
    return tuple(item.text for item in node.find(key))


def _principals(node: Node | None) -> tuple[str, ...]:
    if node is None:
        return ()
    if isinstance(node.value, dict):
        return tuple(item.text for key in ("AWS", "*") for item in node.find(key))
    return tuple(item.text for item in node.find(""))


def _narrows(node: Node | None) -> bool:
    """Whether a condition leaves anybody out.

    One whose values are all wildcards does not, nor one that holds wherever its key is missing.
    """
    strict = {} if node is None else {key: one for key, one in node.mapping.items() if not _LENIENT.search(key)}
    values = [value for one in strict.values() for value in one.find("*")]
    return bool(values) and not all(_ANYONE.match(value.text) or value.text == "arn:aws:iam::*" for value in values)


def _judged(statement: Statement, item: Item, path: str | None) -> Iterator[Hit]:
    if not statement.allows:
        return
    place = statement.node
    start, end = place.start, place.end
    anyone = any(_ANYONE.match(principal) for principal in statement.principals) and not statement.has_condition
    actions = [action.lower() for action in statement.actions]
    if path in _TRUST or (path is None and any(action.startswith("sts:assumerole") for action in actions)):
        if anyone:
            yield Hit("IAC-IAM-TRUST-ANYONE", start, end, item.label)
        return
    if statement.principals or item.type in _THINGS:
        if anyone and path is not None:
            yield Hit(_THINGS.get(item.type, "IAC-AWS-OPEN-POLICY"), start, end, item.label)
        elif anyone and any(action.startswith(("s3:", "*")) for action in actions):
            yield Hit("IAC-S3-PUBLIC-POLICY", start, end, item.label)
        return
    if "*" not in statement.resources or statement.has_condition:
        return
    yield from _wide(actions, statement, item, (start, end))


def _wide(actions: list[str], statement: Statement, item: Item, place: tuple[int, int]) -> Iterator[Hit]:
    if any(action in {"*", "*:*"} for action in actions):
        yield Hit("IAC-IAM-WILDCARD", *place, item.label)
        return
    if statement.not_actions and not actions:
        yield Hit("IAC-IAM-WILDCARD", *place, item.label, "", Severity.MEDIUM)
    if any(action in {"iam:passrole", "iam:pass*", "iam:*"} for action in actions):
        yield Hit("IAC-IAM-PASS-ROLE", *place, item.label)
    services = {action.partition(":")[0] for action in actions if action.endswith(":*")} - _HARMLESS
    if services:
        severity = Severity.MEDIUM if services & _TELLING else None
        yield Hit("IAC-IAM-SERVICE-WILDCARD", *place, item.label, "", severity)


# Services whose data, models, keys or machines are what an attacker is after, and those that everybody writes to.
_TELLING: Final = frozenset(
    ["sagemaker", "s3", "sts", "kms", "secretsmanager", "lambda", "ec2", "ecr", "bedrock", "ssm", "organizations"]
)
_HARMLESS: Final = frozenset({"iam", "logs", "cloudwatch", "xray"})
