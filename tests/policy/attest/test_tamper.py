"""Evidence that was tampered with is not believed, whatever was done to it."""

import base64
import datetime as dt
import json

import pytest

from mlsec_nb.policy.attest import Evidence, Rejected, Trust, Verifier, generate, load_envelope, make_statement
from mlsec_nb.policy.attest.dsse import PAYLOAD_TYPE, Envelope, Signature, pae
from mlsec_nb.policy.attest.trust import TrustedKey

NOW = dt.datetime(2026, 6, 1, 12, tzinfo=dt.UTC)
DIGEST = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
OTHER = "60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752"
POLICY = "a" * 64
KEY, SECOND, STRANGER = generate(), generate(), generate()
DAY = dt.timedelta(days=1)


def evidence(**changes):
    fields = {
        "gate": "ci", "passed": True, "subjects": {"model.safetensors": DIGEST}, "policy": POLICY,
        "verified_at": NOW - dt.timedelta(hours=1), "checks": ("models",), "version": "1",
    }  # fmt: skip
    return Evidence(**{**fields, **changes})


def trust(*, gates=("ci",), threshold=1, **key):
    keys = [TrustedKey(one.public, frozenset(gates), **key) for one in (KEY, SECOND)]
    return Trust({one.key.keyid: one for one in keys}, {"ci": threshold})


def verifier(**changes):
    fields = {"trust": trust(), "now": NOW, "max_age": 7 * DAY, "policies": {"ci": frozenset({POLICY})}}
    return Verifier(**{**fields, **changes})


def signed(made=None, key=KEY, **changes):
    return key.sign(make_statement(made or evidence(**changes)), PAYLOAD_TYPE)


def resigned(change, key=KEY):
    """A statement that was changed and signed again by a trusted key: only its content is wrong."""
    tree = json.loads(make_statement(evidence()))
    change(tree)
    return key.sign(json.dumps(tree).encode(), PAYLOAD_TYPE)


def tree_of(envelope, **changes):
    return json.dumps({**envelope.tree(), **changes})


def put(path, value):
    def change(tree):
        place = tree
        for part in path[:-1]:
            place = place[part]
        if value is KeyError:
            del place[path[-1]]
        else:
            place[path[-1]] = value

    return change


def b64(data):
    return base64.b64encode(data).decode()


GOOD = signed()
PREDICATE = ["predicate"]
TAMPERED = {
    # the envelope
    "not JSON": ("envelope", b"{"),
    "empty": ("envelope", b""),
    "a list": ("envelope", b"[]"),
    "no payload": ("envelope", json.dumps({"payloadType": PAYLOAD_TYPE, "signatures": []})),
    "no signatures": ("envelope", tree_of(GOOD, signatures=[])),
    "signatures are no list": ("envelope", tree_of(GOOD, signatures={})),
    "too many signatures": ("envelope", tree_of(GOOD, signatures=GOOD.tree()["signatures"] * 65)),
    "a signature without sig": ("envelope", tree_of(GOOD, signatures=[{"keyid": "x"}])),
    "payload is not base64": ("envelope", tree_of(GOOD, payload="%%%")),
    "sig is not base64": ("envelope", tree_of(GOOD, signatures=[{"sig": "%%%"}])),
    "a key said twice": ("envelope", GOOD.text().replace('{\n  "payload"', '{\n  "payload": "e30=",\n  "payload"', 1)),
    "too big": ("envelope", b" " * (5 << 20)),
    "another payload type": ("payload type", tree_of(GOOD, payloadType="application/json")),
    "a payload type that was signed, but is another": ("payload type", KEY.sign(GOOD.payload, "text/plain")),
    # the signature
    "a payload that was not signed": ("signature", tree_of(GOOD, payload=b64(make_statement(evidence(passed=False))))),
    "one byte of the payload": ("signature", tree_of(GOOD, payload=b64(GOOD.payload[:-1] + b" }"))),
    "a space behind the payload": ("signature", tree_of(GOOD, payload=b64(GOOD.payload + b" "))),
    "one bit of the signature": ("signature", tree_of(GOOD, signatures=[{"sig": b64(bytes([GOOD.signatures[0].sig[0] ^ 1]) + GOOD.signatures[0].sig[1:])}])),
    "a signature that is cut": ("signature", tree_of(GOOD, signatures=[{"sig": b64(GOOD.signatures[0].sig[:-1])}])),
    "an empty signature": ("signature", tree_of(GOOD, signatures=[{"sig": ""}])),
    "a stranger's key": ("signature", signed(key=STRANGER)),
    "a stranger's key under a trusted id": ("signature", Envelope(GOOD.payload, PAYLOAD_TYPE, (Signature(KEY.public.keyid, signed(key=STRANGER).signatures[0].sig),))),
    "a signature over the payload alone": ("signature", Envelope(GOOD.payload, PAYLOAD_TYPE, (Signature(KEY.public.keyid, KEY.key.sign(GOOD.payload)),))),
    "a signature of another envelope": ("signature", Envelope(GOOD.payload, PAYLOAD_TYPE, signed(gate="pre-commit").signatures)),
    # the statement
    "a statement that is not JSON": ("statement", KEY.sign(b"passed", PAYLOAD_TYPE)),
    "a statement that says a key twice": ("statement", KEY.sign(GOOD.payload[:-1] + b',"predicateType":"x"}', PAYLOAD_TYPE)),
    "a statement that is not UTF-8": ("statement", KEY.sign(b"\xff\xfe", PAYLOAD_TYPE)),
    "a statement nested too deeply": ("statement", KEY.sign(b"[" * 100_000, PAYLOAD_TYPE)),
    "another statement type": ("statement", resigned(put(["_type"], "https://in-toto.io/Statement/v0.1"))),
    "another predicate type": ("statement", resigned(put(["predicateType"], "https://slsa.dev/provenance/v1"))),
    "another verifier": ("statement", resigned(put([*PREDICATE, "verifier", "id"], "https://example.com"))),
    "no result": ("statement", resigned(put([*PREDICATE, "verificationResult"], "MAYBE"))),
    "a result in small letters": ("statement", resigned(put([*PREDICATE, "verificationResult"], "passed"))),
    "passed without having been decided": ("statement", resigned(put([*PREDICATE, "mlsec", "decided"], False))),
    "no subject": ("statement", resigned(put(["subject"], []))),
    "a subject without digest": ("statement", resigned(put(["subject", 0, "digest"], {"sha1": "0" * 40}))),
    "a digest in capitals": ("statement", resigned(put(["subject", 0, "digest", "sha256"], DIGEST.upper()))),
    "a digest that goes on": ("statement", resigned(put(["subject", 0, "digest", "sha256"], DIGEST + "\n"))),
    "two subjects of one name": ("statement", resigned(lambda tree: tree["subject"].append(tree["subject"][0]))),
    "no policy": ("statement", resigned(put([*PREDICATE, "policy"], KeyError))),
    "a policy of another gate": ("statement", resigned(put([*PREDICATE, "policy", "uri"], "mlsec:gate/deploy"))),
    "no time": ("statement", resigned(put([*PREDICATE, "timeVerified"], KeyError))),
    "a time in words": ("statement", resigned(put([*PREDICATE, "timeVerified"], "today"))),
    "a time without zone": ("statement", resigned(put([*PREDICATE, "timeVerified"], "2026-06-01T11:00:00"))),
    "checks that are no texts": ("statement", resigned(put([*PREDICATE, "mlsec", "checks"], [1]))),
    "an extension that is missing": ("statement", resigned(put([*PREDICATE, "mlsec"], KeyError))),
    # the content
    "another gate": ("gate", signed(gate="pre-commit")),
    "other bytes": ("subject", signed(subjects={"model.safetensors": OTHER})),
    "another policy": ("policy", signed(policy="b" * 64)),
    "too old": ("time", signed(verified_at=NOW - 8 * DAY)),
    "from the future": ("time", signed(verified_at=NOW + dt.timedelta(hours=1))),
}  # fmt: skip


def test_there_are_many_kinds_of_tampering():
    assert len(TAMPERED) >= 40


@pytest.mark.parametrize("name", TAMPERED)
def test_tampered_evidence_is_rejected_at_the_right_step(name):
    step, envelope = TAMPERED[name]
    with pytest.raises(Rejected) as caught:
        verifier().verify(envelope, gate="ci", digest=DIGEST)
    assert caught.value.step == step, str(caught.value)
    with pytest.raises(Rejected):
        verifier().decide([envelope], gate="ci", digest=DIGEST)


def test_what_was_not_tampered_with_is_believed():
    found = verifier().verify(GOOD.text(), gate="ci", digest=DIGEST)
    assert found.evidence == evidence()
    assert found.keys == (KEY.public.keyid,)
    assert verifier().decide([GOOD.text(), b"{", signed(key=STRANGER)], gate="ci", digest=DIGEST) == found


def test_a_failed_verdict_is_believed_and_decides():
    with pytest.raises(Rejected, match="did not pass"):
        verifier().decide([signed(passed=False)], gate="ci", digest=DIGEST)
    undecided = signed(passed=None)
    with pytest.raises(Rejected, match="did not pass"):
        verifier().decide([undecided], gate="ci", digest=DIGEST)


def test_an_older_pass_does_not_count_beside_a_newer_failure():
    failure = signed(passed=False, verified_at=NOW - dt.timedelta(minutes=1))
    for order in ([GOOD, failure], [failure, GOOD]):
        with pytest.raises(Rejected, match="did not pass"):
            verifier().decide(order, gate="ci", digest=DIGEST)
    same = signed(passed=False, verified_at=evidence().verified_at)
    with pytest.raises(Rejected, match="did not pass"):
        verifier().decide([same, GOOD], gate="ci", digest=DIGEST)


def test_what_is_older_than_what_was_seen_is_a_rollback():
    oldest = {("ci", DIGEST): NOW - dt.timedelta(minutes=30)}
    with pytest.raises(Rejected) as caught:
        verifier(oldest=oldest).verify(GOOD, gate="ci", digest=DIGEST)
    assert caught.value.step == "rollback"
    assert verifier(oldest={("ci", DIGEST): evidence().verified_at}).verify(GOOD, gate="ci", digest=DIGEST)


def test_no_evidence_at_all():
    with pytest.raises(Rejected, match="there is none"):
        verifier().decide([], gate="ci", digest=DIGEST)


# keys


def test_a_threshold_needs_different_keys():
    two = verifier(trust=trust(threshold=2))
    both = SECOND.countersign(GOOD)
    assert len(two.verify(both, gate="ci", digest=DIGEST).keys) == 2
    doubled = Envelope(GOOD.payload, PAYLOAD_TYPE, GOOD.signatures * 2)
    renamed = Envelope(
        GOOD.payload, PAYLOAD_TYPE, (*GOOD.signatures, Signature(SECOND.public.keyid, GOOD.signatures[0].sig))
    )
    for envelope in (GOOD, doubled, renamed, STRANGER.countersign(GOOD)):
        with pytest.raises(Rejected) as caught:
            two.verify(envelope, gate="ci", digest=DIGEST)
        assert caught.value.step == "keys"


def test_countersigning_twice_adds_nothing():
    assert SECOND.countersign(SECOND.countersign(GOOD)).text() == SECOND.countersign(GOOD).text()


@pytest.mark.parametrize(
    "key",
    [{"gates": ("deploy",)}, {"revoked": True}, {"end": NOW - DAY}, {"start": NOW}, {"end": evidence().verified_at}],
)
def test_a_key_signs_only_for_its_gates_and_in_its_time(key):
    with pytest.raises(Rejected) as caught:
        verifier(trust=trust(**key)).verify(GOOD, gate="ci", digest=DIGEST)
    assert caught.value.step == "keys"


def test_a_key_that_ended_still_counts_for_what_it_signed_before():
    rotated = verifier(trust=trust(end=NOW - dt.timedelta(minutes=30)))
    assert rotated.verify(GOOD, gate="ci", digest=DIGEST)


def test_any_policy_only_where_that_is_said():
    assert verifier(policies=None).verify(signed(policy="b" * 64), gate="ci", digest=DIGEST)
    with pytest.raises(Rejected):
        verifier(policies={}).verify(GOOD, gate="ci", digest=DIGEST)


def test_the_envelope_is_read_as_it_was_written():
    assert load_envelope(GOOD.text()) == GOOD
    urlsafe = GOOD.text().translate(str.maketrans("+/", "-_")).replace("application_", "application/")
    assert load_envelope(urlsafe).signatures == GOOD.signatures


def test_another_library_believes_it_too():
    from securesystemslib.dsse import Envelope as Other
    from securesystemslib.signer import SSlibKey

    other = Other.from_dict(SECOND.countersign(GOOD).tree())
    keys = [SSlibKey.from_crypto(one.public.key, keyid=one.public.keyid) for one in (KEY, SECOND)]
    assert len(other.verify(keys, 2)) == 2
    assert other.pae() == pae(PAYLOAD_TYPE, GOOD.payload)
