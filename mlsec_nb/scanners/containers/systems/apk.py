"""Alpine's packages: https://wiki.alpinelinux.org/wiki/Apk_spec, `/lib/apk/db/installed`."""

import base64
import binascii

from mlsec_nb.scanners.containers.packages import APK, Digests, Package, Told, add


def installed(path: str, data: bytes) -> Told:
    """Paragraphs of one-letter fields: P name, V version, o origin, and for each file F folder, R name, Z digest."""
    del path
    packages, owned = list[Package](), Digests()
    for paragraph in data.decode("utf-8", "surrogateescape").split("\n\n"):
        fields: dict[str, str] = {}
        folder = last = ""
        for line in paragraph.split("\n"):
            key, colon, value = line.partition(":")
            if not colon:
                continue
            if key == "F":
                folder, last = value, ""
            elif key == "R":
                last = f"{folder}/{value}" if folder else value
                owned[last] = ""
            elif key == "Z" and last:
                owned[last] = _digest(value)
            else:
                fields.setdefault(key, value)
        if fields.get("P") and fields.get("V"):
            add(packages, _package(fields))
    return Told(tuple(packages), owned, APK)


def _package(fields: dict[str, str]) -> Package:
    origin = fields.get("o") or fields["P"]
    return Package(system=APK, name=fields["P"], version=fields["V"], arch=fields.get("A", ""), source=origin,
                   source_version=fields["V"], licence=fields.get("L", ""))  # fmt: skip


def _digest(value: str) -> str:
    """`Q1` and base64 of SHA-1, `Q2` of SHA-256; nothing for what is neither."""
    name = {"Q1": "sha1", "Q2": "sha256"}.get(value[:2])
    try:
        raw = base64.b64decode(value[2:], validate=True)
    except (binascii.Error, ValueError):
        return ""
    return f"{name}:{raw.hex()}" if name else ""
