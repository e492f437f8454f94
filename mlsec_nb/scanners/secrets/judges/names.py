"""What a name promises about its value: a password, a token, a key, or nothing.

The vocabulary of machine learning is full of *token* and *key* (`pad_token`, `key_padding_mask`), and that of programs
full of *pass* (`pass_through`); a name is read word by word, not by substring.
"""

import re
from enum import StrEnum
from functools import lru_cache
from typing import Final


class Promise(StrEnum):
    """What stands behind a name, the strongest first."""

    PASSWORD = "password"  # noqa: S105 - a class of names
    SECRET = "secret"  # noqa: S105 - something made to be secret: secret, credential, private key
    TOKEN = "token"  # noqa: S105 - something that opens a door: token, api key
    KEY = "key"  # "key" alone: only what looks random counts
    NOTHING = "nothing"


_SPLIT: Final = re.compile(r"[^A-Za-z0-9\u0080-\uffff]+|(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")

_PASSWORDS: Final = frozenset(
    "password passwd passwords pwd pass passphrase passcode passwort kennwort senha contrasena contraseña mdp motdepasse "
    "passw psw dbpass userpass mypassword dbpassword dbpasswd pgpassword pgpass mysqlpwd rootpassword adminpassword "
    "sudopassword smtppass emailpassword userpassword sshpass pw pswd mypass loginpassword pwrd haslo wachtwoord lozinka "
    "пароль 密码 密碼 パスワード 비밀번호".split()
)
_SECRETS: Final = frozenset(
    "secret secrets secretkey clientsecret appsecret apisecret credential credentials creds cred privatekey "
    "secretaccesskey consumersecret sharedsecret signingsecret webhooksecret mysecret accountkey".split()
)
_TOKENS: Final = frozenset(
    "token apikey apitoken authtoken accesstoken bearer accesskey authkey appkey tokens pat refreshtoken idtoken jwt "
    "sessiontoken sas sastoken hftoken subscriptionkey licensekey encryptionkey masterkey serverkey sessionkey "
    "servicekey devkey userkey deploykey keys authorization xapikey apikeys mytoken mykey webhook dsn auth cookie "
    "signature apipass appid botton bottoken".split()
)
# Words that, beside "key", make it a key that opens something.
_KEY_MAKERS: Final = frozenset(
    "api access auth app secret private encryption signing master server client license subscription account service "
    "deploy admin developer dev storage session shared hmac aes fernet crypt cipher encrypt decrypt rapid ssh "
    "consumer publishable webhook integration user my prod production live data dd rest json primary secondary".split()
)
# One of these says that the value is about a token, not a token itself.
_VETOES: Final = frozenset(
    "id ids name names type types path paths file files filename dir directory folder url urls uri endpoint host hostname "
    "len length size count counts num number index idx indices position positions pos limit limits max min mask "
    "pad padding eos bos unk sep cls begin start end special image audio video vocab vocabulary tokenizer tokenize "
    "tokenized embedding embeddings embed logits probs prob ratio rate rates budget usage per field fields column "
    "columns col header headers label labels hint help prompt message msg error errors exception regex pattern re "
    "format encoding algorithm alg algo scheme method mode policy policies rule rules level role roles scope scopes "
    "expiry expires expiration expire ttl lifetime age date time timestamp created updated version env var variable "
    "variables envvar provider manager service_name class cls func function callback handler factory helper util utils "
    "validator validation valid invalid required optional enabled disabled visible hidden is has use uses using show "
    "enable disable allow reset forgot change confirm strength public pub pubkey publickey primarykey foreign sort "
    "partition cache hash hashed hashes digest checksum fingerprint thumbprint md5 sha sha1 sha256 sha512 etag crc "
    "commit revision rev branch bucket object blob prefix suffix join group lookup dict map mapping config configs "
    "settings option options param params parameter parameters argument arg args input inputs output outputs query "
    "score scores weight weights bias dim dims dimension dimensions layer layers attention attn cross head heads value "
    "values state states cookiecutter keypoint keypoints keyword keywords keyboard keyframe shortcut hotkey press "
    "event events word words text texts string strings list set lists array tensor batch sequence seq next page "
    "pagination continuation continue cursor sync idempotency request correlation trace span csrf xsrf cancel "
    "cancellation cancellationtoken resume loss metric metrics classification split dataset feature features model "
    "target source plot color colour style theme font icon title description desc placeholder example dummy test "
    "template vault arn region zone project tenant store manager_name locale lang language storage_type nonce "
    "monkey turkey passenger author authors fail failed passed passes tests skip through band band1 compass rank "
    "anchor semantic ner pos_tag stop stopword first last current previous prev new_tokens freq frequency".split()
)
# What may end a name whatever a veto word says: `secret_access_key_id` no, `host_password` yes.
_STRONG_ENDS: Final = _PASSWORDS | _SECRETS | frozenset("token apikey key authtoken accesstoken pat".split())
# Vetoes that hold only as the last word: in front they say whose secret it is ("host_password", "model_token").
_LAST_ONLY: Final = frozenset(
    "id ids name names type path file url uri endpoint host hostname field header label prompt message error env var "
    "provider manager method mode policy service_name version config settings option param query input output model "
    "project tenant store dataset source target data storage_type vault region page event test text string title "
    "request time date user state group role list input set lang model host image plot role batch object bucket "
    "template page blob new_tokens test args current new_tokens email class number num layer value version map "
    "commit change reset confirm new_tokens placeholder hash head state feature feature video audio store "
    "primarykey anchor head".split()
)


@lru_cache(maxsize=8192)
def words_of(name: str) -> tuple[str, ...]:
    """The words of an identifier in lower case: "myApiKey" and "MY_API_KEY" give the same."""
    return tuple(word.lower() for word in _SPLIT.split(name) if word)


@lru_cache(maxsize=8192)
def promise(name: str) -> Promise:
    """What a name promises."""
    words = words_of(name)
    if not words:
        return Promise.NOTHING
    last = _strip_number(words[-1])
    words = (*words[:-1], last) if last else words[:-1]
    if not words or _is_vetoed(words):
        return Promise.NOTHING
    for index, word in enumerate(words):
        if word in _PASSWORDS and not (word == "pass" and len(words) > 1 and index == 0):
            return Promise.PASSWORD
    if any(word in _SECRETS for word in words) or ("private" in words and "key" in words):
        return Promise.SECRET
    if any(word in _TOKENS for word in words) or ("key" in words and _KEY_MAKERS & set(words)):
        return Promise.TOKEN
    return Promise.KEY if "key" in words else Promise.NOTHING


def _strip_number(word: str) -> str:
    return word.rstrip("0123456789") if not word.isdigit() else ""


def _is_vetoed(words: tuple[str, ...]) -> bool:
    if words[-1] in _VETOES and words[-1] not in _STRONG_ENDS:
        return True
    if words[-1] in _PASSWORDS and not {"hash", "hashed", "reset", "forgot", "show", "is", "has", "confirm"} & set(words):
        return False
    return any(word in _VETOES and word not in _LAST_ONLY for word in words[:-1])
