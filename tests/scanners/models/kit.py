"""What the tests of this room share: scanning bytes, grading what came out, writing pickles by hand."""

import struct

from mlsec_nb.config import Settings
from mlsec_nb.core import Artifact, Document, Finding, Gap, Kind, Severity
from mlsec_nb.io.files import Memory
from mlsec_nb.scanners.models.scanner import build

SAFE, LOOK, DANGEROUS = "safe", "needs a look", "dangerous"


def scan(data: bytes, name: str = "model.pkl", kind: Kind = Kind.MODEL, **options):
    """Everything that the scanner says of some bytes."""
    scanner = build(Settings(options=options))
    return list(scanner.scan(Document(artifact=Artifact(name, kind, Memory(data)))))


def findings(items) -> list[Finding]:
    return [item for item in items if isinstance(item, Finding)]


def gaps(items) -> list[Gap]:
    return [item for item in items if isinstance(item, Gap)]


def grade(items) -> str:
    """The three outcomes."""
    found = findings(items)
    if any(finding.severity.at_least(Severity.HIGH) for finding in found):
        return DANGEROUS
    return LOOK if found else SAFE


def graded(data: bytes, name: str = "model.pkl", **options) -> str:
    return grade(scan(data, name, **options))


def rules(items) -> set[str]:
    return {finding.rule.id for finding in findings(items)}


# Pickles by hand: every function gives bytes of opcodes; nothing here is ever loaded.


def text(value: str) -> bytes:
    raw = value.encode()
    return b"X" + struct.pack("<I", len(raw)) + raw


def named(module: str, name: str) -> bytes:
    return b"c" + module.encode() + b"\n" + name.encode() + b"\n"


def stacked(module: str, name: str) -> bytes:
    return text(module) + text(name) + b"\x93"


def pair(*values: bytes) -> bytes:
    return b"(" + b"".join(values) + b"t"


def call(target: bytes, *args: bytes) -> bytes:
    return target + pair(*args) + b"R"


def new(target: bytes, *args: bytes) -> bytes:
    return target + pair(*args) + b"\x81"


def pickled(body: bytes, protocol: int = 4) -> bytes:
    return (b"\x80" + bytes([protocol]) if protocol >= 2 else b"") + body + b"."


def gadget(full: str, *args: bytes) -> bytes:
    """One call of a dotted name: the module is all but the last part, or up to the first class."""
    module, name = split(full)
    return call(stacked(module, name), *(args or (text("echo inert"),)))


def split(full: str) -> tuple[str, str]:
    """A dotted name as pickles write it: classes and what is in them belong to the name."""
    parts = full.split(".")
    for number, part in enumerate(parts[:-1]):
        if number and part.lstrip("_")[:1].isupper():
            return ".".join(parts[:number]), ".".join(parts[number:])
    return ".".join(parts[:-1]), parts[-1]
