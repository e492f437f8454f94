"""A Rego engine that fails closed; it knows nothing of audits.

Rego is the language of Open Policy Agent (https://www.openpolicyagent.org/docs/policy-language); v1 and v0 syntax are
read. What a gate needs of an engine is that a mistake never looks like "nothing to deny":

- a builtin that is unknown or switched off, an unsafe variable, recursion or a syntax error is an error when the
  policy is loaded, never undefined when it runs;
- a query that needs more steps, time or memory than it may have is an error, and so is anything nested too deeply;
- what a builtin could not work with is undefined, as in OPA, and is told (`Answer.errors`); `strict` makes it an error.

Nothing in a policy reaches the network, a file, the environment or this process. Regular expressions are RE2's and run
in bounded time (`regex`). Text → tokens (`lexer`) → tree (`terms`, `parser`) → names resolved (`scope`) → closures
(`expressions`, `statements`, `clauses`), which are ordered when compiled so that each variable has a value before it is
used → answers (`api`). It is pure Python and needs nothing but the standard library; PyYAML is loaded for YAML and
metadata, `jsonschema` for schemas, `cryptography` for signatures and certificates.

Tried and dropped: regopy (rego-cpp): it crashes the process on ordinary policies, can be made to forge an answer, and
gives undefined for what it does not know.
"""

from .api import Answer, Policy
from .builtins import Builtin
from .errors import (
    BudgetError,
    BuiltinError,
    ConflictError,
    RegoCompileError,
    RegoError,
    RegoEvalError,
    RegoParseError,
)  # fmt: skip
from .parser import parse_module
from .runtime import Limits

__all__ = [
    "Answer", "BudgetError", "Builtin", "BuiltinError", "ConflictError", "Limits", "Policy", "RegoCompileError",
    "RegoError", "RegoEvalError", "RegoParseError", "parse_module",
]  # fmt: skip
