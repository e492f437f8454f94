"""The tags of HTML, SVG and Markdown at their places: what each may do when the page is shown."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from urllib.parse import urlsplit

MAX_DEPTH = 3  # of pages inside `srcdoc`
_FRAMES = re.compile(r"(?i)<\s*(?:script|iframe|frame|object|embed|form|meta)\b")
_EVENT = re.compile(r"[oO][nN](?<=[\s\"'/`]..)[^\s=>/]{2,}\s*=")
# An address that a browser may run, however its scheme is written; only then the name before it is looked at.
_ODD_VALUE = re.compile(r"=\s*[\"']?[\x00-\x20]*(?:[jvJVdD](?!ata:image/(?:png|jpe?g|gif|webp);)|[^\"'>\s]{0,12}&)")
_NAMED = ("href", "src", "action", "data")
_ODD_TARGET = re.compile(
    r"\]\(\s*<?[\x00-\x20]*(?:[jJ][\x00-\x20]*[aA]|[vV][\x00-\x20]*[bB]|[dD][\x00-\x20]*[aA][\x00-\x20]*[tT][\x00-\x20]*[aA])"
)
# A picture that can tell somebody: out of sight, at a bare address, with much in its query, or oddly written.
_PICTURE = re.compile(r"(?i)<(?:img|video|audio|source|link)\b[^>]*")
_ODD_PICTURE = re.compile(
    r"(?i)(?:width|height)\s*[=:]\s*[\"']?\s*[01](?:px)?(?![\w.%])|display\s*:\s*none|visibility\s*:\s*hid|opacity\s*:\s*0|"
    r"\bhidden\b|&|//[^/\"'>\s]{0,80}?\d\.\d{1,3}\.\d|[A-Za-z0-9+/_=%-]{80,}|[\"'][^\"']{0,200}?[\x00-\x1f]|=\s*(?:\"[^\"]*|'[^']*)\Z"
)
_IMAGE = re.compile(r"!\[[^\]\n]{0,300}\]\(\s*<?([^\s)>]*)")
_ODD_IMAGE = re.compile(r"//[^/]{0,80}?\d\.\d{1,3}\.\d|[A-Za-z0-9+/_=%-]{80,}|[\x00-\x1f]")
_FENCE = re.compile(
    r"^(?P<mark>```+|~~~+)[^\n]*\n.*?(?:^(?P=mark)[`~]*[ \t]*$|\Z)|(?<!`)(?P<tick>`+)(?!`)[^\n]*?(?<!`)(?P=tick)(?!`)",
    re.MULTILINE | re.DOTALL,
)  # fmt: skip
_LINK = re.compile(r"(?P<image>!?)\[[^\]\n]{0,300}\]\(\s*<?(?P<url>[^\s)>]+)")
_HIDDEN = re.compile(
    r"(?i)display\s*:\s*none|visibility\s*:\s*hidden|opacity\s*:\s*0(?![.\d])|(?:width|height)\s*:\s*[01](?:px)?\s*(?:;|$)"
)
_AUTOMATIC = re.compile(
    r"on(?:error|load|toggle|focus\w*|mouse(?:over|enter|move)|animation\w+|begin|end|pointer\w+|wheel|scroll|resize|unload|"
    r"beforeunload|hashchange|message|pageshow|popstate|canplay|loadstart|start|transition\w+)$"
)
_ADDRESSES = frozenset({"src", "href", "action", "data"})
_DATA = re.compile(r"[A-Za-z0-9+/_=%-]{80,}")
_ADDRESS = re.compile(r"^(?:\d{1,3}\.){3}\d{1,3}$")


@dataclass(frozen=True, slots=True)
class Seen:
    """Something in a page: the rule that it breaks (None: script text to be searched), at offsets of the text."""

    rule: str | None
    start: int
    end: int
    severity: str | None = None
    script: str = ""


@dataclass(frozen=True)
class Known:
    """What notebooks show every day."""

    hosts: re.Pattern[str]
    scripts: re.Pattern[str]
    badge: re.Pattern[str]


def known(table: dict[str, str]) -> Known:
    return Known(re.compile(table["hosts"]), re.compile(table["scripts"]), re.compile(table["badge"]))


def worth(text: str) -> bool:
    """Whether a text holds any tag or link that a rule can be about; those that all pages have are none."""
    if "](" in text and (_ODD_TARGET.search(text) or any(_ODD_IMAGE.search(url) for url in _IMAGE.findall(text))):
        return True
    if "<" not in text:
        return False
    if _FRAMES.search(text) or _EVENT.search(text):
        return True
    if any(_ODD_PICTURE.search(tag) for tag in _PICTURE.findall(text)):
        return True
    return any(
        text[max(found.start() - 12, 0) : found.start()].rstrip().lower().endswith(_NAMED)
        for found in _ODD_VALUE.finditer(text)
    )


def seen(text: str, usual: Known, *, markdown: bool = False, depth: int = 0) -> Iterator[Seen]:
    """What is to be told of a page, in order."""
    shown = _FENCE.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), text) if markdown else text
    if markdown:
        yield from _links(shown, usual)
    shown = _tame(shown)
    page = _Page(shown, usual, markdown=markdown, depth=depth)
    page.feed(shown)
    page.close()
    yield from page.found


def _tame(text: str) -> str:
    """The text without openings that nothing closes: the parser would look for the end of each again."""
    for opener, closers in (("<!--", ("-->", "--!>")), ("<![", ("]>",)), ("<", (">",))):
        last = max(text.rfind(closer) for closer in closers) + 1
        text = text[:last] + text[last:].replace(opener, " " * len(opener))
    return text


def _links(text: str, usual: Known) -> Iterator[Seen]:
    for match in _LINK.finditer(text):
        url = clean(match["url"])
        if is_script(url):
            yield Seen("CONTENT-SCRIPT-LINK", match.start(), match.end())
        elif match["image"] and _beacon(url, {}, usual):
            yield Seen("CONTENT-BEACON", match.start(), match.end())


def clean(url: str) -> str:
    """An address as a browser reads it: no blanks or control characters inside its scheme."""
    return re.sub(r"[\x00-\x20]+", "", url[:200]) + url[200:]


def is_script(url: str) -> bool:
    low = url.lower()
    if low.startswith(("javascript:", "vbscript:")):
        return not re.match(r"javascript:(?:void\(?0?\)?|;|//|code_toggle\w*\(\)|\w*toggle\w*\([^)]*\))?;?$", low)
    return (
        low.startswith(("data:text/html", "data:image/svg+xml")) and "script" in low[:80] + low[-2000:]
    ) or low.startswith("data:text/html")


def host(url: str) -> str | None:
    """The host of an address of another machine, else None."""
    try:
        parts = urlsplit(url if not url.startswith("//") else "https:" + url)
        return parts.hostname if parts.scheme in {"http", "https", "ws", "wss", "ftp"} else None
    except ValueError:
        return None


def _beacon(url: str, attributes: dict[str, str], usual: Known) -> bool:
    name = host(url)
    if name is None or usual.badge.search(url):
        return False
    tiny = all(attributes.get(side, "").removesuffix("px") in {"0", "1"} for side in ("width", "height"))
    hidden = tiny or bool(_HIDDEN.search(attributes.get("style", ""))) or "hidden" in attributes
    if usual.hosts.search(name) and not hidden:
        return False
    query = urlsplit(url).query
    private = name.startswith(("127.", "10.", "192.168.", "172."))
    carries = "=" in query and _DATA.search(query) is not None and "X-Amz" not in query and "Signature" not in query
    return hidden or (bool(_ADDRESS.match(name)) and not private) or carries


class _Page(HTMLParser):
    """Collects what is to be told, tag by tag."""

    def __init__(self, text: str, usual: Known, *, markdown: bool, depth: int) -> None:
        super().__init__(convert_charrefs=True)
        self.text = text
        self.usual = usual
        self.markdown = markdown
        self.depth = depth
        self.found: list[Seen] = []
        self.inside: str | None = None
        self.starts = [0]
        for match in re.finditer("\n", text):
            self.starts.append(match.end())
        self.tags: dict[str, Callable[[dict[str, str], int, int], None]] = {
            "script": self._script, "iframe": self._frame, "frame": self._frame, "object": self._frame,
            "embed": self._frame, "form": self._form, "meta": self._meta, "a": self._link, "input": self._input,
            **dict.fromkeys(("img", "video", "audio", "source", "link"), self._image),
        }  # fmt: skip

    def here(self) -> int:
        line, column = self.getpos()
        return min(self.starts[min(line - 1, len(self.starts) - 1)] + column, len(self.text))

    def add(self, rule: str | None, start: int, end: int, severity: str | None = None, script: str = "") -> None:
        self.found.append(Seen(rule, start, end, severity, script))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name.lower(): value or "" for name, value in attrs}
        attributes |= {name: clean(attributes[name]) for name in _ADDRESSES & attributes.keys()}
        start = self.here()
        end = start + len(self.get_starttag_text() or "")
        for name, value in attributes.items():
            if name.startswith("on") and len(name) > 3 and value:
                self._handler(name, value, start, end)
            elif (
                name in {"href", "xlink:href", "src", "action", "formaction", "data"}
                and is_script(value)
                and tag != "script"
            ):
                self.add("CONTENT-SCRIPT-LINK", start, end)
                self.add(None, start, end, script=value)
        if (known_tag := self.tags.get(tag)) is not None:
            known_tag(attributes, start, end)

    def _handler(self, name: str, value: str, start: int, end: int) -> None:
        self.add(None, start, end, script=value)
        if self.markdown or _AUTOMATIC.match(name):
            self.add(
                "CONTENT-HANDLER", start, end, None if self.markdown or not self.usual.scripts.search(value) else "info"
            )

    def _script(self, attributes: dict[str, str], start: int, end: int) -> None:
        kind = attributes.get("type", "").lower()
        if kind and "javascript" not in kind and kind not in {"module", "text/ecmascript", "text/babel"}:
            return
        self.inside = "script"
        source = attributes.get("src", "")
        name = host(source)
        if name is not None:
            usual = self.usual.hosts.search(name) is not None
            self.add("CONTENT-SCRIPT", start, end, "info" if usual and not self.markdown else "medium")
        elif not source and self.markdown:
            self.add("CONTENT-SCRIPT", start, end, "medium")

    def handle_endtag(self, tag: str) -> None:
        if tag == "script":
            self.inside = None

    def handle_data(self, data: str) -> None:
        if self.inside == "script" and data.strip():
            start = self.here()
            self.add(None, start, start + len(data), script=data)
            if not self.markdown:
                usual = self.usual.scripts.search(data[:200_000]) is not None
                self.add("CONTENT-SCRIPT", start, start + min(len(data), 80), "info" if usual else "low")

    def _frame(self, attributes: dict[str, str], start: int, end: int) -> None:
        url = attributes.get("src") or attributes.get("data") or ""
        name = host(url)
        if name is not None and not self.usual.hosts.search(name):
            self.add("CONTENT-FRAME", start, end)
        inner = attributes.get("srcdoc", "")
        if inner and self.depth < MAX_DEPTH and worth(inner):
            for item in seen(inner, self.usual, depth=self.depth + 1):
                self.found.append(Seen(item.rule, start, end, item.severity, item.script))

    def _form(self, attributes: dict[str, str], start: int, end: int) -> None:
        name = host(attributes.get("action", ""))
        if name is not None and name not in {"localhost", "127.0.0.1"}:
            self.add("CONTENT-FORM", start, end)

    def _input(self, attributes: dict[str, str], start: int, end: int) -> None:
        del start
        forms = [item for item in self.found if item.rule == "CONTENT-FORM"]
        if forms and attributes.get("type", "").lower() == "password":
            self.add("CONTENT-FORM", forms[-1].start, end, "high")

    def _image(self, attributes: dict[str, str], start: int, end: int) -> None:
        """What is fetched as soon as the page is shown."""
        sources = (attributes.get(name, "") for name in ("src", "poster", "href"))
        if any(_beacon(url, attributes, self.usual) for url in sources if url):
            self.add("CONTENT-BEACON", start, end)

    def _meta(self, attributes: dict[str, str], start: int, end: int) -> None:
        target = re.search(r"url\s*=\s*['\"]?([^'\"]+)", attributes.get("content", ""), re.IGNORECASE)
        if attributes.get("http-equiv", "").lower() == "refresh" and target and host(target[1]):
            self.add("CONTENT-BEACON", start, end)

    def _link(self, attributes: dict[str, str], start: int, end: int) -> None:
        url = attributes.get("href", "").lower()
        if "download" in attributes and re.match(
            r"data:application/(?!json|pdf|vnd\.openxml|vnd\.ms-excel|x-zip|zip|x-ipynb)", url
        ):
            self.add("CONTENT-SMUGGLING", start, end, "high" if "tvqq" in url[:120] else "medium")
