"""Personal data in columns: found by checksums; look-alikes stay quiet."""

import json
import random

import pandas as pd
import pytest

from mlsec_nb.config import Config
from mlsec_nb.pipeline import audit


def luhn(body):
    for last in "0123456789":
        digits = [int(c) for c in body + last]
        if (sum(digits[-1::-2]) + sum(sum(divmod(2 * d, 10)) for d in digits[-2::-2])) % 10 == 0:
            return body + last
    raise AssertionError


def iban(country, body):
    number = int("".join(str(int(c, 36)) for c in body + country + "00"))
    return f"{country}{98 - number % 97:02}{body}"


R = random.Random(4)


def digits(count):
    return "".join(R.choice("0123456789") for _ in range(count))


CARDS = [luhn("4" + digits(14)) for _ in range(30)]
SPACED = [f"{c[:4]} {c[4:8]} {c[8:12]} {c[12:]}" for c in CARDS]
AMEX = [luhn("37" + digits(12)) for _ in range(30)]
IBANS = [iban("DE", digits(18)) for _ in range(30)]
SSNS = [f"{R.randint(100, 600)}-{R.randint(10, 99)}-{R.randint(1000, 9999)}" for _ in range(30)]
MAILS = [f"person{n}@mail{n % 3}.net" for n in range(30)]


def found(folder, values, name="a.csv"):
    if name.endswith("csv"):
        text = "id,value,n\n" + "".join(f"{n},{value},{n * 7}\n" for n, value in enumerate(values))
    else:
        text = "\n".join(json.dumps({"id": n, "value": value}) for n, value in enumerate(values))
    (folder / name).write_text(text)
    report = audit([str(folder)], Config(only=("data",), jobs=1))
    assert not any(value in str(report) for value in values)
    return [(f.rule.id.removeprefix("DATA-PERSONAL-"), f.location.part) for f in report.new]


@pytest.mark.parametrize(
    ("values", "kind"),
    [(CARDS, "CARD"), (SPACED, "CARD"), (AMEX, "CARD"), (IBANS, "IBAN"), (SSNS, "SSN"), (MAILS, "MAIL")],
)
def test_columns_of_personal_data_are_found(tmp_path, values, kind):
    assert found(tmp_path, values) == [(kind, "column 2")]
    (tmp_path / "a.csv").unlink()
    assert found(tmp_path, values, "a.jsonl") == [(kind, "key value")]


@pytest.mark.parametrize(
    "values",
    [
        [digits(16) for _ in range(300)], [digits(13) for _ in range(300)], ["4" + digits(12) for _ in range(300)],
        [f"0.{digits(16)}" for _ in range(300)], [f"person{n}@example.org" for n in range(50)], CARDS[:3],
        [f"{R.randint(900, 999)}-{R.randint(10, 99)}-{R.randint(1000, 9999)}" for _ in range(50)], ["4" * 16] * 50,
        [f"1{n:09}000000" for n in range(50)], [f"AB{digits(2)} {digits(4)} {digits(4)} {digits(4)}" for _ in range(50)],
    ],
)  # fmt: skip
def test_look_alikes_are_quiet(tmp_path, values):
    assert found(tmp_path, values) == []


def test_numbers_of_a_binary_table(tmp_path):
    pd.DataFrame({"id": range(30), "pay": [int(card) for card in CARDS]}).to_parquet(tmp_path / "a.parquet")
    report = audit([str(tmp_path)], Config(only=("data",), jobs=1))
    assert [(f.rule.id, f.location.part) for f in report.new] == [("DATA-PERSONAL-CARD", "column pay")]
