"""Documents and findings made by hand, so that these tests need no reader and no scanner."""

from mlsec_nb.core import (
    Artifact,
    Cell,
    Document,
    Evidence,
    Finding,
    Kind,
    Location,
    Part,
    Rule,
    Segment,
    Severity,
    TextOrigin,
)
from mlsec_nb.io.files import Memory

KEY = b"k" * 16
SECRET = Rule(id="SECRET-AWS-ACCESS-KEY", title="key", severity=Severity.HIGH)
PICKLE = Rule(id="LOAD-PICKLE", title="load", severity=Severity.HIGH, references=("CWE-502", "B301", "https://x/S999"))
SHELL = Rule(id="CODE-SHELL-TRUE", title="shell", severity=Severity.HIGH, references=("bandit S602",))
SCANNERS = {SECRET.id: "secrets", PICKLE.id: "code", SHELL.id: "code"}


def segment(text, path="n.ipynb", cell=None, part="source", kind=Part.CODE):
    place = Location(path=path, cell=cell, cell_id=f"id{cell}" if cell else None, part=part)
    return Segment(text, kind, place, TextOrigin(place))


def notebook(*cells, path="n.ipynb", metadata=None):
    """Each cell: its source, or a dict of source, output, kind, metadata."""
    segments, made = [], []
    for number, cell in enumerate(cells, 1):
        given = {"source": cell} if isinstance(cell, str) else cell
        kind = given.get("kind", "code")
        source = segment(given["source"], path, number, kind=Part(kind))
        outputs = tuple(
            segment(given["output"], path, number, "output 1 text/plain", Part.OUTPUT) for _ in "x" if "output" in given
        )
        segments += [source, *outputs]
        made.append(
            Cell(
                number=number,
                id=f"id{number}",
                kind=kind,
                source=source,
                outputs=outputs,
                metadata=given.get("metadata", {}),
            )
        )
    artifact = Artifact(path, Kind.NOTEBOOK, Memory(b""))
    return Document(artifact=artifact, segments=tuple(segments), cells=tuple(made), metadata=metadata or {})


def file(text, path="a.py", kind=Part.CODE):
    return Document(
        artifact=Artifact(path, Kind.SOURCE, Memory(b"")), segments=(segment(text, path, part=None, kind=kind),)
    )


def found(rule, segment, word):
    """The finding of a rule for every place of a word."""
    starts = [at for at in range(len(segment.text)) if segment.text.startswith(word, at)]
    return [
        Finding(
            rule=rule,
            scanner=SCANNERS[rule.id],
            location=segment.at(at, at + len(word)),
            evidence=Evidence.secret(word, KEY),
        )
        for at in starts
    ]


def all_found(document, rule=SECRET, word="hunter2xyz"):
    return [finding for segment in document.segments for finding in found(rule, segment, word)]
