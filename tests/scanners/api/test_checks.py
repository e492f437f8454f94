"""The pieces of the checks: bodies, pickles, confidences, errors, the reports of schemathesis."""

import io
import json
import math
import pickletools
import stat
import sys
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlsec_nb.core import CannotRead
from mlsec_nb.io.exchanges import Exchange, Tls
from mlsec_nb.scanners.api import bodies, products, schemathesis
from mlsec_nb.scanners.api.asking import Asker
from mlsec_nb.scanners.api.checks import answers, reach
from mlsec_nb.scanners.api.checks.leakage import confidences
from mlsec_nb.scanners.api.description import example
from mlsec_nb.scanners.api.errors import judged
from mlsec_nb.scanners.api.options import Options
from mlsec_nb.scanners.api.story import Hit, Missed
from mlsec_nb.scanners.api.surface import Prediction, Surface

JSON = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.integers(-9, 9) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=4),
)
CALLS = {
    "GLOBAL",
    "STACK_GLOBAL",
    "REDUCE",
    "INST",
    "OBJ",
    "NEWOBJ",
    "NEWOBJ_EX",
    "BUILD",
    "EXT1",
    "EXT2",
    "EXT4",
    "PERSID",
    "BINPERSID",
}


@given(JSON)
def test_a_pickle_that_is_sent_calls_nothing(value):
    names = [opcode.name for opcode, *_ in pickletools.genops(bodies.pickled(value))]
    assert not CALLS & set(names)
    assert names[-1] == "STOP"
    pickletools.dis(bodies.pickled(value), out=io.StringIO())  # checks the stack


@given(JSON)
def test_bodies_are_changed_where_they_should_be(value):
    for path in bodies.numbers(value):
        assert bodies.at(bodies.changed(value, path, "x"), path) == "x"
    assert bodies.batch(value) is None or isinstance(bodies.at(value, bodies.batch(value)), list)
    bodies.resized(value, 3)


def test_rows_and_sizes():
    assert bodies.batch({"instances": [[1, 2]]}) == ("instances",)
    assert bodies.batch({"rows": [{"a": 1}]}) == ("rows",)
    assert bodies.batch({"features": [1, 2]}) is None
    assert bodies.resized({"inputs": [{"shape": [1, 4], "data": [1, 2, 3, 4]}]}, 2) == {
        "inputs": [{"shape": [1, 2], "data": [0.5, 0.5]}]
    }
    assert list(bodies.numbers([[1, 2], [3, 4]])) == [(0, 0), (0, 1)]


@pytest.mark.parametrize(("answer", "count", "digits"), [
    ({"probabilities": [[0.123456789, 0.876543211]]}, 2, 9),
    ({"predictions": [{"label": "a", "score": 0.98765432}]}, 1, 8),
    ({"scores": {"a": 0.1234567, "b": 0.8765433}}, 2, 7),
    ({"logits": [-3.1415926, 2.5]}, 2, 7),
    ({"confidence": 1e-7}, 1, 8),
    ([[0.25, 0.75]], 2, 2),
])  # fmt: skip
def test_confidences_are_seen(answer, count, digits):
    found = confidences(answer)
    assert len(found.values) == count
    assert found.digits == pytest.approx(digits, abs=1)


@pytest.mark.parametrize("answer", [
    {"label": "cat"}, {"prediction": 3}, {"predictions": [12.3456789]}, {"latency": 0.123456}, {"probability": math.inf}, [], None, "x",
    {"box": [10.123456, 20.5]}, {"probability": True},
])  # fmt: skip
def test_what_is_no_confidence(answer):
    assert confidences(answer) is None


def rules(text, status=500):
    return {hit.rule for hit in judged("POST /x", Exchange(status, (), text.encode()))}


@pytest.mark.parametrize(("text", "rule"), [
    ('Traceback (most recent call last):\n  File "/app/main.py", line 3', "API-TRACEBACK"),
    (json.dumps({"detail": 'File "main.py", line 3, in predict'}), "API-TRACEBACK"),
    ("java.lang.NullPointerException\n\tat org.pytorch.serve.Wlm.run(Wlm.java:12)\n", "API-TRACEBACK"),
    (json.dumps({"stacktrace": ["at x", "at y"]}), "API-TRACEBACK"),
    ("cannot open /home/anna/models/v2.pkl", "API-PATHS"),
    ("No module in /usr/lib/python3/site-packages/torch", "API-PATHS"),
    (r"C:\Users\anna\model.bin is gone", "API-PATHS"),
    ("redis://default:" + "hunter22@cache:6379 refused", "API-SECRET-SHOWN"),
    ("bad key AK" + "IAZ7Q3W5E2R8T6Y4U9", "API-SECRET-SHOWN"),
    ('{"DB_PASSWORD": "' + 'tr0ub4dor&3"}', "API-SECRET-SHOWN"),
])  # fmt: skip
def test_what_an_error_gives_away(text, rule):
    assert rules(text) == {rule}


@pytest.mark.parametrize("text", [
    '{"detail":"Not Found"}', "see https://example.com/home/page", "POST /data/upload is not allowed", '{"error": "api_key is required"}',
    '{"detail": [{"loc": ["header", "x-api-key"], "msg": "Field required"}]}', "token: missing", '{"password": "<your password>"}',
    '{"token": "invalid"}', "no file at line 3", '{"path": "/predict/iris"}',
])  # fmt: skip
def test_errors_that_give_nothing_away(text):
    assert rules(text) == set()


def test_paths_are_no_news_in_an_answer_that_succeeds():
    assert rules("see /home/anna/x", 200) == set()


def test_only_server_errors_of_schemathesis():
    failures = [
        {"code": "ST101", "operations": ["POST /p", {"label": "GET /q"}]},
        {"code": "ST103", "operations": ["GET /r"]},
        3,
    ]
    assert [(one.rule, one.where) for one in schemathesis.told({"failures": failures})] == [
        ("API-SCHEMATHESIS", "POST /p"), ("API-SCHEMATHESIS", "GET /q"),
    ]  # fmt: skip
    assert all(isinstance(one, Missed) for tree in (None, [], {}, {"failures": 1}) for one in schemathesis.told(tree))


SCRIPT = """#!{python}
import json, sys
place = sys.argv[sys.argv.index("--report-json-path") + 1]
{do}
"""


@pytest.mark.parametrize(("do", "words"), [
    ('json.dump({"failures": [{"code": "ST101", "operations": ["POST /predict"]}]}, open(place, "w"))', "POST /predict"),
    ('open(place, "w").write("{")', "gave no report"),
    ("sys.exit(3)", "gave no report: exit code 3"),
    (None, "is not installed"),
])  # fmt: skip
def test_schemathesis_runs_out_of_process(weak, ask, tmp_path, monkeypatch, do, words):
    monkeypatch.setenv("PATH", str(tmp_path))
    if do is not None:
        (tmp_path / "st").write_text(SCRIPT.format(python=sys.executable, do=do))
        (tmp_path / "st").chmod(stat.S_IRWXU)
    monkeypatch.setattr("mlsec_nb.scanners.api.scanner.CHECKS", {})
    told = [getattr(one, "reason", "") + getattr(one, "message", "") for one in ask(weak, engine="schemathesis")]
    assert any(words in text for text in told)


def test_what_is_kept_is_read_again():
    from mlsec_nb.scanners.api.story import kept, read

    for one in (Hit("API-CORS", "GET /", "x", "words", details={"a": 1}), Missed("why", "skipped", "GET /")):
        assert read(json.loads(json.dumps(kept(one)))) == one


@pytest.mark.parametrize(
    "text",
    [
        "password=" * 22_000,
        "a" * 200_000,
        "/home/" * 33_000,
        "\n" * 200_000,
        "<title>" * 28_000,
        "x://" * 50_000,
        'File "' * 33_000,
    ],
)
def test_what_is_made_to_be_slow_is_not(text):
    began = time.monotonic()
    rules(text)
    for place in products.knowledge()["anywhere"]:
        products.fits(Exchange(200, (), text.encode()), place)
    assert time.monotonic() - began < 5


def test_an_example_stays_small():
    many = {"type": "object", "properties": {str(n): {"$ref": "#/x"} for n in range(20)}}
    long = {"type": "array", "minItems": 10**9, "items": {"type": "array", "minItems": 10**9, "items": {"$ref": "#/y"}}}
    assert len(json.dumps(example({"x": many}, many))) < 200_000
    assert len(json.dumps(example({"y": long}, long))) < 200_000


@pytest.mark.parametrize(("facts", "rules"), [
    (Tls("TLSv1.3", "", ("TLS 1.0", "TLS 1.1")), ["API-TLS-OLD"]), (Tls("TLSv1.3", "it is expired"), ["API-TLS-CERTIFICATE"]),
    (Tls("TLSv1.3", ""), []), (Tls("TLSv1.3", "", (), ("TLS 1.0",)), ["skipped"]), (None, ["unreadable"]),
])  # fmt: skip
def test_encryption_of_a_server(monkeypatch, facts, rules):
    def tls(url, *, timeout):
        if facts is None:
            raise CannotRead("it says nothing")
        return facts

    monkeypatch.setattr(answers, "tls", tls)
    asker = Asker("https://models.example.com", Options(own=("models.example.com",)))
    told = list(answers._encryption(asker))
    assert [one.rule if isinstance(one, Hit) else one.code for one in told] == rules


def test_a_server_on_the_network_without_encryption():
    asker = Asker("http://models.example.com", Options(own=("models.example.com",)))
    assert [one.rule for one in answers._encryption(asker)] == ["API-NO-TLS"]


def test_a_server_elsewhere_cannot_call_back():
    asker = Asker("http://models.example.com", Options(own=("models.example.com",)))
    made = Prediction("POST", "/predict", {"x": 1}, Exchange(200, (), b"{}"))
    (told,) = reach.check(asker, Surface(prediction=made))
    assert "only a server on this machine can call back" in told.reason
