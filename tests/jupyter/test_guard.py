"""The decisions of the guard, without a kernel: audit hooks run where nothing can be measured."""

import os
import pickle
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

import mlsec_nb
from mlsec_nb.config import Config
from mlsec_nb.core import Severity, UsageError
from mlsec_nb.jupyter.guard import hooks
from mlsec_nb.jupyter.guard.cell import check, refusal
from mlsec_nb.jupyter.guard.events import Log
from mlsec_nb.jupyter.guard.loading import LoadGuard, UnsafeLoad
from mlsec_nb.jupyter.guard.switch import Guard

EVIL = b"cos\nsystem\n(X\x04\x00\x00\x00truetR."


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    for event in ("pickle.find_class", "open", "socket.connect", "subprocess.Popen", "os.system"):
        hooks.forget(event)


def load_guard(mode: str = "block") -> LoadGuard:
    return LoadGuard(Config(), Log(), mode=mode)


@pytest.mark.parametrize(
    "name", [("os", "system"), ("builtins", "eval"), ("__builtin__", "eval"), ("subprocess", "Popen")]
)
def test_a_dangerous_callable_is_refused(name: tuple[str, str]) -> None:
    with pytest.raises(UnsafeLoad, match="mlsec stopped this load"):
        load_guard()._find_class(name)


@pytest.mark.parametrize(
    "name", [("collections", "OrderedDict"), ("__builtin__", "set"), ("numpy", "ndarray"), ("__main__", "Mine")]
)
def test_an_ordinary_callable_passes(name: tuple[str, str]) -> None:
    guard = load_guard("strict")
    guard._find_class(name)
    assert not [event for event in guard.log.events if event.action == "blocked"]


def test_an_unknown_callable_is_noted_and_in_strict_mode_refused() -> None:
    guard = load_guard()
    guard._find_class(("nobody.knows", "Thing"))
    assert [event.rule for event in guard.log.events] == ["GUARD-UNKNOWN"]
    with pytest.raises(UnsafeLoad, match="nobody.knows.Thing"):
        load_guard("strict")._find_class(("nobody.knows", "Thing"))


def test_classes_of_the_working_folder_are_the_users_own(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (here / "mine_for_the_guard.py").write_text("class A: ...\n", encoding="utf-8")
    monkeypatch.syspath_prepend(str(here))
    import mine_for_the_guard  # noqa: F401

    guard = load_guard("strict")
    guard._find_class(("mine_for_the_guard", "A"))
    assert not guard.log.events


def test_warn_says_it_once_more_and_lets_it_pass() -> None:
    guard = load_guard("warn")
    with pytest.warns(RuntimeWarning, match="os.system"):
        guard._find_class(("os", "system"))
    assert guard.log.events[-1].action == "warned"


def evil_zip(path: Path) -> str:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("archive/data.pkl", EVIL)
        archive.writestr("archive/version", "3")
    return str(path)


def test_a_loader_may_not_open_a_file_that_would_run_code(here: Path) -> None:
    guard = load_guard()
    evil = evil_zip(here / "evil.pt")
    guard._open((evil, "rb", 0))  # nobody loads: a copy or a hash is fine
    fake_loader = {"__name__": "torch.serialization", "guard": guard, "evil": evil}
    with pytest.raises(UnsafeLoad, match=r"evil\.pt"):
        exec("guard._open((evil, 'rb', 0))", fake_loader)  # noqa: S102 - a frame with the loader's name
    assert len(guard.verdicts) == 1
    with guard.allow(evil, reason="a test"):
        exec("guard._open((evil, 'rb', 0))", fake_loader)  # noqa: S102
        guard._find_class(("os", "system"))
    good = here / "good.pkl"
    good.write_bytes(pickle.dumps({"a": 1}))
    exec("guard._open((evil, 'rb', 0))", {**fake_loader, "evil": str(good)})  # noqa: S102
    exec("guard._open((evil, 'rb', 0))", {**fake_loader, "evil": "gone.pkl"})  # noqa: S102


@pytest.mark.parametrize(
    "arguments", [(3, "rb", 0), ("a.pkl", "wb", 0), ("a.txt", "r", 0), ("a.pkl", None, os.O_RDONLY)]
)
def test_other_openings_pass(arguments: tuple[object, ...]) -> None:
    load_guard()._open(arguments)


def test_the_switch_installs_and_removes_and_reports(here: Path) -> None:
    guard = Guard()
    with guard.on("load"):
        with pytest.raises(UnsafeLoad):
            pickle.loads(EVIL)
        with guard.allow("os.system", reason="it is `true`"):
            assert pickle.loads(EVIL) == 0
    assert pickle.loads(EVIL) == 0
    assert "blocked" in guard.status()
    report = guard.report()
    assert report.verdict.passed is False
    assert {judged.finding.rule.id for judged in report.findings} == {"GUARD-UNPICKLE"}


def test_as_a_block_the_guard_is_off_again(here: Path) -> None:
    with Guard() as guard:
        assert "load" in guard.status()
    assert guard.status().startswith("guard: off")
    with guard.allow("x", reason="off already"):
        pass


def test_mistakes_are_said() -> None:
    guard = Guard()
    with pytest.raises(UsageError, match="no part called 'everything'"):
        guard.on("everything")
    with pytest.raises(UsageError, match="no mode called 'loud'"):
        guard.on(mode="loud")
    with pytest.raises(UsageError, match="needs a reason"), guard.allow("x", reason=" "):
        pass


def test_connections_and_processes_are_noted_without_arguments() -> None:
    guard = Guard().on("events")
    events = guard.parts["events"]
    events._connect((None, ("203.0.113.7", 443)))
    events._connect((None, ("127.0.0.1", 80)))
    events._connect((None, "/run/socket"))
    events._start((b"curl -H 'Authorization: hunter22'",))
    events._start(("git",))
    guard.off()
    assert [event.subject for event in guard.log.events] == ["203.0.113.7:443", "curl", "git"]


def test_a_hook_does_not_hear_itself() -> None:
    heard: list[object] = []

    def listener(arguments: tuple[object, ...]) -> None:
        heard.append(arguments)
        hooks._hook("open", ("again",))

    hooks.listen("open", listener)
    hooks._hook("open", ("once",))
    hooks.forget("open")
    hooks._hook("open", ("never",))
    assert ("once",) in heard
    assert ("again",) not in heard
    assert ("never",) not in heard


def test_a_cell_is_judged_by_its_text() -> None:
    found = check("import pickle\nm = pickle.load(open('m.pkl', 'rb'))", Config(jobs=1), Severity.MEDIUM)
    assert "LOAD-PICKLE line 2" in refusal(found)
    assert check("1 + 1", Config(jobs=1), Severity.LOW) == []
    assert "and 2 more" in refusal(found * 5)


def test_the_guard_belongs_to_the_process() -> None:
    assert mlsec_nb.guard() is mlsec_nb.guard()
