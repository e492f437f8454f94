"""A segment in other clothes: decoded, joined, stripped, each character led back to where it stands.

A view is made only where a cheap look, one for many segments laid end to end, says that it would read differently; its
text is again looked at for further views, to a bounded depth. What is said by the segment itself is not said again by
a view of it: the room keeps one finding for one place.
"""

from .all import DEPTH, Budget, Looked, Reading, views

__all__ = ["DEPTH", "Budget", "Looked", "Reading", "views"]
