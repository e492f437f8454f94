"""What is looked for, said once: the catalogue, `explain`, SARIF and the panel all read it here."""

from dataclasses import dataclass

from .grades import Confidence, Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One thing that can be wrong, with everything a reader needs to judge and mend it.

    `references` are links or ids ("CWE-502", "ML06:2023", "LLM05:2025", "AML.T0010").
    `bad` and `good` are example texts that must and must not be found; the tests run them.
    """

    id: str
    title: str
    severity: Severity
    confidence: Confidence = Confidence.HIGH
    why: str = ""
    fix: str = ""
    references: tuple[str, ...] = ()
    bad: tuple[str, ...] = ()
    good: tuple[str, ...] = ()
