"""Ranges of every pre-activation on a batch of boxes, layer after layer.

Ranges of an enclosing box hold on a smaller one. So only neurons whose sign is not settled on the
enclosing box (at first: by interval arithmetic) are bounded again; as boxes shrink these become
few.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bitproof.certify.difference.affine import LARGEST, Array
from bitproof.certify.difference.backward import UNIT, Backward, Boxes
from bitproof.certify.difference.relaxation import Ranges, Relaxation, relax
from bitproof.certify.difference.stack import Stack, StackLayer

SMALL = 1 << 15  # numbers; calls of numpy cost more than the work on so few
CHUNK_NUMBERS = 1 << 21  # coefficients in flight, for each copy and end
WIDER = 1.0 + 2.0**-30  # covers (n + 8)·2^-53 relatively, for sums of n < 2^20 terms


@dataclass(frozen=True, slots=True)
class BoxRanges:
    """What is known on a batch of boxes.

    Attributes:
        boxes: the boxes.
        ranges: for every layer (position − 1), its pre-activations' ranges.
        relaxations: by position.
    """

    boxes: Boxes
    ranges: tuple[Ranges, ...]
    relaxations: dict[int, Relaxation]


def pack(ranges: tuple[Ranges, ...]) -> Array:
    """All ranges side by side, one row for each box."""
    parts: list[Array] = []
    for layer in ranges:
        parts += [*layer.lower, *layer.upper, *(layer.difference or ())]
    return np.concatenate(parts, axis=1)


def unpack(stack: Stack, rows: Array) -> tuple[Ranges, ...]:
    """The ranges `pack` put side by side."""
    found, start = [], 0
    copies = stack.copies
    for layer in stack.layers:
        count = 2 * copies + 2 * (copies - 1)
        stop = start + count * layer.width
        ends = np.split(rows[:, start:stop], count, axis=1)
        difference = (ends[-2], ends[-1]) if copies == 2 else None
        found.append(Ranges(tuple(ends[:copies]), tuple(ends[copies : 2 * copies]), difference))
        start = stop
    return tuple(found)


def packed_size(stack: Stack) -> int:
    """Numbers in one row of `pack`."""
    return sum((4 * stack.copies - 2) * layer.width for layer in stack.layers)


def ranges_on(
    stack: Stack, boxes: Boxes, before: tuple[Ranges, ...] | None = None, *, hybrid: bool = True
) -> BoxRanges:
    """Proved ranges on every box.

    Args:
        stack: the networks.
        boxes: the boxes.
        before: ranges that hold on each box already (of boxes that enclose them).
        hybrid: use relaxations of differences; without, the networks are merely stacked.
    """
    values: list[tuple[list[Array], list[Array]]] = [
        ([boxes.lower] * stack.copies, [boxes.upper] * stack.copies)
    ]
    found: list[Ranges] = []
    relaxations: dict[int, Relaxation] = {}
    for position, layer in enumerate(stack.layers, start=1):
        reach = _reach(layer, values)
        direct = set(layer.sources) == {0} and layer.maps[0].weight.size <= SMALL
        if direct:
            known = _on_inputs(layer, values, reach)
        else:
            known = _known(layer, values, reach, None if before is None else before[position - 1])
        relaxations[position] = _placeholder(reach)
        ranges = known
        if layer.relu and not direct:
            ranges = _refined(stack, boxes, relaxations, position, known, hybrid=hybrid)
        relaxations[position] = relax(ranges, reach, hybrid=hybrid)
        found.append(ranges)
        values.append(_activated(layer, ranges))
    return BoxRanges(boxes, tuple(found), relaxations)


def _placeholder(reach: Array) -> Relaxation:
    return Relaxation((), (), (), None, None, None, None, None, None, reach)


def _gathered(
    layer: StackLayer, values: list[tuple[list[Array], list[Array]]], copy: int
) -> tuple[Array, Array]:
    lows = [values[source][0][copy] for source in layer.sources]
    highs = [values[source][1][copy] for source in layer.sources]
    if len(lows) == 1:
        return lows[0], highs[0]
    return np.concatenate(lows, axis=1), np.concatenate(highs, axis=1)


def _reach(layer: StackLayer, values: list[tuple[list[Array], list[Array]]]) -> Array:
    """V: at least |W|·|h| + |b| in every copy, its own rounding included."""
    parts = []
    for copy, affine in enumerate(layer.maps):
        low, high = _gathered(layer, values, copy)
        parts.append(affine.reach(np.maximum(-low, high)))
    reach = np.maximum.reduce(parts) * WIDER + 2.0**-800
    return np.where(reach <= LARGEST * LARGEST, reach, np.inf)


def _known(
    layer: StackLayer,
    values: list[tuple[list[Array], list[Array]]],
    reach: Array,
    before: Ranges | None,
) -> Ranges:
    """What holds on the enclosing box; interval arithmetic where there is none."""
    if before is not None:
        return before
    lower, upper = [], []
    for copy, affine in enumerate(layer.maps):
        low, high = _gathered(layer, values, copy)
        middle = affine.forward((low + high) / 2)
        # centre ± radius misses the ends by a rounding, the sums by n roundings, of at most 2·reach
        spread = affine.reach((high - low) / 2) - np.abs(affine.bias) + reach * 2.0**-30
        lower.append(_finite(np.maximum(middle - spread, -reach), -np.inf))
        upper.append(_finite(np.minimum(middle + spread, reach), np.inf))
    if len(lower) == 1:
        return Ranges(tuple(lower), tuple(upper), None)
    return Ranges(tuple(lower), tuple(upper), _apart(lower, upper))


def _apart(lower: list[Array], upper: list[Array]) -> tuple[Array, Array]:
    """The ends of z1 - z2 that the ends of z1 and z2 imply."""
    below = np.nextafter(_finite(lower[0] - upper[1], -np.inf), -np.inf)
    return below, np.nextafter(_finite(upper[0] - lower[1], np.inf), np.inf)


def _finite(values: Array, otherwise: float) -> Array:
    return np.where(np.isnan(values), otherwise, values)


def _on_inputs(
    layer: StackLayer, values: list[tuple[list[Array], list[Array]]], reach: Array
) -> Ranges:
    """The ranges of a layer that reads only the input: centre ± radius.

    With n terms to a sum and u = 2^-53, either is off by less than (n + 8)·u·reach in each copy.
    """
    low, high = _gathered(layer, values, 0)
    centre, radius = (low + high) / 2, (high - low) / 2
    slack = reach * ((8 * layer.maps[0].terms + 64) * UNIT)
    middles = [affine.forward(centre) for affine in layer.maps]
    lower, upper = [], []
    for affine, middle in zip(layer.maps, middles, strict=True):
        spread = radius @ affine.size.T + slack
        lower.append(_finite(middle - spread, -np.inf))
        upper.append(_finite(middle + spread, np.inf))
    if len(middles) == 1:
        return Ranges(tuple(lower), tuple(upper), None)
    apart = middles[0] - middles[1]
    spread = radius @ np.abs(layer.maps[0].weight - layer.maps[1].weight).T + 2.0 * slack
    ends = _finite(apart - spread, -np.inf), _finite(apart + spread, np.inf)
    return Ranges(tuple(lower), tuple(upper), ends)


def _refined(
    stack: Stack,
    boxes: Boxes,
    relaxations: dict[int, Relaxation],
    position: int,
    known: Ranges,
    *,
    hybrid: bool,
) -> Ranges:
    """Bounds the neurons again whose sign is not settled."""
    single = [np.nonzero(known.open(copy)) for copy in range(stack.copies)]
    lower = [low.copy() for low in known.lower]
    upper = [high.copy() for high in known.upper]
    if known.difference is None or not hybrid:
        for copy in range(stack.copies):
            found = _both_ends(stack, boxes, relaxations, position, single[copy], (copy,))
            _tighten(lower[copy], upper[copy], single[copy], found)
        if known.difference is None:
            return Ranges(tuple(lower), tuple(upper), None)
        return Ranges(tuple(lower), tuple(upper), _apart(lower, upper))
    either = np.nonzero(known.open(0) | known.open(1))
    counts = [len(single[0][0]), len(single[1][0]), len(either[0])]
    if sum(counts) * max(stack.widths) <= SMALL:
        # one pass for all: calls cost more than the zeros they multiply
        places = tuple(np.concatenate(parts) for parts in zip(*single, either, strict=True))
        signs = [np.repeat(kind, counts) for kind in ([1.0, 0.0, 1.0], [0.0, 1.0, -1.0])]
        low, high = _both_ends(stack, boxes, relaxations, position, places, (0, 1), signs)
        ends = np.cumsum(counts)[:2]
        parts = list(zip(np.split(low, ends), np.split(high, ends), strict=True))
    else:
        parts = [
            _both_ends(stack, boxes, relaxations, position, single[0], (0,)),
            _both_ends(stack, boxes, relaxations, position, single[1], (1,)),
            _both_ends(stack, boxes, relaxations, position, either, (0, 1)),
        ]
    for copy in range(2):
        _tighten(lower[copy], upper[copy], single[copy], parts[copy])
    below, above = _apart(lower, upper)
    below = np.maximum(known.difference[0], below)
    above = np.minimum(known.difference[1], above)
    _tighten(below, above, either, parts[2])
    return Ranges(tuple(lower), tuple(upper), (below, above))


def _tighten(
    lower: Array, upper: Array, places: tuple[Array, ...], found: tuple[Array, Array]
) -> None:
    lower[places] = np.maximum(lower[places], found[0])
    upper[places] = np.minimum(upper[places], found[1])


def _both_ends(
    stack: Stack,
    boxes: Boxes,
    relaxations: dict[int, Relaxation],
    position: int,
    places: tuple[Array, ...],
    copies: tuple[int, ...],
    signs: list[Array] | None = None,
) -> tuple[Array, Array]:
    """Proved ends of z (one copy), of z1 - z2 (two), or of the sums of signs·z, for single
    neurons (owners, rows)."""
    owners, rows = places
    count = len(owners)
    if signs is None:
        ones = np.ones(count)
        signs = [ones] if len(copies) == 1 else [ones, -ones]
    if not count:
        return np.empty(0), np.empty(0)
    most = max(1, CHUNK_NUMBERS // max(stack.widths))
    if count > most:
        slices = [slice(start, start + most) for start in range(0, count, most)]
        parts = [
            _both_ends(
                stack,
                boxes,
                relaxations,
                position,
                (owners[part], rows[part]),
                copies,
                [sign[part] for sign in signs],
            )
            for part in slices
        ]
        return np.concatenate([a for a, _ in parts]), np.concatenate([b for _, b in parts])
    twice = np.concatenate([owners, owners])
    backward = Backward(stack, boxes, relaxations, copies, twice)
    both = [np.concatenate([sign, -sign]) for sign in signs]
    bounds = backward.rows_of(position, np.concatenate([rows, rows]), both)
    return -bounds.upper[count:], bounds.upper[:count]


def _activated(layer: StackLayer, ranges: Ranges) -> tuple[list[Array], list[Array]]:
    if not layer.relu:
        return list(ranges.lower), list(ranges.upper)
    return (
        [np.maximum(low, 0.0) for low in ranges.lower],
        [np.maximum(high, 0.0) for high in ranges.upper],
    )
