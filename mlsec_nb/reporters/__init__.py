"""Reporters: a `Report` → text. One file with one function for each format; `formats.FORMATS` is the whole list.

What they are for: to tell the same report to a person at a terminal, to a browser, to a forge, to a policy. They
decide nothing (no threshold, no verdict) and look nothing up: what is not in the `Report` is not told.

What they must never do: trust a string. File names, messages and evidence come from strangers, so every format shows
control characters escaped (`text.visible`), and escapes what is special to itself: markup, workflow commands,
spreadsheet formulas. They never touch the network, and a page they make loads nothing from anywhere.

`contract` is the JSON report as types; the JSON Schema beside it is generated from them (`schema`), and so are the
panel's types. The standard library is enough for all of it: a template engine, a terminal library and a SARIF object
model were weighed and left out, each being larger than what it would replace here.
"""

from .formats import FORMATS, render
from .options import Options

__all__ = ["FORMATS", "Options", "render"]
