"""The errors that cross rooms; everything else is a bug and is caught once, around a scanner."""


class MlsecError(Exception):
    """Anything that mlsec says in one line instead of a traceback."""


class UsageError(MlsecError):
    """The call is wrong: an unknown option, a missing target, a config that does not parse (exit code 2)."""


class CannotRead(MlsecError):  # noqa: N818 - reads with `raise`
    """The bytes of an artifact cannot be had or understood; becomes a `Gap`."""

    def __init__(self, reason: str, code: str = "unreadable") -> None:
        super().__init__(reason)
        self.code = code

    def __reduce__(self) -> tuple[type["CannotRead"], tuple[str, str]]:
        return type(self), (str(self), self.code)


class CannotScan(CannotRead):
    """A scanner gives up on one artifact; what it yielded before still counts, the rest is a `Gap`."""
