"""Every channel through which a secret could reach a saved notebook."""

import pytest

from .kernels import Kernel

BODY = "qTzVbNkRwYxLmPdGhJsCfAeUiOqZtWvBnK"
SECRET = "hf_" + BODY
MAKE = f"import os, sys, threading; s = 'hf_' + {BODY!r}"

CHANNELS = {
    "stdout": "print(s)",
    "stderr": "print(s, file=sys.stderr)",
    "result": "s",
    "display": "display(s)",
    "html": "from IPython.display import HTML; display(HTML(f'<b>{s}</b>'))",
    "frame": "import pandas as pd; pd.DataFrame({'token': [s]})",
    "error": "raise ValueError(s)",
    "error that builds its text": "class E(Exception):\n    def __str__(self): return s\nraise E",
    "chained error": "try:\n    raise ValueError(s)\nexcept ValueError as e:\n    raise KeyError('x') from e",
    "environment": "os.environ['HF_TOKEN'] = s; print(os.environ)",
    "two flushes": "import time\nprint(s[:9], end=''); sys.stdout.flush(); time.sleep(.4); print(s[9:])",
    "shell": "!echo {s}",
    "thread": "t = threading.Thread(target=lambda: print(s)); t.start(); t.join()",
    "update_display": "h = display('x', display_id=True); h.update(s)",
    "file descriptor": "os.write(1, (s + chr(10)).encode()); import time; time.sleep(.5)",
    "no newline": "print(s, end='')",
}


@pytest.fixture(scope="module", autouse=True)
def guarded(kernel: Kernel) -> None:
    assert "output" in kernel.run("%mlsec guard on output").stream()
    kernel.run(MAKE)


@pytest.mark.parametrize("code", CHANNELS.values(), ids=CHANNELS.keys())
def test_no_channel_lets_a_secret_out(kernel: Kernel, code: str) -> None:
    ran = kernel.run(code)
    # What a held-back text would still add comes with the next cell at the latest.
    after = kernel.run("None")
    text = ran.everything + after.everything
    assert not any(BODY[i : i + 6] in text for i in range(len(BODY) - 5)), text
    assert "characters)" in text


def test_nothing_else_is_swallowed_or_moved(kernel: Kernel) -> None:
    ran = kernel.run("print('oh', end=''); print(' my'); print('word', end='')")
    assert ran.stream() == "oh my\nword"


def test_text_in_front_of_a_display_stays_in_front(kernel: Kernel) -> None:
    ran = kernel.run("print('first', end=''); sys.stdout.flush(); import time; time.sleep(.3); display('second')")
    kinds = [m["msg_type"] for m in ran.messages if m["msg_type"] in ("stream", "display_data")]
    shown = [m["content"].get("text") for m in ran.messages if m["msg_type"] == "stream"]
    assert "".join(shown) == "first"
    assert kinds[0] == "stream"


def test_pictures_are_left_alone(kernel: Kernel) -> None:
    ran = kernel.run("from IPython.display import display\ndisplay({'image/png': 'iVBORw0KGgo' + s}, raw=True)")
    assert ran.data("image/png") == ["iVBORw0KGgo" + SECRET]


def test_the_log_counts_and_off_is_off(kernel: Kernel) -> None:
    assert "masked" in kernel.run("%mlsec guard status").stream()
    kernel.run("%mlsec guard off output")
    assert BODY in kernel.run("print(s)").stream()
    kernel.run("%mlsec guard on output")
    assert BODY not in kernel.run("print(s)").everything
