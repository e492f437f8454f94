import io
import os
import pickle
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlsec_nb.config import Config
from mlsec_nb.core import Artifact, Gap, Kind, UsageError
from mlsec_nb.io.files import LocalFile
from mlsec_nb.sources import collect


def plant(root, *names, data=b"x = 1\n"):
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def paths(*targets, config=None, **options):
    return [item.path for item in collect(targets, config or Config(), **options) if isinstance(item, Artifact)]


def gaps(*targets, config=None, **options):
    found = (item for item in collect(targets, config or Config(), **options) if isinstance(item, Gap))
    return {gap.location.path: (gap.code, gap.reason) for gap in found}


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_folder_is_walked_in_the_order_of_names(here):
    plant(here, "b/z.py", "b/a.py", "a.ipynb", "c.py", ".env", "b.py")
    assert paths(".") == [".env", "a.ipynb", "b/a.py", "b/z.py", "b.py", "c.py"]
    assert paths() == paths(".")
    assert paths("b/") == ["b/a.py", "b/z.py"]
    assert paths(str(here / "b")) == [f"{here}/b/a.py", f"{here}/b/z.py"]


def test_a_file_of_two_targets_is_given_once(here):
    plant(here, "a/x.py", "a/y.py")
    assert paths("a/y.py", "a", str(here / "a"), "./a/../a/x.py") == ["a/y.py", "a/x.py"]


def test_a_target_that_is_not_there_is_wrong_usage_before_anything_is_read(here):
    plant(here, "a.py")
    with pytest.raises(UsageError, match=r"nope: there is no such file or folder"):
        collect(["a.py", "nope"], Config())
    for target in ("", "a\0b", "memory://nothing/there"):
        with pytest.raises(UsageError):
            collect([target], Config())


def test_contents_can_be_read_in_another_process(here):
    plant(here, "a.py", data=b"print(1)\n")
    (item,) = pickle.loads(pickle.dumps(list(collect(["."], Config()))))
    assert item.content.read(100) == b"print(1)\n"
    assert item.kind is Kind.SOURCE


def test_gitignore_is_respected_and_said(here):
    plant(here, "a.log", "b.log", "keep.log", "out/x.py", "sub/c.log", "sub/d.py", "sub/keep.log")
    (here / ".gitignore").write_text("*.log\n!keep.log\nout/\n")
    (here / "sub/.gitignore").write_text("!c.log\nkeep.log\n")
    assert paths(".") == [".gitignore", "keep.log", "sub/.gitignore", "sub/c.log", "sub/d.py"]
    told = gaps(".")
    assert told["out"] == ("skipped", "the folder is left out by .gitignore")
    assert told["."] == ("skipped", "2 files are left out by .gitignore: a.log, b.log")
    assert told["sub"] == ("skipped", "1 file is left out by .gitignore: keep.log")


def test_a_named_file_or_folder_is_looked_at_even_when_ignored(here):
    plant(here, "out/x.py", "out/y.log", "secret.log")
    (here / ".git").mkdir()
    (here / ".gitignore").write_text("*.log\nout/\n")
    assert paths("secret.log") == ["secret.log"]
    assert paths("out") == ["out/x.py", "out/y.log"]


def test_rules_above_the_target_hold_up_to_the_root_of_the_repository(here):
    plant(here, "repo/a/x.py", "repo/a/y.log", "repo/a/z.tmp")
    (here / ".gitignore").write_text("*.py\n")
    (here / "repo/.gitignore").write_text("*.log\n")
    plant(here, "repo/.git/info/exclude", data=b"*.tmp\n")
    assert paths("repo/a") == ["repo/a/x.py"]
    assert gaps("repo/a")["repo/a"][0] == "skipped"


def test_exclude_is_relative_to_the_config(here):
    plant(here, "a/x.py", "a/b/x.py", "x.py", "y.py")
    config = Config(exclude=("/a/x.py", "y.*"), root=here)
    assert paths("a", ".", config=config) == ["a/b/x.py", "x.py"]
    with pytest.raises(UsageError, match="exclude"):
        collect(["."], Config(exclude=("!",)))


def test_what_is_left_out_by_default_is_said(here):
    plant(here, ".git/config", ".ipynb_checkpoints/a-checkpoint.ipynb", "node_modules/m/i.js", "env/pyvenv.cfg", "env/lib/x.py",
          "mc/conda-meta/history", "a.ipynb")  # fmt: skip
    assert paths(".") == ["a.ipynb"]
    told = gaps(".")
    assert set(told) == {".git", ".ipynb_checkpoints", "node_modules", "env", "mc"}
    assert {code for code, _ in told.values()} == {"skipped"}
    assert paths("env") == ["env/lib/x.py", "env/pyvenv.cfg"]


def test_links(here):
    plant(here, "a/real.py", "outside/o.py")
    (here / "a/link.py").symlink_to("real.py")
    (here / "a/far.py").symlink_to("../outside/o.py")
    (here / "a/loop").symlink_to("..")
    (here / "a/self").symlink_to("self")
    (here / "a/nowhere.py").symlink_to("nothing")
    assert paths("a") == ["a/real.py", "a/far.py"]
    told = gaps("a")
    assert told["a/loop"][0] == "skipped"
    assert told["a/self"] == ("unreadable", "its symbolic links go in a circle")
    assert told["a/nowhere.py"][0] == "unreadable"


def test_what_is_no_file_is_a_gap(here):
    os.mkfifo(here / "pipe.ipynb")
    plant(here, "x.ipynb/inner.py")
    assert paths(".") == ["x.ipynb/inner.py"]
    assert gaps(".") == {"pipe.ipynb": ("unreadable", "is a named pipe, not a file")}
    assert gaps("pipe.ipynb") == {"pipe.ipynb": ("unreadable", "is a named pipe, not a file")}


def test_a_file_that_vanishes_is_a_gap(here):
    plant(here, "a.py", "b.py")
    found = collect(["."], Config())
    assert next(found).path == "a.py"
    (here / "b.py").unlink()
    (gap,) = found
    assert (gap.location.path, gap.code) == ("b.py", "unreadable")


def test_globs(here):
    plant(here, "n/a.ipynb", "n/b.py", "n/deep/c.ipynb", "n/.ipynb_checkpoints/a.ipynb", "z.ipynb")
    assert paths("n/*.ipynb") == ["n/a.ipynb"]
    assert paths("**/*.ipynb") == ["n/a.ipynb", "n/deep/c.ipynb", "z.ipynb"]
    with pytest.raises(UsageError, match="no folder"):
        collect(["none/*.py"], Config())


def test_standard_input(here):
    (item,) = collect(["-"], Config(), stdin_filename="a/x.py", stdin=io.BytesIO(b"x = 1"))
    assert (item.path, item.kind, item.content.read(9)) == ("a/x.py", Kind.SOURCE, b"x = 1")
    (item,) = collect(["-"], Config(), stdin=io.BytesIO(b'{"cells": [], "nbformat": 4}'))
    assert (item.path, item.kind) == ("<stdin>", Kind.NOTEBOOK)


def test_an_oci_layout_is_one_image(here):
    plant(here, "img/oci-layout", "img/index.json", "img/blobs/sha256/00", data=b"{}")
    (item,) = collect(["."], Config())
    assert (item.path, item.kind, item.content.local) == ("img", Kind.IMAGE, str(here / "img"))


def test_names_that_a_terminal_would_choke_on(here):
    plant(here, "a\x1b[2Jb.py", "é.py")
    (here / os.fsdecode(b"\xff.py")).write_bytes(b"x = 1")
    assert paths(".") == ["a\\x1b[2Jb.py", "é.py", "\\xff.py"]
    assert all(item.content.read(10) for item in collect(["."], Config()))


def test_ignored_as_git_does(here):
    subprocess.run(["git", "init", "-q"], check=True)
    plant(here, "a.py", "b/a.py", "b/c/a.py", "b/c/k.txt", "doc/x", "x/doc/y", "foo bar", "#hash", "!bang")
    (here / ".gitignore").write_text("/a.py\nb/**/a.py\ndoc/\nfoo\\ bar\n\\#hash\n\\!bang\n")
    (here / "b/.gitignore").write_text("!c/a.py\n")
    listed = subprocess.run(
        ["git", "ls-files", "-oz", "--exclude-standard"], check=True, capture_output=True, text=True
    ).stdout
    assert sorted(paths(".")) == sorted(filter(None, listed.split("\0")))


def git(*words):
    return subprocess.run(
        ["git", "-c", "user.name=x", "-c", "user.email=x@x", *words], check=True, capture_output=True, text=True
    ).stdout


@pytest.mark.parametrize("version", ["2", "4"])
def test_what_git_tracks_is_looked_at_even_when_ignored(here, version):
    git("init", "-q")
    plant(
        here,
        "out/forced.py",
        "out/deep/forced.ipynb",
        "out/not.py",
        "out/deep/not.py",
        "a.log",
        "b.log",
        "x" * 200 + "/" + "y" * 200 + ".log",
    )
    (here / ".gitignore").write_text("out/\n*.log\n")
    plant(here, "z.log")
    git("add", "-f", "out/forced.py", "out/deep/forced.ipynb", "a.log", "z.log", "x" * 200, ".gitignore")
    git("update-index", "--index-version", version)
    assert paths(".") == [
        ".gitignore",
        "a.log",
        "out/deep/forced.ipynb",
        "out/forced.py",
        "x" * 200 + "/" + "y" * 200 + ".log",
        "z.log",
    ]
    assert gaps(".")["out"] == ("skipped", "1 file is left out by .gitignore: not.py")
    assert paths(".", config=Config(exclude=("out",), root=here))[:2] == [".gitignore", "a.log"]
    assert paths("out") == ["out/deep/forced.ipynb", "out/deep/not.py", "out/forced.py", "out/not.py"]
    git("add", "-N", "-f", "b.log")
    assert "b.log" in paths(".")
    git("commit", "-qm", "x")
    git("worktree", "add", "-q", str(here.parent / f"tree{version}"))
    plant(here.parent / f"tree{version}", "new.log")
    assert "a.log" in "".join(paths(str(here.parent / f"tree{version}")))
    index = (here / ".git/index").read_bytes()
    for broken in (b"DIRC garbage", index[:40], b"XXXX" + index[4:], index[:4] + b"\0\0\0\x09" + index[8:], index[:90]):
        (here / ".git/index").write_bytes(broken)
        assert paths(".") == [".gitignore"]
    (here / ".git/index").unlink()
    assert paths(".") == [".gitignore"]


def test_an_index_that_was_made_to_cost_much_is_not_believed(here):
    git("init", "-q")
    (here / ".gitignore").write_text("*.log\n")
    plant(here, "a.log")
    entry = bytes(60) + (1).to_bytes(2, "big")
    growing = b"".join(entry + b"\0" + b"d/" * 50 + b"\0" for _ in range(2000))
    for count in (30, 2000):
        (here / ".git/index").write_bytes(b"DIRC" + (4).to_bytes(4, "big") + count.to_bytes(4, "big") + growing)
        assert paths(".") == [".gitignore"]
    many = b"".join(entry + b"\0" + b"e" + b"\0" for _ in range(4000))
    wide = entry + b"\0" + b"/".join(b"%d" % n for n in range(900)) + b"\0"
    (here / ".git/index").write_bytes(b"DIRC" + (4).to_bytes(4, "big") + (3000).to_bytes(4, "big") + wide + many)
    assert paths(".") == [".gitignore"]


def test_an_ignore_file_that_is_too_big_ignores_nothing(here):
    plant(here, "a.log")
    (here / ".gitignore").write_text("*.log\n" * 20_000)
    assert paths(".") == [".gitignore", "a.log"]


def test_a_repository_inside_has_its_own_rules(here):
    git("init", "-q")
    (here / ".gitignore").write_text("*.py\n")
    plant(here, "sub/a.py", "a.py")
    git("init", "-q", "sub")
    assert paths(".") == [".gitignore", "sub/a.py"]


def test_a_glob_goes_only_where_it_leads(here):
    plant(here, "a/b/c.py", "a/x/c.py", "a/.git/c.py", "z/c.py", "a/c.py", "d/deep/er.py")
    assert paths("a/*/c.py") == ["a/b/c.py", "a/x/c.py"]
    assert set(gaps("a/*/c.py")) == {"a/.git"}
    assert gaps("z/*.py") == {}
    assert paths("[ad]/*.py") == ["a/c.py"]
    assert paths(f"{here}/d*") == [f"{here}/d/deep/er.py"]
    assert paths("a/c.py", "a/*.py") == ["a/c.py"]
    with pytest.raises(UsageError, match=r"a/\*\.zip: nothing matches"):
        paths("a/*.zip")
    with pytest.raises(UsageError, match="nothing matches, or only what is left out"):
        paths("**/*.zip")
    (here / "a/.gitignore").write_text("*.zip\n")
    plant(here, "a/b.zip")
    with pytest.raises(UsageError, match="only what is left out"):
        paths("a/*.zip")


def test_a_name_with_wildcards_is_a_name_first(here):
    plant(here, "[a].py", "a.py")
    assert paths("[a].py") == ["[a].py"]


def test_a_gap_of_two_targets_is_told_once(here):
    plant(here, "a/.git/x", "a/b.py")
    found = [item for item in collect(["a", "."], Config()) if isinstance(item, Gap)]
    assert [gap.location.path for gap in found] == ["a/.git"]


def test_what_cannot_be_listed_or_opened_is_a_gap(here, monkeypatch):
    plant(here, "a/x.py", "b.py", "c.py")
    listing, opening = os.scandir, os.open

    def deny_a(path):
        if str(path).endswith("a"):
            raise PermissionError(13, "Permission denied")
        return listing(path)

    def deny_b(path, *rest):
        if str(path).endswith("b.py"):
            raise PermissionError(13, "Permission denied")
        return opening(path, *rest)

    monkeypatch.setattr(os, "scandir", deny_a)
    monkeypatch.setattr(os, "open", deny_b)
    assert paths(".") == ["c.py"]
    assert gaps(".") == {
        "a": ("unreadable", "the folder cannot be listed: permission denied"),
        "b.py": ("unreadable", "permission denied"),
    }


def test_errors_of_the_disk_are_gaps(here):
    plant(here, "a.py", "b.py")

    class Entry:
        name, path = "a.py", "a.py"

        def is_symlink(self):
            raise OSError(5, "Input/output error")

    class Listing(list):
        def __enter__(self):
            return self

        def __exit__(self, *_):
            return None

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "scandir", lambda _: Listing([Entry()]))
        assert gaps(".") == {"a.py": ("unreadable", "input/output error")}

    class Broken(io.BytesIO):
        def read(self, *_):
            raise OSError(5, "Input/output error")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(LocalFile, "open", lambda _: Broken())
        assert gaps("a.py") == {"a.py": ("unreadable", "input/output error")}


def test_a_folder_that_is_one_thing_can_be_named(here):
    plant(here, "img/oci-layout", "img/index.json", data=b"{}")
    assert paths("img", ".", "img/") == ["img"]


def test_very_deep_folders(here):
    place = os.open(".", os.O_RDONLY)
    for _ in range(600):
        os.mkdir("d" * 8, dir_fd=place)
        place = os.open("d" * 8, os.O_RDONLY, dir_fd=place)
    os.close(os.open("x.py", os.O_CREAT, dir_fd=place))
    os.close(place)
    ((path, (code, reason)),) = gaps(".").items()
    assert code == "unreadable"
    assert "too long" in reason
    subprocess.run(["rm", "-rf", "d" * 8], check=True, cwd=here)


def test_too_much_on_standard_input(here):
    from mlsec_nb.config import Limits

    (gap,) = collect(["-"], Config(limits=Limits(text_bytes=10)), stdin=io.BytesIO(b"x" * 11))
    assert (gap.location.path, gap.code) == ("<stdin>", "too-big")


PATTERNS = st.lists(
    st.tuples(
        st.sampled_from(["", "", "!", "/", "!/"]),
        st.lists(st.sampled_from(["a", "b", "*", "**", "?", "*.py", "[ab]", "[!a]", "a*", "*b", "[[:alpha:]]", "[]a]", "x*.*y", "\\a", "[b-a]", "[a-"]), min_size=1, max_size=3),
        st.sampled_from(["", "", "/", " ", "\\ "]),
    ).map(lambda parts: parts[0] + "/".join(parts[1]) + parts[2]),
    max_size=5,
)  # fmt: skip


@settings(max_examples=40, deadline=None)
@given(
    st.sets(st.lists(st.sampled_from(["a", "b", "a.py", "xx.y", "ab"]), min_size=1, max_size=4).map(tuple), max_size=8),
    PATTERNS,
    PATTERNS,
)
def test_any_patterns_are_read_as_git_reads_them(tmp_path_factory, files, outer, inner):
    root = tmp_path_factory.mktemp("r")
    subprocess.run(["git", "init", "-q", str(root)], check=True)
    for file in sorted(files):
        if not any(parent.is_file() for parent in (root.joinpath(*file[:n]) for n in range(1, len(file)))):
            plant(root, "/".join(file)) if not root.joinpath(*file).exists() else None
    (root / ".gitignore").write_text("\n".join(outer), newline="")
    if (root / "a").is_dir():
        (root / "a/.gitignore").write_text("\r\n".join(inner) + "\n", newline="")
    listed = subprocess.run(
        ["git", "ls-files", "-oz", "--exclude-standard"], check=True, capture_output=True, text=True, cwd=root
    ).stdout
    assert sorted(path[len(str(root)) + 1 :] for path in paths(str(root))) == sorted(filter(None, listed.split("\0")))
