"""Images that are not files: with a registry, with the daemon of this machine, for several platforms."""

import base64
import gzip
import json
import os
import pickle
import socketserver
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from mlsec_nb import sources
from mlsec_nb.config import Limits
from mlsec_nb.core import CannotRead, UsageError
from mlsec_nb.core.image import Image
from mlsec_nb.sources import open_image
from tests.sources.images import config_of, digest, docker, layer, oci
from tests.sources.registry import Registry, many, serving

LAYERS = [layer({"etc/a": b"old", "b": b"1" * 5_000}), layer({"etc/a": b"new"})]
FILES = oci(LAYERS, config_of(LAYERS))


@pytest.fixture(autouse=True)
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No proxy, cache, password or daemon of whoever runs the tests."""
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY", "REGISTRY_AUTH_FILE", "DOCKER_CONFIG", "DOCKER_HOST",
                 "CONTAINER_HOST", "XDG_CONFIG_HOME", "XDG_RUNTIME_DIR"):  # fmt: skip
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def pulled(host: str, name: str = "team/app:1", **more: Any) -> Image:
    return open_image(f"docker://{host}/{name}", offline=False, **more)


def there(image: Image) -> dict[str, bytes]:
    return {entry.path: image.read(entry, 9_999) for entry in image.entries() if entry.gone is None}


def login(path: Path, host: str, pair: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"auths": {f"https://{host}/v1/": {"auth": base64.b64encode(pair.encode()).decode()}}}))


def test_an_image_of_a_registry_is_that_of_its_archive_and_is_brought_once(tmp_path: Path) -> None:
    registry = Registry(token="tok-1")
    manifest = registry.take(FILES, "1")
    with serving(registry) as host:
        image = pulled(host)
        assert (there(image), list(image.gaps)) == ({"etc/a": b"new", "b": b"1" * 5_000}, [])
        assert [one.size for one in image.layers] == [
            len(FILES[f"blobs/sha256/{one.digest[7:]}"]) for one in image.layers
        ]
        asked = [path for path, _ in registry.asked if "/blobs/" in path]
        assert len(asked) == len(set(asked)) == 3
        again = pulled(host)
        assert [path for path, _ in registry.asked if "/blobs/" in path] == asked
        assert list(again.entries()) == list(image.entries())
        assert there(pulled(host, f"team/app@{manifest}")) == there(image)
    path = tmp_path / "x.tar"
    path.write_bytes(layer(FILES))
    assert list(open_image(str(path)).entries()) == list(image.entries())
    kept = tmp_path / "cache/mlsec/layers"
    assert sorted(one.name for one in kept.iterdir()) == sorted(
        name[6:].replace("/", "-") for name in FILES if name.startswith("blobs/")
    )


def test_offline_nobody_is_asked() -> None:
    registry = Registry()
    registry.take(FILES, "1")
    with serving(registry) as host, pytest.raises(CannotRead) as refused:
        open_image(f"docker://{host}/team/app:1")
    assert (refused.value.code, registry.asked) == ("offline", [])


@pytest.mark.parametrize("basic", [True, False])
@pytest.mark.parametrize("place", [".docker/config.json", ".config/containers/auth.json"])
def test_passwords_of_docker_and_podman_are_said_to_their_registry_alone(
    place: str, basic: bool, tmp_path: Path
) -> None:
    registry = Registry(token="tok-2", password="me:geheim", basic=basic)
    registry.take(FILES, "1")
    other = Registry()
    with serving(registry) as host, serving(other) as elsewhere:
        with pytest.raises(CannotRead, match="does not let us read it; log in first"):
            pulled(host)
        login(tmp_path / "home" / place, "another.example", "me:geheim")
        with pytest.raises(CannotRead, match="log in first"):
            pulled(host)
        login(tmp_path / "home" / place, host, "me:geheim")
        other.blobs, registry.moved = registry.blobs, f"http://{elsewhere}"
        assert there(pulled(host))["etc/a"] == b"new"
    assert other.asked
    assert {said for _, said in other.asked} == {None}


def test_passwords_that_a_program_keeps_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "config.json").write_text(json.dumps({"credsStore": "desktop", "auths": {"x": 3}}))
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    (tmp_path / "auth.json").write_text("no JSON")
    monkeypatch.setenv("REGISTRY_AUTH_FILE", str(tmp_path / "auth.json"))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    with serving(Registry(token="t", password="a:b")) as host, pytest.raises(CannotRead, match="a program that is not"):
        pulled(host)


@pytest.mark.parametrize("realm", ["http://registry.example/token", "file:///etc/passwd", "//x"])
def test_a_token_is_not_asked_of_whom_the_registry_likes(realm: str) -> None:
    with serving(Registry(token="t", realm=realm)) as host, pytest.raises(CannotRead, match="not safe"):
        pulled(host)


@pytest.mark.parametrize("body", [b"[]", b"no", b'{"token": 3}', b'{"token": "a\\nb"}'])
def test_what_is_no_token_is_none(body: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    registry = Registry(token="t")
    monkeypatch.setattr(registry, "_token", lambda *_: (200, {}, body))
    with serving(registry) as host, pytest.raises(CannotRead, match="log in first"):
        pulled(host)


@pytest.mark.parametrize(("status", "told"), [(404, "no such image"), (403, "let us"), (429, "status 429")])
def test_what_a_registry_refuses_is_told(status: int, told: str) -> None:
    with serving(Registry(status=status)) as host, pytest.raises(CannotRead, match=told):
        pulled(host)


def test_other_bytes_than_a_digest_says_are_refused_and_not_kept(tmp_path: Path) -> None:
    registry = Registry()
    registry.take(FILES, "1")
    last = next(name for name in registry.blobs if registry.blobs[name][:2] == b"\x1f\x8b")
    right = registry.blobs[last]
    registry.blobs[last] = b"x" * len(right)
    with serving(registry) as host:
        (gap,) = pulled(host).gaps
        assert (gap.code, "other bytes than its digest" in gap.reason) == ("malformed", True)
        assert not list((tmp_path / "cache/mlsec/layers").glob(".*"))
        registry.blobs[last] = right + b"more than it said"
        assert [gap.code for gap in pulled(host).gaps] == ["too-big"]
        registry.blobs[last] = right
        assert list(pulled(host).gaps) == []
        wrong = Registry(tags={"1": digest(b"other")}, blobs={digest(b"other"): b"{}"})
    with serving(wrong) as host, pytest.raises(CannotRead, match="other bytes than its digest"):
        pulled(host)


def test_what_is_with_a_registry_is_no_file() -> None:
    (one,) = sources.named_images("docker://host.example/team/app", Limits())
    assert (one.path, one.content.local, one.content.size) == ("docker://host.example/team/app", None, 0)
    for read in (one.content.open, lambda: one.content.read(9)):
        with pytest.raises(CannotRead, match="an image, not a file"):
            read()


def test_a_layer_that_is_too_big_is_not_brought() -> None:
    registry = Registry()
    registry.take(FILES, "1")
    with serving(registry) as host:
        gaps = pulled(host, limits=Limits(unpacked_bytes=600)).gaps
    assert {gap.code for gap in gaps} == {"too-big"}


@pytest.mark.parametrize("manifest", [b"[]", b"{}", b"no", b'{"layers": 3, "config": []}'])
def test_what_a_registry_gives_for_a_manifest_may_be_anything(manifest: bytes) -> None:
    registry = Registry(tags={"1": digest(manifest)}, blobs={digest(manifest): manifest})
    with serving(registry) as host, pytest.raises(CannotRead):
        pulled(host)


@pytest.mark.parametrize(
    "target",
    ["docker://app:1", "docker://me:pw@host.example/app", "docker://host.example/APP", "docker://host.example/../x",
     "docker://host.example/a?x=1", "docker-daemon:../x", "docker-daemon:a b", "docker-daemon:"],
)  # fmt: skip
def test_names_that_are_none_are_refused_without_repeating_them(target: str) -> None:
    with pytest.raises(UsageError) as refused:
        sources.named_images(target, Limits())
    assert "pw" not in str(refused.value)


PLATFORMS = ("linux/amd64", "linux/arm64/v8", "linux/riscv64")


def for_platforms() -> dict[str, bytes]:
    made = {}
    for name in PLATFORMS:
        tars = [layer({"machine": name.encode()})]
        made[name] = oci(tars, config_of(tars))
    return many(made)


def test_of_several_platforms_one_is_chosen_or_all(tmp_path: Path) -> None:
    (tmp_path / "x.tar").write_bytes(layer(for_platforms()))
    target = str(tmp_path / "x.tar")
    for wanted, name in (("linux/arm64", "linux/arm64/v8"), ("linux/arm64/v8", "linux/arm64/v8"), ("linux/amd64",) * 2):
        assert there(open_image(target, platform=wanted)) == {"machine": name.encode()}
    with pytest.raises(CannotRead, match=r"no image for linux/s390x; it has linux/amd64, linux/arm64/v8"):
        open_image(target, platform="linux/s390x")
    found = sources.named_images(target, Limits(), platform="all")
    assert [one.path.rpartition("/x.tar ")[2] for one in found] == [f"({name})" for name in PLATFORMS]
    for one, name in zip(pickle.loads(pickle.dumps(found)), PLATFORMS, strict=True):
        assert there(one.content.image) == {"machine": name.encode()}


def test_a_registry_gives_the_layers_of_one_platform_alone() -> None:
    registry = Registry()
    registry.take(for_platforms(), "1")
    with serving(registry) as host:
        assert there(pulled(host, platform="linux/riscv64")) == {"machine": b"linux/riscv64"}
        assert sum("/blobs/" in path for path, _ in registry.asked) == 2
        found = sources.named_images(f"docker://{host}/team/app:1", Limits(), offline=False, platform="all")
        assert [one.path for one in found] == [f"docker://{host}/team/app:1 ({name})" for name in PLATFORMS]


def test_an_archive_of_docker_is_for_the_platform_that_it_says(tmp_path: Path) -> None:
    (tmp_path / "x.tar").write_bytes(layer(docker(LAYERS, config_of(LAYERS))))
    target = str(tmp_path / "x.tar")
    assert there(open_image(target, platform="linux/amd64"))
    with pytest.raises(CannotRead, match="no image for linux/arm64, only for linux/amd64"):
        open_image(target, platform="linux/arm64")
    (found,) = sources.named_images(target, Limits(), platform="all")
    assert found.path.endswith("/x.tar")
    (nothing,) = sources.named_images(str(tmp_path), Limits(), platform="all")
    with pytest.raises(CannotRead):
        _ = nothing.content.image  # type: ignore[attr-defined]
    assert nothing.content.size == 0


def both(form: str) -> dict[str, bytes]:
    """Two images in one archive, one of which has two names in the layout."""
    tars = [layer({"who": b"one"})], [layer({"who": b"two"})]
    if form == "docker":
        first, second = (docker(one, config_of(one)) for one in tars)
        listed = [{"Config": "config.json", "RepoTags": ["one:1"], "Layers": ["0/layer.tar"]},
                  {"Config": "other.json", "RepoTags": None, "Layers": ["other.tar"]}]  # fmt: skip
        moved = {"other.json": second["config.json"], "other.tar": second["0/layer.tar"]}
        return {**first, **moved, "manifest.json": json.dumps(listed).encode()}
    whole, found = {}, []
    for number, one in enumerate(tars):
        files = oci(one, config_of(one))
        whole |= files
        (descriptor,) = json.loads(files["index.json"])["manifests"]
        del descriptor["platform"]
        for name in ("one:1", "same")[: 2 - number] if not number else ("image 2",):
            told = {"org.opencontainers.image.ref.name": name}
            found.append({**descriptor, "annotations": told})
    whole["index.json"] = json.dumps({"manifests": found}).encode()
    return whole


@pytest.mark.parametrize("form", ["docker", "oci"])
@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_each_image_of_an_archive_is_one(form: str, suffix: str, tmp_path: Path) -> None:
    data = layer(both(form))
    (tmp_path / "x.tar").write_bytes(gzip.compress(data) if suffix else data)
    found = sources.named_images(str(tmp_path / "x.tar"), Limits())
    assert [one.path.rpartition("x.tar ")[2] for one in found] == ["(one:1)", "(image 2)"]
    for one in (found, pickle.loads(pickle.dumps(found))):
        opened = [artifact.content.image for artifact in one]
        assert [there(image) for image in opened] == [{"who": b"one"}, {"who": b"two"}]
        assert [list(image.gaps) for image in opened] == [[], []]
    assert open_image(str(tmp_path / "x.tar")).gaps


class Daemon(BaseHTTPRequestHandler):
    archive = b""
    described: bytes = b""
    asked: list[str] = []  # noqa: RUF012

    def do_GET(self) -> None:
        self.asked.append(self.path)
        body = {"/images/app:1/json": self.described, "/images/app:1/get": self.archive}.get(self.path)
        self.send_response(404 if body is None else 500 if not body else 200)
        self.end_headers()
        self.wfile.write(body or b"{}")

    def address_string(self) -> str:
        return "local"

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def daemon(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Daemon]]:
    path = str(tmp_path / "d.sock")
    Daemon.asked, Daemon.archive = [], layer(docker(LAYERS, config_of(LAYERS)))
    Daemon.described = json.dumps({"Id": digest(config_of(LAYERS))}).encode()
    with socketserver.ThreadingUnixStreamServer(path, Daemon) as server:
        server.handle_error = lambda *_: None  # type: ignore[method-assign]
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        monkeypatch.setenv("DOCKER_HOST", f"unix://{path}")
        yield Daemon
        server.shutdown()
        thread.join()


def test_an_image_of_the_daemon_is_fetched_once_and_offline_too(daemon: type[Daemon]) -> None:
    for _ in range(2):
        image = open_image("docker-daemon:app:1")
        assert there(image) == {"etc/a": b"new", "b": b"1" * 5_000}
    assert daemon.asked == ["/images/app:1/json", "/images/app:1/get", "/images/app:1/json"]
    with pytest.raises(CannotRead, match="not with the daemon"):
        open_image("docker-daemon:other")


@pytest.mark.parametrize("described", [b"no", b"[]", b"{}", b'{"Id": 3}'])
def test_a_daemon_may_say_anything(described: bytes, daemon: type[Daemon]) -> None:
    daemon.described = described
    with pytest.raises(CannotRead, match="the daemon"):
        open_image("docker-daemon:app:1")


def test_a_daemon_that_cannot_save_is_told(daemon: type[Daemon]) -> None:
    daemon.archive = b""
    with pytest.raises(CannotRead, match="status 500"):
        open_image("docker-daemon:app:1")


def test_without_a_daemon_of_this_machine_there_is_no_such_image(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os.path, "exists", lambda _: False)
    with pytest.raises(CannotRead, match="no daemon listens"):
        open_image("docker-daemon:app:1")
    monkeypatch.setenv("DOCKER_HOST", "tcp://10.0.0.1:2375")
    with pytest.raises(CannotRead, match="of another machine"):
        open_image("docker-daemon:app:1")
