"""A small registry: https://github.com/opencontainers/distribution-spec, with tokens as docker's registry has them."""

import base64
import contextlib
import http.server
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.sources.images import digest


@dataclass
class Registry:
    """What it has, by path, and what it was asked; `token` empty: anybody may read, else who has the password may."""

    blobs: dict[str, bytes] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    token: str = ""
    password: str = ""
    basic: bool = False
    realm: str = ""
    asked: list[tuple[str, str | None]] = field(default_factory=list)
    status: int = 0
    moved: str = ""
    host: str = ""

    def take(self, files: dict[str, bytes], tag: str) -> str:
        """The files of an OCI layout; gives the digest of the manifest or index."""
        self.blobs |= {f"sha256:{name[13:]}": data for name, data in files.items() if name.startswith("blobs/")}
        self.tags[tag] = json.loads(files["index.json"])["manifests"][0]["digest"]
        return self.tags[tag]

    def answer(self, path: str, said: str | None) -> tuple[int, dict[str, str], bytes]:
        url = urlsplit(path)
        if url.path == "/token":
            return self._token(url.query, said)
        if self.status:
            return self.status, {}, b""
        if url.path.startswith("/elsewhere/"):
            return 200, {}, self.blobs[url.path.removeprefix("/elsewhere/")]
        wanted = f"Basic {base64.b64encode(self.password.encode()).decode()}" if self.basic else f"Bearer {self.token}"
        if (self.token or self.basic) and said != wanted:
            realm = self.realm or f"http://{self.host}/token"
            how = 'Basic realm="here"' if self.basic else f'Bearer realm="{realm}",service="registry"'
            return 401, {"WWW-Authenticate": how}, b"{}"
        if url.path == "/v2/":
            return 200, {}, b"{}"
        _, _, rest = url.path.partition("/v2/team/app/")
        kind, _, name = rest.partition("/")
        known = self.tags.get(name, name)
        if known not in self.blobs:
            return 404, {}, b"{}"
        if kind == "blobs" and self.moved:
            return 307, {"Location": f"{self.moved}/elsewhere/{known}"}, b""
        kind = "index" if b'"manifests"' in self.blobs[known] else "manifest"
        media = f"application/vnd.oci.image.{kind}.v1+json" if "/manifests/" in url.path else "application/octet-stream"
        return 200, {"Docker-Content-Digest": known, "Content-Type": media}, self.blobs[known]

    def _token(self, query: str, said: str | None) -> tuple[int, dict[str, str], bytes]:
        scope = parse_qs(query).get("scope")
        own = f"Basic {base64.b64encode(self.password.encode()).decode()}"
        if scope not in (None, ["repository:team/app:pull"]) or (self.password and said != own):
            return 401, {}, b"{}"
        return 200, {}, json.dumps({"token": self.token}).encode()


@contextlib.contextmanager
def serving(registry: Registry) -> Iterator[str]:
    """Its host, as long as it listens on the loopback interface."""

    class Answers(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            said = self.headers.get("Authorization")
            registry.asked.append((self.path, said))
            status, headers, body = registry.answer(self.path, said)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        server.handle_error = lambda *_: None  # type: ignore[method-assign]  # who is asked too much hangs up
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        registry.host = f"127.0.0.1:{server.server_port}"
        try:
            yield registry.host
        finally:
            server.shutdown()
            thread.join()


def many(files: dict[str, dict[str, bytes]]) -> dict[str, bytes]:
    """Layouts by platform, as one layout whose index leads to an index."""
    whole: dict[str, bytes] = {}
    listed = []
    for name, one in files.items():
        whole |= one
        (descriptor,) = json.loads(one["index.json"])["manifests"]
        words = dict(zip(("os", "architecture", "variant"), name.split("/"), strict=False))
        listed.append({**descriptor, "platform": words})
    inner = json.dumps({"schemaVersion": 2, "manifests": listed}).encode()
    whole[f"blobs/sha256/{digest(inner)[7:]}"] = inner
    kind = "application/vnd.oci.image.index.v1+json"
    outer = {"mediaType": kind, "digest": digest(inner), "size": len(inner)}
    whole["index.json"] = json.dumps({"schemaVersion": 2, "manifests": [outer]}).encode()
    return whole
