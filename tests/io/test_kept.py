"""Files that are kept: whole, verified, and not without end."""

import os
import stat
from pathlib import Path

import pytest

from mlsec_nb.core import CannotRead
from mlsec_nb.io.kept import Kept, cache, private_file, private_folder
from tests.sources.images import digest


def test_what_is_kept_is_there_whole_or_not_at_all(tmp_path: Path) -> None:
    kept = Kept(tmp_path / "cache")
    assert kept.get("a") is None
    name = digest(b"12")

    def fill(sink: object) -> None:
        sink(b"1")  # type: ignore[operator]
        sink(b"2")  # type: ignore[operator]

    assert kept.put(name, fill, name).read(9) == b"12"
    found = kept.get(name)
    assert found
    assert found.read(9) == b"12"
    with pytest.raises(CannotRead, match="other bytes than its digest"):
        kept.put("b", fill, digest(b"x"))
    with pytest.raises(ZeroDivisionError):
        kept.put("c", lambda _: 1 / 0)
    assert len(list((tmp_path / "cache").iterdir())) == 1
    assert (tmp_path / "cache").stat().st_mode & 0o077 == 0


def test_names_never_lead_out(tmp_path: Path) -> None:
    found = Kept(tmp_path / "cache").put("../../x/y", lambda sink: sink(b"1"))
    assert Path(found.path).parent == tmp_path / "cache"


def test_what_was_not_used_for_longest_goes_first(tmp_path: Path) -> None:
    kept = Kept(tmp_path, most=25)
    for age, name in enumerate(("a", "b", "c")):
        path = kept.put(name, lambda sink: sink(b"0123456789")).path
        os.utime(path, (age, age))
    assert [kept.get(name) is not None for name in ("a", "b", "c")] == [False, True, True]
    kept.put("big", lambda sink: sink(b"x" * 90))
    assert [path.name for path in tmp_path.iterdir()] == ["big"]


def test_where_nothing_can_be_written_it_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CannotRead, match="cannot be kept in"):
        Kept(tmp_path / "file").put("a", lambda sink: sink(b""))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache("layers") == tmp_path / "mlsec/layers"


def test_what_is_kept_is_for_the_user_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "new"))
    old = os.umask(0)
    try:
        Kept(cache("images")).put("a", lambda sink: sink(b"x"))
        private_file(cache("") / "b")
    finally:
        os.umask(old)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "new").rglob("*")}
    assert modes == {"mlsec": 0o700, "images": 0o700, "a": 0o600, "b": 0o600}
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o700


def test_what_was_open_to_others_is_closed_and_the_folders_of_others_are_left_alone(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    (tmp_path / "mlsec").mkdir()
    (tmp_path / "mlsec").chmod(0o755)
    (tmp_path / "mlsec" / "a").touch(0o644)
    private_file(private_folder(tmp_path / "mlsec") / "a")
    modes = [stat.S_IMODE(path.stat().st_mode) for path in (tmp_path, tmp_path / "mlsec", tmp_path / "mlsec" / "a")]
    assert modes == [0o755, 0o700, 0o600]
