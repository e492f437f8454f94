"""mlsec: security audits where machine learning is written."""

from ._version import __version__

__all__ = ["__version__"]
