"""Targets in, artifacts out: files, folders, globs and standard input.

Everything that a target holds is either an `Artifact` or a `Gap`; nothing is left out in silence. What is left out by
an ignore file or a documented default is one gap of code "skipped" for each folder. A file that is named is always
given, even when it is ignored. Order is that of the names, whatever the file system says; a file that two targets hold
is given once. Links to files are followed, links to folders are not: what they lead to is either scanned already or
lies outside of what the user named.

A URL is read through fsspec (BSD, 0.2 MB; one library more for each kind of store), which a dozen clients of object
stores speak. Its name is shown without credentials; what a store holds is listed folder by folder, never as a whole.

Git itself is not asked what is ignored, for its configuration can start programs; its files are read instead.
"""

from typing import TYPE_CHECKING

from mlsec_nb.core.lazily import lazily

from .collecting import ALL, artifact_inside, collect, named_images

if TYPE_CHECKING:
    from .images import open_image
    from .repositories import Commit, History, Seen, history

__getattr__ = lazily(__name__, {
    "Commit": "repositories", "History": "repositories", "Seen": "repositories", "history": "repositories",
    "open_image": "images",
})  # fmt: skip

__all__ = ["ALL", "Commit", "History", "Seen", "artifact_inside", "collect", "history", "named_images", "open_image"]
