"""The plain ways in which a key gets into a notebook: each puts a secret into a cell."""

import html
import json
import random
from typing import Any

from tests.scanners.secrets.kinds import Secret

Cell = dict[str, Any]


def code(source: str, *outputs: dict[str, Any], **metadata: Any) -> Cell:
    return {"cell_type": "code", "source": source, "outputs": list(outputs), "metadata": metadata, "execution_count": 1}


def markdown(source: str, **more: Any) -> Cell:
    return {"cell_type": "markdown", "source": source, "metadata": {}, **more}


def raw(source: str) -> Cell:
    return {"cell_type": "raw", "source": source, "metadata": {}}


def stream(text: str | list[str], name: str = "stdout") -> dict[str, Any]:
    return {"output_type": "stream", "name": name, "text": text}


def shown(**data: Any) -> dict[str, Any]:
    mimes = {"plain": "text/plain", "html": "text/html", "json": "application/json", "js": "application/javascript", "md": "text/markdown",
             "svg": "image/svg+xml", "latex": "text/latex", "plotly": "application/vnd.plotly.v1+json"}  # fmt: skip
    return {"output_type": "display_data", "metadata": {}, "data": {mimes[key]: value for key, value in data.items()}}


def error(*lines: str, name: str = "ValueError", value: str = "") -> dict[str, Any]:
    return {"output_type": "error", "ename": name, "evalue": value, "traceback": list(lines)}


def snake(name: str) -> str:
    return name.lower().replace("-", "_").replace(".", "_")


# In code and text, {n} is the name, {s} the name as an identifier, {N} in capitals, {v} the value.
CODE = (
    '{s} = "{v}"', "{s} = '{v}'", '{N}="{v}"', '{s}: str = "{v}"', 'import os\nos.environ["{N}"] = "{v}"', "os.environ.setdefault('{N}', '{v}')",
    '{s} = os.getenv("{N}", "{v}")', 'client = Client(url, {s}="{v}", timeout=3)', 'config = {{"user": "ada", "{n}": "{v}"}}', "cfg = dict({s}='{v}')",
    'cfg["{n}"] = "{v}"', "%env {N}={v}", "%env {N} {v}", "!export {N}={v}", "!echo '{N}={v}' >> .env", "%%bash\nexport {N}={v}\npython run.py", '%%bash\nexport {N}="{v}"',
    "%%writefile .env\nDEBUG=1\n{N}={v}\n", "%%writefile config.yaml\nservice:\n  {n}: {v}\n", '%%writefile config.json\n{{"{n}": "{v}"}}', "%%writefile app.ini\n[main]\n{n} = {v}\n",
    '%%writefile settings.toml\n{s} = "{v}"\n', 'parser.add_argument("--{s}", type=str, default="{v}")', 'def connect(host, {s}="{v}"):\n    pass', "class Config:\n    {s} = '{v}'\n",
    "# {s} = '{v}'\nprint('ok')", "# {n}: {v}\nx = 1", 'def f():\n    """Uses {n}={v} for now."""\n', 'setattr(cfg, "{s}", "{v}")', "spark.conf.set('spark.app.{n}', '{v}')",
    'settings = json.loads(\'{{"{n}": "{v}"}}\')', 'd.update({{\n    "host": "h",\n    "{n}": "{v}",\n}})', "{s} = (\n    '{v}'\n)", 's = SecretStr("{v}"); {s} = SecretStr("{v}")',
    'if {s} == "{v}":\n    pass', '{s} = b"{v}"', "{s} = '''{v}'''", '{s} = r"{v}"', "user, {s} = 'ada', '{v}'", '{s} = input("{n}: ") or "{v}"', 'widgets.Password(value="{v}", description="{n}")',
    "!python train.py --{s} {v} --epochs 3", "!python train.py --{s}={v}", "!docker run -e {N}={v} image", "df = spark.read.option('{n}', '{v}').load()", 'opts = [("{n}", "{v}")]',
    "export {N}={v}", '!curl -H "{n}: {v}" https://api.acme.io/v1', "assert {s} != '{v}'", 'os.putenv("{N}", "{v}")', 'environ = {{**os.environ, "{N}": "{v}"}}', "{s} = str('{v}')",
    'subprocess.run(["app", "--{s}", "{v}"])', "Sys.setenv({N} = '{v}')", 'os.environ.update({{"{N}": "{v}"}})', 'self.{s} = "{v}"', "%set_env {N}={v}", 'st.secrets["{n}"] = "{v}"',
    '{s} = "{v}"  # do not commit', 'const {s} = "{v}";', "monkeypatch.setenv('{N}', '{v}')", 'keyring.set_password("svc", "{n}", "{v}")' , '{s} = f"{v}"', "{s}={v!r}",
)  # fmt: skip
# For what is told by its own form: no name is needed beside it.
BARE_CODE = (
    'client = Client("{v}")', "login('{v}')", 'x = "{v}"', "# {v}", 'requests.get(url, headers={{"Authorization": "Bearer {v}"}})', '!curl -H "Authorization: Bearer {v}" https://a.io',
    "!tool login {v}", 'print("{v}")', "url = 'https://api.acme.io/v1?x={v}&y=2'", 'keys = ["{v}", None]', "call(1,'{v}',2)", 'f"{{base}}/{v}/x"', "!git clone https://oauth2:{v}@git.acme.io/a/b.git",
    'headers = {{"X": "token {v}"}}', 'r = get("{v}")["a"]', "x={v!r}", '"""\n{v}\n"""', "!wget --header='Authorization: token {v}' https://a.io", 'df[df.k == "{v}"]', "%run x.py {v}",
)  # fmt: skip
MARKDOWN = (
    "Use `{n}={v}` to run it.", "- {n}: `{v}`\n- user: ada", "```\n{N}={v}\n```", "```python\n{s} = '{v}'\n```", "| name | value |\n|---|---|\n| {n} | {v} |", "<!-- {n}: {v} -->", "**{n}**: {v}",
    "Set {N} to `{v}` first.", "The {n} is `{v}`.", "```yaml\n{n}: {v}\n```", "    {N}={v}\n", "> {n} = {v}", '<div data-{s}="{v}">x</div>', "~~{n}: {v}~~",
)  # fmt: skip
BARE_MARKDOWN = (
    "Key: {v}",
    "see `{v}`",
    "[run](https://a.io/x?k={v})",
    "({v})",
    "<b>{v}</b>",
    "my key\n\n{v}\n\nworks",
    "* {v}\n* other",
    '<a href="https://a.io/?t={v}">x</a>',
)
STREAM = (
    "{n}: {v}\n", "{N}={v}\n", "{{'{n}': '{v}', 'n': 3}}\n", "Namespace(epochs=3, {s}='{v}')\n", "INFO:root:using {n}={v}\n", "2026-01-02 10:00:01 DEBUG {n}: {v}\n", '{{"{n}": "{v}"}}\n',
    "{n} = {v}\n", "Config({s}='{v}', debug=True)\n", "HOME=/root\n{N}={v}\nPATH=/usr/bin\n", "connecting with {n} {v!r}\n", "{n}={v} retries=3\n", "a\nb\n{n}:\t{v}\n", "<Settings {s}='{v}'>\n",
    '  "{n}": "{v}",\n', "{n} -> {v}\n", "[{n}] {v}\n",
)  # fmt: skip
BARE_STREAM = (
    "{v}\n",
    "Logged in with {v}\n",
    "['{v}']\n",
    "Bearer {v}\n",
    "key is {v}.\n",
    "a {v} b\n",
    '"{v}"\n',
    "401 Client Error: Unauthorized for url: https://a.io/v1?k={v}&a=1\n",
)


def fill(template: str, secret: Secret) -> str:
    return template.format(n=secret.name, s=snake(secret.name), N=snake(secret.name).upper(), v=secret.value)


def in_code(draw: random.Random, secret: Secret) -> Cell:
    choice = BARE_CODE if secret.kind == "token" and draw.random() < 0.35 else CODE
    return code(fill(draw.choice(choice), secret))


def in_markdown(draw: random.Random, secret: Secret) -> Cell:
    choice = BARE_MARKDOWN if secret.kind == "token" and draw.random() < 0.5 else MARKDOWN
    return markdown("# Setup\n\n" + fill(draw.choice(choice), secret))


def text_for(draw: random.Random, secret: Secret) -> str:
    return fill(draw.choice(BARE_STREAM if secret.kind == "token" and draw.random() < 0.5 else STREAM), secret)


def in_stream(draw: random.Random, secret: Secret) -> Cell:
    text = text_for(draw, secret)
    value: str | list[str] = text.splitlines(keepends=True) if draw.random() < 0.5 else text
    return code("run()", stream(value, draw.choice(["stdout", "stderr"])))


def in_result(draw: random.Random, secret: Secret) -> Cell:
    return code(
        "cfg",
        {**shown(plain=text_for(draw, secret).rstrip("\n")), "output_type": "execute_result", "execution_count": 1},
    )


def in_traceback(draw: random.Random, secret: Secret) -> Cell:
    line = fill(draw.choice(CODE[:10]), secret).splitlines()[-1]
    lines = ["\x1b[0;31m---------------\x1b[0m", "\x1b[0;31mValueError\x1b[0m  Traceback (most recent call last)",
             f"\x1b[0;32m<ipython-input-3>\x1b[0m in \x1b[0;36m<module>\x1b[0;34m\x1b[0m\n\x1b[0;32m----> 1 \x1b[0m{line}", "\x1b[0;31mValueError\x1b[0m: no"]  # fmt: skip
    if secret.kind == "token" and draw.random() < 0.5:
        return code(
            "call()",
            error(*lines[:2], value=f"Incorrect API key provided: {secret.value}. Find yours in the dashboard."),
        )
    return code("call()", error(*lines, value="no"))


def in_html(draw: random.Random, secret: Secret) -> Cell:
    value, name = html.escape(secret.value), html.escape(secret.name)
    page = draw.choice([
        f"<table><tr><th>{name}</th></tr><tr><td>{value}</td></tr></table>", f"<p>{name}: <b>{value}</b></p>", f'<input type="password" name="{name}" value="{value}">',
        f"<pre>{name}={value}</pre>", f"<tr><td>{name}</td><td>{value}</td></tr>", f"<script>var cfg = {{'{name}': '{value}'}};</script>", f"<!-- {name}={value} -->",
        f"<div>\n<table border='1'><thead><tr><th></th><th>user</th><th>{name}</th></tr></thead><tbody><tr><th>0</th><td>ada</td><td>{value}</td></tr></tbody></table></div>",
        f"<dl><dt>{name}</dt><dd>{value}</dd></dl>", f'<meta name="{name}" content="{value}">',
    ])  # fmt: skip
    return code("df", shown(html=page, plain="<object>"))


def in_rich(draw: random.Random, secret: Secret) -> Cell:
    style = draw.randrange(6)
    if style == 0:
        return code("x", shown(json={"config": {"user": "ada", secret.name: secret.value}}))
    if style == 1:
        return code(
            "x", shown(plotly={"data": [{"type": "bar", "text": [f"{secret.name}={secret.value}"]}], "layout": {}})
        )
    if style == 2:
        return code("x", shown(js=f'window.cfg = {{"{secret.name}": {json.dumps(secret.value)}}};'))
    if style == 3:
        return code("x", shown(md=f"**{secret.name}**: `{secret.value}`"))
    if style == 4:
        return code(
            "x",
            shown(
                svg=f"<svg xmlns='http://www.w3.org/2000/svg'><text x='1'>{html.escape(secret.name + '=' + secret.value)}</text></svg>"
            ),
        )
    return code("x", shown(latex=f"{secret.name} = {secret.value}"))


def in_cell_metadata(draw: random.Random, secret: Secret) -> Cell:
    style = draw.randrange(3)
    meta = (
        {"parameters": {secret.name: secret.value}}
        if style == 0
        else {"tags": [f"{secret.name}={secret.value}"]}
        if style == 1
        else {secret.name: secret.value}
    )
    return code("pass", **meta)


def in_raw(draw: random.Random, secret: Secret) -> Cell:
    return raw(fill(draw.choice(["{N}={v}", "{n}: {v}", '{{"{n}": "{v}"}}', "export {N}='{v}'"]), secret))


WAYS = {"code": in_code, "markdown": in_markdown, "stream": in_stream, "result": in_result, "traceback": in_traceback, "html": in_html, "rich": in_rich,
        "cell metadata": in_cell_metadata, "raw": in_raw}  # fmt: skip
