"""Where an expression is positive, zero, negative: the roots that become kinks and the proofs
that a square root or a logarithm is defined.

In this order: products and monotone functions are reduced to their parts; polynomials and their
quotients are factorised (every rational root exact); the rest is bisected with order-2 enclosures,
monotone cells ending the search. A root that is not found exactly lies in a stretch of sign None,
narrower than the domain by 2^-72, or wider where no proof was found within the work allowed.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from bitproof.errors import InputError
from bitproof.exact.enclosure import from_interval, from_rational, precision, sign, to_interval
from bitproof.exact.interval import Interval
from bitproof.exact.polynomial import Polynomial
from bitproof.target.ast import (
    ONE,
    ZERO,
    Binary,
    Call,
    Negate,
    Node,
    Number,
    Variable,
    varies,
    write,
)
from bitproof.target.exact_value import exact_value, exponent_of
from bitproof.target.program import Program, assemble
from bitproof.target.spans import Span, common

ANALYSIS_PRECISION = 160
POINT_PRECISIONS = (160, 640, 2560)
ROOT_WIDTH_BITS = 72
CELLS_PER_SEARCH = 8_000
CELLS_PER_TARGET = 40_000
MANY_ROOTS = 1000
CELLS_PER_ROOT = 20
MAX_DEGREE = 40
MAX_COEFFICIENT_BITS = 1024
MAX_CANDIDATE_BITS = 40

# sign(g(u)) = sign(u)
_ODD = frozenset(
    (
        "sqrt",
        "cbrt",
        "expm1",
        "log1p",
        "asin",
        "atan",
        "sinh",
        "tanh",
        "erf",
        "silu",
        "mish",
        "gelu",
    )
)
_POSITIVE = frozenset(("exp", "cosh", "sigmoid", "softplus"))

Sign = Span[int | None]


@dataclass
class Work:
    """How much bisection one target may still cost, and how fine a root is enclosed."""

    finest: Fraction
    cells: int = CELLS_PER_TARGET

    def spend(self, count: int, node: Node) -> None:
        """Counts cells down.

        Raises:
            InputError: more than one target may cost.
        """
        self.cells -= count
        if self.cells < 0:
            raise InputError(
                f"the sign of {_short(node)} takes too long to decide",
                remedy="choose a smaller domain or a simpler expression, or give a table (.csv)",
            )


def _short(node: Node) -> str:
    text = write(node)
    return text if len(text) <= 60 else f"{text[:57]}..."


def point_sign(node: Node, point: Fraction) -> int | None:
    """The sign at a rational point: exact where `exact_value` knows it, else by enclosures of up
    to 2,560 bits; None if they all contain 0.

    >>> from bitproof.target.grammar import parse
    >>> point_sign(parse("sin(pi*x)"), Fraction(1)), point_sign(parse("exp(x) - 1e-9"), Fraction(0))
    (0, 1)
    """
    exact = exact_value(node, point)
    if exact is not None and exact.pi == 0:
        return _sign_of(exact.rational)
    program = assemble(node)
    for bits in POINT_PRECISIONS:
        with precision(bits):
            decided = sign(program.value(from_rational(point)))
        if decided:
            return decided
    return None


def _sign_of(value: Fraction) -> int:
    return (value > 0) - (value < 0)


def signs(node: Node, cell: Interval, work: Work) -> list[Sign]:
    """The signs of a resolved tree over a cell, from left to right.

    A stretch of width 0 and sign 0 is an exact root; a wide one of sign 0 is identically zero;
    sign None is undecided (it contains a root, or nothing was proved).

    >>> from bitproof.target.grammar import parse
    >>> unit = Interval(Fraction(0), Fraction(1))
    >>> found = signs(parse("3*x - 1"), unit, Work(Fraction(1, 2**72)))
    >>> [(str(span.lower), str(span.upper), span.content) for span in found]
    [('0', '1/3', -1), ('1/3', '1/3', 0), ('1/3', '1', 1)]
    """
    if cell.lower == cell.upper or not varies(node):
        return [Span(cell.lower, cell.upper, point_sign(node, cell.lower))]
    reduced = _by_structure(node, cell, work)
    if reduced is not None:
        return _joined(reduced)
    polynomial = rational_function(node)
    if polynomial is not None:
        numerator, denominator = polynomial
        return _joined(_of_polynomial(numerator * denominator, cell, work))
    return _joined(_bisected(node, cell, work))


def _by_structure(node: Node, cell: Interval, work: Work) -> list[Sign] | None:
    """The signs through those of the operands, where a rule of signs applies."""
    match node:
        case Negate(operand):
            return _flipped(signs(operand, cell, work))
        case Binary("*" | "/", left, right):
            parts = [signs(left, cell, work), signs(right, cell, work)]
            return [Span(s.lower, s.upper, _product(s.content)) for s in common(parts)]
        case Binary("^", base, exponent):
            return _of_power(base, exponent, cell, work)
        case Call(name, (argument,)) if name in _ODD:
            return signs(argument, cell, work)
        case Call(name) if name in _POSITIVE:
            return [Span(cell.lower, cell.upper, 1)]
        case Call("log" | "log2", (argument,)):
            return signs(Binary("-", argument, ONE), cell, work)
        case Call("acos", (argument,)):
            return signs(Binary("-", ONE, argument), cell, work)
    return None


def _flipped(stretches: list[Sign]) -> list[Sign]:
    return [Span(s.lower, s.upper, None if s.content is None else -s.content) for s in stretches]


def _product(factors: tuple[int | None, ...]) -> int | None:
    if 0 in factors:
        return 0
    result = 1
    for factor in factors:
        if factor is None:
            return None
        result *= factor
    return result


def _of_power(base: Node, exponent: Node, cell: Interval, work: Work) -> list[Sign]:
    number = exponent_of(exponent)
    if number is None or number == 0:
        return [Span(cell.lower, cell.upper, 1)]
    inner = signs(base, cell, work)
    if number.denominator != 1 or number.numerator % 2:
        return inner
    return [Span(s.lower, s.upper, s.content and 1) for s in inner]


def _joined(stretches: list[Sign]) -> list[Sign]:
    """Neighbours of the same sign become one."""
    result: list[Sign] = []
    for span in stretches:
        last = result[-1] if result else None
        same = last is not None and last.content == span.content
        if last is not None and same and not last.is_point and not span.is_point:
            result[-1] = Span(last.lower, span.upper, span.content)
        elif last is None or not (same and last.is_point and span.is_point):
            result.append(span)
    return result


# Polynomials


def rational_function(node: Node) -> tuple[Polynomial, Polynomial] | None:
    """numerator and denominator, if the tree is made of rationals, x, + - * / and integer powers
    (and the degree stays at most 40)."""
    match node:
        case Number(value):
            return Polynomial.constant(value), Polynomial.constant(Fraction(1))
        case Variable():
            return Polynomial.variable(), Polynomial.constant(Fraction(1))
        case Negate(operand):
            return rational_function(Binary("-", ZERO, operand))
        case Binary("^", base, exponent):
            return _rational_power(rational_function(base), exponent_of(exponent))
        case Binary(operator, left, right):
            first = rational_function(left)
            second = rational_function(right) if first is not None else None
            if first is None or second is None:
                return None
            return _limited(_combined(operator, first, second))
    return None


def _combined(
    operator: str, left: tuple[Polynomial, Polynomial], right: tuple[Polynomial, Polynomial]
) -> tuple[Polynomial, Polynomial]:
    if operator == "*":
        return left[0] * right[0], left[1] * right[1]
    if operator == "/":
        return left[0] * right[1], left[1] * right[0]
    first, second = left[0] * right[1], right[0] * left[1]
    return (first + second if operator == "+" else first - second), left[1] * right[1]


def _rational_power(
    base: tuple[Polynomial, Polynomial] | None, exponent: Fraction | None
) -> tuple[Polynomial, Polynomial] | None:
    if base is None or exponent is None or exponent.denominator != 1:
        return None
    numerator, denominator = base if exponent >= 0 else (base[1], base[0])
    number = abs(exponent.numerator)
    bits = max(numerator.coefficient_bits, denominator.coefficient_bits)
    degree = max(numerator.degree, denominator.degree)
    if degree * number > MAX_DEGREE or bits * number > MAX_COEFFICIENT_BITS:
        return None
    return numerator**number, denominator**number


def _limited(parts: tuple[Polynomial, Polynomial]) -> tuple[Polynomial, Polynomial] | None:
    small = all(
        part.degree <= MAX_DEGREE and part.coefficient_bits <= MAX_COEFFICIENT_BITS
        for part in parts
    )
    return parts if small else None


def _of_polynomial(polynomial: Polynomial, cell: Interval, work: Work) -> list[Sign]:
    if polynomial.degree < 0:
        return [Span(cell.lower, cell.upper, 0)]
    stretches: list[Sign] = []
    position = cell.lower
    for root in _separate(polynomial.real_roots(cell), cell, work.finest):
        if root.lower > position:
            middle = (position + root.lower) / 2
            stretches.append(Span(position, root.lower, _sign_of(polynomial(middle))))
        stretches.append(Span(root.lower, root.upper, 0 if root.width == 0 else None))
        position = root.upper
    if position < cell.upper:
        middle = (position + cell.upper) / 2
        stretches.append(Span(position, cell.upper, _sign_of(polynomial(middle))))
    return stretches


def _separate(roots: tuple[Interval, ...], cell: Interval, finest: Fraction) -> list[Interval]:
    """Irrational roots rounded outward to short rationals; overlapping ones become one."""
    result: list[Interval] = []
    for root in roots:
        wide = root if root.width == 0 else _short_ends(root, cell, finest)
        if result and wide.lower <= result[-1].upper:
            result[-1] = result[-1].hull(wide)
        else:
            result.append(wide)
    return result


def _short_ends(root: Interval, cell: Interval, finest: Fraction) -> Interval:
    grid = 1 << max(0, (finest.denominator // finest.numerator).bit_length() + 1)
    lower = Fraction((root.lower * grid).__floor__(), grid)
    upper = Fraction((root.upper * grid).__ceil__(), grid)
    return Interval(max(lower, cell.lower), min(upper, cell.upper))


# Bisection


def _bisected(node: Node, cell: Interval, work: Work) -> list[Sign]:
    """Level by level, so that what stays undecided when the work ends is as narrow as possible."""
    program = assemble(node)
    level, found, budget = [cell], list[Sign](), CELLS_PER_SEARCH
    while level:
        work.spend(len(level), node)
        budget -= len(level)
        if budget <= 2 * len(level):
            _refuse_many_roots(node, level)
        undecided: list[Interval] = []
        for part in level:
            decided = _decided(node, program, part, work)
            if decided is not None:
                found.extend(decided)
            elif part.width <= work.finest or budget <= 2 * len(level):
                found.append(Span(part.lower, part.upper, None))
            else:
                undecided.extend(part.split())
        level = undecided
    return sorted(found, key=lambda span: (span.lower, span.upper))


def _refuse_many_roots(node: Node, level: list[Interval]) -> None:
    """Raises:
    InputError: many of the cells still undecided are proved to hold a root.
    """
    if len(level) < MANY_ROOTS:
        return
    tried = level[:: len(level) // 64]
    ends = [(point_sign(node, cell.lower), point_sign(node, cell.upper)) for cell in tried]
    if 5 * sum(first == -last for first, last in ends if first and last) > len(tried):
        raise InputError(
            f"{_short(node)} changes its sign more than {MANY_ROOTS} times in the domain",
            remedy="choose a smaller domain or give a table (.csv)",
        )


def _decided(node: Node, program: Program, cell: Interval, work: Work) -> list[Sign] | None:
    with precision(ANALYSIS_PRECISION):
        value, slope, _ = program.jet(from_interval(cell))
        whole, direction = sign(value), sign(slope)
    if whole:
        return [Span(cell.lower, cell.upper, whole)]
    if not direction:
        return None
    first, last = point_sign(node, cell.lower), point_sign(node, cell.upper)
    if first == 0:
        return [Span(cell.lower, cell.lower, 0), Span(cell.lower, cell.upper, direction)]
    if last == 0:
        return [Span(cell.lower, cell.upper, -direction), Span(cell.upper, cell.upper, 0)]
    if first == direction or last == -direction:
        return [Span(cell.lower, cell.upper, direction if first == direction else -direction)]
    if first is None or last is None:
        return None
    work.spend(CELLS_PER_ROOT, node)
    root = _exact_root(node, _narrowed(node, program, cell, direction, work.finest))
    parts: list[Sign] = [Span(root.lower, root.upper, 0 if root.width == 0 else None)]
    if root.lower > cell.lower:
        parts.insert(0, Span(cell.lower, root.lower, -direction))
    if root.upper < cell.upper:
        parts.append(Span(root.upper, cell.upper, direction))
    return parts


def _narrowed(
    node: Node, program: Program, cell: Interval, direction: int, finest: Fraction
) -> Interval:
    """The one root of a strictly monotone function with different signs at the cell's ends, by
    interval Newton steps and halving."""
    whole = cell
    for _ in range(4 * ROOT_WIDTH_BITS):
        if cell.width <= finest:
            break
        centre = _short_centre(cell)
        with precision(ANALYSIS_PRECISION):
            slope = program.jet(from_interval(cell))[1]
            value = program.value(from_rational(centre))
            step = to_interval(value / slope) if sign(slope) else None
        if step is not None:
            lower = max(cell.lower, centre - step.upper)
            upper = min(cell.upper, centre - step.lower)
            if lower <= upper and 2 * (upper - lower) <= cell.width:
                cell = _short_ends(Interval(lower, upper), cell, finest)
                continue
        side = point_sign(node, centre)
        if side == 0:
            return Interval(centre, centre)
        if side is None:
            return cell
        cell = Interval(cell.lower, centre) if side == direction else Interval(centre, cell.upper)
    return _short_ends(cell, whole, finest)


def _short_centre(cell: Interval) -> Fraction:
    """A rational of few digits near the middle."""
    grid = 1 << ((8 / cell.width).__ceil__()).bit_length()
    return Fraction((cell.centre * grid).__round__(), grid)


def _exact_root(node: Node, cell: Interval) -> Interval:
    """The root itself where it is the simplest rational of the cell, proved by exact evaluation."""
    candidate = simplest_rational(cell)
    if candidate.denominator.bit_length() <= MAX_CANDIDATE_BITS:
        value = exact_value(node, candidate)
        if value is not None and value.rational == 0 and value.pi == 0:
            return Interval(candidate, candidate)
    return cell


def simplest_rational(cell: Interval) -> Fraction:
    """The rational of least denominator in the interval.

    >>> simplest_rational(Interval(Fraction(333, 1000), Fraction(334, 1000)))
    Fraction(1, 3)
    """
    if cell.lower <= 0 <= cell.upper:
        return Fraction(0)
    if cell.upper < 0:
        return -simplest_rational(Interval(-cell.upper, -cell.lower))
    (a, b), (c, d) = cell.lower.as_integer_ratio(), cell.upper.as_integer_ratio()
    p, q, r, s = 0, 1, 1, 0  # the last two convergents p/q and r/s
    while (whole := -(-a // b)) * d > c:
        whole -= 1
        p, q, r, s = r, s, whole * r + p, whole * s + q
        a, b, c, d = d, c - whole * d, b, a - whole * b
    return Fraction(whole * r + p, whole * s + q)
