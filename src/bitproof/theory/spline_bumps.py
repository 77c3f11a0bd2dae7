"""Bumps of least derivatives: B-splines on Chebyshev's knots, with exact rational constants.

The bump φ of smoothness n is the B-spline of degree n with the knots 0 = t_0 < ... < t_{n+1} = 1,
t_j near (1 - cos(jπ/(n+1)))/2 and symmetric about 1/2, scaled to φ(1/2) = 1:

    φ(x) = C·Σ_j c_j·(x - t_j)_+^n,    c_j = 1/Π_{i≠j}(t_j - t_i).

*Why it is a bump.* A divided difference of order n + 1 annihilates polynomials of degree n, so
φ = 0 beyond 1 as well as before 0; φ has n - 1 continuous derivatives and a piecewise constant n-th
one, φ^{(n)} = C·n!·Σ_{t_j ≤ x} c_j. B-splines are positive inside and unimodal, and this one is
symmetric, so its maximum is φ(1/2) = 1. With Chebyshev's own (irrational) knots |φ^{(n)}| would be
constant, a perfect spline, which no bump of this height and support has smaller; the rational knots
lose less than 10^-5 of that, and everything stated here is exact for them.

M_j bounds |φ^{(j)}|: on every piece the derivative is a polynomial, its maximum is at an end or at
a root of the next derivative, enclosed exactly.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from itertools import combinations_with_replacement

from bitproof.errors import InputError
from bitproof.exact.interval import Interval
from bitproof.exact.polynomial import Polynomial

MAX_SMOOTHNESS = 8
KNOT_PLACES = 20
BOUND_PLACES = 20


@dataclass(frozen=True, slots=True)
class Bump:
    """φ on [0, 1] with φ(1/2) = 1.

    Attributes:
        knots: t_0, ..., t_{n+1}.
        coefficients: C·c_j, of the powers (x - t_j)_+^n.
        bounds: M_0, ..., M_n with |φ^{(j)}| ≤ M_j.
    """

    knots: tuple[Fraction, ...]
    coefficients: tuple[Fraction, ...]
    bounds: tuple[Fraction, ...]

    @property
    def smoothness(self) -> int:
        """n."""
        return len(self.knots) - 2

    def __call__(self, x: Fraction) -> Fraction:
        """φ(x), zero outside [0, 1].

        >>> bump(2)(Fraction(1, 2)), bump(2)(Fraction(1, 4)), bump(2)(Fraction(3))
        (Fraction(1, 1), Fraction(1, 2), Fraction(0, 1))
        """
        return sum(
            (
                c * (x - t) ** self.smoothness
                for c, t in zip(self.coefficients, self.knots, strict=True)
                if x > t
            ),
            Fraction(0),
        )

    def product_bound(self, dimension: int, order: int) -> Fraction:
        """K_j: the derivatives of order j of φ(x_1)⋯φ(x_d) are at most this.

        >>> bump(2).product_bound(2, 1), bump(2).product_bound(2, 2)
        (Fraction(4, 1), Fraction(16, 1))
        """
        largest = Fraction(0)
        for chosen in combinations_with_replacement(range(dimension), order):
            counts = [chosen.count(axis) for axis in range(dimension)]
            if counts == sorted(counts, reverse=True):
                product = math.prod((self.bounds[k] for k in counts), start=Fraction(1))
                largest = max(largest, product)
        return largest


@lru_cache(maxsize=16)
def bump(smoothness: int) -> Bump:
    """The bump of smoothness n.

    Raises:
        InputError: n below 1 or above 8.

    >>> [str(m) for m in bump(1).bounds], [str(m) for m in bump(2).bounds]
    (['1', '2'], ['1', '4', '16'])
    >>> [float(round(m, 2)) for m in bump(3).bounds]
    [1.0, 3.51, 33.94, 163.88]
    """
    if not 1 <= smoothness <= MAX_SMOOTHNESS:
        raise InputError(f"smoothness {smoothness}", remedy=f"1 to {MAX_SMOOTHNESS}")
    knots = _knots(smoothness)
    raw = tuple(
        1 / math.prod((t - other for other in knots if other != t), start=Fraction(1))
        for t in knots
    )
    height = Bump(knots, raw, ())(Fraction(1, 2))
    coefficients = tuple(c / height for c in raw)
    return Bump(knots, coefficients, _bounds(knots, coefficients))


def _knots(smoothness: int) -> tuple[Fraction, ...]:
    """Chebyshev's extremal points moved to [0, 1] and to multiples of 2^-20: a float proposes."""
    scale = 1 << KNOT_PLACES
    lower = [
        Fraction(round(scale * (1 - math.cos(j * math.pi / (smoothness + 1))) / 2), scale)
        for j in range((smoothness + 3) // 2)
    ]
    if smoothness % 2:
        return (*lower[:-1], Fraction(1, 2), *(1 - t for t in reversed(lower[:-1])))
    return (*lower, *(1 - t for t in reversed(lower)))


def _bounds(
    knots: tuple[Fraction, ...], coefficients: tuple[Fraction, ...]
) -> tuple[Fraction, ...]:
    """M_j, rounded up to multiples of 2^-20."""
    smoothness = len(knots) - 2
    grid = 1 << BOUND_PLACES
    largest = [Fraction(1)] + [Fraction(0)] * smoothness
    piece = Polynomial.constant(Fraction(0))
    for i in range(smoothness + 1):
        shifted = Polynomial.variable() - Polynomial.constant(knots[i])
        piece = piece + Polynomial.constant(coefficients[i]) * shifted**smoothness
        derivative = piece
        for order in range(1, smoothness + 1):
            derivative = derivative.derivative()
            found = derivative.greatest_magnitude(Interval(knots[i], knots[i + 1]))
            largest[order] = max(largest[order], found)
    return tuple(Fraction(-((-bound * grid).__floor__()), grid) for bound in largest)
