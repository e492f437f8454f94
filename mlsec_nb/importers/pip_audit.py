"""pip-audit: `pip-audit -f json` (https://github.com/pypa/pip-audit)."""

from typing import Any

from mlsec_nb.core import NO_ADVISORIES, purl

from .advisory import Vulnerable, vulnerable
from .told import Told
from .values import all_have, at, first, text, texts


def is_mine(value: Any) -> bool:
    listed = at(value, "dependencies")
    return (listed == [] and set(value) <= {"dependencies", "fixes"}) or any(
        all_have(rows, "name", key) for rows in (value, listed) for key in ("vulns", "skip_reason")
    )


def read(value: Any, told: Told) -> None:
    """Every package, and every vulnerability of it; what it skipped is a gap, which it counts as clean."""
    for package in told.rows(value, "dependencies") if isinstance(value, dict) else told.rows(value):
        name, version = text(package, "name"), text(package, "version")
        if (reason := package.get("skip_reason")) is not None:
            told.missed(f"not audited: {first(text(reason), name)}", code=NO_ADVISORIES)
            continue
        told.component(name, version=version, purl=purl("PyPI", name, version or None))
        for one in told.rows(package, "vulns"):
            vulnerable(told, Vulnerable(
                id=text(one, "id"), package=name, version=version, summary=_summary(text(one, "description")),
                aliases=texts(one, "aliases"), fixed=texts(one, "fix_versions"), ecosystem="PyPI",
                purl=purl("PyPI", name, version or None),
            ))  # fmt: skip


def _summary(words: str) -> str:
    """The first sentence: descriptions have hundreds of them."""
    return words.strip().partition("\n")[0].partition(". ")[0]
