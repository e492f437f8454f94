"""What can go wrong with a policy; every error says its kind, its place and, in one line, why."""

from mlsec_nb.core import MlsecError

from .ast import NOWHERE, Place


class RegoError(MlsecError):
    """Any error of the engine; `code` is the name that OPA gives to the same kind."""

    code = "rego_error"

    def __init__(self, message: str, place: Place = NOWHERE) -> None:
        super().__init__(f"{place}: {self.code}: {message}" if place != NOWHERE else f"{self.code}: {message}")
        self.message = message
        self.place = place


class RegoParseError(RegoError):
    """The text is not Rego."""

    code = "rego_parse_error"


class RegoCompileError(RegoError):
    """The modules do not make a policy that could be evaluated safely."""

    code = "rego_compile_error"


class UnsafeVariableError(RegoCompileError):
    """A variable that nothing gives a value to."""

    code = "rego_unsafe_var_error"


class RegoTypeError(RegoCompileError):
    """A function that does not exist or gets the wrong number of arguments, or rules that contradict each other."""

    code = "rego_type_error"


class RecursiveRuleError(RegoCompileError):
    """A rule that depends on itself."""

    code = "rego_recursion_error"


class RegoEvalError(RegoError):
    """The evaluation has no answer."""

    code = "eval_internal_error"


class ConflictError(RegoEvalError):
    """Two rules give different values for the same thing."""

    code = "eval_conflict_error"


class BuiltinError(RegoEvalError):
    """A builtin was given something it cannot work with: undefined, or an error when errors are strict."""

    code = "eval_builtin_error"


class BuiltinTypeError(BuiltinError):
    """A builtin was given a value of the wrong type."""

    code = "eval_type_error"


class BudgetError(RegoEvalError):
    """The evaluation needs more steps, time or memory than it may have; never the same as undefined."""

    code = "eval_budget_error"
