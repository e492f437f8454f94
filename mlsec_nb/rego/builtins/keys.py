"""Keys, certificates and signatures, through the library cryptography."""

import base64
import json
from collections.abc import Callable, Iterator
from typing import Any

from mlsec_nb.rego.errors import BuiltinError, RegoEvalError


def library() -> None:
    try:
        import cryptography  # noqa: F401
    except ImportError as error:  # never undefined: a rule would be silently off
        raise RegoEvalError("signatures and certificates need the library cryptography") from error


def integer(text: str) -> int:
    return int.from_bytes(octets(text))


def octets(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _digest(algorithm: str) -> Any:
    from cryptography.hazmat.primitives import hashes

    return getattr(hashes, f"SHA{algorithm[2:]}")()


def _padding(algorithm: str, *, signing: bool) -> Any:
    from cryptography.hazmat.primitives.asymmetric import padding

    if algorithm.startswith("RS"):
        return padding.PKCS1v15()
    length = padding.PSS.DIGEST_LENGTH if signing else padding.PSS.AUTO
    return padding.PSS(padding.MGF1(_digest(algorithm)), length)


def public_keys(text: str, identity: Any = None) -> Iterator[Any]:
    """The keys in a PEM certificate, a PEM public key, a JWK or a set of JWKs; `identity` chooses one of a set."""
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    if "-----BEGIN" not in text:
        yield from _jwks(text, identity)
        return
    data = text.strip().encode()
    if not data.startswith(b"-----BEGIN") or data.count(b"-----BEGIN") > 1 or not data.endswith(b"-----"):
        raise ValueError("extra data beside a PEM block")
    if b"BEGIN CERTIFICATE" in data:
        yield x509.load_pem_x509_certificate(data).public_key()
    else:
        yield load_pem_public_key(data)


def _jwks(text: str, identity: Any) -> Iterator[Any]:
    found = json.loads(text)
    listed = found.get("keys", [found]) if isinstance(found, dict) else []
    chosen = [key for key in listed if isinstance(key, dict) and identity is not None and key.get("kid") == identity]
    for key in chosen or listed:
        made = jwk(key)
        if made is not None:
            yield made


def jwk(key: Any) -> Any:
    """The public key of a JWK; None for a kind that does not sign."""
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

    kind = key.get("kty") if isinstance(key, dict) else None
    if kind == "RSA":
        return rsa.RSAPublicNumbers(integer(key["e"]), integer(key["n"])).public_key()
    if kind == "EC":
        name = {"P-256": "SECP256R1", "P-384": "SECP384R1", "P-521": "SECP521R1"}[key["crv"]]
        curve = getattr(ec, name)()
        return ec.EllipticCurvePublicNumbers(integer(key["x"]), integer(key["y"]), curve).public_key()
    if kind == "OKP" and key.get("crv") == "Ed25519":
        return ed25519.Ed25519PublicKey.from_public_bytes(octets(key["x"]))
    return None


def verify(algorithm: str, message: bytes, signature: bytes, text: str, identity: Any) -> bool:
    """Whether one of the keys in `text` made the signature."""
    library()
    try:
        found = list(public_keys(text, identity))
    except (ValueError, KeyError, TypeError, UnicodeError) as error:
        raise BuiltinError("failed to parse a PEM certificate chain or key") from error
    if not found:
        raise BuiltinError("failed to extract a Key from the certificate or key set")
    return any(_verified(algorithm, message, signature, key) for key in found)


def _verified(algorithm: str, message: bytes, signature: bytes, key: Any) -> bool:
    from cryptography.exceptions import InvalidSignature

    check = _checks(algorithm, key)
    if check is None:
        return False
    try:
        check(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def _checks(algorithm: str, key: Any) -> Callable[[bytes, bytes], Any] | None:
    """How a key of that kind verifies; None when it is of another kind."""
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
    from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

    if algorithm[:2] in ("RS", "PS") and isinstance(key, rsa.RSAPublicKey):
        return lambda made, text: key.verify(made, text, _padding(algorithm, signing=False), _digest(algorithm))
    if algorithm.startswith("ES") and isinstance(key, ec.EllipticCurvePublicKey):
        size = (key.key_size + 7) // 8

        def check(made: bytes, text: bytes) -> None:
            if len(made) != 2 * size:
                raise ValueError("a signature of another length")
            first, second = int.from_bytes(made[:size]), int.from_bytes(made[size:])
            key.verify(encode_dss_signature(first, second), text, ec.ECDSA(_digest(algorithm)))

        return check
    if algorithm == "EdDSA" and isinstance(key, ed25519.Ed25519PublicKey):
        return key.verify
    return None


def sign(algorithm: str, message: bytes, key: dict[str, Any]) -> bytes:
    """The signature under a private JWK."""
    library()
    try:
        return _sign(algorithm, message, key)
    except (ValueError, KeyError, TypeError) as error:
        raise BuiltinError("io.jwt.encode_sign: the key is not valid") from error


def _sign(algorithm: str, message: bytes, key: dict[str, Any]) -> bytes:
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
    from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

    if algorithm == "EdDSA":
        return ed25519.Ed25519PrivateKey.from_private_bytes(octets(key["d"])).sign(message)
    public = jwk(key)
    if algorithm.startswith("ES") and isinstance(public, ec.EllipticCurvePublicKey):
        private = ec.EllipticCurvePrivateNumbers(integer(key["d"]), public.public_numbers()).private_key()
        first, second = decode_dss_signature(private.sign(message, ec.ECDSA(_digest(algorithm))))
        size = (public.key_size + 7) // 8
        return first.to_bytes(size) + second.to_bytes(size)
    if not isinstance(public, rsa.RSAPublicKey):
        raise ValueError("a key of another kind")  # noqa: TRY004
    numbers = rsa.RSAPrivateNumbers(
        p=integer(key["p"]), q=integer(key["q"]), d=integer(key["d"]), dmp1=integer(key["dp"]), dmq1=integer(key["dq"]),
        iqmp=integer(key["qi"]), public_numbers=public.public_numbers(),
    )  # fmt: skip
    return numbers.private_key().sign(message, _padding(algorithm, signing=True), _digest(algorithm))
