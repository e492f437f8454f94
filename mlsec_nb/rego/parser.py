"""Tokens → modules: package, imports and rules, in the syntax of Rego v1 and of v0."""

from dataclasses import replace

from .annotations import attach
from .ast import Body, Import, Module, Place, Ref, Rule, Scalar, Term, Var
from .errors import RegoParseError
from .lexer import Lexer
from .stack import room
from .terms import KEYWORDS_FUTURE, KEYWORDS_V0, TermParser
from .values import TRUE

VERSIONS = ("v1", "v0", "auto")


def parse_module(source: str, file: str = "policy.rego", version: str = "auto") -> Module:
    """A module; `version` "auto" takes v1 where the text is v1 and v0 where only that fits."""
    if version not in VERSIONS:
        raise ValueError(f"version must be one of {', '.join(VERSIONS)}")
    with room():
        return _parsed(source, file, version)


def _parsed(source: str, file: str, version: str) -> Module:
    if version != "auto":
        return _Parser(source, file, version).module()
    try:
        return _Parser(source, file, "v1").module()
    except RegoParseError as error:
        try:
            return _Parser(source, file, "v0").module()
        except RegoParseError:
            raise error from None


def parse_query(source: str, file: str = "query") -> Body:
    """The literals of a query, in v1 syntax."""
    with room():
        return _Parser(source, file, "v1").query()


class _Parser(TermParser):
    def __init__(self, source: str, file: str, version: str) -> None:
        lexer = Lexer(source, file)
        keywords = KEYWORDS_V0 | KEYWORDS_FUTURE if version == "v1" else KEYWORDS_V0
        super().__init__(lexer.tokens(), keywords)
        self.comments = tuple(lexer.comments)
        self.source, self.file, self.version = source, file, version
        self.strict = version == "v1"  # `if` and `contains` are required

    def query(self) -> Body:
        literals = [self.literal()]
        while self.token.kind != "end":
            separated = self.take(";")
            while self.take(";"):
                pass
            if self.token.kind == "end":
                break
            if not separated and not self.token.newline:
                raise self.unexpected("`;` or a new line")
            literals.append(self.literal())
        return tuple(literals)

    def module(self) -> Module:
        place = self.token.place
        if not self.take("package"):
            raise self.unexpected("`package`")
        package = self._path(self.primary(), "package")
        imports: list[Import] = []
        rules: list[Rule] = []
        while self.token.kind != "end":
            if not self.token.newline and not self.at(";"):
                raise self.unexpected("a new line")
            while self.take(";"):
                pass
            if self.token.kind == "end":
                break
            if self._keyword_here("import"):
                imports.extend(self._import())
            else:
                rules.extend(self._rules())
        module = Module(self.file, package, tuple(imports), tuple(rules), self.comments, (), self.source,
                        self.version, place)  # fmt: skip
        return attach(module)

    def _path(self, term: Term, what: str) -> tuple[str, ...]:
        head, path = (term.head, term.path) if isinstance(term, Ref) else (term, ())
        if isinstance(head, Var):
            names = [part.value for part in path if isinstance(part, Scalar) and isinstance(part.value, str)]
            if len(names) == len(path):
                return (head.name, *names)
        raise self.error(f"invalid path of {what}", term.place)

    def _import(self) -> list[Import]:
        self.advance()
        place = self.token.place
        path = self._path(self.primary(), "import")
        alias = path[-1]
        if self.keyword("as"):
            self.advance()
            alias = self.advance().text
        if path[0] in ("future", "rego"):
            self._language(path, place)
            return []
        if path[0] not in ("data", "input"):
            raise self.error("an import begins with data, input, future or rego", place)
        return [Import(place, path, alias)]

    def _language(self, path: tuple[str, ...], place: Place) -> None:
        if path == ("rego", "v1"):
            self.keywords |= KEYWORDS_FUTURE
            self.strict = True
        elif path[:2] == ("future", "keywords") and len(path) <= 3 and set(path[2:]) <= KEYWORDS_FUTURE:
            chosen = set(path[2:]) or KEYWORDS_FUTURE
            self.keywords |= frozenset(chosen | ({"in"} if "every" in chosen else set()))
        else:
            raise self.error(f"unexpected import of {'.'.join(path)}", place)

    # rules

    def _rules(self) -> list[Rule]:
        place = self.token.place
        default = self._keyword_here("default")
        if default:
            self.advance()
        head = self._head(place)
        if default:
            return [replace(self._default(head), end=self._last_line())]
        rule = self._with_body(head)
        rules = [rule]
        while self.at("{") and not self.strict:  # v0: more bodies of the same head
            self.advance()
            rules.append(replace(head, place=self.token.place, body=self.body("}"), end=self._last_line()))
        return rules

    def _last_line(self) -> int:
        return self.tokens[self.position - 1].place.line

    def _default(self, head: Rule) -> Rule:
        if head.value is None or head.kind == "set" or self._keyword_here("if"):
            raise self.error("a default rule has a value and no body", head.place)
        return replace(head, default=True)

    def _head(self, place: Place) -> Rule:
        name = self.token
        if name.kind != "name":
            raise self.unexpected("a rule")
        self.advance()
        if name.text in self.keywords and not self.adjacent(".", "["):
            self.position -= 1
            raise self.unexpected("a rule")
        reference = self._head_path(Var(name.place, name.text))
        head, tail = (reference.head, reference.path) if isinstance(reference, Ref) else (reference, ())
        assert isinstance(head, Var)
        path = (Scalar(head.place, head.name), *tail)
        if self.adjacent("("):
            self.advance()
            args = tuple(self._list(")"))
            kind = "function" if args else "complete"  # `f() := 1` is a rule like any other
            return replace(Rule(place, path, kind, args), value=self._assigned())
        if self._keyword_here("contains"):
            self.advance()
            return Rule(place, path, "set", key=self.expression())
        return self._valued(Rule(place, path, "complete", value=self._assigned()))

    def _head_path(self, term: Term) -> Term:
        """The reference of a head; unlike elsewhere a parenthesis opens parameters, not a call."""
        start = self.position
        tokens, depth = self.tokens, 0
        while self.position < len(tokens) - 1:
            if self.adjacent("[") or (depth and self.at("[")):
                depth += 1
            elif self.at("]") and depth:
                depth -= 1
            elif (
                not depth and not self.adjacent(".") and not (self._touches() and tokens[self.position - 1].text == ".")
            ):
                break
            self.position += 1
        stop, self.position = self.position, start
        held = tokens[stop]
        if held.kind == "op" and held.text == "(":
            tokens[stop] = replace(held, kind="end")
            reference = self._postfix(term)
            tokens[stop] = held
        else:
            reference = self._postfix(term)
        return reference

    def _assigned(self) -> Term | None:
        return self.expression() if self.take(":=") or self.take("=") else None

    def _valued(self, rule: Rule) -> Rule:
        """What a head without `contains` is: v0's `p[x]` with a body is a set, in v1 it maps `x` to true."""
        last = rule.path[-1]
        old_set = not self.strict and len(rule.path) == 2 and rule.value is None and not self._keyword_here("if")
        if old_set and not self._dotted(last):
            return replace(rule, kind="set", path=rule.path[:-1], key=last)
        return rule

    def _dotted(self, part: Term) -> bool:
        """Written with a dot: `p.q` is a name, `p["q"]` a key."""
        before = next(token for token in self.tokens if token.place == part.place)
        return before.kind == "name" and isinstance(part, Scalar)

    def _with_body(self, head: Rule) -> Rule:
        body: Body = ()
        if self._keyword_here("if"):
            self.advance()
            body = self._if_body()
        elif self.at("{") and not self.strict:
            self.advance()
            body = self.body("}")
        elif head.kind != "set" and head.value is None and (self.strict or not head.args):
            raise self.unexpected("`if`, `contains` or a value" if self.strict else "a body or a value")
        rule = replace(head, body=body, value=self._value_of(head))
        rule.orelse = self._else(head) if body else None
        rule.end = self._last_line()
        return rule

    def _value_of(self, head: Rule) -> Term | None:
        return Scalar(head.place, TRUE) if head.value is None and head.kind != "set" else head.value

    def _if_body(self) -> Body:
        if not self.at("{"):
            return (self.literal(),)
        start = self.position
        self.advance()
        if self.at("}"):
            raise self.error("found empty body")
        try:
            body = self.body("}")
            if self.token.newline or self.token.kind == "end" or self._may_follow():
                return body
            failed = self.unexpected("a new line")
        except RegoParseError as error:
            failed = error
        self.position = start
        literal = self.attempt(lambda: (self.literal(),))
        if isinstance(literal, tuple):
            return literal
        raise failed

    def _may_follow(self) -> bool:
        return self.keyword("else") or self.at(";", "}")

    def _else(self, head: Rule) -> Rule | None:
        if not self.keyword("else") or (self.token.newline and self._keyword_else_is_rule()):
            return None
        place = self.advance().place
        if head.kind == "set":
            raise self.error("`else` cannot follow a set rule", place)
        value = self._assigned()
        body: Body = ()
        if self._keyword_here("if"):
            self.advance()
            body = self._if_body()
        elif self.at("{") and not self.strict:
            self.advance()
            body = self.body("}")
        elif value is None:
            raise self.unexpected("a value or a body after `else`")
        rule = replace(head, place=place, value=value or Scalar(place, TRUE), body=body)
        rule.orelse = self._else(head) if body else None
        rule.end = self._last_line()
        return rule

    def _keyword_else_is_rule(self) -> bool:
        following = self.tokens[self.position + 1]
        return following.kind == "op" and following.text == "."
