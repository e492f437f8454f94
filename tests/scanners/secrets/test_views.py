"""Views read as a person or a program would, and lead back to where it stands."""

import base64
import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlsec_nb.core import Part
from mlsec_nb.scanners.patterns import Joined
from mlsec_nb.scanners.secrets.views import DEPTH, Looked, views
from mlsec_nb.scanners.secrets.views.folding import Folder
from mlsec_nb.scanners.secrets.views.program import Program
from tests.scanners.secrets.conftest import segment


def every_view(whole):
    """Views and their views, as if a telling name stood everywhere."""
    found, left = [], [(whole, None)]
    for _ in range(DEPTH):
        texts = [one.text for one, _ in left]
        left = list(views(Looked(left, Joined.of(texts), {i: range(len(text)) for i, text in enumerate(texts)}, {})))
        found += [view for view, _ in left]
        if not left:
            break
    return found


def seen(text, part=Part.OUTPUT, mime=None):
    return [view.text for view in every_view(segment(text, part, mime=mime))]


def folded(*cells):
    segments = [segment(cell, Part.CODE, number=number) for number, cell in enumerate(cells, 1)]
    view = Program(segments).folded(segments[-1], range(len(cells[-1])), range(len(cells[-1])))
    return view.text if view else ""


@pytest.mark.parametrize(("text", "expected"), [
    ("a\x1b[31mbc\x1b[0md", "abcd"), ("x\u200by\u00adz", "xyz"), ("ab%3Dcd", "ab=cd"), (r"\x41\x42\u0043\104", "ABCD"), (r'{\"a\": \"b\"}', '{"a": "b"}'), (r"https:\/\/x", "https://x"),
    ("\uff41\uff42", "ab"), ("a=3Db=\nc", "a=bc"),
])  # fmt: skip
def test_escapes(text, expected):
    assert expected in seen(text)


@pytest.mark.parametrize(("text", "expected"), [
    ("<b>ab<span class='x'>cd</span></b>", "abcd"), ("p&#97;ss&amp;x", "pass&x"), ("<td>name</td><td>value</td>", "value"), ("key<wbr>s", "keys"),
    ("<table><tr><th>user</th><th>pass</th></tr><tr><td>ada</td><td>x1</td></tr></table>", "pass: x1"),
])  # fmt: skip
def test_markup(text, expected):
    assert any(expected in view for view in seen(text, mime="text/html"))


@pytest.mark.parametrize(("text", "expected"), [
    ('a = "ab" "cd"', 'a = "abcd"'), ("a = 'ab' + 'cd'", "a = 'abcd'"), ('a = ("ab"\n     "cd")', 'a = ("abcd")'), ('a = "ab" \\\n  "cd"', 'a = "abcd"'), ('"".join(["ab", "cd"])', '"".join(["abcd"])'),
])  # fmt: skip
def test_literals(text, expected):
    assert expected in seen(text, Part.CODE)


PLAIN = '{"user": "ada", "password": "x"}'


@pytest.mark.parametrize("encoded", [
    base64.b64encode(PLAIN.encode()), base64.urlsafe_b64encode(PLAIN.encode()).rstrip(b"="), PLAIN.encode().hex().encode(), base64.b64encode(gzip.compress(PLAIN.encode(), mtime=0)),
    base64.b64encode(base64.b64encode(PLAIN.encode())), base64.b64encode(PLAIN.encode("utf-16-le")), base64.b32encode(PLAIN.encode()),
])  # fmt: skip
def test_encoded(encoded):
    assert PLAIN in seen(f"x {encoded.decode()} y")


def test_wrapped_base64_is_one():
    text = base64.encodebytes((PLAIN * 5).encode()).decode()
    assert PLAIN * 5 in seen(text)


def test_data_is_no_text():
    assert not seen(base64.b64encode(bytes(range(256)) * 20).decode())


def test_lines_that_a_terminal_broke_are_joined():
    line = "token=" + "a1B2" * 20
    assert f"{line[:80]}{line[80:]}\nnext" in seen(f"{line[:80]}\n{line[80:]}\nnext")


@pytest.mark.parametrize(("text", "expected"), [
    ("id,user,password\n1,ada,x1y2\n", "password: x1y2"), ("| user | token |\n|---|---|\n| ada | t1 |", "token: t1"), ("  user  api_key\n0  ada     k123", "api_key: k123"),
    ("+------+-----+\n| user | pwd |\n+------+-----+\n| ada  | p9  |\n+------+-----+", "pwd: p9"),
])  # fmt: skip
def test_tables(text, expected):
    assert any(expected in view for view in seen(text))


@pytest.mark.parametrize(("cells", "expected"), [
    (('token = "abc" + "def"',), "abcdef"), (('token = "fedcba"[::-1]',), "abcdef"), (('a = "abc"', 'token = a + "def"'), "abcdef"), (('a = "abc"\nb = "def"\ntoken = f"{a}{b}"',), "abcdef"),
    (('token = "".join(["ab", "cd", "ef"])',), "abcdef"), (('token = "".join(chr(c) for c in [97, 98, 99, 100, 101, 102])',), "abcdef"), (('token = "%s-%s" % ("abc", "def")',), "abc-def"),
    (('token = "{}{}".format("abc", "def")',), "abcdef"), (('token = bytes.fromhex("616263646566").decode()',), "abcdef"), (('token = codecs.decode("nopqrs", "rot13")',), "abcdef"),
    (('token = base64.b85decode("VPaz!Zf^").decode()',), ""), (('token = "abc"\ntoken += "def"',), "abcdef"), (('token = "aXbXcXdef".replace("X", "")',), "abcdef"),
    (('f(api_key="abc" + "def")',), "abcdef"), (('d = {"token": "abc" + "def"}',), "abcdef"), (('token = "".join(map(chr, [97, 98, 99, 100, 101, 102]))',), "abcdef"),
    (('token = "".join(chr(ord(c) ^ 1) for c in "`cbedg")',), "abcdef"), (('token = str(b"abcdef", "utf-8")',), "abcdef"), (('parts = ["abc", "def"]', 'token = "".join(parts)'), "abcdef"),
])  # fmt: skip
def test_programs_are_folded(cells, expected):
    assert expected in folded(*cells)


@pytest.mark.parametrize("text", [
    'token = "%1000000000d" % 5', 'token = "{:>1000000000}".format("a")', 'token = "a" * 10**9', 'token = x + "a"', 'token = ("a" + ', 'token = open("f").read() + "abcdef"', 'token = "a".join(token)',
    'token = "' + "a" * 60000 + '".replace("a", "' + "b" * 60000 + '")', "token = token + token", 'token = __import__("os").environ["X"] + "abcdef"', 'token = "abc"[5] + "x"', 'token = b64decode("!!!") + b"x"',
])  # fmt: skip
def test_what_is_no_constant_or_too_large_comes_to_nothing(text):
    assert len(folded(text)) < 1000


def test_a_folder_gives_up_on_a_deep_expression():
    import ast

    expression = ast.parse("+".join(["'a'"] * 900), mode="eval").body
    assert isinstance(Folder(lambda _: None).fold(expression), str | None)


def test_a_secret_in_base64_stands_where_its_base64_stands(scan):
    config = '{"user": "ada", "db_password": "Tr0ub4dor!x"}'
    encoded = base64.b64encode(config.encode()).decode()
    (finding,) = scan(f"cfg = {encoded}")
    start, end = finding.location.column - 1 - len("cfg = "), finding.location.end_column - 1 - len("cfg = ")
    assert "Tr0ub4dor!x"[:8] in base64.b64decode(encoded[start // 4 * 4 : end // 4 * 4 + 4]).decode()


@given(st.text(max_size=300), st.sampled_from([Part.CODE, Part.OUTPUT, Part.MARKDOWN, Part.TRACEBACK]))
def test_any_text_has_views_that_stay_inside_it(text, part):
    whole = segment(text, part, mime="text/html")
    lines = text.count("\n") + 1
    for view in every_view(whole):
        for position in {0, len(view.text) // 2, len(view.text)}:
            assert 1 <= view.at(position, position).line <= lines


def test_a_bomb_is_bounded():
    bomb = base64.b64encode(gzip.compress(b"0" * 50_000_000)).decode()
    assert sum(len(view) for view in seen(f"x = {bomb}")) < 4 << 20
