"""Importers: the reports of other tools → our `Report`, so that every view, gate and policy works on them.

What they are for: a project that already runs Gitleaks, Trivy or Great Expectations keeps them, and gets one answer.
One small file a tool, with its words for severity as a table; `formats.FORMATS` is the whole list. A report is known
by the shape of what is in it, never by the name of its file; one JSON object on a line of its own is a report in lines.

What must always hold: nothing countable is lost. As many findings come out as the tool says it has; what it skipped,
could not read or failed at is a `Gap`, and so is an entry that cannot be understood. What it ignores with a reason is
suppressed, not gone. A package that it names is a `Component`. A vulnerability is told as our own scanners tell it
(`advisory`), so that the two can be merged and end in the same bill of materials.

What they must never do: trust a report. It may be cut, hostile, or hold the very secrets that it reports: messages are
masked, quoted words in messages about credentials are left out, a secret is only ever a keyed digest, markup is
stripped, values of data and requests are not kept. A file that is none of the known formats is a `UsageError`.

`running` runs the tools themselves, each as a table in `tools.toml` says, and reads what they give in the same way:
only when the user names them, never because a file in the project does, and never so that they run code of what is
scanned: pip-audit without pip, no settings of Checkov or ModelScan that lie in the target. TruffleHog asks no vendors.

What was run really: Bandit, detect-secrets, picklescan, hadolint, zizmor, pip-audit, Syft and Gitleaks in the tests;
Trivy by hand, without its database, which no package carries (packages, secrets, licences, CycloneDX: as many as it
counts). Grype and OSV-Scanner are in no package registry: their own public samples were read instead (7 reports of
Grype in JSON, CycloneDX and SARIF, 52 of OSV-Scanner), with as many findings as they hold. Safety's database has no
package either.

Tried and dropped: the tools' own Python models (each of them weighs more than this room, and changes with every
release), a common JSON schema for each format (six of 25 public SARIF files are invalid, and all of them are useful),
and guessing a tool from a file's name.
"""

from typing import TYPE_CHECKING

from mlsec_nb.core.lazily import lazily

from .tools import check, tools

if TYPE_CHECKING:
    from .formats import FORMATS
    from .loading import REPORT, load
    from .running import run

__getattr__ = lazily(__name__, {"FORMATS": "formats", "REPORT": "loading", "load": "loading", "run": "running"})

__all__ = ["FORMATS", "REPORT", "check", "load", "run", "tools"]
