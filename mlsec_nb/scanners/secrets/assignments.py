"""Finds values beside telling names, in every way that notebooks write them.

A place where a word such as `token` or `pass` stands is the start: the name is read to both sides, then what joins it
to a value (`=`, `:`, `,`, a table's border, a tag …), then the value itself, quoted or not. Nothing is judged here.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from .judges.names import Promise, is_about, promise

WORDS: Final = (
    "pass", "pwd", "secret", "token", "key", "cred", "auth", "_pat", "bearer", "dsn", "senha", "contrase", "kennwort",
    "motdepasse", "mdp", "cookie", "webhook", "signature", "пароль", "密码", "密碼", "パスワード", "비밀번호",
    "wachtwoord", "haslo", "psw", "sas", "pw", "jwt", "appid",
)  # fmt: skip


class Form(StrEnum):
    """How a value stands beside its name."""

    LITERAL = "literal"  # name = "value", and every other way with quotes
    CALL = "call"  # name = something("value")
    LISTED = "listed"  # "name", "value"
    LINE = "line"  # NAME=value, name: value, without quotes
    NAKED = "naked"  # the same where the language would want quotes
    WORDS = "words"  # --name value, ENV NAME value
    PROSE = "prose"  # "the password is value"
    INSIDE = "inside"  # somewhere in what the name is given: a list, `or "value"`, a second argument
    CELL = "cell"  # a table's cell or an element beside its name


@dataclass(frozen=True, slots=True)
class Assignment:
    """A name, and where its value stands; `before` is what stands on the line before the name."""

    name: str
    before: str
    start: int
    end: int
    form: Form
    wrapped: str = ""  # the function that the value is given to


# The commonest words that begin like a telling name: not worth a longer look.
_PLAIN: Final = re.compile(
    r"tokeni[sz]|token_(?:id|type|ids)\b|key(?:word|board|point|frame)|author(?!i[sz])|authenticat"
    r"|pass(?:e[ds]\b|ing|age|ion|ive|eng)|cred(?:it|ib)",
    re.IGNORECASE,
)
_REST: Final = re.compile(r"[\w\-]{0,48}(?:\.[\w\-]{1,32}){0,5}")
_AFTER: Final = re.compile(
    r"""(?P<close>\\{0,3}["'`]?(?:\s?\])?|>|\*\*|__|~~)
    (?P<op>
      \s{0,24}(?:->|→|=>|:=|<-|\?=|={1,3}|!=|:|,|\||[│┃](?=[ \t]+[^\s│┃]))(?:\*\*|__|~~)?\s{0,24}
      |(?P<words>(?:\s[a-z]{2,12}){0,10}?\s?:\s{1,4}|\sfor\s\S{1,80}?:\s{1,4}
        |(?:\s[a-z]{2,8}){0,4}?\s(?:is|to|as|was|ist|est)\s(?:now\s|set\s|to\s)?:?\s?)
      |[ \t]{1,12}|\s?\(|(?<=["'])(?=\s?[)\]}])|(?<=>)|(?=["']?\r?\n)
    )""",
    re.VERBOSE,
)
_ANNOTATION: Final = re.compile(
    r"[A-Za-z_][\w.]{0,40}(?:\[[^\]\n]{0,60}\])?(?:\s?\|\s?[A-Za-z_]\w{0,20})?\s{0,4}=\s{0,4}(?=[A-Za-z_.(]{0,60}(?:[a-z_]{1,20}\s?=\s?)?[\"'])"
)
_SCHEME: Final = re.compile(
    r"(?:bearer|basic|token|ssws|api-?key|key|bot|oauth|splunk|deepl-auth-key|client-id)\s+", re.IGNORECASE
)
_QUOTE: Final = re.compile(
    r"""(?P<call>(?:(?:[A-Za-z_][\w.]{0,60})?\(\s{0,24}(?:[a-z_]{1,20}\s?=\s?)?){0,2})
    (?:\\\r?\n[ \t]*)?[rRbBuUfF]{0,2}(?P<esc>\\{0,3})(?P<q>\"\"\"|'''|["'`])""",
    re.VERBOSE,
)
_CALLED: Final = re.compile(r"""([\w.]+)\(\s*(?:[a-z_]+\s?=\s?)?[rRbBuUfF]{0,2}["'`]{1,3}\Z""")
_BARE: Final = re.compile(r"""(?:[^\s"'`<>\0\\]|\\(?![nrt]))+""")
_VALUE_KEY: Final = r"(?:value|content|val|default|secret)"
_LATER: Final = re.compile(
    rf"""["'\]]?\s{{0,4}}[,:;]?[^\n]{{0,160}}?(?:\{{\s*\n[^}}\n]{{0,160}}?)?(?:\b|["']){_VALUE_KEY}["']?\s{{0,4}}[:=]\s{{0,4}}[rbuf]?(?P<q>["'])""",
    re.IGNORECASE,
)
_OR: Final = re.compile(
    r"""[\w.]{1,60}(?:\([^\n()]{0,80}\))?(?:\s+or\s+|\s*\|\|\s*|\s+if\s[^\n]{1,60}\selse\s+)(?P<q>["'])"""
)
_EARLIER: Final = re.compile(
    rf"""\b{_VALUE_KEY}["']?\s{{0,4}}[:=]\s{{0,4}}[rbuf]?(?P<q>["'])(?P<v>[^"'\n]{{4,400}})(?P=q)"""
)
_RETURNED: Final = re.compile(r"""\([^()\n]{0,120}\)[^:\n]{0,40}:\s{0,40}return\s{1,4}[rbuf]?(?P<q>["'])""")
_TEMPLATE: Final = re.compile(r"[fF][rR]?[\"']{1,3}\Z")
_SHORTEST: Final = 6  # characters of a literal somewhere in an expression
_PARTS: Final = re.compile(r"""(?P<s>["'])(?P<v>[^"'\n]{0,400})(?<!\\)(?P=s)|[()\[\]{}\n]""")
_FIELD: Final = re.compile(r"""(?:["'](?P<key>\w+)["']\s{0,4}:|[,(]\s{0,24}(?P<word>\w+)\s{0,2}=)\s{0,4}[rbu]?\Z""")
_IS_VALUE: Final = re.compile(_VALUE_KEY, re.IGNORECASE)
_IS_KEY: Final = re.compile(r"\s{0,4}:(?!=)")
_CALL: Final = re.compile(r"([\w.]+)\(")
_LABEL: Final = re.compile(
    r"""(?:description|label|name|key|placeholder|title)["']?\s{0,4}[:=]\s{0,4}["']\Z""", re.IGNORECASE
)
_BELOW: Final = re.compile(
    rf"""["']?,?\s*\n\s*["']?{_VALUE_KEY}["']?\s?[:=]\s?(?P<q>["']?)(?P<v>[^\s"',]+)""", re.IGNORECASE
)
_SEAM: Final = re.compile(
    r"""(?P<s>["'])\)?[ \t]*(?:\\?\r?\n[ \t]*)?\+?[ \t]*(?:\\?\r?\n[ \t]*)?[rbufRBUF]?(?P=s)[^"'\s,]"""
)
_UNPACKED: Final = re.compile(r"\s*(?:\w+\s*,\s*){1,5}\Z")
_OTHERS: Final = re.compile(r"(?:[\w.]+\s*,\s*){0,4}[\w.]+\s*=(?!=)")
_ITEM: Final = re.compile(r"""\s*(?:[rbuf]?(?P<q>["'])(?P<v>[^"'\n]*)(?P=q)|[\w.()]+)\s*,?""")
_SECOND: Final = re.compile(r"""(?<=,)[ \t]*(?:[rbuf]?["']|-?\d|\w+[.(\[])""")
_STRINGS: Final = re.compile(
    r"""\#[^\n]*|\"\"\"(?:[^\\]|\\.)*?\"\"\"|'''(?:[^\\]|\\.)*?'''|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'""",
    re.VERBOSE | re.DOTALL,
)
_SHELL: Final = re.compile(
    r"\s*(?:[!%>$]|(?:export|set|setx|env|ENV|SET|ARG|curl|wget|docker|kubectl|aws|gcloud|az|git|pip|jdbc:\S*)\s|\$env:)|jdbc:"
)
_LONG_LINE: Final = 4000  # characters
_TRAIL: Final = (",", ";", ".", ")", "]", "}", ">", "|", "**", "~~")
_OPS_WITHOUT: Final = frozenset({"==", "===", "!=", "(", ","})  # after these, a value has quotes
_NOUN: Final = re.compile(  # "2nd pass: …", "forward pass: …"
    r"(?i)(?:\d(?:st|nd|rd|th)|first|second|third|next|last|forward|backward|single|one|two|each|every|final|initial|another)"
    r"[ -]\Z"
)
_IS: Final = re.compile(r"(?:is|as|was|ist|est)(?:\s(?:now|set))?:?|:")
_SHORT: Final = frozenset({"pass", "pw", "pwd"})  # words of every language, when only a blank follows


def assignments(text: str, places: Sequence[int], *, is_code: bool) -> Iterator[Assignment]:
    """The values beside the names that stand at `places`."""
    reader = _Reader(text, is_code=is_code)
    for place in places:
        yield from reader.read(place)


def _name_start(text: str, low: int, place: int) -> int:
    """Where the name begins in which a place lies: a loop is quicker than a search from `low` on."""
    while place > low and (text[place - 1].isalnum() or text[place - 1] in "_.-$"):
        place -= 1
    return place


class _Reader:
    """Reads one text; where code has strings, comments and shell lines is worked out when it is first asked."""

    def __init__(self, text: str, *, is_code: bool) -> None:
        self._text = text
        self._is_code = is_code
        self._strings: list[tuple[int, int]] = []
        self._more = _STRINGS.finditer(text)
        self._shell = text.lstrip().startswith("%%")

    def read(self, place: int) -> Iterator[Assignment]:
        text = self._text
        if _PLAIN.match(text, place):
            return
        rest = _REST.match(text, place)
        low = max(place - 260, 0)
        low = max(low, text.rfind("\n", low, place) + 1)
        begin, end = _name_start(text, low, place), rest.end() if rest else place
        name = text[begin:end].strip(".-")
        if promise(name) is Promise.NOTHING:
            return
        after = _AFTER.match(text, end)
        if after is None or self._is_verb(after, begin):
            return
        if self._is_code and (given := _RETURNED.match(text, end)):
            if value := _quoted(text, given, Form.LITERAL):
                yield Assignment(name, text[low:begin], *value)
            return
        found = self._value(after, begin, low)
        if found is not None:
            called = _CALLED.search(text, max(found[0] - 80, 0), found[0]) if found[2] is Form.CALL else None
            yield Assignment(name, text[low:begin], *found, called[1] if called else "")
        if after["op"].strip() in ("=", ":=") and self._is_code:
            for start, stop in self._inside(after.end(), many=name.lower().rstrip("_").endswith("s")):
                if found is None or start != found[0]:
                    yield Assignment(name, text[low:begin], start, stop, Form.INSIDE, self._called(after.end(), start))

    def _is_verb(self, after: re.Match[str], begin: int) -> bool:
        """Whether a name is but a word: "pass it to `predict`", "forward pass latency: 3", `(password|passwd)`."""
        if after["op"] == "|" and not self._in_table(begin):
            return True  # one of several words in a regular expression
        first, _, last = self._text[begin : after.start()].strip("*_~\"'`").lower().rpartition("-")
        if last not in _SHORT:
            return False
        if first and _NOUN.search(f"{first}-"):
            return True
        joined = after["op"].strip()
        if joined == "|":
            return True  # "pass" and "fail" in a table
        if _NOUN.search(self._text, max(begin - 20, 0), begin):
            return True
        if after["words"] is not None:
            return not _IS.fullmatch(joined)
        return not joined and not after["close"] and not self._is_argument(after, begin)

    def _in_table(self, place: int) -> bool:
        """Whether a line is the row of a table."""
        start = self._text.rfind("\n", 0, place) + 1
        return self._text[start:place].lstrip().startswith("|") or " | " in self._text[start:place]

    def _inside(self, place: int, *, many: bool) -> Iterator[tuple[int, int]]:
        """The literals of an expression, up to the end of its last line."""
        depth = 0
        for part in _PARTS.finditer(self._text, place, min(len(self._text), place + 1200)):
            mark = part.group()
            if mark in "([{":
                depth += 1
            elif mark in ")]}":
                depth -= 1
            if depth < 0 or (mark == "\n" and depth == 0):
                return
            if (
                len(part["v"] or "") >= _SHORTEST
                and not _IS_KEY.match(self._text, part.end())
                and not self._is_field(part.start(), many=many)
            ):
                yield part.span("v")

    def _is_field(self, place: int, *, many: bool) -> bool:
        """Whether a literal is a field of one thing or another argument: `cred = {"type": "…"}`, `token=x, rev="…"`."""
        field = _FIELD.search(self._text, max(place - 90, 0), place)
        if field is None:
            return False
        name = field["key"] or field["word"]
        if _IS_VALUE.fullmatch(name):
            return False
        return is_about(name) if many and field["key"] else promise(name) is Promise.NOTHING

    def _called(self, place: int, start: int) -> str:
        """The function that is called between an expression's begin and a literal in it."""
        calls = _CALL.findall(self._text, place, start)
        return calls[-1] if calls else ""

    def _loose(self, place: int) -> bool:
        """Whether a value may stand here without quotes."""
        if not self._is_code or self._shell:
            return True
        if _SHELL.match(self._text, self._text.rfind("\n", 0, place) + 1):
            return True
        while (not self._strings or self._strings[-1][1] <= place) and (found := next(self._more, None)):
            self._strings.append(found.span())
        return any(start <= place < end for start, end in reversed(self._strings))

    def _value(self, after: re.Match[str], begin: int, low: int) -> tuple[int, int, Form] | None:
        text, place = self._text, after.end()
        op = after["op"].strip()
        if op in (":", "|") and (annotation := _ANNOTATION.match(text, place)):
            place = annotation.end()
        if self._is_code and _UNPACKED.fullmatch(text, low, begin):
            others = _OTHERS.match(text, place) if op == "," else None
            if op == "=" or others:
                return self._unpacked(others.end() if others else place, text.count(",", low, begin))
        if self._is_code and op == "," and (first := self._first(begin, low, place)):
            return first
        if op == "=" and (fallback := _OR.match(text, place)):
            return _quoted(text, fallback, Form.LITERAL)
        quoted = _QUOTE.match(text, place)
        if quoted and (op != "(" or not quoted["call"]) and (op or after["close"] or self._loose(begin)):
            form = Form.LISTED if op in (",", "(") else Form.CALL if quoted["call"].strip("( \n\t") else Form.LITERAL
            found = _quoted(text, quoted, form)
            if found and self._is_code and _SEAM.match(text, found[1]):
                return None  # a piece: the view of joined literals has the whole
            if (
                form is Form.LITERAL
                and found
                and text[found[0] : found[1]].isalpha()
                and self._is_machine_made(found[0])
            ):
                return None  # a word in a minified script
            if form is not Form.LISTED or not found or not _is_key(text, found[1]):
                return found
        return self._apart(after, begin, low) or self._bare(after, begin, place, op)

    def _apart(self, after: re.Match[str], begin: int, low: int) -> tuple[int, int, Form] | None:
        """The value of something that is named as a value itself: `{"name": "…", "value": "…"}`."""
        text, op = self._text, after["op"].strip()
        if not after["op"] and after["close"] != ">" and (below := _BELOW.match(text, after.end())):
            return (*below.span("v"), Form.LITERAL if below["q"] else Form.LINE)
        if not after["close"] or op not in (",", ")", ""):
            return None
        if later := _LATER.match(text, after.start()):
            return _quoted(text, later, Form.LITERAL)
        if _LABEL.search(text, low, begin) and (earlier := _last(_EARLIER, text, low, begin)):
            return (*earlier.span("v"), Form.LITERAL)
        return None

    def _first(self, begin: int, low: int, place: int) -> tuple[int, int, Form] | None:
        """The value of `password, region = "…", "eu"`, which stands first on both sides."""
        text = self._text
        others = None if text[low:begin].strip() or "\n" in text[begin:place] else _OTHERS.match(text, place)
        item = _ITEM.match(text, others.end()) if others else None
        return (*item.span("v"), Form.LITERAL) if item and item["v"] and _SECOND.match(text, item.end()) else None

    def _unpacked(self, place: int, index: int) -> tuple[int, int, Form] | None:
        """The value of `user, password = "ada", "…"`."""
        item = None
        for _ in range(index + 1):
            item = _ITEM.match(self._text, place)
            if item is None:
                return None
            place = item.end()
        return (*item.span("v"), Form.LITERAL) if item and item["v"] else None

    def _is_argument(self, after: re.Match[str], begin: int) -> bool:
        """Whether blanks join a name to its value: an option, `ENV NAME value`, a column or a row of a table."""
        text = self._text
        line = text.rfind("\n", 0, begin) + 1
        if (len(after["op"]) > 1 or "\t" in after["op"]) and not text[line:begin].strip(" \t\"'0123456789"):
            return True
        return bool(_OPTION.search(text[max(line, begin - 80) : after.start()]))

    def _is_machine_made(self, place: int) -> bool:
        """Whether a place lies in a line that no person wrote: in minified scripts and data all values have quotes."""
        low = max(place - _LONG_LINE, -1)
        start = max(low, self._text.rfind("\n", max(low, 0), place))
        return self._text.find("\n", place, start + _LONG_LINE) < 0 and len(self._text) - start > _LONG_LINE

    def _bare(self, after: re.Match[str], begin: int, place: int, op: str) -> tuple[int, int, Form] | None:
        text = self._text
        is_worded = after["words"] is not None
        form = Form.LINE if (op and not is_worded) or after["close"].endswith("]") else Form.PROSE
        if form is Form.PROSE and not is_worded and self._is_argument(after, begin):
            form = Form.WORDS
        if after["close"] == ">":
            form = Form.CELL
        if not self._loose(begin):
            if not op or is_worded:
                return None
            form = Form.NAKED
        is_blank = not is_worded or " " in after["words"].strip()
        is_word = is_blank and (form is Form.PROSE or is_worded) and text[begin : after.start()].lower() in _SHORT
        if op in _OPS_WITHOUT or is_word:
            return None
        if op.endswith(":") and (scheme := _SCHEME.match(text, place)):
            place = scheme.end()
        bare = _BARE.match(text, place, min(len(text), place + 4096))
        if bare is None or self._is_machine_made(place) or (op == "=" and "\n" in text[after.start("op") : place]):
            return None
        if form is Form.CELL and not _ELEMENT.match(text, place):  # "login -p <password> host"
            return None
        end = bare.end()
        if op == "=" and (edit := _SED.search(text, text.rfind("\n", 0, begin) + 1, begin)):
            end = text.find(edit["mark"], place, end) if edit["mark"] in bare.group() else end
        return _trimmed(text, place, end, form, op)


def _trimmed(text: str, start: int, end: int, form: Form, op: str) -> tuple[int, int, Form] | None:
    """A bare value without the next parameter of a URL or connection string, and without the end of a sentence.

    None for what is shown cut off ("2dceb1aa…", "sk-12345...").
    """
    if text.endswith(("...", "…"), start, end):
        return None
    if op == "=" and (cut := re.search(r"[&;](?:amp;)?\w{1,40}=|[;&]$", text[start:end])):
        end = start + cut.start()
    while end > start and (tail := next((mark for mark in _TRAIL if text.endswith(mark, start, end)), "")):
        end -= len(tail)
    return (start, end, form) if end > start else None


_ELEMENT: Final = re.compile(r"[^@:\s<][^\s<]*\s{0,200}<")
_SED: Final = re.compile(r"\bsed\b[^\n]{0,200}?\bs(?P<mark>[/|#,@!])")
_OPTION: Final = re.compile(
    r"(?:^|\s)-{1,2}[\w.\-]*\Z"
    r"|^\s*(?:[%!$>]?\s*(?:set_)?env|ENV|ARG|export|set|setx|[!$%]?.*\b(?:configure|config) set)\s+[\w.\-]*\Z",
    re.IGNORECASE,
)


def _is_key(text: str, quote: int) -> bool:
    """Whether the text that ends with this quote is itself the name of something."""
    return text[quote + 1 : quote + 3].strip()[:1] in ("=", ":")


def _last(pattern: re.Pattern[str], text: str, start: int, end: int) -> re.Match[str] | None:
    found = None
    for found in pattern.finditer(text, start, end):  # noqa: B007 - the last one is wanted
        pass
    return found


def _quoted(text: str, opening: re.Match[str], form: Form) -> tuple[int, int, Form] | None:
    start = opening.end()
    groups = opening.groupdict()
    closing = (groups.get("esc") or "") + groups["q"]
    stop = min(len(text), start + 4096)
    end = text.find(closing, start, stop)
    while end > start and not groups.get("esc") and text[end - 1] == "\\" and text[end - 2] != "\\":
        end = text.find(closing, end + 1, stop)
    if end <= start or ("{" in text[start:end] and _TEMPLATE.search(opening.group())):
        return None
    while end > start and text[end - 1].isspace():
        end -= 1
    while start < end and text[start].isspace():
        start += 1
    scheme = _SCHEME.match(text, start, end)
    return (scheme.end() if scheme and scheme.end() < end else start), end, form
