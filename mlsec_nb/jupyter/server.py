"""The Jupyter server extension."""

from typing import Any


def _load_jupyter_server_extension(app: Any) -> None:
    app.log.info("mlsec_nb is ready")
