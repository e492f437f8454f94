"""Packages of Python, conda, npm and R, each in files of its own."""

import base64
import binascii
import csv
import json
import re
from pathlib import PurePosixPath
from typing import Any, Final

from mlsec_nb.scanners.containers.packages import CONDA, NPM, PYTHON, Digests, Package, R, Told, stanzas

_SHORT: Final = 60  # characters; a longer licence is its whole text
_SHA256: Final = re.compile(r"[0-9a-f]{64}")


def metadata(path: str, data: bytes) -> Told:
    """`METADATA` or `PKG-INFO`: https://packaging.python.org/en/latest/specifications/core-metadata/."""
    head = data.decode("utf-8", "replace").replace("\r\n", "\n").partition("\n\n")[0]
    fields = next(stanzas(head), {})
    name, version = fields.get("Name", ""), fields.get("Version", "")
    if not name or not version:
        return Told()
    licence = fields.get("License-Expression") or fields.get("License", "")
    extra = {"bundled": "true"} if "/_vendor/" in path else {}
    package = Package(system=PYTHON, name=name, version=version, extra=extra,
                      licence=licence if len(licence) < _SHORT and "\n" not in licence else "")  # fmt: skip
    return Told((package,), system=PYTHON)


def record(path: str, data: bytes) -> Told:
    """`RECORD`: https://packaging.python.org/en/latest/specifications/recording-installed-packages/#the-record-file."""
    site = PurePosixPath(path).parent.parent
    owned = Digests()
    for row in csv.reader(data.decode("utf-8", "surrogateescape").replace("\0", "").splitlines()):
        if len(row) >= 2 and row[0]:
            owned[_below(site, row[0])] = _urlsafe(row[1])
    return Told(owned=owned, system=PYTHON)


def _below(folder: PurePosixPath, name: str) -> str:
    """A name that may climb, as those of scripts do."""
    parts = [] if name.startswith("/") else list(folder.parts)
    for part in name.split("/"):
        if part == "..":
            parts = parts[:-1]
        elif part not in ("", "."):
            parts.append(part)
    return "/".join(parts)


def _urlsafe(text: str) -> str:
    name, _, value = text.partition("=")
    if name not in ("sha256", "sha384", "sha512"):
        return ""
    try:
        return f"{name}:{base64.urlsafe_b64decode(value + '=' * (-len(value) % 4)).hex()}"
    except (binascii.Error, ValueError):
        return ""


def conda(path: str, data: bytes) -> Told:
    """One file of `conda-meta`: what was installed from which channel, with the digests of its files."""
    value = _json(data)
    name, version = value.get("name"), value.get("version")
    if not isinstance(name, str) or not isinstance(version, str):
        return Told()
    channel = value.get("channel")
    extra = {"build": value.get("build"), "channel": channel if isinstance(channel, str) and "@" not in channel else ""}
    licence = value.get("license")
    package = Package(
        system=CONDA, name=name, version=version, arch=str(value.get("subdir") or ""),
        licence=licence if isinstance(licence, str) else "",
        extra={key: item for key, item in extra.items() if isinstance(item, str) and item},
    )  # fmt: skip
    return Told((package,), _conda_files(PurePosixPath(path).parent.parent, value), CONDA)


def _conda_files(prefix: PurePosixPath, value: dict[str, Any]) -> Digests:
    owned = Digests()
    files = value.get("files")
    for name in files if isinstance(files, list) else []:
        owned[_below(prefix, str(name))] = ""
    paths = value.get("paths_data")
    entries = paths.get("paths") if isinstance(paths, dict) else None
    for entry in entries if isinstance(entries, list) else []:
        if isinstance(entry, dict) and isinstance(entry.get("_path"), str):
            digest = entry.get("sha256_in_prefix") or entry.get("sha256")
            is_one = isinstance(digest, str) and _SHA256.fullmatch(digest)
            owned[_below(prefix, entry["_path"])] = f"sha256:{digest}" if is_one else ""
    return owned


def npm(path: str, data: bytes) -> Told:
    """`package.json` of an installed package."""
    del path
    value = _json(data)
    name, version = value.get("name"), value.get("version")
    if not isinstance(name, str) or not isinstance(version, str) or not name or not version:
        return Told()
    licence = value.get("license")
    package = Package(system=NPM, name=name, version=version, licence=licence if isinstance(licence, str) else "")
    return Told((package,), system=NPM)


def description(path: str, data: bytes) -> Told:
    """`DESCRIPTION` of an installed package of R; that of a source has no field `Built`."""
    del path
    fields = next(stanzas(data.decode("utf-8", "replace")), {})
    name, version = fields.get("Package", ""), fields.get("Version", "")
    if not name or not version or "Built" not in fields:
        return Told()
    package = Package(system=R, name=name, version=version, licence=fields.get("License", "")[:_SHORT])
    return Told((package,), system=R)


def _json(data: bytes) -> dict[str, Any]:
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
