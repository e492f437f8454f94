"""Our own advisories for a tool that asks OSV's query API, so that it works without network."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from mlsec_nb.advisories import Store, default_path
from mlsec_nb.advisories.answering import answer
from mlsec_nb.config import Config
from mlsec_nb.io import serving

_PLACE = "{osv}"


@contextmanager
def query_api(config: Config, argv: Sequence[str]) -> Iterator[str]:
    """The address of a query API on loopback if the arguments want one; raises `CannotRead` without a store."""
    if not any(_PLACE in word for word in argv):
        yield ""
        return
    named = config.tables.get("dependencies", {}).get("advisories")
    store = Store.open(Path(named).expanduser() if isinstance(named, str) else default_path())
    with serving.server(partial(answer, store), 0) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/v1/query"
        finally:
            server.shutdown()
