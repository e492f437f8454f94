"""Completion of `%mlsec`: commands, options, rules, and nothing else; paths are left to IPython."""

import re
from typing import Any

from IPython.core.completer import SimpleCompletion, context_matcher

_LINE = re.compile(r"\s*%%?mlsec\s+(?P<words>.*)\Z")


@context_matcher()  # type: ignore[untyped-decorator]
def matcher(context: Any) -> dict[str, Any]:
    """What can stand at the cursor in a line with our magic; nothing for other lines."""
    line = context.full_text.split("\n")[context.cursor_line][: context.cursor_position]
    match = _LINE.match(line)
    if not match:
        return {"completions": []}
    from .offers import candidates  # the parsers of the command line, which loading the extension must not wait for

    words = match["words"].split(" ")
    found = candidates(words[:-1], words[-1])
    return {"completions": [SimpleCompletion(word, type="param") for word in found], "suppress": bool(found)}
