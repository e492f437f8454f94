"""Model signatures of the OpenSSF (OMS): a Sigstore bundle beside a model, signed with a key that is trusted.

Format: https://github.com/sigstore/model-transparency (`model_signing sign key`): an in-toto statement that lists every
file of the model with its digest. Nothing may be missing, nothing may have changed, and nothing may have been added.
Bundles that were signed without a key (Sigstore's identities) are refused here: to check them needs the network.
"""

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from .dsse import LIMIT, PAYLOAD_TYPE, Envelope, EnvelopeError, load_envelope, pae, strict_json
from .keys import serialization
from .statement import STATEMENT
from .verify import Rejected

PREDICATE = "https://model_signing/signature/v1.0"
_HASHES = {"sha256": "sha256", "blake2b": "blake2b", "sha384": "sha384", "sha512": "sha512"}


def verify_model(model: Path, signature: Path, public_pem: str) -> int:
    """How many files of a model (a folder or one file) the signature vouches for; raises `Rejected`."""
    envelope = _envelope(signature)
    _check_signature(envelope, public_pem)
    try:
        resources, ignored, links = _listed(strict_json(envelope.payload))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise Rejected("statement", f"is malformed: {error}") from error
    _compare(model, signature, resources, ignored, links=links)
    return len(resources)


def _listed(statement: Any) -> tuple[dict[str, tuple[str, str]], list[str], bool]:
    """The files with algorithm and digest, what was left out, and whether links were followed; raises ValueError."""
    predicate = statement["predicate"]
    resources = {str(one["name"]): (str(one["algorithm"]), str(one["digest"])) for one in predicate["resources"]}
    if len(resources) != len(predicate["resources"]):
        raise ValueError("a file is listed twice")
    if statement["_type"] != STATEMENT or statement["predicateType"] != PREDICATE:
        raise ValueError("another kind of statement")
    _check_root(statement, resources)
    options = predicate["serialization"]
    if options["method"] != "files":
        raise ValueError(f"a model in {options['method']} is not supported")
    return resources, [str(one) for one in options.get("ignore_paths", [])], options.get("allow_symlinks") is True


def _envelope(signature: Path) -> Envelope:
    try:
        with signature.open("rb") as file:
            bundle = json.loads(file.read(LIMIT + 1))
        return load_envelope(json.dumps(bundle["dsseEnvelope"]))
    except OSError as error:
        raise Rejected("bundle", f"cannot be read: {error.strerror or error}") from error
    except (ValueError, TypeError, KeyError, RecursionError, EnvelopeError) as error:
        raise Rejected("bundle", "is no Sigstore bundle with a DSSE envelope") from error


def _check_signature(envelope: Envelope, public_pem: str) -> None:
    if envelope.payload_type != PAYLOAD_TYPE:
        raise Rejected("payload type", f"is {envelope.payload_type!r}")
    verify = _verifier(public_pem)
    message = pae(envelope.payload_type, envelope.payload)
    if not any(verify(one.sig, message) for one in envelope.signatures):
        raise Rejected("signature", "the trusted key has not signed this")


def _verifier(public_pem: str) -> Any:
    load = serialization().load_pem_public_key
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519

    try:
        key = load(public_pem.encode())
    except ValueError as error:
        raise Rejected("key", "is not a PEM file") from error

    def verify(signature: bytes, message: bytes) -> bool:
        try:
            if isinstance(key, ed25519.Ed25519PublicKey):
                key.verify(signature, message)
            elif isinstance(key, ec.EllipticCurvePublicKey):
                digest = {256: hashes.SHA256(), 384: hashes.SHA384(), 521: hashes.SHA512()}[key.key_size]
                key.verify(signature, message, ec.ECDSA(digest))
            else:
                raise Rejected("key", "is neither of an elliptic curve nor Ed25519")
        except (InvalidSignature, KeyError):
            return False
        return True

    return verify


def _check_root(statement: Any, resources: Mapping[str, tuple[str, str]]) -> None:
    """The subject is the digest over the digests of all files, in the order of their names."""
    made = hashlib.sha256(b"".join(bytes.fromhex(resources[name][1]) for name in sorted(resources))).hexdigest()
    (subject,) = statement["subject"]
    if subject["digest"]["sha256"] != made:
        raise ValueError("the digest of the whole is not that of its parts")


def _compare(
    model: Path, signature: Path, resources: Mapping[str, tuple[str, str]], ignored: list[str], *, links: bool
) -> None:
    present = dict(_files(model, signature, ignored, links=links))
    if missing := sorted(set(resources) - set(present)):
        raise Rejected("files", f"{missing[0]} is missing")
    if added := sorted(set(present) - set(resources)):
        raise Rejected("files", f"{added[0]} was added after signing")
    for name, path in sorted(present.items()):
        algorithm, expected = resources[name]
        if algorithm not in _HASHES:
            raise Rejected("files", f"{name} is hashed with {algorithm}, which is not supported")
        try:
            with path.open("rb") as file:
                found = hashlib.file_digest(file, _HASHES[algorithm]).hexdigest()
        except OSError as error:
            raise Rejected("files", f"{name} cannot be read: {error.strerror or error}") from error
        if found != expected:
            raise Rejected("files", f"{name} has changed after signing")


def _files(model: Path, signature: Path, ignored: list[str], *, links: bool) -> Iterator[tuple[str, Path]]:
    if model.is_file():
        yield model.name, model
        return
    if not model.is_dir():
        raise Rejected("files", "there is no such model")
    for folder, folders, names in os.walk(model, followlinks=False):
        for name in (*folders, *names):
            path = Path(folder) / name
            shown = path.relative_to(model).as_posix()
            if path.resolve() == signature.resolve() or _is_ignored(shown, ignored):
                continue
            if path.is_symlink() and not links:
                raise Rejected("files", f"{shown} is a symbolic link")
            if name in names or path.is_symlink():
                yield shown, path


def _is_ignored(name: str, ignored: list[str]) -> bool:
    """Only what was said when it was signed."""
    path = PurePosixPath(name)
    return any(path == PurePosixPath(one) or PurePosixPath(one) in path.parents for one in ignored if one)
