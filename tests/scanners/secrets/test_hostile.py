"""Whatever a text holds: no crash, the same answer twice, and nothing of a secret in what is said."""

import json
import random

from hypothesis import given
from hypothesis import strategies as st

from mlsec_nb.config import Settings
from mlsec_nb.core import Kind, Part
from mlsec_nb.notebooks import read_bytes
from mlsec_nb.scanners.patterns import Joined
from mlsec_nb.scanners.secrets.scanner import build
from mlsec_nb.scanners.secrets.views import Looked, views
from tests.scanners.secrets.conftest import document, segment
from tests.scanners.secrets.generator import notebook

PIECES = ["password", "=", ":", '"', "'", "\\", "\n", "\\n", "token", "%env ", "!", "{", "}", "(", ")", "[", "]", ",", " ", "<td>", "</td>", "<!--", "&#97;", "%41", "\x1b[31m", "\0", "eyJ", ".", "://", "@", "-----BEGIN ",
          "PRIVATE KEY-----", "ghp_", "sk-", "QUtJQQ==", "\u200b", "\ud800", "|", "\t", "kind: Secret", "a1B2c3D4" * 5, "f'", "+", "join(", "chr(", "b64decode(", "print(", "é", "\U0001f600", "value", "\r\n", "default="]  # fmt: skip
SCANNER = build(Settings(options={"min-confidence": "low"}))


def scanned(text, part, language=None, mime=None):
    return list(SCANNER.scan(document(segment(text, part, language, mime))))


@given(
    st.lists(st.sampled_from(PIECES) | st.text(max_size=8), max_size=60),
    st.sampled_from(list(Part)),
    st.sampled_from([None, "python", "json", "bash", "html"]),
)
def test_any_text_can_be_scanned(pieces, part, language):
    text = "".join(pieces)
    found = scanned(text, part, language, "text/html")
    assert found == scanned(text, part, language, "text/html")
    for finding in found:
        assert 1 <= finding.location.line <= text.count("\n") + 1


def test_mutilated_notebooks_can_be_scanned():
    for seed in range(60):
        draw = random.Random(seed)
        data = bytearray(notebook(seed, hard=True).data)
        for _ in range(draw.randint(1, 30)):
            data[draw.randrange(len(data))] = draw.randrange(256)
        list(SCANNER.scan(read_bytes(bytes(data), "x.ipynb", Kind.NOTEBOOK)))


def test_no_secret_is_in_what_is_said():
    for seed in range(60):
        book = notebook(seed, hard=bool(seed % 2))
        found = list(build(Settings()).scan(read_bytes(book.data, "x.ipynb", Kind.NOTEBOOK)))
        said = json.dumps(
            [[str(f.evidence), f.message, dict(f.details), repr(f.fixes), repr(f.related)] for f in found]
        )
        for planted in book.planted:
            value = planted.secret.value
            assert not any(value[i : i + 8] in said for i in range(30, len(value) - 7)), planted.way
            assert value not in said


def test_one_edited_cell_is_scanned_in_no_time():
    import time

    scanner = build(Settings())
    text = notebook(3).data.decode()[:4000]
    list(scanner.scan(document(segment(text, Part.CODE))))
    start = time.process_time()
    for _ in range(5):
        list(scanner.scan(document(segment(text, Part.CODE))))
    assert (
        time.process_time() - start
    ) / 5 < 0.5  # 10 ms; more than that by far only when something is looked at again and again


def test_lines_that_are_all_headings_of_tables_are_not_read_below_each_other():
    text = "| token | key |\n" * 3000
    looked = Looked([(segment(text), None)], Joined.of([text]), {0: range(0, len(text), 16)}, {})
    (view,) = [view for view, _ in views(looked) if "token: token" in view.text]
    assert len(view.text) < 40 * len(text)


def test_a_table_has_its_rows_whatever_stands_above_it(scan):
    text = "token, key\n" * 5 + "user,password\n" + "".join(f"ada{i},kQ9zRvTn4pL{i}\n" for i in range(20))
    assert len(scan(text)) == 20
