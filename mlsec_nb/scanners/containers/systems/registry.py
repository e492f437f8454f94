"""Which file of an image is read by which reader."""

import re
from typing import Final

from mlsec_nb.scanners.containers.packages import Read

from . import apk, dpkg, languages, rpmdb

# Shapes of paths, the most telling word first: most files hold none of them.
_READERS: Final[tuple[tuple[str, re.Pattern[str], Read], ...]] = (
    ("var/lib/dpkg/", re.compile(r"(?:.*/)?var/lib/dpkg/status"), dpkg.status),
    ("var/lib/dpkg/", re.compile(r"(?:.*/)?var/lib/dpkg/status\.d/[^/]+(?<!\.md5sums)"), dpkg.status),
    ("var/lib/dpkg/", re.compile(r"(?:.*/)?var/lib/dpkg/(?:info|status\.d)/[^/]+\.md5sums"), dpkg.md5sums),
    ("var/lib/dpkg/", re.compile(r"(?:.*/)?var/lib/dpkg/info/[^/]+\.list"), dpkg.listed),
    ("apk/db/installed", re.compile(r"(?:.*/)?(?:usr/)?lib/apk/db/installed"), apk.installed),
    ("rpm/", re.compile(r"(?:.*/)?(?:var/lib|usr/lib/sysimage|usr/share)/rpm/(?:Packages(?:\.db)?|rpmdb\.sqlite)"),
     rpmdb.database),
    (".dist-info/", re.compile(r".*\.dist-info/METADATA"), languages.metadata),
    (".dist-info/", re.compile(r".*\.dist-info/RECORD"), languages.record),
    ("egg-info", re.compile(r".*\.egg-info(?:/PKG-INFO)?"), languages.metadata),
    ("EGG-INFO/", re.compile(r".*EGG-INFO/PKG-INFO"), languages.metadata),
    ("conda-meta/", re.compile(r"(?:.*/)?conda-meta/[^/]+\.json"), languages.conda),
    ("node_modules/", re.compile(r"(?:.*/)?node_modules/(?:@[^/]+/)?[^/]+/package\.json"), languages.npm),
    ("/DESCRIPTION", re.compile(r".*/(?:site-)?library/[^/]+/DESCRIPTION"), languages.description),
)  # fmt: skip


def reader_for(path: str) -> Read | None:
    """The reader of a file by its path, or None when it is no database of packages."""
    return next((read for word, shape, read in _READERS if word in path and shape.fullmatch(path)), None)
