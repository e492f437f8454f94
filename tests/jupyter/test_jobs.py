"""Long scans: their end, their failure, their being stopped."""

import time
from collections.abc import Iterator
from typing import Any

import pytest

from mlsec_nb.jupyter.jobs import KEPT, Jobs
from tests.jupyter.work import dies, gives, hangs, refuses


@pytest.fixture
def jobs() -> Iterator[Jobs]:
    made = Jobs()
    yield made
    made.close()


def end(jobs: Jobs, name: str) -> Any:
    until = time.monotonic() + 20
    while time.monotonic() < until:
        job = jobs.look(name)
        assert job is not None
        if job["state"] != "running":
            return job
        time.sleep(0.02)
    raise AssertionError("the job does not end")


def test_a_job_tells_its_progress_and_its_report(jobs: Jobs) -> None:
    job = end(jobs, jobs.start(gives, 7)["id"])
    assert (job["state"], job["done"], job["total"], job["path"], job["report"]) == (
        "done",
        1,
        2,
        "a.py",
        7,
    )


def test_a_mistake_is_one_line_and_a_death_is_said(jobs: Jobs) -> None:
    first, second = jobs.start(refuses)["id"], jobs.start(dies)["id"]
    assert end(jobs, first)["error"] == "no such folder"
    assert end(jobs, second)["error"] == "the scanning process died"


def test_stopping_ends_the_process_and_those_that_it_started(jobs: Jobs, tmp_path: Any) -> None:
    file = tmp_path / "child"
    name = jobs.start(hangs, str(file))["id"]
    until = time.monotonic() + 20
    while not (file.exists() and file.read_text()) and time.monotonic() < until:
        time.sleep(0.02)
    child = int(file.read_text())
    assert jobs.cancel(name)["state"] == "cancelled"
    until = time.monotonic() + 10
    while time.monotonic() < until and alive(child):
        time.sleep(0.02)
    assert not alive(child)
    assert jobs.look(name)["state"] == "cancelled"


def alive(process: int) -> bool:
    try:
        with open(f"/proc/{process}/stat") as stream:
            return stream.read().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def test_finished_jobs_are_forgotten_in_the_end(jobs: Jobs) -> None:
    names = [end(jobs, jobs.start(refuses)["id"])["id"] for _ in range(KEPT + 2)]
    assert jobs.look(names[0]) is None
    assert jobs.look(names[-1]) is not None


def test_a_job_that_is_stopped_before_it_began_does_not_run(jobs: Jobs, tmp_path: Any) -> None:
    name = jobs.start(hangs, str(tmp_path / "child"))["id"]
    assert jobs.cancel(name)["state"] == "cancelled"
    time.sleep(1.5)
    assert not (tmp_path / "child").exists()
    assert jobs.cancel(name)["state"] == "cancelled"
    assert jobs.cancel("unknown") is None
