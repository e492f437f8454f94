"""Images that are made to hurt: each is opened and read to its end, or told, for a few seconds and megabytes."""

import contextlib
import gzip
import hashlib
import json
import os
import subprocess
import sys
import tarfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
import zstandard

from mlsec_nb.core import CannotRead
from mlsec_nb.sources import open_image
from tests.sources.images import config_of, docker, hard, layer, oci

SCRIPT = """
import re, sys, time
from tests.sources.test_hostile_images import read_whole

began = time.process_time()
codes = sorted(read_whole(sys.argv[1]))
memory = int(re.search("VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1]) / 1024
print(time.process_time() - began, memory, *codes)
"""
ROOT = Path(__file__).parents[2]
ZEROS = b"\0" * (16 << 20)


def read_whole(path: str) -> set[str]:
    """The codes of the gaps of an image of which every file was read that can be."""
    try:
        image = open_image(path)
        for entry in image.entries():
            image.visible(entry.path)
            with contextlib.suppress(CannotRead):
                image.read(entry, 1 << 20)
    except CannotRead as error:
        return {error.code}
    return {gap.code for gap in image.gaps}


def saved(*layers: bytes, config: bytes | None = None) -> bytes:
    return layer(docker(layers, config or config_of(layers)))


def entries(count: int, name: str = "d/%d") -> bytes:
    """A tar of empty files, whose names come again and again."""
    block = b"".join(tarfile.TarInfo(name % n).tobuf(tarfile.USTAR_FORMAT) for n in range(min(count, 5_000)))
    return block * (count // min(count, 5_000)) + b"\0" * 1024


def million(scale: int) -> bytes:
    return saved(gzip.compress(entries(1_000_000 // scale), 1))


def bomb(scale: int) -> bytes:
    return saved(gzip.compress(ZEROS) * (640 // scale))


def bomb_of_zstandard(scale: int) -> bytes:
    return saved(zstandard.ZstdCompressor().compress(ZEROS) * (640 // scale))


def bomb_around(scale: int) -> bytes:
    header = tarfile.TarInfo("big")
    header.size = (640 // scale) * len(ZEROS)
    return gzip.compress(header.tobuf()) + gzip.compress(ZEROS) * (640 // scale)


def big_file(scale: int) -> bytes:
    header = tarfile.TarInfo("zeros")
    header.size = (640 // scale) * len(ZEROS)
    return saved(gzip.compress(header.tobuf()) + gzip.compress(ZEROS) * (640 // scale))


def claimed(scale: int) -> bytes:
    header = tarfile.TarInfo("claims")
    header.size = (1 << 60) // scale
    return saved(header.tobuf(tarfile.GNU_FORMAT) + b"short")


def deep(scale: int) -> bytes:
    return saved(layer({f"{n}/" + "a/" * max(2_000 // scale, 200) + "x": b"" for n in range(2_000 // scale)}))


def through_links(scale: int) -> bytes:
    """Each path goes through links that lead to long paths."""
    links = {f"l{n}": "/".join(["a"] * max(900 // scale, 20)) + f"/../l{n + 1}" for n in range(50)}
    return saved(layer({**links, **{"l0/" * max(800 // scale, 20) + str(n): b"" for n in range(5_000 // scale)}}))


def circles(scale: int) -> bytes:
    links: dict[str, bytes | str | tarfile.TarInfo] = {f"l{n}": f"l{(n + 1) % 50}" for n in range(50)}
    return saved(layer({**links, "h": hard("h"), **{f"l{n % 50}/{n}": b"x" for n in range(20_000 // scale)}}))


def same_layer(scale: int) -> bytes:
    one = layer({str(n): b"x" * 1_000 for n in range(max(2_000 // scale, 50))})
    files = docker([one], config_of([one] * (2_000 // scale)))
    files["manifest.json"] = json.dumps(
        [{"Config": "config.json", "Layers": ["0/layer.tar"] * (2_000 // scale)}]
    ).encode()
    return layer(files)


def opaque(scale: int) -> bytes:
    many = {f"d/{n}": b"" for n in range(10_000 // scale)}
    return saved(layer(many), *(layer({"d/.wh..wh..opq": b"", **many}) for _ in range(8)))


def back_and_forth(scale: int) -> bytes:
    """Hard links that lead from the end of a layer to its beginning, in what cannot be read backwards."""
    files: dict[str, bytes | str | tarfile.TarInfo] = {"first": b"1" * 5_000}
    for n in range(2_000 // scale):
        files |= {f"{n}": os.urandom(8_000), f"h{n}": hard("first")}
    return saved(zstandard.ZstdCompressor().compress(layer(files)), config=config_of([layer(files)]))


def config(scale: int) -> bytes:
    return saved(config=b'{"history": [' + b"{}," * (1_300_000 // scale) + b"{}]}")


def nested(scale: int) -> bytes:
    return saved(config=b"[" * (1_000_000 // scale))


def indexes(scale: int) -> bytes:
    """An index of indexes of indexes, each of which names the same one a thousand times."""
    files = oci([], config_of([]))
    for _ in range(4):
        (one, *_) = json.loads(files["index.json"])["manifests"]
        whole = json.dumps({"manifests": [{"digest": one["digest"]}] * (1_000 // scale)}).encode()
        name = hashlib.sha256(whole).hexdigest()
        files[f"blobs/sha256/{name}"] = whole
        files["index.json"] = json.dumps({"manifests": [{"digest": f"sha256:{name}"}] * 2}).encode()
    return layer(files)


HOSTILE: Mapping[Callable[[int], bytes], set[str]] = {
    million: {"too-big", "malformed"}, bomb: {"too-big"}, bomb_of_zstandard: {"too-big"}, bomb_around: {"too-big", "malformed"},
    big_file: {"too-big"}, claimed: {"malformed"}, deep: {"too-big"}, through_links: {"too-big"}, circles: set(),
    same_layer: {"too-big", "malformed"}, opaque: set(), back_and_forth: set(), config: {"too-big", "malformed"},
    nested: {"malformed"}, indexes: {"skipped", "malformed"},
}  # fmt: skip


def cost(made: bytes, folder: Path) -> tuple[float, float, set[str]]:
    (folder / "image.tar").write_bytes(made)
    told = subprocess.run([sys.executable, "-c", SCRIPT, "image.tar"], check=True, capture_output=True, text=True,
                          cwd=folder, env={**os.environ, "PYTHONPATH": str(ROOT)})  # fmt: skip
    seconds, megabytes, *codes = told.stdout.split()
    assert [path.name for path in folder.iterdir()] == ["image.tar"]
    return float(seconds), float(megabytes), set(codes)


@pytest.mark.parametrize("make", HOSTILE, ids=lambda make: make.__name__)
def test_what_is_made_to_hurt_is_read_or_told(make: Callable[[int], bytes], tmp_path: Path) -> None:
    (tmp_path / "image.tar").write_bytes(make(64))
    codes = read_whole(str(tmp_path / "image.tar"))
    assert codes <= HOSTILE[make] | {"malformed", "unsupported"}  # when it is too small to hurt
    assert [path.name for path in tmp_path.iterdir()] == ["image.tar"]


@pytest.mark.slow
@pytest.mark.parametrize("make", HOSTILE, ids=lambda make: make.__name__)
def test_what_is_made_to_hurt_costs_little(make: Callable[[int], bytes], tmp_path: Path) -> None:
    seconds, megabytes, codes = cost(make(1), tmp_path)
    assert codes <= HOSTILE[make]
    assert bool(codes) == bool(HOSTILE[make])
    assert (seconds < 60, megabytes < 200) == (True, True), (seconds, megabytes)  # ten times what it takes: it hangs
