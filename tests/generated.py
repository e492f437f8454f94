"""Files that are made from the code: `python -m tests.generated` writes them, `--check` says whether they are stale."""

import contextlib
import importlib.util
import io
import json
import sys
from collections.abc import Callable
from pathlib import Path

from mlsec_nb import pipeline, reporters
from mlsec_nb.cli import COMMANDS, parser
from mlsec_nb.config import Config
from mlsec_nb.reporters.schema import json_schema

ROOT = Path(__file__).parents[1]
PANEL_RULES = "extension/src/lite/rules.ts"


def rules() -> str:
    """The rule catalogue."""
    found = pipeline.catalogue(Config())
    lines = [
        "# Rules",
        "",
        f"All {len(found)} rules of mlsec, as `mlsec explain ID` tells them. Made by `make generate`.",
        "",
        "| rule | severity | what it finds |",
        "|---|---|---|",
    ]
    lines += [f"| [{rule.id}](#{rule.id.lower()}) | {rule.severity} | {_cell(rule.title)} |" for rule in found.values()]
    for rule in found.values():
        lines += ["", f"### {rule.id}", "", f"{rule.title} · severity {rule.severity}, confidence {rule.confidence}"]
        lines += [
            text
            for name, body in (("Why", rule.why), ("Mend", rule.fix))
            if body
            for text in ("", f"{name}: {_line(body)}")
        ]
        if rule.references:
            lines += ["", "Read on: " + " · ".join(f"<{r}>" if "://" in r else r for r in rule.references)]
    return "\n".join(lines) + "\n"


def _line(text: str) -> str:
    return " ".join(text.split())


def _cell(text: str) -> str:
    return _line(text).replace("|", "\\|")


def readme() -> str:
    """The README with what `mlsec scan` says and its `--help` in their places."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    text = _put(text, "<!-- output: mlsec scan notebooks/examples -->\n", "<!-- end of output -->", _output())
    return _put(text, "<!-- help: mlsec scan -->\n", "<!-- end of help -->", _help("scan"))


def _put(text: str, begin: str, end: str, block: str) -> str:
    before, rest = text.split(begin)
    _, after = rest.split(end)
    return f"{before}{begin}```\n{block}```\n{end}{after}"


def _output() -> str:
    """What a new user sees first: the shipped example, as a terminal without colours shows it."""
    report = pipeline.audit(["notebooks/examples"], Config(jobs=1, exclude=("clean-*",)))
    shown = reporters.render(report, "terminal", width=100)
    return "".join(line.rstrip() + "\n" for line in shown.splitlines())


def _help(command: str) -> str:
    assert command in COMMANDS
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        parser(command).print_help()
    return out.getvalue()


def panel_rules() -> str:
    """The rules of the panel; as they stand when only the packing differs, which is another with another zlib."""
    place = ROOT / "extension/generate_rules.py"
    spec = importlib.util.spec_from_file_location("generate_rules", place)
    assert spec
    assert spec.loader
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    text, path = str(made.typescript()), ROOT / PANEL_RULES
    old = path.read_text(encoding="utf-8") if path.exists() else text
    return old if made.told(old) == made.told(text) else text


def schema() -> str:
    """The JSON Schema of the report."""
    return json.dumps(json_schema(), indent=2) + "\n"


FILES: dict[str, Callable[[], str]] = {
    "RULES.md": rules,
    "README.md": readme,
    "mlsec_nb/reporters/report.schema.json": schema,
    PANEL_RULES: panel_rules,
}


def main() -> int:
    import os

    os.environ["COLUMNS"] = "100"  # argparse folds help to the terminal's width
    stale = []
    for name, make in FILES.items():
        path, text = ROOT / name, make()
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            stale.append(name)
            if "--check" not in sys.argv:
                path.write_text(text, encoding="utf-8")
    if stale and "--check" in sys.argv:
        print(f"stale: {', '.join(stale)}; run `make generate`", file=sys.stderr)
        return 1
    print(f"generated: {', '.join(stale) or 'nothing new'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
