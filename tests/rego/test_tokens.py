"""Tokens, keys and certificates: made here with another library and read by the builtins."""

import base64
import datetime as dt
import json

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import NameOID

from mlsec_nb.rego import Policy, RegoError

POLICY = Policy.load({})
NOW = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
NOW_NS = int(NOW.timestamp()) * 10**9
RSA, EC, ED = (
    rsa.generate_private_key(65537, 2048),
    ec.generate_private_key(ec.SECP256R1()),
    ed25519.Ed25519PrivateKey.generate(),
)


def ask(query, given=None, **options):
    answer = POLICY.eval(query, given, now_ns=NOW_NS, **options)
    return answer.value if answer.defined else "undefined"


def b64(number):
    data = number if isinstance(number, bytes) else number.to_bytes((number.bit_length() + 7) // 8)
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def jwk(key):
    if key is RSA:
        n = key.private_numbers()
        p = n.public_numbers
        return {"kty": "RSA", "n": b64(p.n), "e": b64(p.e), "d": b64(n.d), "p": b64(n.p), "q": b64(n.q), "dp": b64(n.dmp1),
                "dq": b64(n.dmq1), "qi": b64(n.iqmp)}  # fmt: skip
    if key is EC:
        n = key.private_numbers()
        p = n.public_numbers
        return {
            "kty": "EC",
            "crv": "P-256",
            "x": b64(p.x.to_bytes(32)),
            "y": b64(p.y.to_bytes(32)),
            "d": b64(n.private_value.to_bytes(32)),
        }
    raw = serialization.Encoding.Raw
    public = key.public_key().public_bytes(raw, serialization.PublicFormat.Raw)
    private = key.private_bytes(raw, serialization.PrivateFormat.Raw, serialization.NoEncryption())
    return {"kty": "OKP", "crv": "Ed25519", "x": b64(public), "d": b64(private)}


def public_pem(key):
    return (
        key.public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        .decode()
    )


def certificate(key, name, issuer=None, *, ca=False, days=365, names=()):
    subject = x509.Name(
        [x509.NameAttribute(NameOID.COMMON_NAME, name), x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Org")]
    )
    made = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer[0].subject if issuer else subject)
    made = made.public_key(key.public_key()).serial_number(7).not_valid_before(NOW - dt.timedelta(days=1))
    made = made.not_valid_after(NOW + dt.timedelta(days=days)).add_extension(
        x509.BasicConstraints(ca, None), critical=True
    )
    usage = x509.KeyUsage(True, False, False, False, False, ca, False, False, False)
    made = made.add_extension(usage, critical=True)
    if names:
        made = made.add_extension(x509.SubjectAlternativeName([x509.DNSName(one) for one in names]), critical=False)
    return made.sign(issuer[1] if issuer else key, hashes.SHA256())


def pem(*certificates):
    return "".join(one.public_bytes(serialization.Encoding.PEM).decode() for one in certificates)


CLAIMS = {"iss": "me", "aud": ["you"], "exp": NOW.timestamp() + 60, "nbf": NOW.timestamp() - 60}


def token(algorithm, key, claims=CLAIMS, **header):
    made = {"header": {"alg": algorithm, **header}, "claims": claims, "key": key}
    return ask("io.jwt.encode_sign(input.header, input.claims, input.key)", made)


@pytest.mark.parametrize(
    ("algorithm", "key"),
    [("RS256", RSA), ("RS512", RSA), ("PS256", RSA), ("PS384", RSA), ("ES256", EC), ("EdDSA", ED)],
)
def test_asymmetric_tokens_are_made_and_verified(algorithm, key):
    made = token(algorithm, jwk(key), kid="one")
    verify = f"io.jwt.verify_{algorithm.lower()}(input.token, input.key)"
    public = {name: value for name, value in jwk(key).items() if name in ("kty", "n", "e", "crv", "x", "y")}
    for form in (public_pem(key), json.dumps(public), json.dumps({"keys": [{**public, "kid": "one"}, {"kty": "oct"}]})):
        assert ask(verify, {"token": made, "key": form}) is True
    other = RSA if key is not RSA else EC
    assert ask(verify, {"token": made, "key": public_pem(other)}) is False
    assert ask(verify, {"token": made[:-4] + "AAAA", "key": public_pem(key)}) is False
    for bad in (
        "nonsense",
        "-----BEGIN PUBLIC KEY-----\nAA\n-----END PUBLIC KEY-----",
        '{"keys": []}',
        public_pem(key) + "more",
    ):
        with pytest.raises(RegoError):
            ask(verify, {"token": made, "key": bad}, strict=True)


def test_a_certificate_verifies_too():
    made = token("RS256", jwk(RSA))
    assert (
        ask("io.jwt.verify_rs256(input.token, input.key)", {"token": made, "key": pem(certificate(RSA, "a"))}) is True
    )


SECRET = {"kty": "oct", "k": b64(b"a made-up secret")}


@pytest.mark.parametrize("algorithm", ["HS256", "HS384", "HS512"])
def test_symmetric_tokens(algorithm):
    made = token(algorithm, SECRET)
    verify = f'io.jwt.verify_{algorithm.lower()}(input, "%s")'
    assert ask(verify % "a made-up secret", made) is True
    assert ask(verify % "another", made) is False
    header, payload, signature = ask("io.jwt.decode(input)", made)
    assert header["alg"] == algorithm
    assert payload["iss"] == "me"
    assert len(signature) == int(algorithm[2:]) // 4


def decode_verify(made, **constraints):
    given = {"token": made, "c": {"secret": "a made-up secret", "aud": "you", **constraints}}
    return ask("io.jwt.decode_verify(input.token, input.c)", given, strict=True)


def test_decode_verify_looks_at_every_claim():
    made = token("HS256", SECRET)
    assert decode_verify(made)[0] is True
    assert decode_verify(made, iss="me", alg="HS256", time=NOW_NS)[0] is True
    nothing = [False, {}, {}]
    for constraints in ({"iss": "you"}, {"aud": "me"}, {"alg": "HS512"}, {"secret": "x"}, {"time": NOW_NS + 61 * 10**9},
                        {"time": NOW_NS - 61 * 10**9}):  # fmt: skip
        assert decode_verify(made, **constraints) == nothing
    assert ask('io.jwt.decode_verify(input, {"secret": "a made-up secret"})', made) == nothing  # an audience, unasked
    assert decode_verify(token("HS256", SECRET, crit=["x"])) == nothing


def test_the_algorithm_of_the_key_decides_not_that_of_the_token():
    public = public_pem(RSA)
    forged = token("HS256", {"kty": "oct", "k": b64(public.encode())})
    given = {"token": forged, "c": {"cert": public, "aud": "you"}}
    assert ask("io.jwt.decode_verify(input.token, input.c)", given) == [False, {}, {}]
    none = b64(b'{"alg":"none"}') + "." + b64(b"{}") + "."
    assert ask('io.jwt.decode_verify(input, {"secret": "a made-up secret"})', none) == [False, {}, {}]


@pytest.mark.parametrize("constraints", [{"other": 1}, {"secret": 1}, {"cert": "x"}, {"iss": 1}])
def test_constraints_that_are_none(constraints):
    with pytest.raises(RegoError):
        decode_verify(token("HS256", SECRET), **constraints)


def test_claims_that_are_no_times():
    with pytest.raises(RegoError, match="exp"):
        decode_verify(token("HS256", SECRET, {"aud": "you", "exp": "soon"}))


def test_nested_tokens():
    inner = token("HS256", SECRET)
    outer = ask("io.jwt.encode_sign_raw(input.h, input.p, input.k)",
                {"h": '{"alg": "HS256", "cty": "JWT"}', "p": json.dumps(inner), "k": json.dumps(SECRET)})  # fmt: skip
    assert ask("io.jwt.decode(input)", outer)[1]["iss"] == "me"
    assert decode_verify(outer)[0] is True


@pytest.mark.parametrize(
    "text", ["a", "a.b", "%.%.%", "e30.e30.%", "W10.e30.e30", "eyJlbmMiOiJ4In0.e30.e30", "e30.%.e30", "e30.YQ.e30"]
)
def test_tokens_that_are_none(text):
    with pytest.raises(RegoError):
        ask("io.jwt.decode(input)", text, strict=True)


@pytest.mark.parametrize(
    ("header", "payload", "key"),
    [("{", "{}", "{}"), ("{}", "{}", "{}"), ("[]", "{}", "{}"), ('{"alg": "none"}', "{}", "{}"), ('{"alg": "HS256"}', "x", '{"k": "YQ"}'),
     ('{"alg": "HS256"}', "{}", "{}"), ('{"alg": "RS256"}', "{}", '{"kty": "RSA"}'), ('{"alg": "RS256"}', "{}", '{"kty": "oct"}'),
     ('{"alg": "EdDSA"}', "{}", '{"d": "AA"}')],
)  # fmt: skip
def test_nothing_is_signed_that_is_not_right(header, payload, key):
    with pytest.raises(RegoError):
        ask("io.jwt.encode_sign_raw(input.h, input.p, input.k)", {"h": header, "p": payload, "k": key}, strict=True)


ROOT = certificate(EC, "root", ca=True)
LEAF_KEY = ec.generate_private_key(ec.SECP256R1())
LEAF = certificate(LEAF_KEY, "leaf.example", (ROOT, EC), names=["leaf.example"])


def test_certificates_are_read():
    found = ask("crypto.x509.parse_certificates(input)", pem(LEAF, ROOT))
    assert [one["Subject"]["CommonName"] for one in found] == ["leaf.example", "root"]
    assert found[0]["DNSNames"] == ["leaf.example"]
    assert found[0]["URIStrings"] is None
    assert found[0]["NotAfter"] == "2027-01-01T00:00:00Z"
    assert (found[0]["IsCA"], found[1]["IsCA"], found[1]["KeyUsage"]) == (False, True, 33)
    der = b"".join(one.public_bytes(serialization.Encoding.DER) for one in (LEAF, ROOT))
    assert ask("crypto.x509.parse_certificates(input)", base64.b64encode(der).decode()) == found


@pytest.mark.parametrize(
    "text", ["", "%", "YQ==", base64.b64encode(b"\x30\x05a").decode(), "-----BEGIN CERTIFICATE-----\n"]
)
def test_certificates_that_are_none(text):
    with pytest.raises(RegoError):
        ask("crypto.x509.parse_certificates(input)", text, strict=True)
    assert ask("crypto.x509.parse_and_verify_certificates(input)", text) == [False, []]


def test_chains_are_verified_from_the_root():
    verify = "crypto.x509.parse_and_verify_certificates(input)"
    good = ask(verify, pem(ROOT, LEAF))
    assert good[0] is True
    assert [one["Subject"]["CommonName"] for one in good[1]] == ["leaf.example", "root"]
    stranger = certificate(RSA, "root", ca=True)
    middle = certificate(RSA, "middle", (ROOT, EC), ca=True)
    below = certificate(LEAF_KEY, "leaf.example", (middle, RSA))
    assert ask(verify, pem(ROOT, middle, below))[0] is True
    no_ca = certificate(RSA, "middle", (ROOT, EC))
    ended = certificate(LEAF_KEY, "leaf.example", (ROOT, EC), days=0)
    for chain in ((stranger, LEAF), (LEAF, ROOT), (ROOT,), (ROOT, no_ca, certificate(LEAF_KEY, "x", (no_ca, RSA)))):
        assert ask(verify, pem(*chain)) == [False, []]
    assert POLICY.eval(verify, pem(ROOT, ended), now_ns=NOW_NS + 10**9).value == [False, []]


def test_requests_and_pairs():
    request = (
        x509.CertificateSigningRequestBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "who")]))
        .sign(EC, hashes.SHA256())
    )
    text = request.public_bytes(serialization.Encoding.PEM).decode()
    assert ask("crypto.x509.parse_certificate_request(input)", text)["Subject"]["CommonName"] == "who"
    private = LEAF_KEY.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    pair = "crypto.x509.parse_keypair(input.c, input.k)"
    assert len(ask(pair, {"c": pem(LEAF, ROOT), "k": private})["Certificate"]) == 2
    with pytest.raises(RegoError, match="does not match"):
        ask(pair, {"c": pem(ROOT), "k": private}, strict=True)
    rsa_text = RSA.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    ).decode()
    assert ask("crypto.x509.parse_rsa_private_key(input)", rsa_text) == jwk(RSA)
    with pytest.raises(RegoError, match="not an RSA key"):
        ask("crypto.x509.parse_rsa_private_key(input)", private, strict=True)


def test_a_library_that_is_missing_is_an_error_and_not_undefined(monkeypatch):
    import sys

    made = token("ES256", jwk(EC))
    monkeypatch.setitem(sys.modules, "cryptography", None)
    with pytest.raises(RegoError, match="needs? the library"):
        ask("io.jwt.verify_es256(input.token, input.key)", {"token": made, "key": public_pem(EC)})
    monkeypatch.setitem(sys.modules, "graphql", None)
    with pytest.raises(RegoError, match="needs? the library"):
        ask('graphql.schema_is_valid("type Query { a: Int }")')
