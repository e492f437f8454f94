"""What a scanner meets inside an artifact is examined by all, and told at its place there."""

import time
from collections.abc import Iterator

import pytest

from mlsec_nb.config import Config, Limits
from mlsec_nb.core import Artifact, Document, Finding, Gap, Inside, Kind, Location, Rule
from mlsec_nb.executors import Late, chosen, examine
from mlsec_nb.io.files import Memory
from tests.sources.images import config_of, docker, layer

LOAD = b"import pickle\npickle.load(open('x', 'rb'))\n"


class Box:
    """Yields what it is given."""

    name = "box"
    rules: tuple[Rule, ...] = ()

    def __init__(self, *items: Inside | Gap, pause: float = 0) -> None:
        self.items, self.pause = items, pause

    def wants(self, artifact: Artifact) -> bool:
        return artifact.path == "box.tar"

    def scan(self, document: Document) -> Iterator[Finding | Gap | Inside]:
        for item in self.items:
            time.sleep(self.pause)
            yield item


def inside(path: str, data: bytes, **more: object) -> Inside:
    place = Location(path="box.tar", member=path, layer="sha256:1")
    return Inside(path=path, content=Memory(data), place=place, **more)  # type: ignore[arg-type]


def examined(box: Box, config: Config = Config(), names: str = "code models") -> tuple[list[Finding], list[Gap]]:  # noqa: B008
    late = [Late("box", lambda: box), *(one for one in chosen(config) if one.name in names.split())]
    found = examine(Artifact("box.tar", Kind.IMAGE, Memory(b"x")), late, config)
    return [one.finding for one in found.judged], found.gaps


def test_findings_stand_at_their_place_with_the_words_of_the_outer_scanner() -> None:
    found, gaps = examined(Box(inside("app/a.py", LOAD, note=" (in a box)", details={"layer": 1})))
    loads = [one for one in found if one.rule.id == "LOAD-PICKLE"]
    assert [(one.location.path, one.location.member, one.location.layer, one.location.line) for one in loads] == [
        ("box.tar", "app/a.py", "sha256:1", 2)
    ]
    assert loads[0].message.endswith(" (in a box)")
    assert (loads[0].details["layer"], loads[0].fixes, gaps) == (1, (), [])


def test_only_the_kinds_that_are_asked_for_are_looked_at() -> None:
    assert examined(Box(inside("a.py", LOAD, kinds=frozenset({Kind.MODEL})))) == ([], [])


def test_an_image_inside_is_told_and_not_opened() -> None:
    tars = [layer({"a.py": LOAD})]
    found, gaps = examined(Box(inside("app/image.tar", layer(docker(tars, config_of(tars))))), names="code")
    assert found == []
    assert [(gap.location.member, gap.code) for gap in gaps] == [("app/image.tar", "unsupported")]


def test_what_is_called_a_model_and_is_none_is_no_gap_where_only_models_were_asked_for() -> None:
    odd = b"\x08\1\x08\1\x08\1nothing"
    asked = Box(inside("a.pb", odd, kinds=frozenset({Kind.MODEL})), inside("b.pb", odd))
    _, gaps = examined(asked)
    assert sorted((gap.code, gap.location.member) for gap in gaps if gap.location.member) == [("unsupported", "b.pb")]
    assert "1 file of a kind that no chosen scanner knows: 1 × .pb" in [gap.reason for gap in gaps]


def test_suppressions_in_a_file_count_there() -> None:
    found, _ = examined(Box(inside("a.py", b"import pickle\npickle.load(f)  # mlsec: ignore[LOAD-PICKLE] -- ours\n")))
    assert "LOAD-PICKLE" in {one.rule.id for one in found}


def test_what_no_scanner_knows_is_told_in_one_line() -> None:
    _, gaps = examined(
        Box(inside("a.xyz", b"\0\1\2\3"), inside("b.xyz", b"\0\1\2\3"), inside("c", b"\0\1")), names="code"
    )
    assert [gap.reason for gap in gaps] == ["3 files of a kind that no chosen scanner knows: 2 × .xyz, 1 × no suffix"]


def test_the_time_of_what_is_inside_is_not_that_of_the_scanner(monkeypatch: pytest.MonkeyPatch) -> None:
    config = Config(limits=Limits(seconds=0.5))
    box = Box(*(inside(f"{n}.py", LOAD) for n in range(4)), pause=0.2)
    found, gaps = examined(box, config)
    assert [gap.code for gap in gaps] == ["timeout"]
    assert {one.location.member for one in found} == {"0.py", "1.py"}
