"""The local store of advisories: OSV records, how likely (EPSS) and whether really (KEV) they are exploited.

What it is for: to say without network which advisories are about a version of a package, how bad each is, and which
version mends it. `update` is about the network and `import_` takes the same files where there is none.

What it must never do: ask the network on a look-up, call a store fresh that is old, or lose an advisory because one
record of it has no score (a severity is joined over all records that name the same flaw).

Records are OSV's (https://ossf.github.io/osv-schema/), one SQLite file, opened immutable for reading. Whole records lie
in blocks of 16, packed with zstandard and a dictionary learned from them; beside them stands only what a look-up needs:
names, and ranges in a few characters. 324,000 records take 126 MB (`tests/benchmarks/bench_advisories.py`).

Dependencies: `cvss` (scores exactly as FIRST computes them, version 4 included; 0.2 MB, LGPL-3.0-or-later, used as a
library), PyYAML for databases that are kept as YAML, `backports.zstd` before Python 3.14 (1.3 MB).

Tried and dropped: zips of JSON read at each run (14 s for 400 packages), zlib (a quarter larger), a record to a blob
(another quarter), names, aliases and vectors in columns beside the body that says them, an integer key for what is only
looked up by name (each index costs 8 MB), storing every affected version (nine tenths of the file; those that the
ranges do not tell are kept).
"""

from typing import TYPE_CHECKING

from mlsec_nb.core.lazily import lazily

from .place import default_path

if TYPE_CHECKING:
    from .matching import Advisory, Store

__getattr__ = lazily(__name__, {"Advisory": "matching", "Store": "matching"})

__all__ = ["Advisory", "Store", "default_path"]
