"""The Jupyter server extension: its settings, its routes, its hook."""

from pathlib import Path
from typing import Any, cast

from jupyter_server.utils import url_path_join
from traitlets import Enum
from traitlets.config import Configurable

from mlsec_nb.core import UsageError

from . import audits
from .desk import Desk
from .protocol import NotSaved, SaveGuardMode
from .routes import ROUTES, place_of
from .save_guard import EVENT, SCHEMA, hook

MODES = ("off", "warn", "block")


class MlsecServer(Configurable):  # type: ignore[misc]  # traitlets is read without types
    """Settings of the server, in jupyter_server_config (`c.MlsecServer.save_guard = "block"`)."""

    save_guard = Enum(
        MODES,
        allow_none=True,
        help="What to do when a notebook or file with a live secret in it is saved, by any road: off, warn or block. "
        "Without it, `save-guard` in the table [tool.mlsec.jupyter] of the config in the server's root counts.",
    ).tag(config=True)


def _load_jupyter_server_extension(app: Any) -> None:
    contents = app.contents_manager
    root = Path(getattr(contents, "root_dir", ".")).resolve()
    mode = _mode(MlsecServer(parent=app).save_guard, root)
    desk = Desk(root, mode)
    app.web_app.settings["mlsec"] = desk
    base = url_path_join(app.web_app.settings["base_url"], "mlsec")
    app.web_app.add_handlers(".*$", [(url_path_join(base, route), kind) for route, kind in ROUTES.items()])
    app.event_logger.register_event_schema(SCHEMA)
    if mode != "off":
        contents.register_pre_save_hook(
            hook(mode, lambda path: place_of(contents, path), lambda told: _tell(app, told))
        )
    app.log.info("mlsec_nb: panel ready, save guard %s", mode)


def _mode(set_here: str | None, root: Path) -> SaveGuardMode:
    """What the server's config says, or else the project's; the panel can make neither weaker."""
    wanted = set_here or audits.config_for(root).tables.get("jupyter", {}).get("save-guard", "off")
    if wanted not in MODES:
        raise UsageError(f"save-guard in [tool.mlsec.jupyter] must be one of {', '.join(MODES)}, not {wanted!r}")
    return cast("SaveGuardMode", wanted)


def _tell(app: Any, told: NotSaved) -> None:
    app.log.warning("%s", told["message"])
    app.event_logger.emit(schema_id=EVENT, data=dict(told))
