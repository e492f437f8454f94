"""The scanner: an address is asked, a description is read."""

from collections.abc import Callable, Iterator
from typing import Final

from mlsec_nb.config import Settings
from mlsec_nb.core import (
    Artifact,
    CannotRead,
    CannotScan,
    Component,
    Document,
    Finding,
    Gap,
    Kind,
    Location,
    Rule,
    UsageError,
)
from mlsec_nb.io.endpoints import Endpoint
from mlsec_nb.io.exchanges import Closed

from . import contract, errors, options, schemathesis, state
from .asking import Asker, Spent
from .checks import access, answers, inputs, leakage, reach
from .story import NAME, Hit, Missed, Told, catalogue
from .surface import Surface, explore

Check = Callable[[Asker, Surface], Iterator[Told]]
CHECKS: Final[dict[str, Check]] = {
    "access": access.check,
    "answers": answers.check,
    "errors": errors.check,
    "leakage": leakage.check,
    "inputs": inputs.check,
    "reach": reach.check,
    "rate": reach.rate,
}


def build(settings: Settings) -> "ApiScanner":
    """The scanner with the user's settings; a mistake in them is a `UsageError`."""
    return ApiScanner(settings)


class ApiScanner:
    """Looks at serving interfaces: those that run, and those that are described."""

    name = NAME

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._options = options.options_of(settings)

    @property
    def rules(self) -> tuple[Rule, ...]:
        return tuple(catalogue().values())

    def wants(self, artifact: Artifact) -> bool:
        return artifact.kind is Kind.API

    def scan(self, document: Document) -> Iterator[Finding | Gap | Component]:
        content = document.artifact.content
        if not isinstance(content, Endpoint):
            yield from contract.scan(document, self._settings.key)
            return
        seen: set[tuple[str, str, str]] = set()
        for told in self._asked(content.url):
            if isinstance(told, Missed):
                yield told.gap(content.url)
            elif (told.rule, told.where, told.shown) not in seen:
                seen.add((told.rule, told.where, told.shown))
                yield told.finding(content.url, self._settings.key)
        yield from self._components

    _components: tuple[Component, ...] = ()

    def _asked(self, url: str) -> Iterator[Told]:
        """Every check, one after the other; one that fails costs the others nothing."""
        try:
            base = options.checked(url, self._options.own)
            sample = options.sample(self._options)
        except UsageError as error:
            raise CannotScan(str(error), "unsupported") from error
        asker = Asker(base, self._options)
        if self._options.offline and not asker.is_local:
            raise CannotScan(
                f"{asker.host} is on the network, and this run is offline (offline = false lets it ask)", "offline"
            )
        _meet(asker)
        found = explore(asker, sample)
        names = [product.name for product in found.products]
        place = Location(path=url)
        self._components = tuple(Component(name=name, kind="service", location=place) for name in names)
        yield from self._checked(asker, found)
        if found.document is not None:
            yield from contract.live(found)
        if self._options.engine:
            yield from schemathesis.run(asker, found)

    def _checked(self, asker: Asker, found: Surface) -> Iterator[Told]:
        kept = state.Kept.open(self._options.state, asker.base, self._options)
        waiting = list(CHECKS)
        while waiting:
            name = waiting[0]
            told: list[Told] = kept.told(name)
            yield from told
            if not kept.has(name):
                try:
                    for one in CHECKS[name](asker, found):
                        told.append(one)
                        yield one
                except Spent as error:
                    left = ", ".join(waiting)
                    raise CannotScan(f"{error}; not finished: {left}", error.code) from error
                except CannotRead as error:
                    missed = Missed(f"{name} was not looked at to the end: {error}", error.code)
                    told.append(missed)
                    yield missed
                kept.keep(name, told)
            waiting.pop(0)
        kept.close()


def _meet(asker: Asker) -> None:
    """The first question: who is no server in HTTP, does not end its answer or sends us away is not asked on."""
    first = asker.get("/")
    if first.cut:
        why = {"timeout": f"does not end its answer within {asker.options.timeout:g} seconds",
               "too-big": "answers without an end"}.get(first.cut, "breaks off its answer")  # fmt: skip
        raise CannotScan(f"{asker.host} {why}: it was not asked on", "too-big" if first.cut == "too-big" else "timeout")
    try:
        second = asker.get("/mlsec-asks-for-nothing")
    except Closed:
        return  # a server that hangs up on what it does not know
    if all(300 <= one.status < 400 and one.header("location") for one in (first, second)):
        own = asker.is_own(asker.target_of(first, "/"))
        words = "redirects in circles" if own else "redirects to another address, which was not followed: give that one"
        raise CannotScan(f"{asker.host} {words}", "unsupported")


__all__ = ["ApiScanner", "Hit", "build"]
