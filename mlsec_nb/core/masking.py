"""Hides what may be a secret in text that is going to be shown.

Deliberately broader than the secrets room: an excerpt that hides too much is a nuisance, one that shows a
password is a leak. Only public prefixes (`hf_`, `sk-`, `AKIA`) and lengths are left to be seen.
"""

import re

_USERINFO = re.compile(r"(?<=://)[^\s/@:]*:[^\s/@]+(?=@)")
_NAMED = re.compile(
    r"(?i)((?:pass(?:word|wd|phrase)?|pwd|secret|token|api[_-]?key|access[_-]?key|auth(?:orization)?|bearer|credential)"
    r"[\w-]{0,60}\\{0,9}[\"']?\s{0,9}(?:[:=]{1,3}|\s)\s{0,9}(?:(?:bearer|basic|token)\s{1,9})?\\{0,9}[\"']?)([^\s\"',;)}\]]{4,})"
)
_AUTH = re.compile(
    r"(?i)\b(auth\w*|credentials?|login)(\s*=\s*|\()[(\[]?\s*[fru]*(['\"])[^\n]{0,200}?\3"
    r"\s*(?:,\s*[fru]*(['\"])[^\n]{0,200}?\4)?\s*[)\]]?"
)
_USER = re.compile(r"(?<!\w)(-u|--user|-p)(\s*)(?=\S*[^\s\w/.-]|\S*\d)\S{4,}")
_SETTING = re.compile(
    r"((?i:\b\w{0,40}(?:key|token|secret|pass|pwd|auth)\w{0,40}=)|[?&]\w{1,80}=)(?![\$\{<'\"(])([^\s&'\"),;]{6,})"
)
_TOKEN = re.compile(r"[A-Za-z0-9+/_=.~-]{16,}")
_PEM = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL)
_WORD = re.compile(r"[A-Za-z]{2,}(?:[_./-][A-Za-z]{2,}|[0-9]{1,3}(?![A-Za-z0-9]))*\Z")


def mask(value: str, prefix: int = 0) -> str:
    """A secret as it may be shown: `prefix` leading characters (only those the format makes public) and its length."""
    return f"{value[:prefix]}…({len(value)} characters)"


def _mask_token(match: re.Match[str]) -> str:
    run = match.group()
    return run if all(_is_plain(part) for part in re.split(r"[/._=~+-]", run)) else mask(run)


def _is_plain(part: str) -> bool:
    """True for what people write by hand: words, names in camel case, versions, small numbers."""
    if len(part) <= 3 or (part.isdigit() and len(part) < 9) or _WORD.match(part):
        return len(part) <= 3 or part.isdigit() or _is_words(part)
    return False


def _is_words(part: str) -> bool:
    """Whether letters come in words: random ones change case every second letter, or go on for too long."""
    words = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+", part)
    return len(part) / max(len(words), 1) >= 3.5 and max(map(len, words), default=0) <= 24


def mask_text(text: str, limit: int = 240) -> str:
    """An excerpt with everything that may be a secret masked, in one line of at most `limit` characters."""
    text = " ".join(masked(text).split())
    return text if len(text) <= limit else text[: limit - 1] + "…"


def masked(text: str) -> str:
    """A text of any length with everything that may be a secret masked, and nothing else changed."""
    text = _PEM.sub(lambda m: mask(m.group()), text)
    text = _USERINFO.sub(lambda m: mask(m.group()), text)
    text = _NAMED.sub(lambda m: m.group(1) + (m.group(2) if "…" in m.group(2) else mask(m.group(2))), text)
    text = _AUTH.sub(lambda m: f"{m[1]}{m[2]}…", text)
    text = _USER.sub(lambda m: f"{m[1]}{m[2]}…", text)
    text = _SETTING.sub(lambda m: m[1] + (m[2] if "…" in m[2] else mask(m[2])), text)
    return _TOKEN.sub(_mask_token, text)
