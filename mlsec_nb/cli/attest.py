"""Signed evidence: make keys, sign what a gate found, check what somebody else has signed."""

import argparse
import datetime as dt
import json
import os
from pathlib import Path

from mlsec_nb.core import UsageError
from mlsec_nb.io.files import write_atomic
from mlsec_nb.policy import attest, gates, running
from mlsec_nb.policy.attest.keys import write_pair
from mlsec_nb.policy.attest.models import verify_model

from . import options

EPILOG = """\
examples:
  mlsec attest keygen ci.key                                  a pair: ci.key (keep it), ci.key.pub (commit it)
  mlsec gate ci --sign ci.key --evidence-out evidence/ci.json
  mlsec attest sign evidence/ci.json --key second.key         one more signature, where two are needed
  mlsec attest verify evidence/*.json --trust trust.toml --gate ci --subject model.safetensors
  mlsec attest model models/bert --signature models/bert/model.sig --key maker.pub

The key's password is read from MLSEC_KEY_PASSWORD."""


def describe(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("action", choices=("keygen", "sign", "verify", "model"))
    parser.add_argument("files", nargs="+", metavar="FILE", help="the key to make, or envelopes")
    parser.add_argument("--key", metavar="KEY", help="the private key that signs; for `model` the public key")
    parser.add_argument("--signature", metavar="FILE", help="the model's signature (model.sig)")
    parser.add_argument("--trust", metavar="FILE", help="which keys are trusted (TOML)")
    parser.add_argument("--gate", choices=gates.NAMES, help="the gate that must have passed")
    parser.add_argument("--subject", metavar="FILE", help="the bytes that the evidence must be about")
    parser.add_argument(
        "--max-age", metavar="HOURS", type=float, default=24.0 * 7, help="how old it may be (default: 168)"
    )
    parser.add_argument("--any-policy", action="store_true", help="do not ask under which policy it was made")
    parser.add_argument("--config", metavar="FILE", help="instead of the nearest mlsec.toml or pyproject.toml")


def run(args: argparse.Namespace) -> int:
    return {"keygen": _keygen, "sign": _sign, "verify": _verify, "model": _model}[args.action](args)


def _password() -> bytes | None:
    word = os.environ.get("MLSEC_KEY_PASSWORD")
    return word.encode() if word else None


def _keygen(args: argparse.Namespace) -> int:
    for name in args.files:
        key = attest.generate()
        public = write_pair(key, Path(name), _password())
        lock = "locked by a password" if _password() else "not locked"
        print(f"{name}: private key, {lock}; {public}: {key.public.keyid}")
    return 0


def _sign(args: argparse.Namespace) -> int:
    if not args.key:
        raise UsageError("which key? --key FILE")
    key = attest.SigningKey.from_pem(Path(args.key).read_text(encoding="utf-8"), _password())
    for name in args.files:
        envelope = attest.load_envelope(Path(name).read_bytes())
        write_atomic(Path(name), key.countersign(envelope).text())
        print(f"{name}: signed by {key.public.keyid}")
    return 0


def _model(args: argparse.Namespace) -> int:
    if not (args.signature and args.key):
        raise UsageError("model needs --signature FILE and --key PUBLIC-KEY")
    public = Path(args.key).read_text(encoding="utf-8")
    for name in args.files:
        try:
            count = verify_model(Path(name), Path(args.signature), public)
        except attest.Rejected as error:
            print(f"{name}: not believed: {error}")
            return 1
        print(f"{name}: {count} files, all as signed")
    return 0


def _verify(args: argparse.Namespace) -> int:
    if not (args.trust and args.gate and args.subject):
        raise UsageError("verify needs --trust, --gate and --subject")
    config = options.config_file(args.config)
    policies = None
    if not args.any_policy:
        gate = gates.load(config)[args.gate]
        policies = {args.gate: frozenset({running.policy_digest(gate, config.root)})}
    verifier = attest.Verifier(
        trust=attest.load_trust(Path(args.trust)), now=dt.datetime.now(dt.UTC),
        max_age=dt.timedelta(hours=args.max_age), policies=policies,
    )  # fmt: skip
    digest = running.sha256_of(Path(args.subject))
    try:
        found = verifier.decide([Path(name).read_bytes() for name in args.files], gate=args.gate, digest=digest)
    except attest.Rejected as error:
        print(f"not believed: {error}")
        return 1
    print(json.dumps({**found.evidence.predicate(), "keys": list(found.keys)}, indent=2))
    return 0
