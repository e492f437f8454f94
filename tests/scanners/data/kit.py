"""What the tests of this room share: auditing a folder with the data scanner, and pins written by hand."""

import hashlib
import json
from pathlib import Path

from mlsec_nb.config import Config, Settings
from mlsec_nb.core import Artifact, Component, Document, Finding, Gap, Kind
from mlsec_nb.io.files import LocalFile, Memory
from mlsec_nb.pipeline import audit
from mlsec_nb.scanners.data.scanner import build


def scan(path: Path, kind: Kind = Kind.DATA, **options):
    """Every finding and gap of one file."""
    return [item for item in said(path, kind, **options) if not isinstance(item, Component)]


def said(path: Path, kind: Kind = Kind.DATA, **options):
    """Everything that the scanner says of one file."""
    return list(build(Settings(options=options)).scan(Document(artifact=Artifact(str(path), kind, LocalFile(str(path))))))


def scan_bytes(data: bytes, name: str, kind: Kind = Kind.DATA, **options):
    return list(build(Settings(options=options)).scan(Document(artifact=Artifact(name, kind, Memory(data)))))


def report(folder: Path, *, only: str = "data", tables=None):
    return audit([str(folder)], Config(only=(only,), jobs=1, root=folder, tables={"data": tables or {}}))


def rules(items) -> list[str]:
    return [item.rule.id for item in items if isinstance(item, Finding)]


def gaps(items) -> list[str]:
    return [item.code for item in items if isinstance(item, Gap)]


def md5(data: bytes) -> str:
    return hashlib.md5(data).hexdigest()


def pin(target: Path, *, version: int = 3) -> Path:
    """A `.dvc` file beside a file or folder, as DVC would write it; the list of a folder goes into the cache."""
    if target.is_dir():
        files = sorted(p for p in target.rglob("*") if p.is_file())
        entries = [{"md5": md5(p.read_bytes()), "relpath": p.relative_to(target).as_posix()} for p in files]
        listing = json.dumps(sorted(entries, key=lambda e: e["relpath"]), sort_keys=True).encode()
        digest = md5(listing) + ".dir"
        place = target.parent / ".dvc/cache" / ("files/md5" if version == 3 else "") / digest[:2] / digest[2:]
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(listing)
    else:
        digest = md5(target.read_bytes())
    words = [f"- md5: {digest}", f"  path: {target.name}"] + (["  hash: md5"] if version == 3 else [])
    made = target.with_name(target.name + ".dvc")
    made.write_text("outs:\n" + "\n".join(words) + "\n")
    return made
