import os
import pickle
import socket
import stat

import pytest

from mlsec_nb.core import CannotRead, UsageError
from mlsec_nb.io import files
from mlsec_nb.io.files import LocalFile, LocalFolder, Memory, read_bounded, write_atomic


def test_a_file_is_read_whole_and_again_after_pickling(tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes(b"hello")
    content = pickle.loads(pickle.dumps(LocalFile(str(path))))
    assert content.size == 5
    assert content.local == str(path)
    assert content.read(5) == b"hello"
    with content.open() as stream:
        assert stream.read(2) == b"he"
        stream.seek(0)
        assert stream.read() == b"hello"


def test_an_empty_file_is_empty(tmp_path):
    (tmp_path / "a").write_bytes(b"")
    assert LocalFile(str(tmp_path / "a")).read(0) == b""


@pytest.mark.parametrize("content", [Memory(b"12345"), "file"])
def test_more_than_the_limit_is_refused(tmp_path, content):
    if content == "file":
        (tmp_path / "a").write_bytes(b"12345")
        content = LocalFile(str(tmp_path / "a"))
    with pytest.raises(CannotRead, match="more than 4 bytes") as caught:
        content.read(4)
    assert caught.value.code == "too-big"


def test_memory_gives_its_bytes_and_never_shows_them():
    content = pickle.loads(pickle.dumps(Memory(b"s3cr3t")))
    assert (content.size, content.local, content.read(6), content.open().read()) == (6, None, b"s3cr3t", b"s3cr3t")
    assert "s3cr3t" not in repr(content)


def test_a_file_that_says_it_is_empty_is_read_all_the_same():
    assert LocalFile("/proc/self/status").read(1 << 20).startswith(b"Name:")
    with pytest.raises(CannotRead, match="more than 10 bytes"):
        LocalFile("/proc/self/status").read(10)


def test_a_stream_that_grows_is_bounded():
    class Endless:
        def read(self, size):
            return b"x" * size

    with pytest.raises(CannotRead, match="more than 3,000,000"):
        read_bounded(Endless(), 3_000_000)


def test_what_is_no_file_is_refused_at_once(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "sock"))
        for name, reason in [("pipe", "named pipe"), ("sock", "socket"), (".", "folder"), ("gone", "not there")]:
            with pytest.raises(CannotRead, match=reason):
                LocalFile(str(tmp_path / name)).read(10)
    with pytest.raises(CannotRead, match="device"):
        LocalFile("/dev/null").open()
    with pytest.raises(CannotRead, match="not there"):
        _ = LocalFile(str(tmp_path / "gone")).size


@pytest.mark.parametrize(
    ("path", "reason"), [("a\0b", "cannot be a path"), ("x" * 5000, "too long"), ("\ud800", "cannot be a path")]
)
def test_a_path_that_is_none_is_refused(path, reason):
    with pytest.raises(CannotRead, match=reason):
        LocalFile(path).read(10)


def test_denied_and_circular(tmp_path, monkeypatch):
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    with pytest.raises(CannotRead, match="in a circle"):
        LocalFile(str(tmp_path / "loop")).read(1)

    def denied(*_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", denied)
    with pytest.raises(CannotRead, match="permission denied"):
        LocalFile(str(tmp_path / "x")).read(1)


def test_a_folder_has_a_place_and_no_bytes(tmp_path):
    folder = LocalFolder(str(tmp_path))
    assert folder.local == str(tmp_path)
    for call in (folder.open, lambda: folder.read(1)):
        with pytest.raises(CannotRead, match="folder"):
            call()


def test_writing_replaces_the_file_and_keeps_its_mode(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("old")
    path.chmod(0o640)
    write_atomic(path, "nöw \ud800")
    assert path.read_bytes() == b"n\xc3\xb6w \\ud800"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert os.listdir(tmp_path) == ["a.txt"]


def test_a_new_file_gets_the_usual_mode(tmp_path):
    old = os.umask(0o027)
    try:
        write_atomic(tmp_path / "a", b"x")
    finally:
        os.umask(old)
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o640


def test_writing_goes_through_a_link(tmp_path):
    (tmp_path / "real").write_text("old")
    (tmp_path / "link").symlink_to("real")
    write_atomic(tmp_path / "link", "new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_text() == "new"


def test_a_full_disk_is_one_line_and_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "a"
    path.write_text("old")

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files.os, "fsync", full)
    with pytest.raises(UsageError, match=r"a: cannot be written: no space is left on the disk"):
        write_atomic(path, "new")
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["a"]


def test_a_device_that_is_full_is_one_line():
    with pytest.raises(UsageError, match=r"^/dev/full: cannot be written: no space is left on the disk$"):
        write_atomic("/dev/full", "x")


def test_an_interrupt_leaves_nothing_half_written(tmp_path, monkeypatch):
    def interrupted(_):
        raise KeyboardInterrupt

    monkeypatch.setattr(files.os, "fsync", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_atomic(tmp_path / "a", "new")
    assert os.listdir(tmp_path) == []


def test_a_pipe_or_device_is_written_to_and_not_replaced(tmp_path):
    write_atomic("/dev/null", "x")
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)


@pytest.mark.parametrize(
    ("name", "reason"), [(".", "folder"), ("no/where", "not there"), ("loop", "circle"), ("a\0", "cannot be a path")]
)
def test_what_cannot_be_written_is_said(tmp_path, name, reason):
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    with pytest.raises(UsageError, match=reason):
        write_atomic(f"{tmp_path}/{name}", "x")
