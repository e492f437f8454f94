"""DSSE envelopes: a payload, its type, and signatures over both."""

import base64
import binascii
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mlsec_nb.core import MlsecError

PAYLOAD_TYPE = "application/vnd.in-toto+json"
LIMIT = 4 << 20  # bytes of one envelope
_SIGNATURES = 64


class EnvelopeError(MlsecError):
    """The text is no envelope."""


@dataclass(frozen=True, slots=True)
class Signature:
    keyid: str
    sig: bytes


@dataclass(frozen=True, slots=True)
class Envelope:
    """A payload that must not be looked at before a signature over it holds."""

    payload: bytes
    payload_type: str
    signatures: tuple[Signature, ...]

    def tree(self) -> dict[str, Any]:
        """The envelope as JSON values."""
        return {
            "payload": base64.b64encode(self.payload).decode(),
            "payloadType": self.payload_type,
            "signatures": [{"keyid": one.keyid, "sig": base64.b64encode(one.sig).decode()} for one in self.signatures],
        }

    def text(self) -> str:
        return json.dumps(self.tree(), indent=2) + "\n"


def pae(payload_type: str, payload: bytes) -> bytes:
    """What is signed: type and payload with their lengths, so that neither can be mistaken for the other."""
    kind = payload_type.encode()
    return b" ".join([b"DSSEv1", str(len(kind)).encode(), kind, str(len(payload)).encode(), payload])


def load_envelope(text: str | bytes) -> Envelope:
    """Raises `EnvelopeError`."""
    if len(text) > LIMIT:
        raise EnvelopeError(f"an envelope of more than {LIMIT:,} bytes")
    try:
        found = json.loads(text, object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        raise EnvelopeError("is not JSON, or says a key twice") from error
    if not isinstance(found, Mapping):
        raise EnvelopeError("is no envelope: not an object")
    payload, kind, signatures = found.get("payload"), found.get("payloadType"), found.get("signatures")
    if not isinstance(payload, str) or not isinstance(kind, str) or not isinstance(signatures, list):
        raise EnvelopeError("is no envelope: payload, payloadType or signatures is missing")
    if not 0 < len(signatures) <= _SIGNATURES:
        raise EnvelopeError(f"has {len(signatures)} signatures")
    return Envelope(decode(payload), kind, tuple(_signature(one) for one in signatures))


def _signature(one: Any) -> Signature:
    if not isinstance(one, Mapping) or not isinstance(one.get("sig"), str):
        raise EnvelopeError("has a signature that is none")
    keyid = one.get("keyid", "")
    return Signature(keyid if isinstance(keyid, str) else "", decode(one["sig"]))


def decode(text: str) -> bytes:
    """Base64, in either alphabet."""
    try:
        return base64.b64decode(text.translate(str.maketrans("-_", "+/")), validate=True)
    except (ValueError, binascii.Error) as error:
        raise EnvelopeError("holds text that is not base64") from error


def _once(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    """An object, unless it says a key twice: two readers could take two different values."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands there twice")
    return found


def strict_json(data: bytes) -> Any:
    """JSON without keys said twice; raises ValueError."""
    return json.loads(data.decode("utf-8"), object_pairs_hook=_once)
