"""One layer: an affine map with exact rational weights, then an activation."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from fractions import Fraction

from bitproof.errors import FormatError
from bitproof.exact.fixed_point import FixedPoint
from bitproof.network.arithmetic import Accumulation, LayerRequantizer, check_arithmetic
from bitproof.network.convolution import filters_of
from bitproof.network.linear_map import LinearMap


class Activation(Enum):
    """What a neuron does with its pre-activation."""

    IDENTITY = "identity"
    RELU = "relu"
    TABLE = "table"


@dataclass(frozen=True, slots=True)
class ActivationTable:
    """An activation in fixed-point semantics: one output level for every level of a format.

    Attributes:
        name: what it rounds, for people (`gelu`).
        values: values[i] is the level that level `lowest + i` of the layer's format becomes.

    >>> ActivationTable("step", (0, 0, 1)).values[2]
    1
    """

    name: str
    values: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Layer:
    """activation((matrix · v + bias) / denominator), v the sources' values one after the other.

    Attributes:
        sources: what the layer reads, ascending: 0 is the network's input, i ≥ 1 the i-th layer
            (counted from 1). A layer that reads nothing is constant.
        matrix: integer numerators of the weights, shape (width, total width of the sources).
        bias: integer numerators of the biases, length width.
        denominator: the common denominator of weights and biases, at least 1.
        activation: applied to every neuron.
        output_format: in fixed-point semantics, the format every neuron is rounded to (once, after
            the exact affine map and before the activation); None in real semantics.
        table: the activation's levels, if the activation is `TABLE` (which needs a format).
        accumulation: whether the layer rounds once or after every operation (`arithmetic`).
        requantizers: none, or what rounds instead of the format: one for all neurons, or one each.

    Raises:
        FormatError: the parts do not fit together.
    """

    sources: tuple[int, ...]
    matrix: LinearMap
    bias: tuple[int, ...]
    denominator: int = 1
    activation: Activation = Activation.RELU
    output_format: FixedPoint | None = None
    table: ActivationTable | None = None
    accumulation: Accumulation = Accumulation.ONCE
    requantizers: tuple[LayerRequantizer, ...] = ()

    def __post_init__(self) -> None:
        if self.matrix.shape[0] != len(self.bias):
            raise FormatError(
                f"{self.matrix.shape[0]} rows of weights and {len(self.bias)} biases",
                remedy="give one bias for each row",
            )
        if self.denominator < 1:
            raise FormatError(f"the denominator {self.denominator}", remedy="at least 1")
        ascending = all(a < b for a, b in zip(self.sources, self.sources[1:], strict=False))
        if not ascending or any(source < 0 for source in self.sources):
            raise FormatError(f"the sources {self.sources}", remedy="name them in ascending order")

        self._check_table()
        check_arithmetic(self)

    def _check_table(self) -> None:
        if (self.activation is Activation.TABLE) != (self.table is not None):
            raise FormatError(
                f"activation {self.activation.value} with the table {self.table}"[:200],
                remedy="a table exactly where the activation is TABLE",
            )
        if self.table is None:
            return
        form = self.output_format
        if form is None or len(self.table.values) != form.levels:
            raise FormatError(
                f"a table of {len(self.table.values)} levels for {form and form.name}",
                remedy="give the layer a format and the table one entry for each of its levels",
            )
        if not all(form.lowest <= value <= form.highest for value in self.table.values):
            raise FormatError(
                f"the table {self.table.name!r} leaves {form.name}",
                remedy="its entries are levels of the layer's format",
            )

    @property
    def width(self) -> int:
        """The number of neurons."""
        return len(self.bias)

    def weight(self, numerator: int) -> Fraction:
        """The real weight an integer numerator stands for."""
        return Fraction(numerator, self.denominator)

    @property
    def rounds_once(self) -> bool:
        """Whether the exact sum is rounded at most once, by the layer's format."""
        return self.accumulation is Accumulation.ONCE and not self.requantizers

    @property
    def stored_biases(self) -> tuple[int, ...]:
        """What storing the biases takes: one number for each filter of a convolution, if all its
        places have the same; else one for each neuron."""
        filters = filters_of(self.matrix)
        places = self.width // filters if filters else 1
        if places > 1:
            by_filter = self.bias[::places]
            if self.bias == tuple(n for n in by_filter for _ in range(places)):
                return by_filter
        return self.bias

    @property
    def nonzero_biases(self) -> int:
        """How many stored biases are not 0."""
        return sum(1 for numerator in self.stored_biases if numerator)
