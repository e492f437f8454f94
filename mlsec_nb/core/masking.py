"""Hides what may be a secret in text that is going to be shown.

Deliberately broader than the secrets room: an excerpt that hides too much is a nuisance, one that shows a
password is a leak. Only public prefixes (`hf_`, `sk-`, `AKIA`) and lengths are left to be seen.
"""

import re

_USERINFO = re.compile(r"(?<=://)[^\s/@:]*:[^\s/@]+(?=@)")
_NAMED = re.compile(
    r"(?i)((?:pass(?:word|wd|phrase)?|pwd|secret|token|api[_-]?key|access[_-]?key|auth(?:orization)?|bearer|credential)"
    r"[\w-]*[\"']?\s*(?:[:=]+|\s)\s*(?:(?:bearer|basic|token)\s+)?[\"']?)([^\s\"',;)}\]]{4,})"
)
_TOKEN = re.compile(r"[A-Za-z0-9+/_=.~-]{16,}")
_PEM = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL)
_WORD = re.compile(r"[A-Za-z]{2,}(?:[_./-][A-Za-z]{2,}|[0-9]{1,3}(?![A-Za-z0-9]))*\Z")


def mask(value: str, prefix: int = 0) -> str:
    """A secret as it may be shown: `prefix` leading characters (only those the format makes public) and its length."""
    return f"{value[:prefix]}…({len(value)} characters)"


def _mask_token(match: re.Match[str]) -> str:
    run = match.group()
    mixed = any(c.isdigit() for c in run) and any(c.isalpha() for c in run)
    is_words = all(not part or _is_plain(part) for part in re.split(r"[/._=~+-]", run))
    return run if not mixed or is_words else mask(run)


def _is_plain(part: str) -> bool:
    """True for what people write by hand: words, versions, small numbers."""
    return len(part) <= 3 or part.isalpha() or (part.isdigit() and len(part) < 9) or bool(_WORD.match(part))


def mask_text(text: str, limit: int = 240) -> str:
    """An excerpt with everything that may be a secret masked, in one line of at most `limit` characters."""
    text = _PEM.sub(lambda m: mask(m.group()), text)
    text = _USERINFO.sub(lambda m: mask(m.group()), text)
    text = _NAMED.sub(lambda m: m.group(1) + (m.group(2) if "…" in m.group(2) else mask(m.group(2))), text)
    text = _TOKEN.sub(_mask_token, text)
    text = " ".join(text.split())
    return text if len(text) <= limit else text[: limit - 1] + "…"
