"""Switched rows (`theory.switched_rows`) as a network of λ-valued weights, d = 2, n = 2.

Everything of a row is divided by A and moved so that e_j lies in [0, 1/2] ([0, 1] for odd b):

    e_j = relu(code(x_1) - relu(X - j - 1) - relu(j - 1 - X)),    X = x_2/h_2, on for |X - j| ≤ 1,
    N = A·(e_2 + Σ_{c=0,1} (z_c - 1/2)·ψ_c - 1/4),    z_c = Σ_{j≡c} e_j - e_2 + 1/2 in [0, 1].

The knots in x_1 with their ladders of digits, and those in X, are shared by all rows: a row is one
neuron of K edges for every node.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

from bitproof.construct.biases import apart, bias, constant_node, plain_weight
from bitproof.construct.box_input import BoxInput
from bitproof.construct.box_layout import BoxLayout, Derivatives
from bitproof.construct.code_choice import centred_code, middle, short_middle, slack
from bitproof.construct.gates import product, product_error, product_gain
from bitproof.construct.short_numbers import shortest
from bitproof.errors import NoDesignError
from bitproof.exact.box import Point
from bitproof.exact.weight_format import Codebook
from bitproof.network.network import Network
from bitproof.network.patterns import weights_of
from bitproof.network.wiring import ONE, Term, Wiring
from bitproof.theory.digit_code import DigitCode
from bitproof.theory.switched_rows import SwitchedRowsTheorem

UNIT = Fraction(1)
FAMILIES = 3
VALUE = (0, 0)


@dataclass(frozen=True)
class SwitchedRows(BoxLayout):
    """A fixed structure for all functions on a box with |f| ≤ 1 and bounds of |∂_1 f|, |∂_ii f|.

    Attributes:
        form: the codebook.
        lengths: l_1, l_2 of the box; N_i/l_i is b-adic.
        cells: N_1, N_2 ≥ 1.
        nodal: δ.
        levels: r of the product gates.
        limit: the error asked for.
        bounds: of |∂_1 f|, |∂_11 f| and |∂_22 f|.
    """

    form: Codebook
    lengths: Point
    cells: tuple[int, int]
    nodal: Fraction
    levels: int
    limit: Fraction
    bounds: tuple[Fraction, Fraction, Fraction] = (UNIT, UNIT, UNIT)

    @property
    def name(self) -> str:
        return "switched-rows"

    @property
    def codebook(self) -> Codebook:
        return self.form

    @property
    def dimension(self) -> int:
        return 2

    @property
    def programmable(self) -> int:
        first, second = self.cells
        ends = len(self.value_code.places) + len(self.slope_code.places)
        return (second + 1) * (ends + (first - 1) * len(self.knot_code.places))

    @property
    def order(self) -> int:
        return 0

    @cached_property
    def base(self) -> int:
        """b."""
        return weights_of(self.form).base

    @cached_property
    def steps(self) -> Point:
        """h_1, h_2."""
        return tuple(length / count for length, count in zip(self.lengths, self.cells, strict=True))

    @property
    def odd(self) -> bool:
        """Whether the gates' gain b²/4 is not b-adic: then there are three of them."""
        return self.base % 2 == 1

    @property
    def top(self) -> Fraction:
        """Rows lie in [0, top], around half of it."""
        return UNIT if self.odd else UNIT / 2

    @cached_property
    def factor(self) -> Fraction:
        """A: 2(1 + limit)/A ≤ top; A·b²/4 is b-adic, and A too for even b."""
        gain = product_gain(self.base) if self.odd else UNIT
        least = gain * 2 * (1 + self.limit) / self.top
        return shortest(least, least * Fraction(9, 8), self.base, step=2) / gain

    @cached_property
    def theorem(self) -> SwitchedRowsTheorem:
        """Its error for every function of the class."""
        gate = self.factor * product_gain(self.base) * product_error(self.base, self.levels)
        gates = 3 if self.odd else 2
        return SwitchedRowsTheorem(self.steps, self.nodal, gate, gates, self.bounds[1:])

    @property
    def claimed_error(self) -> Fraction:
        return self.theorem.error

    # codes: values in units of A, slopes per cell

    @cached_property
    def _gap(self) -> Fraction:
        return 2 * self.nodal / self.factor

    @cached_property
    def value_code(self) -> DigitCode:
        """Of the values at x_1 = 0."""
        return centred_code(self.form, 2 / self.factor, self._gap)

    @cached_property
    def slope_code(self) -> DigitCode:
        """Of the slopes of the first cell."""
        return centred_code(self.form, self._spans[0], self._gap)

    @cached_property
    def knot_code(self) -> DigitCode:
        """Of the changes of slope."""
        return centred_code(self.form, self._spans[1], self._gap)

    @cached_property
    def _spans(self) -> tuple[Fraction, Fraction]:
        """Lengths of the intervals around 0 slopes and changes of slope lie in."""
        slope, bent = self.bounds[0] * self.steps[0], self.bounds[1] * self.steps[0] ** 2
        # neighbouring values differ by at most 2, whatever the slope
        first = 2 * (min(slope, Fraction(2)) + 2 * self.nodal) / self.factor
        return first, 2 * (min(bent, 2 * slope) + 3 * self.nodal) / self.factor

    @cached_property
    def _offset(self) -> Fraction:
        exact = self.top / 2 - middle(self.value_code)
        room = slack(self.value_code, 2 / self.factor)
        return shortest(exact - room, exact + room, self.base)

    @cached_property
    def _leans(self) -> tuple[Fraction, Fraction]:
        """What the codes of slopes and of changes write for 0."""
        return tuple(  # type: ignore[return-value]
            code.places[0] * short_middle(code, span, code.places[0], self.base)
            for code, span in zip((self.slope_code, self.knot_code), self._spans, strict=True)
        )

    def encode(self, values: Sequence[Fraction]) -> Row:
        """The digits of a row from f at its nodes 0, h_1, 2h_1, ..., by error feedback."""
        goals = [value / self.factor + self.top / 2 for value in values]
        start = self.value_code.encode(goals[0] - self._offset)
        at = self.value_code.value(start) + self._offset
        lean, bend = self._leans
        first = self.slope_code.encode(goals[1] - at + lean)
        slope = self.slope_code.value(first) - lean
        at += slope
        knots = []
        for goal in goals[2:]:
            digits = self.knot_code.encode(goal - at - slope + bend)
            slope += self.knot_code.value(digits) - bend
            at += slope
            knots.append(digits)
        return Row(start, first, knots)

    def build(self, source: BoxInput, derivatives: Derivatives) -> Network:
        wiring = Wiring(self.form, 2)
        first, second = source.wire(wiring)
        switches = Switches(wiring, second, self.cells[1], self.lengths[1])
        ladders = self._ladders(wiring, first)
        offset = bias(wiring, self._offset)
        places = [constant_node(wiring, weight) for weight in self.value_code.places]
        fixed = [(apart(wiring, node, places), weight) for node, weight in offset]
        fixed += self._leaning(wiring, [ladder[0] for ladder in ladders])
        nodes = [k * self.steps[0] for k in range(self.cells[0] + 1)]
        rows = []
        for j in range(self.cells[1] + 1):
            values = [derivatives((x, j * self.steps[1]))[VALUE] for x in nodes]
            row = self.encode(values)
            edges = [*fixed, *zip(places, row.start, strict=True)]
            edges += zip(ladders[0], row.slope, strict=True)
            for ladder, digits in zip(ladders[1:], row.knots, strict=True):
                edges += zip(ladder, digits, strict=True)
            rows.append(wiring.neuron(edges + switches.off(j)))
        total = self._interpolated(wiring, rows, switches)
        out = source.factor * self.factor
        gain = product_gain(self.base) if self.odd else UNIT
        return wiring.output(
            [(total, out * gain / plain_weight_of(self.form)), (ONE, -out * self.top / 2)]
        )

    def _ladders(self, wiring: Wiring, node: int) -> list[list[int]]:
        """The rungs of x_1 (slopes) and of every knot: place weight times the distance in cells."""
        scale = self.cells[0] / self.lengths[0]
        ladders = [self._rungs(wiring, wiring.combination([(node, scale * self._top(0))]), 0)]
        share = plain_weight_of(self.form)
        wide = wiring.combination([(node, scale * self._top(1) / share)])
        for m in range(1, self.cells[0]):
            knot = wiring.combination([(wide, share), (ONE, -m * self._top(1))])
            ladders.append(self._rungs(wiring, knot, 1))
        return ladders

    def _leaning(self, wiring: Wiring, tops: list[int]) -> list[Term]:
        """Edges that take away, on every row alike, what the codes write for 0."""
        share, edges = plain_weight_of(self.form), list[Term]()
        sums: list[list[Term]] = [[(tops[0], UNIT)], [(node, share) for node in tops[1:]]]
        if len(tops) > 2:
            sums[1] = [(wiring.neuron(sums[1]), 1 / share)]
        for lean, terms, which in zip(self._leans, sums, (0, 1), strict=True):
            weight = plain_weight(self.form, negative=lean > 0)
            if lean == 0 or not terms:
                continue
            assert weight is not None, self.form.name
            scale = abs(lean / weight) / self._top(which)
            edges.append((wiring.combination([(n, scale * w) for n, w in terms]), weight))
        return edges

    def _code(self, which: int) -> DigitCode:
        return self.knot_code if which else self.slope_code

    def _top(self, which: int) -> Fraction:
        return self._code(which).places[0]

    def _rungs(self, wiring: Wiring, node: int, which: int) -> list[int]:
        power, ratio, places = 0, UNIT, self._code(which).places
        if len(places) > 1:
            while ratio > places[1] / places[0]:
                power, ratio = power + 1, ratio / self.base
        return [wiring.ladder(node, power * k) for k in range(len(places))]

    def _interpolated(self, wiring: Wiring, rows: Sequence[int], switches: Switches) -> int:
        """p·(e_2 + Σ_{c<2} (z_c - 1/2)·ψ_c), z_c = Σ e_j - e_2 + 1/2 in [0, 1], as one neuron; for
        odd b the sum of the three gates."""
        share = plain_weight_of(self.form)
        if self.odd:
            return wiring.combination(
                [
                    (self._gate(wiring, [(row, share) for row in rows[c::FAMILIES]], tents), share)
                    for c in range(FAMILIES)
                    if (tents := switches.weight(c)) is not None
                ]
            )
        last = wiring.neuron([(row, share) for row in rows[2::FAMILIES]])
        terms: list[Term] = [(last, UNIT)]
        for family in range(FAMILIES - 1):
            tents = switches.weight(family)
            assert tents is not None
            chosen: list[Term] = [(row, share) for row in rows[family::FAMILIES]]
            blend = self._gate(wiring, [*chosen, (last, -UNIT), (ONE, share / 2)], tents)
            terms += [(blend, share * product_gain(self.base)), (tents, -UNIT / 2)]
        return wiring.combination(terms)

    def _gate(self, wiring: Wiring, chosen: list[Term], tents: int) -> int:
        """P(ψ, z) from p·z and p·ψ."""
        share = plain_weight_of(self.form)
        value = wiring.combination(chosen)
        return product(wiring, [(tents, 1 / share)], [(value, 1 / share)], self.levels)


@dataclass(frozen=True, slots=True)
class Row:
    """What a function chooses for one row."""

    start: tuple[Fraction, ...]
    slope: tuple[Fraction, ...]
    knots: list[tuple[Fraction, ...]]


class Switches:
    """The second axis in cells: X, its knots from both sides, what switches rows off, and tents.

    Knots are made with the codebook's own weight -α; they are read with it again, so they are the
    distances divided by α.
    """

    def __init__(self, wiring: Wiring, node: int, cells: int, length: Fraction) -> None:
        self._wiring, self._cells = wiring, cells
        down = plain_weight(wiring.form, negative=True)
        if down is None:
            raise NoDesignError(
                f"{wiring.form.name} has no weight -1 or -1/b^k", remedy="take another codebook"
            )
        self._down, self._up = down, plain_weight_of(wiring.form)
        scale = cells / length / -down
        self._rising = wiring.combination([(node, scale / self._up)])
        self._falling = wiring.combination([(self._rising, self._up / -down)])
        self._right: dict[int, int] = {}
        self._left: dict[int, int] = {}

    def off(self, row: int) -> list[Term]:
        """Edges that are 0 where the row is needed and at most -1/2 from half a cell further."""
        terms: list[Term] = []
        if row + 1 < self._cells:
            terms.append((self._beyond(row + 1), self._down))
        if row - 1 > 0:
            terms.append((self._before(row - 1), self._down))
        return terms

    def weight(self, family: int) -> int | None:
        """p·ψ_c as a neuron; None if the family has no row."""
        wiring, tents = self._wiring, list[Term]()
        for row in range(family, self._cells + 1, FAMILIES):
            edges = bias(wiring, UNIT)
            if row < self._cells:
                edges.append((self._beyond(row), self._down))
            if row > 0:
                edges.append((self._before(row), self._down))
            tents.append((wiring.neuron(edges), self._up))
        return wiring.neuron(tents) if tents else None

    def _beyond(self, knot: int) -> int:
        """relu(X - knot)/α."""
        if knot not in self._right:
            at = Fraction(knot) / -self._down
            self._right[knot] = self._wiring.combination([(self._rising, self._up), (ONE, -at)])
        return self._right[knot]

    def _before(self, knot: int) -> int:
        """relu(knot - X)/α."""
        if knot not in self._left:
            at = Fraction(knot) / -self._down
            self._left[knot] = self._wiring.combination([(self._falling, self._down), (ONE, at)])
        return self._left[knot]


def plain_weight_of(form: Codebook) -> Fraction:
    """p, the largest weight 1 or 1/b^k.

    Raises:
        NoDesignError: there is none.
    """
    weight = plain_weight(form)
    if weight is None:
        raise NoDesignError(f"{form.name} has no weight 1 or 1/b^k", remedy="take another codebook")
    return weight
