"""GitLab CI: jobs and their scripts. https://docs.gitlab.com/ci/yaml/."""

from collections.abc import Iterator
from typing import Final

from mlsec_nb.scanners.tree import Node

from .commands import of_script
from .images import untagged
from .items import Hit, Item, Parsed
from .scripts import placed

DIALECT: Final = "gitlab"
_SCRIPTS: Final = ("before_script", "script", "after_script")
_GLOBAL: Final = frozenset({"stages", "variables", "workflow", "include", "cache", "services", "image", "spec"})


def is_pipeline(root: Node, name: str) -> bool:
    return ".gitlab-ci" in name and bool(root.mapping)


def parse(root: Node) -> Parsed:
    """The jobs of a pipeline."""
    parsed = Parsed(DIALECT)
    whole = Item("gitlab.pipeline", "the pipeline", root, min(root.keys.values(), default=(0, 0)))
    jobs = [whole]
    for name, node in root.mapping.items():
        if name not in _GLOBAL and node.mapping:
            jobs.append(Item("gitlab.job", f"job {name}", node, root.keys.get(name, (node.start, node.start)), whole))
    for job in jobs:
        parsed.items.append(job)
        parsed.hits.extend(_images(job))
        scripts = (script for key in _SCRIPTS for script in job.node.find(key) if script.text)
        parsed.commands += [
            (job.label, found) for script in scripts for found in placed(of_script(script.text), script)
        ]
    for include in root.find("include"):
        remote = include.get("remote") or include
        if remote.text.startswith("http://"):
            parsed.hits.append(Hit("IAC-GITLAB-INCLUDE-HTTP", remote.start, remote.end, "the pipeline"))
    return parsed


def _images(job: Item) -> Iterator[Hit]:
    for image in (*job.node.find("image"), *job.node.find("services")):
        name = image.get("name") or image
        if untagged(name.text):
            yield Hit("IAC-IMAGE-TAG", name.start, name.end, job.label)
