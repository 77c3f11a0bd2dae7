"""Layers of other arithmetics as layers that round once: the same values, one form for engines.

`reference` defines what a layer computes that rounds after every operation or has a requantizer.
Both are compositions of exact sums that are rounded once:

- *every operation*: a layer of all rounded products, then layers that add them to the running sum
  and limit it. Products and partial sums are levels, so a sum of them needs no rounding, and the
  limit changes nothing where the sum is proved to stay within the ends: such additions share a
  layer. Where the format wraps, limiting once at the end is the same as limiting every time.
- *a requantizer that rounds once*: its factor goes into the weights, and the layer's format rounds
  as the requantizer does.
- *the double rounding*: a layer of the high halves, in 32 bits, and one of the shifted levels.

Ranges, engines, exports and enumerating proofs work on the lowered network. The checker does not:
it evaluates the declared arithmetic, as the reference does.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

from bitproof.exact.fixed_point import FixedPoint, Overflow, Rounding
from bitproof.exact.requantize import MULTIPLIER_BITS, Requantization, Requantizer
from bitproof.network.arithmetic import Accumulation, Reach, reaches, requantizer_of
from bitproof.network.layer import Activation, Layer
from bitproof.network.linear_map import SparseMatrix
from bitproof.network.network import Network

_HIGH_HALF = FixedPoint(-(1 << 31), (1 << 31) - 1, 1, Rounding.NEAREST_UP)


def rounded_once(network: Network) -> Network:
    """An equal network whose layers all round at most once; the network itself if it is one.

    The weight format is not declared any more, because factors and unit weights join the weights.

    Raises:
        InputError: a layer that rounds every operation without a format.

    >>> from bitproof.exact import FixedPoint
    >>> matrix = SparseMatrix.from_dense([[3, 3, -3]], columns=3)
    >>> form = FixedPoint(-7, 7, 1)
    >>> layer = Layer((0,), matrix, (0,), 1, Activation.IDENTITY, form, None, Accumulation.EVERY)
    >>> rounded_once(Network(3, (layer,), input_format=form)).widths  # products, two sums
    (3, 3, 1, 1)
    """
    if all(layer.rounds_once for layer in network.layers):
        return network
    form = network.input_format
    known = [None if form is None else Reach.of_format(form)]
    widths, place = [network.inputs], [0]
    made = list[Layer]()
    for layer in network.layers:
        columns = reaches(layer, known, widths)
        # Sources must ascend, and so do the places of earlier layers.
        moved = replace(layer, sources=tuple(place[source] for source in layer.sources))
        made += _lowered(moved, columns, len(made) + 1)
        place.append(len(made))
        widths.append(layer.width)
        known.append(Reach.of_layer(layer))
    return Network(network.inputs, tuple(made), None, form, network.notes)


def _lowered(layer: Layer, columns: Sequence[Reach | None], position: int) -> list[Layer]:
    """The layers that stand for one; the first gets the number `position`."""
    if layer.accumulation is Accumulation.EVERY:
        return _accumulated(layer, columns, position)
    if not layer.requantizers:
        return [layer]
    if layer.requantizers[0].requantizer.rule is Requantization.DOUBLE:
        return _requantized_twice(layer, position)
    return _requantized_once(layer, position)


# Every operation rounded


def _accumulated(layer: Layer, columns: Sequence[Reach | None], position: int) -> list[Layer]:
    form = layer.output_format
    assert form is not None
    products = [(column, n) for row in range(layer.width) for column, n in layer.matrix.row(row)]
    first = Layer(
        layer.sources,
        SparseMatrix.from_rows(([product] for product in products), columns=layer.matrix.shape[1]),
        (0,) * len(products),
        layer.denominator,
        Activation.IDENTITY,
        form,
    )
    schedule, start = [], 0
    for row in range(layer.width):
        pairs = layer.matrix.row(row)
        ends = [_product_ends(layer.weight(n), columns[column], form) for column, n in pairs]
        bias = form.quantize(layer.weight(layer.bias[row]))
        schedule.append([[start + i for i in run] for run in _runs(bias, ends, form)])
        start += len(pairs)
    sums = list[Layer]()
    for step in range(max(map(len, schedule))):
        added = [runs[step] if step < len(runs) else [] for runs in schedule]
        sums.append(_sum_layer(layer, form, added, position, step, len(products)))
    sums[-1] = replace(sums[-1], activation=layer.activation, table=layer.table)
    return [first, *sums] if products else sums


def _product_ends(weight: Fraction, reach: Reach | None, form: FixedPoint) -> tuple[int, int]:
    """The ends of a rounded product's levels; rounding is monotone, but for wrapping."""
    if reach is None or form.overflow is Overflow.WRAP:
        return form.lowest, form.highest
    ends = [form.quantize(weight * Fraction(k, reach.scale)) for k in (reach.lowest, reach.highest)]
    return min(ends), max(ends)


def _runs(bias: int, ends: Sequence[tuple[int, int]], form: FixedPoint) -> list[list[int]]:
    """The products, by number, that are added before each limit. At least one (empty) run."""
    if form.overflow is Overflow.WRAP:
        return [list(range(len(ends)))]
    runs: list[list[int]] = [[]]
    low = high = bias
    for index, (least, most) in enumerate(ends):
        if low < form.lowest or high > form.highest:
            runs.append([])
            low, high = form.limit(low), form.limit(high)
        runs[-1].append(index)
        low, high = low + least, high + most
    return runs


def _sum_layer(
    layer: Layer,
    form: FixedPoint,
    added: Sequence[Sequence[int]],
    position: int,
    step: int,
    products: int,
) -> Layer:
    """running sum + products, limited; the first step starts from the rounded biases."""
    running = 0 if step == 0 else layer.width
    rows = [
        [(index, 1) for index in run] + ([(products + row, 1)] if running else [])
        for row, run in enumerate(added)
    ]
    levels = [form.quantize(layer.weight(bias)) for bias in layer.bias]
    if step:
        return Layer(
            (position, position + step),
            SparseMatrix.from_rows(rows, columns=products + running),
            (0,) * layer.width,
            1,
            Activation.IDENTITY,
            form,
        )
    scale = form.scale
    scaled = [[(index, scale) for index, _ in row] for row in rows]
    return Layer(
        (position,) if products else (),
        SparseMatrix.from_rows(scaled, columns=products),
        tuple(levels),
        scale,
        Activation.IDENTITY,
        form,
    )


# Requantizers


def _requantized_once(layer: Layer, position: int) -> list[Layer]:
    """The factor in the weights, one rounding, the requantizer's ends."""
    form = layer.output_format
    assert form is not None
    rule = layer.requantizers[0].requantizer.rule
    up = rule is Requantization.SINGLE
    factors = list[Fraction]()
    for row in range(layer.width):
        part = requantizer_of(layer, row)
        factors.append(part.requantizer.factor / part.unit / form.scale)
    limited = _limited(form, layer.requantizers[0].requantizer)
    rounding = Rounding.NEAREST_UP if up else Rounding.NEAREST_EVEN
    matrix, bias, denominator = _scaled(layer, factors)
    plain = Layer(
        layer.sources,
        matrix,
        bias,
        denominator,
        Activation.IDENTITY,
        replace(limited, rounding=rounding),
    )
    return _activated(plain, layer, position)


def _requantized_twice(layer: Layer, position: int) -> list[Layer]:
    """The high halves, then their quotients by powers of two."""
    form = layer.output_format
    assert form is not None
    factors, quotients = list[Fraction](), list[int]()
    for row in range(layer.width):
        part = requantizer_of(layer, row)
        shift = part.requantizer.shift
        high = Fraction(part.requantizer.multiplier << max(shift, 0), 1 << MULTIPLIER_BITS)
        factors.append(high / part.unit)
        quotients.append(1 << max(-shift, 0))
    matrix, bias, denominator = _scaled(layer, factors)
    halves = Layer(layer.sources, matrix, bias, denominator, Activation.IDENTITY, _HIGH_HALF)
    common = max(quotients)
    diagonal = [[(row, common // quotient)] for row, quotient in enumerate(quotients)]
    limited = _limited(form, layer.requantizers[0].requantizer)
    plain = Layer(
        (position,),
        SparseMatrix.from_rows(diagonal, columns=layer.width),
        (0,) * layer.width,
        common * form.scale,
        Activation.IDENTITY,
        replace(limited, rounding=Rounding.NEAREST_AWAY),
    )
    return [halves, *_activated(plain, layer, position + 1)]


def _limited(form: FixedPoint, requantizer: Requantizer) -> FixedPoint:
    """The requantizer's levels, over the layer's scale."""
    ends = requantizer.lowest, requantizer.highest
    return FixedPoint(*ends, form.scale, form.rounding, Overflow.SATURATE)


def _activated(plain: Layer, layer: Layer, position: int) -> list[Layer]:
    """The layer's activation after levels that lie between a requantizer's ends. A table belongs to
    all levels of the layer's format: where the ends are others, a layer of its own looks up."""
    form, limited = layer.output_format, plain.output_format
    assert form is not None
    assert limited is not None
    if layer.table is None:
        return [replace(plain, activation=layer.activation)]
    if (limited.lowest, limited.highest) == (form.lowest, form.highest):
        return [replace(plain, activation=layer.activation, table=layer.table)]
    width = layer.width
    unit = SparseMatrix.from_rows([[(row, 1)] for row in range(width)], columns=width)
    looked_up = Layer((position,), unit, (0,) * width, 1, layer.activation, form, layer.table)
    return [plain, looked_up]


def _scaled(layer: Layer, factors: Sequence[Fraction]) -> tuple[SparseMatrix, tuple[int, ...], int]:
    """The rows times a factor each: numerators, biases, common denominator."""
    common = math.lcm(*(factor.denominator for factor in factors))
    whole = [int(factor * common) for factor in factors]
    rows = [
        [(column, numerator * whole[row]) for column, numerator in layer.matrix.row(row)]
        for row in range(layer.width)
    ]
    matrix = SparseMatrix.from_rows(rows, columns=layer.matrix.shape[1])
    bias = tuple(b * factor for b, factor in zip(layer.bias, whole, strict=True))
    return matrix, bias, layer.denominator * common
