"""mlsec: security audits where machine learning is written."""

from importlib import import_module
from typing import Any

from ._version import __version__

__all__ = ["__version__"]


def _jupyter_labextension_paths() -> list[dict[str, str]]:
    return [{"src": "labextension", "dest": "mlsec-nb"}]


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": "mlsec_nb.jupyter.server"}]


def load_ipython_extension(shell: Any) -> None:
    """What `%load_ext mlsec_nb` calls."""
    import_module("mlsec_nb.jupyter.magics").load_ipython_extension(shell)
