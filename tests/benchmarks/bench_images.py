"""What an audit of a whole image costs, beside unpacking it with umoci: `make bench`.

The image is a fresh minimal Debian where debootstrap can make one, else packages that this machine has.
"""

import os
import resource
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.scanners.containers import real


def made(folder: Path) -> Path:
    """A tar of a root filesystem."""
    if shutil.which("debootstrap") and os.geteuid() == 0:
        try:
            return real.debian()
        except subprocess.CalledProcessError:  # no network, or no mirror
            pass
    return real.root(folder, real.packages(240))


def unpacked(folder: Path, archive: Path) -> float:
    """CPU seconds of umoci."""
    real.run("skopeo", "copy", "-q", f"docker-archive:{archive}", f"oci:{folder}/oci:app")
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    real.run("umoci", "unpack", "--rootless", "--image", f"{folder}/oci:app", str(folder / "bundle"))
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        archive = real.archive(folder, [made(folder)], ["ADD root /"])
        size = archive.stat().st_size / 1e6
        kept = ("--cache-dir", str(folder / "cache"))
        whole, memory = real.measured("container", str(archive), "-q", "-j", "1", *kept)
        again, _ = real.measured("container", str(archive), "-q", "-j", "1", *kept)
        inventory, _ = real.measured("container", str(archive), "-q", "-j", "1", "--no-cache", "--inventory")
        print(f"{size:.0f} MB of layers: everything {whole:.1f} CPU s and {memory:.0f} MB, inventory {inventory:.1f} s,"
              f" again {again:.1f} s")  # fmt: skip
        if shutil.which("skopeo") and shutil.which("umoci"):
            other = unpacked(folder, archive)
            print(f"umoci unpack alone {other:.1f} CPU s: {other / whole:.1f} times our whole audit")


if __name__ == "__main__":
    main()
