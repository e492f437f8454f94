"""Paths as the config means them: relative to the folder where it stands."""

import os
from pathlib import Path


def inside(path: str, root: Path) -> str:
    """A path of a finding relative to `root`, with forward slashes; links to folders above the file are resolved."""
    if "://" in path:
        return path
    absolute = os.path.join(os.path.realpath(os.path.dirname(path) or "."), os.path.basename(path))
    return os.path.relpath(absolute, os.path.realpath(root)).replace(os.sep, "/")
