import datetime as dt
import stat

import pytest

from mlsec_nb.core import UsageError
from mlsec_nb.policy.attest import SigningKey, VerifyingKey, generate, load_trust
from mlsec_nb.policy.attest.dsse import PAYLOAD_TYPE
from mlsec_nb.policy.attest.keys import write_pair
from mlsec_nb.policy.attest.seen import read_seen, write_seen


def test_a_pair_is_written_for_its_owner_only_and_never_over_a_file(tmp_path):
    key = generate()
    public = write_pair(key, tmp_path / "ci.key")
    assert stat.S_IMODE((tmp_path / "ci.key").stat().st_mode) == 0o600
    assert VerifyingKey.from_pem(public.read_text()).keyid == key.public.keyid
    with pytest.raises(UsageError, match="never written over"):
        write_pair(generate(), tmp_path / "ci.key")
    again = SigningKey.from_pem((tmp_path / "ci.key").read_text())
    assert again.public.keyid == key.public.keyid
    assert "PRIVATE" not in repr(again)


def test_a_password_locks_the_private_key():
    key = generate()
    locked = key.pem(b"a password")
    assert SigningKey.from_pem(locked, b"a password").public.keyid == key.public.keyid
    for wrong in (None, b"another"):
        with pytest.raises(UsageError, match="password"):
            SigningKey.from_pem(locked, wrong)


@pytest.mark.parametrize("text", ["", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"])
def test_what_is_no_key(text):
    with pytest.raises(UsageError):
        VerifyingKey.from_pem(text)
    with pytest.raises(UsageError):
        SigningKey.from_pem(text)


def test_keys_of_another_kind_are_refused():
    from cryptography.hazmat.primitives import serialization as s
    from cryptography.hazmat.primitives.asymmetric import ec

    other = ec.generate_private_key(ec.SECP256R1())
    public = other.public_key().public_bytes(s.Encoding.PEM, s.PublicFormat.SubjectPublicKeyInfo).decode()
    private = other.private_bytes(s.Encoding.PEM, s.PrivateFormat.PKCS8, s.NoEncryption()).decode()
    with pytest.raises(UsageError, match="Ed25519"):
        VerifyingKey.from_pem(public)
    with pytest.raises(UsageError, match="Ed25519"):
        SigningKey.from_pem(private)


def test_a_trust_file(tmp_path):
    first, second = generate(), generate()
    write_pair(first, tmp_path / "one")
    pem = second.public.pem()
    (tmp_path / "trust.toml").write_text(
        f'[[key]]\npublic = "one.pub"\ngates = ["ci"]\nfrom = 2026-01-01\nuntil = 2027-01-01T00:00:00Z\n'
        f'[[key]]\npublic = """{pem}"""\ngates = ["ci", "deploy"]\nrevoked = true\n[threshold]\nci = 2\n'
    )
    trust = load_trust(tmp_path / "trust.toml")
    assert set(trust.keys) == {first.public.keyid, second.public.keyid}
    assert trust.threshold("ci") == 2
    assert trust.threshold("deploy") == 1
    one, two = trust.keys[first.public.keyid], trust.keys[second.public.keyid]
    inside, outside = dt.datetime(2026, 5, 1, tzinfo=dt.UTC), dt.datetime(2027, 1, 1, tzinfo=dt.UTC)
    assert one.may_sign("ci", inside)
    assert not one.may_sign("ci", outside)
    assert not one.may_sign("deploy", inside)
    assert not two.may_sign("ci", inside)


@pytest.mark.parametrize(
    "text",
    ["", "[", "other = 1", "[[key]]\n", '[[key]]\npublic = "none.pub"\ngates = ["ci"]\n', '[[key]]\npublic = "k.pub"\n',
     '[[key]]\npublic = "k.pub"\ngates = []\n', '[[key]]\npublic = "k.pub"\ngates = ["ci"]\nrevoked = "no"\n',
     '[[key]]\npublic = "k.pub"\ngates = ["ci"]\nuntil = "2027"\n', '[[key]]\npublic = "k.pub"\ngates = ["ci"]\nend = 1\n',
     '[[key]]\npublic = "k.pub"\ngates = ["ci"]\n[threshold]\nci = 0\n',
     'threshold = 1\n[[key]]\npublic = "k.pub"\ngates = ["ci"]\n'],
)  # fmt: skip
def test_a_trust_file_with_a_mistake_is_refused(tmp_path, text):
    write_pair(generate(), tmp_path / "k")
    (tmp_path / "trust.toml").write_text(text)
    with pytest.raises(UsageError):
        load_trust(tmp_path / "trust.toml")


def test_what_was_seen_is_remembered(tmp_path):
    from mlsec_nb.policy.attest import Evidence, Verified

    path = tmp_path / "seen.json"
    assert read_seen(path) == {}
    when = dt.datetime(2026, 5, 1, tzinfo=dt.UTC)
    made = Evidence(gate="ci", passed=True, subjects={"m": "0" * 64}, policy="p", verified_at=when)
    write_seen(path, {}, [Verified(made, ())])
    seen = read_seen(path)
    assert seen == {("ci", "0" * 64): when}
    older = Evidence(gate="ci", passed=True, subjects={"m": "0" * 64}, policy="p", verified_at=when - dt.timedelta(1))
    write_seen(path, seen, [Verified(older, ())])
    assert read_seen(path) == seen
    path.write_text("[]")
    with pytest.raises(UsageError):
        read_seen(path)


def test_signing_is_deterministic():
    key = generate()
    assert key.sign(b"x", PAYLOAD_TYPE) == key.sign(b"x", PAYLOAD_TYPE)
