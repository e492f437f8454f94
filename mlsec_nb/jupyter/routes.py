"""The requests of the panel: authenticated, authorised, never cached, held under the server's root."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

from jupyter_core.utils import ensure_async
from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import APIHandler
from tornado import web

from mlsec_nb.core import MlsecError

from .desk import Desk
from .jobs import TooMany
from .sessions import Malformed, Stale

RESOURCE = "contents"
BODY_BYTES = 48 << 20
T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., Any])


def place_of(manager: Any, path: str) -> Path:
    """Where a path of a contents manager stands on this machine; never outside its root, not through a link either."""
    try:
        place = Path(manager._get_os_path(path.strip("/")))  # noqa: SLF001 - there is no public way from path to file
        root = Path(manager.root_dir).resolve()
    except AttributeError:
        raise web.HTTPError(501, "this server keeps its files where mlsec cannot read them") from None
    real = place.resolve()
    if not real.is_relative_to(root):
        raise web.HTTPError(404, f"{path} is outside the root of the server")
    return real


def allowed(action: str) -> Callable[[F], F]:
    """Only users who are known, and who may do `action` (read, write) with the contents of this server."""

    def only(method: F) -> F:
        return cast("F", web.authenticated(authorized(action=action, resource=RESOURCE)(method)))

    return only


class Route(APIHandler):
    """What all requests of the panel have in common."""

    auth_resource = RESOURCE

    @property
    def desk(self) -> Desk:
        desk: Desk = self.settings["mlsec"]
        return desk

    def set_default_headers(self) -> None:
        super().set_default_headers()
        self.set_header("Cache-Control", "no-store")

    def body(self) -> dict[str, Any]:
        if len(self.request.body) > BODY_BYTES:
            raise web.HTTPError(413, f"more than {BODY_BYTES >> 20} MiB")
        try:
            value = json.loads(self.request.body)
        except (ValueError, RecursionError):
            raise web.HTTPError(400, "the body is not JSON") from None
        if not isinstance(value, dict):
            raise web.HTTPError(400, "the body must be a JSON object")
        return value

    def word(self, body: dict[str, Any], name: str) -> str:
        value = body.get(name)
        if not isinstance(value, str):
            raise web.HTTPError(400, f"{name} must be a string")
        return value

    async def run(self, work: Callable[..., T], *arguments: Any) -> T:
        """`work` in the pool, off the event loop; a mistake that it finds is one clear line."""
        try:
            return await asyncio.get_running_loop().run_in_executor(self.desk.pool, work, *arguments)
        except MlsecError as error:
            raise web.HTTPError(400, str(error)) from error

    def local(self, path: str) -> Path:
        """Where a path of the contents manager stands on this machine; never outside its root."""
        return place_of(self.contents_manager, path)

    async def existing(self, path: str) -> Path:
        """The same for what must be there; hidden files count only where the server shows them."""
        manager: Any = self.contents_manager
        place = self.local(path)
        found = await ensure_async(manager.dir_exists(path)) or await ensure_async(manager.file_exists(path))
        hidden = path.strip("/") and await ensure_async(manager.is_hidden(path))
        if not found or (hidden and not manager.allow_hidden):
            raise web.HTTPError(404, f"{path} is not there")
        return place

    def answer(self, value: Any) -> None:
        self.set_header("Content-Type", "application/json")
        self.finish(json.dumps(value, ensure_ascii=False))


class LiveRoute(Route):
    """The open notebook, as far as it changed."""

    @allowed("read")
    async def post(self) -> None:
        body = self.body()
        place = self.local(self.word(body, "path"))
        try:
            session = self.desk.sessions.change(body)
        except Stale as error:
            raise web.HTTPError(409, str(error)) from error
        except Malformed as error:
            raise web.HTTPError(400, str(error)) from error
        omitted = body.get("omitted", 0)
        words = (session.revision, session.notebook(), place, omitted if isinstance(omitted, int) else 0)
        future = self.desk.submit_live(str(body["session"]), *words)
        try:
            self.answer(await asyncio.wrap_future(future))
        except asyncio.CancelledError:
            raise web.HTTPError(409, "a later change came first") from None
        except MlsecError as error:
            raise web.HTTPError(400, str(error)) from error

    @allowed("read")
    async def delete(self) -> None:
        self.desk.sessions.close(self.get_argument("session"))
        self.set_status(204)
        self.finish()


class TextRoute(Route):
    """An open file that is no notebook."""

    @allowed("read")
    async def post(self) -> None:
        body = self.body()
        path, text = self.word(body, "path"), self.word(body, "text")
        self.answer(await self.run(self.desk.text, text, self.local(path)))


class WorkspaceRoute(Route):
    """Starts the scan of a folder."""

    @allowed("read")
    async def post(self) -> None:
        path = self.word(self.body(), "path")
        place = await self.existing(path)
        try:
            self.answer(self.desk.start_scan(place))
        except TooMany as error:
            raise web.HTTPError(429, str(error)) from error


class JobRoute(Route):
    """How far a scan is; and stops it."""

    _track_activity = False  # a poll is no sign of a user who is there

    @allowed("read")
    async def get(self, name: str) -> None:
        self._tell(self.desk.jobs.look(name))

    @allowed("read")
    async def delete(self, name: str) -> None:
        self._tell(self.desk.jobs.cancel(name))

    def _tell(self, job: Any) -> None:
        if job is None:
            raise web.HTTPError(404, "no such scan")
        self.answer(job)


class ReportRoute(Route):
    """Opens a report that lies in a file."""

    @allowed("read")
    async def post(self) -> None:
        path = self.word(self.body(), "path")
        place = await self.existing(path)
        if not place.is_file():
            raise web.HTTPError(400, f"{path} is no file")
        self.answer(await self.run(self.desk.report, place))


class GateRoute(Route):
    """Runs one of the gates over the server's root."""

    @allowed("read")
    async def post(self, name: str) -> None:
        try:
            self.answer(self.desk.start_gate(name))
        except TooMany as error:
            raise web.HTTPError(429, str(error)) from error
        except KeyError:
            raise web.HTTPError(404, "no gate of this name") from None


class RuleRoute(Route):
    """What a rule is about."""

    @allowed("read")
    async def get(self, name: str) -> None:
        rule = (await self.run(self.desk.catalogue)).get(name)
        if rule is None:
            raise web.HTTPError(404, "no rule of this name")
        self.answer(rule)


class BaselineRoute(Route):
    """Accepts findings as they are; the one request that writes, and only the baseline."""

    @allowed("write")
    async def post(self) -> None:
        body = self.body()
        prints = body.get("fingerprints")
        if not isinstance(prints, list) or not all(isinstance(item, str) for item in prints):
            raise web.HTTPError(400, "fingerprints must be a list of strings")
        place = self.local(self.word(body, "path"))
        self.answer({"accepted": await self.run(self.desk.accept, place, prints)})


class StatusRoute(Route):
    """What this server can do for the panel."""

    @allowed("read")
    async def get(self) -> None:
        self.answer(await self.run(self.desk.status))


ROUTES: dict[str, type[Route]] = {
    r"live": LiveRoute,
    r"text": TextRoute,
    r"workspace": WorkspaceRoute,
    r"jobs/([0-9a-f]{32})": JobRoute,
    r"report": ReportRoute,
    r"gates/([a-z-]+)": GateRoute,
    r"rules/([A-Z0-9-]+)": RuleRoute,
    r"baseline": BaselineRoute,
    r"status": StatusRoute,
}
