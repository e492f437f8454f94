"""Where the scanning runs: this process or a pool of processes.

`examine` is the station that every executor shares: one artifact in, everything about it out, and the only
`except Exception` of the product stands around each scanner there. An executor decides where `examine` runs and never
what comes out: results are put back into the order of the artifacts.
"""

from .examine import Late, Scanned, chosen, examine
from .local import Progress, run

__all__ = ["Late", "Progress", "Scanned", "chosen", "examine", "run"]
