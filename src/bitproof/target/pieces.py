"""An expression as pieces: on each one it is a single formula without a choice, proved defined.

`resolve` walks the tree from the leaves. Where abs, min, max, relu, leaky_relu, elu or where
change their branch (`signs` finds it), the domain is cut and each side keeps its own branch. Where
a function ends (sqrt at 0, asin at ±1, ...), the proof that the argument stays inside is made
there, or the expression is refused with the place. A branch that is not taken need not be defined.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TypeAlias

from bitproof.errors import DomainError, InputError
from bitproof.exact.enclosure import from_interval, precision, to_interval
from bitproof.exact.interval import Interval
from bitproof.exact.rationals import write_decimal
from bitproof.target.ast import (
    ONE,
    ZERO,
    Binary,
    Call,
    Negate,
    Node,
    Number,
    Select,
    Where,
    children,
    varies,
    with_children,
    write,
)
from bitproof.target.exact_value import MAX_INTEGER_EXPONENT, compare, exact_value, exponent_of
from bitproof.target.program import assemble
from bitproof.target.signs import ANALYSIS_PRECISION, Sign, Work, signs
from bitproof.target.spans import Span, common

MAX_PIECES = 4096
JUMP_TOLERANCE = Fraction(1, 1 << 60)

Piece: TypeAlias = Span[Node]

_NONNEGATIVE = frozenset(("exp", "cosh", "sigmoid", "softplus", "sqrt"))
_WITHIN_ONE = frozenset(("sin", "cos", "tanh", "erf", "sigmoid"))
_LEAK = Binary("/", ONE, Number(Fraction(100)))


def resolve(node: Node, domain: Interval, work: Work) -> list[Piece]:
    """The pieces of an expression over its domain, from left to right.

    A piece of width 0, or narrower than the domain by 2^-72, encloses a kink that is not known
    exactly and still carries the choice (`Select`, `Where`).

    Raises:
        DomainError: undefined, unbounded or discontinuous somewhere, or not proved otherwise.
        InputError: beyond the limits of work or pieces.

    >>> from bitproof.target.grammar import parse
    >>> unit = Interval(Fraction(0), Fraction(1))
    >>> pieces = resolve(parse("abs(x - 1/3)"), unit, Work(Fraction(1, 2**72)))
    >>> [(str(piece.lower), str(piece.upper), write(piece.content)) for piece in pieces]
    [('0', '1/3', '-(x - 1/3)'), ('1/3', '1', 'x - 1/3')]
    """
    if isinstance(node, Where):
        return _where(node, domain, work)
    node = in_pairs(node)
    operands = children(node)
    if not operands:
        return [Span(domain.lower, domain.upper, node)]
    parts = [resolve(operand, domain, work) for operand in operands]
    pieces: list[Piece] = []
    for span in common(parts):
        rebuilt, cell = with_children(node, span.content), Interval(span.lower, span.upper)
        choice = choice_of(rebuilt)
        if choice is None:
            pieces.extend(_defined(rebuilt, cell, work))
        else:
            pieces.extend(_selected(choice, cell, work))
        _limit(pieces, node)
    return pieces if choice_of(node) is None else _merged(pieces)


def _limit(pieces: list[Piece], node: Node) -> None:
    if len(pieces) > MAX_PIECES:
        raise InputError(
            f"{_short(node)} has more than {MAX_PIECES} kinks in the domain",
            remedy="choose a smaller domain or give a table (.csv)",
        )


def _short(node: Node) -> str:
    text = write(node)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _place(point: Fraction) -> str:
    exact = str(point)
    return exact if len(exact) <= 12 else write_decimal(point, 9)


# Choices


def in_pairs(node: Node) -> Node:
    """min and max of many arguments as a balanced tree of pairs; any other node unchanged."""
    if not isinstance(node, Call) or node.name not in ("min", "max") or len(node.arguments) == 2:
        return node
    middle = len(node.arguments) // 2
    left, right = node.arguments[:middle], node.arguments[middle:]
    return Call(
        node.name,
        (
            left[0] if len(left) == 1 else Call(node.name, left),
            right[0] if len(right) == 1 else Call(node.name, right),
        ),
    )


def choice_of(node: Node) -> Select | None:
    """abs, relu, leaky_relu, elu, min and max of two as a choice; None for any other node."""
    match node:
        case Call("abs", (u,)):
            return Select(u, u, Negate(u))
        case Call("relu", (u,)):
            return Select(u, u, ZERO)
        case Call("leaky_relu", (u,)):
            return Select(u, u, Binary("*", _LEAK, u))
        case Call("leaky_relu", (u, slope)):
            return Select(u, u, Binary("*", slope, u))
        case Call("elu", (u,)):
            return Select(u, u, Call("expm1", (u,)))
        case Call("max", (u, w)):
            return Select(_difference(u, w), u, w)
        case Call("min", (u, w)):
            return Select(_difference(w, u), u, w)
    return None


def _difference(left: Node, right: Node) -> Node:
    if right == ZERO:
        return left
    return Negate(right) if left == ZERO else Binary("-", left, right)


def _selected(choice: Select, cell: Interval, work: Work) -> list[Piece]:
    """The branches meet where the discriminant is 0, so only its sign matters."""
    if choice.chosen == choice.otherwise:
        return [Span(cell.lower, cell.upper, choice.chosen)]
    return [
        Span(stretch.lower, stretch.upper, _taken(choice, stretch.content))
        for stretch in _without_points(signs(choice.discriminant, cell, work))
    ]


def _taken(choice: Select, sign: int | None) -> Node:
    if sign is None:
        return choice
    return choice.chosen if sign >= 0 else choice.otherwise


def _without_points(stretches: list[Sign]) -> list[Sign]:
    wide = [stretch for stretch in stretches if not stretch.is_point]
    return wide or stretches


def _merged(pieces: list[Piece]) -> list[Piece]:
    """Neighbours with the same formula become one: no kink where nothing changes."""
    result: list[Piece] = []
    for piece in pieces:
        last = result[-1] if result else None
        if last is not None and last.content == piece.content and last.upper == piece.lower:
            result[-1] = Span(last.lower, piece.upper, piece.content)
        else:
            result.append(piece)
    return result


# where


def _where(node: Where, domain: Interval, work: Work) -> list[Piece]:
    difference = _difference(node.left, node.right)
    pieces: list[Piece] = []
    for condition in resolve(difference, domain, work):
        cell = Interval(condition.lower, condition.upper)
        stretches = signs(condition.content, cell, work)
        for index, stretch in enumerate(stretches):
            part = Interval(stretch.lower, stretch.upper)
            if stretch.content is None:
                pieces.extend(_both_branches(node, part, work))
            elif not stretch.is_point or len(stretches) == 1:
                pieces.extend(resolve(_branch(node, stretch.content), part, work))
            else:
                neighbours = stretches[max(0, index - 1) : index + 2]
                pieces.extend(_switch(node, neighbours, stretch.lower, work))
        _limit(pieces, node)
    return _merged(pieces)


def _branch(node: Where, sign: int) -> Node:
    return node.chosen if compare(node.comparison, sign) else node.otherwise


def _switch(node: Where, around: list[Sign], point: Fraction, work: Work) -> list[Piece]:
    """Nothing where the branches are proved to meet; the point with both of them where they may
    differ by less than 2^-60.

    Raises:
        DomainError: they differ by more, or it is not decided.
    """
    branches = [_branch(node, stretch.content) for stretch in around if stretch.content is not None]
    if all(branch == branches[0] for branch in branches):
        return []
    here = Interval(point, point)
    chosen = resolve(node.chosen, here, work)[0].content
    otherwise = resolve(node.otherwise, here, work)[0].content
    if _folded(chosen, point) == _folded(otherwise, point):
        return []
    gap = exact_value(Binary("-", chosen, otherwise), point)
    if gap is not None and gap.rational == 0 and gap.pi == 0:
        return []
    _check_jump(node, chosen, otherwise, here)
    return [Span(point, point, _undecided(node, chosen, otherwise))]


def _undecided(node: Where, chosen: Node, otherwise: Node) -> Node:
    """Both branches; the condition is no longer of use."""
    return Where(node.comparison, ZERO, ZERO, chosen, otherwise)


def _folded(node: Node, point: Fraction) -> Node:
    """The tree at a point with its exactly known parts replaced by numbers, for comparison."""
    exact = exact_value(node, point)
    if exact is not None and exact.pi == 0:
        return Number(exact.rational)
    folded = with_children(node, tuple(_folded(child, point) for child in children(node)))
    match folded:
        case Binary("+", left, Number(Fraction(numerator=0))) | Binary(
            "+", Number(Fraction(numerator=0)), left
        ):
            return left
        case Binary("-", left, Number(Fraction(numerator=0))):
            return left
        case Binary("*", left, Number(Fraction(numerator=1, denominator=1))):
            return left
        case Binary("*", Number(Fraction(numerator=1, denominator=1)), right):
            return right
    return folded


def _check_jump(node: Where, chosen: Node, otherwise: Node, cell: Interval) -> None:
    with precision(2 * ANALYSIS_PRECISION):
        ball = from_interval(cell)
        gap = to_interval(assemble(chosen).value(ball) - assemble(otherwise).value(ball))
    if gap is None:
        raise DomainError(
            f"{_short(node)} is not proved continuous at x = {_place(cell.lower)}",
            remedy="choose branches that meet there",
        )
    jump = max(gap.lower, -gap.upper, Fraction(0))
    if jump > JUMP_TOLERANCE:
        raise DomainError(
            f"{_short(node)} jumps by {write_decimal(jump, 4)} at x = {_place(cell.lower)}",
            remedy="choose branches that meet there, or a domain on one side of it",
        )


def _both_branches(node: Where, part: Interval, work: Work) -> list[Piece]:
    """A switch that is only enclosed: both branches count on the whole enclosure."""
    branches = [resolve(branch, part, work) for branch in (node.chosen, node.otherwise)]
    pieces: list[Piece] = []
    for span in common(branches):
        chosen, otherwise = span.content
        if chosen != otherwise:
            _check_jump(node, chosen, otherwise, Interval(span.lower, span.upper))
        content = chosen if chosen == otherwise else _undecided(node, chosen, otherwise)
        pieces.append(Span(span.lower, span.upper, content))
    return pieces


# Where functions end


def _defined(node: Node, cell: Interval, work: Work) -> list[Piece]:
    """The node over a cell where its operands are single formulas, cut where its slope may be
    unbounded.

    Raises:
        DomainError: undefined somewhere in the cell, or not proved to be defined.
    """
    match node:
        case Binary("/", left, right):
            _require_nonzero(node, left, right, cell, work)
        case Binary("^", base, exponent):
            return _power(node, base, exponent, cell, work)
        case Call("log" | "log2", (argument,)):
            _require_positive(node, argument, cell, work)
        case Call("log1p", (argument,)):
            _require_positive(node, Binary("+", ONE, argument), cell, work)
        case Call("tan", (argument,)):
            _require_nonzero(node, ONE, Call("cos", (argument,)), cell, work)
        case Call("sqrt", (argument,)):
            return _cut(node, _require_nonnegative(node, argument, cell, work))
        case Call("cbrt", (argument,)):
            return _cut(node, signs(argument, cell, work))
        case Call("asin" | "acos", (argument,)):
            above = _require_nonnegative(node, Binary("+", ONE, argument), cell, work)
            below = _require_nonnegative(node, Binary("-", ONE, argument), cell, work)
            both = [Span(s.lower, s.upper, _product(s.content)) for s in common([above, below])]
            return _cut(node, both)
    return [Span(cell.lower, cell.upper, node)]


def _product(factors: tuple[int | None, ...]) -> int | None:
    return None if None in factors else min(factor for factor in factors if factor is not None)


def _cut(node: Node, stretches: list[Sign]) -> list[Piece]:
    return [Span(s.lower, s.upper, node) for s in _without_points(stretches)]


def _power(node: Node, base: Node, exponent: Node, cell: Interval, work: Work) -> list[Piece]:
    number = exponent_of(exponent)
    if number is None:
        _require_positive(node, base, cell, work)
        return [Span(cell.lower, cell.upper, node)]
    if abs(number) > MAX_INTEGER_EXPONENT:
        raise InputError(
            f"the exponent in {_short(node)} is beyond {MAX_INTEGER_EXPONENT}",
            remedy="write exp(b*log(a)) if you mean it",
        )
    if number.denominator == 1:
        if number <= 0:
            _require_nonzero(node, ONE, base, cell, work)
        return [Span(cell.lower, cell.upper, node)]
    if number < 0:
        _require_positive(node, base, cell, work)
        return [Span(cell.lower, cell.upper, node)]
    return _cut(node, _require_nonnegative(node, base, cell, work))


def _refused(node: Node, stretch: Sign, reason: str, remedy: str) -> DomainError:
    lower, upper = _place(stretch.lower), _place(stretch.upper)
    where = f"at x = {lower}" if lower == upper else f"between x = {lower} and {upper}"
    if stretch.content is None:
        return DomainError(
            f"{_short(node)} is not proved to be defined {where}: {reason}", remedy=remedy
        )
    return DomainError(f"{_short(node)} is not defined {where}: {reason}", remedy=remedy)


def _require_nonzero(node: Node, top: Node, bottom: Node, cell: Interval, work: Work) -> None:
    for stretch in signs(bottom, cell, work):
        if stretch.content not in (0, None):
            continue
        removable = stretch.is_point and exact_value(top, stretch.lower)
        if removable and removable.rational == 0 and removable.pi == 0:
            reason = "it is 0/0 there"
            remedy = (
                "choose a domain without that place, or give the values around it: "
                "where(abs(x) < 1e-3, 1 - x^2/6 + x^4/120, sin(x)/x), say"
            )
            raise _refused(node, stretch, reason, remedy)
        raise _refused(
            node, stretch, f"{_short(bottom)} is 0", "choose a domain without that place"
        )


def _require_positive(node: Node, argument: Node, cell: Interval, work: Work) -> None:
    for stretch in signs(argument, cell, work):
        if stretch.content != 1:
            reason = f"{_short(argument)} is not positive"
            raise _refused(node, stretch, reason, "choose a domain where it is")


def _require_nonnegative(node: Node, argument: Node, cell: Interval, work: Work) -> list[Sign]:
    stretches = signs(argument, cell, work)
    sure = is_nonnegative(argument)
    for stretch in stretches:
        if stretch.content == -1 or (stretch.content is None and not sure):
            reason = (
                f"{_short(argument)} is negative"
                if stretch.content
                else (f"{_short(argument)} may be negative")
            )
            raise _refused(node, stretch, reason, "choose a domain where it is not")
    return stretches


def is_nonnegative(node: Node) -> bool:
    """Whether the form alone shows that a tree is never negative where it is defined.

    >>> from bitproof.target.grammar import parse
    >>> is_nonnegative(parse("(sin(x) - 1/3)^2 + exp(x)")), is_nonnegative(parse("x"))
    (True, False)
    """
    if not varies(node):
        value = exact_value(node, Fraction(0))
        if value is not None and value.pi == 0:
            return value.rational >= 0
    match node:
        case Call(name) if name in _NONNEGATIVE:
            return True
        case Binary("+" | "-", Number(bound), Call(name)) if bound >= 1 and name in _WITHIN_ONE:
            return True
        case Binary("+", Call(name), Number(bound)) if bound >= 1 and name in _WITHIN_ONE:
            return True
        case Binary("+" | "*" | "/", left, right):
            square = node.operator == "*" and left == right
            return square or (is_nonnegative(left) and is_nonnegative(right))
        case Binary("^", base, exponent):
            number = exponent_of(exponent)
            odd = number is not None and number.denominator == 1 and number.numerator % 2 == 1
            return not odd or is_nonnegative(base)
    return False
