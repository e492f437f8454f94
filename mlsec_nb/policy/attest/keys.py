"""Ed25519 keys in PEM files; a key's id is the SHA-256 of its public half in DER."""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mlsec_nb.core import UsageError

from .dsse import Envelope, Signature, pae


def serialization() -> Any:
    try:
        from cryptography.hazmat.primitives import serialization as serialization_
    except ImportError as error:
        raise UsageError("signed evidence needs one more library: pip install 'mlsec_nb[attest]'") from error
    return serialization_


@dataclass(frozen=True, slots=True)
class VerifyingKey:
    """The public half."""

    key: Any

    @classmethod
    def from_pem(cls, text: str) -> "VerifyingKey":
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

        try:
            key = serialization().load_pem_public_key(text.encode())
        except ValueError as error:
            raise UsageError("a public key is not a PEM file") from error
        if not isinstance(key, Ed25519PublicKey):
            raise UsageError("a public key is not Ed25519")
        return cls(key)

    @property
    def keyid(self) -> str:
        forms = serialization()
        der = self.key.public_bytes(forms.Encoding.DER, forms.PublicFormat.SubjectPublicKeyInfo)
        return hashlib.sha256(der).hexdigest()

    def pem(self) -> str:
        forms = serialization()
        made: bytes = self.key.public_bytes(forms.Encoding.PEM, forms.PublicFormat.SubjectPublicKeyInfo)
        return made.decode()

    def verifies(self, envelope: Envelope, signature: Signature) -> bool:
        from cryptography.exceptions import InvalidSignature

        try:
            self.key.verify(signature.sig, pae(envelope.payload_type, envelope.payload))
        except InvalidSignature:
            return False
        return True


@dataclass(frozen=True, slots=True)
class SigningKey:
    """The private half; never shown."""

    key: Any

    def __repr__(self) -> str:
        return f"SigningKey({self.public.keyid[:12]}…)"

    @classmethod
    def from_pem(cls, text: str, password: bytes | None = None) -> "SigningKey":
        forms = serialization()
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        try:
            key = forms.load_pem_private_key(text.encode(), password)
        except (ValueError, TypeError) as error:
            raise UsageError("the signing key is not a PEM file, or its password is another") from error
        if not isinstance(key, Ed25519PrivateKey):
            raise UsageError("the signing key is not Ed25519")
        return cls(key)

    @property
    def public(self) -> VerifyingKey:
        return VerifyingKey(self.key.public_key())

    def pem(self, password: bytes | None = None) -> str:
        forms = serialization()
        lock = forms.BestAvailableEncryption(password) if password else forms.NoEncryption()
        made: bytes = self.key.private_bytes(forms.Encoding.PEM, forms.PrivateFormat.PKCS8, lock)
        return made.decode()

    def sign(self, payload: bytes, payload_type: str) -> Envelope:
        signature = Signature(self.public.keyid, self.key.sign(pae(payload_type, payload)))
        return Envelope(payload, payload_type, (signature,))

    def countersign(self, envelope: Envelope) -> Envelope:
        """The envelope with one more signature, for thresholds above one."""
        mine = self.sign(envelope.payload, envelope.payload_type).signatures
        others = tuple(one for one in envelope.signatures if one.keyid != self.public.keyid)
        return Envelope(envelope.payload, envelope.payload_type, (*others, *mine))


def generate() -> SigningKey:
    serialization()
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    return SigningKey(Ed25519PrivateKey.generate())


def write_pair(key: SigningKey, path: Path, password: bytes | None = None) -> Path:
    """Writes the private half to `path` (for its owner only; never over a file) and the public one beside it."""
    public = path.with_name(path.name + ".pub")
    for one in (path, public):
        if one.exists():
            raise UsageError(f"{one}: is there already; a key is never written over")
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(key.pem(password))
    public.write_text(key.public.pem(), encoding="utf-8")
    return public
