"""From text to tree: our own grammar, nothing else. Nothing is ever executed.

    sum      := product (("+" | "-") product)*
    product  := signed (("*" | "/") signed)*
    signed   := ("-" | "+") signed | power
    power    := atom (("^" | "**") signed_power)?          right-associative, -x^2 = -(x^2)
    atom     := number | name | name "(" arguments ")" | "(" sum ")"
    where    := "where" "(" sum ("<" | "<=" | ">" | ">=") sum "," sum "," sum ")"

Limits: 2,000 characters, 500 nodes, depth 60, numbers of 400 characters with exponents up to 4096.
`docs/expressions.md` is the user's page.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass, field
from fractions import Fraction

from bitproof.errors import InputError
from bitproof.exact.rationals import MAX_EXPONENT, MAX_NUMBER_CHARACTERS
from bitproof.target.ast import Binary, Call, Constant, Negate, Node, Number, Variable, Where

MAX_CHARACTERS = 2000
MAX_NODES = 500
MAX_DEPTH = 60

# Name: least and greatest number of arguments.
FUNCTIONS: dict[str, tuple[int, int]] = {
    **dict.fromkeys(
        (
            *("abs", "sqrt", "cbrt", "exp", "expm1", "log", "log1p", "log2"),
            *("sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh", "erf"),
            *("relu", "sigmoid", "elu", "softplus", "silu", "mish", "gelu"),
        ),
        (1, 1),
    ),
    "leaky_relu": (1, 2),
    "min": (2, MAX_NODES),
    "max": (2, MAX_NODES),
}
CONSTANTS = ("pi", "e")
_VARIABLE = re.compile(r"x[1-9]?\Z")
_COMPARISONS = ("<", "<=", ">", ">=")
_TOKEN = re.compile(
    r"(?P<space>\s+)"
    r"|(?P<number>(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)"
    r"|(?P<name>[A-Za-z_][A-Za-z_0-9]*)"
    r"|(?P<symbol>\*\*|<=|>=|[-+*/^(),<>])"
)
_MEANT = {
    "ln": "log", "arcsin": "asin", "arccos": "acos", "arctan": "atan", "fabs": "abs",
    "clip": "min",
    "swish": "silu", "logistic": "sigmoid", "Pi": "pi", "PI": "pi", "E": "e", "log10": "log",
    "sign": "where", "step": "where", "heaviside": "where", "if": "where",
    "X": "x", "y": "x", "t": "x",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    start: int


def parse(text: str) -> Node:
    """The tree of an expression.

    Raises:
        InputError: not in the grammar or beyond its limits; the message shows the place.

    >>> from bitproof.target.ast import write
    >>> write(parse("-x**2 + sin(2*pi*x)/3e-1"))
    '-x^2 + sin(2*pi*x)/0.3'
    >>> parse("2x")
    Traceback (most recent call last):
    ...
    bitproof.errors.InputError: a multiplication sign is missing
      2x
       ^: write 2*x
    """
    if len(text) > MAX_CHARACTERS:
        raise InputError(
            f"an expression of {len(text)} characters",
            remedy=f"write it with at most {MAX_CHARACTERS}, or give a table (.csv)",
        )
    return _Parser(text, _tokens(text)).whole()


def _problem(text: str, start: int, problem: str, remedy: str) -> InputError:
    """An error that shows the line around `start` with a caret under it."""
    visible = "".join(c if c.isprintable() else " " for c in text)
    first = max(0, start - 50)
    line = visible[first : start + 30]
    prefix, suffix = "… " if first else "", " …" if start + 30 < len(text) else ""
    caret = " " * (len(prefix) + start - first) + "^"
    return InputError(f"{problem}\n  {prefix}{line}{suffix}\n  {caret}", remedy=remedy)


def _tokens(text: str) -> list[_Token]:
    tokens: list[_Token] = []
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None or match.lastgroup is None:
            raise _strange(text, position)
        if match.lastgroup != "space":
            tokens.append(_Token(match.lastgroup, match.group(), position))
        position = match.end()
    tokens.append(_Token("end", "", len(text.rstrip())))
    return tokens


def _strange(text: str, position: int) -> InputError:
    character = text[position]
    remedies = {
        "=": "an expression has no =; for a condition use < or > inside where(...)",
        "[": "use round brackets ( )", "]": "use round brackets ( )", "{": "use round brackets ( )",
        "}": "use round brackets ( )", "|": "write abs(...)", "π": "write pi", "·": "write *",
        "×": "write *", "÷": "write /", "−": "write - (the minus of the keyboard)", "²": "write ^2",
        "³": "write ^3", "√": "write sqrt(...)", "%": "write /100", ";": "write one expression",
        "≤": "write <=", "≥": "write >=", ".": "write a digit: 0.5 or 1.0",
    }  # fmt: skip
    shown = character if character.isprintable() else f"U+{ord(character):04X}"
    remedy = remedies.get(character, "use numbers, x, pi, e, + - * / ^ ( ) and the functions")
    return _problem(text, position, f"the character {shown} means nothing here", remedy)


@dataclass
class _Parser:
    """A recursive descent over the tokens; `_depth` and `_nodes` keep it within the limits."""

    text: str
    tokens: list[_Token]
    _next: int = 0
    _nodes: int = 0
    _depth: int = field(default=0)

    def whole(self) -> Node:
        if self._token.kind == "end":
            raise InputError("the expression is empty", remedy='write one, as in "sin(2*pi*x)"')
        node = self._sum()
        if self._token.kind != "end":
            raise self._unexpected()
        return node

    # tokens

    @property
    def _token(self) -> _Token:
        return self.tokens[self._next]

    def _take(self) -> _Token:
        token = self._token
        self._next += 1
        return token

    def _accept(self, *symbols: str) -> str | None:
        token = self._token
        if token.kind == "symbol" and token.text in symbols:
            self._next += 1
            return token.text
        return None

    def _expect(self, symbol: str, remedy: str) -> None:
        if self._accept(symbol) is None:
            if self._token.kind == "end":
                problem = f"the expression ends where {symbol!r} is missing"
                raise _problem(self.text, self._token.start, problem, remedy)
            raise self._unexpected(remedy)

    def _error(self, token: _Token, problem: str, remedy: str) -> InputError:
        return _problem(self.text, token.start, problem, remedy)

    def _unexpected(self, remedy: str = "") -> InputError:
        token = self._token
        if token.kind == "end":
            return self._error(token, "the expression ends too early", remedy or "complete it")
        previous = self.tokens[self._next - 1] if self._next else None
        starts = token.kind in ("number", "name") or token.text == "("
        if starts and previous is not None and _ends_operand(previous):
            after = "(...)" if token.text == "(" else token.text[:20]
            before = "(...)" if previous.text == ")" else previous.text[:20]
            wanted = f"write {before}*{after}"
            return self._error(token, "a multiplication sign is missing", wanted)
        if token.text in _COMPARISONS:
            wanted = "conditions stand inside where(condition, a, b), one comparison each"
            return self._error(token, f"{token.text!r} does not belong here", wanted)
        if token.text == ")":
            return self._error(token, "this bracket closes nothing", remedy or "remove it")
        if token.text == ",":
            wanted = remedy or "write decimal points, and commas only between arguments"
            return self._error(token, "',' does not belong here", wanted)
        wanted = remedy or "write a number, x, a function or a bracket here"
        return self._error(token, f"{token.text[:20]!r} does not belong here", wanted)

    def _count(self, node: Node) -> Node:
        self._nodes += 1
        if self._nodes > MAX_NODES:
            raise InputError(
                f"an expression of more than {MAX_NODES} operations and numbers",
                remedy="simplify it, or give a table (.csv)",
            )
        return node

    # the grammar

    def _sum(self) -> Node:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            wanted = f"at most {MAX_DEPTH} levels of brackets, functions, signs and powers"
            raise self._error(self._token, "nested too deeply", wanted)
        node = self._product()
        while operator := self._accept("+", "-"):
            node = self._count(Binary(operator, node, self._product()))
        self._depth -= 1
        return node

    def _product(self) -> Node:
        node = self._signed()
        while operator := self._accept("*", "/"):
            node = self._count(Binary(operator, node, self._signed()))
        return node

    def _signed(self) -> Node:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            wanted = f"at most {MAX_DEPTH} levels of brackets, functions, signs and powers"
            raise self._error(self._token, "nested too deeply", wanted)
        if self._accept("-"):
            node = self._count(Negate(self._signed()))
        elif self._accept("+"):
            node = self._signed()
        else:
            node = self._power()
        self._depth -= 1
        return node

    def _power(self) -> Node:
        base = self._atom()
        if self._accept("^", "**"):
            return self._count(Binary("^", base, self._signed()))
        return base

    def _atom(self) -> Node:
        token = self._token
        if token.kind == "number":
            return self._count(self._number(self._take()))
        if token.kind == "name":
            return self._count(self._name(self._take()))
        if self._accept("("):
            node = self._sum()
            self._expect(")", "close the bracket with )")
            return node
        raise self._unexpected()

    def _number(self, token: _Token) -> Node:
        if len(token.text) > MAX_NUMBER_CHARACTERS:
            problem = f"a number of {len(token.text)} characters"
            raise self._error(token, problem, f"write it with at most {MAX_NUMBER_CHARACTERS}")
        _, _, exponent = token.text.lower().partition("e")
        if exponent and (len(exponent) > 6 or abs(int(exponent)) > MAX_EXPONENT):
            wanted = f"write an exponent of at most {MAX_EXPONENT}"
            raise self._error(token, f"the number {token.text[:20]} is out of range", wanted)
        return Number(Fraction(token.text))

    def _name(self, token: _Token) -> Node:
        name = token.text
        called = self._token.text == "("
        if called and (name in FUNCTIONS or name == "where"):
            self._take()
            return self._where() if name == "where" else self._call(token)
        if not called and name in CONSTANTS:
            return Constant(name)
        if not called and _VARIABLE.match(name):
            return Variable(name)
        raise self._unknown(token, called=called)

    def _unknown(self, token: _Token, *, called: bool) -> InputError:
        name = token.text
        if name in FUNCTIONS or name == "where":
            return self._error(token, f"{name} is a function", f"write {name}(...)")
        if name in CONSTANTS or _VARIABLE.match(name):
            return self._error(token, f"{name} is not a function", f"write {name}*(...)")
        known = [*FUNCTIONS, "where"] if called else ["x", *CONSTANTS, *FUNCTIONS]
        near = difflib.get_close_matches(name, [*known, *_MEANT], n=1, cutoff=0.6)
        meant = _MEANT.get(name) or (_MEANT.get(near[0], near[0]) if near else "")
        remedy = f"did you mean {meant}?" if meant else f"known: {', '.join(known)}"
        kind = "function" if called else "name"
        return self._error(token, f"{name[:40]!r} is not a known {kind}", remedy)

    def _call(self, token: _Token) -> Node:
        least, most = FUNCTIONS[token.text]
        arguments = [] if self._token.text == ")" else [self._sum()]
        while self._accept(","):
            arguments.append(self._sum())
        self._expect(")", f"close {token.text}( with )")
        if not least <= len(arguments) <= most:
            count = f"{least}" if least == most else f"{least} or {most}"
            wanted = f"give it {'2 or more' if most == MAX_NODES else count}"
            problem = f"{token.text} with {len(arguments)} argument(s)"
            raise self._error(token, problem, wanted)
        return Call(token.text, tuple(arguments))

    def _where(self) -> Node:
        left = self._sum()
        comparison = self._accept(*_COMPARISONS)
        if comparison is None:
            raise self._unexpected("write where(x < 1, a, b), with one of < <= > >=")
        right = self._sum()
        self._expect(",", "write where(condition, a, b)")
        chosen = self._sum()
        self._expect(",", "write where(condition, a, b)")
        otherwise = self._sum()
        self._expect(")", "close where( with )")
        return Where(comparison, left, right, chosen, otherwise)


def _ends_operand(token: _Token) -> bool:
    return token.kind in ("number", "name") or token.text == ")"
