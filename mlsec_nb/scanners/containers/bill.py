"""Packages as they stand in a bill of materials: https://github.com/package-url/purl-spec/blob/main/PURL-TYPES.rst."""

from typing import Final

from mlsec_nb.core import Component, purl

from .distro import Distro
from .inventory import Installed
from .packages import APK, CONDA, DEB, GO, JAVA, NPM, OF_DISTRIBUTION, PYTHON, RPM, RUST, Package, R
from .story import Story

_TYPES: Final = {
    DEB: "deb", APK: "apk", RPM: "rpm", PYTHON: "PyPI", CONDA: "conda", NPM: "npm", R: "CRAN", JAVA: "Maven", GO: "Go",
    RUST: "crates.io",
}  # fmt: skip
_VENDORS: Final = {"rhel": "redhat", "opensuse-leap": "opensuse", "sles": "suse"}  # another name in package URLs


def component(story: Story, distro: Distro | None, one: Installed) -> Component:
    """A package with the layers that it came and went with."""
    package = one.package
    facts = {
        "ecosystem": package.system, "arch": package.arch, "licence": package.licence,
        "source": package.source if package.source != package.name else "",
        "source-version": package.source_version if package.source_version != package.version else "",
        "layer": str(story.number(one.since)), "created-by": story.line(one.since),
        "removed-layer": str(story.number(one.until)) if one.until is not None else "",
        "removed-by": story.line(one.until) if one.until is not None else "", **package.extra,
    }  # fmt: skip
    return Component(
        name=package.name, kind="package", version=package.version, location=story.place(one.member, one.since),
        purl=address(package, distro), properties={key: value for key, value in facts.items() if value},
    )  # fmt: skip


def address(package: Package, distro: Distro | None) -> str:
    """The package URL, with the distribution that the package is of."""
    name, version = package.name, package.version
    if package.system not in OF_DISTRIBUTION:
        return purl(_TYPES[package.system], name, version)
    qualifiers = {"arch": package.arch, "distro": distro.label if distro else ""}
    if package.system == RPM:
        epoch, colon, rest = version.partition(":")
        if colon:
            version, qualifiers["epoch"] = rest, epoch
    vendor = _VENDORS.get(distro.id, distro.id) if distro else {DEB: "debian", APK: "alpine"}.get(package.system, "")
    return purl(_TYPES[package.system], f"{vendor}/{name}" if vendor else name, version, qualifiers)
