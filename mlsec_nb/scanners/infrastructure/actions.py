"""GitHub Actions: workflows and composite actions. https://docs.github.com/actions/reference/workflow-syntax."""

import itertools
import re
from collections.abc import Iterator
from typing import Final

from mlsec_nb.scanners.tree import Node

from .commands import of_script
from .items import Hit, Item, Parsed
from .scripts import offset_in, placed

DIALECT: Final = "actions"
_HOLE = re.compile(r"\$\{\{(.{0,2000}?)\}\}", re.DOTALL)
MAX_HOLES: Final = 500  # expressions of one script
# What somebody who may only open an issue or a pull request decides, and what can hold a quote.
_HOSTILE = re.compile(
    r"\bgithub\s*\.\s*(?:head_ref\b|event\s*\.\s*(?:issue\s*\.\s*(?:title|body)|pull_request\s*\.\s*(?:title|body|"
    r"head\s*\.\s*(?:ref|label|repo\s*\.\s*(?:default_branch|description|homepage)))|comment\s*\.\s*body|review(?:_comment)?\s*\.\s*body|"
    r"discussion\s*\.\s*(?:title|body)|pages\b.*?\.\s*page_name|head_commit\s*\.\s*(?:message|author\s*\.\s*(?:name|email))|"
    r"commits\b.*?\.\s*(?:message|author\s*\.\s*(?:name|email))|workflow_run\s*\.\s*(?:head_branch|display_title|"
    r"head_commit\s*\.\s*(?:message|author\s*\.\s*(?:name|email))|head_repository\s*\.\s*description)))"
)
_SAFE_CALL = re.compile(r"^\s*(?:contains|startsWith|endsWith|hashFiles)\s*\(|==|!=")
_CHOSEN = re.compile(r"\b(?:inputs|github\s*\.\s*event\s*\.\s*(?:inputs|client_payload))\s*\.")
_SECRET = re.compile(r"\bsecrets\s*[.\[]")
_HEAD = re.compile(
    r"github\s*\.\s*(?:head_ref|event\s*\.\s*(?:pull_request\s*\.\s*head\s*\.|workflow_run\s*\.\s*head_|number|pull_request\s*\.\s*(?:number|merge_commit_sha)|"
    r"issue\s*\.\s*number))|refs/pull/"
)
_SCRIPTED: Final = {"actions/github-script": "script", "azure/powershell": "inlineScript", "azure/cli": "inlineScript"}
_OWN: Final = ("actions/", "github/")
_REF = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?\Z")
_BRANCH = frozenset({"main", "master", "develop", "dev", "head", "latest", "trunk"})


def is_workflow(root: Node) -> bool:
    return "jobs" in root.mapping and "on" in root.mapping


def is_action(root: Node) -> bool:
    runs = root.mapping.get("runs")
    return runs is not None and runs.get("using") is not None


def parse(root: Node) -> Parsed:
    """The jobs and steps of a workflow, or the steps of an action."""
    parsed = Parsed(DIALECT)
    events = _events(root)
    workflow = Item("actions.workflow", "the workflow", root, root.keys.get("on") or root.keys.get("runs") or (0, 1))
    parsed.items.append(workflow)
    if runs := root.get("runs"):
        _steps(runs, "the action", workflow, parsed)
    jobs = root.get("jobs")
    for name, job in jobs.mapping.items() if jobs else ():
        head = jobs.keys.get(name, (job.start, job.start)) if jobs else (0, 0)
        item = Item("actions.job", f"job {name}", job, head, workflow)
        parsed.items.append(item)
        parsed.hits.extend(_job(item, events))
        _steps(job, item.label, item, parsed)
    parsed.hits.extend(_dangerous_events(events, parsed))
    return parsed


def _events(root: Node) -> frozenset[str]:
    on = root.get("on")
    if on is None:
        return frozenset()
    return frozenset(on.mapping or [event.text for event in on.items])


def _job(item: Item, events: frozenset[str]) -> Iterator[Hit]:
    runner = item.node.get("runs-on")
    labels = [label.text for label in (runner.find("") if runner and not runner.mapping else [])]
    if (
        runner is not None
        and "self-hosted" in labels
        and events & {"pull_request", "pull_request_target", "issue_comment"}
    ):
        yield Hit("IAC-ACTIONS-SELF-HOSTED", runner.start, runner.end, item.label)
    secrets = item.node.get("secrets")
    if secrets is not None and secrets.text == "inherit":
        uses = item.node.get("uses")
        if uses is not None and not uses.text.startswith("./"):
            yield Hit("IAC-ACTIONS-SECRETS-INHERIT", secrets.start, secrets.end, item.label)
    if (uses := item.node.get("uses")) is not None:
        yield from _unpinned(uses, item.label)


def _steps(job: Node, label: str, parent: Item, parsed: Parsed) -> None:
    steps = job.get("steps")
    for number, step in enumerate(steps.items if steps else (), 1):
        if not step.mapping:
            continue
        name = step.get("name") or step.get("id")
        head = min(step.keys.values(), default=(step.start, step.start + 1))
        item = Item(
            "actions.step", f"step {name.text if name and name.text else number} of {label}", step, head, parent
        )
        parsed.items.append(item)
        parsed.hits.extend(_step(item))
        run = step.get("run")
        if run is not None and run.text:
            parsed.commands += [(item.label, command) for command in placed(of_script(_without(run.text)), run)]


def _without(script: str) -> str:
    """A script whose expressions are words, so that their quotes are not the shell's; of the same length."""
    return _HOLE.sub(lambda match: re.sub(r"[^\n]", "_", match[0]), script)


def _step(item: Item) -> Iterator[Hit]:
    step = item.node
    uses, run = step.get("uses"), step.get("run")
    if run is not None:
        yield from _injected(run, item)
        yield from _leaked(run, item)
    if uses is None:
        return
    yield from _unpinned(uses, item.label)
    action = uses.text.partition("@")[0].lower()
    script = step.first(f"with.{_SCRIPTED[action]}") if action in _SCRIPTED else None
    if script is not None:
        yield from _injected(script, item)


def _injected(script: Node, item: Item) -> Iterator[Hit]:
    for hole in itertools.islice(_HOLE.finditer(script.text), MAX_HOLES):
        if _SAFE_CALL.search(hole[1]):
            continue
        place = _place(script, hole)
        if _HOSTILE.search(hole[1]):
            yield Hit("IAC-ACTIONS-INJECTION", *place, item.label)
        elif _CHOSEN.search(hole[1]):
            yield Hit("IAC-ACTIONS-INPUT-INJECTION", *place, item.label)


def _leaked(script: Node, item: Item) -> Iterator[Hit]:
    for hole in itertools.islice(_HOLE.finditer(script.text), MAX_HOLES):
        if re.search(r"toJSON\s*\(\s*secrets\s*\)", hole[1], re.IGNORECASE):
            yield Hit("IAC-ACTIONS-ALL-SECRETS", *_place(script, hole), item.label)
        elif _SECRET.search(hole[1]):
            line = script.text[script.text.rfind("\n", 0, hole.start()) + 1 : hole.start()]
            end = script.text.find("\n", hole.end())
            rest = script.text[hole.end() : end if end >= 0 else None]
            if re.match(r"\s*(?:echo|printf|Write-Host)\b", line) and not re.search(r"[|>]", line + rest):
                yield Hit("IAC-ACTIONS-SECRET-LOG", *_place(script, hole), item.label)


def _place(script: Node, hole: re.Match[str]) -> tuple[int, int]:
    return offset_in(script, hole.start(), hole[0])


def _unpinned(uses: Node, label: str) -> Iterator[Hit]:
    """An action of somebody else's that is not named by its commit: by a branch it changes with every push."""
    name, has, ref = uses.text.partition("@")
    if name.startswith(("./", "../", "docker://")) or "/" not in name or "${{" in uses.text or _REF.match(ref):
        return
    if not has or ref.lower() in _BRANCH or ref.startswith("refs/heads/"):
        yield Hit("IAC-ACTIONS-BRANCH", uses.start, uses.end, label)
    elif not name.startswith(_OWN):
        yield Hit("IAC-ACTIONS-TAG", uses.start, uses.end, label)


def _dangerous_events(events: frozenset[str], parsed: Parsed) -> Iterator[Hit]:
    """A workflow with the rights of the repository that fetches what a stranger sent."""
    if not events & {"pull_request_target", "workflow_run", "issue_comment"}:
        return
    for item in parsed.items:
        uses = item.node.get("uses") if item.type == "actions.step" else None
        if uses is None or uses.text.partition("@")[0].lower() != "actions/checkout":
            continue
        for key in ("ref", "repository"):
            value = item.node.first(f"with.{key}")
            if value is not None and _HEAD.search(value.text) and not _guarded(item):
                yield Hit("IAC-ACTIONS-TARGET-CHECKOUT", value.start, value.end, item.label)
                break


def _guarded(item: Item) -> bool:
    """Whether the job asks for a label, an environment or a known author first."""
    job = item.parent.node if item.parent else item.node
    conditions = " ".join(node.text for node in (item.node.get("if"), job.get("if")) if node is not None)
    return bool(
        re.search(r"label|author_association|permission|head\.repo\.full_name\s*==|head\.repo\.fork", conditions)
    ) or (job.get("environment") is not None)
