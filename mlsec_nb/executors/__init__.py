"""Where the scanning runs: this process or a pool of processes.

`examine` is the station that every executor shares: one artifact in, everything about it out, and the only
`except Exception` of the product stands around each scanner there. An executor decides where `examine` runs and never
what comes out: results are put back into the order of the artifacts. What a scanner meets inside an artifact (`Inside`)
is examined on the spot, by all scanners, and told at its place there.
"""

from .cache import default_folder as cache_folder
from .examine import Late, chosen, examine
from .local import Progress, run
from .scanned import Scanned, unknown_files

__all__ = ["Late", "Progress", "Scanned", "cache_folder", "chosen", "examine", "run", "unknown_files"]
