"""What two scanners say of the same credential, said once."""

from collections.abc import Sequence

from mlsec_nb.core import Finding

_CREDENTIAL = frozenset({"CWE-259", "CWE-321", "CWE-798"})  # a password, a key, a credential in the code
_JUDGED = "SECRET-"  # the rules that look at the value and not only at the name


def once(findings: Sequence[Finding]) -> list[Finding]:
    """The findings without those that point at a credential whose value another one has judged."""
    judged = {_place(finding) for finding in findings if finding.rule.id.startswith(_JUDGED)}
    return [
        finding
        for finding in findings
        if finding.rule.id.startswith(_JUDGED)
        or not _CREDENTIAL.intersection(finding.rule.references)
        or _place(finding) not in judged
    ]


def _place(finding: Finding) -> tuple[str | None, int | None, str | None, int | None]:
    place = finding.location
    return place.member, place.cell, place.part, place.line
