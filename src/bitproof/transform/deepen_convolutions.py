"""The Horner chain of a convolution: its layers are convolutions of few-bit digits.

All places of a filter share their weights, so a filter is split into digits once. A layer of the
chain is a convolution of the digits of one place on the original sources, beside a link of 2^-b
from each filter's lesser partial sum to itself (a 1x1 convolution with a group for each filter).
Partial sums of low digits have one sign; filters whose low digits have both have a second chain,
subtracted at the end.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import chain

from bitproof.exact.weight_format import Q
from bitproof.network import Activation, Convolution, Layer, LinearMap, SideBySide, SparseMatrix
from bitproof.transform.digits import Splitting, ceil_log2, places_of, split_row


@dataclass(frozen=True, slots=True)
class ConvolutionPart:
    """A convolution of one source of the new network.

    Attributes:
        layer: the layer it reads (0: the input).
        exponent: its values are held times 2^exponent.
        shape: the geometry; the kernel's numbers are `weights`.
        weights: real weights, one tuple for each filter.
    """

    layer: int
    exponent: int
    shape: Convolution
    weights: tuple[tuple[Fraction, ...], ...]


@dataclass(frozen=True, slots=True)
class ConvolutionRows:
    """A layer of convolutions: real weights by filter, real biases by place.

    Attributes:
        parts: one for each source.
        biases: one tuple for each filter, a number for each place.
    """

    parts: tuple[ConvolutionPart, ...]
    biases: tuple[tuple[Fraction, ...], ...]

    def with_negated(self) -> ConvolutionRows:
        """Twice the filters: the second half computes the negative values."""
        parts = tuple(
            replace(
                part,
                shape=replace(
                    part.shape,
                    filters=2 * part.shape.filters,
                    kernel=part.shape.kernel * 2,
                ),
                weights=part.weights + _negated(part.weights),
            )
            for part in map(_ungrouped, self.parts)
        )
        return ConvolutionRows(parts, self.biases + _negated(self.biases))

    def exponent(self, form: Q) -> int:
        """The largest e ≤ 0 for which weights and biases, rescaled for outputs times 2^e, are
        below 2^{a+1}."""
        best = 0
        for part in self.parts:
            for weight in set(chain.from_iterable(part.weights)):
                if weight:
                    best = min(best, form.a + 1 - ceil_log2(abs(weight)) + part.exponent)
        for bias in set(chain.from_iterable(self.biases)):
            if bias:
                best = min(best, form.a + 1 - ceil_log2(abs(bias)))
        return best


def _negated(rows: tuple[tuple[Fraction, ...], ...]) -> tuple[tuple[Fraction, ...], ...]:
    return tuple(tuple(-entry for entry in row) for row in rows)


def convolution_rows(layer: Layer, held: Sequence[tuple[int, int, bool]]) -> ConvolutionRows | None:
    """A layer as convolutions; None if it is none.

    Args:
        held: where the new network holds each source: layer, exponent, and whether as positive
            parts followed by negative parts.
    """
    matrix = layer.matrix
    blocks = matrix.blocks if isinstance(matrix, SideBySide) else (matrix,)
    if len(blocks) != len(held):
        return None
    parts = []
    for block, (source, exponent, signed) in zip(blocks, held, strict=True):
        if not isinstance(block, Convolution):
            return None
        size = len(block.kernel) // block.filters
        weights = tuple(
            tuple(map(layer.weight, block.kernel[o * size : (o + 1) * size]))
            for o in range(block.filters)
        )
        part = ConvolutionPart(source, exponent, block, weights)
        parts.append(_both_signs(_ungrouped(part)) if signed else part)
    if len({part.shape.output for part in parts}) != 1:
        return None
    places = layer.width // parts[0].shape.filters
    biases = tuple(
        tuple(map(layer.weight, layer.bias[o * places : (o + 1) * places]))
        for o in range(parts[0].shape.filters)
    )
    return ConvolutionRows(tuple(parts), biases)


def _ungrouped(part: ConvolutionPart) -> ConvolutionPart:
    """The same convolution in one group: zeros on the other groups' channels."""
    shape = part.shape
    if shape.groups == 1:
        return part
    area = shape.window[0] * shape.window[1]
    inner, total = shape.group_channels * area, shape.image[0] * area
    per_group, zero = shape.filters // shape.groups, Fraction(0)
    rows = []
    for o, row in enumerate(part.weights):
        before = (o // per_group) * inner
        rows.append((zero,) * before + row + (zero,) * (total - before - inner))
    kernel = (1,) * (shape.filters * total)
    return replace(part, shape=replace(shape, groups=1, kernel=kernel), weights=tuple(rows))


def _both_signs(part: ConvolutionPart) -> ConvolutionPart:
    """On a source held as positive and negative parts."""
    channels, height, width = part.shape.image
    shape = replace(part.shape, image=(2 * channels, height, width), kernel=part.shape.kernel * 2)
    weights = tuple(row + tuple(-entry for entry in row) for row in part.weights)
    return replace(part, shape=shape, weights=weights)


class Deepening(ABC):
    """What a chain needs of the run it belongs to."""

    form: Q
    splitting: Splitting

    @abstractmethod
    def add_layer(
        self,
        sources: tuple[int, ...],
        matrix: LinearMap,
        bias: Sequence[int],
        activation: Activation,
    ) -> int:
        """Appends a layer; its number."""

    @abstractmethod
    def constant_source(self, biases: Sequence[Fraction], exponent: int) -> tuple[int | None, int]:
        """A layer of one constant 2^c that biases come from, and c; None for plain biases."""


class ConvolutionChain:
    """One layer of convolutions as a chain.

    Attributes:
        places: layers of the chain.
        two_signs: filters whose low digits have both signs.
    """

    def __init__(self, deepening: Deepening, rows: ConvolutionRows, exponent: int) -> None:
        self._deepening, self._form = deepening, deepening.form
        self._parts = rows.parts
        flat = [abs(bias) for row in rows.biases for bias in row if bias]
        self._constant, scale = deepening.constant_source(flat, exponent)
        two = Fraction(2)
        self._biases = [
            [bias * two ** (exponent - scale) for bias in biases] for biases in rows.biases
        ]
        self._values = [{bias: at for at, bias in enumerate(set(row))} for row in self._biases]
        entries = []
        for o, values in enumerate(self._values):
            row = [
                weight * two ** (exponent - part.exponent)
                for part in rows.parts
                for weight in part.weights[o]
            ]
            entries.append([*row, *values])
        bits = max(entry.denominator.bit_length() - 1 for row in entries for entry in row)
        count = places_of(bits, self._form)
        self._digits = [
            split_row(
                [int(entry * (1 << bits)) for entry in row],
                bits,
                self._form,
                count,
                deepening.splitting,
            )
            for row in entries
        ]
        self.places = 1 + max(max(len(d.positive), len(d.negative)) for d in self._digits)
        self.two_signs = sum(1 for d in self._digits if d.positive and d.negative)

    def append(self, activation: Activation) -> int:
        """Appends the layers; the number of the last."""
        links = [
            (self._low_chain([d.positive for d in self._digits]), 1),
            (self._low_chain([d.negative for d in self._digits]), -1),
        ]
        return self._layer(
            [digits.top for digits in self._digits],
            [(layer, sign) for layer, sign in links if layer is not None],
            activation,
        )

    def _low_chain(self, digits: Sequence[tuple[tuple[int, ...], ...]]) -> int | None:
        """The partial sums of the low digits of one sign, the least places first."""
        previous: int | None = None
        for place in range(max(map(len, digits)), 0, -1):
            rows = [
                low[place - 1] if len(low) >= place else (0,) * len(split.top)
                for low, split in zip(digits, self._digits, strict=True)
            ]
            links = [] if previous is None else [(previous, 1)]
            previous = self._layer(rows, links, Activation.RELU)
        return previous

    def _layer(
        self,
        rows: Sequence[tuple[int, ...]],
        links: Sequence[tuple[int, int]],
        activation: Activation,
    ) -> int:
        """One layer: digits on the sources, and links from partial sums."""
        blocks, start = list[tuple[int, LinearMap]](), 0
        for part in self._parts:
            size = len(part.weights[0])
            kernel = tuple(chain.from_iterable(row[start : start + size] for row in rows))
            blocks.append((part.layer, replace(part.shape, kernel=kernel)))
            start += size
        by_place = [
            row[start + values[bias]]
            for row, values, biases in zip(rows, self._values, self._biases, strict=True)
            for bias in biases
        ]
        filters, height, width = self._parts[0].shape.output
        bias = by_place
        if self._constant is not None:
            column = SparseMatrix.from_dense(([n] for n in by_place), columns=1)
            blocks.append((self._constant, column))
            bias = [0] * len(by_place)
        for layer, sign in links:
            image = (filters, height, width)
            link = Convolution(image, filters, (1, 1), (sign,) * filters, groups=filters)
            blocks.append((layer, link))
        blocks.sort(key=lambda pair: pair[0])
        maps = tuple(matrix for _, matrix in blocks)
        matrix = maps[0] if len(maps) == 1 else SideBySide(maps)
        sources = tuple(layer for layer, _ in blocks)
        return self._deepening.add_layer(sources, matrix, bias, activation)
