"""Made-up secrets for planting: drawn by a seed, in the forms that vendors publish."""

import base64
import random
import string
from dataclasses import dataclass

from mlsec_nb.scanners.secrets.examples import expand

# Tokens that anybody who knows the vendor's form can tell, whatever stands beside them; `name` is what people call them.
TOKENS = {
    "HF_TOKEN": "hf_{letters:34}", "OPENAI_API_KEY": "sk-proj-{url:74}T3BlbkFJ{url:74}", "OPENAI_KEY": "sk-{alnum:20}T3BlbkFJ{alnum:20}",
    "ANTHROPIC_API_KEY": "sk-ant-api03-{url:93}AA", "REPLICATE_API_TOKEN": "r8_{alnum:37}", "GROQ_API_KEY": "gsk_{alnum:52}",
    "PPLX_API_KEY": "pplx-{alnum:48}", "XAI_API_KEY": "xai-{alnum:80}", "OPENROUTER_API_KEY": "sk-or-v1-{hex:64}", "NVIDIA_API_KEY": "nvapi-{url:64}",
    "FIREWORKS_API_KEY": "fw_{alnum:24}", "LANGSMITH_API_KEY": "lsv2_pt_{hex:32}_{hex:10}", "PINECONE_API_KEY": "pcsk_{alnum:6}_{alnum:63}",
    "TAVILY_API_KEY": "tvly-{alnum:32}", "DATABRICKS_TOKEN": "dapi{hex:32}", "DEEPSEEK_API_KEY": "sk-{hex:32}", "KAGGLE_TOKEN": "KGAT_{hex:32}",
    "GITHUB_TOKEN": "ghp_{crc:30}", "GH_APP_TOKEN": "ghs_{crc:30}", "GH_PAT": "github_pat_{alnum:22}_{alnum:59}", "GITLAB_TOKEN": "glpat-{url:20}",
    "NPM_TOKEN": "npm_{crc:30}", "PYPI_TOKEN": "pypi-AgEIcHlwaS5vcmc{url:140}", "DOCKER_PAT": "dckr_pat_{url:27}",
    "AWS_ACCESS_KEY_ID": "AKIA{b32:16}", "GOOGLE_API_KEY": "AIza{url:34}A", "GOOGLE_CLIENT_SECRET": "GOCSPX-{url:28}", "GOOGLE_ACCESS_TOKEN": "ya29.{url:120}",
    "AZURE_CLIENT_SECRET": "{alnum:3}8Q~{alnum:34}", "DIGITALOCEAN_TOKEN": "dop_v1_{hex:64}", "VAULT_TOKEN": "hvs.{alnum:24}", "DOPPLER_TOKEN": "dp.pt.{alnum:43}",
    "SLACK_BOT_TOKEN": "xoxb-{digits:12}-{digits:13}-{alnum:24}", "DISCORD_TOKEN": "{discord}", "TELEGRAM_BOT_TOKEN": "{digits:10}:AA{url:32}A",
    "TWILIO_API_KEY": "SK{hex:32}", "SENDGRID_API_KEY": "SG.{url:22}.{url:43}", "MAILGUN_API_KEY": "key-{hex:32}", "STRIPE_KEY": "sk_live_{alnum:24}",
    "SHOPIFY_TOKEN": "shpat_{hex:32}", "NEW_RELIC_KEY": "NRAK-{upper:27}", "GRAFANA_TOKEN": "glsa_{alnum:32}_{hex:8}", "NOTION_TOKEN": "ntn_{alnum:46}",
    "LINEAR_API_KEY": "lin_api_{alnum:40}", "AIRTABLE_PAT": "pat{alnum:14}.{hex:64}", "SUPABASE_TOKEN": "sbp_{hex:40}", "MAILCHIMP_KEY": "{hex:32}-us12",
    "TERRAFORM_TOKEN": "{alnum:14}.atlasv1.{alnum:67}", "FIGMA_TOKEN": "figd_{url:40}", "SQUARE_TOKEN": "sq0atp-{url:22}", "JWT": "{jwt}",
    "TOGETHER_KEY": "tgp_v1_{url:43}", "VOYAGE_KEY": "pa-{alnum:43}", "JINA_KEY": "jina_{alnum:60}", "PREFECT_API_KEY": "pnu_{alnum:36}", "SENTRY_TOKEN": "sntryu_{hex:64}",
    "POSTMAN_KEY": "PMAK-{hex:24}-{hex:34}", "ALIBABA_KEY": "LTAI5t{alnum:18}", "RUBYGEMS_KEY": "rubygems_{hex:48}", "TAILSCALE_KEY": "tskey-auth-{alnum:17}-{alnum:32}",
    "PULUMI_TOKEN": "pul-{hex:40}", "ATLASSIAN_TOKEN": "ATATT3xFfGF0{url:180}", "SONAR_TOKEN": "squ_{hex:40}", "SLACK_WEBHOOK": "https://hooks.slack.com/services/T{upper:9}/B{upper:10}/{alnum:24}",
}  # fmt: skip
# Values that only a telling name betrays.
NAMED = {
    "WANDB_API_KEY": "{hex:40}", "KAGGLE_KEY": "{hex:32}", "AWS_SECRET_ACCESS_KEY": "{b64:40}", "COHERE_API_KEY": "{alnum:40}", "MISTRAL_API_KEY": "{alnum:32}",
    "COMET_API_KEY": "{alnum:25}", "DATADOG_API_KEY": "{hex:32}", "AZURE_OPENAI_API_KEY": "{hex:32}", "TWILIO_AUTH_TOKEN": "{hex:32}", "ROBOFLOW_API_KEY": "{alnum:20}",
    "NGROK_AUTHTOKEN": "{alnum:27}_{alnum:21}", "AZURE_STORAGE_KEY": "{base64:64}", "HEROKU_API_KEY": "{uuid}", "client_secret": "{alnum:40}", "api_key": "{alnum:32}",
    "access_token": "{url:40}", "secret_key": "{alnum:50}", "auth_token": "{hex:40}", "NEPTUNE_API_TOKEN": "eyJhcGlfYWRkcmVzcyI6{alnum:100}", "session_token": "{b64:200}",
    "apiKey": "{alnum:39}", "MLFLOW_TRACKING_TOKEN": "{alnum:36}", "encryption_key": "{base64:32}", "bearer_token": "{alnum:64}", "x-api-key": "{alnum:36}",
    "SERPAPI_KEY": "{hex:64}", "refresh_token": "{url:60}", "LIGHTNING_API_KEY": "{uuid}", "signing_secret": "{hex:32}", "GITEA_TOKEN": "{hex:40}",
}  # fmt: skip
PASSWORD_NAMES = (
    "password", "db_password", "PASSWORD", "PGPASSWORD", "passwd", "pwd", "smtp_password", "DB_PASS", "SNOWFLAKE_PASSWORD", "userPassword",
    "redis_password", "MYSQL_PWD", "admin_password", "sasl.password",
)  # fmt: skip
_WORDS = [
    "correct",
    "horse",
    "battery",
    "staple",
    "winter",
    "summer",
    "dragon",
    "river",
    "maple",
    "copper",
    "falcon",
    "ember",
    "violet",
    "harbor",
    "orchid",
    "tiger",
]


@dataclass(frozen=True)
class Secret:
    """`kind` is "token", "named", "password", "url" or "block"; `name` is what people call it."""

    kind: str
    name: str
    value: str


def password(draw: random.Random) -> str:
    """A password as machines and as people make them."""
    style = draw.randrange(6)
    word = draw.choice(_WORDS)
    if style == 0:
        return "".join(draw.choices(string.ascii_letters + string.digits + "!#%*+-_^~", k=draw.randint(10, 20))) + str(
            draw.randrange(10)
        )
    if style == 1:
        return f"{word.capitalize()}{draw.randint(1, 2099)}{draw.choice('!#*?')}"
    if style == 2:
        return "-".join(draw.choices(_WORDS, k=4))
    if style == 3:
        return f"{word[0].upper()}{word[1:].replace('a', '4').replace('e', '3')}{draw.choice('!_.#')}{draw.randint(10, 99)}x"
    if style == 4:
        return "".join(draw.choices(string.ascii_letters + string.digits, k=16))
    return f"{word}{draw.randint(10, 9999)}"


def draw_secret(draw: random.Random, kind: str) -> Secret:
    if kind == "token":
        name, recipe = draw.choice(list(TOKENS.items()))
        return Secret(kind, name, expand(recipe, draw.getrandbits(64)))
    if kind == "named":
        name, recipe = draw.choice(list(NAMED.items()))
        return Secret(kind, name, expand(recipe, draw.getrandbits(64)))
    if kind == "password":
        return Secret(kind, draw.choice(PASSWORD_NAMES), password(draw))
    if kind == "url":
        scheme = draw.choice(
            ["postgresql", "mysql+pymysql", "mongodb+srv", "redis", "amqp", "https", "snowflake", "mssql+pyodbc"]
        )
        return Secret(kind, scheme, password(draw).replace("%", "x").replace("#", "x").replace("?", "x"))
    head = draw.choice(["RSA PRIVATE KEY", "PRIVATE KEY", "EC PRIVATE KEY", "OPENSSH PRIVATE KEY"])
    body = base64.b64encode(draw.randbytes(draw.randint(200, 1200))).decode()
    lines = "\n".join(body[i : i + 64] for i in range(0, len(body), 64))
    return Secret("block", head, f"-----BEGIN {head}-----\n{lines}\n-----END {head}-----")
