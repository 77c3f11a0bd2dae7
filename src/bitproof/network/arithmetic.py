"""How a fixed-point layer makes a level of its products: rounding once, or what hardware does.

The semantics of the project sums exactly and rounds once to the layer's format. Two others exist
in hardware and can be declared by a layer:

- `Accumulation.EVERY`: products and partial sums are numbers of the format too
  (`execute.every_operation` is the definition);
- a `LayerRequantizer`: the exact integer accumulator becomes a level by a library's multiplier and
  shift (`exact.requantize`), with one of them for the layer or one for each neuron.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction
from typing import TYPE_CHECKING

from bitproof.errors import FormatError
from bitproof.exact.fixed_point import FixedPoint
from bitproof.exact.requantize import Requantizer

if TYPE_CHECKING:
    from bitproof.network.layer import Layer


class Accumulation(Enum):
    """How often a fixed-point layer rounds: once, after the exact sum, or after every operation."""

    ONCE = "once"
    EVERY = "every"


@dataclass(frozen=True, slots=True)
class LayerRequantizer:
    """A library's requantizer in the place of a layer's rounding.

    Attributes:
        requantizer: makes a level of the layer's format of an accumulator (its activation follows).
        unit: what the accumulator counts: the real value of 1, that is the product of the steps of
            the layer's input and of its weights, as in TensorFlow Lite.

    Raises:
        FormatError: a unit that is not positive.
    """

    requantizer: Requantizer
    unit: Fraction

    def __post_init__(self) -> None:
        if self.unit <= 0:
            raise FormatError(f"the accumulator's unit {self.unit}", remedy="a positive rational")


def check_arithmetic(layer: Layer) -> None:
    """Raises FormatError: the layer's modes do not fit its format, its width or each other."""
    form, requantizers = layer.output_format, layer.requantizers
    every = layer.accumulation is Accumulation.EVERY
    if form is None and (every or requantizers):
        raise FormatError(
            f"a layer without a format that {'rounds' if every else 'requantizes'}",
            remedy="give the layer an output format",
        )
    if every and requantizers:
        raise FormatError(
            "a requantizer in a layer that rounds every operation", remedy="one of the two"
        )
    if len(requantizers) not in (0, 1, layer.width):
        raise FormatError(
            f"{len(requantizers)} requantizers for {layer.width} neurons",
            remedy="one for the layer, or one for each neuron",
        )
    if form is not None and requantizers:
        _check_ends([part.requantizer for part in requantizers], form)


def _check_ends(requantizers: Sequence[Requantizer], form: FixedPoint) -> None:
    first = requantizers[0]
    if any(
        (r.lowest, r.highest, r.rule) != (first.lowest, first.highest, first.rule)
        for r in requantizers
    ):
        raise FormatError(
            "neurons of one layer requantized by different rules or to different ends",
            remedy="multipliers and shifts may differ, rules and ends may not",
        )
    low, high = first.lowest, first.highest
    if not (form.lowest <= low <= 0 <= high <= form.highest and low < high):
        raise FormatError(
            f"a requantizer to the levels {low}..{high} in a layer of {form.name}",
            remedy="its ends are levels of the layer's format, with 0 among them",
        )


@dataclass(frozen=True, slots=True)
class Reach:
    """What is known of every value of a layer before anything is computed: a multiple of 1/scale
    between lowest/scale and highest/scale."""

    lowest: int
    highest: int
    scale: int

    @classmethod
    def of_format(cls, form: FixedPoint) -> Reach:
        """All levels of a format."""
        return cls(form.lowest, form.highest, form.scale)

    @classmethod
    def of_layer(cls, layer: Layer) -> Reach | None:
        """The levels after the activation; None without a format."""
        form = layer.output_format
        if form is None:
            return None
        low, high = form.lowest, form.highest
        if layer.requantizers:
            low = layer.requantizers[0].requantizer.lowest
            high = layer.requantizers[0].requantizer.highest
        if layer.table is not None:
            reached = layer.table.values[low - form.lowest : high - form.lowest + 1]
            return cls(min(reached), max(reached), form.scale)
        if layer.activation.value == "relu":
            low = 0
        return cls(low, high, form.scale)


def reaches(
    layer: Layer, before: Sequence[Reach | None], widths: Sequence[int]
) -> list[Reach | None]:
    """One for every column of a layer, from those of the input and the earlier layers."""
    return [before[source] for source in layer.sources for _ in range(widths[source])]


def requantizer_of(layer: Layer, row: int) -> LayerRequantizer:
    """The requantizer of a neuron of a layer that has any."""
    return layer.requantizers[row if len(layer.requantizers) > 1 else 0]


def accumulators(layer: Layer, columns: Sequence[Reach | None]) -> Iterator[tuple[int, int]]:
    """The ends of every neuron's integer accumulator, for all values the columns may have.

    Raises:
        FormatError: a value without a format, a sum that need not be a multiple of the unit, or
            an accumulator beyond what the requantizer takes.
    """
    for row in range(layer.width):
        part = requantizer_of(layer, row)
        low = high = _whole(layer.weight(layer.bias[row]) / part.unit, part)
        for column, numerator in layer.matrix.row(row):
            reach = columns[column]
            if reach is None:
                raise FormatError(
                    "a requantizer on values without a fixed-point format",
                    remedy="give the input and every layer it reads a format",
                )
            step = _whole(layer.weight(numerator) / reach.scale / part.unit, part)
            ends = step * reach.lowest, step * reach.highest
            low, high = low + min(ends), high + max(ends)
        least, most = part.requantizer.accumulators()
        if not least <= low <= high <= most:
            raise FormatError(
                f"accumulators from {low} to {high}, the requantizer takes {least}..{most}",
                remedy="use smaller weights, fewer of them, or a smaller factor",
            )
        yield low, high


def _whole(value: Fraction, part: LayerRequantizer) -> int:
    if value.denominator != 1:
        raise FormatError(
            f"a term that is {value} of the accumulator's unit {part.unit}",
            remedy="the unit is the product of the steps of input and weights",
        )
    return value.numerator
