"""Which language a text is in, by its name and its content; and the text taken apart."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from mlsec_nb.core import SKIPPED, CannotScan, Kind
from mlsec_nb.scanners.tree import Node
from mlsec_nb.scanners.yaml_tree import documents, without_holes

from . import actions, cloudformation, compose, docker, gitlab, kubernetes, properties, terraform
from .items import Parsed

MAX_TEMPLATE: Final = 1_000_000  # characters
HEAD: Final = 1 << 18  # characters in which a YAML or JSON text must say what it is
_DOCKERFILE = re.compile(r"(?:^|[./_-])(?:docker|container)file(?:$|[._-])", re.IGNORECASE)
_UNREAD = re.compile(
    r"\.(?:bicep|hcl)$|(?:^|/)(?:azure-pipelines|bitbucket-pipelines|cloudbuild|serverless)\.ya?ml$|\.circleci/config\.yml$"
)
_TELLING = re.compile(
    r"""(?m)^[ \t-]*["']?(?:apiVersion|AWSTemplateFormatVersion|services|jobs|runs)["']?[ \t]*:"""
    r"""|["']?AWS::\w+::\w+|"(?:terraform_version|apiVersion|services)"\s*:"""
)


def parsed_of(path: str, text: str, folder: Path | None, kind: Kind) -> Iterator[Parsed]:
    """The text taken apart; nothing when it is in no language that this room knows. Raises `CannotScan`."""
    name = path.rpartition("/")[2].lower()
    if _DOCKERFILE.search(name) and not name.endswith((".yaml", ".yml", ".json")):
        beside = (lambda other: (folder / other).exists() or (folder / (name + other)).exists()) if folder else None
        yield docker.parse(text, beside)
    elif name.endswith((".tf", ".tofu")):
        yield from terraform.parse(text, folder)
    elif properties.NAMES.search(path):
        yield properties.parse(path, text)
    elif _UNREAD.search(path):
        yield Parsed("none", gaps=[("is in a language of infrastructure that is not read yet", SKIPPED)])
    elif name.endswith((".yaml", ".yml", ".json", ".template", ".tpl")):
        yield from _of_yaml(path, text, kind)


def _of_yaml(path: str, text: str, kind: Kind) -> Iterator[Parsed]:
    is_named = path.endswith((".tf.json", ".tofu.json")) or ".gitlab-ci" in path
    if not is_named and not _TELLING.search(text, 0, HEAD):
        return
    is_template = "{{" in text and bool(re.search(r"(?:^|/)templates/|\.(?:tpl|j2)$", path))
    if is_template and len(text) > MAX_TEMPLATE:
        raise CannotScan("is a template of more than a million characters", "too-big")
    try:
        roots = documents(without_holes(text) if is_template else text)
    except CannotScan as error:
        if is_template:
            raise CannotScan(f"is a template that cannot be read before it is rendered ({error})", "skipped") from error
        if kind is Kind.IAC or "apiVersion" in text[:HEAD]:
            raise
        return
    yield from _of_trees(roots, path.rpartition("/")[2])


def _of_trees(roots: list[Node], name: str) -> Iterator[Parsed]:
    objects = [root for root in roots if kubernetes.is_object(root)]
    if objects:
        yield kubernetes.parse(objects)
    for root in roots:
        if actions.is_workflow(root) or actions.is_action(root):
            yield actions.parse(root)
        elif compose.is_compose(root):
            yield compose.parse(root)
        elif cloudformation.is_template(root):
            yield cloudformation.parse(root)
        elif terraform.is_plan(root):
            yield from terraform.of_plan(root)
        elif name.endswith((".tf.json", ".tofu.json")):
            yield from terraform.of_json(root)
        elif gitlab.is_pipeline(root, name):
            yield gitlab.parse(root)
