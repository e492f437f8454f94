"""Names of languages: of kernels, of files and of MIME types."""

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

BY_SUFFIX: Mapping[str, str] = {
    ".bash": "bash", ".bat": "batch", ".c": "c", ".cc": "cpp", ".cfg": "ini", ".conf": "ini", ".cpp": "cpp",
    ".cs": "csharp", ".css": "css", ".env": "dotenv", ".go": "go", ".h": "c", ".hcl": "hcl", ".hpp": "cpp",
    ".htm": "html", ".html": "html", ".ini": "ini", ".ipy": "python", ".java": "java", ".jl": "julia",
    ".js": "javascript", ".json": "json", ".jsonl": "json", ".jsx": "javascript", ".kt": "kotlin", ".lua": "lua",
    ".markdown": "markdown", ".md": "markdown", ".mjs": "javascript", ".myst": "markdown", ".php": "php",
    ".pl": "perl", ".ps1": "powershell", ".py": "python", ".pyi": "python", ".pyw": "python", ".qmd": "markdown",
    ".r": "r", ".rb": "ruby", ".rego": "rego", ".rmd": "markdown", ".rs": "rust", ".scala": "scala", ".sh": "bash",
    ".sql": "sql", ".svg": "xml", ".swift": "swift", ".tex": "latex", ".tf": "hcl", ".tfvars": "hcl", ".toml": "toml",
    ".ts": "typescript", ".tsx": "typescript", ".xml": "xml", ".yaml": "yaml", ".yml": "yaml", ".zsh": "bash",
}  # fmt: skip
_BY_NAME = {
    "dockerfile": "dockerfile", "containerfile": "dockerfile", "makefile": "make", ".env": "dotenv",
    "jenkinsfile": "groovy", ".bashrc": "bash", ".zshrc": "bash", ".profile": "bash",
}  # fmt: skip
_BY_MIME = {
    "text/html": "html", "text/markdown": "markdown", "text/latex": "latex", "image/svg+xml": "xml",
    "application/javascript": "javascript", "text/javascript": "javascript", "application/json": "json",
    "text/xml": "xml", "application/xml": "xml", "text/css": "css", "text/csv": "csv",
}  # fmt: skip
_POLYGLOT = {"vscode": "languageId", "dotnet_interactive": "language", "polyglot_notebook": "kernelName"}
_SAME = {
    "ir": "r", "c++": "cpp", "c#": "csharp", "f#": "fsharp", "py": "python", "ipython": "python", "python3": "python",
    "ipython3": "python", "python2": "python", "sh": "bash", "shell": "bash", "js": "javascript",
}  # fmt: skip


def named(name: str) -> str:
    """A language under the one name that is used here."""
    low = name.strip().lower()
    return _SAME.get(low, low)


def of_path(path: str) -> str | None:
    """The language of a file by its name."""
    name = PurePosixPath(path).name.lower()
    if name in _BY_NAME or name.partition(".")[0] in {"dockerfile", "containerfile", "jenkinsfile"}:
        return _BY_NAME.get(name) or _BY_NAME[name.partition(".")[0]]
    if name.startswith(".env."):
        return "dotenv"
    return BY_SUFFIX.get(PurePosixPath(name).suffix)


def of_mime(mime: str) -> str | None:
    """The language of a MIME part; any `+json` is JSON, any `+xml` is XML."""
    if mime.endswith("+json"):
        return "json"
    return _BY_MIME.get(mime) or ("xml" if mime.endswith("+xml") else None)


def of_kernel(metadata: Mapping[str, Any]) -> str:
    """The language of a notebook by its metadata; Python when it does not say."""
    kernel, info = (_mapping(metadata.get(name)) for name in ("kernelspec", "language_info"))
    for name in (kernel.get("language"), info.get("name"), metadata.get("language")):
        if isinstance(name, str) and name.strip():
            return named(name)
    name = kernel.get("name")  # any name of an environment, or that of the language
    return named(name) if isinstance(name, str) and named(name) in BY_SUFFIX.values() else "python"


def of_cell(metadata: Mapping[str, Any], kernel: str) -> str:
    """The language of a code cell: its own in polyglot notebooks (VS Code, .NET Interactive), else the kernel's."""
    for holder, key in (
        ("vscode", "languageId"),
        ("dotnet_interactive", "language"),
        ("polyglot_notebook", "kernelName"),
    ):
        name = _mapping(metadata.get(holder)).get(key)
        if isinstance(name, str) and name.strip():
            return named(name)
    return kernel


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
