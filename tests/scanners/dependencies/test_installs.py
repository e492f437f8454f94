import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlsec_nb.core import Component, Finding, Gap
from mlsec_nb.scanners.dependencies.shell import commands
from tests.scanners.dependencies.kit import packages, rules, scan


@pytest.mark.parametrize(
    ("cell", "installed"),
    [
        ("%pip install a==1", {"a==1"}),
        ("!pip install a==1 b", {"a==1", "b"}),
        ("! pip3 install -q --upgrade a", {"a"}),
        ("!!pip install a", {"a"}),
        ("!python -m pip install a", {"a"}),
        ("!python3.11 -m pip install a", {"a"}),
        ("!/usr/bin/python -m pip install a", {"a"}),
        ("!{sys.executable} -m pip install a==2", {"a==2"}),
        ("!sudo -H pip install a", {"a"}),
        ("!PIP_NO_INPUT=1 pip install a", {"a"}),
        ("%conda install -y -c conda-forge a", {"a"}),
        ("!conda install a=1.2 b==1.3=py_0", {"a==1.2", "b==1.3"}),
        ("!mamba install -n env conda-forge::a", {"a"}),
        ("%uv pip install a", {"a"}),
        ("!uv pip install --system a", {"a"}),
        ("!uv add a", {"a"}),
        ("!uv tool install a", {"a"}),
        ("!poetry add a", {"a"}),
        ("!pipx install a", {"a"}),
        ("!npm install -g left-pad@1.3.0", {"left-pad==1.3.0"}),
        ("!npm i @scope/a", {"@scope/a"}),
        ("!yarn add a", {"a"}),
        ("!apt-get -qq install -y libfoo", {"libfoo"}),
        ("!apt-get update && apt install libfoo=1.0-1", {"libfoo==1.0-1"}),
        ("out = !pip install a", {"a"}),
        ("out = %pip install a", {"a"}),
        ("%system pip install a", {"a"}),
        ("%sx pip install a", {"a"}),
        ("pip install a", {"a"}),
        ("if colab:\n    !pip install a\nelse:\n    %pip install b", {"a", "b"}),
        ("!pip install \\\n  a \\\n  'b==2'", {"a", "b==2"}),
        ("%%bash\npip install a # b\nif x; then pip install c; fi", {"a", "c"}),
        ("%%sh\ncat <<EOF > f\npip install no\nEOF\npip install a", {"a"}),
        ("%%capture\n!pip install a", {"a"}),
        ("%%capture out\n%pip install a", {"a"}),
        ("!pip install 'a>=1,<2' \"b[x,y]\"", {"a", "b"}),
        ("!pip install torch==2.1.0+cpu", {"torch==2.1.0+cpu"}),
        ("!pip install a=={version} $FLAG", {"a"}),
        ("import subprocess, sys\nsubprocess.check_call([sys.executable, '-m', 'pip', 'install', 'a==1'])", {"a==1"}),
        ("subprocess.run('pip install a b'.split())", {"a", "b"}),
        ("subprocess.run(shlex.split('pip install a'))", {"a"}),
        ("subprocess.run(['pip', 'install'] + ['a'])", {"a"}),
        ("os.system('pip install a && pip install b')", {"a", "b"}),
        ("os.system(f'{sys.executable} -m pip install a')", {"a"}),
        ("get_ipython().system('pip install a')", {"a"}),
        ("get_ipython().run_line_magic('pip', 'install a')", {"a"}),
        ("get_ipython().run_cell_magic('bash', '', 'pip install a')", {"a"}),
        ("pip.main(['install', 'a'])", {"a"}),
        ("from pip._internal import main\nmain(['install', 'a'])", {"a"}),
        ("  import os\n  os.system('pip install é a')", {"a"}),
        ("%%writefile requirements.txt\na==1\nb", {"a==1", "b"}),
        ("%%writefile Dockerfile\nFROM x\nRUN pip install a \\\n    b\n", {"a", "b"}),
        ("%%writefile setup.sh\npip install a", {"a"}),
        ("%%writefile t.py\nos.system('pip install a')", {"a"}),
        ("!pip install https://example.com/a-1.0-py3-none-any.whl", {"a==1.0"}),
        ("!pip install git+https://example.com/o/a.git", {"a"}),
        ("!pip install 'a @ git+https://example.com/o/b.git'", {"a"}),
        ("!pip install -t lib --index-url https://example.com/simple a", {"a"}),
    ],
)
def test_every_form_of_install_is_seen(cell: str, installed: set[str]) -> None:
    assert packages(scan(cell)) == installed


@pytest.mark.parametrize(
    "cell",
    [
        "# !pip install a",
        "x = 1  # pip install a",
        "'''\n!pip install a\n'''",
        "print('run pip install a')",
        "%pip install -r requirements.txt",
        "!pip install -r requirements.txt -c constraints.txt # and more",
        "!pip install -e .",
        "!pip install .",
        "!pip list",
        "!pip uninstall -y a",
        "!echo pip install a",
        "!conda env create -f environment.yml",
        "%%markdown\npip install a",
        "%%html\n!pip install a",
        "pip = 1\ninstall = 2",
        "!grep 'pip install a' README.md",
        "!pip install",
    ],
)
def test_what_installs_nothing_by_name_is_quiet(cell: str) -> None:
    said = scan(cell)
    assert packages(said) == set()
    assert rules(said) == set()


def test_markdown_and_other_kernels_are_not_read_as_shell() -> None:
    assert packages(scan("!pip install a", language="r")) == set()
    assert packages(scan("%%bash\npip install a", language="r")) == {"a"}
    assert packages(scan("pip install a", language="bash")) == {"a"}


def test_names_that_are_computed_are_said_not_to_be_known() -> None:
    (gap,) = scan("!pip install {package}")
    assert isinstance(gap, Gap)
    assert gap.code == "skipped"


def test_a_finding_stands_at_the_word_that_it_is_about() -> None:
    said = scan("x = 1\n!pip install \\\n    'reqeusts==2.0'")
    (found,) = [item for item in said if isinstance(item, Finding)]
    assert (found.location.cell, found.location.line, found.location.column) == (1, 3, 6)
    (component,) = [item for item in said if isinstance(item, Component)]
    assert component.purl == "pkg:pypi/reqeusts@2.0"


def test_a_dockerfile_and_a_program_are_read_too() -> None:
    assert packages(scan("FROM a", "RUN pip install b==1 && \\", "  apt-get install -y c", path="Dockerfile")) == {
        "b==1",
        "c",
    }
    assert packages(scan("import os", "os.system('pip install a')", path="setup_env.py")) == {"a"}


@given(st.text(alphabet=st.sampled_from("pip install-r\\'\"$(){}<>&|;#\n =ab"), max_size=80))
def test_no_line_makes_the_reader_hang_or_lose_its_place(text: str) -> None:
    for command in commands(text):
        for word in command.words:
            assert 0 <= word.start <= word.end <= len(text)
            assert not word.exact or text[word.start : word.end] == word.text
    for end in range(len(text)):
        list(commands(text, 0, end))


@given(st.text(max_size=200))
def test_any_cell_is_read_without_an_error(text: str) -> None:
    scan("!pip install " + text, "os.system('''pip install " + text)
