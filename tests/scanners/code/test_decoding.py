"""Literals are decoded as the code would, within bounds, and nothing else is."""

import base64
import gzip
import zlib

import pytest

from mlsec_nb.scanners.code.decoding import MAX_DECODED, fold
from mlsec_nb.scanners.code.judge import Arguments
from mlsec_nb.scanners.code.values import UNKNOWN, Value, constant

PLAIN = b"print(1)"


def call(name, *values, target=None, **keywords):
    arguments = Arguments(
        tuple(map(constant, values)), {key: constant(value) for key, value in keywords.items()}, target=target
    )
    return fold(name, arguments)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("base64.b64decode", base64.b64encode(PLAIN).decode()),
        ("base64.urlsafe_b64decode", base64.urlsafe_b64encode(PLAIN)),
        ("base64.b32decode", base64.b32encode(PLAIN)),
        ("base64.b85decode", base64.b85encode(PLAIN)),
        ("binascii.unhexlify", PLAIN.hex()),
        ("builtins.bytes.fromhex", PLAIN.hex()),
        ("zlib.decompress", zlib.compress(PLAIN)),
        ("gzip.decompress", gzip.compress(PLAIN, mtime=0)),
        ("codecs.decode", None),
    ],
)
def test_every_decoder_gives_what_python_gives(name, data):
    found = call(name, data) if data is not None else call(name, PLAIN.hex(), "hex")
    assert found == PLAIN


def test_codecs():
    assert call("codecs.decode", "cevag", "rot13") == "print"
    assert call("codecs.decode", zlib.compress(PLAIN), "zlib") == PLAIN
    assert call("codecs.decode", "\\x70", "unicode_escape") == "p"
    assert call("codecs.decode", b"x", "bz2") is UNKNOWN
    assert call("codecs.decode", "x", "no such codec") is UNKNOWN
    assert call("x.decode", target=constant(b"abc")) == "abc"
    assert call("x.encode", target=constant("abc")) == b"abc"
    assert call("x.encode", "latin-1", target=constant("é")) == b"\xe9"


def test_methods_of_texts():
    letters = Arguments((Value(items=(constant("a"), constant("b"))),), {}, target=constant("-"))
    assert fold("x.join", letters) == "a-b"
    assert call("x.join", "ab", target=constant("-")) == "a-b"
    assert call("x.replace", "a", "b", target=constant("aa")) == "bb"
    assert call("x.replace", "", "b", target=constant("aa")) is UNKNOWN
    assert call("x.strip", target=constant(" a ")) == "a"
    assert call("x.unknown", target=constant("a")) is UNKNOWN


def test_letters_and_numbers():
    assert call("builtins.chr", 97) == "a"
    assert call("builtins.str", 97) == "97"
    assert fold("builtins.bytes", Arguments((Value(items=(constant(97),)),), {})) == b"a"
    assert call("builtins.bytes", b"a") == b"a"
    assert call("builtins.chr", -1) is UNKNOWN


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("base64.b64decode", "abc"),
        ("base64.b64decode", 5),
        ("zlib.decompress", b"no"),
        ("zlib.decompress", "text"),
        ("builtins.bytes.fromhex", b"61"),
        ("os.system", "x"),
    ],
)
def test_what_cannot_be_decoded_is_unknown(name, data):
    assert call(name, data) is UNKNOWN


def test_a_bomb_is_cut_and_a_huge_literal_left_alone():
    assert len(call("zlib.decompress", zlib.compress(b"a" * 10_000_000))) == MAX_DECODED
    assert call("base64.b64decode", "a" * (MAX_DECODED * 4)) is UNKNOWN


@pytest.mark.parametrize(
    "text",
    [
        "import operator, pickle\noperator.attrgetter('loads')(pickle)(b)",
        "import pickle\nglobals()['pickle'].loads(b)",
        "import pickle\nd = {'f': pickle.loads}\nd['f'](b)",
        "import pickle\nfs = [len, pickle.loads]\nfs[1](b)\nfs[-1](b)",
        "import pickle\ncfg = {'a': 1} | {'f': pickle.loads}\ncfg['f'](b)",
        "import pickle\nname = '%s' % 'loads'\ngetattr(pickle, 'loads')(b)",
        "import pickle\ncfg = {**{'f': pickle.loads}}\ncfg['f'](b)",
        "import pickle\nf = pickle.loads if x else None\nf(b)",
        "import pickle\nf = None or pickle.loads\nf(b)",
        "import pickle\n(f := pickle.loads)(b)",
        "import pickle\nx = not -pickle.loads(b)",
        "import pickle\ndef f(*, read=pickle.loads):\n    return read(b)\nf()",
        "import pickle\nclass A:\n    read = staticmethod(pickle.loads)\n    def get(self):\n        return pickle.loads(b)\nA().get()",
        "import pickle\na, (b, *c) = 1, (2, pickle.loads(x))",
        "import pickle\nx: object = pickle.loads(b)",
        "import pickle\ndel pickle\nimport pickle\npickle.loads(b)",
        "from .local import x\nimport pickle\ntry:\n    pickle.loads(b)\nexcept* OSError:\n    pass",
        "import pickle\nfor i, f in enumerate([pickle.loads(b)]):\n    pass\nelse:\n    pass",
    ],
)
def test_a_load_behind_any_expression(audit, text):
    assert "LOAD-PICKLE" in {finding.rule.id for finding in audit(text)}
