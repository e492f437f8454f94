"""What is installed, configured and missing here; run this first when something surprises you."""

import argparse
import importlib.metadata
import platform
import shutil
import sys
from pathlib import Path

from mlsec_nb import config as configs
from mlsec_nb import importers, pipeline
from mlsec_nb._version import __version__
from mlsec_nb.scanners import available, digest

LIBRARIES = ("jupyterlab", "notebook", "ipython", "nbformat", "ipywidgets", "pandas", "detect-secrets", "nbqa",
             "hyperscan", "bandit", "duckdb", "cryptography")  # fmt: skip
TOOLS = ("git", "node", "opa", "dvc")


def describe(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--config", metavar="FILE", help="check this config file")


def run(args: argparse.Namespace) -> int:
    path = Path(args.config) if args.config else configs.find(Path.cwd())
    config = configs.load(path)
    print(f"mlsec {__version__} · Python {platform.python_version()} · {platform.platform()} · {sys.executable}")
    print(f"config    {path or 'none; every default'}")
    print(f"scanners  {', '.join(available())}")
    print(f"rules     {len(pipeline.catalogue(config))} (digest {digest()})")
    print(f"libraries {_marked({name: _version(name) for name in LIBRARIES})}")
    print(f"tools     {_marked({name: shutil.which(name) and 'yes' for name in (*TOOLS, *importers.tools())})}")
    panel = Path(sys.prefix) / "share/jupyter/labextensions/mlsec-nb/package.json"
    print(f"panel     {'installed' if panel.is_file() else 'not installed in this environment'}")
    return 0


def _version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def _marked(found: dict[str, str | None]) -> str:
    return ", ".join(f"{name} {version or '–'}" for name, version in found.items())
