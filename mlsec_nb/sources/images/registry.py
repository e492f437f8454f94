"""The files of an image in a registry, each brought when it is asked for, verified, and kept.

https://github.com/opencontainers/distribution-spec/blob/main/spec.md, and for tokens
https://distribution.github.io/distribution/spec/auth/token/.
"""

import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, BinaryIO, Final
from urllib.parse import urlencode, urlsplit

from mlsec_nb.core import CannotRead, Content
from mlsec_nb.io import network
from mlsec_nb.io.files import Memory
from mlsec_nb.io.kept import Kept

from . import credentials
from .blobs import DOCUMENT
from .references import Reference, is_loopback

_OCI, _DOCKER = "application/vnd.oci.image", "application/vnd.docker.distribution.manifest"
_ACCEPT: Final = f"{_OCI}.index.v1+json, {_DOCKER}.list.v2+json, {_OCI}.manifest.v1+json, {_DOCKER}.v2+json"
_SECONDS: Final = 60.0  # of one exchange, and more for what is big:
_SLOWEST: Final = 128 << 10  # bytes a second
_PARAMETER: Final = re.compile(r'(\w+)="([^"]*)"')


@dataclass(slots=True)
class Registry:
    """One image there; `get` knows the names of an OCI layout."""

    reference: Reference
    kept: Kept
    offline: bool
    most: int
    _manifests: set[str] = field(default_factory=set)
    _sizes: dict[str, int] = field(default_factory=dict)
    _said: str | None = None

    def get(self, name: str) -> Content | None:
        if name == "index.json":
            return Memory(json.dumps({"manifests": [{"digest": self.tagged()}]}).encode())
        if not name.startswith("blobs/"):
            return None
        digest = name.removeprefix("blobs/").replace("/", ":")
        return Pulled(self, digest, self._sizes.get(digest, 0))

    def pulled(self, digest: str) -> Content:
        """A blob or manifest, from what is kept or from the registry; raises `CannotRead`."""
        if (found := self.kept.get(digest)) is None:
            is_manifest = digest in self._manifests
            kind = "manifests" if is_manifest else "blobs"
            limit = DOCUMENT if is_manifest else self._sizes.get(digest, self.most)
            if limit > self.most:
                raise CannotRead(f"has {limit:,} bytes, more than the limit", "too-big")
            found = self.kept.put(digest, lambda sink: self._asked(f"{kind}/{digest}", sink, limit), digest)
        if digest in self._manifests:
            self._noted(found.read(DOCUMENT))
        return found

    def tagged(self) -> str:
        """The digest of the manifest that the reference names; raises `CannotRead`."""
        if wanted := self.reference.digest:
            self._manifests.add(wanted)
            return wanted
        data = bytearray()
        answer = self._asked(f"manifests/{self.reference.tag}", data.extend, DOCUMENT)
        digest = f"sha256:{hashlib.sha256(data).hexdigest()}"
        said = answer.headers.get("docker-content-digest", digest)
        if said.startswith("sha256:") and said != digest:
            raise CannotRead(f"came with other bytes than its digest {said[:19]}… says", "malformed")
        self.kept.put(digest, lambda sink: sink(bytes(data)), digest)
        self._manifests.add(digest)
        return digest

    def _noted(self, data: bytes) -> None:
        """What a manifest says of others: which are manifests too, and how big the blobs are."""
        try:
            manifest = json.loads(data)
        except (ValueError, RecursionError):
            return
        if not isinstance(manifest, dict):
            return
        self._manifests |= {str(one.get("digest")) for one in _listed(manifest.get("manifests"))}
        for one in _listed([manifest.get("config")]) + _listed(manifest.get("layers")):
            if isinstance(size := one.get("size"), int) and size >= 0:
                self._sizes[str(one.get("digest"))] = size

    def _asked(self, path: str, sink: Callable[[bytes], object], limit: int) -> network.Response:
        answer = self._once(path, sink, limit)
        if answer.status == 401 and urlsplit(answer.url).netloc == self.reference.host:
            self._said = self._authorized(answer.headers.get("www-authenticate", ""))
            answer = self._once(path, sink, limit)
        if answer.status != 200:
            raise self._refused(answer.status)
        return answer

    def _once(self, path: str, sink: Callable[[bytes], object], limit: int) -> network.Response:
        headers = {"Accept": _ACCEPT if path.startswith("manifests/") else "*/*"}
        if self._said:
            headers["Authorization"] = self._said
        return network.download(
            f"{self.reference.base}/{path}", sink, offline=self.offline, timeout=_SECONDS + limit / _SLOWEST,
            limit=limit, headers=headers,
        )  # fmt: skip

    def _authorized(self, challenge: str) -> str | None:
        """What to say to a registry that asks who we are: a password, or a token that its own service gives."""
        own = credentials.basic(self.reference.host)
        scheme, _, rest = challenge.partition(" ")
        if scheme.lower() != "bearer":
            return own
        said = dict(_PARAMETER.findall(rest))
        realm = urlsplit(said.get("realm", ""))
        if realm.scheme != "https" and not (self.reference.is_local and is_loopback(realm.netloc)):
            raise CannotRead(f"{self.reference.host} sends us for a token to a place that is not safe")
        query = {"service": said.get("service", ""), "scope": f"repository:{self.reference.repository}:pull"}
        url = realm._replace(query="&".join(filter(None, (realm.query, urlencode(query))))).geturl()
        answer = network.get(url, offline=self.offline, timeout=_SECONDS, limit=1 << 20,
                             headers={"Authorization": own} if own else {})  # fmt: skip
        token = _token(answer.body) if answer.status == 200 else None
        return f"Bearer {token}" if token else None

    def _refused(self, status: int) -> CannotRead:
        host = self.reference.host
        if status == 404:
            return CannotRead(f"{host} has no such image, or no such part of it")
        if status in (401, 403):
            how = "its password is with a program that is not started here" if credentials.has_helper(host) else ""
            return CannotRead(f"{host} does not let us read it" + (f": {how}" if how else "; log in first"))
        return CannotRead(f"{host} answered with status {status}")


@dataclass(frozen=True, slots=True)
class Pulled:
    """A blob that is brought when it is first read."""

    registry: Registry
    digest: str
    size: int

    @property
    def local(self) -> str | None:
        return None

    def open(self) -> BinaryIO:
        return self.registry.pulled(self.digest).open()

    def read(self, limit: int) -> bytes:
        return self.registry.pulled(self.digest).read(limit)


def _listed(value: Any) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _token(body: bytes) -> str | None:
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        return None
    found = (said.get("token") or said.get("access_token")) if isinstance(said, dict) else None
    return found if isinstance(found, str) and found.isascii() and found.isprintable() else None
