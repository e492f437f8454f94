"""Answer questions about policies on this machine, in the words of OPA's data API, so that a deployment tool can ask.

POST /v1/data/mlsec/gate/verdict with {"input": …} gives {"result": …}; an undefined document gives {}, which must be
taken for a denial. Policies cannot be changed through the server, and nothing is logged.
"""

import argparse
import os

from mlsec_nb.core import UsageError
from mlsec_nb.io import serving
from mlsec_nb.policy import bundles, opa

EPILOG = """\
examples:
  mlsec serve-policy policies/ --built-in --port 8181
  curl -s localhost:8181/v1/data/mlsec/gate/verdict -d '{"input": {}}'

A token in MLSEC_POLICY_TOKEN must then be said in each request (Authorization: Bearer …)."""


def describe(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("policies", nargs="*", metavar="POLICY", help="files and folders of .rego (and data.json)")
    parser.add_argument("--built-in", action="store_true", help="the policies that come with mlsec, too")
    parser.add_argument("--port", type=int, default=8181, help="on 127.0.0.1 (default: 8181; 0: any free one)")


def run(args: argparse.Namespace) -> int:
    parts = [bundles.built_in()] if args.built_in else []
    parts += [bundles.load(args.policies)] if args.policies else []
    if not parts:
        raise UsageError("which policies? Name files or folders, or --built-in")
    api = opa.DataApi(bundles.join(*parts).policy())
    with serving.server(api.respond, args.port, token=os.environ.get("MLSEC_POLICY_TOKEN")) as server:
        print(f"http://127.0.0.1:{server.server_port}/v1/data", flush=True)
        server.serve_forever()
    return 0
