"""Real images: made of packages that this machine has, with its own tools."""

import hashlib
import json
import os
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parents[3]


def run(*words: str, at: Path | None = None) -> str:
    return subprocess.run(words, check=True, capture_output=True, text=True, cwd=at).stdout


def packages(megabytes: int) -> list[str]:
    """Installed packages of Debian, by name, until they are so big together."""
    shown = run("dpkg-query", "-W", "-f", "${db:Status-Abbrev}\t${binary:Package}\t${Installed-Size}\n")
    chosen, total = [], 0
    for line in sorted(shown.splitlines()):
        status, name, size = line.split("\t")
        if status.strip() == "ii" and total < megabytes << 10 and int(size or 0) < megabytes << 8:
            chosen.append(name)
            total += int(size or 0)
    return chosen


def root(folder: Path, names: Sequence[str]) -> Path:
    """A tar of the files of some packages, with the part of the database that tells of them."""
    listed = set(run("dpkg-query", "-L", *names).splitlines())
    paths = sorted(path[1:] for path in listed if path.startswith("/") and os.path.lexists(path) and len(path) > 1)
    (folder / "paths").write_text("\n".join(paths))
    database = folder / "stage/var/lib/dpkg"
    (database / "info").mkdir(parents=True)
    (folder / "stage/etc").mkdir()
    (folder / "stage/etc/os-release").write_text('ID=debian\nVERSION_ID="12"\nPRETTY_NAME="Debian 12"\n')
    (database / "status").write_text("\n".join(run("dpkg-query", "-s", name).split("\n\n")[0] for name in names))
    own = Path("/var/lib/dpkg/info")
    for name in names:
        for suffix in ("list", "md5sums"):
            for kind in (name, name.partition(":")[0]):
                if (file := own / f"{kind}.{suffix}").exists():
                    (database / "info" / file.name).write_bytes(file.read_bytes())
    made = folder / "root.tar"
    run("tar", "-C", "/", "--no-recursion", "-T", str(folder / "paths"), "-cf", str(made))
    run("tar", "-C", str(folder / "stage"), "-rf", str(made), "var", "etc")
    return made


def debian() -> Path:
    """A tar of a fresh minimal Debian, made by debootstrap once a week and kept in the user's cache folder."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    kept = Path(base) / "mlsec-tests" / f"debian-{time.time_ns() // (7 * 86_400 * 10**9)}.tar"
    if not kept.exists():
        kept.parent.mkdir(parents=True, exist_ok=True)
        for old in kept.parent.glob("debian-*.tar"):
            old.unlink()
        with tempfile.TemporaryDirectory() as folder:
            run("debootstrap", "--variant=minbase", "stable", f"{folder}/root")
            run("tar", "-C", f"{folder}/root", "-cf", f"{kept}.new", ".")
        Path(f"{kept}.new").rename(kept)
    return kept


def archive(folder: Path, layers: Sequence[Path], history: Sequence[str]) -> Path:
    """The layers as `docker save` writes them."""
    config = {
        "os": "linux", "architecture": "amd64", "config": {"Cmd": ["bash"]},
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{_digest(layer)}" for layer in layers]},
        "history": [{"created_by": line} for line in history],
    }  # fmt: skip
    (folder / "config.json").write_text(json.dumps(config))
    names = [f"{index}/layer.tar" for index in range(len(layers))]
    (folder / "manifest.json").write_text(
        json.dumps([{"Config": "config.json", "RepoTags": ["real:1"], "Layers": names}])
    )
    with tarfile.open(folder / "image.tar", "w") as made:
        for name in ("manifest.json", "config.json"):
            made.add(folder / name, name)
        for name, layer in zip(names, layers, strict=True):
            made.add(layer, name)
    return folder / "image.tar"


def _digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


_MEASURE = """
import resource, subprocess, sys
subprocess.run([sys.executable, "-m", "mlsec_nb", *sys.argv[1:]], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)
"""


def measured(*words: str) -> tuple[float, float]:
    """CPU seconds and megabytes of one run of the command line; a process between, for a child inherits the peak."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    shown = subprocess.run([sys.executable, "-c", _MEASURE, *words], env=environment, check=True, text=True,
                           capture_output=True).stdout  # fmt: skip
    seconds, megabytes = map(float, shown.split())
    return seconds, megabytes
