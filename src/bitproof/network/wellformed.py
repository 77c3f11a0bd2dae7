"""Well-formedness as data: what is wrong with a network, one violation after the other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from bitproof.errors import FormatError
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
    widths = [network.inputs]
    form = network.input_format
    known = [None if form is None else Reach.of_format(form)]
    for position, layer in enumerate(network.layers, start=1):
        misread = next(_source_violations(position, layer, widths), None)
        if misread is not None:
            yield misread
        if network.weight_format is not None:
            yield from _format_violations(position, layer, network.weight_format)
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
