"""What names mean today, asked of those who give them: registries, the forge of actions, the model hub."""

import json
import os
import re
from collections.abc import Callable
from urllib.parse import quote

from mlsec_nb.core import CannotRead, UsageError
from mlsec_nb.io import network
from mlsec_nb.sources.images.references import REGISTRY, reference
from mlsec_nb.sources.images.remote import digest

_SECONDS = 20.0
_MOST = 4 << 20
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_HOST = re.compile(r"(?:localhost|[^/]*[.:][^/]*)/")
# Where they are unless the environment says otherwise, as their own tools have it:
# https://docs.github.com/en/actions/reference/workflows-and-actions/variables,
# https://huggingface.co/docs/huggingface_hub/package_reference/environment_variables
FORGE = ("GITHUB_API_URL", "https://api.github.com", "GITHUB_TOKEN")
HUB = ("HF_ENDPOINT", "https://huggingface.co", "HF_TOKEN")


class Names:
    """Asks each name once; a token of the environment goes to its own place alone, and never over plain HTTP."""

    def __init__(self, *, registry: str | None, offline: bool) -> None:
        self.registry = registry
        self.offline = offline
        self._known: dict[str, str | CannotRead] = {}

    def digest(self, image: str) -> str:
        """`registry` is asked for images without a host: docker's own, where `python` is `library/python`, or a mirror.

        https://github.com/distribution/reference/blob/main/normalize.go
        """
        if _HOST.match(image):
            name = image
        elif self.registry:
            name = f"{self.registry}/{image if '/' in image else f'library/{image}'}"
        else:
            raise CannotRead("it has no registry in its name; --registry HOST says which one is meant")
        return self._once(name, lambda: self._digest(name))

    def _digest(self, name: str) -> str:
        try:
            return digest(reference(f"{REGISTRY}{name}"), offline=self.offline)
        except UsageError as error:
            raise CannotRead(str(error)) from error

    def commit(self, repository: str, name: str) -> str:
        return self._asked(FORGE, f"/repos/{repository}/commits/{quote(name, safe='')}")

    def revision(self, kind: str, name: str) -> str:
        return self._asked(HUB, f"/api/{kind}/{name}/revision/main")

    def _asked(self, place: tuple[str, str, str], path: str) -> str:
        return self._once(path, lambda: self._answer(place, path))

    def _once(self, name: str, ask: Callable[[], str]) -> str:
        if name not in self._known:
            try:
                self._known[name] = ask()
            except CannotRead as error:
                self._known[name] = error
        found = self._known[name]
        if isinstance(found, CannotRead):
            raise found
        return found

    def _answer(self, place: tuple[str, str, str], path: str) -> str:
        variable, usual, token = place
        base = os.environ.get(variable, usual).rstrip("/")
        said = os.environ.get(token, "") if base.startswith("https://") else ""
        headers = {"Accept": "application/json"} | ({"Authorization": f"Bearer {said}"} if said else {})
        answer = network.get(base + path, offline=self.offline, timeout=_SECONDS, limit=_MOST, headers=headers)
        if answer.status != 200:
            raise CannotRead(f"{base} answered with status {answer.status}")
        try:
            table = json.loads(answer.body)
        except (ValueError, RecursionError):
            table = None
        found = table.get("sha") if isinstance(table, dict) else None
        if not isinstance(found, str) or not _COMMIT.fullmatch(found):
            raise CannotRead(f"{base} did not answer with a commit")
        return found
