"""Servers that the tests ask, each started once."""

import contextlib
import importlib
import threading
import time

import pytest
import uvicorn

from mlsec_nb.config import Settings
from mlsec_nb.core import Artifact, CannotScan, Document, Gap, Kind, Location
from mlsec_nb.io.endpoints import Endpoint
from mlsec_nb.scanners.api.scanner import build


@contextlib.contextmanager
def serving(app, **options):
    config = uvicorn.Config(app, port=0, log_level="critical", lifespan="off", ws="none", **options)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join()


@pytest.fixture(scope="session")
def weak():
    with serving(importlib.import_module("tests.scanners.api.weak").app) as url:
        yield url


@pytest.fixture(scope="session")
def hardened():
    with serving(importlib.import_module("tests.scanners.api.hardened").app, server_header=False) as url:
        yield url


@pytest.fixture(scope="session")
def ask():
    def asked(url, *, ends=False, **options):
        """What is told; when it may end early, that is a gap at the end."""
        document, told = Document(artifact=Artifact(url, Kind.API, Endpoint(url))), []
        try:
            told.extend(build(Settings(options=options, offline=False)).scan(document))
        except CannotScan as error:
            if not ends:
                raise
            told.append(Gap(location=Location(path=url), scanner="api", reason=str(error), code=error.code))
        return told

    return asked


@pytest.fixture(autouse=True)
def _impatient(monkeypatch):
    """A server of a test that fetches an address does so before it answers."""
    monkeypatch.setattr("mlsec_nb.scanners.api.checks.reach._PATIENCE", 0.05)
