"""What other tools' ignore files, and VEX documents, say of vulnerabilities: which do not matter, and why."""

import datetime as dt
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import unquote

from mlsec_nb.core import Finding, Globs, mask_text, purl

from .marks import NO_REASON
from .merging import names, package_of

_PURL = re.compile(r"pkg:(?P<type>[^/]+)/(?P<name>[^@?#]+)(?:@(?P<version>[^?#]+))?(?:\?(?P<qualifiers>[^#]*))?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Exemption:
    """Some ids, in some packages and paths, that somebody has judged; what is empty is not asked for.

    `until` is the first day on which it does not hold any more. With `lifts` it says the contrary: it matters.
    """

    source: str
    ids: frozenset[str] = frozenset()
    packages: tuple[str, ...] = ()  # package URLs, or names
    versions: tuple[str, ...] = ()
    products: tuple[str, ...] = ()  # package URLs or names of what holds the packages: images
    paths: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    reason: str = NO_REASON
    until: dt.date | None = None
    lifts: bool = False

    def covers(self, finding: Finding, path: str, ids: set[str]) -> bool:
        """Whether it is about a finding that may be called `ids`, whose path is `path` as the config counts paths."""
        details = finding.details
        if self.ids and self.ids.isdisjoint(ids):
            return False
        if self.states and str(details.get("state", "")).lower().replace("-", " ") not in self.states:
            return False
        if self.versions and str(details.get("version")) not in self.versions:
            return False
        if self.paths and not any(_holds(self.paths, place) for place in (path, finding.location.member or "")):
            return False
        if self.products and not any(_is_product(one, finding, path) for one in self.products):
            return False
        return not self.packages or any(_is_package(one, finding) for one in self.packages)


@dataclass(frozen=True, slots=True)
class Exemptions:
    """All exemptions of a run: those of files, and those of VEX documents, of which the last word counts."""

    of_files: Sequence[Exemption] = ()
    of_vex: Sequence[Exemption] = ()

    def about(self, finding: Finding, path: str, today: dt.date) -> tuple[bool, str]:
        """Whether a finding is exempt, and the words for it; words alone are those of an exemption that is over."""
        if not self.of_files and not self.of_vex:
            return False, ""
        over, ids = "", _ids(finding)
        for one in self.of_files:
            if one.covers(finding, path, ids):
                if one.until is None or today < one.until:
                    return True, f"ignored by {one.source}: {one.reason}"
                over = over or f"an ignore in {one.source} expired on {one.until}"
        for one in reversed(self.of_vex):
            if one.covers(finding, path, ids):
                return (False, over) if one.lifts else (True, f"{one.source}: {one.reason}")
        return False, over


def worded(reason: object) -> str:
    """The reason that somebody gave, in one line."""
    return mask_text(str(reason)) if reason else NO_REASON


def _ids(finding: Finding) -> set[str]:
    """What a finding may be called: its advisory and aliases, its rule, and what another tool calls that rule."""
    own = finding.details.get("id")
    return names(finding.details) | {finding.rule.id.upper()} | ({own.upper()} if isinstance(own, str) else set())


def _holds(globs: Iterable[str], path: str) -> bool:
    return bool(path) and Globs.of([glob.removeprefix("./") for glob in globs]).hold(path)


def _is_package(wanted: str, finding: Finding) -> bool:
    """Whether a package URL or name is that of the finding's package; what a URL leaves open may be anything."""
    details = finding.details
    if not details.get("package"):
        return False
    match = _PURL.match(wanted)
    if not match:
        return re.sub(r"[-_.]+", "-", wanted).lower() == package_of(details)[0]
    given = details.get("purl")
    version = details.get("version")
    own = _PURL.match(given) if isinstance(given, str) else None
    own = own or _PURL.match(
        purl(str(details.get("ecosystem", "")), str(details["package"]), str(version) if version else None)
    )
    if own is None or own["type"].lower() != match["type"].lower() or _plain(own["name"]) != _plain(match["name"]):
        return False
    if match["version"] and unquote(match["version"]) != unquote(own["version"] or str(version or "")):
        return False
    asked, has = _pairs(match["qualifiers"]), _pairs(own["qualifiers"])
    return all(has.get(key, value) == value for key, value in asked.items())


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", unquote(name)).lower().strip("/")


def _pairs(qualifiers: str | None) -> dict[str, str]:
    return {
        key: unquote(value) for key, _, value in (one.partition("=") for one in (qualifiers or "").split("&")) if key
    }


def _is_product(wanted: str, finding: Finding, path: str) -> bool:
    """Whether the finding is in a product: a package URL of its package or image, or the name of what was scanned."""
    match = _PURL.match(wanted)
    if not match or match["type"].lower() not in ("oci", "docker"):
        return wanted in (path, finding.location.path) or bool(match and _is_package(wanted, finding))
    name, _, digest = finding.location.path.partition("@")
    name, _, tag = name.rpartition("/")[2].partition(":")
    said = unquote(match["version"] or "") or _pairs(match["qualifiers"]).get("tag", "")
    return name.lower() == unquote(match["name"]).rpartition("/")[2].lower() and said in ("", digest, tag)
