"""The local store of advisories: which versions of packages have known vulnerabilities, or are malicious.

`update` fetches what OSV, FIRST and CISA publish; `import` takes the same files where there is no network; `status`
says what is there and how old it is; `serve` answers OSV's query API on this machine, for tools that know no other way.
"""

import argparse
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from mlsec_nb.advisories import Store, default_path
from mlsec_nb.advisories.answering import answer
from mlsec_nb.advisories.updating import import_, published, update
from mlsec_nb.config import Config
from mlsec_nb.core import CannotRead, UsageError
from mlsec_nb.io import serving

from . import options

EPILOG = """\
examples:
  mlsec advisories update                        Python packages, EPSS and KEV
  mlsec advisories update --ecosystem PyPI --ecosystem npm
  mlsec advisories import all.zip epss.csv.gz known_exploited_vulnerabilities.json
  mlsec advisories serve --port 8765             then: pip-audit -s osv --osv-url http://127.0.0.1:8765/v1/query"""


def describe(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("action", choices=("update", "import", "status", "serve"))
    parser.add_argument("files", nargs="*", metavar="FILE", help="import: archives, records, tables, folders of them")
    parser.add_argument("--store", metavar="FILE", help="instead of the configured or the user's own store")
    parser.add_argument("--ecosystem", metavar="NAME", action="append", help="update: as OSV names it (default: PyPI)")
    parser.add_argument("--mirror", metavar="URL", help="update: where the same files are, instead of their publishers")
    parser.add_argument("--offline", action="store_true", help="forbid the network everywhere")
    parser.add_argument("--port", metavar="N", type=int, default=0, help="serve: a port (default: any free one)")
    parser.add_argument("--config", metavar="FILE", help="instead of the nearest mlsec.toml or pyproject.toml")


def run(args: argparse.Namespace) -> int:
    config = options.config_file(args.config)
    path = Path(args.store) if args.store else _path(config)
    if args.files and args.action != "import":
        raise UsageError(f"{args.action} takes no files")
    if args.action == "update":
        closed = args.offline or bool(config.offline)
        _say(path, update(path, args.ecosystem or published()["ecosystems"], offline=closed, base=args.mirror))
    elif args.action == "import":
        if not args.files:
            raise UsageError("import needs files or folders")
        _say(path, import_(path, [Path(file) for file in args.files]))
    elif args.action == "status":
        _status(_open(path))
    else:
        _serve(_open(path), args.port)
    return 0


def _path(config: Config) -> Path:
    named = config.settings("dependencies").options.get("advisories")
    return Path(named).expanduser() if isinstance(named, str) else default_path()


def _open(path: Path) -> Store:
    try:
        return Store.open(path)
    except CannotRead as error:
        raise UsageError(f"{path}: {error}") from error


def _say(path: Path, done: Mapping[str, int]) -> None:
    listed = ", ".join(f"{count:,} {name}" for name, count in done.items() if count)
    print(f"{path}: {listed or 'nothing new'}")


def _status(store: Store) -> None:
    print(store.path)
    days = store.as_of()
    for name, count in store.counts().items():
        print(f"  {name:<16}{count:>10,}" + (f"  of {days[name].isoformat()}" if name in days else ""))


def _serve(store: Store, port: int) -> None:
    with serving.server(partial(answer, store), port) as server:
        print(f"http://127.0.0.1:{server.server_port}/v1/query", flush=True)
        server.serve_forever()
