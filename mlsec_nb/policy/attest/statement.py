"""What is signed: which gate said what about which bytes, when, and under which policy."""

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mlsec_nb.core import Verdict

STATEMENT = "https://in-toto.io/Statement/v1"
PREDICATE = "https://slsa.dev/verification_summary/v1"
VERIFIER = "https://pypi.org/project/mlsec-nb"
EXTENSION = "mlsec"
SLSA = "1.1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """A gate's verdict, before it is signed or after its signatures were verified.

    `subjects` are SHA-256 digests by name; `policy` is the digest of the policies and of the gate's own choices.
    """

    gate: str
    passed: bool | None
    subjects: Mapping[str, str]
    policy: str
    verified_at: dt.datetime
    checks: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    inputs: tuple[Mapping[str, Any], ...] = ()
    version: str = ""
    levels: tuple[str, ...] = field(default=())

    @property
    def result(self) -> str:
        return "PASSED" if self.passed is True else "FAILED"

    def predicate(self) -> dict[str, Any]:
        """What a policy reads as one of `input.evidence.attestations`."""
        return {
            "gate": self.gate, "result": self.result, "subjects": sorted(self.subjects.values()),
            "names": dict(self.subjects), "policy": self.policy, "checks": list(self.checks),
            "time": stamp(self.verified_at),
        }  # fmt: skip


def of_verdict(
    gate: str, verdict: Verdict, subjects: Mapping[str, str], policy: str, *, checks: Sequence[str], version: str,
    now: dt.datetime,
) -> Evidence:  # fmt: skip
    """The evidence of a gate that was run just now; an undecided gate is evidence of failure."""
    return Evidence(
        gate=gate, passed=verdict.passed, subjects=subjects, policy=policy, verified_at=now, checks=tuple(checks),
        reasons=verdict.reasons, version=version,
    )  # fmt: skip


def make_statement(evidence: Evidence) -> bytes:
    """The payload of the envelope: JSON with its keys in order, so that the same evidence gives the same bytes."""
    first = next(iter(sorted(evidence.subjects)), "")
    tree = {
        "_type": STATEMENT,
        "subject": [{"name": name, "digest": {"sha256": value}} for name, value in sorted(evidence.subjects.items())],
        "predicateType": PREDICATE,
        "predicate": {
            "verifier": {"id": VERIFIER, "version": {"mlsec": evidence.version}},
            "timeVerified": stamp(evidence.verified_at),
            "resourceUri": first,
            "policy": {"uri": f"mlsec:gate/{evidence.gate}", "digest": {"sha256": evidence.policy}},
            "inputAttestations": list(evidence.inputs),
            "verificationResult": evidence.result,
            "verifiedLevels": list(evidence.levels),
            "slsaVersion": SLSA,
            EXTENSION: {
                "gate": evidence.gate, "checks": list(evidence.checks), "reasons": list(evidence.reasons),
                "decided": evidence.passed is not None,
            },
        },
    }  # fmt: skip
    return json.dumps(tree, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def stamp(when: dt.datetime) -> str:
    """RFC 3339, in UTC, with microseconds: what was said later must be tellable from what was said before."""
    return when.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
