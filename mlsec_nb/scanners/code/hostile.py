"""Text that deceives its reader: hidden, turned or look-alike characters, text out of sight, orders to assistants."""

import re
import unicodedata
from collections.abc import Iterator
from typing import NamedTuple

from mlsec_nb.core import Confidence, Segment, Severity

from .spots import Spot
from .transform import blank

SHORTEST = 24  # characters of an order to an assistant
_ODD = re.compile(
    r"[\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164"
    r"\ufe00-\ufe0f\ufeff\uffa0\U000e0000-\U000e01ef]"
)
_OVERRIDE = re.compile(r"[\u202d\u202e]")
_BIDI = re.compile(r"[\u202a-\u202e\u2066-\u2069]")
_RTL = re.compile(r"[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")
_TAGS = re.compile(r"[\U000e0000-\U000e007f]+")
_FLAG = re.compile(r"\U0001f3f4[\U000e0061-\U000e007a\U000e0030-\U000e0039]{1,6}\U000e007f")
_SELECTORS = re.compile(r"[\ufe00-\ufe0f\U000e0100-\U000e01ef]{3,}|[\U000e0100-\U000e01ef]")
_WIDTHLESS = re.compile(r"[\u200b-\u200d\u2060-\u2064\ufeff\u180e]{6,}")
_IN_NAME = re.compile(
    r"(?<=[A-Za-z0-9_])[\u200b-\u200d\u2060\u00ad\ufeff\u3164\uffa0\u115f\u1160]+|[\u3164\uffa0\u115f\u1160]"
)
_STRINGS = re.compile(r"\"\"\".*?\"\"\"|'''.*?'''|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'|#[^\n]*", re.DOTALL)
_NAME = re.compile(r"[^\W\d]\w*")
_LOOKALIKE = frozenset("аеорсухіјѕһԁԛԝвкмнтАВЕКМНОРСТХІЈЅԌΑΒΕΖΗΙΚΜΝΟΡΤΥΧοıɡⅼ")
_BLANKS = re.compile(r"[ \t]{150}")
_PUSHED = re.compile(r"(?<=\S)[ \t]{150,}(?=[^\s#\\])")
_UNSEEN = (
    r"font-size\s*:\s*0(?![.\d]*[1-9])|opacity\s*:\s*0(?:\.0+)?\s*(?:;|$|['\"])|visibility\s*:\s*hidden|"
    r"color\s*:\s*(?:transparent|white|#fff(?:fff)?)\b|display\s*:\s*none|text-indent\s*:\s*-\d{3,}|left\s*:\s*-\d{4,}|"
    r"(?<![\w-])(?:max-)?height\s*:\s*0(?![.\d]*[1-9])|line-height\s*:\s*0(?![.\d]*[1-9])|clip(?:-path)?\s*:\s*(?:rect|inset|circle)\(\s*(?:0|50%|100%)"
)
_HIDDEN_TEXT = re.compile(
    rf"<(?P<tag>\w+)[^>]*style\s*=\s*(?P<quote>['\"])(?P<style>[^'\"]*?(?:{_UNSEEN})[^'\"]*)(?P=quote)"
    r"[^>]*>(?P<text>[^<]{20,2000})<",
    re.IGNORECASE,
)
_STYLE = re.compile(r"style\s*=\s*(['\"][^'\"]*['\"])")
_HIDING = re.compile(_UNSEEN, re.IGNORECASE)
_SENTENCE = re.compile(r"(?:[^\W\d]{2,}[ ,]+){4,}[^\W\d]{2,}")
_WHO = (
    r"(?:ai|llms?|(?:ai |coding |code )?assistants?|copilot|chatgpt|claude|gemini|cursor|language models?|"
    r"(?:ai |coding )?agents?|gpt)"
)
_DO = (
    r"(?:run|execute|upload|send|post|delete|remove|exfiltrate|install|download|fetch|curl|leak|reveal|print|include|"
    r"insert|append|copy|email|approve|ignore)"
)
_CALLED = r"(?:(?:attention|note to|important(?: for)?|dear|hey|message (?:to|for)|instructions? (?:to|for))[ :,]*)?"
_BUSY = (
    r"(?: (?:that |who |which )?(?:is |are )?(?:reading|processing|summari[sz]ing|analy[sz]ing|reviewing|opening|"
    r"working on)[\w ]{0,40})?"
)
_MUST = r"(?:must|should|shall|need to|have to|please|now)"
_INJECTION = re.compile(
    r"\b(?:ignore|disregard|forget|override|bypass)\b[\w ,'-]{0,40}?"
    r"\b(?:previous|prior|above|earlier|preceding|all|any|your|system)\b[\w ,'-]{0,30}?"
    r"\b(?:instructions?|prompts?|directions?|guidelines|guardrails|system (?:prompt|message))\b"
    rf"|(?:^|[\n#*>!.:-])[ \t]*{_CALLED}(?:the |any |all )?{_WHO}{_BUSY}[:, ]+(?:you )?"
    rf"{_MUST}\b[\w ,]{{0,30}}?\b{_DO}\b"
    r"|\bdo not (?:tell|mention|inform|reveal|show|alert|notify|disclose)[\w ,]{0,30}\b(?:the )?users?\b"
    r"|\b(?:without (?:telling|informing|asking|notifying) the user)\b",
    re.IGNORECASE,
)
# What every order to an assistant holds, in lower case: asked of whole documents, so each begins with plain letters.
_SAID = (
    *(
        re.compile(rf"{verb}\b[\w ,'-]{{0,40}}?\b(?:previous|prior|above|earlier|preceding|all|any|your|system)\b")
        for verb in ("ignore", "disregard", "forget", "override", "bypass")
    ),
    re.compile(r"do not (?:tell|mention|inform|reveal|show|alert|notify|disclose)[\w ,]{0,30}\b(?:the )?user"),
    re.compile(r"without (?:telling|informing|asking|notifying) the user"),
)
_URGED = tuple(
    re.compile(rf"{must}\b[\w ,]{{0,30}}?\b{_DO}\b")
    for must in ("must", "should", "shall", "need to", "have to", "please", "now")
)
_WHOM = re.compile(rf"\b{_WHO}\b")
_BEYOND = re.compile(r"[^\x00-\x7f]+")
_ABOUT = re.compile(
    r"(?i)prompt[ -]?injection|jailbreak|red[ -]?team|adversarial prompt|attack|guardrail|malicious|e\.g\.|example"
)


class Signs(NamedTuple):
    """What in a text, or in many texts joined by line ends, may deceive its reader."""

    odd: bool  # characters that are not seen or turn the direction
    names: bool  # letters that look like others
    pushed: bool
    styled: bool
    ordered: bool


def signs(text: str, *, code: bool) -> Signs:
    """The signs of a text; where there are none, `hostile` finds nothing in it."""
    low = text.lower()
    strange = "" if text.isascii() else "".join(_BEYOND.findall(text))
    return Signs(
        odd=bool(strange) and _ODD.search(strange) is not None,
        names=code and bool(strange) and _looks_alike(strange),
        pushed=code and _pushes(text),
        styled=not code and _hides(low),
        ordered=_ordered(low),
    )


def hostile(segment: Segment, known: Signs | None = None, *, code: bool) -> Iterator[Spot]:
    """Everything in a text that deceives its reader; `known` are signs of a larger text that it is part of."""
    text = segment.text
    there = known or signs(text, code=code)
    if there.odd and not text.isascii() and _ODD.search(text):
        yield from _bidi(segment, code=code)
        yield from _invisible(segment, code=code)
    if there.names and not text.isascii():
        yield from _names(segment)
    if there.pushed and _pushes(text):
        yield from _off_screen(segment)
    if there.styled:
        yield from _unseen(segment)
    if there.ordered and len(text) >= SHORTEST and _ordered(text.lower()):
        yield from _orders(segment, code=code)


def _looks_alike(strange: str) -> bool:
    """Whether a letter may be taken for another, or is read by Python as another."""
    return not _LOOKALIKE.isdisjoint(strange) or unicodedata.normalize("NFKC", strange) != strange


def _pushes(text: str) -> bool:
    """Whether so many blanks follow one another that what comes after them is out of sight."""
    return (" " * 48 in text or "\t" in text) and _BLANKS.search(text) is not None


def _hides(low: str) -> bool:
    """Whether a style takes something out of sight."""
    return any(_HIDING.search(style) for style in set(_STYLE.findall(low)))


def _ordered(low: str) -> bool:
    """Whether an order to an assistant can stand in a text in lower case."""
    if any(pattern.search(low) for pattern in _SAID):
        return True
    return any(
        _WHOM.search(low, max(low.rfind("\n", 0, found.start()), found.start() - 160), found.start())
        for pattern in _URGED
        for found in pattern.finditer(low)
    )


def _bidi(segment: Segment, *, code: bool) -> Iterator[Spot]:
    """Overrides anywhere; in code also embeddings and isolates, unless they are closed around right-to-left text."""
    position = 0
    for line in segment.text.split("\n"):
        marks = _BIDI.findall(line)
        if marks:
            first = position + line.index(marks[0])
            override = _OVERRIDE.search(line) is not None
            opened = sum(mark in "\u202a\u202b\u2066\u2067\u2068" for mark in marks)
            closed = sum(mark in "\u202c\u2069" for mark in marks)
            natural = opened == closed and _RTL.search(line) is not None
            if override or (code and not natural):
                grade = None if override or code else Severity.MEDIUM
                names = ", ".join(sorted({f"U+{ord(mark):04X}" for mark in marks}))
                yield Spot(
                    "TEXT-BIDI",
                    segment,
                    first,
                    position + len(line),
                    grade,
                    shown=f"{len(marks)} control characters: {names}",
                    erased=tuple((position + mark.start(), position + mark.end()) for mark in _BIDI.finditer(line)),
                )
        position += len(line) + 1


def _invisible(segment: Segment, *, code: bool) -> Iterator[Spot]:
    text = segment.text
    flags = [match.span() for match in _FLAG.finditer(text)]
    for match in _TAGS.finditer(text):
        if not any(start <= match.start() < end for start, end in flags):
            said = "".join(chr(ord(c) - 0xE0000) for c in match[0] if 0xE0020 <= ord(c) < 0xE007F)
            severity = Severity.CRITICAL if _INJECTION.search(said) else None
            shown = f"{len(match[0])} tag characters"
            yield Spot("TEXT-INVISIBLE", segment, *match.span(), severity, shown=shown, erased=(match.span(),))
    for match in _SELECTORS.finditer(text):
        before = text[match.start() - 1 : match.start()]
        if len(match[0]) >= 3 or not _is_ideograph(before):
            shown = f"{len(match[0])} variation selectors"
            yield Spot("TEXT-INVISIBLE", segment, *match.span(), shown=shown, erased=(match.span(),))
    for match in _WIDTHLESS.finditer(text):
        shown = f"{len(match[0])} zero-width characters"
        yield Spot("TEXT-INVISIBLE", segment, *match.span(), shown=shown, erased=(match.span(),))
    if code:
        bare = _STRINGS.sub(lambda match: blank(match[0]), text)
        for match in _IN_NAME.finditer(bare):
            yield Spot(
                "TEXT-INVISIBLE", segment, *match.span(), Severity.MEDIUM, shown="an invisible character in a name"
            )


def _is_ideograph(character: str) -> bool:
    return bool(character) and unicodedata.category(character) in {"Lo", "So"}


def _names(segment: Segment) -> Iterator[Spot]:
    """Names in code that mix look-alike letters, or that Python reads as other letters than are shown."""
    bare = _STRINGS.sub(lambda match: blank(match[0]), segment.text)
    for match in _NAME.finditer(bare):
        name = match[0]
        if name.isascii():
            continue
        plain = unicodedata.normalize("NFKC", name)
        styled = plain.isascii() and not set(name) <= set(plain) | set("ªºµ")
        latin = any("a" <= c.lower() <= "z" for c in name)
        if styled or (latin and any(c in _LOOKALIKE for c in name)):
            yield Spot("TEXT-HOMOGLYPH", segment, *match.span(), confidence=Confidence.HIGH if styled else None)


def _off_screen(segment: Segment) -> Iterator[Spot]:
    bare = _STRINGS.sub(lambda match: "x" * len(match[0]) if "\n" not in match[0] else match[0], segment.text)
    for match in _PUSHED.finditer(bare):
        end = segment.text.find("\n", match.end())
        yield Spot("TEXT-OFF-SCREEN", segment, match.end(), end if end >= 0 else len(segment.text))


def _unseen(segment: Segment) -> Iterator[Spot]:
    for match in _HIDDEN_TEXT.finditer(segment.text):
        style = match["style"].lower()
        white = re.search(r"(?<!-)color\s*:\s*(?:white|#fff)", style)
        ground = re.search(r"background(?:-color)?\s*:\s*([^;]+)", style)
        if white and ground and not re.match(r"\s*(?:white|#fff)", ground[1]):
            continue
        if _SENTENCE.search(match["text"]):
            ordered = _INJECTION.search(match["text"]) is not None
            yield Spot("TEXT-HIDDEN", segment, match.start(), match.end() - 1, Severity.HIGH if ordered else None)


def _orders(segment: Segment, *, code: bool) -> Iterator[Spot]:
    text = segment.text
    for match in _INJECTION.finditer(text):
        around = text[max(match.start() - 400, 0) : match.end() + 200]
        hidden = _in_comment(text, match.start())
        talked_about = not hidden and _ABOUT.search(around) is not None
        grade = (
            Severity.HIGH
            if hidden
            else Severity.LOW
            if talked_about or (code and not _is_comment(text, match.start()))
            else None
        )
        yield Spot("TEXT-PROMPT-INJECTION", segment, *match.span(), grade)


def _in_comment(text: str, position: int) -> bool:
    return text.rfind("<!--", 0, position) > text.rfind("-->", 0, position)


def _is_comment(text: str, position: int) -> bool:
    return "#" in text[text.rfind("\n", 0, position) + 1 : position + 1]
