"""One file for each format: `matches(view)` says if a reader of it could be meant, `scan(view, context)` what is in it.

`scan` yields findings, gaps, components, and views of what is inside, which are scanned in turn.
"""
