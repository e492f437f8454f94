"""Whether GraphQL documents and schemas are valid; needs the library graphql-core."""

from typing import Any

from mlsec_nb.rego.errors import RegoEvalError
from mlsec_nb.rego.values import FALSE, Value, boolean

from .registry import Table

TABLE = Table()
_TOKENS = 50_000  # of one document


def _library() -> Any:
    try:
        import graphql
    except ImportError as error:  # never undefined: a rule would be silently off
        raise RegoEvalError("GraphQL needs the library graphql-core") from error
    return graphql


def _parsed(text: str) -> Any:
    return _library().parse(text, max_tokens=_TOKENS, no_location=True)


def _completed(document: Any) -> Any:
    """The schema with what is extended and nowhere defined as if it were defined, as OPA's parser takes it."""
    graphql = _library()
    defined = {one.name.value for one in document.definitions if isinstance(one, graphql.TypeDefinitionNode)}
    made = []
    for one in document.definitions:
        name = one.kind.removesuffix("_extension")
        if name != one.kind and hasattr(one, "name") and one.name.value not in defined:
            defined.add(one.name.value)
            kind = getattr(graphql, type(one).__name__.replace("Extension", "Definition"))
            fields = {key: getattr(one, key, None) for key in kind.keys if key not in ("description", "loc")}
            made.append(kind(**{**fields, "description": None}))
        else:
            made.append(one)
    return graphql.DocumentNode(definitions=tuple(made))


def _schema(text: str) -> Any:
    """The schema; None when it is not valid."""
    graphql = _library()
    from graphql.validation.validate import validate_sdl

    try:
        document = _completed(_parsed(text))
        if validate_sdl(document):
            return None
        schema = graphql.build_ast_schema(document, assume_valid_sdl=True)
        errors = [one for one in graphql.validate_schema(schema) if "root type must be provided" not in one.message]
    except (graphql.GraphQLError, TypeError, ValueError, KeyError):
        return None
    return None if errors else schema


@TABLE.add("graphql.schema_is_valid", "any")
def schema_is_valid(text: Value) -> Value:
    return boolean(_schema(text) is not None) if type(text) is str else FALSE


@TABLE.add("graphql.is_valid", "any", "any")
def is_valid(query: Value, schema: Value) -> Value:
    graphql = _library()
    found = _schema(schema) if type(schema) is str else None
    if found is None or type(query) is not str:
        return FALSE
    try:
        return boolean(not graphql.validate(found, _parsed(query)))
    except (graphql.GraphQLError, TypeError):
        return FALSE
