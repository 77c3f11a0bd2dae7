"""Correct rounding to a fixed-point format, proved level by level.

The level of f(x) is the one an exact f(x) would be rounded to, once: the value is found exactly
where that is possible (so ties are ties, never guesses), and is otherwise enclosed ever more
sharply until both ends of the enclosure round to the same level. No intermediate result is
rounded, so there is no double rounding. Values beyond the format saturate, whatever the format
does on overflow: an activation has no accumulator that could wrap.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import product
from typing import TypeAlias

from bitproof.errors import DomainError, InputError, WorkLimitError
from bitproof.exact.enclosure import precision, to_interval
from bitproof.exact.fixed_point import FixedPoint, round_quotient
from bitproof.exact.interval import Interval
from bitproof.exact.tails import Approach, approach
from bitproof.target.ast import Call, Node, variables, write
from bitproof.target.callable import CallableTarget
from bitproof.target.exact_value import PiNumber
from bitproof.target.expression import ExpressionTarget
from bitproof.target.grammar import parse
from bitproof.target.point_value import PointFunction, Value, ball_of, point_function
from bitproof.target.table import TableTarget
from bitproof.target.target import Target

MAX_LEVELS = 1 << 20
PRECISIONS = (96, 160, 304, 1200, 4800)
NEAREST = Fraction(1, 1 << 4096)  # below half a level of any format
TAIL_PRECISION = 160  # where a value next to a line is given to the inequalities of `tails`


TailFunction: TypeAlias = Callable[[Sequence[Fraction]], Approach | None]


def correctly_rounded(
    target: Target, form: FixedPoint, *, inputs: FixedPoint | None = None
) -> tuple[int, ...]:
    """The levels of f at every level of a format, from the lowest on.

    Args:
        target: f; its domain holds every level.
        form: the format of the values; its rounding rule applies, and it saturates.
        inputs: the format of the inputs, if it is another one.

    Raises:
        DomainError: a level is outside the domain, or f is not proved to round to one level
            there; the message names it.
        WorkLimitError: more than 2^20 levels.

    >>> form = FixedPoint.parse("Q1.1")
    >>> square = ExpressionTarget.parse("x^2", form.interval)
    >>> correctly_rounded(square, form)  # of 4, 9/4, 1, 1/4, 0, 1/4, 1, 9/4; in halves
    (3, 3, 2, 0, 0, 0, 2, 3)
    """
    read = inputs or form
    for level in (read.lowest, read.highest):
        if read.value(level) not in target.domain:
            raise DomainError(
                f"level {level} of {read.name}, x = {read.value(level)}, is outside the domain "
                f"{target.domain} of {target.text[:60]}",
                remedy="choose a format inside the domain",
            )
    if isinstance(target, ExpressionTarget):
        return _rounded_points(target.tree, form, read, 1)
    at = _enclosure_at(target)
    return tuple(
        _only_level(at(x), form, [x], read, target.text)
        for x in (read.value(level) for level in _levels(read, 1))
    )


def rounded_expression(
    text: str, form: FixedPoint, *, inputs: FixedPoint | None = None, dims: int = 1
) -> tuple[int, ...]:
    """The levels of an expression at all levels of its inputs, jumps included.

    Unlike a target's, the expression need not be continuous: it is evaluated at points only.

    Args:
        text: in x, or in x1 … xd.
        form: the format of the values; its rounding rule applies, and it saturates.
        inputs: the format of every input, if it is another one.
        dims: the number d of inputs; the last one varies fastest in the result.

    Raises:
        InputError: not an expression, or in other inputs.
        DomainError: undefined at a level, or not proved to round to one level there.
        WorkLimitError: more than 2^20 points.

    >>> rounded_expression("where(x1 < x2, 1, 0)", FixedPoint(0, 2, 1), dims=2)
    (0, 1, 1, 0, 0, 1, 0, 0, 0)
    """
    tree = parse(text)
    allowed = {"x", "x1"} if dims == 1 else {f"x{i}" for i in range(1, dims + 1)}
    others = sorted(variables(tree) - allowed)
    if others or not 1 <= dims <= 9:
        raise InputError(
            f"{others[0]} in an expression of {dims} input(s)" if others else f"{dims} inputs",
            remedy="write it in x, or in x1 and x2 for two inputs, up to x9",
        )
    return _rounded_points(tree, form, inputs or form, dims)


def _rounded_points(tree: Node, form: FixedPoint, inputs: FixedPoint, dims: int) -> tuple[int, ...]:
    function, tail, text = point_function(tree), _tail_of(tree), write(tree)
    values = [inputs.value(level) for level in _levels(inputs, dims)]
    points = product(values, repeat=dims)
    return tuple(_rounded(function, tail, point, form, inputs, text) for point in points)


def _levels(form: FixedPoint, dims: int) -> range:
    if form.levels**dims > MAX_LEVELS:
        raise WorkLimitError(
            f"a table of {form.levels}^{dims} entries" if dims > 1 else f"{form.levels} entries",
            remedy=f"at most {MAX_LEVELS}: choose a format of fewer levels",
        )
    return range(form.lowest, form.highest + 1)


def _tail_of(tree: Node) -> TailFunction:
    """Where a function's value is next to a line, by inequality, for trees that are a function of
    something rational."""
    if not isinstance(tree, Call) or len(tree.arguments) != 1:
        return lambda _: None
    inner = point_function(tree.arguments[0])

    def near(point: Sequence[Fraction]) -> Approach | None:
        value = inner(point)
        exact = isinstance(value, PiNumber) and not value.pi
        return approach(tree.name, value.rational) if exact else None

    return near


def _level_beside(near: Approach, form: FixedPoint) -> int | None:
    """The level of a value strictly on one side of a base, where no tie and no level lies between
    them: rounding and saturation are constant there."""
    far = near.base + near.side * near.distance
    halves = sorted((near.base * 2 * form.scale, far * 2 * form.scale))
    low, high = halves
    # Multiples of 1/(2·scale) from the value's end on, the base itself not counted.
    first = low.__ceil__() if near.side < 0 else low.__floor__() + 1
    last = high.__ceil__() - 1 if near.side < 0 else high.__floor__()
    return saturated(far, form) if first > last else None


def _rounded(
    function: PointFunction,
    tail: TailFunction,
    point: Sequence[Fraction],
    form: FixedPoint,
    inputs: FixedPoint,
    text: str,
) -> int:
    """The level at one point."""
    for bits in PRECISIONS:
        if bits > TAIL_PRECISION and (near := tail(point)) is not None:
            beside = _level_beside(near, form)
            if beside is not None:
                return beside
        with precision(bits):
            try:
                value = function(point)
            except DomainError as error:
                raise DomainError(
                    f"{error.problem} at {_place(point, inputs)}",
                    remedy="choose a format without that level, or give a table (.csv)",
                ) from error
            level = _level(value, form)
        if level is not None:
            return level
    raise _undecided(text, point, inputs)


def _level(value: Value, form: FixedPoint) -> int | None:
    """The level of a value; None if the enclosure leaves several."""
    if isinstance(value, PiNumber) and not value.pi:
        return saturated(value.rational, form)
    ball = ball_of(value)
    if not ball.is_finite():
        return None
    if ball > form.highest + 1:  # also where the ball is too large for a rational
        return form.highest
    if ball < form.lowest - 1:
        return form.lowest
    ends = to_interval(ball)
    if ends is None:
        return None
    # Nearer 0 than a rational end can say, but on one side of it: as any value so near is.
    if ball < 0 and ends.upper == 0:
        ends = Interval(ends.lower, max(ends.lower, -NEAREST))
    elif ball > 0 and ends.lower == 0:
        ends = Interval(min(ends.upper, NEAREST), ends.upper)
    return _common_level(ends, form)


def saturated(value: Fraction, form: FixedPoint) -> int:
    """The level of an exact value: rounded once by the format's rule, and saturated.

    >>> form = FixedPoint.parse("Q3.4")
    >>> saturated(Fraction(1, 32), form), saturated(Fraction(9), form)
    (0, 127)
    """
    level = round_quotient(value.numerator * form.scale, value.denominator, form.rounding)
    return min(max(level, form.lowest), form.highest)


def _common_level(ends: Interval, form: FixedPoint) -> int | None:
    """Rounding and saturation are monotone, so the ends decide."""
    level = saturated(ends.lower, form)
    return level if saturated(ends.upper, form) == level else None


def _only_level(
    ends: Interval | None,
    form: FixedPoint,
    point: Sequence[Fraction],
    inputs: FixedPoint,
    text: str,
) -> int:
    level = None if ends is None else _common_level(ends, form)
    if level is None:
        raise _undecided(text, point, inputs)
    return level


def _enclosure_at(target: Target) -> Callable[[Fraction], Interval | None]:
    if isinstance(target, TableTarget):
        table = target
        return lambda x: Interval(table.value(x), table.value(x))
    if isinstance(target, CallableTarget):
        return target.at
    return lambda x: target.enclose(Interval(x, x))


def _place(point: Sequence[Fraction], inputs: FixedPoint) -> str:
    levels = ", ".join(str(x * inputs.scale) for x in point)
    if len(point) == 1:
        return f"x = {point[0]} (level {levels} of {inputs.name})"
    return f"({', '.join(map(str, point))}) (levels {levels} of {inputs.name})"


def _undecided(text: str, point: Sequence[Fraction], inputs: FixedPoint) -> DomainError:
    return DomainError(
        f"{text[:60]} is not proved to be defined and to round to one level "
        f"at {_place(point, inputs)}",
        remedy="simplify the expression, or give a table (.csv) with its value there",
    )
