"""What a secret is called in the environment."""

import re

# The names that the providers' own libraries look for.
_KNOWN = {
    "SECRET-ANTHROPIC-KEY": "ANTHROPIC_API_KEY",
    "SECRET-AWS-ACCESS-KEY": "AWS_ACCESS_KEY_ID",
    "SECRET-AWS-SECRET-KEY": "AWS_SECRET_ACCESS_KEY",
    "SECRET-AWS-SESSION-TOKEN": "AWS_SESSION_TOKEN",
    "SECRET-COHERE-KEY": "CO_API_KEY",
    "SECRET-GITHUB-TOKEN": "GITHUB_TOKEN",
    "SECRET-GITHUB-FINE-GRAINED-TOKEN": "GITHUB_TOKEN",
    "SECRET-GOOGLE-API-KEY": "GOOGLE_API_KEY",
    "SECRET-GROQ-KEY": "GROQ_API_KEY",
    "SECRET-HUGGINGFACE-TOKEN": "HF_TOKEN",
    "SECRET-HUGGINGFACE-ORG-TOKEN": "HF_TOKEN",
    "SECRET-KAGGLE-KEY": "KAGGLE_KEY",
    "SECRET-MISTRAL-KEY": "MISTRAL_API_KEY",
    "SECRET-OPENAI-KEY": "OPENAI_API_KEY",
    "SECRET-PINECONE-KEY": "PINECONE_API_KEY",
    "SECRET-REPLICATE-TOKEN": "REPLICATE_API_TOKEN",
    "SECRET-WANDB-KEY": "WANDB_API_KEY",
    "SECRET-WANDB-V1-KEY": "WANDB_API_KEY",
}
_VAGUE = re.compile(
    r"(?i)\A_*(?:my|the)?_*(?:api|access|auth|secret)?_*(?:key|token|secret|password|pwd|pw|x|val|value|k|t|s)\d*\Z"
)
_GENERAL = frozenset({"SECRET-PASSWORD", "SECRET-TOKEN", "SECRET-SK-KEY", "SECRET-CREDENTIAL-PAIR", "SECRET-PRINTED"})


def name_of(given: str | None, rule: str) -> str:
    """A name for the environment: the provider's own, or else the program's; from words that hold no secret."""
    if rule in _KNOWN:
        return _KNOWN[rule]
    of_rule = rule.removeprefix("SECRET-").replace("-", "_")
    if given is None or (_VAGUE.match(given) and rule not in _GENERAL):
        return of_rule
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", given)
    plain = re.sub(r"\W+", "_", spaced, flags=re.ASCII).strip("_").upper()
    return plain if 1 < len(plain) <= 40 and not plain[0].isdigit() else of_rule
