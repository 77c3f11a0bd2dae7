"""The paper's own layout, as a baseline: trapezoids, full Taylor polynomials, a gate chain a term.

    f ≈ Σ_v Σ_{|a| ≤ n-1} c_{v,a}·φ_v(x)·x^a,     φ_v = Π_i φ(N·x_i - v_i),
    φ(y) = 1 for |y| ≤ 1/4, 0 for |y| ≥ 3/4, linear between,

c_{v,a} the coefficients of Taylor's polynomial of degree n - 1 at v/N in powers of x. Every (v, a)
has its own chain of d - 1 + |a| product gates and its own ladder of digits (Ding et al. 2019,
after Yarotsky). With g the error of a gate and B_a the largest |c_{v,a}|,

    |f - N| ≤ d^n·s/(n!·N^n) + Σ_a [2^d·(d - 1 + |a|)·g·(B_a + δ) + δ],
    s = max over [1/4, 3/4] of (3/2 - 2y)·y^n + (2y - 1/2)·(1 - y)^n.

*Proof.* The φ_v are a partition of unity, the remainder at v is at most |x - v/N|_1^n/n!; in one
dimension Σ φ·|y|^n ≤ s; by Minkowski's inequality for the product measure of the weights the mean
of |y|_1^n is at most (d·s^{1/n})^n. At most 2^d of the φ_v are not 0, gates with a factor 0 are
exactly 0, and a factor in [0, 1] does not amplify what came before. ∎
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property, lru_cache
from itertools import product as grid
from math import comb, factorial

from bitproof.construct.box_input import BoxInput
from bitproof.construct.box_layout import Derivatives, SobolevGrid, smallest
from bitproof.construct.gates import product, product_error
from bitproof.construct.short_numbers import shortest
from bitproof.errors import NoDesignError
from bitproof.exact.box import Point
from bitproof.exact.interval import Interval
from bitproof.exact.polynomial import Polynomial
from bitproof.exact.weight_format import Codebook
from bitproof.network.measures import Measures
from bitproof.network.network import Network
from bitproof.network.patterns import weights_of
from bitproof.network.wiring import ONE, Term, Wiring
from bitproof.theory.digit_code import DigitCode, power_code
from bitproof.theory.function_class import SobolevBall
from bitproof.theory.sobolev_error import monomials

UNIT = Fraction(1)
BUILT = 2
SHARES = (Fraction(1, 2), Fraction(1, 4), Fraction(1, 10))
"""Of what interpolation leaves of the error, for the coefficients."""
MAX_PLACES = 60
LARGEST = 600_000
MultiIndex = tuple[int, ...]


@dataclass(frozen=True)
class Trapezoids(SobolevGrid):
    """The paper's layout for F_{d,n} on [0, 1]^d, codebooks of base 2 (δ: of a coefficient)."""

    @property
    def name(self) -> str:
        return "trapezoids"

    @property
    def order(self) -> int:
        return self.ball.smoothness - 1

    @cached_property
    def indices(self) -> tuple[MultiIndex, ...]:
        """All a with |a| ≤ n - 1."""
        return monomials(SobolevBall(self.ball.dimension, self.ball.smoothness + 1))

    def bound(self, a: MultiIndex) -> Fraction:
        """B_a."""
        total = Fraction(0)
        for b in self.indices:
            if all(high >= low for high, low in zip(b, a, strict=True)):
                term = UNIT
                for high, low in zip(b, a, strict=True):
                    term *= Fraction(comb(high, low), factorial(high))
                total += term
        return total

    @property
    def gates(self) -> int:
        """Product gates in all."""
        chains = sum(self.ball.dimension - 1 + sum(a) for a in self.indices)
        return int(chains * (self.cells + 1) ** self.ball.dimension)

    @property
    def interpolation(self) -> Fraction:
        """The error of the exact sum."""
        d, n = self.ball.dimension, self.ball.smoothness
        return _moment(n) * Fraction(d**n, factorial(n) * self.cells**n)

    @property
    def claimed_error(self) -> Fraction:
        total, d = self.interpolation, self.ball.dimension
        gate = product_error(2, self.levels)
        for a in self.indices:
            chain = 2**d * (d - 1 + sum(a)) * gate
            total += chain * (self.bound(a) + self.nodal) + self.nodal
        return total

    def code(self, a: MultiIndex) -> DigitCode:
        """Of c_{v,a}."""
        return symmetric_code(self.form, self.bound(a), 2 * self.nodal)

    def build(self, source: BoxInput, derivatives: Derivatives) -> Network:
        wiring = Wiring(self.form, self.dimension)
        inputs = source.wire(wiring)
        tooth = [
            [self._trapezoid(wiring, node, m) for m in range(self.cells + 1)] for node in inputs
        ]
        edges: list[Term] = []
        for node in grid(range(self.cells + 1), repeat=self.dimension):
            point = tuple(Fraction(k, self.cells) for k in node)
            jet = derivatives(point)
            for a in self.indices:
                chain = self._chain(wiring, inputs, [tooth[i][k] for i, k in enumerate(node)], a)
                edges += self._coded(
                    wiring, chain, a, taylor_coefficient(a, jet, point, self.order)
                )
        return wiring.finish(edges)

    def _trapezoid(self, wiring: Wiring, node: int, knot: int) -> int:
        """φ(N·x - m) as one neuron."""
        scale = Fraction(2 * self.cells)
        sides: list[Term] = [
            (wiring.combination([(node, sign * scale), (ONE, -sign * Fraction(2 * knot))]), -UNIT)
            for sign in (1, -1)
        ]
        outer = wiring.combination([*sides, (ONE, Fraction(3, 2))])
        inner = wiring.combination([*sides, (ONE, Fraction(1, 2))])
        return wiring.combination([(outer, UNIT), (inner, -UNIT)])

    def _chain(self, wiring: Wiring, inputs: list[int], factors: list[int], a: MultiIndex) -> int:
        """φ_v·x^a: one gate for every factor after the first."""
        value, *rest = factors
        rest += [inputs[axis] for axis, power in enumerate(a) for _ in range(power)]
        for factor in rest:
            value = product(wiring, [(value, UNIT)], [(factor, UNIT)], self.levels)
        return value

    def _coded(self, wiring: Wiring, chain: int, a: MultiIndex, value: Fraction) -> list[Term]:
        """The digits of one coefficient on the chain's own ladder."""
        code = self.code(a)
        top = wiring.combination([(chain, code.places[0])])
        return [(wiring.ladder(top, k), digit) for k, digit in enumerate(code.encode(value))]


@lru_cache(maxsize=16)
def _moment(smoothness: int) -> Fraction:
    """s, rounded up where it is irrational."""
    y = Polynomial.variable()
    half, one = Polynomial.constant(Fraction(1, 2)), Polynomial.constant(UNIT)
    two, three = Polynomial.constant(Fraction(2)), Polynomial.constant(Fraction(3, 2))
    mean = (three - two * y) * y**smoothness + (two * y - half) * (one - y) ** smoothness
    return mean.greatest_magnitude(Interval(Fraction(1, 4), Fraction(3, 4)))


def taylor_coefficient(
    a: MultiIndex, jet: Mapping[MultiIndex, Fraction], point: Point, degree: int
) -> Fraction:
    """c_{v,a} = Σ_{b≥a, |b| ≤ degree} D^b f(v)/b!·binom(b, a)·(-v)^{b-a}."""
    total = Fraction(0)
    for b in monomials(SobolevBall(len(a), degree + 2)):
        if all(high >= low for high, low in zip(b, a, strict=True)):
            term = jet[b]
            for high, low, x in zip(b, a, point, strict=True):
                term *= comb(high, low) * (-x) ** (high - low) / factorial(high)
            total += term
    return total


def plan_trapezoids(
    form: Codebook, ball: SobolevBall, error: Fraction
) -> tuple[Trapezoids, Measures]:
    """The smallest network of the paper's layout found for an error, with its exact sizes.

    Raises:
        NoDesignError: a base other than 2, or more than 600,000 edges.

    >>> layout, sizes = plan_trapezoids(Codebook.linear(2), SobolevBall(1, 1), Fraction(1, 4))
    >>> layout.claimed_error <= Fraction(1, 4), sizes.weights > 100
    (True, True)
    """
    if weights_of(form).base != 2:
        raise NoDesignError(f"the baseline in {form.name}", remedy="a codebook of base 2")
    refusal = NoDesignError(
        f"the paper's layout takes more than {LARGEST} weights for {error}",
        remedy="give a larger error",
    )
    return smallest(_proposals(form, ball, error), BUILT, LARGEST, refusal)


def _proposals(
    form: Codebook, ball: SobolevBall, error: Fraction
) -> Iterator[tuple[float, Trapezoids]]:
    least = 1
    while Trapezoids(form, ball, least, Fraction(0), 1).interpolation >= error:
        least += max(least // 16, 1)
        if least**ball.dimension > LARGEST:
            return
    for cells in range(least, 2 * least + 2, max(least // 12, 1)):
        room = error - Trapezoids(form, ball, cells, Fraction(0), 1).interpolation
        if room <= 0:
            continue
        count = len(Trapezoids(form, ball, cells, Fraction(0), 1).indices)
        for share in SHARES:
            yield _sized(form, ball, cells, room * share / count, error)


def _sized(
    form: Codebook, ball: SobolevBall, cells: int, nodal: Fraction, error: Fraction
) -> tuple[float, Trapezoids]:
    levels = 1
    while Trapezoids(form, ball, cells, nodal, levels).claimed_error > error:
        levels += 1
    layout = Trapezoids(form, ball, cells, nodal, levels)
    digits = sum(2 * len(layout.code(a).places) + 2 for a in layout.indices)
    nodes = (cells + 1) ** ball.dimension
    return float(nodes * digits + layout.gates * (32 + 19 * levels)), layout


def symmetric_code(form: Codebook, reach: Fraction, gap: Fraction) -> DigitCode:
    """Writes every number of [-reach, reach] to within gap/2, places halving; of more than two
    values the extremes are enough.

    Raises:
        NoDesignError: the digits of the codebook leave gaps.

    >>> code = symmetric_code(Codebook.linear(2), UNIT, Fraction(1, 4))
    >>> code.window.half + code.window.gap / 2 >= 1, code.window.gap <= Fraction(1, 4)
    (True, True)
    """
    values = form.values()
    pair = form if len(values) == 2 else Codebook((values[0], values[-1]))
    for places in range(1, MAX_PLACES):
        window = power_code(pair, UNIT / 2, places, UNIT).window
        reached = window.half + window.gap / 2
        if reached > 0 and reach / reached <= gap / window.gap:
            top = shortest(reach / reached, gap / window.gap)
            return power_code(pair, UNIT / 2, places, top)
    raise NoDesignError(
        f"{form.name} has no digits for {reach} to {gap}", remedy="take another codebook"
    )
