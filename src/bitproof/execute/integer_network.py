"""A network over the integers: every value is an integer multiple of its neuron's granule.

Let g_c be the granule of the c-th value a neuron reads, v_c = k_c·g_c with an integer k_c. The
neuron's pre-activation is Σ w_c·v_c + b; with g = gcd(w_c·g_c, b), the rational gcd, it is

    g · (Σ W_c·k_c + B),    W_c = w_c·g_c / g,  B = b / g,  all integers without common divisor.

So ReLU and comparisons act on integers, for any rational weights: denominators such as 3 are no
obstacle. In a fixed-point layer the sum is then rounded to a level of the layer's format.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

from bitproof.exact.fixed_point import FixedPoint, Overflow, round_rational
from bitproof.network.layer import Activation, ActivationTable
from bitproof.network.linear_map import LinearMap


class Granule(NamedTuple):
    """A positive rational numerator/denominator · 2^exponent with both parts odd.

    The power of two is kept apart so that deep dyadic networks, whose granules are 2^-100000 or
    so, cost nothing.

    >>> Granule.of(Fraction(3, 20))
    Granule(numerator=3, denominator=5, exponent=-2)
    >>> Granule.of(Fraction(3, 20)).value
    Fraction(3, 20)
    """

    numerator: int
    denominator: int
    exponent: int

    @classmethod
    def of(cls, value: Fraction) -> Granule:
        """The granule of a positive rational."""
        return cls.normal(value.numerator, value.denominator, 0)

    @classmethod
    def normal(cls, numerator: int, denominator: int, exponent: int) -> Granule:
        """From positive coprime parts that may be even."""
        up = (numerator & -numerator).bit_length() - 1
        down = (denominator & -denominator).bit_length() - 1
        return cls(numerator >> up, denominator >> down, exponent + up - down)

    @property
    def value(self) -> Fraction:
        """The rational itself."""
        if self.exponent >= 0:
            return Fraction(self.numerator << self.exponent, self.denominator)
        return Fraction(self.numerator, self.denominator << -self.exponent)


@dataclass(frozen=True, slots=True)
class Rescaling:
    """How the integer sums of a fixed-point layer become levels of its format.

    The level of neuron i is round(numerators[i]·sum / denominators[i]), then saturated or wrapped
    to the format's ends.
    """

    numerators: tuple[int, ...]
    denominators: tuple[int, ...]
    form: FixedPoint

    def level(self, neuron: int, accumulator: int) -> int:
        """The definition, for one integer sum.

        >>> rescaling = Rescaling((1,), (4,), FixedPoint.parse("Q3.4"))
        >>> rescaling.level(0, 7), rescaling.level(0, 1000)
        (2, 127)
        """
        scaled = Fraction(self.numerators[neuron] * accumulator, self.denominators[neuron])
        return self.form.limit(round_rational(scaled, self.form.rounding))

    @property
    def saturates(self) -> bool:
        """Saturates rather than wraps."""
        return self.form.overflow is Overflow.SATURATE


@dataclass(frozen=True, slots=True)
class IntegerLayer:
    """One layer over the integers, with proved bounds for every input of the grid.

    A value of the layer is `activation(level(matrix · k + bias)) · granule`, where k are the
    integers of the sources one after the other, and `level` is the identity in real semantics.

    Attributes:
        sources: as in the network: 0 is the input, i ≥ 1 the i-th layer.
        matrix: integer weights, shape (width, total width of the sources).
        bias: integer biases.
        activation: applied to the integers (ReLU commutes with positive factors).
        table: what a level becomes, if the activation is TABLE.
        rescaling: in a fixed-point layer, how sums become levels; None in real semantics.
        granules: what a value's integer counts, one per neuron.
        lower, upper: proved ends of every value's integer, after the activation.
        accumulators: proved bound on the magnitude of every partial sum of products and bias of a
            neuron, in any order of summation and with any grouping, the products included.
    """

    sources: tuple[int, ...]
    matrix: LinearMap
    bias: tuple[int, ...]
    activation: Activation
    rescaling: Rescaling | None
    granules: tuple[Granule, ...]
    lower: tuple[int, ...]
    upper: tuple[int, ...]
    accumulators: tuple[int, ...]
    table: ActivationTable | None = None

    @property
    def width(self) -> int:
        """The number of neurons."""
        return len(self.bias)

    def activated(self, total: int) -> int:
        """The activation of a sum (in real semantics) or a level."""
        if self.table is not None:
            assert self.rescaling is not None
            return self.table.values[total - self.rescaling.form.lowest]
        return max(total, 0) if self.activation is Activation.RELU else total

    def largest_magnitude(self) -> int:
        """The largest magnitude of any weight, bias, partial sum, rounding step and value."""
        largest = max(
            max(self.accumulators, default=0),
            max(self.upper, default=0),
            -min(self.lower, default=0),
            max((abs(w) for w in self.matrix.stored_values()), default=0),
            max((abs(b) for b in self.bias), default=0),
        )
        return largest if self.rescaling is None else max(largest, self._rounding_magnitude())

    def _rounding_magnitude(self) -> int:
        """2·p·sum + 2·q bounds the numbers of any rounding rule of sum·p/q, and the level; wrapping
        also takes the multiple of the number of levels below it."""
        assert self.rescaling is not None
        parts = zip(
            self.accumulators,
            self.rescaling.numerators,
            self.rescaling.denominators,
            strict=True,
        )
        largest = max((2 * max(a, 1) * p + 2 * q for a, p, q in parts), default=0)
        if self.rescaling.saturates:
            return largest
        return largest + 2 * self.rescaling.form.levels


@dataclass(frozen=True, slots=True)
class IntegerNetwork:
    """A network in integers, exact on the grid it was made for.

    Attributes:
        inputs: the number of inputs.
        input_granule: what an input level counts: the step of the grid.
        input_lower, input_upper: the ends of the input levels.
        layers: in the network's order; the last is the output.
    """

    inputs: int
    input_granule: Fraction
    input_lower: tuple[int, ...]
    input_upper: tuple[int, ...]
    layers: tuple[IntegerLayer, ...]

    @property
    def outputs(self) -> int:
        """The number of outputs."""
        return self.layers[-1].width

    @property
    def widths(self) -> tuple[int, ...]:
        """The number of values of the input (position 0) and of every layer."""
        return (self.inputs, *(layer.width for layer in self.layers))

    @property
    def output_granules(self) -> tuple[Fraction, ...]:
        """What the output integers count."""
        return tuple(granule.value for granule in self.layers[-1].granules)

    def largest_magnitude(self) -> int:
        """The largest magnitude of any number of the computation, inputs included."""
        ends = (*self.input_upper, *(-level for level in self.input_lower))
        return max(*ends, *(layer.largest_magnitude() for layer in self.layers))

    def last_uses(self) -> tuple[int, ...]:
        """The last layer that reads the input (position 0) and each layer; 0 where none does.
        The output layer counts as read by the caller, after all layers."""
        last = [0] * (len(self.layers) + 1)
        for position, layer in enumerate(self.layers, start=1):
            for source in layer.sources:
                last[source] = position
        last[-1] = len(self.layers) + 1
        return tuple(last)

    def evaluate(self, levels: Sequence[int]) -> tuple[int, ...]:
        """The output integers on one input, by the definition above (for tests and exports)."""
        values: list[tuple[int, ...]] = [tuple(levels)]
        for layer in self.layers:
            gathered = [value for source in layer.sources for value in values[source]]
            values.append(tuple(_neuron(layer, row, gathered) for row in range(layer.width)))
        return values[-1]


def _neuron(layer: IntegerLayer, row: int, gathered: list[int]) -> int:
    pairs = layer.matrix.row(row)
    total = sum((weight * gathered[column] for column, weight in pairs), layer.bias[row])
    if layer.rescaling is not None:
        total = layer.rescaling.level(row, total)
    return layer.activated(total)
