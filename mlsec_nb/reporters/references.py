"""References of a rule → links, where an id has one public home."""

import re

_HOMES = (
    (re.compile(r"CWE-(\d+)\Z"), "https://cwe.mitre.org/data/definitions/{0}.html"),
    (re.compile(r"(AML\.T[\d.]+)\Z"), "https://atlas.mitre.org/techniques/{0}"),
    (re.compile(r"(CVE-\d{4}-\d+)\Z"), "https://www.cve.org/CVERecord?id={0}"),
    (re.compile(r"(GHSA(?:-[0-9a-z]{4}){3})\Z"), "https://github.com/advisories/{0}"),
)
_WEB = re.compile(r"https?://[\w.-]+(?::\d+)?(?:[/?#][\w.~:/?#\[\]@!$&'()*+,;=%-]*)?\Z", re.ASCII)


def link(reference: str) -> str | None:
    """The address of a reference: the link that it is, or the home of its id; None for all else."""
    if _WEB.match(reference):
        return reference
    for pattern, home in _HOMES:
        if found := pattern.match(reference):
            return home.format(found.group(1))
    return None
