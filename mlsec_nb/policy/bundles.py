"""Policies and their data, from files and folders."""

import datetime as dt
import json
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

from mlsec_nb.core import UsageError
from mlsec_nb.rego import Limits, Policy, RegoError
from mlsec_nb.rego.trace import Trace

BUILT_IN = Path(__file__).parent / "rules"
FILE_LIMIT = 64 << 20  # bytes of one policy, data or input file


@dataclass(frozen=True)
class Bundle:
    """Texts of policies by file, and the data below `data`."""

    sources: Mapping[str, str]
    data: Mapping[str, Any] = field(default_factory=dict)
    version: str = "auto"

    @property
    def digest(self) -> str:
        """SHA-256 over all policies and data: two bundles that decide differently have different digests."""
        rest = json.dumps(self.data, sort_keys=True, separators=(",", ":"), default=str)
        parts = [f"{len(text)}:{text}" for _, text in sorted(self.sources.items(), key=lambda item: item[1])]
        return sha256("\0".join([*parts, rest]).encode("utf-8", "surrogatepass")).hexdigest()

    def policy(self, *, trace: bool = False, limits: Limits | None = None) -> Policy:
        """The compiled policies; whatever is wrong with them is a `UsageError`."""
        try:
            return Policy.load(
                self.sources, version=self.version, data=self.data, limits=limits,
                trace=Trace(self.sources) if trace else None,
            )  # fmt: skip
        except RegoError as error:
            raise UsageError(str(error)) from error

    def with_data(self, data: Mapping[str, Any]) -> "Bundle":
        return Bundle(self.sources, merged(self.data, plain(data)), self.version)


def load(paths: Iterable[str | Path], *, tests: bool = False, version: str = "auto") -> Bundle:
    """Every `.rego` file, and every `.json`, `.yaml` or `.toml` file of data, in files and folders.

    A data file in a folder stands at the root of `data`, as `data.json` does in OPA's bundles. Files that end in
    `_test.rego` are left out unless `tests`. A path that gives no policy is a `UsageError`.
    """
    sources: dict[str, str] = {}
    data: dict[str, Any] = {}
    for path in map(Path, paths):
        found = list(_files(path))
        for file in found:
            if file.suffix == ".rego":
                if tests or not file.name.endswith("_test.rego"):
                    sources[str(file)] = _text(file)
            else:
                data = merged(data, _table(file))
        if not any(file.suffix == ".rego" for file in found) and path.is_dir():
            raise UsageError(f"{path}: there is no policy (*.rego) in this folder")
    return Bundle(sources, data, version)


def built_in(*, tests: bool = False) -> Bundle:
    """The policies that come with mlsec."""
    return load([BUILT_IN], tests=tests, version="v1")


def join(*bundles: Bundle) -> Bundle:
    """Several bundles as one; data of a later one is laid over that of an earlier one."""
    sources: dict[str, str] = {}
    data: dict[str, Any] = {}
    for bundle in bundles:
        sources |= bundle.sources
        data = merged(data, bundle.data)
    return Bundle(sources, data)


def merged(left: Mapping[str, Any], right: Mapping[str, Any]) -> dict[str, Any]:
    """Two trees of data as one."""
    both = dict(left)
    for key, value in right.items():
        held = both.get(key)
        both[key] = merged(held, value) if isinstance(held, Mapping) and isinstance(value, Mapping) else value
    return both


def plain(value: Any) -> Any:
    """The same with TOML's dates and times as texts: JSON has none."""
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value.isoformat() if isinstance(value, dt.date | dt.time) else value


def read_input(path: str | Path) -> Any:
    """An input document: TOML or JSON by its suffix, else YAML (dvc.lock too); several YAML documents are a list."""
    return _parsed(Path(path))


def _files(path: Path) -> Iterator[Path]:
    if path.is_file():
        yield path
    elif path.is_dir():
        yield from sorted(file for file in path.rglob("*") if file.is_file() and _wanted(file, path))
    else:
        raise UsageError(f"{path}: there is no such file or folder")


def _wanted(file: Path, folder: Path) -> bool:
    hidden = any(part.startswith(".") for part in file.relative_to(folder).parts)
    return not hidden and (file.suffix == ".rego" or file.name in ("data.json", "data.yaml", "data.yml", "data.toml"))


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > FILE_LIMIT:
            raise UsageError(f"{path}: is bigger than {FILE_LIMIT:,} bytes")
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: cannot be read: {getattr(error, 'strerror', None) or error}") from error


def _parsed(path: Path) -> Any:
    text = _text(path)
    try:
        if path.suffix == ".toml":
            return plain(tomllib.loads(text))
        return json.loads(text) if path.suffix == ".json" or text.lstrip()[:1] in ("{", "[") else _yaml(text)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{path}: {str(error).splitlines()[0]}") from error


def _yaml(text: str) -> Any:
    import yaml

    from mlsec_nb.rego.annotations import plain_loader

    try:
        found = list(yaml.load_all(text, Loader=plain_loader()))
    except yaml.YAMLError as error:
        raise ValueError(f"is not YAML: {error}") from error
    return found[0] if len(found) == 1 else found


def _table(path: Path) -> Mapping[str, Any]:
    found = _parsed(path)
    if not isinstance(found, Mapping):
        raise UsageError(f"{path}: data must be a mapping")
    return found
