"""What came out of one artifact."""

from collections import Counter
from dataclasses import dataclass, field

from mlsec_nb.core import Artifact, Component, Gap, Judged


@dataclass(slots=True)
class Scanned:
    """What came out of one artifact; `scanners` names those that looked at it, `unknown` counts what none knows."""

    artifact: Artifact
    judged: list[Judged] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    components: list[Component] = field(default_factory=list)
    scanners: tuple[str, ...] = ()
    unknown: Counter[str] = field(default_factory=Counter)  # files inside, by suffix

    def add(self, item: Gap | Component) -> None:
        if isinstance(item, Gap):
            self.gaps.append(item)
        else:
            self.components.append(item)


def unknown_files(suffixes: Counter[str]) -> str:
    """One line for all the files that no scanner knows, by suffix: said, but not one by one."""
    listed = ", ".join(f"{count} × {suffix}" for suffix, count in sorted(suffixes.items(), key=lambda i: (-i[1], i[0])))
    total = suffixes.total()
    return f"{total} {'file' if total == 1 else 'files'} of a kind that no chosen scanner knows: {listed}"
