"""Layout R: a Sobolev function of one input as sums of hinges with coded slope changes.

**Approximant (Theorem 1).** On nodes at most h apart, with hats ψ_v and the reduced Taylor
polynomial of degree n - 2,

    T(v; x) = Σ_b (n-1-b)/(n-1)·f^(b)(v)·(x-v)^b/b!,      b = 0..n-2      (n = 1: f(v)),

|f - Σ ψ_v·T(v; ·)| ≤ c_n·h^n·sup |f^(n)| with c_n = S_n/((n-1)·n!), S_n = max (1-s)·s^n + s·(1-s)^n
over [0, 1] (n = 1: 1/2). *Proof.* With g_v(s) = f(v + s(x-v)), T = T_(n-1)[g_v](1) -
T_(n-2)[g_v'](1)/(n-1), and Σ ψ_v·g_v'(1) = f'(x)·Σ ψ_v·(x-v) = 0; what the integral remainders
leave has the kernel s(1-s)^(n-2)/(n-1)! ≥ 0 of mass 1/((n-1)·n!). ∎

In powers of x it is Σ_k x^k·L_k(x), L_k piecewise linear, and the sums telescope:

    L_k'  = 1/(n-1)·Σ_b f^(b+1)(v)·(-v)^(b-k)/(k!·(b-k)!),
    L_k'' = 1/(n-1)·f^(n)(v)·(-v)^(n-2-k)/(k!·(n-2-k)!).

**Coding (error feedback).** L_k = V + S·x + Σ κ_m·(x - mh)⁺ is coded from left to right: κ_m is the
code value nearest to (t_(m+1) - v_m)/h - s_(m-1), t the wanted and v the coded nodal values. If the
code covers ±(half + gap/2) with neighbours `gap` apart, all |v_m - t_m| ≤ δ := gap·h/2 as soon as
they are at the first two nodes and (half - gap)·h ≥ the largest second difference of t, which is at
most h²·sup |L_k''| and 2h·sup |L_k'|. *Proof.* The wanted κ is at most (second difference + 3δ)/h =
half - gap + 3·gap/2 = half + gap/2 in magnitude. ∎

**Budget (Theorem 2).** Horner's rule needs n - 2 products z·x with z = T_k/M_k + 1/2 in [0, 1]:
the whole error is at most c_n·h^n·sup |f^(n)| + Σ δ_k + Σ M_k·(error of a product).
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from math import comb, factorial

from bitproof.errors import InputError
from bitproof.theory.digit_code import DigitCode
from bitproof.theory.function_class import SobolevBall
from bitproof.theory.references import DING_2019, Reference
from bitproof.theory.sobolev_error import interpolation_constant

ZERO = Fraction(0)
ONE = Fraction(1)
MAX_SMOOTHNESS = 8


@dataclass(frozen=True, slots=True)
class DerivativeBounds:
    """Functions on [0, 1] (or a part of it) with |f^(k)| ≤ bounds[k], k = 0..n; F_{1,n} of Ding et
    al. has all bounds 1.

    Raises:
        InputError: fewer than two bounds, more than nine, or a negative one.

    >>> DerivativeBounds.unit(2).smoothness
    2
    """

    bounds: tuple[Fraction, ...]

    def __post_init__(self) -> None:
        if not 2 <= len(self.bounds) <= MAX_SMOOTHNESS + 1 or min(self.bounds) < 0:
            raise InputError(
                f"the bounds {[str(bound) for bound in self.bounds]}",
                remedy=f"one for each derivative up to n, 1 ≤ n ≤ {MAX_SMOOTHNESS}, none negative",
            )

    @classmethod
    def unit(cls, smoothness: int) -> DerivativeBounds:
        return cls((ONE,) * (smoothness + 1))

    @property
    def smoothness(self) -> int:
        return len(self.bounds) - 1

    @property
    def interpolation_constant(self) -> Fraction:
        """c_n; exact for n ≤ 4, above that rounded up."""
        return interpolation_constant(SobolevBall(1, self.smoothness))

    @property
    def reference(self) -> Reference:
        return DING_2019


@dataclass(frozen=True, slots=True)
class CoefficientBounds:
    """Bounds of |L_k|, |L_k'| and |L_k''| (None: not twice differentiable)."""

    value: Fraction
    slope: Fraction
    curvature: Fraction | None

    def second_difference(self, step: Fraction) -> Fraction:
        """At most this on nodes `step` apart."""
        steep = 2 * self.slope * step
        return steep if self.curvature is None else min(steep, self.curvature * step * step)


@cache
def coefficient_bounds(ball: DerivativeBounds) -> tuple[CoefficientBounds, ...]:
    """Bounds of L_0, ..., L_(n-2) (of f itself for n ≤ 2).

    >>> [str(bound.curvature) for bound in coefficient_bounds(DerivativeBounds.unit(4))]
    ['1/6', '1/3', '1/6']
    """
    bounds, n = ball.bounds, ball.smoothness
    if n == 1:
        return (CoefficientBounds(bounds[0], bounds[1], None),)
    result = []
    for k in range(n - 1):
        value = sum((_share(n, b, k) * bounds[b] for b in range(k, n - 1)), ZERO)
        slope = sum(
            (bounds[b + 1] / (factorial(k) * factorial(b - k)) for b in range(k, n - 1)), ZERO
        )
        curvature = bounds[n] / ((n - 1) * factorial(k) * factorial(n - 2 - k))
        result.append(CoefficientBounds(value, slope / (n - 1), curvature))
    return tuple(result)


def _share(n: int, b: int, k: int) -> Fraction:
    """The factor of f^(b)(v)·(-v)^(b-k) in the nodal value of L_k."""
    return Fraction((n - 1 - b) * comb(b, k), (n - 1) * factorial(b))


def nodal_values(derivatives: tuple[Fraction, ...], node: Fraction) -> tuple[Fraction, ...]:
    """L_0(v), ..., L_(n-2)(v) from f(v), ..., f^(n-2)(v); for n = 1 from f(v) alone.

    >>> [str(v) for v in nodal_values((ONE, Fraction(2)), ONE / 2)]
    ['1/2', '1']
    """
    n = len(derivatives) + 1
    return tuple(
        sum((_share(n, b, k) * derivatives[b] * (-node) ** (b - k) for b in range(k, n - 1)), ZERO)
        for k in range(n - 1)
    )


@dataclass(frozen=True, slots=True)
class LadderCode:
    """Digits on a ladder y·b^-p of one source, plus a fixed multiple of it.

    Attributes:
        code: its places are b^-p for the powers p.
        powers: p, ascending; negative ones are gains.
        shift: the fixed multiple, so that code + shift covers what it must.
    """

    code: DigitCode
    powers: tuple[int, ...]
    shift: Fraction


@dataclass(frozen=True, slots=True)
class CoefficientPlan:
    """How one L_k, divided by `scale`, is coded.

    Attributes:
        hinges: the code of the slope changes κ_m / (scale of the knots).
        start, slope: the codes of V and S.
        scale: M_k: the target receives L_k/M_k.
        deviation: δ_k, for L_k itself.
        lift: what is added to L_k/M_k beyond the code: 1/2 for a factor of a product.
        tilt: the multiple of x that is added likewise.
        offset: what the chain of the slope changes adds, known exactly.
    """

    hinges: DigitCode
    start: LadderCode
    slope: LadderCode
    scale: Fraction
    deviation: Fraction
    lift: Fraction
    tilt: Fraction
    offset: Fraction


@dataclass(frozen=True, slots=True)
class KnotSumPlan:
    """Everything about a network of layout R but the digits: the same for every f of the ball.

    Attributes:
        step: h, the distance of the nodes mh.
        cells: N, with N·h at least the end of the interval.
        knot_scale: the knots are knot_scale·(x - mh)⁺.
        levels: r, teeth of each square; 0 without products.
        coefficients: of L_0, ..., L_(n-2).
        base: b of the codebook.
    """

    ball: DerivativeBounds
    step: Fraction
    cells: int
    knot_scale: Fraction
    levels: int
    coefficients: tuple[CoefficientPlan, ...]
    base: int

    @property
    def error(self) -> Fraction:
        """Theorem 2: what every function of the ball is approximated to."""
        n, step = self.ball.smoothness, self.step
        total = self.ball.interpolation_constant * step**n * self.ball.bounds[n]
        return total + accumulated_error(
            tuple((plan.deviation, plan.scale) for plan in self.coefficients),
            self.base,
            self.levels,
        )

    @property
    def programmable(self) -> int:
        """Edges that depend on f: all digits."""
        return sum(
            (self.cells - 1) * len(plan.hinges.places)
            + len(plan.start.powers)
            + len(plan.slope.powers)
            for plan in self.coefficients
        )

    @property
    def reference(self) -> Reference:
        return DING_2019


def accumulated_error(
    parts: tuple[tuple[Fraction, Fraction], ...], base: int, levels: int
) -> Fraction:
    """Σ δ_k + Σ M_k·(error of a product), parts = (δ_k, M_k) for k = 0..n-2.

    For b = 2 the mean of x and z may exceed 1 by half of z's error e; there the teeth are 0, so the
    square is off by at most (1 + e/2)·e/2.

    >>> accumulated_error(((ONE / 8, ONE), (ONE / 16, ONE)), 3, 2) == ONE / 8 + ONE / 16 + ONE / 144
    True
    """
    total = ZERO
    for index in range(len(parts) - 1, -1, -1):
        deviation, scale = parts[index]
        total += deviation
        if index:
            product = Fraction(base * base, 16 * base ** (2 * levels))
            beyond = total / scale / 2
            over = (1 + beyond) * beyond if base == 2 else ZERO
            total += scale * (product + over)
    return total
