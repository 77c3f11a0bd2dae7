"""Layout H: a Sobolev function of one input (n ≤ 2) by levels of hats, coded in a closed loop.

On nodes mh, m = 0..2^L, the polygon through coded values v is written in the hierarchical basis:
the line through the two outermost nodes, then for half-widths w = 2^(L-1), ..., 2, 1 (in cells) a
hat for every odd multiple m of w, whose coefficient is a coded *detail*

    d_m ≈ t_m - (v_(m-w) + v_(m+w))/2,

t the wanted and v the already coded values. The next level starts from what was coded, not from
what was wanted: roundings never add up.

**Theorem.** If every detail is written to within δ, then |v - t| ≤ δ at every node, and what must
be written is at most (wh)·sup |f'| + δ, for n = 2 also at most (wh)²·sup |f''|/2 + δ, in magnitude.
With Theorem 1 (`theory.sobolev_error`) the network is within c_n·h^n·sup |f^(n)| + δ of f.
*Proof.* v_m = (v_(m-w) + v_(m+w))/2 + (coded d_m), so v_m - t_m is the rounding of d_m alone. By
induction v is within δ at m ± w, and so is the mean: d_m is within δ of the second difference
t_m - (t_(m-w) + t_(m+w))/2, which for a function of the ball has the bounds named. Beyond the
domain the polygon goes on as a line; then the difference is -Σ (w - |i|)·(second differences of t
at distance h)/2, each at most h²·sup |f''|, which gives the same bound. ∎

A hat of half-width w has the height w times that of the finest. Level by level towards the coarse
ones the details take log_b(2^n) more digits: 2^L·O(1) digits altogether, the order of the lower
bound, ε^(-1/n), without a logarithm.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from bitproof.errors import InputError
from bitproof.theory.digit_code import DigitCode
from bitproof.theory.knot_sum import DerivativeBounds, LadderCode
from bitproof.theory.references import DING_2019, Reference

HIGHEST_SMOOTHNESS = 2


def detail_bound(ball: DerivativeBounds, half_width: Fraction) -> Fraction:
    """No second difference t_m - (t_(m-w) + t_(m+w))/2 is larger, w·h = `half_width`.

    Raises:
        InputError: n > 2: then the hats carry no polynomials.

    >>> half = Fraction(1, 2)
    >>> [str(detail_bound(DerivativeBounds.unit(n), half)) for n in (1, 2)]
    ['1/2', '1/8']
    """
    if ball.smoothness > HIGHEST_SMOOTHNESS:
        raise InputError(
            f"a hierarchy for smoothness {ball.smoothness}",
            remedy="1 or 2, or the knot sum (--method knots)",
        )
    steep = ball.bounds[1] * half_width
    if ball.smoothness == 1:
        return steep
    return min(steep, ball.bounds[2] * half_width**2 / 2)


@dataclass(frozen=True, slots=True)
class LevelPlan:
    """How the details of one level are coded.

    Attributes:
        half_width: w, in cells.
        first: which of the shared places ratio^k is the first of this level.
        code: of detail / (height of the hat), its places among the shared ones.
        numbers: the nodes m whose hats reach into the domain, ascending.
    """

    half_width: int
    first: int
    code: DigitCode
    numbers: range


@dataclass(frozen=True, slots=True)
class HierarchyPlan:
    """Everything about a network of layout H but the digits: the same for every f of the ball.

    Attributes:
        step: h.
        cells: the knots are those of 1..cells-1; cells·h reaches the end of the domain.
        steepness: of the hats: one of half-width w is steepness·w·h high.
        deviation: δ.
        ratio: of neighbouring places.
        turned: whether all places of a level but its first are negative.
        start, slope: the codes of the line through the outermost nodes.
        levels: from the coarsest.
        offset: what the chains add, known exactly.
        carrier: p: the constant b^p keeps the chains non-negative.
    """

    ball: DerivativeBounds
    step: Fraction
    cells: int
    steepness: Fraction
    deviation: Fraction
    ratio: Fraction
    turned: bool
    start: LadderCode
    slope: LadderCode
    levels: tuple[LevelPlan, ...]
    offset: Fraction
    carrier: int

    @property
    def last_node(self) -> int:
        """2^L."""
        return 1 << len(self.levels)

    @property
    def error(self) -> Fraction:
        """What every function of the ball is approximated to."""
        ball = self.ball
        n = ball.smoothness
        return ball.interpolation_constant * self.step**n * ball.bounds[n] + self.deviation

    @property
    def hats(self) -> int:
        return sum(len(level.numbers) for level in self.levels)

    @property
    def programmable(self) -> int:
        """Edges that depend on f: all digits."""
        details = sum(len(level.numbers) * len(level.code.places) for level in self.levels)
        return details + len(self.start.powers) + len(self.slope.powers)

    @property
    def reference(self) -> Reference:
        return DING_2019


def hats_inside(
    half_width: int, count: int, step: Fraction, start: Fraction, end: Fraction
) -> range:
    """The odd multiples m of w below `count` whose hats reach into (start, end).

    >>> list(hats_inside(1, 8, Fraction(1, 6), Fraction(0), Fraction(1)))
    [1, 3, 5]
    """
    stride = 2 * half_width
    first = int(start / step / stride)
    last = -int(-(end / step) // stride)
    numbers = range(half_width, count, stride)
    return numbers[first : min(last, len(numbers))]
