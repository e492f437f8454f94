"""What was found in a file inside an artifact, told at its place there."""

from dataclasses import replace

from mlsec_nb.core import Finding, Inside, Judged, Location

from .scanned import Scanned


def moved(scanned: Scanned, inside: Inside) -> Scanned:
    """The same with every location inside; there is no fix for what lies in an archive."""

    def place(location: Location) -> Location:
        return _moved(location, inside.place)

    def finding(one: Finding) -> Finding:
        return replace(
            one, location=place(one.location), message=one.message + inside.note, fixes=(),
            related=tuple(replace(step, location=place(step.location)) for step in one.related),
            details={**one.details, **inside.details},
        )  # fmt: skip

    return replace(
        scanned,
        judged=[Judged(finding(one.finding), one.status, one.reason) for one in scanned.judged],
        gaps=[replace(gap, location=place(gap.location)) for gap in scanned.gaps],
        components=[replace(one, location=place(one.location)) for one in scanned.components],
    )


def _moved(location: Location, place: Location) -> Location:
    inner = location.member
    member = f"{place.member}!{inner}" if place.member and inner else place.member or inner
    return location.with_(path=place.path, member=member, layer=place.layer, part=location.part or place.part)
