"""Python source inside models (torch.package, handlers, wheels): what it imports and calls, read as a tree."""

import ast
from collections.abc import Iterator

from mlsec_nb.core import Finding, Severity
from mlsec_nb.scanners.models.context import Context
from mlsec_nb.scanners.models.knowledge.facts import known
from mlsec_nb.scanners.models.view import View

MAX_SOURCE = 1 << 22
MAX_NODES = 300_000
_HARD = frozenset({"code", "process", "native", "network", "environment"})
_PLAIN_CALLS = frozenset({"eval", "exec", "compile", "__import__"})
# Names that are also ordinary methods: only with their module in front do they mean anything.
_MODULES = frozenset(
    {
        "os",
        "subprocess",
        "socket",
        "ctypes",
        "pty",
        "marshal",
        "pickle",
        "requests",
        "urllib",
        "http",
        "shutil",
        "importlib",
    }
)


def matches(view: View) -> bool:
    inside = view.depth > 0 and view.via != "tensor"
    return (
        inside and view.name.endswith((".py", ".pth")) and 0 < view.size <= MAX_SOURCE and b"\0" not in view.head(4096)
    )


def scan(view: View, context: Context) -> Iterator[Finding]:
    source = view.raw().decode("utf-8", "replace")
    if view.name.endswith(".pth"):
        yield from _path_file(view, context, source)
        return
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return  # TorchScript writes code that is not quite Python
    told = set()
    for name, line, at_import in calls(tree):
        effect = effect_of(name)
        if effect is not None and name not in told:
            told.add(name)
            when = "as soon as it is imported" if at_import else "when the model is used"
            yield context.found(
                "MODEL-PYTHON-CODE",
                view,
                f"{name} line {line}",
                f"Python code in the model calls {name} (line {line}), {when}",
                severity=Severity.HIGH if at_import else Severity.MEDIUM,
            )


def _path_file(view: View, context: Context, source: str) -> Iterator[Finding]:
    """Lines of a .pth file in site-packages that begin with `import` are run by every start of Python."""
    for line in source.splitlines():
        if line.startswith(("import ", "import\t")):
            yield context.found(
                "MODEL-PYTHON-CODE",
                view,
                line[:200],
                "A .pth file runs code at every start of Python once it is installed",
            )


def calls(tree: ast.AST) -> Iterator[tuple[str, int, bool]]:
    """Dotted name, line, and whether importing runs it, of every call; aliases of imports are resolved."""
    aliases: dict[str, str] = {}
    todo: list[tuple[ast.AST, bool]] = [(tree, True)]
    found: list[tuple[str, int, bool]] = []
    for _ in range(MAX_NODES):
        if not todo:
            break
        node, at_import = todo.pop(0)
        if isinstance(node, ast.Import):
            aliases.update(
                {
                    (a.asname or a.name.partition(".")[0]): (a.name if a.asname else a.name.partition(".")[0])
                    for a in node.names
                }
            )
        elif isinstance(node, ast.ImportFrom):
            aliases.update({(a.asname or a.name): f"{node.module or ''}.{a.name}" for a in node.names})
        elif isinstance(node, ast.Call):
            found.append((dotted(node.func), node.lineno, at_import))
        inner = at_import and not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        todo += [(child, inner) for child in ast.iter_child_nodes(node)]
    for name, line, at_import in found:
        head, _, rest = name.partition(".")
        full = aliases.get(head, head)
        yield (f"{full}.{rest}" if rest else full), line, at_import


def dotted(node: ast.AST) -> str:
    """`a.b.c` of a name or attribute, as far as it is one."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    parts.append(node.id if isinstance(node, ast.Name) else "?")
    return ".".join(reversed(parts))


def effect_of(name: str) -> str | None:
    """What a call does, if it is one that models have no use for."""
    if name in _PLAIN_CALLS:
        return "code"
    head, _, last = name.rpartition(".")
    root = name.partition(".")[0]
    facts = known()
    if name in facts.effect_names:
        effect = facts.effect_names[name]
    elif root in _MODULES and last in facts.effect_words:
        effect = facts.effect_words[last]
    elif root in {"subprocess", "socket", "ctypes", "pty", "marshal", "requests", "urllib"} and head:
        effect = facts.effect_modules[root]
    else:
        return None
    return effect.id if effect.id in _HARD or root in _MODULES else None
