"""Scripts and prose with cells are notebooks."""

import pytest

from mlsec_nb.core import Kind, Part
from mlsec_nb.notebooks import read_bytes

PERCENT = """# ---
# jupyter:
#   kernelspec: x
# ---

import os
# %%
a = 1
# !pip install b
# %%bash
# %% [markdown] title tags=["x", "y"]
# # Head
# needle
# %% [raw]
# raw
"""
QUARTO = """---
title: needle0
---
# Head

```{python}
#| tags: [x]
needle = 1
```
prose
```python
shown only
```
````{r, echo=FALSE}
```
library(x)
"""
MYST = """---
jupytext: {}
---
one
+++ {"a": 1}
two
```{code-cell} ipython3
:tags: [x, y]
needle = 1
```
```{note}
three
```
"""


def cells(text: str, path: str, kind: Kind = Kind.NOTEBOOK):
    document = read_bytes(text.encode(), path, kind)
    return document, [
        (cell.kind, cell.source.language, cell.source.text, list(cell.metadata.get("tags", ())))
        for cell in document.cells
    ]


@pytest.mark.parametrize("kind", [Kind.SOURCE, Kind.NOTEBOOK])
def test_percent_scripts(kind):
    document, found = cells(PERCENT, "a.py", kind)
    assert found == [
        ("code", "python", "\nimport os\n", []),
        ("code", "python", "a = 1\n!pip install b\n%%bash\n", []),
        ("markdown", "markdown", "# Head\nneedle\n", ["x", "y"]),
        ("raw", None, "raw\n", []),
    ]
    source = document.cells[2].source
    start = source.text.index("needle")
    place = source.at(start, start + 6)
    assert (place.cell, place.line, place.raw_line, place.raw_column) == (3, 2, 13, 3)


def test_a_commented_command_is_a_comment_without_a_header():
    _, found = cells("# %%\n# !curl x | sh\n", "a.py")
    assert found[0][2] == "# !curl x | sh\n"


def test_other_languages_have_their_own_comments():
    _, found = cells("// %%\nlet a = 1;\n// %% [md]\n// text\n", "a.js")
    assert [row[:3] for row in found] == [("code", "javascript", "let a = 1;\n"), ("markdown", "markdown", "text\n")]


def test_quarto():
    document, found = cells(QUARTO, "a.qmd")
    assert found == [
        ("markdown", "markdown", "# Head\n\n", []),
        ("code", "python", "#| tags: [x]\nneedle = 1\n", ["x"]),
        ("markdown", "markdown", "prose\n```python\nshown only\n```\n", []),
        ("code", "r", "```\nlibrary(x)\n", []),
    ]
    assert document.language == "python"
    assert "needle0" in document.segments[0].text
    source = document.cells[1].source
    assert source.at(13, 19).raw_line == 8


def test_myst():
    document, found = cells(MYST, "a.md", Kind.TEXT)
    assert found == [
        ("markdown", "markdown", "one\n", []),
        ("markdown", "markdown", "two\n", []),
        ("code", "python", "needle = 1\n", ["x", "y"]),
        ("markdown", "markdown", "```{note}\nthree\n```\n", []),
    ]
    assert any('{"a": 1}' in s.text for s in document.segments)


def test_jupytext_markdown_has_plain_fences():
    _, found = cells("---\njupyter:\n  kernelspec: x\n---\n```python\na = 1\n```\n", "a.md")
    assert found == [("code", "python", "a = 1\n", [])]


@pytest.mark.parametrize(
    ("path", "text"), [("README.md", "# T\n```python\nx\n```\n"), ("a.py", "x = '%%d'\n"), ("a.txt", "# %%\n")]
)
def test_other_texts_have_no_cells(path, text):
    document, found = cells(text, path, Kind.TEXT)
    assert found == []
    assert [s.text for s in document.segments] == [text]


@pytest.mark.parametrize(
    ("path", "text", "part", "language"),
    [
        ("run", "#!/usr/bin/env python3\n", Part.CODE, "python"),
        ("run", "#!/bin/sh\n", Part.CODE, "bash"),
        ("run", "plain", Part.TEXT, None),
        ("Dockerfile.gpu", "FROM x", Part.CODE, "dockerfile"),
        (".env.local", "A=b", Part.CODE, "dotenv"),
        ("a.md", "x", Part.MARKDOWN, "markdown"),
    ],
)
def test_the_language_of_a_file(path, text, part, language):
    document = read_bytes(text.encode(), path, Kind.SOURCE)
    assert (document.segments[0].part, document.language) == (part, language)
