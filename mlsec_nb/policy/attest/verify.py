"""Which envelopes are believed; every check in a fixed order, the signature first."""

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from mlsec_nb.core import MlsecError

from .dsse import PAYLOAD_TYPE, Envelope, EnvelopeError, load_envelope, strict_json
from .statement import EXTENSION, PREDICATE, STATEMENT, VERIFIER, Evidence
from .trust import Trust, TrustedKey

_SHA256 = re.compile(r"[0-9a-f]{64}\Z")
_STAMP = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,6})?Z\Z")
_SKEW = dt.timedelta(minutes=5)  # clocks of two machines


class Rejected(MlsecError):  # noqa: N818 - reads with `raise`
    """The envelope is not believed; `step` names the check that it did not pass."""

    def __init__(self, step: str, why: str) -> None:
        super().__init__(f"{step}: {why}")
        self.step = step


@dataclass(frozen=True, slots=True)
class Verified:
    """Evidence that is believed, and the ids of the keys that signed it."""

    evidence: Evidence
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verifier:
    """What a deploying gate believes.

    `policies` are the digests of policy that a gate's evidence may have been made under (None: any); `oldest` gives,
    by gate and digest, the time before which evidence is refused (what was seen last: no rollback).
    """

    trust: Trust
    now: dt.datetime
    max_age: dt.timedelta
    policies: Mapping[str, frozenset[str]] | None = None
    oldest: Mapping[tuple[str, str], dt.datetime] = field(default_factory=dict)

    def verify(self, text: str | bytes | Envelope, *, gate: str, digest: str) -> Verified:
        """The evidence of `gate` about the bytes with this SHA-256; raises `Rejected`. A verdict of FAILED is one."""
        envelope = text if isinstance(text, Envelope) else self._read(text)
        if envelope.payload_type != PAYLOAD_TYPE:
            raise Rejected("payload type", f"is {envelope.payload_type!r}")
        signers = self._signers(envelope)
        evidence = self._statement(envelope.payload)
        if evidence.gate != gate:
            raise Rejected("gate", f"is about gate {evidence.gate!r}, not {gate!r}")
        good = sorted({one.key.keyid for one in signers if one.may_sign(gate, evidence.verified_at)})
        if len(good) < self.trust.threshold(gate):
            raise Rejected("keys", f"{len(good)} trusted keys signed, {self.trust.threshold(gate)} are needed")
        if digest not in evidence.subjects.values():
            raise Rejected("subject", "is about other bytes than those that are deployed")
        if self.policies is not None and evidence.policy not in self.policies.get(gate, frozenset()):
            raise Rejected("policy", "was made under another policy than the expected one")
        self._in_time(evidence, digest)
        return Verified(evidence, tuple(good))

    @staticmethod
    def _read(text: str | bytes) -> Envelope:
        try:
            return load_envelope(text)
        except EnvelopeError as error:
            raise Rejected("envelope", str(error)) from error

    def _signers(self, envelope: Envelope) -> list[TrustedKey]:
        """The keys whose signature holds; a key counts once, whatever ids the signatures claim."""
        found = [
            key
            for key in self.trust.keys.values()
            if any(key.key.verifies(envelope, one) for one in envelope.signatures)
        ]
        if not found:
            raise Rejected("signature", "no key that is known here has signed this")
        return found

    def _statement(self, payload: bytes) -> Evidence:
        try:
            return _evidence(strict_json(payload))
        except (ValueError, TypeError, KeyError, RecursionError, AttributeError) as error:
            raise Rejected("statement", f"is malformed: {error}") from error

    def _in_time(self, evidence: Evidence, digest: str) -> None:
        if evidence.verified_at > self.now + _SKEW:
            raise Rejected("time", "is from the future")
        if evidence.verified_at < self.now - self.max_age:
            raise Rejected("time", "is too old")
        seen = self.oldest.get((evidence.gate, digest))
        if seen is not None and evidence.verified_at < seen:
            raise Rejected("rollback", "is older than what was seen before")

    def decide(self, envelopes: Iterable[str | bytes | Envelope], *, gate: str, digest: str) -> Verified:
        """The newest believable evidence, which must say PASSED; raises `Rejected`.

        An older pass does not count beside a newer failure about the same bytes.
        """
        believed: list[Verified] = []
        refused: list[Rejected] = []
        for one in envelopes:
            try:
                believed.append(self.verify(one, gate=gate, digest=digest))
            except Rejected as error:
                refused.append(error)
        if not believed:
            why = "; ".join(sorted({str(error) for error in refused})[:5]) or "there is none"
            raise Rejected("evidence", f"no trusted evidence of gate {gate} about {digest[:12]}…: {why}")
        newest = max(one.evidence.verified_at for one in believed)
        last = [one for one in believed if one.evidence.verified_at == newest]
        if any(one.evidence.passed is not True for one in last):
            raise Rejected("result", f"gate {gate} did not pass {digest[:12]}…")
        return last[0]


def _evidence(tree: Any) -> Evidence:
    """The statement's content; raises ValueError, TypeError or KeyError."""
    if tree["_type"] != STATEMENT or tree["predicateType"] != PREDICATE:
        raise ValueError("another kind of statement")
    predicate = tree["predicate"]
    ours = predicate[EXTENSION]
    if predicate["verifier"]["id"] != VERIFIER:
        raise ValueError("another verifier")
    result = predicate["verificationResult"]
    if result not in ("PASSED", "FAILED") or (result == "PASSED" and ours["decided"] is not True):
        raise ValueError("no result")
    if predicate["policy"]["uri"] != f"mlsec:gate/{ours['gate']}":
        raise ValueError("two gates")
    return Evidence(
        gate=_text(ours["gate"]), passed=result == "PASSED", subjects=_subjects(tree["subject"]),
        policy=_digest(predicate["policy"]["digest"]["sha256"]), verified_at=_time(predicate["timeVerified"]),
        checks=tuple(_text(one) for one in ours["checks"]), reasons=tuple(_text(one) for one in ours["reasons"]),
        version=_text(predicate["verifier"]["version"]["mlsec"]),
    )  # fmt: skip


def _subjects(listed: Any) -> dict[str, str]:
    if not isinstance(listed, list) or not listed:
        raise ValueError("no subject")
    found = {_text(one["name"]): _digest(one["digest"]["sha256"]) for one in listed}
    if len(found) != len(listed):
        raise ValueError("two subjects of one name")
    return found


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("not a text")
    return value


def _digest(value: Any) -> str:
    if not _SHA256.match(_text(value)):
        raise ValueError("not a SHA-256")
    return str(value)


def _time(value: Any) -> dt.datetime:
    if not _STAMP.match(_text(value)):
        raise ValueError("not a time")
    return dt.datetime.fromisoformat(value)
