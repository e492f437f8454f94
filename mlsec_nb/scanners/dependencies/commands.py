"""The words of a command → what it installs."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from mlsec_nb.core import SKIPPED

from .facts import CONDA, INDEX, NPM, SYSTEM, Dependency, Fact, Remark, Unread
from .options import EDITABLE, FILES, INDEXES, installers, source
from .requirement import parse
from .shell import Command, Word

_PYTHON = re.compile(
    r"(?:.*[/\\])?(?:python|pypy|py)[\d.]*(?:\.exe)?\Z|.*\bexecutable\b.*|\$\{?PYTHON\w*\}?\Z|\{[\w.]*python[\w.]*\}\Z",
    re.IGNORECASE,
)
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=")
_CONDA = re.compile(
    r"(?:(?P<channel>[\w./:-]+)::)?(?P<name>[A-Za-z0-9_][\w.-]*)(?P<rest>(?:\[.*\])?\s*(?:[<>=!~].*)?)\Z", re.DOTALL
)
_CONDA_EXACT = re.compile(r"={1,2}\s*(?P<version>[\w.+!-]+)(?:=(?P<build>[\w.*]+))?\Z")
_NPM = re.compile(r"(?P<name>(?:@[a-z0-9~._-]+/)?[a-z0-9~._-]+)(?:@(?P<version>.+))?\Z", re.IGNORECASE)
_NPM_EXACT = re.compile(r"[=v]?(?P<version>\d+\.\d+\.\d+(?:[-+][\w.+-]+)?)\Z")
_WEAKENING = {
    "apt": {"--allow-unauthenticated", "--force-yes", "--allow-insecure-repositories"},
    "conda": {"--insecure", "--no-verify-ssl"},
}
_NO_TLS = re.compile(r"(?i)\A(?:ssl_verify|strict-ssl|global\.trusted-host|http\.sslverify)\b")


def facts_of(command: Command) -> list[Fact]:
    """What one simple command installs, and from where; nothing when it installs nothing."""
    found = _program(command.words)
    if found is None:
        return []
    program, words = found
    table = installers()[program]
    verb, rest = _verb(words)
    if verb == "config" or (program == "pip" and verb == "config"):
        return _configured(rest)
    if program == "uv" and verb in {"pip", "tool"}:
        verb, rest = _verb(rest)
    if verb not in table["verbs"]:
        return []
    facts = list(_READERS[table["reads"]](program, rest))
    if not facts and (hidden := next((word for word in rest if word.dynamic), None)):
        return [Unread((hidden.start, hidden.end), f"{program} is given names that are computed when it runs", SKIPPED)]
    return [*facts, *_touched(command, facts)]


def _program(words: Sequence[Word]) -> tuple[str, Sequence[Word]] | None:
    """The installer that is run, whatever stands before it, and the words behind its name."""
    table = installers()
    index = 0
    while index < len(words):
        word = words[index].text
        name = re.sub(r"\.exe\Z", "", word.replace("\\", "/").rpartition("/")[2].lower())
        if _PYTHON.match(word) and index + 2 < len(words) and words[index + 1].text == "-m":
            name, index = words[index + 2].text.lower(), index + 2
        elif name in table["words"]["before"] or _ASSIGNMENT.match(word) or (index and word.startswith("-")):
            index += 1
            continue
        name = re.sub(r"\A(pip)[\d.]+\Z", r"\1", name)
        program = next((key for key, names in table["names"].items() if name in names), None)
        return (program, words[index + 1 :]) if program else None
    return None


def _verb(words: Sequence[Word]) -> tuple[str, Sequence[Word]]:
    """The subcommand and what follows it; options before it are put behind it."""
    before: list[Word] = []
    for index, word in enumerate(words):
        if not word.text.startswith("-"):
            return word.text, [*before, *words[index + 1 :]]
        before.append(word)
    return "", words


def _configured(words: Sequence[Word]) -> list[Fact]:
    text = [word.text for word in words if not word.text.startswith("-")]
    named = next((index for index, word in enumerate(text) if _NO_TLS.match(word)), None)
    if named is None:
        return []
    value = text[named].partition("=")[2] or (text[named + 1] if named + 1 < len(text) else "")
    if "trusted-host" not in text[named] and value.lower() not in {"false", "no", "0"}:
        return []
    return [Remark("DEP-UNVERIFIED", (words[0].start, words[-1].end), text[named].partition("=")[0])]


def _split(program: str, words: Sequence[Word]) -> Iterator[tuple[str, Word | None, Word]]:
    """Option, value, and the word where it stands; a word that is no option has the name ""."""
    valued = {*installers()[program]["valued"]}
    if installers()[program]["reads"] == "pip":
        valued |= {*INDEXES, *FILES, *EDITABLE}
    index = 0
    while index < len(words):
        word = words[index]
        index += 1
        option, equals, value = word.text.partition("=")
        if not word.text.startswith("-") or word.text == "-":
            yield "", word, word
        elif equals and option.startswith("--"):
            yield option, Word(value, word.end - len(value), word.end, word.exact, word.dynamic), word
        elif word.text in valued and index < len(words):
            yield word.text, words[index], word
            index += 1
        elif word.text[:2] in valued and len(word.text) > 2 and word.text[1] != "-":
            yield word.text[:2], Word(word.text[2:], word.start + 2, word.end, word.exact, word.dynamic), word
        else:
            yield word.text, None, word


def _pip(program: str, words: Sequence[Word]) -> Iterator[Fact]:
    for option, value, word in _split(program, words):
        if option in INDEXES and value:
            yield from source(option, value.text, (word.start, value.end), dynamic=value.dynamic)
        elif value and (not option or option in EDITABLE) and not _is_computed(value):
            for fact in parse(value.text, value.start, editable=option in EDITABLE):
                yield _placed(fact, value)


def _is_computed(word: Word) -> bool:
    """Whether a variable hides the name itself; behind the name it hides only the version."""
    return word.dynamic and not re.match(r"[A-Za-z][\w.-]*(?:\[[\w,-]*\])?\s*[=<>~!]=", word.text)


def _placed(fact: Dependency | Remark, word: Word) -> Dependency | Remark:
    """The same with places that hold also where the word was written with quotes or escapes."""
    if isinstance(fact, Remark):
        return replace(fact, span=(word.start, word.end))
    return _dependency(fact, word)


def _dependency(fact: Dependency, word: Word) -> Dependency:
    hidden = word.dynamic and fact.source == INDEX
    if word.exact and not hidden:
        return fact
    return replace(fact, span=(word.start, word.end), pin=None, version=None if hidden else fact.version,
                   specifier="computed" if hidden else fact.specifier)  # fmt: skip


def _conda(program: str, words: Sequence[Word]) -> Iterator[Fact]:
    for option, value, word in _split(program, words):
        if option in _WEAKENING["conda"]:
            yield Remark("DEP-UNVERIFIED", (word.start, word.end), option)
        elif option in {"-c", "--channel"} and value:
            if value.text.lower().startswith("http://"):
                yield from source("--index-url", value.text, (value.start, value.end))
        elif not option and value and not value.dynamic and (fact := conda(value.text, value.start)):
            yield _dependency(fact, value)


def conda(text: str, start: int) -> Dependency | None:
    """A package as conda writes it: `channel::name=1.2=build`, where a single `=` takes any 1.2.x."""
    found = _CONDA.match(text.strip())
    if not found or text.strip().lower().endswith((".yml", ".yaml", ".txt", ".tar.bz2", ".conda")):
        return None
    rest = re.sub(r"\A\[.*?\]", "", found["rest"]).strip()
    exact = _CONDA_EXACT.match(rest)
    at_name = start + found.start("name")
    extra = {"channel": found["channel"]} if found["channel"] else {}
    return Dependency(ecosystem=CONDA, name=found["name"], span=(at_name, start + len(text.rstrip())),
                      version=exact["version"] if exact and "*" not in rest else None, specifier=rest,
                      extra=extra)  # fmt: skip


def _system(program: str, words: Sequence[Word]) -> Iterator[Fact]:
    for option, value, word in _split(program, words):
        if option in _WEAKENING["apt"]:
            yield Remark("DEP-UNVERIFIED", (word.start, word.end), option)
        elif (
            not option
            and value
            and not value.dynamic
            and re.fullmatch(r"[a-z0-9][\w.+-]*(?::\w+)?(?:=\S+)?", value.text)
        ):
            name, _, version = value.text.partition("=")
            yield Dependency(ecosystem=SYSTEM, name=name, span=(value.start, value.end), version=version or None,
                             may_range=True)  # fmt: skip


def _npm(program: str, words: Sequence[Word]) -> Iterator[Fact]:
    for option, value, word in _split(program, words):
        if option == "--registry" and value:
            yield from source("--index-url", value.text, (word.start, value.end))
        found = None if option or not value or value.dynamic else _NPM.match(value.text)
        if found and value:
            exact = _NPM_EXACT.match(found["version"] or "")
            span = (value.start, value.end)
            yield Dependency(ecosystem=NPM, name=found["name"], span=span, version=exact["version"] if exact else None,
                             specifier=found["version"] or "", pin=span if value.exact else None,
                             pinned="{name}@{version}")  # fmt: skip


def _touched(command: Command, facts: Sequence[Fact]) -> Iterator[Fact]:
    """`pip install x>=1` without quotes: the shell makes a file called `=1`, and pip never sees the bound."""
    spans = {fact.span[0]: fact for fact in facts if isinstance(fact, Dependency)}
    for word in command.touched:
        if fact := spans.get(word.start):
            yield Remark("DEP-BOUND-LOST", (word.start, word.end), fact.name)


_READERS = {"pip": _pip, "conda": _conda, "system": _system, "npm": _npm}
