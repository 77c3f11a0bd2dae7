"""Hats (layout C): a Sobolev function of d ≥ 2 inputs on Kuhn's triangulation, for every n.

    f ≈ Σ_a x^a·L_a(x),    L_a = Σ_v c_{v,a}·ψ_v,    |a| ≤ max(n - 2, 0)     (`sobolev_error`).

ψ_v = relu(1 - max⁺(y) - max⁺(-y)), y = X - v, X = N·x: the hat of Kuhn's triangulation. For d = 2
the maxima are (|y_1| + |y_2| + |y_1 - y_2|)/2, neurons that all nodes on a line share, so a hat is
four edges; for d ≥ 3 they are sums of positive parts, max⁺(y) = Σ D_i, D_i = relu(y_i - Σ_{j<i}
D_j). The digits of all c_{v,a} hang on one chain for every a. Horner's rule over the tree of
multi-indices takes one product gate for each a ≠ 0: T_a = L_a + Σ x_i·T_{a+e_i}.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import product as grid
from math import comb, factorial

from bitproof.construct.biases import bias, plain_weight
from bitproof.construct.box_input import BoxInput
from bitproof.construct.box_layout import Derivatives, SobolevGrid, smallest
from bitproof.construct.code_choice import centred_code, middle
from bitproof.construct.gates import product, product_error, product_gain
from bitproof.construct.kuhn_axes import KuhnAxes
from bitproof.construct.programmed_sum import programmed_sum
from bitproof.construct.short_numbers import power_below, shortest
from bitproof.errors import NoDesignError
from bitproof.exact.box import Point
from bitproof.exact.weight_format import Codebook
from bitproof.network.measures import Measures
from bitproof.network.network import Network
from bitproof.network.patterns import weights_of
from bitproof.network.wiring import ONE, Term, Wiring
from bitproof.theory.digit_code import DigitCode
from bitproof.theory.function_class import SobolevBall
from bitproof.theory.sobolev_error import SobolevError, coefficient_bound, least_cells, monomials

UNIT = Fraction(1)
BUILT = 8
LARGEST = 3_000_000
GATE_SHARES = tuple(Fraction(1, k) for k in (2, 3, 5, 10, 30))
MultiIndex = tuple[int, ...]


@dataclass(frozen=True)
class Hats(SobolevGrid):
    """A fixed structure for F_{d,n} on [0, 1]^d; δ is that of every nodal value of every L_a."""

    @property
    def name(self) -> str:
        return "hats"

    @property
    def order(self) -> int:
        return max(self.ball.smoothness - 2, 0)

    @cached_property
    def base(self) -> int:
        """b."""
        return weights_of(self.form).base

    @cached_property
    def indices(self) -> tuple[MultiIndex, ...]:
        """All a, by order."""
        return monomials(self.ball)

    @cached_property
    def theorem(self) -> SobolevError:
        """Theorem 2 for this layout."""
        gain = product_gain(self.base) * product_error(self.base, self.levels)
        gates = tuple(self.scale(a) * gain for a in self.indices[1:])
        return SobolevError(self.ball, self.cells, (self.nodal,) * len(self.indices), gates)

    @property
    def claimed_error(self) -> Fraction:
        return self.theorem.bound

    @cached_property
    def height(self) -> Fraction:
        """σ: hats are this high, so that x is scaled by about 1 and what is coded by N."""
        return power_below(Fraction(1, self.cells), self.base)

    def children(self, a: MultiIndex) -> list[tuple[int, MultiIndex]]:
        """(i, a + e_i) for i from the last axis a uses: every index has one parent."""
        last = max((i for i, power in enumerate(a) if power), default=0)
        raised = [
            (i, tuple(power + (axis == i) for axis, power in enumerate(a)))
            for i in range(last, self.dimension)
        ]
        return [(i, child) for i, child in raised if child in self.indices]

    def bound(self, a: MultiIndex) -> Fraction:
        """|T_a| is at most this."""
        below = sum((self.bound(child) for _, child in self.children(a)), Fraction(0))
        return coefficient_bound(self.ball, a) + below

    @property
    def lift(self) -> Fraction:
        """κ: 1/2, or for odd b the b-adic number 1/2 - 1/(2b²)."""
        if self.base % 2 == 0:
            return UNIT / 2
        return Fraction(self.base**2 // 2, self.base**2)

    def scale(self, a: MultiIndex) -> Fraction:
        """M_a: T_a/M_a + κ lies in [0, 1] and M_a·b²/4 is a power of b; 1 for a = 0."""
        if not any(a):
            return UNIT
        gain = product_gain(self.base)
        return (
            power_below(gain * 2 * self.bound(a) * Fraction(17, 16), self.base) * self.base / gain
        )

    def code(self, a: MultiIndex) -> DigitCode:
        """Of c_{v,a}/M_a."""
        scale = self.scale(a)
        span = 2 * coefficient_bound(self.ball, a) / scale
        return centred_code(self.form, span, 2 * self.nodal / scale)

    def build(self, source: BoxInput, derivatives: Derivatives) -> Network:
        wiring = Wiring(self.form, self.dimension)
        inputs = source.wire(wiring)
        hats = KuhnAxes(wiring, inputs, self.cells, self.height).hats()
        nodes = list(grid(range(self.cells + 1), repeat=self.dimension))
        jets = [derivatives(tuple(Fraction(k, self.cells) for k in node)) for node in nodes]
        points = [tuple(Fraction(k, self.cells) for k in node) for node in nodes]
        sums: dict[MultiIndex, tuple[list[Term], Fraction]] = {}
        for a in reversed(self.indices):
            values = [
                nodal_value(self.ball.smoothness, a, jet, point)
                for jet, point in zip(jets, points, strict=True)
            ]
            terms, offset = self._linear(wiring, a, hats, values)
            for axis, child in self.children(a):
                gate_terms = self._gate(wiring, inputs[axis], sums[child])
                ratio = self.scale(child) / self.scale(a)
                terms += [(node, ratio * weight) for node, weight in gate_terms]
            sums[a] = (terms, offset)
        terms, offset = sums[self.indices[0]]
        out = source.factor
        total = self._settled(wiring, terms, offset)
        return wiring.output([(node, out * weight) for node, weight in total])

    def _settled(self, wiring: Wiring, terms: list[Term], offset: Fraction) -> list[Term]:
        """T_0 from one neuron: the sum is kept positive by a constant that is taken off again."""
        lift = shortest(
            self.bound(self.indices[0]) + 1, 4 + 2 * self.bound(self.indices[0]), self.base
        )
        collapsed = self._scaled_sum(wiring, terms, offset + lift)
        return [(collapsed, 1 / self.height), (ONE, -lift)]

    def _scaled_sum(self, wiring: Wiring, terms: list[Term], constant: Fraction) -> int:
        """σ·(Σ terms + constant) as one neuron."""
        small = [(node, weight * self.height) for node, weight in terms]
        return wiring.combination([*small, (ONE, constant * self.height)])

    def _linear(
        self, wiring: Wiring, a: MultiIndex, hats: list[int], values: list[Fraction]
    ) -> tuple[list[Term], Fraction]:
        """Terms and a constant whose sum is L_a/M_a."""
        code, scale = self.code(a), self.scale(a)
        centre = shortest(middle(code) - self._room(a), middle(code) + self._room(a), self.base)
        codes = [code.encode(value / scale + centre) for value in values]
        total = programmed_sum(wiring, hats, codes, code, self.height)
        if not total.edges:  # everything hangs on the chain, which is not negative
            carried = [(node, weight / self.height) for node, weight in total.terms]
            return carried, -total.offset / self.height - centre
        lift = self._lift(code)
        collapsed = wiring.neuron([*total.edges, *wiring.edges(total.terms), *bias(wiring, lift)])
        constant = -(lift + total.offset) / self.height - centre
        return [(collapsed, 1 / self.height)], constant

    def _room(self, a: MultiIndex) -> Fraction:
        window, span = self.code(a).window, 2 * coefficient_bound(self.ball, a) / self.scale(a)
        return (window.high - window.low + window.gap - span) / 2

    def _lift(self, code: DigitCode) -> Fraction:
        """At least what the first place can be below 0: |q_min|·σ."""
        return -min(code.form.values()) * self.height

    def _gate(self, wiring: Wiring, node: int, value: tuple[list[Term], Fraction]) -> list[Term]:
        """Terms of x_i·T_a/M_a from those of T_a/M_a."""
        terms, offset = value
        share = plain_weight(self.form) or UNIT
        blend = wiring.combination(
            [*((n, w * share) for n, w in terms), (ONE, share * (offset + self.lift))]
        )
        gate = product(wiring, [(node, UNIT)], [(blend, 1 / share)], self.levels)
        return [(gate, product_gain(self.base)), (node, -self.lift)]


def nodal_value(
    smoothness: int, a: MultiIndex, jet: Mapping[MultiIndex, Fraction], point: Point
) -> Fraction:
    """c_{v,a} = Σ_{b≥a} (n-1-|b|)/(n-1)·D^b f(v)/b!·binom(b, a)·(-v)^{b-a}; n ≤ 2: f(v)."""
    if smoothness <= 2:
        return jet[a]
    total = Fraction(0)
    for b in monomials(SobolevBall(len(a), smoothness)):
        if all(high >= low for high, low in zip(b, a, strict=True)):
            term = Fraction(smoothness - 1 - sum(b), smoothness - 1) * jet[b]
            for high, low, x in zip(b, a, point, strict=True):
                term *= comb(high, low) * (-x) ** (high - low) / factorial(high)
            total += term
    return total


def plan_hats(form: Codebook, ball: SobolevBall, error: Fraction) -> tuple[Hats, Measures]:
    """The hats of fewest weights found for an error, with their exact sizes.

    Raises:
        NoDesignError: more than three million edges, or a codebook without weights ±1 or ±1/b^k.

    >>> layout, sizes = plan_hats(Codebook.nested(3), SobolevBall(2, 1), Fraction(1, 4))
    >>> layout.claimed_error <= Fraction(1, 4), sizes.weights < 600
    (True, True)
    """
    refusal = NoDesignError(
        f"the error {error} takes more than {LARGEST} weights", remedy="give a larger error"
    )
    return smallest(_proposals(form, ball, error), BUILT, LARGEST, refusal)


def _proposals(form: Codebook, ball: SobolevBall, error: Fraction) -> Iterator[tuple[float, Hats]]:
    least = least_cells(ball, error)
    if least**ball.dimension > LARGEST:
        return
    count = len(monomials(ball))
    for cells in range(least, least * 5 // 2 + 2, max(least // 12, 1)):
        room = error - Hats(form, ball, cells, error, 1).theorem.interpolation
        for share in GATE_SHARES if count > 1 else (Fraction(0),):
            levels = 1
            while count > 1:
                gates = sum(Hats(form, ball, cells, error, levels).theorem.gates)
                if gates <= room * share:
                    room -= gates
                    break
                levels += 1
            layout = Hats(form, ball, cells, room / count, levels)
            yield _estimate(layout), layout
            room = error - layout.theorem.interpolation


def _estimate(layout: Hats) -> float:
    nodes = (layout.cells + 1) ** layout.dimension
    digits = sum(len(layout.code(a).places) for a in layout.indices)
    hat = 4 if layout.dimension == 2 else 12 * (layout.dimension - 1)
    gates = (len(layout.indices) - 1) * (32 + 19 * layout.levels)
    return float(nodes * (digits + hat) + 34 * layout.cells + gates)
