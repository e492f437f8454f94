"""What is wrong with how packages are asked for; needs no advisory."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from mlsec_nb.core import Finding, Severity, UsageError

from . import names
from .facts import CONDA, GIT, INDEX, NPM, PATH, PYPI, SYSTEM, URL, Dependency, Fact, Remark
from .story import Story

_OPTIONS = ("allow-licences", "deny-licences", "advisories", "max-age-days", "environment")
_GIT = "{} comes from a repository at no fixed commit"
_URL = "{} comes from an address without a hash"
_REMARKS = {
    "DEP-PLAIN-HTTP": "packages come from {} without protection",
    "DEP-TRUSTED-HOST": "the certificate of {} is not checked",
    "DEP-EXTRA-INDEX": "{} is asked beside the first index, and may answer for any name",
    "DEP-UNVERIFIED": "{} switches a check of what is installed off",
    "DEP-BOUND-LOST": "the shell takes the bound behind {} for a redirection: any version is installed",
}


@dataclass(frozen=True, slots=True)
class Policy:
    """What the user's table says of licences."""

    allow: tuple[str, ...] = ()
    deny: tuple[str, ...] = ()


def policy(options: Mapping[str, Any]) -> Policy:
    """The user's table; a mistake in it is a `UsageError`."""
    if unknown := sorted(set(options) - set(_OPTIONS)):
        raise UsageError(f"dependencies.{unknown[0]} is not an option; options are {', '.join(_OPTIONS)}")
    return Policy(_words(options, "allow-licences"), _words(options, "deny-licences"))


def flag(options: Mapping[str, Any], key: str) -> bool:
    """A choice that is off unless it is made."""
    value = options.get(key, False)
    if not isinstance(value, bool):
        raise UsageError(f"dependencies.{key} must be true or false")
    return value


def _words(options: Mapping[str, Any], key: str) -> tuple[str, ...]:
    value = options.get(key, [])
    if not isinstance(value, list) or not all(isinstance(word, str) for word in value):
        raise UsageError(f"dependencies.{key} must be a list of strings")
    return tuple(value)


def judged(story: Story, facts: Sequence[Fact], allowed: Policy) -> Iterator[Finding]:
    """Findings of one text, in the order of their places."""
    dependencies = [fact for fact in facts if isinstance(fact, Dependency)]
    found = [*_remarks(story, facts), *_unpinned(story, dependencies), *_unhashed(story, dependencies)]
    for fact in dependencies:
        found += [*_source(story, fact), *_name(story, fact), *_licence(story, fact, allowed)]
        found += _given_up(story, fact)
    seen: set[str] = set()
    for finding in found:
        key = f"{finding.fingerprint} {finding.location.line} {finding.location.column}"
        if key not in seen:
            seen.add(key)
            yield finding


def _given_up(story: Story, fact: Dependency) -> Iterator[Finding]:
    if fact.ecosystem == PYPI and (other := names.successor(fact.name)):
        yield story.finding("DEP-DEPRECATED", fact.span, fact.name, f"{fact.name} was given up for {other}")
    elif fact.deprecated:
        yield story.finding("DEP-DEPRECATED", fact.span, fact.name, f"{fact.name} is marked as deprecated")


def _remarks(story: Story, facts: Sequence[Fact]) -> Iterator[Finding]:
    for fact in facts:
        if isinstance(fact, Remark):
            yield story.finding(fact.rule, fact.span, fact.words, _REMARKS[fact.rule].format(fact.words),
                                severity=Severity.INFO if fact.low else None)  # fmt: skip


def _unpinned(story: Story, facts: Sequence[Dependency]) -> Iterator[Finding]:
    """One finding for each loose requirement of a manifest; in a notebook one for each run of them."""
    loose = [fact for fact in facts if _is_loose(fact)]
    if story.is_manifest:
        for fact in loose:
            yield story.finding("DEP-UNPINNED", fact.span, fact.name, _loose_words(fact),
                                severity=Severity.INFO if fact.specifier else None)  # fmt: skip
    elif loose:
        listed = list(dict.fromkeys(fact.name for fact in loose))
        words = ", ".join(listed[:8]) + (f" and {len(listed) - 8} more" if len(listed) > 8 else "")
        yield story.finding("DEP-UNPINNED", (loose[0].span[0], loose[0].span[1]), " ".join(sorted(listed)),
                            f"no exact version of {words}", severity=Severity.INFO)  # fmt: skip


def _is_loose(fact: Dependency) -> bool:
    return (
        not (fact.version or fact.may_range or fact.is_locked)
        and fact.source == INDEX
        and (fact.ecosystem, fact.name) != (CONDA, "python")
        and fact.ecosystem != SYSTEM
    )


def _loose_words(fact: Dependency) -> str:
    return (
        f"{fact.name} takes any version {fact.specifier}".rstrip() if fact.specifier else f"{fact.name} has no version"
    )


def _unhashed(story: Story, facts: Sequence[Dependency]) -> Iterator[Finding]:
    """One finding for a file that pins everything and hashes nothing; a range has no hash."""
    pinned = [fact for fact in facts if fact.version and fact.source == INDEX and fact.ecosystem in {PYPI, NPM}]
    bare = [fact for fact in pinned if not fact.is_hashed]
    if story.is_manifest and bare and not any(_is_loose(fact) or fact.may_range for fact in facts):
        first = bare[0]
        yield story.finding("DEP-NO-HASH", first.span, "no hashes",
                            f"{len(bare)} of {len(pinned)} pinned packages have no hash")  # fmt: skip


def _source(story: Story, fact: Dependency) -> Iterator[Finding]:
    severity = Severity.INFO if fact.may_range else None
    if fact.source == GIT and not fact.is_hashed:
        yield story.finding("DEP-GIT", fact.span, fact.address or fact.name, _GIT.format(fact.name),
                            severity=severity)  # fmt: skip
    elif fact.source == URL and not fact.is_hashed:
        yield story.finding("DEP-URL", fact.span, fact.address or fact.name, _URL.format(fact.name),
                            severity=severity)  # fmt: skip


def _name(story: Story, fact: Dependency) -> Iterator[Finding]:
    if fact.ecosystem != PYPI or fact.source in {PATH, URL, GIT}:
        return
    if project := names.meant(fact.name):
        yield story.finding("DEP-WRONG-NAME", fact.span, fact.name, f"{fact.name} is not the project {project}")
    elif other := names.imitated(fact.name):
        yield story.finding("DEP-TYPOSQUAT", fact.span, fact.name, f"{fact.name} looks like {other}",
                            details={"package": fact.name, "like": other})  # fmt: skip


def _licence(story: Story, fact: Dependency, allowed: Policy) -> Iterator[Finding]:
    """A licence expression is denied when it names a denied licence, or none that is allowed."""
    if not fact.licence:
        return
    words = [
        word for word in fact.licence.replace("(", " ").replace(")", " ").split() if word not in {"OR", "AND", "WITH"}
    ]
    denied = [word for word in words if any(fnmatchcase(word, shape) for shape in allowed.deny)]
    is_choice = " OR " in fact.licence
    outside = [word for word in words if allowed.allow and not any(fnmatchcase(word, shape) for shape in allowed.allow)]
    wrong = sorted({*denied, *outside})
    if wrong and not (is_choice and len(wrong) < len(set(words))):
        yield story.finding("DEP-LICENCE", fact.span, f"{fact.name} {fact.licence}",
                            f"{fact.name} is under {fact.licence}, which the policy does not allow")  # fmt: skip
