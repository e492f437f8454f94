"""Which file is read how."""

import re
from collections.abc import Callable, Iterable
from typing import Final

from mlsec_nb.scanners.dependencies.facts import Fact

from . import conda, javascript, locks, projects, requirements

Reader = Callable[[str], Iterable[Fact]]

_BY_NAME: Final[dict[str, Reader]] = {
    "pyproject.toml": projects.pyproject, "setup.cfg": projects.setup_cfg, "pipfile": projects.pipfile,
    "poetry.lock": locks.poetry, "uv.lock": locks.uv, "pdm.lock": locks.pdm, "pipfile.lock": locks.pipfile,
    "pylock.toml": locks.pylock, "cargo.lock": locks.cargo, "pixi.lock": conda.pixi_lock,
    "conda-lock.yml": conda.lock, "conda-lock.yaml": conda.lock,
    "package.json": javascript.package, "package-lock.json": javascript.npm_lock,
    "npm-shrinkwrap.json": javascript.npm_lock, "yarn.lock": javascript.yarn, "pnpm-lock.yaml": javascript.pnpm,
}  # fmt: skip
_BY_SHAPE: Final[tuple[tuple[re.Pattern[str], Reader], ...]] = (
    (re.compile(r"pylock\.[^/]+\.toml"), locks.pylock),
    (re.compile(r".*\.py\.lock"), locks.uv),
    (re.compile(r".*conda-lock\.ya?ml"), conda.lock),
    (re.compile(r"(?:.*[-_.])?environment[^/]*\.ya?ml|conda[^/]*\.ya?ml"), conda.environment),
    (re.compile(r"(?:.*[-_.])?requirements?(?:[-_.][^/]*)?\.(?:txt|in)"), requirements.read),
    (re.compile(r"requirements[^/]*\.(?:txt|in)|constraints?[^/]*\.(?:txt|in)"), requirements.read),
)


def reader_for(path: str) -> Reader | None:
    """The reader of a file, or None when its name promises nothing."""
    low = path.replace("\\", "/").lower()
    name = low.rpartition("/")[2]
    if found := _BY_NAME.get(name):
        return found
    if re.search(r"(?:^|/)requirements/[^/]+\.(?:txt|in)\Z", low):
        return requirements.read
    return next((reader for shape, reader in _BY_SHAPE if shape.fullmatch(name)), None)
