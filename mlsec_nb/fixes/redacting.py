"""The fix of last resort for a secret: its characters are replaced where they stand."""

from mlsec_nb.core import Edit, Finding, Fix

REDACTED = "[redacted-by-mlsec]"
RULES = "SECRET-"  # those of the secrets room, whichever scanner tells them


def redaction(finding: Finding) -> Fix | None:
    """The fix, where the place of the secret is known exactly."""
    place = finding.location
    is_exact = place.line is not None and place.end_line is not None and place.member is None
    if not finding.rule.id.startswith(RULES) or not is_exact:
        return None
    return Fix(title="Redact it here", action="redact", edits=(Edit(place, REDACTED),))
