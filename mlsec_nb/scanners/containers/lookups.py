"""What the local store of advisories knows of the packages of an image."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from mlsec_nb.advisories import Advisory, Store
from mlsec_nb.advisories.asking import Asking, mending, severity_of
from mlsec_nb.core import NO_ADVISORIES, SKIPPED, CannotRead, Finding, Gap, Severity

from .distro import Distro
from .inventory import Installed
from .packages import CONDA, GO, JAVA, NPM, OF_DISTRIBUTION, PYTHON, RPM, RUST, Package, R
from .story import NAME, Story

_ECOSYSTEMS: Final = {PYTHON: "PyPI", NPM: "npm", JAVA: "Maven", GO: "Go", RUST: "crates.io", R: "CRAN"}
_BY_SOURCE: Final = ("SUSE", "openSUSE", "Mageia", "openEuler", "Photon OS", "Azure Linux")
_NEVER: Final = frozenset({"unimportant", "end-of-life", "ignored"})  # what a distribution calls what it will not mend


@dataclass(slots=True)
class Asked:
    """Packages that one record would be about: those of one source, of one version."""

    ecosystem: str
    name: str
    version: str
    ones: list[Installed] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Known:
    """An advisory about packages, and the version in which all of theirs are mended."""

    asked: Asked
    advisory: Advisory
    state: str  # "fixed", "affected" or "will not fix"


class Lookup:
    """The store, and what it tells of an image."""

    def __init__(self, options: Mapping[str, Any], *, ignore_unfixed: bool) -> None:
        self._asking = Asking(options, NAME)
        self._ignore_unfixed = ignore_unfixed

    def told(
        self, story: Story, distro: Distro | None, installed: Sequence[Installed], known: list[Known]
    ) -> Iterator[Finding | Gap]:
        """Findings for what is known, which goes into `known` too, and a gap for what was not looked up."""
        asked, counts, nameless = self._asked(distro, [one for one in installed if one.until is None])
        for words in nameless:
            yield story.gap(words, NO_ADVISORIES)
        yield from (story.gap(reason, code) for reason, code in self._asking.gaps(counts))
        store = self._asking.opened
        if isinstance(store, CannotRead):
            return
        unfixed = 0
        for one in asked:
            for found in self._known(store, one):
                if self._ignore_unfixed and found.state != "fixed" and not found.advisory.is_malicious:
                    unfixed += 1
                    continue
                known.append(found)
                yield _finding(story, found)
        if unfixed:
            words = f"{unfixed} known vulnerabilities that no version mends are left out, as was asked for"
            yield story.gap(words, SKIPPED)

    def mending(self, ecosystem: str, name: str, found: list[Advisory]) -> str | None:
        """The least version that mends all that can be mended."""
        store = self._asking.opened
        return None if isinstance(store, CannotRead) else mending(store, ecosystem, name, found)

    def _asked(
        self, distro: Distro | None, installed: Sequence[Installed]
    ) -> tuple[list[Asked], Counter[str], list[str]]:
        """The questions, how many packages of each ecosystem they are about, and what cannot be asked."""
        found: dict[tuple[str, str, str], Asked] = {}
        counts: Counter[str] = Counter()
        nameless: Counter[str] = Counter()
        of_distro = distro.ecosystems(self._asking.as_of) if distro else ()
        for one in installed:
            package = one.package
            system = package.system
            ecosystems = of_distro if system in OF_DISTRIBUTION else (_ECOSYSTEMS.get(system, ""),)
            if not ecosystems or not ecosystems[0] or (system == JAVA and ":" not in package.name):
                nameless[system] += 1
                continue
            counts[ecosystems[0]] += 1
            for ecosystem in ecosystems:
                name, version = _question(package, ecosystem)
                found.setdefault((ecosystem, name, version), Asked(ecosystem, name, version)).ones.append(one)
        return list(found.values()), counts, [_nameless(*item, distro) for item in sorted(nameless.items())]

    def _known(self, store: Store, asked: Asked) -> Iterator[Known]:
        if asked.ecosystem not in self._asking.as_of:
            return
        for one in store.affecting(asked.ecosystem, asked.name, asked.version):
            if asked.ones[0].package.system == RPM and not _same_module(asked, one):
                continue
            yield Known(asked, one, _state(store, asked, one))


def _question(package: Package, ecosystem: str) -> tuple[str, str]:
    """Debian, Alpine and SUSE publish by source, Red Hat and its kin by binary package."""
    if package.system == RPM and not ecosystem.startswith(_BY_SOURCE):
        return package.name, package.version
    if package.system in OF_DISTRIBUTION:
        return package.source or package.name, package.source_version or package.version
    return package.name, package.version


def _same_module(asked: Asked, one: Advisory) -> bool:
    """Streams of a module have versions of their own, which say nothing of another stream or of what is in none."""
    in_module = ".module" in asked.version
    return not one.fixed or any((".module" in version) == in_module for version in one.fixed)


def _nameless(system: str, count: int, distro: Distro | None) -> str:
    packages = f"{count} {system} package{'s'[: count > 1]} not looked up"
    if system in OF_DISTRIBUTION:
        name = distro.name if distro else ""
        return f"{packages}: " + (
            f"nobody publishes OSV records for {name}" if name else "the image names no distribution"
        )
    if system == CONDA:
        return f"{packages}: nobody publishes advisories for conda"
    return f"{packages}: the file does not say its group" if system == JAVA else f"{packages}: no ecosystem is known"


def _state(store: Store, asked: Asked, one: Advisory) -> str:
    if one.fixed:
        return "fixed"
    for name in one.records:
        for affected in (store.record(name) or {}).get("affected") or []:
            package, own = affected.get("package") or {}, affected.get("ecosystem_specific")
            urgency = str(own.get("urgency", "")) if isinstance(own, dict) else ""
            if package.get("ecosystem") == asked.ecosystem and urgency.lower() in _NEVER:
                return "will not fix"
    return "affected"


def _finding(story: Story, known: Known) -> Finding:
    asked, one = known.asked, known.advisory
    first = asked.ones[0]
    place = story.place(first.member, first.since)
    names = sorted({item.package.name for item in asked.ones})
    details = {
        "advisory": one.id, "aliases": list(one.aliases), "package": first.package.name, "packages": names,
        "version": first.package.version, "source": asked.name, "ecosystem": asked.ecosystem,
        "fixed": list(one.fixed), "state": known.state, "cvss": one.score, "vector": one.vector, "epss": one.epss,
        "exploited": one.exploited, "ransomware": one.ransomware, **story.came(first.since),
    }  # fmt: skip
    details = {name: value for name, value in details.items() if value not in (None, "", [], False)}
    if one.is_malicious:
        return story.found("IMAGE-MALICIOUS", place, f"{asked.name} {one.id}",
                           f"{asked.name} is known to be malicious ({one.id})", details=details)  # fmt: skip
    severity = Severity.INFO if known.state == "will not fix" and not one.exploited else severity_of(one)
    words = f"{asked.name} {asked.version}: {one.summary or 'a known vulnerability'} ({one.id}); {_mended(known)}"
    words += "; known to be exploited" if one.exploited else ""
    return story.found("IMAGE-VULNERABLE", place, f"{asked.name} {one.id}", f"{words} ({story.words(first.since)})",
                       severity=severity, details=details)  # fmt: skip


def _mended(known: Known) -> str:
    if known.state == "fixed":
        return f"mended in {', '.join(known.advisory.fixed)}"
    return "the distribution will not mend it" if known.state == "will not fix" else "no version mends it yet"


@dataclass(frozen=True, slots=True)
class Command:
    """A line for the Dockerfile, and how many findings it mends."""

    line: str
    mends: int


def commands(known: Sequence[Known], lookup: Lookup) -> list[Command]:
    """The lines that mend what can be mended, the one that mends most first."""
    by_system: dict[str, list[Known]] = {}
    for one in known:
        if one.state == "fixed":
            by_system.setdefault(one.asked.ones[0].package.system, []).append(one)
    made = [Command(line, len(same)) for system, same in by_system.items() if (line := _line(system, same, lookup))]
    return sorted(made, key=lambda command: (-command.mends, command.line))


def _line(system: str, known: Sequence[Known], lookup: Lookup) -> str:
    names = sorted({item.package.name for one in known for item in one.asked.ones})
    if system == PYTHON:
        return "RUN pip install --upgrade " + " ".join(
            f"'{name}>={version}'" for name, version in _least(known, lookup)
        )
    if system == NPM:
        return "RUN npm install --global " + " ".join(f"{name}@{version}" for name, version in _least(known, lookup))
    shape = {
        "deb": "RUN apt-get update && apt-get install -y --only-upgrade {} && rm -rf /var/lib/apt/lists/*",
        "apk": "RUN apk upgrade --no-cache {}",
        "rpm": "RUN dnf upgrade -y {}",
    }.get(system)
    if system == RPM and known[0].asked.ecosystem.startswith(("SUSE", "openSUSE")):
        shape = "RUN zypper --non-interactive update {}"
    return shape.format(" ".join(names)) if shape else ""


def _least(known: Sequence[Known], lookup: Lookup) -> list[tuple[str, str]]:
    by_name: dict[tuple[str, str], list[Known]] = {}
    for one in known:
        by_name.setdefault((one.asked.ecosystem, one.asked.name), []).append(one)
    return sorted(
        (name, version)
        for (ecosystem, name), same in by_name.items()
        if (version := lookup.mending(ecosystem, name, [one.advisory for one in same]))
    )
