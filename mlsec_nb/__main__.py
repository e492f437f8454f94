"""`python -m mlsec_nb`, and so `nbqa mlsec_nb`."""

import sys

from mlsec_nb.cli import main

if __name__ == "__main__":
    sys.exit(main())
