"""One leak, one story; how it is mended; what prints it."""

from mlsec_nb.core import Confidence, Part
from mlsec_nb.scanners.secrets.examples import expand
from tests.scanners.secrets.conftest import segment

KEY = expand("gsk_{alnum:52}", 3)


def test_the_first_place_of_a_secret_knows_the_others(scan):
    found = scan(segment(f'key = "{KEY}"', Part.CODE), segment(f"key {KEY}\nagain {KEY}\n", number=2))
    assert [finding.rule.id for finding in found] == ["SECRET-GROQ-KEY"] * 3
    assert len({finding.evidence.digest for finding in found}) == 1
    first, *others = found
    assert [related.location for related in first.related] == [finding.location for finding in others]
    assert first.details["places"] == 3
    assert not any(finding.related for finding in others)


def test_the_same_text_gives_the_same_findings_in_the_same_order(scan):
    texts = [
        segment(f"a = '{expand('hf_{letters:34}', n)}' password = 'Tr0ub{n}dor!'", Part.CODE, number=n)
        for n in range(1, 6)
    ]
    assert scan(*texts) == scan(*texts)


def test_a_literal_is_read_from_the_environment_instead(scan):
    text = f'import os\nclient = Groq(api_key="{KEY}")'
    (finding,) = scan(text, part=Part.CODE)
    fix = finding.fixes[0]
    (edit,) = fix.edits
    assert fix.action == "replace"
    assert edit.replacement == 'os.environ["GROQ_API_KEY"]'
    line = text.splitlines()[1]
    assert line[edit.location.column - 1 : edit.location.end_column - 1] == f'"{KEY}"'


def test_os_is_imported_where_nobody_did(scan):
    (finding,) = scan(f'GROQ = "{KEY}"', part=Part.CODE)
    first, second = finding.fixes[0].edits
    assert (first.location.line, first.location.column, first.replacement) == (1, 1, "import os\n")
    assert second.replacement == 'os.environ["GROQ_API_KEY"]'


def test_what_is_put_together_is_replaced_as_a_whole(scan):
    text = f'import os\napi_key = "{KEY[:20]}" + \\\n    "{KEY[20:]}"'
    (finding,) = scan(text, part=Part.CODE)
    edit = finding.fixes[0].edits[-1]
    assert (edit.location.line, edit.location.column) == (2, 11)
    assert edit.location.end_line == 3
    assert edit.location.end_column == len(text.splitlines()[2]) + 1


def test_magics_and_files_written_by_a_cell_have_no_code_to_replace(scan):
    for text in (f"%env GROQ_API_KEY={KEY}", f"%%writefile .env\nGROQ_API_KEY={KEY}", f"# {KEY}"):
        (finding,) = scan(text, part=Part.CODE)
        assert finding.fixes == (), text


def test_a_cell_that_prints_a_secret_is_told(scan):
    for text in (
        'print(os.environ["API_TOKEN"])', "print(f'using {api_token}')", "!echo $AWS_SECRET_ACCESS_KEY", "print('key', client.api_key)", "logger.info(db_password)",
        "print('token: ' + access_token)", "%env HF_TOKEN", "print(os.environ.get('DB_PASSWORD'))", "for i in x:\n    print(client_secret)",
    ):  # fmt: skip
        (finding,) = scan(text, part=Part.CODE)
        assert finding.rule.id == "SECRET-PRINTED", text
        assert finding.confidence is Confidence.MEDIUM


def test_a_cell_that_prints_none_is_not(scan):
    for text in (
        'print(bool(os.environ.get("API_TOKEN")))', "print(tokenizer.pad_token)", "print(len(api_key))", "for token in tokens:\n    print(token)", "print('api_key')", "print(api_key[:4])",
        "print(password_hash is None)", "!echo $HOME", "%env HOME", "print(primary_key)", "print(token)", "def f(:\n print(api_key)",
    ):  # fmt: skip
        assert not scan(text, part=Part.CODE), text


def test_a_variable_that_holds_a_secret_is_not_to_be_printed_whatever_its_name(scan):
    given = segment(expand('groq = "gsk_{alnum:52}"', 3), Part.CODE, number=1)
    assert [finding.location.cell for finding in scan(given, segment("print(f'{groq}')", Part.CODE, number=2))] == [
        1,
        2,
    ]
    for other in ("print('groq')", "print(client.groq)", "groq = 'llama'\nprint(groq)", "print(len(groq))"):
        assert len(scan(given, segment(other, Part.CODE, number=2))) == 1, other


def test_the_fix_of_a_print_says_whether_it_is_set(scan):
    (finding,) = scan("print(api_token)", part=Part.CODE)
    assert finding.fixes[0].edits[0].replacement == "bool(api_token)"


def test_only_as_sure_as_asked(scan):
    wrong = expand("ghp_{alnum:36}", 5)
    assert not scan(f'x = "{wrong}"')
    (finding,) = scan(f'x = "{wrong}"', **{"min-confidence": "low"})
    assert finding.confidence is Confidence.LOW
    assert not scan('password = "hunter2!x"', **{"min-confidence": "high"})


def test_an_unusual_alphabet_is_a_doubt_not_a_no(scan):
    (finding,) = scan("key AKIA" + "Q0R1S8T9U2V3W4X5")
    assert finding.rule.id == "SECRET-AWS-ACCESS-KEY"
    assert finding.confidence is Confidence.MEDIUM
