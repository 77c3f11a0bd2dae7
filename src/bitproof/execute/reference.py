"""The definition of what a network computes, in Python integers and rationals.

Slow and plain on purpose: every other engine, export and proof is compared with it.

Real semantics: every value is an exact rational. Fixed-point semantics: the input is a level of
the input format; each affine map is summed exactly, rounded once to the layer's format (as the
format's rounding and overflow rules say), then the activation is applied to that level.

A layer may declare another arithmetic than one rounding: every operation rounded
(`every_operation`), or a library's requantizer in the place of the format's rounding
(`exact.requantize`).
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from bitproof.errors import InputError
from bitproof.execute.every_operation import accumulated_level
from bitproof.network.arithmetic import Accumulation, requantizer_of
from bitproof.network.layer import Activation, Layer
from bitproof.network.network import Network


def evaluate(network: Network, inputs: Sequence[Fraction | int]) -> tuple[Fraction, ...]:
    """The outputs of a network on one input vector, exactly.

    In fixed-point semantics the inputs are first rounded to the input format.

    Args:
        network: of either semantics.
        inputs: one number for each input.

    Raises:
        InputError: the number of inputs is not the network's.

    >>> from bitproof.network import Layer, SparseMatrix, Network
    >>> hinge = Layer((0,), SparseMatrix.from_dense([[2], [-2]], columns=1), (-1, 1), 2)
    >>> sum_of_both = SparseMatrix.from_dense([[1, 1]], columns=2)
    >>> out = Layer((1,), sum_of_both, (0,), 1, Activation.IDENTITY)
    >>> evaluate(Network(1, (hinge, out)), [Fraction(1, 3)])
    (Fraction(1, 6),)
    """
    return evaluate_layers(network, inputs)[-1]


def evaluate_layers(
    network: Network, inputs: Sequence[Fraction | int]
) -> tuple[tuple[Fraction, ...], ...]:
    """The values of the input and of every layer, after its activation; see `evaluate`."""
    if len(inputs) != network.inputs:
        raise InputError(
            f"{len(inputs)} input values for a network of {network.inputs}",
            remedy=f"give {network.inputs}",
        )
    values: list[tuple[Fraction, ...]] = [_read_inputs(network, inputs)]
    for layer in network.layers:
        gathered = _gathered(layer, values)
        if layer.accumulation is Accumulation.EVERY:
            rows = range(layer.width)
            levels = [accumulated_level(layer, row, gathered) for row in rows]
            values.append(tuple(_activate_level(layer, level) for level in levels))
        elif layer.requantizers:
            levels = _requantized(layer, preactivations(layer, values))
            values.append(tuple(_activate_level(layer, level) for level in levels))
        else:
            values.append(tuple(_activate(layer, z) for z in preactivations(layer, values)))
    return tuple(values)


def preactivations(layer: Layer, values: Sequence[tuple[Fraction, ...]]) -> tuple[Fraction, ...]:
    """matrix · v + bias over the denominator, exactly, before rounding and activation."""
    gathered = _gathered(layer, values)
    return tuple(
        sum(
            (numerator * gathered[column] for column, numerator in layer.matrix.row(row)),
            Fraction(layer.bias[row]),
        )
        / layer.denominator
        for row in range(layer.width)
    )


def _read_inputs(network: Network, inputs: Sequence[Fraction | int]) -> tuple[Fraction, ...]:
    exact = tuple(Fraction(value) for value in inputs)
    form = network.input_format
    if form is None:
        return exact
    return tuple(form.value(form.quantize(value)) for value in exact)


def _gathered(layer: Layer, values: Sequence[tuple[Fraction, ...]]) -> list[Fraction]:
    """The values a layer reads, one after the other."""
    return [value for source in layer.sources for value in values[source]]


def _requantized(layer: Layer, sums: Sequence[Fraction]) -> list[int]:
    """The levels the requantizers make of integer accumulators; a network's are integers, and what
    its requantizers take (`network.wellformed`)."""
    levels = []
    for row, value in enumerate(sums):
        part = requantizer_of(layer, row)
        accumulator = value / part.unit
        assert accumulator.denominator == 1
        levels.append(part.requantizer.level(accumulator.numerator))
    return levels


def _activate(layer: Layer, value: Fraction) -> Fraction:
    form = layer.output_format
    if form is None:
        return max(value, Fraction(0)) if layer.activation is Activation.RELU else value
    return _activate_level(layer, form.quantize(value))


def _activate_level(layer: Layer, level: int) -> Fraction:
    """The value of a level after the activation of a layer that has a format."""
    form = layer.output_format
    assert form is not None
    if layer.activation is Activation.RELU:
        level = max(level, 0)
    elif layer.table is not None:
        level = layer.table.values[level - form.lowest]
    return form.value(level)
