"""Package URLs: one name for a package, whatever tool speaks of it."""

from collections.abc import Mapping
from urllib.parse import quote

_TYPES = {
    "PyPI": "pypi", "npm": "npm", "conda": "conda", "Debian": "deb", "Ubuntu": "deb", "Alpine": "apk", "Go": "golang",
    "crates.io": "cargo", "Maven": "maven", "RubyGems": "gem", "CRAN": "cran", "NuGet": "nuget",
    "deb": "deb", "apk": "apk", "rpm": "rpm", "oci": "oci",
}  # fmt: skip


def purl(ecosystem: str, name: str, version: str | None = None, qualifiers: Mapping[str, str] | None = None) -> str:
    """The package URL of a package of an OSV ecosystem (https://github.com/package-url/purl-spec)."""
    kind = _TYPES.get(ecosystem.partition(":")[0], "generic")
    if kind == "pypi":
        name = name.lower().replace("_", "-")
    if kind == "maven":
        name = name.replace(":", "/", 1)
    if kind == "deb" and "/" not in name:
        name = f"{ecosystem.partition(':')[0].lower()}/{name}"
    text = f"pkg:{kind}/" + "/".join(quote(part, safe="") for part in name.split("/"))
    if version:
        text += "@" + quote(version, safe=":")
    if qualifiers:
        text += "?" + "&".join(f"{key}={quote(value, safe='')}" for key, value in sorted(qualifiers.items()) if value)
    return text
