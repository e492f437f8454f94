"""Which ecosystem's versions are ordered how."""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, Final

from . import distributions, languages

Key = Any  # whatever a scheme makes; comparable within one scheme only

# Ecosystems as OSV names them, without what follows the colon (https://ossf.github.io/osv-schema/#defined-ecosystems).
_SCHEMES: Final[Mapping[str, Callable[[str], Key]]] = {
    "PyPI": languages.pypi,
    "npm": languages.semver, "crates.io": languages.semver, "Go": languages.semver, "Hex": languages.semver,
    "Pub": languages.semver, "SwiftURL": languages.semver, "Bitnami": languages.semver,
    "Maven": languages.maven, "conda": languages.conda,
    "Debian": distributions.debian, "Ubuntu": distributions.debian, "Echo": distributions.debian,
    "Alpine": distributions.alpine, "Wolfi": distributions.alpine, "Chainguard": distributions.alpine,
    "Alpaquita": distributions.alpine, "MinimOS": distributions.alpine,
    "Red Hat": distributions.rpm, "AlmaLinux": distributions.rpm, "Rocky Linux": distributions.rpm,
    "SUSE": distributions.rpm, "openSUSE": distributions.rpm, "Mageia": distributions.rpm,
    "openEuler": distributions.rpm, "Photon OS": distributions.rpm, "Azure Linux": distributions.rpm,
}  # fmt: skip


def is_known(ecosystem: str) -> bool:
    """Whether versions of an ecosystem can be ordered."""
    return ecosystem.partition(":")[0] in _SCHEMES


def key(ecosystem: str, version: str) -> Key:
    """The key of a version among those of its ecosystem; raises `KeyError` for an ecosystem that is not known."""
    return _made(ecosystem.partition(":")[0], version)


@lru_cache(maxsize=1 << 17)
def _made(scheme: str, version: str) -> Key:
    return _SCHEMES[scheme](version.strip()[:256])


def compare(ecosystem: str, left: str, right: str) -> int:
    """-1, 0 or 1."""
    a, b = key(ecosystem, left), key(ecosystem, right)
    return int(b < a) - int(a < b)
