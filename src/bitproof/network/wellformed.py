"""Well-formedness as data: what is wrong with a network, one violation after the other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from bitproof.errors import FormatError
from bitproof.exact.scaled_format import LayerScale, ScaledFormat
from bitproof.exact.weight_format import WeightFormat
from bitproof.network.arithmetic import Reach, accumulators, reaches

if TYPE_CHECKING:
    from bitproof.network.layer import Layer
    from bitproof.network.network import Network


@dataclass(frozen=True, slots=True)
class Violation:
    """One thing that makes a network ill-formed."""

    layer: int
    problem: str
    remedy: str


def violations(network: Network) -> Iterator[Violation]:
    """Everything wrong with a network, in the order of its layers; nothing if it is well-formed.

    Each weight and bias is compared with the declared format exactly, so a network that exists
    has every weight in its format.
    """
    if network.inputs < 1 or not network.layers:
        yield Violation(0, "a network without inputs or layers", "give at least one of each")
        return
    form = network.weight_format
    if isinstance(form, ScaledFormat) and len(form.layers) != len(network.layers):
        counts = f"{len(form.layers)} scales for {len(network.layers)} layers"
        yield Violation(0, counts, "declare one for each layer")
        return
    widths = [network.inputs]
    inputs = network.input_format
    known = [None if inputs is None else Reach.of_format(inputs)]
    for position, layer in enumerate(network.layers, start=1):
        misread = next(_source_violations(position, layer, widths), None)
        if misread is not None:
            yield misread
        if isinstance(form, ScaledFormat):
            yield from _scale_violations(position, layer, form.layers[position - 1])
        elif form is not None:
            yield from _format_violations(position, layer, form)
        if layer.requantizers and misread is None:
            yield from _accumulator_violations(position, layer, reaches(layer, known, widths))
        widths.append(layer.width)
        known.append(Reach.of_layer(layer))
    if network.layers[-1].width == 0:
        yield Violation(len(network.layers), "the output layer is empty", "give it a neuron")


def _source_violations(position: int, layer: Layer, widths: list[int]) -> Iterator[Violation]:
    if any(source >= position for source in layer.sources):
        yield Violation(
            position,
            f"layer {position} reads {layer.sources}",
            "a layer reads the input (0) and earlier layers only",
        )
        return
    columns = sum(widths[source] for source in layer.sources)
    if columns != layer.matrix.shape[1]:
        yield Violation(
            position,
            f"layer {position} has {layer.matrix.shape[1]} columns for {columns} source values",
            "the matrix has a column for each value of each source",
        )


def _format_violations(position: int, layer: Layer, form: WeightFormat) -> Iterator[Violation]:
    numerators = set(layer.matrix.stored_values()) | {n for n in layer.bias if n}
    for numerator in sorted(numerators):
        weight = Fraction(numerator, layer.denominator)
        if weight not in form:
            yield Violation(
                position,
                f"layer {position} has the weight {weight}, which is not in {form.name}",
                "round it, or declare a format that contains it",
            )


def _accumulator_violations(
    position: int, layer: Layer, columns: list[Reach | None]
) -> Iterator[Violation]:
    try:
        for _ in accumulators(layer, columns):
            pass
    except FormatError as error:
        yield Violation(position, f"layer {position}: {error.problem}", error.remedy)


def _scale_violations(position: int, layer: Layer, scale: LayerScale) -> Iterator[Violation]:
    remedy = "round it, or declare a scale that contains it"
    for numerator in sorted(set(layer.bias)):
        if not scale.holds_bias(Fraction(numerator, layer.denominator)):
            bias = Fraction(numerator, layer.denominator)
            yield Violation(position, f"layer {position} has the bias {bias}", remedy)
    checked: set[tuple[int, int]] = set()
    for row in range(layer.width):
        exponent = scale.exponent_of(row, layer.width)
        for _, numerator in layer.matrix.row(row):
            if (numerator, exponent) in checked:
                continue
            checked.add((numerator, exponent))
            weight = Fraction(numerator, layer.denominator)
            if not scale.holds_weight(weight, exponent):
                problem = f"layer {position} has the weight {weight}, which its scale does not hold"
                yield Violation(position, problem, remedy)
