"""What a manifest or a command says of packages, with the place of each word of it in the text that was read."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

Span = tuple[int, int]

PYPI: Final = "PyPI"  # ecosystems under OSV's names, https://ossf.github.io/osv-schema/#defined-ecosystems
NPM: Final = "npm"
CONDA: Final = "conda"  # not one of OSV's: there are no advisories for it
SYSTEM: Final = "system"  # apt: which distribution it is for cannot be told here

INDEX: Final = "index"
GIT: Final = "git"
URL: Final = "url"
PATH: Final = "path"


@dataclass(frozen=True, slots=True, kw_only=True)
class Dependency:
    """A package that is asked for or locked; `version` is None unless exactly one will do.

    `pin` is the run of text that a fix replaces by an exact requirement; None where no edit is safe.
    """

    ecosystem: str
    name: str
    span: Span
    version: str | None = None
    specifier: str = ""
    source: str = INDEX
    address: str = ""
    pin: Span | None = None
    pinned: str = "{name}=={version}"  # what goes there
    is_hashed: bool = False
    is_locked: bool = False  # by a lock file: one of a whole that was resolved
    may_range: bool = False  # stands where ranges belong: the manifest of a library, beside a lock
    licence: str = ""
    deprecated: bool = False
    extra: Mapping[str, str] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class Remark:
    """Something wrong with how packages are asked for, under the id of its rule; `words` are safe to show."""

    rule: str
    span: Span
    words: str
    low: bool = False  # of no weight: a source that everybody uses


@dataclass(frozen=True, slots=True)
class Unread:
    """What could not be understood; becomes a `Gap`."""

    span: Span
    reason: str
    code: str = "malformed"


@dataclass(frozen=True, slots=True)
class Include:
    """Another file whose lines count as if they stood here."""

    span: Span
    path: str


Fact = Dependency | Remark | Unread | Include
