"""The scanner of the room: finds out what a file is by every reading, and follows everything that is inside."""

import hashlib
import json
import mmap
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from io import UnsupportedOperation
from pathlib import Path, PurePosixPath
from urllib.parse import quote

from mlsec_nb.config import Settings
from mlsec_nb.core import SKIPPED, Artifact, CannotScan, Component, Document, Finding, Gap, Kind, Location, Rule
from mlsec_nb.io.remote import RemoteFile

from .content.search import SMALL, search
from .context import NAME, Context, catalogue
from .fetching import UNFETCHED, check, fetched, is_pieces
from .registry import FORMATS, Format
from .view import View

# What is no wonder in a file that is no model: an archive of scripts, a program.
ONLY_MODELS = frozenset(
    {"MODEL-EXECUTABLE", "MODEL-PYTHON-CODE", "MODEL-TRAILING-DATA", "MODEL-READERS-DISAGREE", "MODEL-ADDRESS"}
)
CARRIERS = frozenset(
    {"zip", "tar", "compressed", "program", "Python code", "Python bytecode", "known data", "TorchScript code"}
)
SHOWN = 200  # steps of what loading would do that go into the component
MAX_VIEWS = 200_000  # things inside one file
SEARCHED = frozenset(
    {"pickle", "npy", "safetensors", "GGUF", "ONNX", "HDF5", "TFLite", "known data", "msgpack", "R data"}
)
NUMBERS = frozenset({"npy", "safetensors", "GGUF"})


def build(settings: Settings) -> "ModelScanner":
    """The scanner with its options."""
    return ModelScanner(settings)


class ModelScanner:
    """Says what loading a model file would do."""

    name = NAME

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    @property
    def rules(self) -> tuple[Rule, ...]:
        return tuple(catalogue().values())

    def wants(self, artifact: Artifact) -> bool:
        return artifact.kind in {Kind.MODEL, Kind.DATA, Kind.BINARY, Kind.TEXT}

    def scan(self, document: Document) -> Iterator[Finding | Gap | Component]:
        artifact = document.artifact
        context = Context.of(self.settings)
        with mapped(artifact, self.settings) as data:
            root = View(
                data=data,
                start=0,
                end=len(data),
                name=PurePosixPath(artifact.path).name,
                location=Location(path=artifact.path),
            )
            yield from self._follow(root, context, artifact)
            if is_pieces(root.data):
                check(root.data)
                yield context.gap(root, UNFETCHED, SKIPPED)
            twin = safer_twin(artifact) if "pickle" in context.formats else None
            if twin:
                context.facts["safer_twin"] = twin
            if artifact.kind is Kind.MODEL or context.is_model:
                yield component(root, context, digest=self._wants_digest(root))

    def _wants_digest(self, root: View) -> bool:
        """`bytes = false` asks for directories and pickles only: nothing else of a big file is read."""
        if is_pieces(root.data):
            return False
        return self.settings.options.get("bytes") is not False or root.size <= SMALL

    def _follow(self, root: View, context: Context, artifact: Artifact) -> Iterator[Finding | Gap | Component]:
        """Breadth first over everything inside; no recursion, each view once."""
        todo, seen = deque([root]), 0
        while todo:
            view = todo.popleft()
            seen += 1
            if view.depth > self.settings.limits.depth * 2 or seen > MAX_VIEWS:
                yield context.gap(view, "nested too deeply or too often", "too-big")
                continue
            if view.via == "tensor" and is_pieces(view.data):
                continue
            for item in self._read(view, context, artifact, is_root=view is root):
                if isinstance(item, View):
                    todo.append(item)
                elif not isinstance(item, Finding) or item.rule.id not in ONLY_MODELS or of_model(artifact, context):
                    yield item

    def _read(
        self, view: View, context: Context, artifact: Artifact, *, is_root: bool
    ) -> Iterator[Finding | Gap | Component | View]:
        """Everything in one view, by every format that it could be, then by its bytes."""
        formats = [entry for entry in FORMATS if entry.matches(view)] if view.size else []
        if is_root and not formats and artifact.kind is Kind.MODEL:
            yield context.gap(view, f"no known model format: it begins with {magic(view)}", "unsupported")
        for entry in formats:
            context.formats.append(entry.name)
            context.is_model = context.is_model or not (entry.text or entry.name in CARRIERS)
            yield from entry.scan(view, context)
        if not is_root or artifact.kind is not Kind.TEXT:  # in a text, scripts are what one reads
            yield from self._bytes(view, context, formats)

    def _bytes(self, view: View, context: Context, formats: list[Format]) -> Iterator[Finding | Gap | View]:
        """Programs in what is no format of its own: tensors, gaps, tails, strange members."""
        wanted = self.settings.options.get("bytes")
        names = {entry.name for entry in formats}
        if wanted is False or is_pieces(view.data) or (names and not names & SEARCHED):
            return
        if view.size > (SMALL if wanted is None else view.size):
            yield context.gap(
                view, f"its {view.size >> 20} MiB were not searched for programs; `bytes = true` does", SKIPPED
            )
            return
        numbers = view.via == "tensor" or bool(names & NUMBERS)
        yield from search(view, context, numbers=numbers)


def magic(view: View) -> str:
    """The first bytes in a form that can be looked up."""
    return view.head(8).hex(" ") or "nothing"


@contextmanager
def mapped(artifact: Artifact, settings: Settings) -> Iterator[bytes]:
    """The bytes of an artifact: as a memory map when it is a file on this machine."""
    content = artifact.content
    if content.size == 0:
        yield b""
        return
    if isinstance(content, RemoteFile):
        yield from fetched(content, settings)
        return
    if content.local is None:
        if content.size > settings.limits.text_bytes:
            raise CannotScan(f"{content.size} bytes that are no local file", "too-big")
        yield content.read(settings.limits.text_bytes)
        return
    with content.open() as stream:
        try:
            number = stream.fileno()
        except (UnsupportedOperation, AttributeError):
            yield content.read(settings.limits.text_bytes)
            return
        with mmap.mmap(number, 0, access=mmap.ACCESS_READ) as view:
            yield view  # type: ignore[misc]  # a memory map has what is used of bytes: find, index, slice, len


def of_model(artifact: Artifact, context: Context) -> bool:
    """True for what is called a model, and for a file in which the format of one was met."""
    return artifact.kind is Kind.MODEL or context.is_model


def component(view: View, context: Context, *, digest: bool) -> Component:
    """The artifact as it stands in a bill of materials."""
    formats = ", ".join(dict.fromkeys(context.formats))
    properties = {
        "bytes": str(view.size),
        **({"format": formats} if formats else {}),
        **context.facts,
        **context.tensors.facts(),
    }
    if context.packages:
        properties["imports"] = ", ".join(sorted(context.packages))
    if context.loading:
        properties["loading"] = json.dumps(context.loading[:SHOWN])
    purl = f"pkg:generic/{quote(view.name)}"
    if digest:
        properties["sha256"] = sha256(view)
        purl += f"?checksum=sha256:{properties['sha256']}"
    return Component(name=view.name, kind="model", location=view.location, purl=purl, properties=properties)


def sha256(view: View) -> str:
    """The digest of all bytes, in hexadecimal."""
    digest = hashlib.sha256()
    for at in range(0, view.size, 1 << 20):
        digest.update(view.head(1 << 20, at))
        view.forget(at, 1 << 20)
    return digest.hexdigest()


def safer_twin(artifact: Artifact) -> str | None:
    """The safetensors file that lies beside a pickle and holds the same model, by the names that are customary."""
    if artifact.content.local is None:
        return None
    path = Path(artifact.content.local)
    names = (
        path.with_suffix(".safetensors").name,
        path.name.replace("pytorch_model", "model").rpartition(".")[0] + ".safetensors",
    )
    return next((name for name in names if name != path.name and path.with_name(name).is_file()), None)
