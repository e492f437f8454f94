"""Values beside telling names, one way after the other."""

import pytest

from mlsec_nb.core import Part
from mlsec_nb.scanners.secrets.examples import expand
from mlsec_nb.scanners.secrets.judges.names import Promise, promise

KEY = expand("{alnum:40}", 11)
HEX = expand("{hex:40}", 12)
PASSWORD = "Tr0ub4dor&3"

IN_CODE = [
    "token = '{k}'", "token: str = '{k}'", 'cfg["token"] = "{k}"', 'd = {{"api_key": "{k}"}}', "f(api_key='{k}')", "setattr(c, 'api_key', '{k}')", 'os.environ["API_TOKEN"] = "{k}"',
    "token = os.getenv('TOKEN', '{k}')", "token = get() or '{k}'", "token = x if x else '{k}'", "a, token, c = 1, '{k}', 3", "user, password = 'ada', '{p}'", "creds = ('ada', '{p}')",
    "def get_token():\n    return '{k}'", "def f(x, token='{k}'): pass", 'parser.add_argument("--token", default="{k}")', "token = (\n    '{k}'\n)", "token=\\\n  '{k}'", "token = '''\n{k}\n'''",
    "API_KEYS = ['{k}']", "tokens = {{'prod': '{k}'}}", "passwords = ['{p}']", 'widgets.Password(value="{p}", description="password")', "!export TOKEN={k}", "%env TOKEN={k}", "%env TOKEN {k}",
    "!x --password {p}", "# token: {k}", '"""\npassword: {p}\n"""', "%%bash\nexport TOKEN={k}", "export TOKEN={k}", "passphrase = 'correct horse battery staple'", "token = Secret('{k}')",
    "пароль = '{p}'", "密码 = '{p}'", "token := '{k}'", "if token == '{k}': pass", "x = SecretStr('{k}'); api_key = x or '{k}'", "wandb.login(\n    key='{h}'\n)", "conn = connect('h', 'ada', '{p}')",
]  # fmt: skip
IN_TEXT = [
    "token: {k}", "API key: {k}", "Secret Access Key : {k}", "password: {p}", "The password is {p}", "Your password has been set to {p}", "| password | {p} |", "password\t{p}", "<password>{p}</password>",
    '"password": "{p}"', "password => {p}", "[password] {p}", "Password for 'https://x.io': {p}", "password='{p}' x=1", "?user=ada&password={p}&x=1", "- name: DB_PASSWORD\n  value: {p}",
    '{{"name": "API_TOKEN", "value": "{k}"}}', "PASSWORD={p}", "Paste an API key from your profile and hit enter: {k}", "X-Api-Key: {k}", "Authorization: Token {k}",
    'variable "db_password" {{\n  default = "{p}"\n}}',
]  # fmt: skip


@pytest.mark.parametrize("template", IN_CODE)
def test_in_code(template, scan):
    text = template.format(k=KEY, p=PASSWORD, h=HEX)
    assert scan(text, part=Part.CODE), text


@pytest.mark.parametrize("template", IN_TEXT)
def test_in_text(template, scan):
    text = template.format(k=KEY, p=PASSWORD, h=HEX)
    (finding,) = scan(text)
    line = text.split("\n")[finding.location.line - 1]
    assert line[finding.location.column - 1 : finding.location.end_column - 1] in (KEY, PASSWORD), text


@pytest.mark.parametrize("text", [
    "token = tokenizer.pad_token", "password = getpass('Password: ')", "x = {'token': 'word', 'key': 'value'}", "password=password", "api_key = os.environ['API_KEY']", "key = 'train/loss'",
    "cache_key = '" + HEX + "'", "password = 'password'", "password = '<password>'", "token = '{{ token }}'", "password = 'Enter your password here please'", "secret = get_secret('prod/db-password-1')",
    "token_type = 'bearer'", "for key, token in x.items(): pass", "tokens = ['the', 'quick', 'brown']", "password: str", "assert password == 'wrong_password'", "password = f'{user}-x'",
    "secret_name = 'projects/123/secrets/abc'", "next_page_token = '" + KEY + "'", "pwd = os.getcwd()", "def get_token(): return 'token'", "password = 'None'", "raise X('invalid token: must be set')",
])  # fmt: skip
def test_look_alikes_in_code(text, scan):
    assert not [finding for finding in scan(text, part=Part.CODE) if finding.rule.id != "SECRET-PRINTED"], text


@pytest.mark.parametrize("text", [
    "I pass out,2,4", "- Pass *Artifacts* and *parameters*", "password must have at least 8 characters", "tokens: 128", "Key: learning_rate", "password: ********", "the key is to train longer",
    "token  pos\nrunning  VERB", "auth: enabled", "Password:", "token: None", "secret: [REDACTED]",
])  # fmt: skip
def test_look_alikes_in_text(text, scan):
    assert not scan(text), text


@pytest.mark.parametrize(("name", "expected"), [
    ("password", Promise.PASSWORD), ("dbPassword", Promise.PASSWORD), ("DB_PASS", Promise.PASSWORD), ("passwords2", Promise.PASSWORD), ("client_secret", Promise.SECRET), ("private_key", Promise.SECRET),
    ("api_key", Promise.TOKEN), ("accessToken", Promise.TOKEN), ("HF_TOKEN", Promise.TOKEN), ("fs.s3a.secret.key", Promise.SECRET), ("key", Promise.KEY), ("aws_access_key_id", Promise.TOKEN),
    ("pad_token", Promise.NOTHING), ("token_type", Promise.NOTHING), ("primary_key", Promise.KEY), ("password_hash", Promise.NOTHING), ("tokenizer", Promise.NOTHING), ("key_path", Promise.NOTHING),
    ("fs.azure.account.key.acme.blob.core.windows.net", Promise.TOKEN), ("pass_through", Promise.NOTHING), ("", Promise.NOTHING), ("eos_token_id", Promise.NOTHING), ("public_key", Promise.NOTHING),
])  # fmt: skip
def test_what_a_name_promises(name, expected):
    assert promise(name) is expected


@pytest.mark.parametrize(("value", "stands_in"), [
    ("2oVkX9pKEYzgtGg2demo8d0KLlJ96eJp8Ut0sWQSu2Bq7B", False),
    ("2oVkX9pKEYzgtGg-demo-8d0KLlJ96eJp8Ut0sWQSu2Bq7B", True),
    ("abc123demo456", True),
    ("9fK2your8fJq2xLm", True),
    ("3k9placeholder8f7LmQz2oVkX9pKEYzgtGg2", True),
])  # fmt: skip
def test_a_short_word_by_chance_makes_no_placeholder_of_a_long_key(value, stands_in):
    from mlsec_nb.scanners.secrets.judges.placeholders import is_placeholder

    assert is_placeholder(value) is stands_in


# Each of these was a false alarm on a public notebook; none of the shapes is a secret.
@pytest.mark.parametrize(("text", "part"), [
    ('# account_key=os.getenv("BLOB_ACCOUNT_KEY_62", "<my-account-key>")', "code"),
    ('user_password = os.getenv("PSQL_USERPW_62", "<my-user-password>")', "code"),
    ("# Value of audience pass to `get_token_for_audience` can be retrieved as follows", "code"),
    ("We'll pass that in to `VectorStoreIndex` as our embedding model.", "markdown"),
    ('{"Name": "latency", "Regex": "train forward pass latency: ([0-9.e+\\\\-]+)"}', "code"),
    ("match = re.search(r'\\[(PASS|FAIL)\\]\\s*\\((\\d+\\.\\d+)\\)', str(text))", "code"),
    ('prompt = """\n    password: {PASSWORD}\n"""', "code"),
    ("!gcloud alloydb clusters create {CLUSTER} --password={password} --region={REGION}", "code"),
    ("!docker login --username AWS --password-stdin {ids[region]}.dkr.ecr.{region}.amazonaws.com", "code"),
    ("!docker login --username AWS --password-stdin 763104351884.dkr.ecr.us-east-1.amazonaws.com", "code"),
    ("!wget -q -c http://images.cocodataset.org/zips/train2017.zip -P coco/images/", "code"),
    ("delete_objects(bucket=BUCKET, keys=hf_s3_objects_keys)", "code"),
    ("the GPT-4 vocabulary is 100,256 tokens (`cl100k_base` in tiktoken)", "markdown"),
    ('SignatureDef key: "regress_x2_to_y3"', "output"),
    ('aws_secret_key="AWS_SECRET_ACCESS_KEY"', "code"),
    ("| Capacity | 2450 mAh | **PASS** | fine |\n| Power | 5000 mA | **FAIL** | bad |", "markdown"),
    ("release_2025#feature_Update to the API keys page#chunk_num57", "output"),
    ('SECRET_TOKEN="$$HF_TOKEN" docker buildx build .', "code"),
    ('app_password = "abcd efgh ijkl mnop"', "code"),
    ('"password": "YourSecurePassword123"', "code"),
    ('pattern = re.compile(r"(?i)secret|passw|passphrase|token|api[_ -]?key|hard-?coded")', "code"),
    ("base-passwd:amd64 3.6.1", "output"),
    ("# 2nd pass: cap3緩和（残りを素直に埋める）", "code"),
    ("cred = make({'type': 'AsymmetricX509Cert', 'usage': 'Verify'})", "code"),
    ("   API Key configured: 2dceb1aa0cda2fc6f7f7...", "output"),
    ("the [Baillie–PSW test](https://en.wikipedia.org/wiki/Baillie%E2%80%93PSW_primality_test), which", "markdown"),
    ("   pw:  0.00760%    fp:  0.01076%", "output"),
    ('Password="TestPass1"', "code"),
    ("client = OpenAI(base_url='http://localhost:8000/v1', api_key='token-abc123')", "code"),
    ("```python\npwd = !pwd\n```", "markdown"),
    ('"thought_signature": "CoIJAVSoXO7fBR_lSxtkrTPzNSYCxfZDP5VTvmZjXzFeZaYBWG2jVGLKvU0nkurOCUuBN4xh5HSf0Im3"', "output"),
    ("{'key': 'llmcache:e4e4faaeea347b9876d03c4f68b7d981234a3a7a4281590ab4bc0e70dbdaef9e'}", "output"),
    ("{'key': 'runs/0b1c2d3e-4f50-4a61-8b72-9c83ad94be05'}", "output"),
    ("valid_password = 'mypassword123'", "code"),
    ("v3_credentials = {'instance_id': 'a5a0e69c-cb3d-4b81-b357-3d3f5d8eb600', 'version': '4.0'}", "code"),
    ("podman login -u <user> -p <password> registry.acme.io/cp/cpd/", "markdown"),
    ("%env USERNAME=\n%env PASSWORD=\n%env DATAPLATFORM_URL=\n", "code"),
    ("this.renderPass = 'offscreen2'; second_pass = 'x9-fast'", "code"),
    ("api_key = 'document360_api_key'", "code"),
    ('"@aws-sdk/credential-providers": "^3.188.0",', "output"),
    ("pattern = r'client.reset(token=(.*?), new_password=.*?)'", "code"),
    ("| `ChatClient`, `DefaultCredential` | `FOUNDRY_PROJECT_ENDPOINT` |", "markdown"),
    ("**4. Update the signature** (`server/app.py:968`), hardcoded credentials (`tests/conftest.py:88`)", "markdown"),
    ("kind: Secret\n\nIt expects oauth credentials to be in form of a secret to be created", "markdown"),
    ("_pwd_check = bcrypt.checkpw(\n    password.encode('utf-8'),\n)", "code"),
    ("authorization = (\n    'AWS4-HMAC-SHA256 '\n    f'Credential={x}'\n)", "code"),
    ("1. fused pass: emb−centroid, sign_pack", "markdown"),
    ("client = server.login(email='info@acme.org', password='changethis')", "code"),
    ("register(email='jane@acme.edu', password='abc123', password_verify='abc123')", "code"),
    ("user.set_password(new_password='newpass', confirm=False)", "code"),
    ("GraphDatabase.driver(uri, auth=('ignored', 'ignored'))", "code"),
    ("create_engine('postgresql://tiger:tiger@db.acme.io/prod')", "code"),
    ("client.db('x', username='ada', password='1234')", "code"),
    ("`echo -n USER:PASSWORD | base64` <br>", "markdown"),
    ("set up an App Password Generation:https://support.acme.io/answer/185833?hl=en/. Then", "markdown"),
    ('signature = "sha256:29899a15bea89b9d8275879798b23011cecabc0eff03dd41bb606324221e0bc3"', "metadata"),
    (r"'# using username and password:\ncredentials = Credentials(\n    url = 1'", "output"),
    ('{"ids": ["aVDkuViaJfY", "YaPXHoOo9Pw", "SN0VwEt2huo"]}', "output"),
    ('#REDIS_PASSWORD="1TNxTEdYRDgIDKM2gDfasupCADXXXX"', "code"),
    ('print(f"Second-pass semantic hit rate: {hits*100:.0f}% ({n}/{len(second)})")', "code"),
    ("m = load('a/b', token=hf_token, revision='0f3c1b7a9d2e4865f7a1c3b5d9e8f6a4b2c0d1e3')", "code"),
    ("mongodb://<username>:<password>@cluster0.mongodb.net", "markdown"),
    ("recaptcha_site_key = '6LdKx8kTAAAAAN3qVJ8bYw2RzP5sQ7uHfM1oLcE9'", "code"),
    ("common_passwords = '123456,password,12345678,qwerty'", "code"),
    ("│ user │ password │\n├──────┼──────────┤\n│ ada  │ ******** │", "output"),
    ("![](https://firebasestorage.example/v0/b/x.gif?alt=media&token=523d73f4-3f6c-499c-b7e8-ef5be0c10c2a)", "markdown"),
])  # fmt: skip
def test_what_only_looks_like_a_secret_is_none(text, part):
    from mlsec_nb.config import Settings
    from mlsec_nb.scanners.secrets.scanner import build
    from tests.scanners.secrets.conftest import document, segment

    language = "python" if part == "code" else None
    assert list(build(Settings()).scan(document(segment(text, Part(part), language, None)))) == []


@pytest.mark.parametrize("text", [
    "creds = {'user': 'ada', 'value': 'kQ9zRvTn4pLx'}",
    "tokens = {'prod': 'kQ9zRvTnBp4LxWmYcJhGfDsAz'}",
    "password = 'Test-9fKq2Lm'",
    "# db pass: kQ9zRvTn4pLx",
    'class Settings(BaseSettings):\n    api_token: str = Field(default="kQ9zRvTnBp4LxWmYcJhGfDsAz", repr=False)',
    "password = password or 'copper-falcon-river-maple'",
    "secret = Credential('acme', kind='kv', value='kQ9zRvTnBp4LxWmYcJhGfDsAz')",
    "password = 'Password123!'",
    'keys = ["pypi-AgEIcHlwaS5v' + "cmcc9GQfaxtSOzPgMvkLkwP9jeRkavvJRLqHzZytStSDsbE6FQ9YF9oY9uM5oMTxsHIRoWPQJlMYn1UHSG738f7r4y" + '", None]',
    "db_password, port = 'kQ9zRvTn4pLx', 5432",
    "!sed -i 's/^DB_PASSWORD=.*/DB_PASSWORD=kQ9zRvTn4pLx/' .env",
    "print('│ db_password │ Maple*95262 │')",
    "SECRET_KEY = 'w(8!kZ#tq)2^mB=v&x5$Lr@9_fJ*n-h3%Yc0(dGe!s7+Qp4'",
    "blob = '789cab562a2d4e2d52b252504a4c4954d251504a498a2f482c2e2ecf2f4a018966075a56059585e49914f85428d5020055dc0ee7'",
])  # fmt: skip
def test_what_looks_like_none_and_is_a_secret(text):
    from mlsec_nb.config import Settings
    from mlsec_nb.scanners.secrets.scanner import build
    from tests.scanners.secrets.conftest import document, segment

    assert list(build(Settings()).scan(document(segment(text, Part.CODE, "python", None))))


def test_letters_in_the_middle_of_an_image_are_no_key():
    import base64
    import random

    from mlsec_nb.config import Settings
    from mlsec_nb.scanners.secrets.scanner import build
    from tests.scanners.secrets.conftest import document, segment

    noise = base64.b64encode(random.Random(5).randbytes(3000)).decode()
    body = noise[:1000] + "/AQE" + noise[1000:1190].replace("/", "a").replace("+", "b") + "+" + noise[1200:]
    text = f"<img src='data:image/png;base64,{body}'>"
    assert list(build(Settings()).scan(document(segment(text, Part.OUTPUT, None, "text/html")))) == []
    alone = 'key = "AQE' + noise[1000:1180].replace("/", "a").replace("+", "b") + '"'
    assert list(build(Settings()).scan(document(segment(alone, Part.CODE, "python", None))))
