"""The envelope of paths (`theory.envelope`) as a network of λ-valued weights, d ≥ 2.

With the ramps u_m(x) = min(max(x - m·h, 0), h) a path of slopes g·q + t, q one of the two extreme
values of the codebook, is start + Σ q_m·g·u_m(x_1) + t·x_1, and |x - v| = 2·relu(v - x) + x - v.
What does not depend on the line stands outside the maximum:

    N(x) = Γ·max_v Z_v + t·x_1 - s·Σ_{i≥2} x_i + constant,
    Z_v  = code_v + Σ_m q_{v,m}·U_m(x_1) - Σ_{i≥2} T_{v_i}(x_i),    the largest of them ≥ 0.

Ramps U and knots T are shared by all lines; a line is one neuron of one edge for every cell, a few
for its start, and its share of the maximum.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import product
from math import prod

from bitproof.construct.biases import apart, bias, constant_node, plain_weight
from bitproof.construct.box_input import BoxInput
from bitproof.construct.box_layout import BoxLayout, Derivatives
from bitproof.construct.code_choice import centred_code, middle, slack
from bitproof.construct.maximum import maximum
from bitproof.construct.short_numbers import shortest
from bitproof.errors import NoDesignError
from bitproof.exact.box import Point
from bitproof.exact.weight_format import Codebook
from bitproof.network.network import Network
from bitproof.network.patterns import weights_of
from bitproof.network.wiring import ONE, Term, Wiring
from bitproof.theory.digit_code import DigitCode
from bitproof.theory.envelope import EnvelopeTheorem

Values = Callable[[Point], Fraction]


@dataclass(frozen=True)
class Envelope(BoxLayout):
    """A fixed structure for all functions on a box with |f| ≤ 1 and |∂_i f| ≤ 1.

    Attributes:
        form: the codebook.
        lengths: of the box [0, l_1] × ... × [0, l_d].
        columns: cells along a line.
        lines: lines in each of the other axes.
        cell: h, with columns·h ≥ l_1.
        spacing: w, with lines·w ≥ l_i.
        stretch: g, with g·(q_max - q_min)/2 ≥ 1; half of it b-adic.
        limit: the error asked for, above the theorem's; what is left shortens a constant.
    """

    form: Codebook
    lengths: Point
    columns: int
    lines: tuple[int, ...]
    cell: Fraction
    spacing: Fraction
    stretch: Fraction
    limit: Fraction

    @cached_property
    def theorem(self) -> EnvelopeTheorem:
        """Its error for every function of the class."""
        return EnvelopeTheorem(len(self.lengths), self.slope, self.cell, self.spacing)

    @property
    def slope(self) -> Fraction:
        """s."""
        return self.stretch * (self._high - self._low) / 2

    @property
    def tilt(self) -> Fraction:
        """t: the slopes are ±s."""
        return -self.stretch * (self._low + self._high) / 2

    @property
    def scale(self) -> Fraction:
        """Γ: what the maximum is multiplied by."""
        return self.stretch / -self._unit

    @cached_property
    def _unit(self) -> Fraction:
        """-α: the weight ramps and knots are made with, -1 where that is one."""
        weight = plain_weight(self.form, negative=True)
        if weight is None:
            raise NoDesignError(
                f"{self.form.name} has no weight -1 or -1/b^k", remedy="take another codebook"
            )
        return weight

    @cached_property
    def _low(self) -> Fraction:
        return min(self.form.values())

    @cached_property
    def _high(self) -> Fraction:
        return max(self.form.values())

    @cached_property
    def _base(self) -> int:
        return weights_of(self.form).base

    def centres(self, axis: int) -> list[Fraction]:
        """v_i on an axis ≥ 1: inside the box, no point of it further than w/2 away."""
        count, length = self.lines[axis - 1], self.lengths[axis]
        latest = self.spacing / 2
        earliest = max(length - (count - 1) * self.spacing - self.spacing / 2, Fraction(0))
        start = shortest(earliest, latest, self._base)
        return [min(start + k * self.spacing, length) for k in range(count)]

    @cached_property
    def start_code(self) -> DigitCode:
        """Of the starts in units of Γ, every one within s·h: fewest digits first."""
        return centred_code(self.form, self._start_span, 2 * self.slope * self.cell / self.scale)

    @property
    def _reach(self) -> Fraction:
        """s·Σ l_i over the axes ≥ 2: what |x - v| adds to the starts."""
        return self.slope * sum(self.lengths[1:], Fraction(0))

    @property
    def _start_span(self) -> Fraction:
        return (2 + self._reach) / self.scale

    @cached_property
    def _floor(self) -> Fraction:
        """What is added to every Z so that the largest is not negative: max Z + floor ≥ 0."""
        least = 1 + self.theorem.error + self.theorem.shift + abs(self.tilt) * self.lengths[0]
        return shortest(least / self.scale, 2 * least / self.scale, self._base)

    @cached_property
    def _offset(self) -> Fraction:
        """What every line gets beside its code: the starts lie in [-1, 1 + reach]/Γ + floor."""
        code = self.start_code
        exact = self._floor + self._reach / 2 / self.scale - middle(code)
        room = slack(code, self._start_span)
        return shortest(exact - room, exact + room, self._base)

    @property
    def name(self) -> str:
        return "envelope"

    @property
    def codebook(self) -> Codebook:
        return self.form

    @property
    def dimension(self) -> int:
        return len(self.lengths)

    @property
    def programmable(self) -> int:
        return prod(self.lines) * (self.columns + len(self.start_code.places))

    @property
    def order(self) -> int:
        return 0

    def build(self, source: BoxInput, derivatives: Derivatives) -> Network:
        key = (0,) * self.dimension

        def value(point: Point) -> Fraction:
            return derivatives(point)[key]

        wiring = Wiring(self.form, len(self.lengths))
        inputs = source.wire(wiring)
        ramps = self._ramps(wiring, inputs[0])
        knots = [self._knots(wiring, node, axis) for axis, node in enumerate(inputs[1:], 1)]
        offset = bias(wiring, self._offset)
        places = [constant_node(wiring, weight) for weight in self.start_code.places]
        shared = [*places, *(apart(wiring, node, places) for node, _ in offset)]
        lines: list[list[Term]] = []
        for line in product(*(range(count) for count in self.lines)):
            place = tuple(self.centres(axis)[k] for axis, k in enumerate(line, 1))
            start, path = self._coded(place, value)
            edges = list(zip(shared, (*start, *[weight for _, weight in offset]), strict=True))
            edges += zip(ramps, path, strict=True)
            edges += [(knots[axis][k], self._unit) for axis, k in enumerate(line)]
            lines.append(edges)
        top, factor = maximum(wiring, lines)
        out = source.factor
        terms: list[Term] = [(top, out * self.scale * factor), (inputs[0], out * self.tilt)]
        terms += [(node, -out * self.slope) for node in inputs[1:]]
        terms.append((ONE, out * self._constant_part))
        return wiring.output([term for term in terms if term[1]])

    @cached_property
    def claimed_error(self) -> Fraction:
        """The sup error for every function of the class."""
        exact = self.theorem.shift - self.scale * self._floor
        return self.theorem.error + abs(self._constant_part - exact)

    @cached_property
    def _constant_part(self) -> Fraction:
        exact, room = self.theorem.shift - self.scale * self._floor, self.limit - self.theorem.error
        return shortest(exact - room, exact + room, self._base)

    def _coded(
        self, place: Point, value: Values
    ) -> tuple[tuple[Fraction, ...], tuple[Fraction, ...]]:
        """The digits of a line's start and of its path: at every knot the nearer vertex."""
        lean = self.slope * sum(place, Fraction(0))
        first = value((Fraction(0), *place))
        wanted = (first + lean) / self.scale + self._floor - self._offset
        start = self.start_code.encode(wanted)
        at = (self.start_code.value(start) + self._offset - self._floor) * self.scale - lean
        step, path = self.slope * self.cell, list[Fraction]()
        for m in range(1, self.columns + 1):
            up = value((min(m * self.cell, self.lengths[0]), *place)) >= at
            path.append(self._high if up else self._low)
            at += step if up else -step
        return start, tuple(path)

    def _ramps(self, wiring: Wiring, node: int) -> list[int]:
        """U_m = relu(h' - relu(c_{m+1} - x')), x' = α·x, c_m = α·m·h, h' = c_1."""
        low, ramps = self._unit, list[int]()
        height = bias(wiring, -low * self.cell)
        for m in range(1, self.columns + 1):
            before = wiring.combination([(node, low), (ONE, -low * m * self.cell)])
            ramps.append(wiring.combination([*height, (before, -Fraction(1))]))
        return ramps

    def _knots(self, wiring: Wiring, node: int, axis: int) -> list[int]:
        """T_k: weighted with -α they are -2s·relu(v_k - x)/Γ."""
        low = self._unit
        weight = 2 * self.slope / self.scale / low**2
        wide = node if weight == 1 else wiring.combination([(node, weight)])
        return [
            wiring.combination([(wide, low), (ONE, -low * weight * centre)])
            for centre in self.centres(axis)
        ]
