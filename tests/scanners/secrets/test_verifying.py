"""Vendors are asked whether a key works: a server on loopback plays all of them."""

import base64
import http.server
import json
import threading

import pytest

from mlsec_nb.cli import main
from mlsec_nb.scanners.secrets import verifying
from mlsec_nb.scanners.secrets.catalogue import built_in
from mlsec_nb.scanners.secrets.verifying import Verifier, Works, providers

# What vendors answer where it is not plainly 200 and 401: (status, body) for a key that works and one that does not.
ANSWERS = {
    "SECRET-GOOGLE-API-KEY": ((200, "{}"), (400, '{"reason": "API_KEY_INVALID"}')),
    "SECRET-XAI-KEY": ((200, "{}"), (400, "Incorrect API key provided")),
    "SECRET-LANGSMITH-KEY": ((200, "[]"), (403, "{}")),
    "SECRET-WANDB-KEY": ((200, '{"data": {"viewer": {"id": "x"}}}'), None),
    "SECRET-ELEVENLABS-KEY": ((401, '{"status": "missing_permissions"}'), (401, '{"status": "invalid_api_key"}')),
    "SECRET-GITLAB-TOKEN": ((200, "{}"), None),
    "SECRET-SENTRY-TOKEN": ((200, "[]"), None),
    "SECRET-CLOUDFLARE-TOKEN": ((200, "{}"), (400, "Invalid request headers")),
    "SECRET-VERCEL-TOKEN": ((200, "{}"), (403, '{"error": {"invalidToken": true}}')),
    "SECRET-SLACK-TOKEN": ((200, '{"ok": true}'), (200, '{"ok": false, "error": "token_revoked"}')),
    "SECRET-SLACK-WEBHOOK": ((400, "no_text"), (404, "no_service")),
    "SECRET-DISCORD-WEBHOOK": ((200, "{}"), (404, "{}")),
    "SECRET-TELEGRAM-TOKEN": ((200, "{}"), (404, "{}")),
    "SECRET-RESEND-KEY": ((401, "restricted_api_key"), (400, "API key is invalid")),
    "SECRET-STRIPE-KEY": ((403, "{}"), (401, "{}")),
    "SECRET-LINEAR-KEY": ((200, '{"data": {"viewer": {"id": 1}}}'), (400, "AUTHENTICATION_ERROR")),
    "SECRET-FIGMA-TOKEN": ((200, "{}"), (403, "Invalid token")),
    "SECRET-TYPEFORM-TOKEN": ((200, "{}"), (403, "AUTHENTICATION_FAILED")),
}


class Vendor(http.server.BaseHTTPRequestHandler):
    answer = (200, "{}")
    to = ""
    seen: list = []

    def do_GET(self):
        size = int(self.headers.get("Content-Length", 0))
        self.seen.append((self.command, self.path, dict(self.headers), self.rfile.read(size)))
        if self.to:
            self.send_response(302)
            self.send_header("Location", self.to)
            self.end_headers()
            return
        status, body = self.answer
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    do_POST = do_GET

    def log_message(self, *_):
        pass


@pytest.fixture
def vendor(monkeypatch):
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    Vendor.seen, Vendor.answer, Vendor.to = [], (200, "{}"), ""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Vendor) as serving:
        thread = threading.Thread(target=serving.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{serving.server_port}"
        serving.shutdown()
        thread.join()


def key_of(rule):
    within = providers()[rule].get("within", "")
    return within + "T0/B0/x1Y2z3" if within else "k3Y" + "aB9xQ2" * 4


def verifier(origin, **options):
    return Verifier(offline=False, origin=origin, pause=0, **options)


@pytest.mark.parametrize("rule", sorted(providers()))
def test_every_vendor_is_asked_in_its_own_way(vendor, rule):
    secret = key_of(rule)
    works, fails = ANSWERS.get(rule, ((200, "{}"), (401, "{}")))
    Vendor.answer = works
    assert verifier(vendor).ask(rule, secret).works is Works.VERIFIED
    method, path, headers, _ = Vendor.seen[0]
    sent = " ".join([path, *headers.values()])
    packed = [base64.b64encode(pair.encode()).decode() for pair in (f"{secret}:", f"api:{secret}")]
    tail = secret.rpartition("com/")[2]
    assert any(text in sent for text in (secret, tail, *packed))
    assert method == providers()[rule].get("method", "GET")
    if fails is not None:
        Vendor.answer = fails
        assert verifier(vendor).ask(rule, secret).works is Works.INACTIVE
    Vendor.answer = (503, "busy")
    said = verifier(vendor).ask(rule, secret)
    assert said.works is Works.UNKNOWN
    assert secret not in repr(said)


def test_the_tables_are_of_rules_and_of_https():
    assert len(providers()) >= 20
    known = built_in().rules
    for rule, table in providers().items():
        assert rule in known
        assert table["url"].startswith("https://") or (
            table["url"] == "{secret}" and table["within"].startswith("https://")
        )
        assert table["source"].startswith("https://")
    assert set(ANSWERS) <= set(providers())


@pytest.mark.parametrize("rule", ["SECRET-GITLAB-TOKEN", "SECRET-SENTRY-TOKEN"])
def test_a_key_of_a_product_that_people_host_may_work_elsewhere(vendor, rule):
    Vendor.answer = (401, "{}")
    said = verifier(vendor).ask(rule, key_of(rule))
    assert said.works is Works.UNKNOWN
    assert "another installation" in said.why


def test_offline_asks_nobody(vendor):
    assert Verifier(offline=True, origin=vendor).ask("SECRET-OPENAI-KEY", "x" * 40).works is Works.UNKNOWN
    assert Vendor.seen == []


@pytest.mark.parametrize("secret", ["two\r\nX-Evil: 1" + "a" * 20, "naïve" * 8, "ab", "a b" * 20])
def test_what_cannot_stand_in_a_header_is_not_sent(vendor, secret):
    assert verifier(vendor).ask("SECRET-OPENAI-KEY", secret).works is Works.UNKNOWN
    assert Vendor.seen == []


def test_a_webhook_of_another_host_is_not_asked(vendor):
    assert verifier(vendor).ask("SECRET-SLACK-WEBHOOK", "https://evil.example/services/T0/B0/x").works is Works.UNKNOWN
    assert Vendor.seen == []


def test_a_rule_without_a_vendor_says_so(vendor):
    assert verifier(vendor).ask("SECRET-PASSWORD", "hunter2hunter2").works is Works.UNKNOWN
    assert Vendor.seen == []


def test_each_key_is_asked_once_and_one_after_the_other(vendor):
    slept = []
    asking = Verifier(offline=False, origin=vendor, pause=2.0, clock=lambda: 100.0, sleep=slept.append)
    for secret in ("a" * 30, "b" * 30, "a" * 30):
        asking.ask("SECRET-OPENAI-KEY", secret)
    asking.ask("SECRET-GROQ-KEY", "c" * 30)
    assert len(Vendor.seen) == 3
    assert slept == [2.0]


def test_there_is_an_end_of_asking(vendor, monkeypatch):
    monkeypatch.setattr(verifying, "MOST", 2)
    asking = verifier(vendor)
    said = [asking.ask("SECRET-OPENAI-KEY", letter * 30).works for letter in "abcd"]
    assert said == [Works.VERIFIED, Works.VERIFIED, Works.UNKNOWN, Works.UNKNOWN]


def test_a_redirect_to_another_host_is_no_answer_and_takes_no_key_along(vendor):
    Vendor.to = vendor.replace("127.0.0.1", "localhost") + "/else"

    def answered(*_):
        return None

    said = verifier(vendor).ask("SECRET-OPENAI-KEY", "d" * 30)
    assert said.works is Works.UNKNOWN
    assert all("d" * 30 not in str(headers) for _, path, headers, _ in Vendor.seen if path == "/else")


def test_a_vendor_that_is_not_there_says_nothing(vendor):
    said = verifier("http://127.0.0.1:9").ask("SECRET-OPENAI-KEY", "e" * 30)
    assert said.works is Works.UNKNOWN
    assert "e" * 30 not in said.why


@pytest.fixture
def leak(tmp_path, monkeypatch, vendor):
    """A notebook with a token, and the command line looking at the vendor that we play."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(verifying, "Verifier", lambda offline: Verifier(offline=offline, origin=vendor, pause=0))
    token = "hf_" + "kQzRvTnBpLxWmYcJhGfDsAzXqEwRtYuIoP"
    cell = {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None, "source": f"login('{token}')"}
    book = {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 4}
    (tmp_path / "n.ipynb").write_text(json.dumps(book))
    return token


def audited(capsys, *options):
    main(["scan", "n.ipynb", "--format", "json", *options])
    out = capsys.readouterr()
    return json.loads(out.out), out.out + out.err


def test_without_the_option_nobody_is_asked(leak, capsys):
    report, _ = audited(capsys)
    assert Vendor.seen == []
    assert "verified" not in report["findings"][0].get("details", {})


@pytest.mark.parametrize(("answer", "works", "severity"), [
    ((200, "{}"), "verified", "critical"), ((401, "{}"), "inactive", "low"), ((500, "{}"), "unknown", None),
])  # fmt: skip
def test_every_report_says_whether_the_key_works(leak, capsys, answer, works, severity):
    Vendor.answer = answer
    report, text = audited(capsys, "--verify")
    (finding,) = report["findings"]
    assert finding["details"]["verified"] == works
    assert works in finding["message"]
    assert severity in (None, finding["severity"])
    assert leak not in text
    assert leak[8:20] not in text


def test_offline_wins_over_verify(leak, capsys):
    report, _ = audited(capsys, "--verify", "--offline")
    assert report["findings"][0]["details"]["verified"] == "unknown"
    assert Vendor.seen == []


def test_a_configured_offline_wins_over_verify(leak, capsys, tmp_path):
    (tmp_path / "mlsec.toml").write_text("offline = true\n")
    report, _ = audited(capsys, "--verify")
    assert report["findings"][0]["details"]["verified"] == "unknown"
    assert Vendor.seen == []


def test_a_config_file_cannot_ask_for_it(leak, capsys, tmp_path):
    (tmp_path / "mlsec.toml").write_text("[secrets]\nverify = true\n")
    report, _ = audited(capsys)
    assert Vendor.seen == []
    assert "verified" not in report["findings"][0].get("details", {})
