"""How far interpolated reduced Taylor polynomials are from a function of F_{d,n}, with constants.

The grid has step h = 1/N, ψ_v is the piecewise linear hat of Kuhn's triangulation at the node v,
and the reduced Taylor polynomial of degree n - 2 at v is

    T(v; x) = Σ_{|b| ≤ n-2} (n-1-|b|)/(n-1) · D^b f(v)·(x-v)^b/b!        (n = 1: f(v)).

**Theorem 1.** For f in F_{d,n}: |f - Σ_v ψ_v·T(v; ·)| ≤ c_{d,n}·h^n, where
c_{d,n} = d^n·s_n/((n-1)·n!), s_n = max_{0≤t≤1} (1-t)·t^n + t·(1-t)^n, and c_{d,1} = d/2.

*Proof.* Let g(s) = f(v + s(x-v)) and T_k[·] Taylor's polynomial of degree k at 0. Then
T(v; x) = T_{n-1}[g](1) - T_{n-2}[g'](1)/(n-1): the coefficient of the derivative of order k is
1/k! - 1/((n-1)(k-1)!) = (n-1-k)/((n-1)k!). Hence
g(1) - T(v; x) = g'(1)/(n-1) + ∫ (1-s)^{n-1}/(n-1)!·g^{(n)} ds
- (1/(n-1))·∫ (1-s)^{n-2}/(n-2)!·g^{(n)} ds = g'(1)/(n-1) - ∫ s(1-s)^{n-2}/(n-1)!·g^{(n)}(s) ds.
Weighted with ψ_v and summed, the first part vanishes: Σ ψ_v·g_v'(1) = grad f(x)·Σ ψ_v·(x-v) = 0.
The kernel is ≥ 0 with mass B(2, n-1)/(n-1)! = 1/((n-1)·n!), and |g^{(n)}| ≤ |x-v|_1^n. It remains
that S(x) = Σ ψ_v(x)·|x-v|_1^n ≤ d^n·s_n·h^n. In a cell with vertices v_0, ..., v_d (each step one
more coordinate) and barycentric coordinates λ_k, |x-v_k|_1 = h·Σ_j λ_j|j-k|, convex in k; so it is
at most its chord between k = 0 and k = d, (1-k/d)·μ + (k/d)(d-μ) with μ = Σ_j λ_j·j. The n-th power
of the chord is convex in k too and the mean of k is μ, so S ≤ h^n·[(1-μ/d)·μ^n + (μ/d)(d-μ)^n],
which is h^n·d^n times the expression of s_n at t = μ/d. (λ_0 = 1-t, λ_d = t attain it.)
For n = 1 f is interpolated: |f(x) - f(v)| ≤ |x-v|_1 and the same sum with s_1 = 1/2. ∎

In global monomials Σ_v ψ_v·T(v; ·) = Σ_{|a| ≤ n-2} x^a·L_a(x) with L_a piecewise linear, so
#a - 1 product gates are enough.

**Theorem 2.** If each nodal value of L_a is rounded by at most δ_a and the product with L_a's
cofactor errs by at most g_a, then |f - N| ≤ c_{d,n}·h^n + Σ_a δ_a + Σ_{a≠0} g_a: hats sum to 1, and
the factors x_i of Horner's scheme lie in [0, 1], so inner errors are not amplified. All other
arithmetic of the networks is exact.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from math import comb, factorial

from bitproof.errors import InputError
from bitproof.exact.interval import Interval
from bitproof.exact.polynomial import Polynomial
from bitproof.theory.function_class import SobolevBall
from bitproof.theory.references import DING_2019, Reference

BINARY_PLACES = 40
"""Irrational constants are rounded up to multiples of 2^-40."""


@lru_cache(maxsize=64)
def two_point_moment(smoothness: int) -> Fraction:
    """s_n = max (1-t)·t^n + t·(1-t)^n over [0, 1]: exact for n ≤ 4, then rounded up.

    >>> [two_point_moment(n) for n in (1, 2, 3, 4)]
    [Fraction(1, 2), Fraction(1, 4), Fraction(1, 8), Fraction(1, 12)]
    """
    t = Polynomial.variable()
    rest = Polynomial.constant(Fraction(1)) - t
    if smoothness == 4:  # t(1-t)(1 - 3t(1-t)) is largest where t(1-t) = 1/6
        return Fraction(1, 12)
    moment = rest * t**smoothness + t * rest**smoothness
    largest = moment.greatest_magnitude(Interval(Fraction(0), Fraction(1, 2)))
    grid = 1 << BINARY_PLACES
    return largest if smoothness < 4 else Fraction(-((-largest * grid).__floor__()), grid)


def interpolation_constant(ball: SobolevBall) -> Fraction:
    """c_{d,n} of Theorem 1 (the module's text has the proof).

    >>> [str(interpolation_constant(SobolevBall(1, n))) for n in (1, 2, 3, 4)]
    ['1/2', '1/8', '1/96', '1/864']
    >>> [str(interpolation_constant(SobolevBall(2, n))) for n in (1, 2, 3, 4)]
    ['1', '1/2', '1/12', '1/54']
    """
    n = ball.smoothness
    moment = Fraction(ball.dimension**n) * two_point_moment(n)
    return moment if n == 1 else moment / ((n - 1) * factorial(n))


def yarotsky_constant(ball: SobolevBall) -> Fraction:
    """2^d·d^n/n!, the constant of the localized Taylor polynomials of degree n - 1 the paper uses.

    >>> yarotsky_constant(SobolevBall(2, 2))
    Fraction(8, 1)
    """
    d, n = ball.dimension, ball.smoothness
    return Fraction(2**d * d**n, factorial(n))


def monomials(ball: SobolevBall) -> tuple[tuple[int, ...], ...]:
    """The multi-indices a of the networks, |a| ≤ max(n - 2, 0), by order and then descending.

    >>> monomials(SobolevBall(2, 3))
    ((0, 0), (1, 0), (0, 1))
    """
    degree = max(ball.smoothness - 2, 0)
    return tuple(a for order in range(degree + 1) for a in _of_order(ball.dimension, order))


def _of_order(dimension: int, order: int) -> list[tuple[int, ...]]:
    if dimension == 1:
        return [(order,)]
    return [
        (first, *rest)
        for first in range(order, -1, -1)
        for rest in _of_order(dimension - 1, order - first)
    ]


def coefficient_bound(ball: SobolevBall, a: tuple[int, ...]) -> Fraction:
    """B_a: no nodal value of L_a is larger for a function of the class and nodes in [0, 1]^d.

    c_{v,a} = Σ_{b≥a} (n-1-|b|)/(n-1)·D^b f(v)/b!·binom(b,a)·(-v)^{b-a}, |D^b f| ≤ 1, |v| ≤ 1.

    >>> coefficient_bound(SobolevBall(1, 4), (0,)), coefficient_bound(SobolevBall(1, 4), (1,))
    (Fraction(11, 6), Fraction(1, 1))
    """
    n = ball.smoothness
    if n <= 2:
        return Fraction(1)
    total = Fraction(0)
    for b in monomials(ball):
        if all(high >= low for high, low in zip(b, a, strict=True)):
            term = Fraction(n - 1 - sum(b), n - 1)
            for high, low in zip(b, a, strict=True):
                term *= Fraction(comb(high, low), factorial(high))
            total += term
    return total


@dataclass(frozen=True, slots=True)
class SobolevError:
    """Theorem 2: the a-priori error of a network for every function of F_{d,n}.

    Attributes:
        ball: the class.
        cells: N, cells per dimension.
        nodal: δ_a for every monomial a, in the order of `monomials`.
        gates: the errors of the product gates (with their factors M_a), one for every a ≠ 0.

    Raises:
        InputError: no cells, a negative error, or numbers that do not fit the class.

    >>> ball = SobolevBall(1, 3)
    >>> SobolevError(ball, 10, (Fraction(1, 10**5),) * 2, (Fraction(1, 4**8),)).bound
    Fraction(28063, 614400000)
    """

    ball: SobolevBall
    cells: int
    nodal: tuple[Fraction, ...]
    gates: tuple[Fraction, ...] = ()

    def __post_init__(self) -> None:
        if self.cells < 1 or min((*self.nodal, *self.gates), default=0) < 0:
            raise InputError(f"{self.cells} cells or a negative error", remedy="N ≥ 1, errors ≥ 0")
        wanted = len(monomials(self.ball))
        if len(self.nodal) != wanted or len(self.gates) != wanted - 1:
            raise InputError(
                f"{len(self.nodal)} nodal and {len(self.gates)} gate errors for {wanted} monomials",
                remedy="one nodal error for each monomial, one gate for each but the first",
            )

    @property
    def interpolation(self) -> Fraction:
        """c_{d,n}·N^-n."""
        return interpolation_constant(self.ball) / Fraction(self.cells**self.ball.smoothness)

    @property
    def bound(self) -> Fraction:
        """sup |f - N| for every f of the class."""
        return self.interpolation + _total(self.nodal) + _total(self.gates)

    @property
    def reference(self) -> Reference:
        return DING_2019


def least_cells(ball: SobolevBall, error: Fraction) -> int:
    """N_min: the fewest cells per dimension with c_{d,n}·N^-n below the error.

    Raises:
        InputError: an error that is not above 0.

    >>> [least_cells(SobolevBall(d, n), Fraction(1, 50)) for d, n in ((1, 1), (1, 2), (2, 1))]
    [26, 3, 51]
    """
    if error <= 0:
        raise InputError(f"the error {error}", remedy="above 0")
    constant = interpolation_constant(ball)
    n = ball.smoothness
    low, high = 0, 1
    while constant >= error * high**n:
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if constant >= error * middle**n else (low, middle)
    return high


def _total(values: Iterable[Fraction]) -> Fraction:
    return sum(values, Fraction(0))
