"""The function class of a target, from its own enclosures: rigorous and nearly sharp bounds of
|f'| and |f''| by bisecting the cell with the largest bound first."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from fractions import Fraction
from itertools import count, pairwise

from bitproof.exact.interval import Interval
from bitproof.target.target import Target, Taylor
from bitproof.theory.function_class import Continuous, FunctionClass, Lipschitz, Smooth

SLACK = Fraction(129, 128)
CURVATURE_SLACK = Fraction(17, 16)
MAX_CELLS = 600
MAX_DEPTH = 48
BOUND_BITS = 32


def function_class(target: Target, *, continuous: bool = True) -> FunctionClass:
    """`Smooth`, `Lipschitz` or `Continuous`, with proved constants: the slope at most about
    1% too large, the curvature 7% (more only where 600 cells did not suffice).

    `continuous`: False where the target may have a jump (below 2^-60), so that no Lipschitz
    constant is claimed.
    """
    domain = target.domain
    slope = _largest(target, _slope_range, SLACK) if continuous else None
    if slope is None:
        return Continuous(domain)
    if target.kinks():
        return Lipschitz(domain, slope)
    curvature = _largest(target, _curvature, CURVATURE_SLACK)
    return Lipschitz(domain, slope) if curvature is None else Smooth(domain, slope, curvature)


def _slope_range(taylor: Taylor) -> Interval | None:
    return taylor.slope_range


def _curvature(taylor: Taylor) -> Interval | None:
    return taylor.curvature


def _largest(
    target: Target, over: Callable[[Taylor], Interval | None], slack: Fraction
) -> Fraction | None:
    """An upper bound of the magnitude of `over` on the whole domain; None if it seems unbounded.

    Every value's magnitude on a cell is at least its enclosure's least one: where the bound is
    within the slack of that, no more bisection can help.
    """
    order = count()
    attained = Fraction(0)
    heap: list[tuple[int, Fraction, int, int, Interval]] = []

    def push(cell: Interval, depth: int) -> None:
        nonlocal attained
        taylor = target.taylor(cell)
        found = over(taylor) if taylor is not None else None
        if found is None:
            heapq.heappush(heap, (0, Fraction(0), next(order), depth, cell))
            return
        attained = max(attained, found.lower, -found.upper)
        heapq.heappush(heap, (1, -found.magnitude, next(order), depth, cell))

    for part in _between_kinks(target):
        push(part, 0)
    for _ in range(MAX_CELLS):
        known, bound, _, depth, cell = heap[0]
        if depth >= MAX_DEPTH or (known and -bound <= attained * slack):
            break
        heapq.heappop(heap)
        for half in cell.split():
            push(half, depth + 1)
    known, bound, *_ = heap[0]
    return rounded_up(-bound) if known else None


def _between_kinks(target: Target) -> list[Interval]:
    domain = target.domain
    cuts = [domain.lower]
    for kink in target.kinks():
        cuts += [kink.lower, kink.upper]
    cuts.append(domain.upper)
    return [Interval(lower, upper) for lower, upper in pairwise(cuts) if lower < upper]


def rounded_up(value: Fraction) -> Fraction:
    """A short rational at most 2^-31 above, relatively."""
    if value == 0 or value.denominator.bit_length() <= BOUND_BITS:
        return value
    shift = BOUND_BITS - (value.numerator.bit_length() - value.denominator.bit_length())
    scaled = value * Fraction(2) ** shift
    return Fraction(scaled.__ceil__()) / Fraction(2) ** shift
