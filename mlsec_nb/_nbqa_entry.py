"""Installed as the top-level module `mlsec`: `nbqa mlsec` runs `python -m mlsec`."""

from importlib import import_module

if __name__ == "__main__":
    raise SystemExit(import_module("mlsec_nb.cli").main())
