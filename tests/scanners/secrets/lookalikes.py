"""What looks like a secret and is none."""

import base64
import random

from mlsec_nb.scanners.secrets.examples import expand
from tests.scanners.secrets.ways import Cell, code, error, markdown, shown, stream

CODE = (
    'api_key = os.environ["OPENAI_API_KEY"]', "token = os.getenv('HF_TOKEN')", 'password = getpass("Password: ")', 'api_key = "YOUR_API_KEY"', 'openai.api_key = "sk-..."', 'HF_TOKEN = "hf_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"',
    'token = "<your-token-here>"', 'password = "password"', 'password = ""', "password = None", 'token = userdata.get("HF_TOKEN")', "api_key = config['api_key']", 'secret = dbutils.secrets.get(scope="kv", key="storage-key")',
    'tokenizer.pad_token = "<pad>"', 'special_tokens = {{"bos_token": "<s>", "eos_token": "</s>"}}', 'key = "learning_rate"', "sorted(d, key=lambda x: x[1])", 'key="{hex:40}"  # cache_key', 'revision = "{hex:40}"',
    'model_id = "{uuid}"', 'sha256 = "{hex:64}"', "!pip install x --hash=sha256:{hex:64}", 'commit = "{hex:40}"', 'run_id = "{lower:8}"', 'AWS_ACCESS_KEY_ID = "AKIAIOSFODNN7EXAMPLE"',
    'AWS_SECRET_ACCESS_KEY = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"', 'seq = "ACGTACGTTAGCATCGATCGATTTAGCGCGATATCGCGATATTTAGC"', 'image = "123456789012.dkr.ecr.us-west-2.amazonaws.com/x:{hex:12}"',
    'arn = "arn:aws:sagemaker:us-west-2:{digits:12}:image/abc-{lower:20}"', 'engine = create_engine("postgresql://user:password@localhost/db")', 'url = f"postgresql://{{user}}:{{password}}@{{host}}/db"',
    "%env API_KEY=$MY_KEY", "!export TOKEN=$(cat token.txt)", 'token_type = "bearer"', 'parser.add_argument("--token", type=str, default=None, help="the token")', 'st.text_input("API key", type="password")',
    'api_key = "sk-1234567890abcdef1234567890abcdef"', "client = OpenAI(api_key=api_key)", "requests.get(url, auth=(user, password))", 'password_field = "userPassword"', 'secret_name = "prod/db/password"',
    'primary_key = "customer_id"', 'key_id = "{uuid}"', 'public_key = "{base64:64}"', 'encrypted = "ENC[AES256_GCM,data:{base64:24}]"', 'next_page_token = "{alnum:40}"', 'auth_url = "https://auth.acme.io/oauth2/token"',
    'client_id = "{digits:12}-{lower:32}.apps.googleusercontent.com"', 'etag = "{hex:32}"', 'torch.hub.load("x", "y", trust_repo=True, verbose="{hex:32}")', 'hash_key = "{hex:64}"', 'integrity = "sha512-{base64:64}"',
    "for token in tokens:\n    print(token)", 'assert token == "the"', 'vocab = ["{lower:12}", "{lower:14}", "##ing"]', 'author = "Ada Lovelace"', 'x = {{"keys": ["a", "b"], "token": "word"}}', 'passed = "yes"; bypass = "{lower:20}"',
    'password = "changeme"', 'api_key = "REPLACE_ME"', 'os.environ["TOKENIZERS_PARALLELISM"] = "false"', 'GITHUB_TOKEN = "${{ secrets.GITHUB_TOKEN }}"', 'token = "{{{{ vault_token }}}}"', 'key_path = "/home/ada/.ssh/id_rsa"',
    'password = input("Enter your password: ")', 'PASSWORD_HELP = "Enter your password"', 'raise ValueError("token must be set")', 'api_key: str = Field(..., description="The key of the API")', "# token: see the wiki", 'dataset_hash = "{hex:40}"',
    'ghp = "ghp_{alnum:36}"', 'mlflow.get_run("{hex:32}")', 'wandb.init(project="x", id="{lower:8}")', 'checkpoint = "s3://bucket/{hex:40}/model.pt"', 'colab_id = "1{url:32}"', 'uuid.UUID("{uuid}")',
    'Authorization = f"Bearer {{token}}"', 'headers = {{"Authorization": f"Bearer {{os.environ[\'T\']}}"}}', 'token = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.e30.abc"', "pwd = os.getcwd()", "!pwd", 'pwd = "/home/ada/work"',
    'print("Token is set" if token else "no token")', 'key = f"{{prefix}}/{{name}}.json"', 'secret_santa = "Bob"', 'cookies = {{"lang": "en"}}', 'auth = "basic"', 'password_min_length = "12"', 'signature = "def f(x)"',
)  # fmt: skip
TEXTS = (
    "tokens: 128, key: value, pass: 3 of 4\n", "commit {hex:40}\nAuthor: Ada\n", "Successfully installed tokenizers-0.15.0 keyring-24.3.0 passlib-1.7.4\n", "Token: ****\n", "api_key=sk-...abcd\n", "password: <hidden>\n",
    "sha256:{hex:64}\n", "{uuid}\n", "[101, 7592, 2088, 102] token ids\n", "wandb: Run data is saved locally in ./wandb/run-20260101_101010-{lower:8}\n", "Enter your password: ········\n", "key      value\na        1\n",
    "tensor([[0.1234, 0.5678], [0.9101, 0.1121]])\n", "model-00001-of-00002.safetensors: 100%|███| 9.9G/9.9G\n", 'etag: "{hex:32}"\n', "Authorization: Bearer [REDACTED]\n", "token_type_ids: [0, 0, 0]\n", "secret: None\n",
    "  key  token  pass\n0  a    the      1\n1  b    cat      2\n", "Downloading https://cdn.acme.io/blobs/{hex:64}?response=attachment\n", "pad_token_id: 50256, eos_token: <|endoftext|>\n", "password must have at least 8 characters\n",
    "<torch.Generator object at 0x7f{hex:10}>\n", "ssh-rsa {base64:279} ada@acme\n", "-----BEGIN CERTIFICATE-----\n{pem:400}\n-----END CERTIFICATE-----\n", "md5: {hex:32}  file.zip\n", "Key: learning_rate, Value: 0.001\n",
    "the passenger passed the compass to the author, whose key idea was a token of thanks\n", "ACGTTGCAACGTTGCATTGACCAGTACGATCAGTCAGATCAGTCA\n", "  token       pos\n  running     VERB\n", "auth: enabled, password: required\n",
)  # fmt: skip
PROSE = (
    "Get an API key from the console and set `OPENAI_API_KEY=<your key>`.", "The password: must be at least 8 characters.", "Use `export HF_TOKEN=hf_...` before you start.", "A token is a piece of a word; the key and value matrices …",
    "Replace `YOUR_TOKEN` with your token.", "```\nAPI_KEY=your-api-key\n```", "See [auth](https://docs.acme.io/auth#tokens).", "| key | value |\n|---|---|\n| alpha | 0.1 |", "Password protected pages pass the token in the header.",
    "![x](data:image/png;base64,iVBORw0KGgo{b64:400})", "`password = getpass()` asks for it.", "commit `{hex:40}`", "Bearer authentication is described below.", "API Key: `xxxxxxxxxxxxxxxxxxxx`",
)  # fmt: skip


def draw_cell(draw: random.Random) -> Cell:
    seed = draw.getrandbits(64)
    style = draw.randrange(8)
    if style < 3:
        return code(
            expand(draw.choice(CODE).replace("{{", "\1").replace("}}", "\2"), seed)
            .replace("\1", "{")
            .replace("\2", "}")
        )
    if style == 3:
        return markdown(expand(draw.choice(PROSE), seed))
    if style == 4:
        return code("run()", stream(expand(draw.choice(TEXTS), seed)))
    if style == 5:
        return code(
            "x",
            shown(plain=expand(draw.choice(TEXTS), seed), html=f"<pre>{expand(draw.choice(TEXTS[:8]), seed)}</pre>"),
        )
    if style == 6:
        image = base64.b64encode(draw.randbytes(draw.randint(300, 6000))).decode()
        return {
            **code("plot()"),
            "outputs": [{"output_type": "display_data", "metadata": {}, "data": {"image/png": "iVBORw0KGgo" + image}}],
        }
    return code(
        "f()",
        error(
            "Traceback (most recent call last)",
            "----> 1 token = os.environ['TOKEN']",
            "KeyError: 'TOKEN'",
            name="KeyError",
            value="'TOKEN'",
        ),
    )
