"""Paths and progress of what the server scans."""

from pathlib import Path
from typing import Any

import pytest

from mlsec_nb.jupyter import audits


@pytest.mark.parametrize(
    ("path", "root", "expected"),
    [
        ("/srv/a/b.ipynb", "/srv", "a/b.ipynb"),
        ("/srv/a/b.ipynb", "/srv/", "a/b.ipynb"),
        ("/elsewhere/b.ipynb", "/srv", "/elsewhere/b.ipynb"),
        ("/srvother/b.ipynb", "/srv", "/srvother/b.ipynb"),
        ("/b.ipynb", "/", "b.ipynb"),
        ("/srv", "/srv", ""),
    ],
)
def test_paths_are_told_as_the_contents_manager_knows_them(path: str, root: str, expected: str) -> None:
    assert audits.below(path, root) == expected


def test_a_folder_tells_how_far_it_is_and_gives_the_report(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("import torch\ntorch.load(path)\n")
    told: list[Any] = []
    report = audits.folder(told.append, str(tmp_path), str(tmp_path))["report"]
    assert told[-1] == ("progress", (1, 1, "a.py"))
    assert [found["location"]["path"] for found in report["findings"]] == ["a.py"]
    assert str(tmp_path) not in str(report)


def test_nothing_is_accepted_where_no_baseline_is_named(tmp_path: Path) -> None:
    assert audits.accept((), ["x"], tmp_path / "a.py") == 0
