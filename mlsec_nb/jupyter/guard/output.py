"""The output guard: every channel through which text reaches the notebook.

| channel | hook |
|---|---|
| display, update_display | `shell.display_pub.register_hook` (public) |
| result | `shell.displayhook.register_hook` (public; before ipykernel 7 its `write_format_data`) |
| stdout, stderr, threads, `!cmd`, `os.write(1)` | `OutStream.register_hook`, registered inside the IOPub thread, because its hooks are thread-local |
| error | `shell._showtraceback` (private: a test holds it) |
| `execute_reply` | `shell.kernel.do_execute`, whose reply carries the error's text once more |
"""  # noqa: E501 - a table

import re
import sys
from collections.abc import Callable
from functools import partial
from typing import Any

from .redaction import Redactor

# What may be the beginning of a token at the end of a flush; it waits for what follows, or for the end of the cell.
_TAIL = re.compile(r"[A-Za-z0-9+/_=.~:@%-]{1,512}\Z")
_Hook = Callable[[dict[str, Any]], dict[str, Any]]


class OutputGuard:
    """Redacts what the kernel publishes, from `on` to `off`; swallows nothing."""

    def __init__(self, shell: Any, redactor: Redactor) -> None:
        self.shell = shell
        self.redactor = redactor
        self.streams: list[tuple[Any, _Stream]] = []
        self.undo: list[Callable[[], object]] = []

    def on(self) -> None:
        for stream in (sys.stdout, sys.stderr):
            self._watch_stream(stream)
        for publisher in (self.shell.display_pub, self.shell.displayhook):
            if hasattr(publisher, "register_hook"):
                publisher.register_hook(self._bundle)
                self.undo.append(partial(publisher.unregister_hook, self._bundle))
        if not hasattr(self.shell.displayhook, "register_hook"):
            self._watch_results()
        self._watch_errors()
        self.shell.events.register("post_run_cell", self._release)
        self.undo.append(lambda: self.shell.events.unregister("post_run_cell", self._release))

    def off(self) -> None:
        self._release()
        for undo in reversed(self.undo):
            undo()
        self.undo.clear()
        self.streams.clear()

    def _watch_stream(self, stream: Any) -> None:
        thread = getattr(stream, "pub_thread", None)
        if thread is None or not hasattr(stream, "register_hook"):
            return
        watched = _Stream(stream, self.redactor)
        self.streams.append((stream, watched))
        thread.schedule(lambda: stream.register_hook(watched))
        self.undo.append(lambda: thread.schedule(lambda: stream.unregister_hook(watched)))

    def _watch_results(self) -> None:
        """Before ipykernel 7, and in a terminal, results have no hook: what writes them is wrapped."""
        hook = self.shell.displayhook
        write = hook.write_format_data

        def redacted(format_dict: dict[str, Any], md_dict: dict[str, Any] | None = None) -> None:
            write(self.redactor.bundle(format_dict), md_dict)

        hook.write_format_data = redacted
        self.undo.append(lambda: setattr(hook, "write_format_data", write))

    def _bundle(self, message: dict[str, Any]) -> dict[str, Any]:
        content = message.get("content", {})
        if isinstance(content.get("data"), dict):
            content["data"] = self.redactor.bundle(content["data"])
        return message

    def _watch_errors(self) -> None:
        shell, redact = self.shell, self.redactor.text
        show = shell._showtraceback  # noqa: SLF001

        def redacted(etype: Any, evalue: Any, stb: list[str]) -> None:
            # The text, not the object: an exception whose `__str__` builds its words would leak them again.
            show(etype, redact(str(evalue)), [redact(line) for line in stb])

        shell._showtraceback = redacted  # noqa: SLF001
        self.undo.append(lambda: setattr(shell, "_showtraceback", show))
        kernel = getattr(shell, "kernel", None)
        if kernel is None:
            return
        execute = kernel.do_execute

        async def redacted_reply(*words: Any, **more: Any) -> Any:
            return self.redactor.data(await execute(*words, **more))

        kernel.do_execute = redacted_reply
        self.undo.append(lambda: setattr(kernel, "do_execute", execute))

    def _release(self, _result: Any = None) -> None:
        """Send what was held back; runs at the end of each cell, before the kernel says that it is idle."""
        for stream, watched in self.streams:
            stream.flush()
            stream.pub_thread.schedule(watched.release)
            stream.flush()


class _Stream:
    """The hook of one stream; runs in the IOPub thread only."""

    def __init__(self, stream: Any, redactor: Redactor) -> None:
        self.stream = stream
        self.redactor = redactor
        self.held = ""
        self.parent: Any = None

    def __call__(self, message: dict[str, Any]) -> dict[str, Any]:
        if message.get("msg_type") != "stream":
            return message
        text = self.held + message["content"]["text"]
        tail = _TAIL.search(text, max(0, len(text) - 512))  # a search of all of it costs as much as the scan
        cut = tail.start() if tail else len(text)
        self.held, self.parent = text[cut:], message.get("parent_header")
        # An empty text rather than None: None would make ipykernel drop the other cells' buffers of this flush.
        message["content"]["text"] = self.redactor.text(text[:cut])
        return message

    def release(self) -> None:
        text, self.held = self.held, ""
        if text:
            content = {"name": self.stream.name, "text": self.redactor.text(text)}
            session = self.stream.session
            session.send(self.stream.pub_thread, session.msg("stream", content, parent=self.parent),
                         ident=self.stream.topic)  # fmt: skip
