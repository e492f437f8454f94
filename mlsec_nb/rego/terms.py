"""Tokens → terms and bodies: the part of the grammar that rules and queries share."""

from collections.abc import Callable

from .ast import (
    Array,
    Body,
    Call,
    Comprehension,
    Declare,
    Every,
    Holds,
    Literal,
    ObjectOf,
    Place,
    Ref,
    Scalar,
    SetOf,
    SomeIn,
    Statement,
    Template,
    Term,
    Unify,
    Var,
    With,
)  # fmt: skip
from .errors import RegoParseError
from .lexer import Token
from .values import FALSE, TRUE

KEYWORDS_V0 = frozenset({"as", "default", "else", "false", "import", "package", "not", "null", "true", "with", "some"})
KEYWORDS_FUTURE = frozenset({"in", "every", "if", "contains"})
_RELATIONS = {"==": "equal", "!=": "neq", "<": "lt", "<=": "lte", ">": "gt", ">=": "gte"}
_LEVELS = (_RELATIONS, {"|": "or"}, {"&": "and"}, {"+": "plus", "-": "minus"}, {"*": "mul", "/": "div", "%": "rem"})
_CONSTANTS = {"true": TRUE, "false": FALSE, "null": None}
_DEPTH = 120  # terms inside terms; an honest policy has a dozen
_ATTEMPTS = 2000  # readings that are given up for another


class TooComplexError(RegoParseError):
    """Parsing on would take too long; no other reading is tried."""


class TermParser:
    """A cursor over tokens; the methods consume what they name."""

    def __init__(self, tokens: list[Token], keywords: frozenset[str]) -> None:
        self.tokens = tokens
        self.keywords = keywords
        self.position = 0
        self._depth = 0
        self._attempts = 0

    @property
    def token(self) -> Token:
        return self.tokens[self.position]

    def advance(self) -> Token:
        token = self.tokens[self.position]
        if token.kind != "end":
            self.position += 1
        return token

    def error(self, message: str, place: Place | None = None) -> RegoParseError:
        return RegoParseError(message, place or self.token.place)

    def unexpected(self, expected: str) -> RegoParseError:
        token = self.token
        shown = "end of file" if token.kind == "end" else f"{token.text!r}"
        return self.error(f"unexpected {shown}: expected {expected}")

    def at(self, *texts: str) -> bool:
        return self.token.kind == "op" and self.token.text in texts

    def keyword(self, word: str) -> bool:
        return self.token.kind == "name" and self.token.text == word and word in self.keywords

    def adjacent(self, *texts: str) -> bool:
        """One of these operators follows without a space between."""
        return self.at(*texts) and self.position > 0 and self.tokens[self.position - 1].end == self.token.start

    def take(self, text: str) -> bool:
        if self.at(text) or self._keyword_here(text):
            self.advance()
            return True
        return False

    def expect(self, text: str) -> Token:
        if not self.at(text):
            raise self.unexpected(f"`{text}`")
        return self.advance()

    def attempt(self, parse: Callable[[], Term | Body]) -> Term | Body | None:
        """What `parse` gives, or None and back to where it began."""
        start, depth = self.position, self._depth
        self._attempts += 1
        if self._attempts > _ATTEMPTS + len(self.tokens):
            raise TooComplexError("the text is too complex", self.token.place)
        try:
            return parse()
        except TooComplexError:
            raise
        except RegoParseError:
            self.position, self._depth = start, depth
            return None

    # bodies

    def body(self, closing: str) -> Body:
        """Literals up to the closing mark, which is consumed."""
        literals: list[Literal] = []
        while self.take(";"):
            pass
        while not self.at(closing):
            literals.append(self.literal())
            separated = False
            while self.take(";"):
                separated = True
            if not (separated or self.at(closing) or self.token.newline):
                raise self.unexpected(f"`{closing}`, `;` or a new line")
        if not literals:
            raise self.error("found empty body")
        self.expect(closing)
        return tuple(literals)

    def literal(self) -> Literal:
        negated = self._keyword_here("not")
        if negated:
            self.advance()
        statement = self._statement()
        if negated and isinstance(statement, Declare | SomeIn | Every):
            raise self.error("`some` and `every` cannot be negated", statement.place)
        withs: list[With] = []
        while self._keyword_here("with"):
            self.advance()
            target = self.primary()
            if not (self.token.kind == "name" and self.token.text == "as"):
                raise self.unexpected("`as`")
            self.advance()
            withs.append(With(target, self.infix(0)))
        return Literal(statement, negated, tuple(withs), self.tokens[self.position - 1].place.line)

    def _statement(self) -> Statement:
        place = self.token.place
        if self._keyword_here("some"):
            self.advance()
            return self._some(place)
        if self._keyword_here("every"):
            self.advance()
            return self._every(place)
        left = self.expression()
        for mark in (":=", "="):
            if self.take(mark):
                return Unify(place, left, self.expression(), declares=mark == ":=")
        return Holds(place, left)

    def _keyword_here(self, word: str) -> bool:
        """The keyword, not a name of the same letters that is being looked into (`every.x`)."""
        following = self.tokens[min(self.position + 1, len(self.tokens) - 1)]
        return self.keyword(word) and not (following.kind == "op" and following.text == ".")

    def _some(self, place: Place) -> Statement:
        first = self.infix(0)
        second = self.infix(0) if self.take(",") else None
        if self.take("in"):
            domain = self.infix(0)
            if second is None:
                return SomeIn(place, None, first, domain)
            return SomeIn(place, first, second, domain)
        terms = [first] if second is None else [first, second]
        while self.take(","):
            terms.append(self.infix(0))
        names = [term.name for term in terms if isinstance(term, Var)]
        if len(names) != len(terms):
            raise self.error("`some` declares variables only", place)
        return Declare(place, tuple(names))

    def _every(self, place: Place) -> Every:
        names: list[Term] = [self.primary()]
        if self.take(","):
            names.append(self.primary())
        if not all(isinstance(name, Var) for name in names):
            raise self.error("`every` binds variables only", place)
        if not self.take("in"):
            raise self.unexpected("`in`")
        domain = self.infix(0)
        self.expect("{")
        body = self.body("}")
        return Every(place, names[0] if len(names) > 1 else None, names[-1], domain, body)

    # terms

    def expression(self, *, in_list: bool = False, without: str = "") -> Term:
        """A term with infix operators and `in`; `without` is an operator that ends it (the bar of a comprehension)."""
        self._enter()
        left = self.infix(0, without)
        left = self._membership(left, in_list=in_list, without=without)
        self._depth -= 1
        return left

    def _enter(self) -> None:
        self._depth += 1
        if self._depth > _DEPTH:
            raise TooComplexError("terms are nested too deeply", self.token.place)

    def _membership(self, left: Term, *, in_list: bool, without: str) -> Term:
        if not in_list and self.at(",") and "in" in self.keywords:
            start = self.position
            self.advance()
            middle = self.attempt(lambda: self.infix(0, without))
            if isinstance(middle, Term) and self.take("in"):
                return self._again(
                    Call(left.place, "internal.member_3", (left, middle, self.infix(0, without))), without
                )
            self.position = start
        if self.take("in"):
            return self._again(Call(left.place, "internal.member_2", (left, self.infix(0, without))), without)
        return left

    def _again(self, left: Term, without: str) -> Term:
        return self._membership(left, in_list=True, without=without) if self._keyword_here("in") else left

    def infix(self, level: int, without: str = "") -> Term:
        if level == len(_LEVELS):
            return self.primary()
        operators = _LEVELS[level]
        left = self.infix(level + 1, without)
        while self.token.kind == "op" and self.token.text in operators and self.token.text != without:
            operator = self.advance()
            right = self.infix(level + 1, without)
            left = Call(left.place, operators[operator.text], (left, right))
        return left

    def primary(self) -> Term:
        self._enter()
        term = self._postfix(self._atom())
        self._depth -= 1
        return term

    def _atom(self) -> Term:
        token = self.token
        if token.kind == "name":
            return self._named()
        if token.kind in ("number", "string"):
            self.advance()
            return Scalar(token.place, token.value)
        if token.kind == "template":
            self.advance()
            return self._template(token)
        if self.take("["):
            return self._array(token.place)
        if self.take("{"):
            return self._braces(token.place)
        if self.take("("):
            inner = self.expression()
            self.expect(")")
            return inner
        if self.at("-") and self.tokens[self.position + 1].kind == "number":
            self.advance()
            number = self.advance()
            return Scalar(token.place, -number.value)
        raise self.unexpected("a term")

    def _named(self) -> Term:
        token = self.advance()
        reserved = token.text in self.keywords and not self.adjacent(".", "[")
        if token.text in _CONSTANTS and not self.adjacent("."):
            return Scalar(token.place, _CONSTANTS[token.text])
        if reserved and not (token.text == "contains" and self.adjacent("(")):
            self.position -= 1
            raise self.unexpected("a term")
        return Var(token.place, token.text)

    def _postfix(self, term: Term) -> Term:
        while True:
            if self.adjacent("."):
                self.advance()
                name = self.token
                if name.kind != "name" or not self._touches():
                    raise self.unexpected("a name")
                self.advance()
                term = _extend(term, Scalar(name.place, name.text))
            elif self.adjacent("["):
                self.advance()
                operand = self.expression()
                self.expect("]")
                term = _extend(term, operand)
            elif self.adjacent("(") and isinstance(term, Var | Ref):
                self.advance()
                term = self._call(term)
            else:
                return term

    def _touches(self) -> bool:
        return self.tokens[self.position - 1].end == self.token.start

    def _call(self, operator: Term) -> Term:
        if isinstance(operator, Var) and operator.name == "set" and self.take(")"):
            return SetOf(operator.place, ())
        args = self._list(")")
        return Call(operator.place, dotted(operator), tuple(args), operator=operator)

    def _list(self, closing: str, first: Term | None = None) -> list[Term]:
        items = [] if first is None else [first]
        while not self.at(closing):
            if items:
                self.expect(",")
                if self.at(closing):
                    break
            items.append(self.expression(in_list=True))
        self.expect(closing)
        return items

    def _array(self, place: Place) -> Term:
        if self.take("]"):
            return Array(place, ())
        start = self.position
        first = self.expression(in_list=True, without="|")
        if self.at("|"):
            body = self.attempt(lambda: self._bar("]"))
            if isinstance(body, tuple):
                return Comprehension(place, "array", None, first, body)
            self.position = start
            first = self.expression(in_list=True)
        return Array(place, tuple(self._list("]", first)))

    def _bar(self, closing: str) -> Body:
        self.expect("|")
        return self.body(closing)

    def _braces(self, place: Place) -> Term:
        if self.take("}"):
            return ObjectOf(place, ())
        start = self.position
        first = self.expression(in_list=True, without="|")
        if self.at("|"):
            body = self.attempt(lambda: self._bar("}"))
            if isinstance(body, tuple):
                return Comprehension(place, "set", None, first, body)
            self.position = start
            first = self.expression(in_list=True)
        if not self.take(":"):
            return SetOf(place, tuple(self._list("}", first)))
        return self._object(place, first)

    def _object(self, place: Place, key: Term) -> Term:
        start = self.position
        value = self.expression(in_list=True, without="|")
        if self.at("|"):
            body = self.attempt(lambda: self._bar("}"))
            if isinstance(body, tuple):
                return Comprehension(place, "object", key, value, body)
            self.position = start
            value = self.expression(in_list=True)
        pairs = [(key, value)]
        while self.take(",") and not self.at("}"):
            key = self.expression(in_list=True)
            self.expect(":")
            pairs.append((key, self.expression(in_list=True)))
        self.expect("}")
        return ObjectOf(place, tuple(pairs))

    def _template(self, token: Token) -> Term:
        parts: list[str | Literal] = []
        for part in token.value:
            if isinstance(part, str):
                if part:
                    parts.append(part)
                continue
            inner = TermParser(part, self.keywords)
            inner._depth = self._depth + 1
            literal = inner.literal()
            if inner.token.kind != "end" or not isinstance(literal.statement, Holds) or literal.negated:
                raise self.error("a template expression must be one term", token.place)
            parts.append(literal)
        return Template(token.place, tuple(parts))


def _extend(term: Term, operand: Term) -> Ref:
    if isinstance(term, Ref):
        return Ref(term.place, term.head, (*term.path, operand))
    return Ref(term.place, term, (operand,))


def dotted(term: Term) -> str:
    """`a.b.c` of a reference made of names; empty when it is none."""
    if isinstance(term, Var):
        return term.name
    if isinstance(term, Ref) and isinstance(term.head, Var):
        names = [part.value for part in term.path if isinstance(part, Scalar) and isinstance(part.value, str)]
        if len(names) == len(term.path):
            return ".".join((term.head.name, *names))
    return ""
