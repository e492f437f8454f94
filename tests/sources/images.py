"""Images as bytes, in each of the forms that they come in."""

import gzip
import hashlib
import io
import json
import tarfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

Files = Mapping[str, "bytes | str | tarfile.TarInfo"]


def layer(files: Files) -> bytes:
    """A tar: bytes are files, a text is a symbolic link, a path that ends in a slash is a folder."""
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w", format=tarfile.PAX_FORMAT) as made:
        for path, what in files.items():
            info = what if isinstance(what, tarfile.TarInfo) else tarfile.TarInfo(path)
            info.name = path
            if isinstance(what, str):
                info.type, info.linkname = tarfile.SYMTYPE, what
            data = what if isinstance(what, bytes) else b""
            if path.endswith("/"):
                info.type, info.mode = tarfile.DIRTYPE, 0o755
            info.size = len(data)
            made.addfile(info, io.BytesIO(data))
    return held.getvalue()


def hard(target: str) -> tarfile.TarInfo:
    info = tarfile.TarInfo()
    info.type, info.linkname = tarfile.LNKTYPE, target
    return info


def digest(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def config_of(layers: Sequence[bytes], history: Sequence[Mapping[str, Any]] = (), **inner: Any) -> bytes:
    value = {
        "os": "linux", "architecture": "amd64", "config": inner,
        "rootfs": {"type": "layers", "diff_ids": [digest(one) for one in layers]}, "history": list(history),
    }  # fmt: skip
    return json.dumps(value).encode()


def packed(data: bytes, how: str) -> bytes:
    if how == "gzip":
        return gzip.compress(data, mtime=0)
    if how == "zstd":
        import zstandard

        whole: bytes = zstandard.ZstdCompressor().compress(data)
        return whole
    return data


def docker(layers: Sequence[bytes], config: bytes, prefix: str = "") -> dict[str, bytes]:
    """The files of `docker save` before version 25."""
    names = [f"{index}/layer.tar" for index in range(len(layers))]
    manifest = [{"Config": "config.json", "RepoTags": ["app:1"], "Layers": names}]
    files = {
        "manifest.json": json.dumps(manifest).encode(),
        "config.json": config,
        **dict(zip(names, layers, strict=True)),
    }
    return {prefix + name: data for name, data in files.items()}


def oci(layers: Sequence[bytes], config: bytes, how: str = "gzip") -> dict[str, bytes]:
    """The files of an OCI layout."""
    blobs = {}

    def blob(data: bytes, kind: str) -> dict[str, Any]:
        blobs[f"blobs/sha256/{digest(data)[7:]}"] = data
        return {"mediaType": kind, "digest": digest(data), "size": len(data)}

    manifest = {
        "schemaVersion": 2, "config": blob(config, "application/vnd.oci.image.config.v1+json"),
        "layers": [blob(packed(one, how), "application/vnd.oci.image.layer.v1.tar") for one in layers],
    }  # fmt: skip
    descriptor = blob(json.dumps(manifest).encode(), "application/vnd.oci.image.manifest.v1+json")
    descriptor |= {
        "platform": {"os": "linux", "architecture": "amd64"}, "annotations": {"org.opencontainers.image.ref.name": "app:1"},
    }  # fmt: skip
    index = {"schemaVersion": 2, "manifests": [descriptor]}
    return {"oci-layout": b'{"imageLayoutVersion": "1.0.0"}', "index.json": json.dumps(index).encode(), **blobs}


FORMS = (
    "docker", "docker, ./", "docker.tar.gz", "layout", "layout, zstd", "layout, plain", "archive", "archive.tar.gz", "hybrid", "folder",
)  # fmt: skip


def written(folder: Path, form: str, layers: Sequence[bytes], config: bytes) -> str:
    """The path of an image in one of `FORMS`."""
    if form.startswith("layout"):
        how = form.partition(", ")[2] or "gzip"
        for name, data in oci(layers, config, how).items():
            path = folder / "image" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        return str(folder / "image")
    if form == "folder":
        files = oci(layers, config)
        manifest = json.loads(files["index.json"])["manifests"][0]["digest"][7:]
        (folder / "image").mkdir()
        for name, data in files.items():
            if name.startswith("blobs/"):
                (folder / "image" / ("manifest.json" if manifest in name else name.rpartition("/")[2])).write_bytes(
                    data
                )
        (folder / "image/version").write_text("Directory Transport Version: 1.1\n")
        return str(folder / "image")
    if form.startswith("docker"):
        files = docker(layers, config, "./" if "./" in form else "")
    else:
        files = oci(layers, config)
        if form == "hybrid":
            names = [name for name in files if name.startswith("blobs/")]
            manifest = [{"Config": names[0], "RepoTags": ["app:1"], "Layers": names[1 : 1 + len(layers)]}]
            files["manifest.json"] = json.dumps(manifest).encode()
    data = layer(files)
    path = folder / "image.tar"
    path.write_bytes(gzip.compress(data) if form.endswith(".gz") else data)
    return str(path)
