"""Every format that can be read, and the one way into them: by the shape of what is in the file, never by its name."""

from collections.abc import Iterator
from importlib import import_module
from types import ModuleType
from typing import Any, Final

# The tool as findings name it, and its file. Shapes that say most of themselves stand first.
FORMATS: Final = {
    "sarif": "sarif", "cyclonedx": "cyclonedx", "spdx": "spdx",
    "trivy": "trivy", "grype": "grype", "syft": "syft", "pip-audit": "pip_audit", "safety": "safety",
    "gitleaks": "gitleaks", "trufflehog": "trufflehog", "detect-secrets": "detect_secrets", "bandit": "bandit",
    "modelscan": "modelscan", "modelaudit": "modelaudit", "picklescan": "picklescan", "fickling": "fickling",
    "checkov": "checkov", "tfsec": "tfsec", "hadolint": "hadolint", "zizmor": "zizmor",
    "zap": "zap", "schemathesis": "schemathesis", "nuclei": "nuclei",
    "great-expectations": "great_expectations", "pydantic": "pydantic", "osv-scanner": "osv_scanner",
    "opa": "opa", "dvc": "dvc", "junit": "junit", "checkstyle": "checkstyle",
}  # fmt: skip

# What a tool writes that has found nothing, where that says nothing of whose it is.
EMPTY_LIST: Final = frozenset({"gitleaks", "hadolint", "nuclei", "opa", "pydantic", "safety", "trufflehog", "zizmor"})
NO_LINES: Final = frozenset({"nuclei", "trufflehog"})


def reader(tool: str) -> ModuleType:
    """The file that knows a tool's report: it has `is_mine(value)` and `read(value, told)`."""
    return import_module(f".{FORMATS[tool]}", __package__)


def of(value: Any) -> Iterator[str]:
    """The tools that a value may come from, the most likely first."""
    return (tool for tool in FORMATS if reader(tool).is_mine(value))
