"""Shipped as the top-level module `mlsec`: nbqa runs `python -m mlsec` for `nbqa mlsec`."""

import sys

from mlsec_nb.cli import main

if __name__ == "__main__":
    sys.exit(main())
