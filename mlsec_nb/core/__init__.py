"""The words of the house: frozen, pure, standard library only.

Every room speaks these and nothing else to the others: an `Artifact` is read into a `Document` of `Segment`s, a
`Scanner` turns it into `Finding`s, `Gap`s and `Component`s, triage makes them `Judged`, policy gives the `Verdict`, and
all of it together is the `Report`. This room imports nothing of the house and holds no behaviour beyond what keeps a
value true: an `Evidence` masks at birth, a `Finding` knows its fingerprint, a `Segment` knows where it stands.
"""

from .artifact import TEXT_KINDS, Artifact, Content, Kind
from .component import Component
from .document import Cell, Document
from .errors import CannotRead, CannotScan, MlsecError, UsageError
from .evidence import Evidence, keyed_digest
from .finding import Edit, Finding, Fix, Related
from .gap import NO_ADVISORIES, SKIPPED, Gap
from .globs import Globs
from .grades import Confidence, Severity
from .inside import Inside
from .location import Location
from .masking import mask, mask_text, masked
from .purl import purl
from .report import Audited, Change, Judged, Report, Status, Verdict
from .rule import Rule
from .scanner import Scanner
from .segment import Origin, Part, RawMap, Segment, TextOrigin, ViewOrigin, line_and_column

__all__ = [
    "NO_ADVISORIES", "SKIPPED", "TEXT_KINDS", "Artifact", "Audited", "CannotRead", "CannotScan", "Cell", "Change",
    "Component", "Confidence", "Content", "Document", "Edit", "Evidence", "Finding", "Fix", "Gap", "Globs", "Inside",
    "Judged", "Kind", "Location", "MlsecError", "Origin", "Part", "RawMap", "Related", "Report", "Rule", "Scanner",
    "Segment", "Severity", "Status", "TextOrigin", "UsageError", "Verdict", "ViewOrigin", "keyed_digest",
    "line_and_column", "mask", "mask_text", "masked", "purl",
]  # fmt: skip
