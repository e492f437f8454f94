"""The local store of advisories: OSV records, how likely (EPSS) and whether really (KEV) they are exploited.

What it is for: to say without network which advisories are about a version of a package, how bad each is, and which
version mends it. `update` is about the network and `import_` takes the same files where there is none.

What it must never do: ask the network on a look-up, call a store fresh that is old, or lose an advisory because one
record of it has no score (a severity is joined over all records that name the same flaw).

Records are OSV's (https://ossf.github.io/osv-schema/), one SQLite file, opened immutable for reading. Bodies are
compressed with zlib and a dictionary taken from the records; ranges are kept apart in a few characters.

Dependencies: `cvss` (scores exactly as FIRST computes them, version 4 included; 0.2 MB, LGPL-3.0-or-later, used as a
library), PyYAML for databases that are kept as YAML.

Tried and dropped: zips of JSON read at each run (14 s for 400 packages), zstandard (24 MB for a fifth of the size),
storing every affected version (nine tenths of the file; those that the ranges do not tell are kept).
"""

from typing import TYPE_CHECKING

from mlsec_nb.core.lazily import lazily

from .place import default_path

if TYPE_CHECKING:
    from .matching import Advisory, Store

__getattr__ = lazily(__name__, {"Advisory": "matching", "Store": "matching"})

__all__ = ["Advisory", "Store", "default_path"]
