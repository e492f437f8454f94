import gzip
import io
import json
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlsec_nb.advisories import Store, default_path
from mlsec_nb.advisories.ranges import affects, fixes, told
from mlsec_nb.advisories.ranges import compact as shortened
from mlsec_nb.advisories.severity import base_score, rated
from mlsec_nb.advisories.updating import import_
from mlsec_nb.core import CannotRead, Severity, UsageError

EXCERPT = Path(__file__).parent / "data" / "pypa"


def compact(ecosystem: str, affected: dict[str, Any]) -> str:
    return shortened(*told(ecosystem, affected))


def record(name: str, *aliases: str, package: str = "demo", events: tuple[dict[str, str], ...] = ({"introduced": "0"},),
           ecosystem: str = "PyPI", **more: Any) -> dict[str, Any]:  # fmt: skip
    affected = {
        "package": {"ecosystem": ecosystem, "name": package},
        "ranges": [{"type": "ECOSYSTEM", "events": list(events)}],
    }
    return {"id": name, "modified": "2026-01-01T00:00:00Z", "aliases": list(aliases), "affected": [affected], **more}


def made(folder: Path, *records: dict[str, Any], files: tuple[Path, ...] = ()) -> Store:
    (folder / "records.json").write_text(json.dumps(list(records)), encoding="utf-8")
    import_(folder / "store.sqlite", [folder / "records.json", *files])
    return Store.open(folder / "store.sqlite")


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Store:
    path = tmp_path_factory.mktemp("store") / "store.sqlite"
    import_(path, [EXCERPT])
    return Store.open(path)


def ids(store: Store, name: str, version: str | None, ecosystem: str = "PyPI") -> list[str]:
    return [one.id for one in store.affecting(ecosystem, name, version)]


def test_a_real_record_is_found_under_any_spelling_and_not_beyond_its_fix(real: Store) -> None:
    assert "PYSEC-2018-49" in ids(real, "PyYAML", "3.13")
    assert "PYSEC-2018-49" not in ids(real, "pyyaml", "5.1")
    (found,) = [one for one in real.affecting("PyPI", "pyyaml", "3.13") if one.id == "PYSEC-2018-49"]
    assert found.fixed == ("5.1",)
    assert "CVE-2017-18342" in found.aliases


def test_every_version_that_a_real_record_lists_is_affected_and_every_fix_is_not(real: Store) -> None:
    for file in EXCERPT.glob("*.json"):
        body = json.loads(file.read_text(encoding="utf-8"))
        assert real.record(body["id"]) == body
        if body.get("withdrawn"):
            continue
        for affected in body["affected"]:
            name = affected["package"]["name"]
            for version in affected.get("versions", []):
                assert body["id"] in real.records_affecting("PyPI", name, version), (body["id"], version)


def test_a_local_version_is_that_of_its_release(tmp_path: Path) -> None:
    store = made(tmp_path, record("A-1", package="torch", events=({"introduced": "0"}, {"fixed": "2.2.0"})))
    assert ids(store, "torch", "2.1.0+cpu") == ["A-1"]
    assert ids(store, "torch", "2.2.0+cu118") == []


def test_severity_comes_from_whichever_record_has_one(tmp_path: Path) -> None:
    store = made(
        tmp_path,
        record("PYSEC-1", "CVE-2020-1"),
        record("GHSA-1", "CVE-2020-1", database_specific={"severity": "MODERATE"}),
        record("PYSEC-2", "CVE-2020-2"),
        record("GHSA-2", "CVE-2020-2", package="other", severity=[
            {"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}]),
        record("PYSEC-3"),
    )  # fmt: skip
    found = {one.id: one for one in store.affecting("PyPI", "demo", "1")}
    assert {name: one.severity for name, one in found.items()} == {
        "PYSEC-2": Severity.CRITICAL, "GHSA-1": Severity.MEDIUM, "PYSEC-3": None,
    }  # fmt: skip
    assert found["PYSEC-2"].score == 9.8
    assert found["GHSA-1"].records == ("GHSA-1", "PYSEC-1")


def test_records_are_joined_over_any_chain_of_aliases_but_never_two_flaws_into_one(tmp_path: Path) -> None:
    chain = made(tmp_path, record("A-1", "X"), record("A-2", "Y"), record("A-3", "Y", "Z"), record("A-4", "Z", "X"))
    assert len(chain.affecting("PyPI", "demo", "1")) == 1
    (tmp_path / "b").mkdir()
    apart = made(tmp_path / "b", record("B-1", "CVE-2020-1"), record("B-2", "CVE-2020-2"),
                 record("B-3", "CVE-2020-1", "CVE-2020-2"))  # fmt: skip
    assert len(apart.affecting("PyPI", "demo", "1")) == 3


def test_withdrawn_records_are_not_told(tmp_path: Path) -> None:
    assert ids(made(tmp_path, record("A-1", withdrawn="2026-01-01T00:00:00Z")), "demo", "1") == []


def test_malware_is_known_without_a_version(tmp_path: Path) -> None:
    store = made(tmp_path, record("MAL-2026-1"), record("A-1", events=({"introduced": "0"}, {"fixed": "2"})))
    assert ids(store, "demo", None) == ["MAL-2026-1"]
    assert store.affecting("PyPI", "demo", None)[0].severity is Severity.CRITICAL


def test_exploitation_is_shown(tmp_path: Path) -> None:
    epss = tmp_path / "epss.csv.gz"
    epss.write_bytes(
        gzip.compress(b"#model_version:v2026,score_date:2026-01-01\ncve,epss,percentile\nCVE-2020-1,0.93,0.99\n")
    )
    kev = tmp_path / "kev.json"
    kev.write_text(json.dumps({"vulnerabilities": [
        {"cveID": "CVE-2020-1", "dateAdded": "2021-01-01", "knownRansomwareCampaignUse": "Known"}]}))  # fmt: skip
    (found,) = made(tmp_path, record("A-1", "CVE-2020-1"), files=(epss, kev)).affecting("PyPI", "demo", "1")
    assert (found.epss, found.exploited, found.ransomware) == (0.93, True, True)


def test_a_later_record_replaces_an_earlier_one_and_not_the_other_way_round(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    for modified, package in (("2026-02-01T00:00:00Z", "new"), ("2026-01-01T00:00:00Z", "old")):
        (tmp_path / "one.json").write_text(json.dumps(record("A-1", package=package, modified=modified)))
        import_(path, [tmp_path / "one.json"])
    assert ids(Store.open(path), "new", "1") == ["A-1"]
    assert ids(Store.open(path), "old", "1") == []
    assert Store.open(path).as_of()["PyPI"].isoformat() == "2026-02-01"
    assert Store.open(path).counts() == {"PyPI": 1, "EPSS": 0, "KEV": 0}


def test_archives_yaml_and_lists_are_imported(tmp_path: Path) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("A-1.json", json.dumps(record("A-1")))
        archive.writestr("readme.txt", "no")
    (tmp_path / "all.zip").write_bytes(packed.getvalue())
    (tmp_path / "b.yaml").write_text("id: B-1\nmodified: 2026-01-02T03:04:05Z\naffected:\n- package: {ecosystem: PyPI, name: demo}\n"
                                     "  versions: ['1']\n")  # fmt: skip
    (tmp_path / "c.json").write_text(json.dumps({"vulns": [record("C-1"), {"id": 3}, "no"]}))
    done = import_(tmp_path / "store.sqlite", [tmp_path / "all.zip", tmp_path / "b.yaml", tmp_path / "c.json"])
    assert done == {"records": 3, "EPSS": 0, "KEV": 0}
    store = Store.open(tmp_path / "store.sqlite")
    assert ids(store, "demo", "1") == ["A-1", "B-1", "C-1"]
    assert (store.record("B-1") or {})["modified"] == "2026-01-02T03:04:05Z"


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("a.json", "{", "no record"),
        ("a.yaml", "a: [", "no valid YAML"),
        ("a.zip", "no zip", "no archive"),
        ("a.json", "[]", "no advisory is in it"),
        ("a.csv", "cve,epss\nCVE-1,x\n", "table of EPSS"),
        ("kev.json", '{"vulnerabilities": [{"cveID": 1}, 3]}', "table of KEV"),
    ],
)
def test_what_is_no_advisory_is_said_and_the_store_stays(tmp_path: Path, name: str, text: str, says: str) -> None:
    store = made(tmp_path, record("A-1")).path
    before = store.read_bytes()
    (tmp_path / name).write_text(text)
    with pytest.raises(UsageError, match=says):
        import_(store, [tmp_path / name])
    assert store.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir() if "new" in file.name] == []


def test_a_path_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such file"):
        import_(tmp_path / "s", [tmp_path / "none"])


def test_a_store_that_cannot_be_used_says_why(tmp_path: Path) -> None:
    with pytest.raises(CannotRead, match="advisories update") as caught:
        Store.open(tmp_path / "none")
    assert caught.value.code == "no-advisories"
    (tmp_path / "broken").write_bytes(b"no database" * 100)
    with pytest.raises(CannotRead, match="damaged"):
        Store.open(tmp_path / "broken")


def test_the_place_of_the_store_follows_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLSEC_ADVISORIES", "/x/y")
    assert default_path() == Path("/x/y")
    monkeypatch.delenv("MLSEC_ADVISORIES")
    monkeypatch.setenv("XDG_DATA_HOME", "/data")
    assert default_path() == Path("/data/mlsec/advisories.sqlite")


@pytest.mark.parametrize(
    ("vector", "score"),
    [
        ("AV:N/AC:L/Au:N/C:P/I:P/A:P", 7.5),
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", 9.8),
        ("CVSS:3.0/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N", 6.1),
        ("CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N", 9.3),
        ("CVSS:3.1/AV:N", None),
        ("nonsense", None),
    ],
)
def test_scores_are_those_of_first(vector: str, score: float | None) -> None:
    assert base_score(vector) == score


def test_debian_says_how_urgent_it_is() -> None:
    affected = [{"package": {}, "ecosystem_specific": {"urgency": "unimportant"}}]
    assert rated({"id": "DEBIAN-CVE-1", "affected": affected})[0] is Severity.INFO


RANGE = {"ranges": [{"type": "ECOSYSTEM", "events": [
    {"introduced": "0"}, {"fixed": "1.26.17"}, {"introduced": "2.0.0"}, {"fixed": "2.0.6"}]}]}  # fmt: skip


@pytest.mark.parametrize(
    ("version", "is_affected", "fixed"),
    [
        ("0.dev0", True, ["1.26.17"]), ("1.26.16", True, ["1.26.17"]), ("1.26.17", False, ["2.0.6"]),
        ("2.0.0", True, ["2.0.6"]), ("2.0.0rc1", False, ["2.0.6"]), ("2.0.6", False, []),
    ],
)  # fmt: skip
def test_ranges_are_read_as_osv_says(version: str, is_affected: bool, fixed: list[str]) -> None:
    text = compact("PyPI", RANGE)
    assert affects("PyPI", version, text) is is_affected
    assert fixes("PyPI", version, text) == fixed


def test_listed_versions_count_too_and_so_does_the_last_affected_one() -> None:
    listed = compact(
        "PyPI", {"versions": ["1.0", "weird version"], "ranges": [{"type": "GIT", "events": [{"introduced": "0"}]}]}
    )
    assert [affects("PyPI", version, listed) for version in ("1.0", "1.0.0", "weird version", "1.1")] == [
        True,
        True,
        True,
        False,
    ]
    last = compact(
        "npm", {"ranges": [{"type": "SEMVER", "events": [{"introduced": "1.0.0"}, {"last_affected": "1.2.0"}]}]}
    )
    assert [affects("npm", version, last) for version in ("0.9.0", "1.0.0", "1.2.0", "1.2.1")] == [
        False,
        True,
        True,
        False,
    ]
    unknown = compact(
        "RubyGems", {"versions": ["1"], "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}]}]}
    )
    assert [affects("RubyGems", version, unknown) for version in ("1", "2")] == [True, False]


@given(st.lists(st.integers(0, 30), min_size=1, max_size=6, unique=True), st.integers(0, 30))
def test_a_version_is_affected_between_what_brings_and_what_mends_it(numbers: list[int], version: int) -> None:
    ordered = sorted(numbers)
    events = [{"introduced" if index % 2 == 0 else "fixed": str(number)} for index, number in enumerate(ordered)]
    text = compact("PyPI", {"ranges": [{"type": "ECOSYSTEM", "events": events[::-1]}]})
    inside = sum(number <= version for number in ordered) % 2 == 1
    assert affects("PyPI", str(version), text) is inside


def test_a_store_of_another_version_is_not_read(tmp_path: Path) -> None:
    import sqlite3

    path = made(tmp_path, record("A-1")).path
    with sqlite3.connect(path) as base:
        base.execute("UPDATE meta SET value = '0' WHERE name = 'schema'")
    base.close()
    with pytest.raises(CannotRead, match="another version"):
        Store.open(path)


def test_a_file_that_is_no_store_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "records.json").write_text(json.dumps(record("A-1")))
    (tmp_path / "mine.db").write_bytes(b"something else " * 100)
    with pytest.raises(UsageError, match="cannot be written"):
        import_(tmp_path / "mine.db", [tmp_path / "records.json"])
    assert (tmp_path / "mine.db").read_bytes().startswith(b"something else")


def test_a_large_import_learns_its_dictionary_once(tmp_path: Path) -> None:
    many = [
        record(f"A-{number}", package=f"p{number % 7}", details="the same words again and again")
        for number in range(2_500)
    ]
    store = made(tmp_path, *many)
    assert len(store.records_affecting("PyPI", "p3", "1")) == len(
        [one for one in many if one["affected"][0]["package"]["name"] == "p3"]
    )
    assert store.path.stat().st_size < 2_500 * 500
    store.close()


def test_folders_and_single_files_are_records_too(tmp_path: Path) -> None:
    (tmp_path / "in" / "deep").mkdir(parents=True)
    (tmp_path / "in" / "deep" / "a.json").write_text(json.dumps(record("A-1")))
    (tmp_path / "in" / "readme.md").write_text("no")
    assert import_(tmp_path / "store.sqlite", [tmp_path / "in"])["records"] == 1
    with pytest.raises(UsageError):
        import_(tmp_path / "store.sqlite", [tmp_path / "in" / "readme.md"])


ODD = st.sampled_from(
    [None, 3, "x", [], {}, [3], ["x"], [{}], {"severity": 3}, [{"introduced": 0}], [{"type": "CVSS_V3", "score": "x"}]]
)


@settings(max_examples=15, deadline=None)
@given(st.dictionaries(st.sampled_from(["aliases", "affected", "severity", "database_specific", "upstream", "withdrawn"]), ODD),
       st.dictionaries(st.sampled_from(["package", "ranges", "versions", "severity", "ecosystem_specific"]), ODD),
       st.dictionaries(st.sampled_from(["type", "events"]), ODD))  # fmt: skip
def test_records_of_any_shape_are_taken_or_passed_over(
    top: dict[str, Any], affected: dict[str, Any], entry: dict[str, Any]
) -> None:
    odd = {
        **record("A-1"),
        "affected": [{"package": {"ecosystem": "PyPI", "name": "demo"}, "ranges": [entry], **affected}],
        **top,
    }
    with tempfile.TemporaryDirectory() as folder:
        store = made(Path(folder), record("B-1"), odd)
        assert "B-1" in ids(store, "demo", "1")
        store.close()


def test_what_was_replaced_leaves_the_store(tmp_path: Path) -> None:
    """Each time nine tenths of the records change; what they were is found by nothing and takes no room."""
    path = tmp_path / "store.sqlite"
    sizes = []
    for year in range(2020, 2026):
        many = [record(f"A-{number}", f"CVE-{year}-{1000 + number}", package=f"p{year}-{number}", modified=f"{year}-01-01T00:00:00Z",
                       details=" ".join(str((number * year * step) % 9973) for step in range(60)))
                for number in range(50 if year == 2020 else 0, 600)]  # fmt: skip
        (tmp_path / "many.json").write_text(json.dumps(many))
        import_(path, [tmp_path / "many.json"])
        sizes.append(path.stat().st_size)
        store = Store.open(path)
        assert {name: ids(store, f"p{name}-77", "1") for name in (year - 1, year)} == {year - 1: [], year: ["A-77"]}
        assert (store.record("A-77") or {})["modified"].startswith(str(year))
        store.close()
    assert sizes[-1] < sizes[1] * 1.3


def test_of_one_record_twice_in_a_file_the_later_counts(tmp_path: Path) -> None:
    store = made(tmp_path, record("A-1", "CVE-2020-1", package="one"),
                 record("A-1", package="two", modified="2026-02-01T00:00:00Z"))  # fmt: skip
    assert (ids(store, "one", "1"), ids(store, "two", "1")) == ([], ["A-1"])
    assert store.affecting("PyPI", "two", "1")[0].aliases == ()


def test_a_rating_stands_under_the_name_of_the_other_record_too(tmp_path: Path) -> None:
    store = made(tmp_path, record("PYSEC-1", "GHSA-9"), record("GHSA-9", package="other", database_specific={"severity": "LOW"}),
                 record("PYSEC-2", "GHSA-8"), record("GHSA-8", package="other", withdrawn="2026-01-01T00:00:00Z",
                                                     database_specific={"severity": "HIGH"}))  # fmt: skip
    assert [one.severity for one in store.affecting("PyPI", "demo", "1")] == [None, Severity.LOW]


@given(
    st.lists(st.tuples(st.sampled_from("ifl"), st.text(max_size=5)), max_size=4),
    st.lists(st.text(max_size=5), max_size=3),
)
def test_what_is_short_says_the_same(events: list[tuple[str, str]], listed: list[str]) -> None:
    ranges = [events] if events else []
    clean = not any(mark in text for text in [*listed, *(text for _, text in events)] for mark in "\x1d\x1e\x1f")
    if clean and listed != [""]:
        from mlsec_nb.advisories.ranges import _loose

        assert _loose(shortened(ranges, listed)) == (ranges, listed)
