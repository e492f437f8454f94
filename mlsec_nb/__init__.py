"""mlsec: security audits where machine learning is written.

`scan("notebooks/")` gives a `Report`; everything else of the public face hangs on that. Importing this package costs
milliseconds: what is heavy is imported when it is first used.
"""

from typing import TYPE_CHECKING, Any

from ._version import __version__

if TYPE_CHECKING:
    from .core import Component, Confidence, Evidence, Finding, Gap, Location, Rule, Severity, Status, Verdict
    from .jupyter.guard import guard
    from .jupyter.view import Report

__all__ = [
    "Component", "Confidence", "Evidence", "Finding", "Gap", "Location", "Report", "Rule", "Severity", "Status",
    "Verdict", "__version__", "guard", "scan",
]  # fmt: skip


def scan(*targets: str, **options: Any) -> "Report":
    """Audit files, folders and globs (default: the current folder) and give the `Report`.

    `options` are the fields of `mlsec_nb.config.Config`: `only`, `skip`, `exclude`, `fail_on`, `baseline`, `jobs` …;
    the nearest mlsec.toml or pyproject.toml is read first. Runs in this process unless `jobs` says otherwise.
    """
    from pathlib import Path

    from . import config, pipeline
    from .jupyter.view import Report

    chosen = config.load(config.find(Path.cwd())).with_(**{"jobs": 1, **config.checked(options)})
    return Report.of(pipeline.audit([str(target) for target in targets] or ["."], chosen))


def __getattr__(name: str) -> Any:
    if name == "guard":
        from .jupyter.guard import guard

        return guard
    if name == "Report":
        from .jupyter.view import Report

        return Report
    if name in __all__:
        from . import core

        return getattr(core, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def _jupyter_labextension_paths() -> list[dict[str, str]]:
    return [{"src": "labextension", "dest": "mlsec-nb"}]


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": "mlsec_nb.jupyter.server"}]


def load_ipython_extension(shell: Any) -> None:
    """What `%load_ext mlsec_nb` calls."""
    from importlib import import_module

    import_module("mlsec_nb.jupyter.magics").load_ipython_extension(shell)
