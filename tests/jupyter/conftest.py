"""A real Jupyter server in this process: every request goes through its authentication."""

import asyncio
import http.client
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from jupyter_server.serverapp import ServerApp
from traitlets.config import Config

TOKEN = "only-for-this-test"


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)


@dataclass
class Server:
    app: ServerApp
    root: Path

    def ask(self, method: str, route: str, body: Any = None, token: str | None = TOKEN) -> Answer:
        """A request without a browser; `route` begins with /."""
        place = urlsplit(self.app.connection_url)
        port = next(iter(self.app.http_server._sockets.values())).getsockname()[1]
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        headers = {"Authorization": f"token {token}"} if token else {}
        raw = body if isinstance(body, bytes) else None if body is None else json.dumps(body).encode()
        connection.request(method, f"{place.path.rstrip('/')}{route}", raw, headers)
        response = connection.getresponse()
        answer = Answer(response.status, {k.lower(): v for k, v in response.getheaders()}, response.read().decode())
        connection.close()
        return answer

    def post(self, route: str, body: Any, token: str | None = TOKEN) -> Answer:
        return self.ask("POST", f"/mlsec/{route}", body, token)

    def get(self, route: str, token: str | None = TOKEN) -> Answer:
        return self.ask("GET", f"/mlsec/{route}", None, token)


def run_server(root: Path, home: Path, **config: dict[str, Any]) -> Iterator[Server]:
    """A server over `root` until the generator is closed."""
    started = threading.Event()
    held: list[Any] = []

    def serve() -> None:
        loop = asyncio.new_event_loop()
        asyncio.set_event_loop(loop)
        options = {
            "ServerApp": {
                "root_dir": str(root), "port": 0, "open_browser": False, "allow_root": True, "log_level": "ERROR",
                "allow_unauthenticated_access": False, "jpserver_extensions": {"mlsec_nb": True}, "ip": "127.0.0.1",
            },
            "IdentityProvider": {"token": TOKEN},
            **config,
        }  # fmt: skip
        app = ServerApp(config=Config(options), runtime_dir=str(home / "runtime"), data_dir=str(home / "data"))
        app.init_signal = lambda: None  # only a main thread may
        app.initialize(argv=[], find_extensions=False)
        app.start_app()
        held.extend((app, loop))
        loop.call_later(0.05, started.set)  # the sockets listen once the loop runs
        loop.run_forever()
        loop.run_until_complete(app._cleanup())
        app.http_server.stop()
        loop.close()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    assert started.wait(20)
    app, loop = held
    yield Server(app, root)
    app.web_app.settings["mlsec"].close()
    loop.call_soon_threadsafe(loop.stop)
    thread.join(20)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    place = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR"):
            patch.setenv(name, str(place / name))
        yield place


@pytest.fixture(scope="module")
def server(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    yield from run_server(tmp_path_factory.mktemp("root"), home)
