"""What to do about a secret that was found: first at its vendor, then in the file, then in the history."""

import shlex
import tomllib
from collections.abc import Iterable
from functools import cache
from importlib.resources import files

from mlsec_nb.core import Finding


@cache
def _vendors() -> dict[str, dict[str, str]]:
    """Rule-id words → where to revoke; data, with the vendor's own page."""
    text = (files(__package__) / "revoking.toml").read_text(encoding="utf-8")
    table: dict[str, dict[str, str]] = tomllib.loads(text)
    return table


def steps(findings: Iterable[Finding]) -> list[str]:
    """The checklist for the secrets among the findings, the most urgent first; empty when there are none."""
    secrets = [finding for finding in findings if finding.rule.id.startswith("SECRET-")]
    if not secrets:
        return []
    rules = dict.fromkeys(finding.rule.id for finding in secrets)
    lines = ["Rotate first: a key that was written down is a key that others have."]
    lines += [f"{rule}: {_where(rule)}" for rule in rules]
    paths = sorted({finding.location.path for finding in secrets})
    lines.append("Then clean the files (`mlsec fix --write`), and look at what was committed: `mlsec history`.")
    lines.append(
        "If it was pushed, rewrite the history and tell everybody who has a clone: "
        "git filter-repo --invert-paths "
        + " ".join(f"--path {shlex.quote(path)}" for path in paths[:20])
        + "  (drops the files; `--replace-text` keeps them)"
    )
    return lines


def _where(rule: str) -> str:
    """The vendor whose words are the longest beginning of a rule's id."""
    name = rule.removeprefix("SECRET-").lower()
    known = [word for word in _vendors() if name == word or name.startswith(word + "-")]
    if not known:
        return "revoke it where it was issued, and look at the access log for strangers"
    vendor = _vendors()[max(known, key=len)]
    return f"{vendor['revoke']} ({vendor['page']})"
