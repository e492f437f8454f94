"""The panel's types are those of Python."""

import importlib.util
from pathlib import Path

EXTENSION = Path(__file__).parents[2] / "extension"


def test_generating_the_types_again_changes_nothing() -> None:
    spec = importlib.util.spec_from_file_location("generate_types", EXTENSION / "generate_types.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert module.typescript() == (EXTENSION / "src/report.ts").read_text(encoding="utf-8"), (
        "run python extension/generate_types.py"
    )
