"""Which distribution an image is of, what OSV calls it, and until when it is cared for."""

import datetime as dt
import re
import shlex
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final

from mlsec_nb.core import CannotRead
from mlsec_nb.core.image import Image

FILES: Final = ("etc/os-release", "usr/lib/os-release")
_SMALL: Final = 64 << 10

# What OSV calls a distribution (https://ossf.github.io/osv-schema/#defined-ecosystems), by its ID in os-release.
_NAMES: Final[Mapping[str, str]] = {
    "debian": "Debian:{major}", "alpine": "Alpine:v{minor}", "wolfi": "Wolfi", "chainguard": "Chainguard",
    "rocky": "Rocky Linux:{major}", "almalinux": "AlmaLinux:{major}", "mageia": "Mageia:{major}",
    "photon": "Photon OS:{version}", "azurelinux": "Azure Linux:{major}", "opensuse-leap": "openSUSE:Leap {version}",
    "opensuse-tumbleweed": "openSUSE:Tumbleweed", "minimos": "MinimOS", "alpaquita": "Alpaquita:{version}",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Distro:
    """What os-release says: https://www.freedesktop.org/software/systemd/man/latest/os-release.html."""

    id: str
    version: str = ""
    name: str = ""

    @property
    def label(self) -> str:
        return f"{self.id}-{self.version}" if self.version else self.id

    @property
    def minor(self) -> str:
        return ".".join(self.version.split(".")[:2])

    @property
    def major(self) -> str:
        return self.version.partition(".")[0]

    def ecosystems(self, there: Collection[str]) -> tuple[str, ...]:
        """The names under which the store may know it; of Red Hat's, which are many, those that are there."""
        if self.id == "rhel":
            shape = re.compile(rf"Red Hat:(?:enterprise_linux|rhel)[\w.]*:{re.escape(self.major)}(?:[.:].*)?")
            return tuple(sorted(name for name in there if shape.fullmatch(name)))
        if self.id == "ubuntu":
            year, _, month = self.version.partition(".")
            is_lts = month == "04" and year.isdecimal() and int(year) % 2 == 0
            return (f"Ubuntu:{self.version}:LTS" if is_lts else f"Ubuntu:{self.version}",) if self.version else ()
        if self.id == "sles":
            major, _, pack = self.version.partition(".")
            return (f"SUSE:Linux Enterprise Server {major}{f' SP{pack}' if pack else ''}",)
        name = _NAMES.get(self.id)
        if name is None or ("{" in name and not self.version):
            return ()
        return (name.format(major=self.major, minor=self.minor, version=self.version),)


def of_text(text: str) -> Distro | None:
    """The distribution that an os-release describes; None when it does not say."""
    fields: dict[str, str] = {}
    for line in text.splitlines():
        key, mark, value = line.strip().partition("=")
        if mark and not key.startswith("#"):
            fields.setdefault(key, _unquoted(value))
    if not fields.get("ID"):
        return None
    return Distro(fields["ID"].lower(), fields.get("VERSION_ID", ""), fields.get("PRETTY_NAME", fields["ID"]))


def _unquoted(value: str) -> str:
    try:
        return " ".join(shlex.split(value))
    except ValueError:
        return value.strip("\"'")


def of_image(image: Image) -> Distro | None:
    """The distribution of an image, or None: it has none, as images that are one program do."""
    for path in FILES:
        entry = image.visible(path)
        if entry is not None and entry.kind in ("file", "hardlink"):
            try:
                found = of_text(image.read(entry, _SMALL).decode("utf-8", "replace"))
            except CannotRead:
                continue
            if found:
                return found
    return None


@dataclass(frozen=True, slots=True)
class Care:
    """Until when a release gets fixes for nothing, and where that is said."""

    until: dt.date
    source: str


@cache
def _table() -> Mapping[str, Any]:
    return tomllib.loads((files(__package__) / "end_of_life.toml").read_text(encoding="utf-8"))


def care(distro: Distro) -> Care | None:
    """What is known of the release's end, None for what is not in the table."""
    table = _table().get(distro.id)
    if not isinstance(table, Mapping):
        return None
    for version in (distro.version, distro.minor, distro.major):
        if isinstance(day := table.get(version), dt.date):
            return Care(day, str(table["source"]))
    return None
