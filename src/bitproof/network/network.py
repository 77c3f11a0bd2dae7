"""The network: an immutable sequence of layers, each reading the input or earlier layers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction

from bitproof.errors import FormatError
from bitproof.exact.fixed_point import FixedPoint
from bitproof.exact.weight_format import WeightFormat
from bitproof.network.layer import Activation, Layer


@dataclass(frozen=True, slots=True)
class Network:
    """A directed acyclic network; the last layer is the output.

    The number a layer is referred to by is its position counted from 1; 0 is the input. The
    definition of what a network computes is `bitproof.execute.reference`.

    Attributes:
        inputs: the number of inputs d.
        layers: at least one; each reads the input and earlier layers only.
        weight_format: the format every weight and bias lies in; None if none is declared.
        input_format: in fixed-point semantics, the format of the inputs; None in real semantics.
        notes: pairs (key, text) for people: how it was made, for what. They mean nothing.

    Raises:
        FormatError: the layers do not fit together, or a weight is outside the declared format.

    >>> from bitproof.network import Network, Layer, SparseMatrix, Activation
    >>> hinge = Layer((0,), SparseMatrix.from_dense([[2]], columns=1), (-1,), denominator=2)
    >>> out = Layer((1,), SparseMatrix.from_dense([[1]], columns=1), (0,), 1, Activation.IDENTITY)
    >>> network = Network(1, (hinge, out))
    >>> network.outputs, network.widths
    (1, (1, 1, 1))
    """

    inputs: int
    layers: tuple[Layer, ...]
    weight_format: WeightFormat | None = None
    input_format: FixedPoint | None = None
    notes: tuple[tuple[str, str], ...] = field(default=(), compare=False)

    def __post_init__(self) -> None:
        from bitproof.network.wellformed import violations

        first = next(violations(self), None)
        if first is not None:
            raise FormatError(first.problem, remedy=first.remedy)

    @property
    def outputs(self) -> int:
        """The number of outputs."""
        return self.layers[-1].width

    @property
    def widths(self) -> tuple[int, ...]:
        """The number of values of the input (position 0) and of every layer."""
        return (self.inputs, *(layer.width for layer in self.layers))

    @property
    def is_real(self) -> bool:
        """Whether it has real semantics: no value is rounded anywhere."""
        return self.input_format is None and all(
            layer.output_format is None for layer in self.layers
        )

    @property
    def is_piecewise_linear(self) -> bool:
        """Whether it is a continuous piecewise-linear function."""
        return self.is_real and all(
            layer.activation in (Activation.IDENTITY, Activation.RELU) for layer in self.layers
        )

    def weights(self) -> Iterator[Fraction]:
        """Every non-zero weight and bias, with repetition."""
        for layer in self.layers:
            for numerator in layer.matrix.stored_values():
                yield layer.weight(numerator)
            for numerator in layer.bias:
                if numerator:
                    yield layer.weight(numerator)
