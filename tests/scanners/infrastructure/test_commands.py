"""Shell text → commands: what runs, with which arguments, fed by what, and where it stands."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlsec_nb.scanners.infrastructure.commands import of_list, of_script
from mlsec_nb.scanners.tree import Node


@pytest.mark.parametrize(("text", "names"), [
    ("a b && c; d | e || f & g", "a c d e f g"),
    ("sudo -E env X=1 pip3.11 install x", "pip"),
    ("python3 -m pip install x", "pip"),
    ("python -m mlflow.server", "mlflow"),
    ("uv pip install x && uv run --frozen jupyter lab && poetry run ray start", "pip jupyter ray"),
    ("if [ -f x ]; then exec jupyter lab; fi", "[ jupyter fi"),
    ("echo 'a; b | c' \"d && e\" # f; g", "echo"),
    ("x=$(curl -s u) && echo `date`", "curl date echo"),
    ("", ""),
])  # fmt: skip
def test_commands_are_told_apart(text, names):
    found = [command.name for command in of_script(text)]
    assert [name for name in found if name in names.split()] == names.split()
    assert not {"b", "g", "x"} & set(found) or "g" in names


def test_pipes_and_substitutions_feed():
    assert of_script("curl u | tee x | sh")[-1].fed_by == ("curl", "tee")
    assert of_script("curl u || sh")[-1].fed_by == ()
    assert of_script("bash <(curl u)")[-1].fed_by == ("curl",)
    assert of_script("eval `wget u`")[-1].fed_by == ("wget",)


def test_a_shell_in_an_argument_list_runs_its_text():
    words = [Node(0, 1, text) for text in ("/bin/bash", "-lc", "curl u | sh")]
    assert [command.name for command in of_list(words)] == ["curl", "sh"]
    assert of_list([]) == []


@given(st.text("ab|&;$()`'\"\\ \n#<>{}=-", max_size=40))
def test_places_are_inside_the_text(text):
    for command in of_script(text):
        assert 0 <= command.start <= command.end <= len(text)
        assert all(0 <= word.start <= word.end <= len(text) for word in command.words)
