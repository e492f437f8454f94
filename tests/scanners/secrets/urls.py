"""Ways for credentials in URLs, pairs and commands, and for private keys."""

import json
import random

from tests.scanners.secrets.kinds import Secret
from tests.scanners.secrets.ways import Cell, code, markdown, raw, shown, stream

URLS = (
    'engine = create_engine("{k}://ada:{v}@db.acme.io:5432/prod")', "DATABASE_URL={k}://ada:{v}@db.acme.io/prod", "%env DATABASE_URL={k}://ada:{v}@10.0.0.5/prod", "%sql {k}://ada:{v}@db.acme.io/prod",
    "uri = '{k}://ada:{v}@cluster0.ab1cd.acme.io/?retryWrites=true'", "{k}://:{v}@cache.acme.io:6379/0", 'dsn = "host=db.acme.io user=ada password={v} dbname=prod"', 'requests.get(url, auth=("ada", "{v}"))',
    "!curl -u ada:{v} https://api.acme.io/x", "!mysql -h db -u ada -p{v} prod", "!sshpass -p '{v}' ssh ada@acme.io", "!docker login -u ada -p {v} registry.acme.io", "server.login('ada@acme.io', '{v}')",
    'conn = "Server=tcp:db.acme.io,1433;Database=prod;Uid=ada;Pwd={v};Encrypt=yes;"', "!PGPASSWORD={v} psql -h db.acme.io -U ada", "!echo '{v}' | sudo -S apt update  # password: {v}",
    "jdbc:postgresql://db.acme.io/prod?user=ada&password={v}", "!pip install --index-url https://ada:{v}@pypi.acme.io/simple pkg", "!git clone https://ada:{v}@git.acme.io/team/r.git",
    "session.auth = HTTPBasicAuth('ada', '{v}')", "cur.execute(\"CREATE USER ada WITH PASSWORD '{v}'\")", "cur.execute(\"ALTER USER ada IDENTIFIED BY '{v}'\")", "machine git.acme.io login ada password {v}",
    "db.acme.io:5432:prod:ada:{v}", "!wget --user=ada --password={v} https://acme.io/f", "ftp = FTP('ftp.acme.io', 'ada', passwd='{v}')", 'proxies = {{"https": "http://ada:{v}@proxy.acme.io:3128"}}',
    "!redis-cli -h cache -a {v} ping", "!unzip -P {v} data.zip", "pd.read_sql(q, '{k}://ada:{v}@db/prod')",
)  # fmt: skip


def in_url(draw: random.Random, secret: Secret) -> Cell:
    text = draw.choice(URLS).format(k=secret.name, v=secret.value)
    style = draw.randrange(5)
    if style < 3:
        return code(text)
    if style == 3:
        return markdown(f"```\n{text}\n```")
    return code("run()", stream(text + "\n"))


def in_block(draw: random.Random, secret: Secret) -> Cell:
    value = secret.value
    return draw.choice([
        lambda: code(f'key = """{value}"""'), lambda: markdown(f"```\n{value}\n```"), lambda: code("!cat id_rsa", stream(value + "\n")), lambda: raw(value),
        lambda: code("%%writefile id_rsa\n" + value), lambda: code(f"creds = {json.dumps({'type': 'service_account', 'private_key_id': 'ab' * 20, 'private_key': value + chr(10)})}"),
        lambda: code("x", shown(json={"private_key": value})), lambda: code("key = (\n" + "\n".join(f'    "{line}\\n"' for line in value.splitlines()) + "\n)"),
        lambda: code("key", shown(plain=repr(value))), lambda: code("x", stream(value.splitlines(keepends=True))),
    ])()  # fmt: skip
