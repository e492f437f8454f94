"""X.509 certificates and keys, as Go shows them (https://pkg.go.dev/crypto/x509#Certificate); needs cryptography."""

import base64
import warnings
from collections.abc import Callable, Sequence
from typing import Any

from mlsec_nb.rego.errors import BuiltinError
from mlsec_nb.rego.runtime import Context
from mlsec_nb.rego.values import FALSE, TRUE, Value, from_json

from .encoding import decode_base64
from .keys import library
from .registry import Table

TABLE = Table()
_CHAIN = 50  # certificates in one text
_NAMES = {
    "COUNTRY_NAME": "Country", "ORGANIZATION_NAME": "Organization", "ORGANIZATIONAL_UNIT_NAME": "OrganizationalUnit",
    "LOCALITY_NAME": "Locality", "STATE_OR_PROVINCE_NAME": "Province", "STREET_ADDRESS": "StreetAddress",
    "POSTAL_CODE": "PostalCode",
}  # fmt: skip
_USAGES = (
    "digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
    "key_cert_sign", "crl_sign", "encipher_only", "decipher_only",
)  # fmt: skip


def _data(name: str, text: str) -> bytes:
    """PEM as it is, or what stands in base64: PEM or DER."""
    if "-----BEGIN" in text:
        return text.encode()
    try:
        return decode_base64(text)
    except ValueError as error:
        raise BuiltinError(f"{name}: illegal base64 data") from error


def _parsed(name: str, read: Callable[[], Any]) -> Any:
    library()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what is odd in somebody's certificate
            return read()
    except (ValueError, TypeError, UnicodeError) as error:
        raise BuiltinError(f"{name}: malformed certificate or key") from error


def _certificates(name: str, text: str) -> list[Any]:
    from cryptography import x509

    data = _data(name, text)
    if b"-----BEGIN" in data:
        found = _parsed(name, lambda: x509.load_pem_x509_certificates(data))
    else:
        found = _parsed(name, lambda: [x509.load_der_x509_certificate(one) for one in _split(data)])
    if not 0 < len(found) <= _CHAIN:
        raise BuiltinError(f"{name}: {len(found)} certificates")
    return list(found)


def _split(data: bytes) -> list[bytes]:
    """DER values that stand one behind the other; raises ValueError."""
    found = []
    while data:
        if len(data) < 2 or data[0] != 0x30:
            raise ValueError("no sequence")
        count = data[1] & 0x7F if data[1] & 0x80 else 0
        size = 2 + count + (int.from_bytes(data[2 : 2 + count]) if count else data[1])
        if size > len(data) or count > 4:
            raise ValueError("cut short")
        found.append(data[:size])
        data = data[size:]
    return found


def _name(name: Any) -> dict[str, Any]:
    from cryptography.x509.oid import NameOID

    def values(oid: Any) -> list[str] | None:
        return [str(one.value) for one in name.get_attributes_for_oid(oid)] or None

    listed = {field: values(getattr(NameOID, oid)) for oid, field in _NAMES.items()}
    return {
        **listed,
        "CommonName": (values(NameOID.COMMON_NAME) or [""])[-1],
        "SerialNumber": (values(NameOID.SERIAL_NUMBER) or [""])[-1],
        "Names": [
            {"Type": [int(part) for part in one.oid.dotted_string.split(".")], "Value": str(one.value)} for one in name
        ],
    }


def _alternatives(extensions: Any) -> dict[str, Any]:
    from cryptography import x509

    kinds = {"DNSNames": x509.DNSName, "EmailAddresses": x509.RFC822Name, "URIStrings": x509.UniformResourceIdentifier,
             "IPAddresses": x509.IPAddress}  # fmt: skip
    try:
        names = extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return dict.fromkeys(kinds)
    return {field: [str(one) for one in names.get_values_for_type(kind)] or None for field, kind in kinds.items()}


def _usage(extensions: Any) -> int:
    """Go's bits."""
    from cryptography import x509

    try:
        usage = extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return 0
    allowed = _USAGES if usage.key_agreement else _USAGES[:7]
    return sum(1 << at for at, name in enumerate(allowed) if getattr(usage, name))


def _is_ca(extensions: Any) -> bool:
    from cryptography import x509

    try:
        return bool(extensions.get_extension_for_class(x509.BasicConstraints).value.ca)
    except x509.ExtensionNotFound:
        return False


def _certificate(one: Any) -> dict[str, Any]:
    from cryptography.hazmat.primitives.serialization import Encoding

    return {
        "Raw": base64.b64encode(one.public_bytes(Encoding.DER)).decode(), "Version": one.version.value + 1,
        "SerialNumber": one.serial_number, "Subject": _name(one.subject), "Issuer": _name(one.issuer),
        "NotBefore": one.not_valid_before_utc.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "NotAfter": one.not_valid_after_utc.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "IsCA": _is_ca(one.extensions), "KeyUsage": _usage(one.extensions),
        "Signature": base64.b64encode(one.signature).decode(), **_alternatives(one.extensions),
    }  # fmt: skip


@TABLE.add("crypto.x509.parse_certificates", "string")
def parse_certificates(text: str) -> Value:
    name = "crypto.x509.parse_certificates"
    return from_json(_parsed(name, lambda: [_certificate(one) for one in _certificates(name, text)]))


@TABLE.add("crypto.x509.parse_and_verify_certificates", "string", contextual=True)
def parse_and_verify(context: Context, text: str) -> Value:
    """Whether the last certificate belongs to the first, the root; and the chain, from the last to the root."""
    name = "crypto.x509.parse_and_verify_certificates"
    try:
        found = _certificates(name, text)
    except BuiltinError:
        return FALSE, ()
    chain = _chain(found, context.once.now_ns // 1_000_000_000)
    if chain is None:
        return FALSE, ()
    return TRUE, from_json(_parsed(name, lambda: [_certificate(one) for one in chain]))


def _chain(found: Sequence[Any], now: int) -> list[Any] | None:
    root, leaf, between = found[0], found[-1], list(found[1:-1])
    if len(found) < 2:
        return None
    chain = [leaf]
    while len(chain) <= len(found):
        issuer = next((one for one in (root, *between) if _issued(one, chain[-1], now)), None)
        if issuer is None:
            return None
        chain.append(issuer)
        if issuer is root:
            return chain if _in_time(leaf, now) else None
        between.remove(issuer)
    return None


def _in_time(one: Any, now: int) -> bool:
    return bool(one.not_valid_before_utc.timestamp() <= now <= one.not_valid_after_utc.timestamp())


def _issued(issuer: Any, one: Any, now: int) -> bool:
    from cryptography.exceptions import InvalidSignature

    if not (_is_ca(issuer.extensions) and _in_time(issuer, now)):
        return False
    try:
        one.verify_directly_issued_by(issuer)
    except (InvalidSignature, ValueError, TypeError):
        return False
    return True


@TABLE.add("crypto.x509.parse_certificate_request", "string")
def parse_request(text: str) -> Value:
    name = "crypto.x509.parse_certificate_request"
    from cryptography import x509

    data = _data(name, text)
    load = x509.load_pem_x509_csr if b"-----BEGIN" in data else x509.load_der_x509_csr
    made = _parsed(name, lambda: load(data))
    return from_json(_parsed(name, lambda: {"Subject": _name(made.subject), **_alternatives(made.extensions)}))


@TABLE.add("crypto.x509.parse_keypair", "string", "string")
def parse_keypair(certificate: str, key: str) -> Value:
    name = "crypto.x509.parse_keypair"
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    chain = _certificates(name, certificate)
    private = _parsed(name, lambda: load_pem_private_key(_data(name, key), None))
    if private.public_key() != chain[0].public_key():
        raise BuiltinError(f"{name}: private key does not match public key")
    return from_json({"Certificate": [_certificate(one)["Raw"] for one in chain], "PrivateKey": None})


def _jwk(key: Any) -> dict[str, str]:
    """An RSA private key as a JWK."""
    numbers = key.private_numbers()
    public = numbers.public_numbers
    fields = {"d": numbers.d, "dp": numbers.dmp1, "dq": numbers.dmq1, "e": public.e, "n": public.n, "p": numbers.p,
              "q": numbers.q, "qi": numbers.iqmp}  # fmt: skip
    return {"kty": "RSA", **{name: _encoded(value) for name, value in fields.items()}}


def _encoded(value: int) -> str:
    data = value.to_bytes((value.bit_length() + 7) // 8)
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


@TABLE.add("crypto.x509.parse_rsa_private_key", "string")
def parse_rsa_private_key(text: str) -> Value:
    name = "crypto.x509.parse_rsa_private_key"
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    key = _parsed(name, lambda: load_pem_private_key(_data(name, text), None))
    if not isinstance(key, RSAPrivateKey):
        raise BuiltinError(f"{name}: not an RSA key")
    return from_json(_jwk(key))
