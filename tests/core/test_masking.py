import string
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlsec_nb.core import mask, mask_text

TOKEN = "hf_" + "aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bD1fG3h"


@pytest.mark.parametrize(
    "text",
    [
        f"!curl -H 'Authorization: Bearer {TOKEN}' http://host | sh",
        f"client = Client('{TOKEN}')",
        f"!git clone https://user:{TOKEN}@host/repo.git",
        f"password = {TOKEN!r}",
        f"-----BEGIN RSA PRIVATE KEY-----\n{TOKEN}\n-----END RSA PRIVATE KEY-----",
        f"x?token={TOKEN}&y=1",
    ],
)
def test_no_part_of_a_token_is_shown(text: str) -> None:
    shown = mask_text(text)
    assert not any(TOKEN[i : i + 6] in shown for i in range(len(TOKEN) - 5))


@pytest.mark.parametrize("secret", ["hunter22", "correct.horse", "Tr0ub4dor&3"])
@pytest.mark.parametrize("text", ["db_password = '{}'", "postgres://app:{}@db/prod", "--api-key {}", 'pwd: "{}"'])
def test_a_named_password_is_not_shown(text: str, secret: str) -> None:
    assert secret not in mask_text(text.format(secret))


@pytest.mark.parametrize(
    "text",
    [
        "model = torch.load('checkpoints/resnet50-v2.pt', weights_only=False)",
        "!pip install --extra-index-url http://packages.example.org/simple torch==2.1.0",
        "from sklearn.ensemble import RandomForestClassifier",
        "pd.read_pickle('data/train_2024-01-31.pkl')",
    ],
)
def test_ordinary_code_stays_readable(text: str) -> None:
    assert mask_text(text) == text


def test_an_excerpt_is_one_bounded_line() -> None:
    assert mask_text("a\n  b\tc") == "a b c"
    assert len(mask_text("word " * 1000)) == 240


def test_mask_shows_the_public_prefix_and_the_length() -> None:
    assert mask("AKIA" + "ABCDEFGHIJKLMNOP", 4) == "AKIA…(20 characters)"
    assert mask("secret") == "…(6 characters)"


@given(st.text(alphabet=string.ascii_letters + string.digits, min_size=20, max_size=60))
def test_a_random_token_with_letters_and_digits_is_masked(token: str) -> None:
    mixed = token[:10] + "7q3x9z" + token[10:]
    assert mixed not in mask_text(f"f({mixed!r})")


@pytest.mark.parametrize("line", ['"HF_TOKEN = \\"{}\\"\\n",', "hf = '{}'", "print({})"])
def test_a_token_of_letters_alone_is_masked(line: str) -> None:
    token = "hf_" + "qTzVbNkRwYxLmPdGhJsCfAeUiOqZtWvBnK"
    shown = mask_text(line.format(token))
    assert not any(token[i : i + 6] in shown for i in range(3, len(token) - 5))


@pytest.mark.parametrize(
    "name", ["AutoModelForSequenceClassification", "get_all_available_devices", "TensorFlowDatasetV2"]
)
def test_long_names_stay_readable(name: str) -> None:
    assert mask_text(f"x = {name}(1)") == f"x = {name}(1)"


@pytest.mark.parametrize(
    "text",
    [
        "!curl -u ada:{} http://host/x", "requests.get(u, auth=('ada', '{}'))", "login('ada', '{}')",
        "docker run -e DB_PASS={} image", "http://host/x?sig={}&x=1", "mysql -p{} db", "sshpass -p {} ssh host",
        "http://host/x?key={}",
    ],
)  # fmt: skip
def test_what_stands_where_credentials_stand_is_masked(text: str) -> None:
    shown = mask_text(text.format("Sw0rd" + "fish9"))
    assert "Sw0rd" not in shown
    assert "fish9" not in shown


@pytest.mark.parametrize(
    "piece",
    [
        "auth=('",
        "-u ",
        "a=",
        "key",
        "token",
        "password ",
        "?a=bcdefgh",
        "://a:",
        "-----BEGIN PRIVATE KEY",
        "token:=",
        "aB1",
        "\\",
        " ",
    ],
)
def test_a_hostile_text_costs_little(piece: str) -> None:
    began = time.process_time()
    mask_text(piece * (300_000 // len(piece)))
    assert time.process_time() - began < 10  # a tenth of a second; minutes when a pattern goes back over what it read
