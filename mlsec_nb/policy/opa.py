"""OPA's data API, in both directions: we speak it, and we can ask an OPA that is there.

https://www.openpolicyagent.org/docs/rest-api#data-api
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

from mlsec_nb.core import CannotRead, MlsecError, UsageError
from mlsec_nb.io import network, processes
from mlsec_nb.rego import Policy, RegoError

from .decisions import Decision, Message


@dataclass(frozen=True)
class DataApi:
    """Answers requests about a policy; an undefined document is `{}`, which a caller must take for a denial."""

    policy: Policy

    def respond(self, method: str, path: str, body: bytes) -> tuple[int, bytes]:
        """Status and JSON text of one request."""
        parts = [unquote(part) for part in urlsplit(path).path.strip("/").split("/")]
        if parts == ["health"] and method == "GET":
            return 200, b"{}"
        if len(parts) < 2 or parts[1] != "data" or parts[0] not in ("v0", "v1"):
            return _said(404, "resource_not_found", "there is no such resource")
        if method not in ("POST", "GET") or (method == "GET" and parts[0] == "v0"):
            return _said(405, "invalid_operation", "policies cannot be changed here")
        try:
            given = json.loads(body) if body.strip() else {}
        except (ValueError, RecursionError):
            return _said(400, "invalid_parameter", "the body is not JSON")
        if parts[0] == "v1":
            if not isinstance(given, Mapping):
                return _said(400, "invalid_parameter", "the body must be an object")
            return self._v1(parts[2:], given)
        return self._v0(parts[2:], given)

    def _v1(self, path: list[str], given: Mapping[str, Any]) -> tuple[int, bytes]:
        try:
            answer = self._ask(path, given["input"]) if "input" in given else self._ask(path)
        except RegoError as error:
            return _said(500, "internal_error", str(error))
        return 200, _text({"result": answer} if answer is not _UNDEFINED else {})

    def _v0(self, path: list[str], given: Any) -> tuple[int, bytes]:
        try:
            answer = self._ask(path, given)
        except RegoError as error:
            return _said(500, "internal_error", str(error))
        if answer is _UNDEFINED:
            return _said(404, "undefined_document", "the document is undefined")
        return 200, _text(answer)

    def _ask(self, path: list[str], *given: Any) -> Any:
        query = "data" + "".join(f"[{json.dumps(part)}]" for part in path if part)
        answer = self.policy.eval(query, *given)
        return answer.value if answer.defined else _UNDEFINED


_UNDEFINED = object()


def _text(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "backslashreplace")


def _said(status: int, code: str, message: str) -> tuple[int, bytes]:
    return status, _text({"code": code, "message": message})


# an OPA that is there


def ask_server(url: str, document: Any, *, offline: bool) -> Decision:
    """The verdict of an OPA server at the URL of a decision (…/v1/data/mlsec/gate/verdict); undefined is a denial."""
    try:
        body = json.dumps({"input": document}).encode()
        answer = network.get(
            url, offline=offline, method="POST", body=body, headers={"Content-Type": "application/json"}
        )
        found = json.loads(answer.body) if answer.status == 200 else None
    except (MlsecError, ValueError) as error:
        return Decision(allowed=None, reasons=(f"OPA gave no answer: {error}",), asked=(url,))
    if not isinstance(found, Mapping):
        return Decision(allowed=None, reasons=(f"OPA answered with status {answer.status}",), asked=(url,))
    return of_result(found, url)


def ask_program(folders: list[str], document: Any, query: str = "data.mlsec.gate.verdict") -> Decision:
    """The verdict of the `opa` program over policies in folders; undefined is a denial."""
    argv = [
        "opa",
        "eval",
        "--format",
        "json",
        "--stdin-input",
        *(word for one in folders for word in ("-d", one)),
        query,
    ]
    try:
        ran = processes.run(argv, input=json.dumps(document).encode())
        tree = json.loads(ran.output)
        rows = tree.get("result", []) if isinstance(tree, Mapping) and not tree.get("errors") else None
    except (CannotRead, UsageError, ValueError) as error:
        return Decision(allowed=None, reasons=(f"OPA gave no answer: {error}",), asked=(query,))
    if ran.code != 0 or rows is None:
        return Decision(allowed=None, reasons=(f"OPA failed: {ran.complaint or ran.code}",), asked=(query,))
    try:
        value = {"result": rows[0]["expressions"][0]["value"]} if rows else {}
    except (KeyError, IndexError, TypeError):
        return Decision(allowed=None, reasons=("OPA's answer has another form",), asked=(query,))
    return of_result(value, query)


def of_result(found: Mapping[str, Any], asked: str) -> Decision:
    """A decision out of OPA's answer: a boolean, a set of denials, or `{allow, deny, warn}`."""
    if "result" not in found:
        denial = Message(text="the decision is undefined", rule=asked)
        return Decision(allowed=False, denials=(denial,), asked=(asked,))
    value = found["result"]
    if isinstance(value, bool):
        return Decision(allowed=value, asked=(asked,), value=value)
    allow: Any = True
    denied: Any = value
    warned: Any = []
    if isinstance(value, Mapping):
        allow, denied, warned = value.get("allow"), value.get("deny", []), value.get("warn", [])
    if not isinstance(denied, list) or not isinstance(allow, bool):
        return Decision(allowed=None, reasons=("the decision has another form",), asked=(asked,), value=value)
    denials = tuple(_message(asked, one) for one in denied)
    warnings = tuple(_message(asked, one) for one in (warned if isinstance(warned, list) else []))
    return Decision(allowed=allow and not denials, denials=denials, warnings=warnings, asked=(asked,), value=value)


def _message(rule: str, one: Any) -> Message:
    if isinstance(one, Mapping):
        return Message(text=str(one.get("msg", rule)), rule=rule, id=str(one.get("id", "")),
                       severity=str(one.get("severity", "")), path=str(one.get("path", "")))  # fmt: skip
    return Message(text=str(one), rule=rule)
