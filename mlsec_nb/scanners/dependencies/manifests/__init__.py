"""Files that name packages: what is written in them, with its place.

A reader takes the text of one file and gives facts; which reader a file gets is decided by its name alone.
"""

from . import requirements
from .registry import Reader, reader_for

__all__ = ["Reader", "reader_for", "requirements"]
