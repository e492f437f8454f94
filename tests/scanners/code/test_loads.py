"""Unsafe loads: found by what is called, judged by where the data came from."""

import pytest

from mlsec_nb.core import Confidence, Severity


def only(findings, rule):
    (finding,) = [finding for finding in findings if finding.rule.id == rule]
    return finding


def test_a_downloaded_pickle_is_critical_and_tells_its_way(audit):
    finding = only(
        audit("import pickle, requests\nr = requests.get(url)", "m = pickle.loads(r.content)"), "LOAD-PICKLE"
    )
    assert finding.severity is Severity.CRITICAL
    assert finding.location.cell == 2
    assert (finding.location.line, finding.location.column) == (1, 5)
    (step,) = finding.related
    assert (step.location.cell, step.location.line) == (1, 2)


def test_a_file_downloaded_in_another_cell_is_followed_by_its_path(audit):
    cells = (
        "from urllib.request import urlretrieve as get\nget(URL, './data/m.pkl')",
        "import joblib as j",
        "j.load('data/m.pkl')",
    )
    assert only(audit(*cells), "LOAD-JOBLIB").severity is Severity.CRITICAL


def test_what_comes_out_of_a_downloaded_archive_is_downloaded(audit):
    cells = (
        "import gdown, zipfile, joblib\ngdown.download(u, 'w.zip')",
        "with zipfile.ZipFile('w.zip') as z:\n    z.extractall('w')",
        "joblib.load('w/model.joblib')",
    )
    assert only(audit(*cells), "LOAD-JOBLIB").severity is Severity.CRITICAL


def test_bytes_written_after_a_download_are_followed_through_the_file(audit):
    cells = (
        "import requests, pickle\nfrom pathlib import Path\nP = Path('cache') / 'm.pkl'\nP.write_bytes(requests.get(u).content)",
        "with P.open('rb') as f:\n    m = pickle.load(f)",
    )
    assert only(audit(*cells), "LOAD-PICKLE").severity is Severity.CRITICAL


def test_a_file_that_the_notebook_wrote_is_low(audit):
    cells = (
        "import pickle\nwith open('a.pkl', 'wb') as f:\n    pickle.dump(x, f)",
        "y = pickle.load(open('a.pkl', 'rb'))",
    )
    assert only(audit(*cells), "LOAD-PICKLE").severity is Severity.LOW


def test_a_buffer_that_the_notebook_wrote_is_low(audit):
    text = "import io, pickle\nb = io.BytesIO()\npickle.dump(x, b)\nb.seek(0)\npickle.load(b)\npickle.loads(pickle.dumps(x))"
    loads = [finding for finding in audit(text) if finding.rule.id == "LOAD-PICKLE"]
    assert [finding.severity for finding in loads] == [Severity.LOW] * 2


def test_a_wrapper_in_another_cell_is_walked_with_its_arguments(audit):
    wrapper = "import torch\ndef read(path, **options):\n    return torch.load(path, **options)"
    assert not [item for item in audit(wrapper, "read('a', weights_only=True)") if item.severity is not Severity.INFO]
    finding = only(audit(wrapper, "read('a', weights_only=False)"), "LOAD-TORCH")
    assert finding.severity is Severity.HIGH
    assert finding.location.cell == 1
    assert finding.related[-1].location.cell == 2
    assert only(audit(wrapper), "LOAD-TORCH").confidence is Confidence.LOW


def test_cells_run_in_another_order_than_they_stand(audit):
    cells = ("restore(blob)", "from pickle import loads as restore")
    assert "LOAD-PICKLE" not in {finding.rule.id for finding in audit(*cells)}
    assert only(audit(*cells, counts=[2, 1]), "LOAD-PICKLE").location.cell == 1


@pytest.mark.parametrize(
    "text",
    [
        "import pickle as quiet\nf = quiet.load\nf(handle)",
        "p = __import__('pickle')\np.loads(b)",
        "import importlib as i\ni.import_module('pick' + 'le').loads(b)",
        "import pickle\nname = 'lo' + 'ads'\ngetattr(pickle, name)(b)",
        "from functools import partial\nimport pickle\nread = partial(pickle.load, encoding='latin1')\nread(f)",
        "class Store:\n    def __init__(self, path):\n        import pickle\n        self.read = pickle.load\n    def get(self, f):\n        return self.read(f)\nStore('x').get(f)",
        "import six\nfrom six.moves import cPickle\ncPickle.load(f)",
        "import pickle\n[pickle.load(f) for f in files]",
        "import pickle\nif cached:\n    x = pickle.load(f)\nelse:\n    x = None",
        "try:\n    import cPickle as pickle\nexcept ImportError:\n    import pickle\npickle.load(f)",
        "import pickle\nload = lambda p: pickle.load(open(p, 'rb'))",
        "import pickle\nasync def f(h):\n    await g(pickle.load(h))",
        "%time x = pickle.load(f)",
        "%%time\nimport pickle\nx = pickle.load(f)",
        "import pickle\nprint 'python 2', pickle.load(f)",
        "import pickle\nx = pickle.load(f)\nthis is not python (at all",
        "import pickle\nfor broken in\n    x = pickle.load(open(p))",
    ],
)
def test_a_load_is_seen_however_it_is_written(audit, text):
    assert "LOAD-PICKLE" in {finding.rule.id for finding in audit(text)}


@pytest.mark.parametrize(
    "text",
    [
        "import json as pickle\npickle.load(f)",
        "def load(f):\n    return f.read()\nload(handle)",
        "text = 'pickle.load(f)'",
        "# pickle.load(f)",
        "class pickle:\n    @staticmethod\n    def load(f): return f\npickle.load(f)",
        "import pickle\nload = json.load\nload(f)",
        "from mymodule import pickle\npickle.load(f)",
    ],
)
def test_a_namesake_is_left_alone(audit, text):
    told = {
        finding.rule.id for finding in audit(text) if finding.severity is not Severity.INFO
    }  # Bandit goes by the name
    assert "LOAD-PICKLE" not in told


def test_a_cell_that_cannot_be_read_is_a_gap_and_the_others_are_scanned(audit, gaps):
    cells = ("import pickle", "def broken(:\n    pass", "pickle.load(f)")
    assert only(audit(*cells), "LOAD-PICKLE").location.cell == 3
    (gap,) = gaps(*cells)
    assert gap.location.cell == 2
    assert gap.code == "malformed"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("import torch\nm = torch.load(path)", "import torch\nm = torch.load(path, weights_only=True)"),
        ("import torch\nm = torch.load( path , )", "import torch\nm = torch.load( path , weights_only=True )"),
        (
            "import torch\nm = torch.load(\n    path,\n)",
            "import torch\nm = torch.load(\n    path, weights_only=True\n)",
        ),
        ("import torch\nm = torch.load(p, weights_only=False)", "import torch\nm = torch.load(p, weights_only=True)"),
        ("import numpy as np\nnp.load('é', None, True)", "import numpy as np\nnp.load('é', None, False)"),
        ("import yaml\nyaml.load(t, Loader=yaml.Loader)", "import yaml\nyaml.safe_load(t)"),
        ("import yaml\nx = yaml.load(t)", "import yaml\nx = yaml.safe_load(t)"),
    ],
)
def test_a_fix_is_an_exact_edit(audit, before, after):
    (finding,) = audit(before)
    lines = before.split("\n")
    for edit in sorted(
        finding.fixes[0].edits, key=lambda edit: (edit.location.line, edit.location.column), reverse=True
    ):
        place = edit.location
        assert place.line == place.end_line
        line = lines[place.line - 1]
        lines[place.line - 1] = line[: place.column - 1] + edit.replacement + line[place.end_column - 1 :]
    assert "\n".join(lines) == after


def test_no_edit_is_offered_where_it_would_be_a_guess(audit):
    (finding,) = audit("import torch\nm = torch.load(path  # here\n)")
    assert not finding.fixes
    (finding,) = audit("import torch\nm = torch.load(*rest)")
    assert not finding.fixes
