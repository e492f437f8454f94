"""The hard ways: split, encoded, escaped, hidden."""

import base64
import bz2
import codecs
import gzip
import html
import json
import random
import struct
import urllib.parse
import zlib

from tests.scanners.secrets.kinds import Secret
from tests.scanners.secrets.ways import Cell, code, markdown, shown, snake, stream


def _cut(draw: random.Random, value: str, parts: int = 2) -> list[str]:
    at = sorted(draw.sample(range(3, len(value) - 2), min(parts - 1, len(value) - 5)))
    return [value[a:b] for a, b in zip([0, *at], [*at, len(value)], strict=True)]


def split_literals(draw: random.Random, secret: Secret) -> Cell:
    s = snake(secret.name)
    a, b = _cut(draw, secret.value)
    three = _cut(draw, secret.value, 3)
    return code(draw.choice([
        f'{s} = "{a}" "{b}"', f"{s} = '{a}' + '{b}'", f'{s} = ("{a}"\n     "{b}")', f'{s} = "{a}" \\\n    "{b}"', f'{s} = "{a}" + \\\n    "{b}"', f'{s} = (\n    "{a}" +\n    "{b}"\n)',
        f'{s} = "".join(["{three[0]}", "{three[1]}", "{three[2]}"])', f'a = "{a}"\nb = "{b}"\n{s} = a + b', f'a = "{a}"\nb = "{b}"\n{s} = f"{{a}}{{b}}"', f'{s} = "{a}"\n{s} += "{b}"',
        f'{s} = "{a}%s" % "{b}"', f'{s} = "{{}}{{}}".format("{a}", "{b}")', f'{s} = "{secret.value[::-1]}"[::-1]', f'{s} = f"{a}{{\'{b}\'}}"', f'{s} = "{a}XX{b}".replace("XX", "")',
        f'{s} = "".join(("{a}", "{b}"))', f'{s} = "{a}"  "{b}"  # two parts', f'parts = ["{three[0]}", "{three[1]}", "{three[2]}"]\n{s} = "".join(parts)',
    ]))  # fmt: skip


def escaped_literals(draw: random.Random, secret: Secret) -> Cell:
    s, v = snake(secret.name), secret.value
    return code(draw.choice([
        f'{s} = "' + "".join(f"\\x{ord(c):02x}" for c in v) + '"', f'{s} = "' + "".join(f"\\u{ord(c):04x}" if i % 5 == 0 else c for i, c in enumerate(v)) + '"',
        f"{s} = '" + json.dumps(json.dumps({secret.name: v}))[1:-1] + "'", f"{s} = bytes({list(v.encode())}).decode()", f'{s} = "".join(map(chr, {list(v.encode())}))',
        f'{s} = bytes.fromhex("{v.encode().hex()}").decode()', f'{s} = codecs.decode("{codecs.encode(v, "rot13")}", "rot13")', f'{s} = "' + "".join(f"\\{ord(c):03o}" for c in v) + '"',
        f"url = 'https:\\/\\/api.acme.io\\/?{s}={v}'", f'{s} = "' + "".join("\\N{x}" if False else c for c in v) + '"', f"{s} = unquote('{''.join(f'%{ord(c):02X}' for c in v)}')",
    ]))  # fmt: skip


def encoded(draw: random.Random, secret: Secret) -> Cell:
    s = snake(secret.name)
    line = f"{secret.name}={secret.value}"
    config = json.dumps({"user": "ada", secret.name: secret.value, "region": "eu"})
    b64 = lambda data: base64.b64encode(data).decode()  # noqa: E731
    return code(*draw.choice([
        (f'{s} = b64decode("{b64(secret.value.encode())}")',), (f"!echo {b64(line.encode())} | base64 -d > .env",), (f'cfg = json.loads(b64decode("{b64(config.encode())}"))',),
        (f'blob = "{b64(gzip.compress(config.encode(), mtime=0))}"',), (f'blob = "{b64(zlib.compress(config.encode()))}"',), (f'blob = "{config.encode().hex()}"',),
        (f'x = "{b64(b64(config.encode()).encode())}"',), (f'blob = "{base64.urlsafe_b64encode(config.encode()).decode().rstrip("=")}"',), (f'!powershell -enc {b64(config.encode("utf-16-le"))}',),
        (f'href = "data:application/json;base64,{b64(config.encode())}"',), ("x", stream(b64(config.encode()) + "\n")), (f'q = "?state={urllib.parse.quote(config)}"',),
        (f'blob = "{b64(bz2.compress(config.encode()))}"',), (f'b32 = "{base64.b32encode(config.encode()).decode()}"',), (f'b85 = base64.b85decode("{base64.b85encode(config.encode()).decode()}")',),
        ("x", stream(base64.encodebytes((config + " " * 60 + config[:-1] + "}").encode()).decode())), (f"%%writefile s.yaml\nkind: Secret\ndata:\n  {s}: {b64(secret.value.encode())}\n",),
    ]))  # fmt: skip


def torn_output(draw: random.Random, secret: Secret) -> Cell:
    a, b = _cut(draw, secret.value)
    line = f"{secret.name}={a}"
    wide = f"{secret.name}={secret.value}"
    at = len(line)
    style = draw.randrange(8)
    if style == 0:
        return code("x", stream([line, b + "\n"]))
    if style == 1:
        return code("x", stream(line), stream(b + "\n"))
    if style == 2:
        return code("x", stream(f"{secret.name}=\x1b[32m{a}\x1b[1m{b}\x1b[0m\n"))
    if style == 3:
        return code(
            "x",
            shown(html=f"<p>{html.escape(secret.name)}={html.escape(a)}<span class='x'>{html.escape(b)}</span></p>"),
        )
    if style == 4:
        return code(
            "x",
            shown(html=f"<td>{html.escape(secret.name)}</td><td>{''.join(f'&#{ord(c)};' for c in secret.value)}</td>"),
        )
    if style == 5:
        return code("x", shown(html=f"<pre>{html.escape(secret.name)}={html.escape(a)}<wbr>{html.escape(b)}</pre>"))
    if style == 6:
        return code("x", stream(f"{secret.name}={a}\u200b{b}\n"))
    width = max(at, 40)
    text = (" " * (width - at) if at < width else "") + wide
    return code("x", stream("\n".join(text[i : i + width] for i in range(0, len(text), width)) + "\nnext line\n"))


def tables(draw: random.Random, secret: Secret) -> Cell:
    n, v = secret.name, secret.value
    width = max(len(n), len(v))
    style = draw.randrange(6)
    if style == 0:
        return code("df", shown(plain=f"  user {n:>{width}}\n0  ada {v:>{width}}"))
    if style == 1:
        return code("!cat users.csv", stream(f"id,user,{n},note\n1,ada,{v},x\n"))
    if style == 2:
        return markdown(f"| user | {n} |\n|---|---|\n| ada | {v} |")
    if style == 3:
        return code(
            "df",
            stream(
                f"+------+{'-' * (width + 2)}+\n| user | {n:<{width}} |\n+------+{'-' * (width + 2)}+\n| ada  | {v:<{width}} |\n+------+{'-' * (width + 2)}+\n"
            ),
        )
    if style == 4:
        return code("s", shown(plain=f"user         ada\n{n}    {v}\nName: 0, dtype: object"))
    return code(
        "x",
        shown(
            html=f"<table><thead><tr><th>user</th><th>{html.escape(n)}</th></tr></thead><tbody><tr><td>ada</td><td>{html.escape(v)}</td></tr></tbody></table>"
        ),
    )


def files(draw: random.Random, secret: Secret) -> Cell:
    n, v, s = secret.name, secret.value, snake(secret.name)
    b64 = base64.b64encode(f"ada:{v}".encode()).decode()
    return code(*draw.choice([
        (f"%%writefile ~/.netrc\nmachine api.acme.io\n  login ada\n  password {v}\n",), (f'%%writefile ~/.docker/config.json\n{{"auths": {{"r.acme.io": {{"auth": "{b64}"}}}}}}',),
        (f"%%writefile ~/.pypirc\n[pypi]\nusername = __token__\npassword = {v}\n",), (f"headers = {{'Authorization': 'Basic {b64}'}}",), (f"%%writefile app.xml\n<config><{s}>{v}</{s}></config>",),
        (f'%%writefile web.config\n<add key="{n}" value="{v}" />',), (f'%%writefile pod.yaml\nenv:\n  - name: {s.upper()}\n    value: "{v}"\n',), (f'%%writefile main.tf\nvariable "{s}" {{\n  default = "{v}"\n}}\n',),
        (f"%%writefile Dockerfile\nFROM python\nENV {s.upper()} {v}\nARG X=1\n",), (f'env = [{{"name": "{s.upper()}", "value": "{v}"}}]',), ("!env", stream(f"SHELL=/bin/bash\n{s.upper()}={v}\nPWD=/root\n")),
        ("!kubectl get secret -o yaml", stream(f"apiVersion: v1\ndata:\n  {s}: {base64.b64encode(v.encode()).decode()}\nkind: Secret\n")), (f"!aws configure set {s} {v}",),
        ("!history", stream(f"  12  export {s.upper()}={v}\n")), (f'%%javascript\nlocalStorage.setItem("{s}", "{v}");',), (f"%%html\n<script>const {s} = '{v}';</script>",),
        (f"%%sql\nCREATE SECRET x (TYPE S3, KEY_ID 'a', {s} '{v}');",), (f"%%writefile vars.sh\nset -e\n{s.upper()}='{v}' ./run.sh\n",), (f"%%cmd\nset {s.upper()}={v}",), (f'%%powershell\n$env:{s.upper()} = "{v}"',),
        (f"%%writefile app.properties\n{n}={v}\n",), (f"%%writefile my.cnf\n[client]\n{n}={v}\n",), (f"%%writefile inv\nhost1 {s}={v}\n",), (f'%%writefile a.env.yaml\n- "{s}={v}"\n',),
    ]))  # fmt: skip


def png(text: str) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"tEXt", b"Comment\0" + text.encode("latin-1"))
        + chunk(b"IDAT", zlib.compress(b"\0\0"))
        + chunk(b"IEND", b"")
    )


def in_image(draw: random.Random, secret: Secret) -> Cell:
    data = base64.b64encode(png(f"{secret.name}={secret.value}")).decode()
    style = draw.randrange(4)
    if style == 0:
        return {**code("x"), "outputs": [{"output_type": "display_data", "metadata": {}, "data": {"image/png": data}}]}
    if style == 1:
        return markdown("![x](attachment:x.png)", attachments={"x.png": {"image/png": data}})
    if style == 2:
        return markdown(f"![x](data:image/png;base64,{data})")
    return code("x", shown(html=f'<img src="data:image/png;base64,{data}">'))


def in_attachment(draw: random.Random, secret: Secret) -> Cell:
    config = json.dumps({"user": "ada", secret.name: secret.value})
    return draw.choice([
        lambda: markdown("see", attachments={"c.json": {"application/json": base64.b64encode(config.encode()).decode()}}),
        lambda: markdown("see", attachments={"c.txt": {"text/plain": config}}),
        lambda: markdown("see", attachments={"c.txt": {"text/plain": base64.b64encode(config.encode()).decode()}}),
    ])()  # fmt: skip


HARD = {
    "split": split_literals,
    "escaped": escaped_literals,
    "encoded": encoded,
    "torn": torn_output,
    "tables": tables,
    "files": files,
    "image": in_image,
    "attachment": in_attachment,
}
