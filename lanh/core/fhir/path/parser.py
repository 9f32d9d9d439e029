"""Parsing FHIRPath: precedence climbing over the tokens."""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache

from lanh.core.fhir.path.syntax import (
    Binary,
    Call,
    Empty,
    Expression,
    External,
    Index,
    Literal,
    Member,
    QuantityLiteral,
    Special,
    TypeTest,
    Unary,
    parts,
)
from lanh.core.fhir.path.temporal import parse_temporal
from lanh.core.fhir.path.tokenizer import PathSyntaxError, Token, tokens

_LEVELS: dict[str, int] = {
    "implies": 1,
    "or": 2,
    "xor": 2,
    "and": 3,
    "in": 4,
    "contains": 4,
    "=": 5,
    "~": 5,
    "!=": 5,
    "!~": 5,
    "<": 6,
    ">": 6,
    "<=": 6,
    ">=": 6,
    "|": 7,
    "is": 8,
    "as": 8,
    "+": 9,
    "-": 9,
    "&": 9,
    "*": 10,
    "/": 10,
    "div": 10,
    "mod": 10,
}
_PLURAL = ("year", "month", "week", "day", "hour", "minute", "second", "millisecond")
_CALENDAR = {name: name for name in _PLURAL} | {name + "s": name for name in _PLURAL}
_MAX_NESTING = 60
_MAX_DEPTH = 200
_MAX_LENGTH = 20_000


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = tokens(text)
        self._at = 0
        self._nesting = 0

    @property
    def _now(self) -> Token:
        return self._tokens[self._at]

    def _take(self) -> Token:
        token = self._now
        self._at += 1
        return token

    def _is(self, sign: str) -> bool:
        return self._now.kind == "sign" and self._now.text == sign

    def _expect(self, sign: str) -> None:
        if not self._is(sign):
            raise self._error(f"expected {sign!r}")
        self._at += 1

    def _error(self, what: str) -> PathSyntaxError:
        token = self._now
        got = repr(token.text) if token.kind != "end" else "the end"
        return PathSyntaxError(f"{what} but found {got} at {token.position} of {self._text!r}")

    def whole(self) -> Expression:
        found = self.expression(1)
        if self._now.kind != "end":
            raise self._error("expected the end")
        return found

    def expression(self, level: int) -> Expression:
        self._nesting += 1
        if self._nesting > _MAX_NESTING:
            raise PathSyntaxError("the expression is nested too deeply")
        left = self._unary()
        while True:
            token = self._now
            own = _LEVELS.get(token.text, 0) if token.kind in ("sign", "name") else 0
            if own < level or own == 0:
                break
            self._at += 1
            if token.text in ("is", "as"):
                left = TypeTest(token.text, left, self._type_name())
            else:
                left = Binary(token.text, left, self.expression(own + 1))
        self._nesting -= 1
        return left

    def _type_name(self) -> str:
        opened = 0
        while self._is("("):
            self._at += 1
            opened += 1
        parts = [self._name()]
        while self._is("."):
            self._at += 1
            parts.append(self._name())
        for _ in range(opened):
            self._expect(")")
        return ".".join(parts)

    def _name(self) -> str:
        if self._now.kind not in ("name", "quoted"):
            raise self._error("expected a name")
        return self._take().text

    def _unary(self) -> Expression:
        signs: list[str] = []
        while self._is("+") or self._is("-"):
            signs.append(self._take().text)
        found = self._postfix(self._primary())
        for sign in reversed(signs):
            found = Unary(sign, found)
        return found

    def _postfix(self, found: Expression) -> Expression:
        while True:
            if self._is("."):
                self._at += 1
                if self._now.kind == "special":
                    found = Binary(".", found, Special(self._take().text))
                else:
                    found = self._invocation(found)
            elif self._is("["):
                self._at += 1
                index = self.expression(1)
                self._expect("]")
                found = Index(found, index)
            else:
                return found

    def _invocation(self, source: Expression | None) -> Expression:
        quoted = self._now.kind == "quoted"
        name = self._name()
        if quoted or not self._is("("):
            return Member(source, name)
        self._at += 1
        arguments: list[Expression] = []
        while not self._is(")"):
            if arguments:
                self._expect(",")
            argument = self.expression(1)
            if name == "sort" and self._now.text in ("asc", "desc"):
                argument = Unary("desc", argument) if self._take().text == "desc" else argument
            arguments.append(argument)
        self._at += 1
        return Call(source, name, tuple(arguments))

    def _primary(self) -> Expression:
        token = self._now
        if token.kind == "number":
            return self._number()
        if token.kind in ("name", "quoted"):
            if token.kind == "name" and token.text in ("true", "false"):
                self._at += 1
                return Literal(token.text == "true")
            return self._invocation(None)
        if token.kind == "sign" and token.text in "({":
            self._at += 1
            if token.text == "{":
                self._expect("}")
                return Empty()
            inner = self.expression(1)
            self._expect(")")
            return inner
        if token.kind in ("sign", "end"):
            raise self._error("expected a value")
        self._at += 1
        if token.kind == "string":
            return Literal(token.text)
        if token.kind == "time":
            return Literal(parse_temporal(token.text[1:]))
        return Special(token.text) if token.kind == "special" else External(token.text)

    def _number(self) -> Expression:
        text = self._take().text
        unit = self._now
        if unit.kind == "string":
            self._at += 1
            return QuantityLiteral(Decimal(text), unit.text)
        if unit.kind == "name" and unit.text in _CALENDAR:
            self._at += 1
            return QuantityLiteral(Decimal(text), _CALENDAR[unit.text])
        return Literal(Decimal(text) if "." in text else int(text))


def _check_depth(expression: Expression) -> None:
    """A long chain of steps or operators is as deep as nested brackets are."""
    waiting = [(expression, 1)]
    while waiting:
        node, depth = waiting.pop()
        if depth > _MAX_DEPTH:
            raise PathSyntaxError("the expression has too many steps in a row")
        waiting.extend((part, depth + 1) for part in parts(node))


@lru_cache(maxsize=4096)
def parse(expression: str) -> Expression:
    """The syntax tree of an expression. Raises PathSyntaxError."""
    if len(expression) > _MAX_LENGTH:
        raise PathSyntaxError("an expression has at most 20000 characters")
    try:
        found = _Parser(expression).whole()
        _check_depth(found)
        return found
    except ValueError as error:
        if isinstance(error, PathSyntaxError):
            raise
        raise PathSyntaxError(f"{error} in {expression!r}") from error
