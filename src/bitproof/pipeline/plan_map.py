"""The map of regimes: for every fraction bits b and depth L of one width, the bounds on the error.

Lower: the largest of the bounds for R_b^a(W, L). Upper: the least promised error of any method.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from bitproof.construct.lipschitz_builder import best_promises
from bitproof.exact import Q
from bitproof.theory.planner import Plan, Question, class_bounds
from bitproof.theory.regimes import Regime, Regimes

DEPTHS = (2, 3, 4, 6, 8, 11, 16, 23, 32, 45, 64, 91, 128, 181, 256)
FRACTION_BITS = range(1, 17)
DEFAULT_WIDTH = 16


@dataclass(frozen=True, slots=True)
class Point:
    """One class R_b^a(W, L).

    Attributes:
        upper: the least promised error of a network in it; None where nothing is promised.
    """

    depth: int
    b: int
    regime: Regime
    lower: Fraction
    upper: Fraction | None


@dataclass(frozen=True, slots=True)
class RegimeMap:
    """The points of one width and one number of integer bits, row by row of depth.

    Attributes:
        low: b_low for every depth. (b_high lies far to the right of any map.)
    """

    question: Question
    width: int
    a: int
    depths: tuple[int, ...]
    bits: tuple[int, ...]
    points: tuple[Point, ...]
    low: tuple[int, ...]
    high: tuple[int, ...]

    def at(self, depth: int, b: int) -> Point:
        """The point of a depth and b on the map."""
        row, column = self.depths.index(depth), self.bits.index(b)
        return self.points[row * len(self.bits) + column]

    @property
    def worst_gap(self) -> Fraction | None:
        """The largest upper/lower where the regime is proper and there is an upper bound."""
        gaps = [
            point.upper / point.lower
            for point in self.points
            if point.upper is not None and point.regime is Regime.PROPER
        ]
        return max(gaps, default=None)


def regime_map(
    plan: Plan, *, a: int = 1, depths: tuple[int, ...] = DEPTHS, bits: range = FRACTION_BITS
) -> RegimeMap:
    """The map of a question's functions for the width asked for (16 unless one was).

    >>> from bitproof.pipeline.plan import plan
    >>> small = regime_map(plan(lipschitz=1, memory=2000).plan, depths=(16, 64), bits=range(1, 3))
    >>> small.at(64, 1).regime.value, small.at(64, 1).upper > small.at(64, 1).lower
    ('proper', True)
    """
    question = plan.question
    width = question.width or DEFAULT_WIDTH
    uppers = best_promises(question, width, depths, [Q(a, b) for b in bits])
    regimes = [Regimes(width, depth, a) for depth in depths]
    points = tuple(
        Point(
            depth,
            b,
            regime.of(b),
            class_bounds(question, width, depth, Q(a, b)).best,
            None if (best := uppers[Q(a, b), depth]) is None else best.error,
        )
        for depth, regime in zip(depths, regimes, strict=True)
        for b in bits
    )
    return RegimeMap(
        question,
        width,
        a,
        depths,
        tuple(bits),
        points,
        tuple(regime.low for regime in regimes),
        tuple(regime.high for regime in regimes),
    )
