"""Known vulnerabilities in packages: every tool tells them in its own way, all of them become the same finding."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from mlsec_nb.core import Confidence, Evidence, Location, Severity, Status

from . import grades
from .told import Told, name, plain_purl, titled

_WHY = "A version of the package with a known vulnerability is in use."
_FIX = "Go to a version in which it is mended."
OWN = "VULNERABLE"


@dataclass(frozen=True, kw_only=True)
class Vulnerable:
    """One advisory about one package; `state` is the distribution's word when nothing mends it."""

    id: str
    package: str
    version: str = ""
    severity: Severity | None = None
    summary: str = ""
    aliases: Sequence[str] = ()
    fixed: Sequence[str] = ()
    purl: str = ""
    ecosystem: str = ""
    cvss: float | None = None
    vector: str = ""
    epss: float | None = None
    exploited: bool = False
    state: str = ""
    cwes: Sequence[str] = ()
    status: Status = Status.NEW
    reason: str = ""

    @property
    def graded(self) -> Severity:
        return self.severity or grades.scored(self.cvss) or grades.UNKNOWN

    def details(self) -> dict[str, Any]:
        """As the scanners of this house tell it, so that views, policies and bills of materials know it."""
        told = {
            "advisory": name(self.id), "aliases": [name(one) for one in dict.fromkeys(self.aliases) if one != self.id],
            "package": name(self.package), "version": name(self.version), "ecosystem": name(self.ecosystem),
            "fixed": [name(one) for one in self.fixed], "cvss": self.cvss, "vector": name(self.vector),
            "epss": self.epss, "exploited": self.exploited, "state": name(self.state),
            "purl": plain_purl(self.purl), "cwes": [name(one) for one in self.cwes],
        }  # fmt: skip
        return {key: value for key, value in told.items() if value not in (None, "", [], False)}


def vulnerable(told: Told, one: Vulnerable, place: Location | None = None) -> None:
    """Add what a tool says of one advisory about one package."""
    if one.package and not told.lists(one.package, one.version):  # what is known of a package is no use without it
        told.component(one.package, version=one.version, purl=one.purl, place=place)
    package, version, advisory = name(one.package) or "unnamed", name(one.version), name(one.id) or "unnamed"
    words = f"{package} {version}".strip() + f": {titled(one.summary, 140) or 'a known vulnerability'} ({advisory})"
    words += f"; mended in {', '.join(map(name, one.fixed[:5]))}" if one.fixed else f"; {_unmended(one.state)}"
    words += "; known to be exploited" if one.exploited else ""
    details = one.details() | {"id": advisory}
    if place in (None, told.here):
        details["unplaced"] = True
    told.found(
        OWN, "A package with a known vulnerability", severity=one.graded, confidence=Confidence.HIGH, place=place,
        composed=words, shown=Evidence.fact(f"{package} {advisory}", told.key), why=_WHY, fix=_FIX,
        references=("CWE-1395",), details=details, status=one.status, reason=one.reason,
    )  # fmt: skip


def _unmended(state: str) -> str:
    if state.replace("-", "_").replace(" ", "_").lower() in ("will_not_fix", "wont_fix", "end_of_life"):
        return "it will not be mended"
    return "no version is named that mends it"
