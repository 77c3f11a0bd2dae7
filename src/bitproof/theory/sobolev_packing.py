"""Bits no network can do without: how many functions of F_{d,n} are pairwise far apart.

Sites are the points of [0, 1]^d whose coordinates are multiples of 1/m (m = 0: one site, constant
functions). At every site sits a bump A·q·φ(m(x_1 - s_1) + 1/2)⋯φ(m(x_d - s_d) + 1/2), φ of
`spline_bumps` (bumps at the border are cut by it), with one of J + 1 heights q = -1, -1 + 2/J, ...,
1. Bumps of different sites have disjoint interiors, so |D^a f| ≤ A·K_j·m^j for |a| = j, and f is in
F_{d,n} if A ≤ 1 and A·K_j·m^j ≤ 1 for j = 1..n.

*Packing.* Let A > J·ε. Two of the (J + 1)^{(m+1)^d} functions differ at some site by at least
2A/J > 2ε, so no network is within ε of both, and a set of networks within ε of every function of
F_{d,n} has at least that many members. (The three conditions on A are open or contain A = J·ε in
their interior, so they hold for some A > J·ε exactly if they hold strictly for A = J·ε.)

*In bits.* A fixed structure with W weights of λ values gives λ^W networks: W·log2 λ ≥ bits. If the
structure may depend on the function: a network with W edges has at most W neurons (each has an edge
into it), so each edge has at most W + d + 1 sources (neurons, inputs, the constant), W + d + 1
targets and λ weights: W·(log2 λ + 2·log2(W + d + 1)) ≥ bits.

For d = n = 1 the 2^k zigzag paths of `MemoryBound`, k = ⌈1/ε⌉ - 1, are about twice as good.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from bitproof.errors import InputError
from bitproof.theory.function_class import SobolevBall
from bitproof.theory.logarithms import log2_above, log2_below
from bitproof.theory.lower_bounds import MemoryBound
from bitproof.theory.references import DING_2019, Reference
from bitproof.theory.spline_bumps import bump

MOST_LEVELS = 1 << 12


@dataclass(frozen=True, slots=True)
class Packing:
    """2ε-separated functions of the class.

    Attributes:
        steps: J; J + 1 heights at every site.
        cells: m.
        sites: where heights are chosen independently.
        bits: a lower bound of log2 of the number of functions, sites·log2(J + 1).
    """

    steps: int
    cells: int
    sites: int
    bits: Fraction


@dataclass(frozen=True, slots=True)
class PackingBound:
    """The bits of every set of networks that approximates F_{d,n} to an error.

    Raises:
        InputError: the smoothness is above 8 or an error is not above 0.

    >>> bound = PackingBound(SobolevBall(1, 1))
    >>> [bound.least_bits(Fraction(1, n)) for n in (10, 100, 1000)]
    [9, 99, 999]
    >>> PackingBound(SobolevBall(2, 2)).packing(Fraction(3, 10_000))
    Packing(steps=1, cells=14, sites=225, bits=Fraction(225, 1))
    """

    ball: SobolevBall

    def packing(self, error: Fraction) -> Packing:
        """The largest packing of this form.

        Constants alone give ⌈1/ε⌉ functions; for m ≥ 1 a larger J pays as long as it does not
        cost cells, so for every m from the largest downwards the largest J is taken.
        """
        if error <= 0:
            raise InputError(f"the error {error}", remedy="above 0")
        steps = max((1 / error).__ceil__() - 1, 0)
        best = self._judged(steps, 0)
        bounds = derivative_bounds(self.ball)
        cells = least(lambda cells: not _fits(error, cells, bounds)) - 1
        while cells >= 1:
            steps = _most_steps(error, cells, bounds)
            best = max(best, self._judged(steps, cells), key=lambda found: found.bits)
            # the next m worth looking at: the sites times the largest log2(J + 1) must pay
            cells = cells - 1 if cells < 64 else cells - cells // 64
            if (cells + 1) ** self.ball.dimension * log2_above(1 + 1 / error) < best.bits:
                break
        if self.ball.dimension == self.ball.smoothness == 1:
            paths = MemoryBound(Fraction(1), Fraction(1)).least_bits(error)
            best = max(best, Packing(1, paths, paths, Fraction(paths)), key=lambda p: p.bits)
        return best

    def least_bits(self, error: Fraction) -> int:
        """A fixed structure (only the weights depend on the function) stores at least this."""
        return self.packing(error).bits.__ceil__()

    def least_weights(self, error: Fraction, values: int) -> int:
        """The fewest weights of λ values in a fixed structure.

        >>> PackingBound(SobolevBall(1, 1)).least_weights(Fraction(1, 1000), 4)
        500
        """
        _check_values(values)
        return (self.packing(error).bits / log2_above(Fraction(values))).__ceil__()

    def least_weights_free(self, error: Fraction, values: int) -> int:
        """The fewest weights of λ values when the structure may depend on the function.

        >>> PackingBound(SobolevBall(1, 1)).least_weights_free(Fraction(1, 1000), 2)
        74
        """
        _check_values(values)
        bits, d = self.packing(error).bits, self.ball.dimension
        each = log2_above(Fraction(values))
        return least(lambda count: count * (each + 2 * log2_above(Fraction(count + d + 1))) >= bits)

    @property
    def order(self) -> str:
        """The growth as the error shrinks."""
        return "Ω((1/ε)^(d/n)) bits"

    @property
    def reference(self) -> Reference:
        return DING_2019

    def _judged(self, steps: int, cells: int) -> Packing:
        sites = (cells + 1) ** self.ball.dimension
        return Packing(steps, cells, sites, sites * log2_below(Fraction(steps + 1)))


def derivative_bounds(ball: SobolevBall) -> tuple[Fraction, ...]:
    """K_1, ..., K_n of the bump's tensor products.

    >>> [int(bound) for bound in derivative_bounds(SobolevBall(3, 2))]
    [4, 16]
    """
    shape = bump(ball.smoothness)
    return tuple(
        shape.product_bound(ball.dimension, order) for order in range(1, ball.smoothness + 1)
    )


def _fits(height: Fraction, cells: int, bounds: tuple[Fraction, ...]) -> bool:
    return height < 1 and all(
        height * bound * cells**order < 1 for order, bound in enumerate(bounds, 1)
    )


def _most_steps(error: Fraction, cells: int, bounds: tuple[Fraction, ...]) -> int:
    found = least(lambda steps: not _fits(steps * error, cells, bounds)) - 1
    return min(found, MOST_LEVELS)


def least(holds: Callable[[int], bool]) -> int:
    """The least integer ≥ 1 from which a monotone condition holds.

    >>> least(lambda n: n * n >= 50)
    8
    """
    high = 1
    while not holds(high):
        high *= 2
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle, high)
    return high


def _check_values(values: int) -> None:
    if values < 2:
        raise InputError(f"{values} values", remedy="a codebook has at least 2")
