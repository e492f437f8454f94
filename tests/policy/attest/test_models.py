"""Signatures of models as the OpenSSF's model_signing writes them."""

import base64
import datetime as dt
import hashlib
import json

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from mlsec_nb.cli import main
from mlsec_nb.config import Config
from mlsec_nb.core import Report, UsageError
from mlsec_nb.policy import gates, running
from mlsec_nb.policy.attest import Rejected
from mlsec_nb.policy.attest.dsse import PAYLOAD_TYPE, pae
from mlsec_nb.policy.attest.models import verify_model

KEY = ec.generate_private_key(ec.SECP256R1())
FILES = {"a.txt": b"hello", "sub/w.bin": b"\0" * 100}


def public(key=KEY):
    return (
        key.public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        .decode()
    )


def statement(**changes):
    listed = [
        {"algorithm": "sha256", "name": name, "digest": hashlib.sha256(data).hexdigest()}
        for name, data in sorted(FILES.items())
    ]
    root = hashlib.sha256(b"".join(bytes.fromhex(one["digest"]) for one in listed)).hexdigest()
    options = {"hash_type": "sha256", "method": "files", "allow_symlinks": False, "ignore_paths": [".git"]}
    tree = {
        "_type": "https://in-toto.io/Statement/v1", "subject": [{"name": "m", "digest": {"sha256": root}}],
        "predicateType": "https://model_signing/signature/v1.0",
        "predicate": {"resources": listed, "serialization": options},
    }  # fmt: skip
    return {**tree, **changes}


def bundle(tree, key=KEY, kind=PAYLOAD_TYPE):
    payload = json.dumps(tree).encode()
    message = pae(kind, payload)
    made = (
        key.sign(message)
        if isinstance(key, ed25519.Ed25519PrivateKey)
        else key.sign(message, ec.ECDSA(hashes.SHA256()))
    )
    envelope = {"payload": base64.b64encode(payload).decode(), "payloadType": kind,
                "signatures": [{"sig": base64.b64encode(made).decode(), "keyid": ""}]}  # fmt: skip
    return json.dumps(
        {
            "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
            "verificationMaterial": {},
            "dsseEnvelope": envelope,
        }
    )


@pytest.fixture
def model(tmp_path):
    folder = tmp_path / "m"
    for name, data in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    (folder / "model.sig").write_text(bundle(statement()))
    return folder


def verify(model, key=KEY):
    return verify_model(model, model / "model.sig", public(key))


def test_a_model_as_it_was_signed(model):
    assert verify(model) == 2
    (model / ".git").mkdir()
    (model / ".git" / "config").write_text("ignored when it was signed")
    assert verify(model) == 2


def test_an_ed25519_key(model):
    key = ed25519.Ed25519PrivateKey.generate()
    (model / "model.sig").write_text(bundle(statement(), key))
    assert verify(model, key) == 2


CHANGES = {
    "a file was changed": lambda m: (m / "a.txt").write_bytes(b"hellO"),
    "a file was added": lambda m: (m / "new.bin").write_bytes(b""),
    "a hidden file was added": lambda m: (m / ".hidden").write_bytes(b""),
    "a file is missing": lambda m: (m / "a.txt").unlink(),
    "a file became a link": lambda m: ((m / "a.txt").rename(m.parent / "x"), (m / "a.txt").symlink_to(m.parent / "x")),
    "a folder became a link": lambda m: ((m / "sub").rename(m.parent / "s"), (m / "sub").symlink_to(m.parent / "s")),
    "a file beside the ignored": lambda m: (m / ".gitx").write_bytes(b""),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_model_that_was_tampered_with(model, name):
    CHANGES[name](model)
    with pytest.raises(Rejected) as caught:
        verify(model)
    assert caught.value.step == "files"


TREES = {
    "another statement": statement(_type="x"),
    "another predicate": statement(predicateType="x"),
    "another root": statement(subject=[{"name": "m", "digest": {"sha256": "0" * 64}}]),
    "no subject": statement(subject=[]),
    "no predicate": statement(predicate=None),
    "shards": {**statement(), "predicate": {**statement()["predicate"], "serialization": {"method": "shards"}}},
    "a file twice": {
        **statement(),
        "predicate": {**statement()["predicate"], "resources": statement()["predicate"]["resources"] * 2},
    },
    "a list": [],
}


@pytest.mark.parametrize("name", TREES)
def test_a_statement_that_is_none(model, name):
    (model / "model.sig").write_text(bundle(TREES[name]))
    with pytest.raises(Rejected) as caught:
        verify(model)
    assert caught.value.step == "statement"


def test_a_signature_of_somebody_else(model):
    stranger = ec.generate_private_key(ec.SECP256R1())
    for key in (stranger, ec.generate_private_key(ec.SECP384R1()), ed25519.Ed25519PrivateKey.generate()):
        with pytest.raises(Rejected, match="signature"):
            verify(model, key)
    (model / "model.sig").write_text(bundle(statement(), kind="text/plain"))
    with pytest.raises(Rejected, match="payload type"):
        verify(model)
    with pytest.raises(Rejected, match="neither"):
        (model / "model.sig").write_text(bundle(statement()))
        verify(model, rsa.generate_private_key(65537, 2048))
    with pytest.raises(Rejected, match="PEM"):
        verify_model(model, model / "model.sig", "no key")


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"dsseEnvelope": {}}', '{"messageSignature": {}}'])
def test_a_bundle_that_is_none(model, text):
    (model / "model.sig").write_text(text)
    with pytest.raises(Rejected, match="bundle"):
        verify(model)
    (model / "model.sig").unlink()
    with pytest.raises(Rejected, match="bundle"):
        verify(model)


def test_a_digest_that_is_not_supported(model):
    tree = statement()
    tree["predicate"]["resources"][0]["algorithm"] = "md5"
    (model / "model.sig").write_text(bundle(tree))
    with pytest.raises(Rejected, match="not supported"):
        verify(model)
    with pytest.raises(Rejected, match="no such model"):
        verify_model(model / "gone", model / "model.sig", public())


def test_the_command(model, capsys):
    (model.parent / "maker.pub").write_text(public())
    words = [
        "attest",
        "model",
        str(model),
        "--signature",
        str(model / "model.sig"),
        "--key",
        str(model.parent / "maker.pub"),
    ]
    assert main(words) == 0
    assert "2 files, all as signed" in capsys.readouterr().out
    (model / "a.txt").write_bytes(b"x")
    assert main(words) == 1
    assert "a.txt has changed" in capsys.readouterr().out
    assert main(words[:3]) == 2


def deployed(cfg):
    now = dt.datetime(2026, 6, 1, tzinfo=dt.UTC)
    return running.Run(gates.load(cfg)["deploy"], cfg, (), lambda *_: Report(), now).report().verdict


def test_models_signed_by_their_maker(tmp_path):
    for path, data in FILES.items():
        (tmp_path / "m" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "m" / path).write_bytes(data)
    (tmp_path / "maker.pub").write_text(public())
    table = {
        "checks": [],
        "requires": [],
        "built-in": False,
        "models": {"m": {"signature": "m.sig", "public": "maker.pub"}},
    }
    cfg = Config(root=tmp_path, tables={"gates": {"deploy": table}})
    assert deployed(cfg).exit_code == 2  # there is no signature yet
    (tmp_path / "m.sig").write_text(bundle(statement()))
    assert deployed(cfg).passed is True
    (tmp_path / "m" / "a.txt").write_bytes(b"changed")
    assert deployed(cfg).exit_code == 1
    (tmp_path / "maker.pub").unlink()
    assert deployed(cfg).exit_code == 2
    with pytest.raises(UsageError, match="signature and public"):
        gates.load(Config(tables={"gates": {"deploy": {"models": {"m": {"signature": "m.sig"}}}}}))
