"""Pickles of plain arrays → safetensors and npz beside them, for `mlsec fix --convert`."""

import sys
from collections.abc import Iterable
from pathlib import Path

from mlsec_nb import fixes, sources
from mlsec_nb.config import Config
from mlsec_nb.core import SKIPPED, Artifact, CannotRead, CannotScan, Kind, UsageError, mask_text
from mlsec_nb.io.files import new_file
from mlsec_nb.reporters.text import visible
from mlsec_nb.scanners.models.plain import Conversion, NoPickle, NotPlain, conversion

POSSIBLE = "can be written; --write does it"
WRITTEN = "written beside their pickles; `mlsec fix --undo` takes them away again"
LOADS = {
    ".safetensors": "safetensors.torch.load_file({path!r})",
    ".npz": "numpy.load({path!r}, allow_pickle=False)",
}


def run(targets: Iterable[str], config: Config, *, write: bool) -> int:
    """Says what could be written, or writes it; 1 while there is something to do or to look at."""
    made: list[str] = []
    left = 0
    try:
        for artifact in sources.collect(list(targets), config):
            if isinstance(artifact, Artifact) and artifact.kind is Kind.MODEL and artifact.content.local:
                why = _converted(artifact, config, made, write=write)
                left += why is not None
            elif not isinstance(artifact, Artifact) and artifact.code != SKIPPED:
                left += 1
                why = artifact.reason
            else:
                why = None
            if why is not None:
                path = artifact.path if isinstance(artifact, Artifact) else str(artifact.location)
                print(f"  left: {visible(path)}: {visible(mask_text(why, 300))}", file=sys.stderr)
    finally:
        if write and made:
            fixes.remember({}, made)
    print(f"{len(made)} file{'' if len(made) == 1 else 's'} {WRITTEN if write else POSSIBLE}", file=sys.stderr)
    return 1 if left or (made and not write) else 0


def _converted(artifact: Artifact, config: Config, made: list[str], *, write: bool) -> str | None:
    """Adds the file to `made`; otherwise why it stays a pickle. None as well for what is no pickle."""
    try:
        made.append(_convert(artifact, config, write=write))
    except NoPickle:
        return None
    except (NotPlain, CannotRead, CannotScan, UsageError) as error:
        return str(error)
    return None


def _convert(artifact: Artifact, config: Config, *, write: bool) -> str:
    with conversion(artifact, config.settings("models")) as found:
        target = str(Path(artifact.path).with_suffix(found.suffix))
        if Path(target).exists():
            raise UsageError(f"{target} is there already")
        if write:
            with new_file(target) as stream:
                found.write(stream)
        _tell(artifact.path, target, found)
    return target


def _tell(path: str, target: str, found: Conversion) -> None:
    count = len(found.values)
    beside = f" and {count} plain value{'' if count == 1 else 's'}" if count else ""
    arrays = f"{len(found.arrays)} array{'' if len(found.arrays) == 1 else 's'}"
    print(f"{visible(path)} → {visible(target)}: {arrays}{beside}, {found.size:,} bytes")
    print(f"    load it with {visible(LOADS[found.suffix].format(path=target))}")
