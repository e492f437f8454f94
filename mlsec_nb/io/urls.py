"""URLs through fsspec: which place they name, how they are shown, and what its many libraries raise, in our words.

A URL may hold credentials: it is kept out of every message, and `shown` is what a report may name.
https://filesystem-spec.readthedocs.io
"""

import contextlib
import re
import sys
from collections.abc import Iterator
from typing import Any

from mlsec_nb.core import CannotRead, UsageError

from .files import why

_SCHEME = re.compile(r"(?:^|::)([a-z][a-z0-9+.-]*)://", re.IGNORECASE)
_HERE = frozenset({"file", "local", "memory", "zip", "tar"})  # all others are on the network
PACKED = frozenset({"zip", "tar"})  # going back means unpacking again, so these are read from front to end
_LIBRARIES = {
    "s3": "s3fs", "s3a": "s3fs", "gs": "gcsfs", "gcs": "gcsfs", "az": "adlfs", "abfs": "adlfs", "abfss": "adlfs",
    "adl": "adlfs", "hf": "huggingface_hub", "http": "aiohttp", "https": "aiohttp", "github": "requests",
}  # fmt: skip
# What the libraries below fsspec raise beside OSError and ValueError; looked up only where they are loaded.
_FAILURES = (
    "botocore.exceptions:BotoCoreError", "botocore.exceptions:ClientError", "aiohttp:ClientError", "httpx:HTTPError",
    "google.auth.exceptions:GoogleAuthError", "gcsfs.retry:HttpError", "azure.core.exceptions:AzureError",
    "zipfile:BadZipFile", "zlib:error", "tarfile:TarError",
)  # fmt: skip


def is_on_network(target: str) -> bool:
    """True for a URL that is not of this machine, at any level."""
    return any(scheme.lower() not in _HERE for scheme in _SCHEME.findall(target))


def shown(url: str) -> str:
    """The URL as a report may show it: without user, password, query and fragment."""
    return printable("::".join(_without_secrets(part) for part in url.split("::")))


def _without_secrets(part: str) -> str:
    scheme, sep, rest = part.partition("://")
    if not sep or scheme.lower() in _HERE:
        return part
    host, slash, path = re.split(r"[?#]", rest, maxsplit=1)[0].partition("/")
    # `github://org:repo@revision` names a place, all others a user
    host = host if scheme.lower() == "github" else host.rpartition("@")[2]
    return f"{scheme}://{host}{slash}{path}"


def printable(text: str) -> str:
    """The text with what a terminal would obey made visible."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


def filesystem(url: str) -> tuple[Any, str]:
    """The file system, one for each place and process, and the path in it.

    Listings are not kept, for they have no bound.
    """
    import fsspec.core

    system, path = fsspec.core.url_to_fs(url, use_listings_cache=False)
    return system, str(path)


@contextlib.contextmanager
def usable(url: str) -> Iterator[None]:
    """Turns what is wrong with a URL, or missing to read it, into `UsageError`."""
    scheme = url.partition("://")[0].lower()
    try:
        yield
    except ImportError as error:
        needed = "fsspec" if str(error.name).startswith("fsspec") else next(
            (_LIBRARIES[name.lower()] for name in _SCHEME.findall(url) if name.lower() in _LIBRARIES), error.name
        )  # fmt: skip
        wanted = f"'mlsec_nb[remote]'{f' {needed}' if needed else ''}"
        what = f"{needed or 'a library'}, which is not installed"
        raise UsageError(f"{scheme}:// needs {what}: pip install {wanted}") from error
    except _failures(OSError, ValueError, TypeError, KeyError) as error:
        raise UsageError(f"{shown(url)} cannot be a target: {_words(error)}") from error


@contextlib.contextmanager
def reading(url: str) -> Iterator[None]:
    """Turns the errors of all libraries into `CannotRead`, without their words: they may quote the URL."""
    try:
        yield
    except ImportError as error:
        raise CannotRead(f"{url.partition('://')[0]}:// needs a library that is not installed") from error
    except _failures(OSError, ValueError, KeyError, RuntimeError) as error:
        raise CannotRead(_words(error)) from error


def _failures(*ours: type[Exception]) -> tuple[type[Exception], ...]:
    pairs = (name.split(":") for name in _FAILURES)
    found = (getattr(sys.modules.get(module), name, None) for module, name in pairs)
    return (*ours, *(one for one in found if isinstance(one, type)))


def _words(error: Exception) -> str:
    if isinstance(error, FileNotFoundError):
        return "it is not there (any more)"
    if isinstance(error, PermissionError):
        return "permission denied"
    if isinstance(error, OSError) and error.errno is not None:
        return why(error)
    return f"it cannot be read ({type(error).__name__})"
