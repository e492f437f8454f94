"""Regular expressions with the syntax and the meaning of RE2, in time that is bounded.

Python's `re` can take exponential time, which whoever writes the input of a policy could use to stop a gate. So the
pattern is parsed here; where `re` is sure to be quick it does the matching, everything else runs on an automaton in
time proportional to pattern × text. Syntax: https://github.com/google/re2/wiki/Syntax
"""

from .match import Regex, compile_regex
from .syntax import RegexError, UnsupportedRegexError, quote

__all__ = ["Regex", "RegexError", "UnsupportedRegexError", "compile_regex", "quote"]
