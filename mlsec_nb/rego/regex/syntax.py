"""Pattern → tree."""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from mlsec_nb.rego.errors import RegoEvalError

MAX_REPEAT = 1000  # RE2's own limit
_DEPTH = 200


class RegexError(ValueError):
    """The pattern is no RE2 pattern."""


class UnsupportedRegexError(RegoEvalError):
    """The pattern is one, but this engine cannot run it: an error always, never "no match"."""


@dataclass(frozen=True, slots=True)
class Flags:
    fold: bool = False  # i
    lines: bool = False  # m
    dot_all: bool = False  # s
    lazy: bool = False  # U


@dataclass(slots=True)
class Chars:
    """One character out of ranges (and classes of Unicode), or not out of them."""

    ranges: list[tuple[int, int]] = field(default_factory=list)
    negated: bool = False
    fold: bool = False
    inner: list[tuple[bool, Callable[[str], bool]]] = field(default_factory=list)  # wanted, test

    def test(self, character: str) -> bool:
        forms = {character, character.lower(), character.upper()} if self.fold else (character,)
        return self.negated != any(self._has(form) for form in forms)

    def _has(self, character: str) -> bool:
        code = ord(character[0])
        return any(low <= code <= high for low, high in self.ranges) or any(
            wanted == test(character[0]) for wanted, test in self.inner
        )


@dataclass(slots=True)
class Empty:
    pass


@dataclass(slots=True)
class Assertion:
    kind: str  # "A" text start, "z" text end, "^" line start, "$" line end, "b", "B"


@dataclass(slots=True)
class Cat:
    items: list["Node"]


@dataclass(slots=True)
class Alt:
    items: list["Node"]


@dataclass(slots=True)
class Group:
    index: int
    name: str | None
    item: "Node"


@dataclass(slots=True)
class Repeat:
    item: "Node"
    low: int
    high: int | None
    lazy: bool


Node = Chars | Empty | Assertion | Cat | Alt | Group | Repeat

DIGIT = [(48, 57)]
WORD = [(48, 57), (65, 90), (95, 95), (97, 122)]
SPACE = [(9, 10), (12, 13), (32, 32)]
_PERL = {"d": DIGIT, "w": WORD, "s": SPACE}
_POSIX: dict[str, list[tuple[int, int]]] = {
    "alnum": [(48, 57), (65, 90), (97, 122)], "alpha": [(65, 90), (97, 122)], "ascii": [(0, 127)],
    "blank": [(9, 9), (32, 32)], "cntrl": [(0, 31), (127, 127)], "digit": DIGIT, "graph": [(33, 126)],
    "lower": [(97, 122)], "print": [(32, 126)], "punct": [(33, 47), (58, 64), (91, 96), (123, 126)],
    "space": [(9, 13), (32, 32)], "upper": [(65, 90)], "word": WORD, "xdigit": [(48, 57), (65, 70), (97, 102)],
}  # fmt: skip
_SINGLE = {"a": 7, "f": 12, "n": 10, "r": 13, "t": 9, "v": 11}
_SCRIPTS = {
    "Latin": "LATIN ", "Greek": "GREEK ", "Cyrillic": "CYRILLIC ", "Han": "CJK UNIFIED", "Hiragana": "HIRAGANA ",
    "Katakana": "KATAKANA ", "Arabic": "ARABIC ", "Hebrew": "HEBREW ", "Thai": "THAI ", "Hangul": "HANGUL ",
    "Devanagari": "DEVANAGARI ", "Armenian": "ARMENIAN ", "Georgian": "GEORGIAN ",
}  # fmt: skip
_CATEGORIES = frozenset(
    ["C", "Cc", "Cf", "Co", "Cs", "L", "Ll", "Lm", "Lo", "Lt", "Lu", "M", "Mc", "Me", "Mn", "N", "Nd", "Nl", "No", "P",
     "Pc", "Pd", "Pe", "Pf", "Pi", "Po", "Ps", "S", "Sc", "Sk", "Sm", "So", "Z", "Zl", "Zp", "Zs"]
)  # fmt: skip


def quote(text: str) -> str:
    return re.sub(r"([\\.+*?()|\[\]{}^$])", r"\\\1", text)


class Parser:
    """Reads one pattern; `groups` and `names` are known afterwards."""

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.position = 0
        self.groups = 0
        self.names: dict[str, int] = {}
        self._depth = 0

    def parse(self) -> Node:
        node = self._alternation(Flags())
        if self.position < len(self.pattern):
            raise RegexError("unexpected )")
        return node

    def _peek(self, text: str) -> bool:
        return self.pattern.startswith(text, self.position)

    def _take(self, text: str) -> bool:
        if self._peek(text):
            self.position += len(text)
            return True
        return False

    def _next(self) -> str:
        if self.position >= len(self.pattern):
            raise RegexError("unexpected end of pattern")
        self.position += 1
        return self.pattern[self.position - 1]

    def _alternation(self, flags: Flags) -> Node:
        self._depth += 1
        if self._depth > _DEPTH:
            raise RegexError("expression nests too deeply")
        branches: list[Node] = []
        items: list[Node] = []
        while self.position < len(self.pattern) and not self._peek(")"):
            if self._take("|"):
                branches.append(_cat(items))
                items = []
            elif found := self._flags(flags):
                flags = found
            else:
                items += self._quoted(flags) if self._take("\\Q") else [self._atom(flags)]
                if items:
                    items.append(self._repeated(items.pop(), flags))
        self._depth -= 1
        branches.append(_cat(items))
        return branches[0] if len(branches) == 1 else Alt(branches)

    def _quoted(self, flags: Flags) -> list[Node]:
        r"""The characters up to `\E`; what repeats after it repeats the last."""
        end = self.pattern.find("\\E", self.position)
        text = self.pattern[self.position : end if end >= 0 else None]
        self.position = end + 2 if end >= 0 else len(self.pattern)
        return [Chars([(ord(one), ord(one))], fold=flags.fold) for one in text]

    def _flags(self, flags: Flags) -> Flags | None:
        """`(?i)`: flags for the rest of the group."""
        match = re.compile(r"\(\?([imsU]*)(?:-([imsU]+))?\)").match(self.pattern, self.position)
        if not match or not (match[1] or match[2]):
            return None
        self.position = match.end()
        return _set_flags(flags, match[1], match[2] or "")

    def _atom(self, flags: Flags) -> Node:
        character = self._next()
        if character == "(":
            return self._group(flags)
        if character == "[":
            return self._class(flags)
        if character == "\\":
            return self._escape(flags)
        if character == ".":
            return Chars([], negated=True) if flags.dot_all else Chars([(10, 10)], negated=True)
        if character == "^":
            return Assertion("^" if flags.lines else "A")
        if character == "$":
            return Assertion("$" if flags.lines else "z")
        if character in "*+?":
            raise RegexError(f"missing argument to repetition operator: {character}")
        return Chars([(ord(character), ord(character))], fold=flags.fold)

    def _group(self, flags: Flags) -> Node:
        name, captures = None, True
        if self._take("?"):
            match = re.compile(r"P?<([A-Za-z_][A-Za-z0-9_]*)>|([imsU]*)(?:-([imsU]+))?:").match(
                self.pattern, self.position
            )
            if not match:
                raise RegexError("invalid or unsupported Perl syntax: (?")
            self.position = match.end()
            name = match[1]
            captures = name is not None
            if not captures:
                flags = _set_flags(flags, match[2] or "", match[3] or "")
        index = 0
        if captures:
            self.groups += 1
            index = self.groups
            if name is not None:
                if name in self.names:
                    raise RegexError(f"duplicate capture group name: {name}")
                self.names[name] = index
        inner = self._alternation(flags)
        if not self._take(")"):
            raise RegexError("missing closing )")
        return Group(index, name, inner) if captures else inner

    def _repeated(self, node: Node, flags: Flags) -> Node:
        times = 0
        while bounds := self._bounds():
            times += 1
            lazy = self._take("?") != flags.lazy
            if times > 1:
                raise RegexError("invalid nested repetition operator")
            node = Repeat(node, bounds[0], bounds[1], lazy)
        return node

    def _bounds(self) -> tuple[int, int | None] | None:
        for mark, bounds in (("*", (0, None)), ("+", (1, None)), ("?", (0, 1))):
            if self._take(mark):
                return bounds
        match = re.compile(r"\{(\d+)(?:(,)(\d*))?\}").match(self.pattern, self.position)
        if not match:
            return None
        self.position = match.end()
        if len(match[1]) > 4 or len(match[3] or "") > 4:
            raise RegexError("invalid repeat count")
        low = int(match[1])
        high = low if not match[2] else int(match[3]) if match[3] else None
        if low > MAX_REPEAT or (high is not None and (high > MAX_REPEAT or high < low)):
            raise RegexError("invalid repeat count")
        return low, high

    def _escape(self, flags: Flags) -> Node:
        character = self._next()
        if character in "AzbB":
            return Assertion(character)
        if character in "Zk" or character in "123456789":
            raise RegexError(f"invalid escape sequence: \\{character}")
        if character == "C":
            raise UnsupportedRegexError("\\C is not supported")
        self.position -= 1
        chars = Chars(fold=flags.fold)
        self._class_escape(chars)
        return chars

    def _class_escape(self, chars: Chars) -> int | None:
        """What follows a backslash; gives the code of a single character, which is not added then."""
        character = self._next()
        if character.lower() in _PERL:
            ranges = _PERL[character.lower()]
            chars.ranges += _complement(ranges) if character.isupper() else ranges
            return None
        if character in "pP":
            chars.inner.append(self._property(wanted=character == "p"))
            return None
        code = self._code(character)
        chars.ranges.append((code, code))
        return code

    def _code(self, character: str) -> int:
        if character in _SINGLE:
            return _SINGLE[character]
        if character == "x":
            match = re.compile(r"\{([0-9A-Fa-f]{1,8})\}|([0-9A-Fa-f]{2})").match(self.pattern, self.position)
            if not match or int(match[1] or match[2], 16) > 0x10FFFF:
                raise RegexError("invalid escape sequence: \\x")
            self.position = match.end()
            return int(match[1] or match[2], 16)
        if character == "0":
            match = re.compile(r"[0-7]{0,2}").match(self.pattern, self.position)
            assert match is not None
            self.position = match.end()
            return int("0" + match[0], 8)
        if character.isascii() and not character.isalnum():
            return ord(character)
        raise RegexError(f"invalid escape sequence: \\{character}")

    def _property(self, *, wanted: bool) -> tuple[bool, Callable[[str], bool]]:
        match = re.compile(r"\{(\^?)(\w+)\}|(\w)").match(self.pattern, self.position)
        if not match:
            raise RegexError("invalid character class range: \\p")
        self.position = match.end()
        name = match[2] or match[3]
        wanted = wanted != bool(match[1])
        if name == "Any":
            return wanted, lambda _: True
        if name in _CATEGORIES:
            return wanted, lambda character: unicodedata.category(character).startswith(name)
        if name in _SCRIPTS:
            return wanted, lambda character: unicodedata.name(character, "").startswith(_SCRIPTS[name])
        raise UnsupportedRegexError(f"the class \\p{{{name}}} is not supported")

    def _class(self, flags: Flags) -> Node:
        chars = Chars(negated=self._take("^"), fold=flags.fold)
        first = True
        while first or not self._peek("]"):
            first = False
            match = re.compile(r"\[:(\^?)(\w+):\]").match(self.pattern, self.position)
            if match:
                if match[2] not in _POSIX:
                    raise RegexError(f"invalid character class range: {match[0]}")
                self.position = match.end()
                chars.ranges += _complement(_POSIX[match[2]]) if match[1] else _POSIX[match[2]]
                continue
            self._range(chars)
        self._next()
        return chars

    def _range(self, chars: Chars) -> None:
        low = self._class_code(chars)
        if low is None or not self._peek("-") or self.pattern.startswith("-]", self.position):
            return
        self._next()
        high = self._class_code(Chars())
        if high is None or high < low:
            raise RegexError("invalid character class range")
        chars.ranges[-1] = (low, high)

    def _class_code(self, chars: Chars) -> int | None:
        character = self._next()
        if character == "\\":
            return self._class_escape(chars)
        chars.ranges.append((ord(character), ord(character)))
        return ord(character)


def _set_flags(flags: Flags, on: str, off: str) -> Flags:
    names = {"i": "fold", "m": "lines", "s": "dot_all", "U": "lazy"}
    return replace(flags, **{names[one]: True for one in on}, **{names[one]: False for one in off})


def _cat(items: list[Node]) -> Node:
    return items[0] if len(items) == 1 else Cat(items) if items else Empty()


def _complement(ranges: list[tuple[int, int]]) -> list[tuple[int, int]]:
    found, start = [], 0
    for low, high in sorted(ranges):
        if low > start:
            found.append((start, low - 1))
        start = high + 1
    return [*found, (start, 0x10FFFF)]
