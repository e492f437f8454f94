"""The interactive view: filter, group, sort, drill down, and triage, on ten thousand findings.

One widget on anywidget (MIT, 60 kB, maintained; no build step, works in JupyterLab, Notebook 7, VS Code and Colab). The
browser gets the JSON report, which is masked from birth, once, and draws only the rows in sight. What the user decides
(suppress with a reason, accept into the baseline, apply a fix) comes back as a message and is done here, in Python, by
the same rooms that the command line uses.

Dropped: a grid library (a megabyte in every notebook), a chart library (the charts here are two tables of bars).
"""

from .widget import explore

__all__ = ["explore"]
