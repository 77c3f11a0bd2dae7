"""The competitors of two inputs: what a table needs for the same error, proved.

- *plain table*: n1 × n2 equal cells, one entry each; the error follows from the proved slopes.
- *bilinear table*: (n1 + 1)·(n2 + 1) entries at the nodes of an even grid, on every rectangle of it
  a + b·s + c·t + d·s·t through the four corners.

Entries are integers of v bits over the range of the function, as in `tables`; floats propose n1, n2
and v, and the error of what they propose is proved in rational arithmetic.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from bitproof.construct.tables import Competitor, EntryGrid
from bitproof.exact.box import Box, Point
from bitproof.exact.interval import Interval
from bitproof.exact.rationals import to_float
from bitproof.target.box_target import BoxTarget, BoxTaylor

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Integers = npt.NDArray[np.int64]

MAX_NODES = 1 << 13
MAX_ENCLOSURES = 24_000
MAX_HALVINGS = 12
MAX_PROVED = 8
MARGINS = (Fraction(1), Fraction(19, 20), Fraction(17, 20))
PER_CELL = 6
SMALL = 12
RANGE_BLOCKS = 8
GROWTH = 1.2
WIDER = (1.0, 1.05, 1.12, 1.25, 1.5)
SHARES = tuple(Fraction(k, 16) for k in range(1, 16))
SCALE = 96
ZERO = Fraction(0)


def box_competitors(target: BoxTarget, error: Fraction) -> tuple[Competitor, ...]:
    """The tables of a function of two inputs that meet an error. One that would need more than
    8192 nodes, or more enclosures than are worth it, is left out; none for other dimensions.

    >>> from bitproof.target import ExpressionBoxTarget
    >>> target = ExpressionBoxTarget.parse("x1*x2", Box.unit(2))
    >>> [(table.name, table.bits) for table in box_competitors(target, Fraction(1, 10))]
    [('plain table', 720), ('bilinear table', 12)]
    """
    if target.dimension != 2 or error <= 0:
        return ()
    values = _value_range(target)
    if values is None:
        return ()
    if values.width <= 2 * error:
        return (Competitor("plain table", 0, 1, 0, values.width / 2, "a constant is enough"),)
    found = (_plain_table(target, error, values), _bilinear_table(target, error, values))
    return tuple(table for table in found if table is not None)


def _value_range(target: BoxTarget) -> Interval | None:
    """An enclosure of all values, block by block; None if the target cannot say."""
    whole: Interval | None = None
    for block in _blocks(target.domain, (RANGE_BLOCKS, RANGE_BLOCKS)):
        taylor = target.taylor(block)
        if taylor is None:
            return None
        whole = taylor.range if whole is None else whole.hull(taylor.range)
    return whole


def _blocks(domain: Box, counts: tuple[int, int]) -> Iterator[Box]:
    """Equal rectangles, in the order of their indices."""
    steps = [width / count for width, count in zip(domain.widths, counts, strict=True)]
    for place in product(*map(range, counts)):
        ends = zip(domain.lower, steps, place, strict=True)
        yield Box(tuple(Interval(low + h * k, low + h * (k + 1)) for low, h, k in ends))


def _least_bits(values: Interval, error: Fraction) -> int:
    """Fewer bits leave half a step above the error."""
    bits = 1
    while values.width / (2 << bits) >= error:
        bits += 1
    return bits


def _plain_table(target: BoxTarget, error: Fraction, values: Interval) -> Competitor | None:
    """The entry is f at the middle of its cell, rounded: the error is at most K1·h1/2 + K2·h2/2 +
    half a step, with K the proved bounds of the partial derivatives."""
    slopes = target.lipschitz()
    if slopes is None:
        return None
    rises = [slope * width for slope, width in zip(slopes, target.domain.widths, strict=True)]
    best: Competitor | None = None
    least = _least_bits(values, error)
    for bits, share in product(range(least, least + 8), SHARES):
        half_step = values.width / (2 << bits)
        room = 2 * (error - half_step)
        counts = [
            max(1, (rise / (room * part)).__ceil__())
            for rise, part in zip(rises, (share, 1 - share), strict=True)
        ]
        cells = counts[0] * counts[1]
        if best is None or cells * bits < best.bits:
            upper = half_step + sum(r / (2 * n) for r, n in zip(rises, counts, strict=True))
            what = f"{counts[0]} × {counts[1]} entries of {bits} bits; error ≤ ΣK·h/2 + half a step"
            best = Competitor("plain table", cells * bits, cells, bits, upper, what)
    return best


@dataclass(frozen=True, slots=True)
class _Proposal:
    """A bilinear table floats believe in."""

    bits: int
    grid: EntryGrid
    entries: Integers


def _bilinear_table(target: BoxTarget, error: Fraction, values: Interval) -> Competitor | None:
    """Samples may miss where f and the interpolant are farthest apart, along a kink say: what they
    propose for the whole error comes first, then what they propose for a little less."""
    for margin in MARGINS:
        found = sorted(_proposals(target, error, margin, values), key=lambda entry: entry.bits)
        for proposal in found[:MAX_PROVED]:
            nodes = [[proposal.grid.value(int(k)) for k in row] for row in proposal.entries]
            upper = bilinear_bound(target, nodes, error)
            if upper is not None:
                shape = " × ".join(map(str, proposal.entries.shape))
                bits, count = proposal.grid.bits, proposal.entries.size
                what = f"{shape} entries of {bits} bits, bilinear between them"
                return Competitor("bilinear table", proposal.bits, count, bits, upper, what)
    return None


def _proposals(
    target: BoxTarget, error: Fraction, margin: Fraction, values: Interval
) -> Iterator[_Proposal]:
    """For every n1 the least n2 whose interpolation alone is good enough, and a few larger."""
    goal, least = to_float(error * margin), _least_bits(values, error)
    grids = [EntryGrid.over(values, bits) for bits in range(least, least + 8)]
    best: int | None = None
    first = 1
    while 2 * (first + 1) <= MAX_NODES:
        start = _least_second(target, first, goal)
        for second in dict.fromkeys(int(start * wider) for wider in WIDER if start):
            nodes = (first + 1) * (second + 1)
            if nodes > MAX_NODES or (best is not None and nodes * least > best * GROWTH):
                break
            samples = _samples(target, (first, second))
            for grid in grids:
                entries = grid.round(samples[::PER_CELL, ::PER_CELL])
                if _error_of(samples, grid.floats(entries)) <= goal:
                    best = nodes * grid.bits if best is None else min(best, nodes * grid.bits)
                    yield _Proposal(nodes * grid.bits, grid, entries)
                    break
        first = max(first + 1, int(first * GROWTH))


def _least_second(target: BoxTarget, first: int, goal: float) -> int:
    """0 if there is none within the limit. Small numbers are tried in turn: kinks may lie on their
    grid."""
    most = MAX_NODES // (first + 1) - 1
    for count in range(1, min(SMALL, most) + 1):
        if _interpolation_error(target, (first, count)) <= goal:
            return count
    if most <= SMALL:
        return 0
    low, high = SMALL, min(2 * SMALL, most)
    while _interpolation_error(target, (first, high)) > goal:
        if high >= most:
            return 0
        low, high = high, min(2 * high, most)
    while high - low > 1:
        middle = (low + high) // 2
        if _interpolation_error(target, (first, middle)) > goal:
            low = middle
        else:
            high = middle
    return high


def _interpolation_error(target: BoxTarget, counts: tuple[int, int]) -> float:
    samples = _samples(target, counts)
    return _error_of(samples, samples[::PER_CELL, ::PER_CELL])


def _samples(target: BoxTarget, counts: tuple[int, int]) -> Floats:
    """f at the nodes and at equally many points between them."""
    axes = [
        np.linspace(to_float(side.lower), to_float(side.upper), count * PER_CELL + 1)
        for side, count in zip(target.domain.sides, counts, strict=True)
    ]
    points = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1)
    return np.asarray(target.sample(points), dtype=np.float64)


def _error_of(samples: Floats, nodes: Floats) -> float:
    """The largest sampled error of the bilinear interpolant."""
    rows = _between(nodes, samples.shape[0])
    return float(np.abs(samples - _between(rows.T, samples.shape[1]).T).max())


def _between(nodes: Floats, count: int) -> Floats:
    """Straight lines along the first axis."""
    place = np.arange(count) / PER_CELL
    index = np.minimum(place.astype(np.int64), len(nodes) - 2)
    share = (place - index)[:, None]
    return np.asarray(nodes[index] * (1 - share) + nodes[index + 1] * share)


@dataclass(frozen=True, slots=True)
class Patch:
    """centre value + first·t1 + second·t2 + mixed·t1·t2, t from the centre of a rectangle."""

    middle: Fraction
    first: Fraction
    second: Fraction
    mixed: Fraction

    @classmethod
    def through(cls, corners: tuple[Fraction, ...], sizes: Point) -> Patch:
        """Through the values at the corners (0, 0), (0, 1), (1, 0), (1, 1)."""
        a, b, c, d = corners
        h, k = sizes
        return cls(
            (a + b + c + d) / 4,
            (c + d - a - b) / (2 * h),
            (b + d - a - c) / (2 * k),
            (a + d - b - c) / (h * k),
        )

    def moved(self, by: Point) -> Patch:
        """The same function about another centre."""
        s, t = by
        middle = self.middle + self.first * s + self.second * t + self.mixed * s * t
        return Patch(middle, self.first + self.mixed * t, self.second + self.mixed * s, self.mixed)


def bilinear_bound(
    target: BoxTarget, entries: list[list[Fraction]], error: Fraction
) -> Fraction | None:
    """A proved bound ≤ error of sup |f - interpolant|, entries at equal distances; None if not.

    On a rectangle with centre c, f - interpolant lies in the difference at c, plus the differences
    of the slopes times t, plus ½·Σ (second derivatives - the interpolant's)·t·t; where f has kinks,
    the slopes over the rectangle take the place of both. Rectangles are halved as needed.
    """
    counts = (len(entries) - 1, len(entries[0]) - 1)
    worst, spent = ZERO, 0
    places = product(range(counts[0]), range(counts[1]))
    for (i, j), block in zip(places, _blocks(target.domain, counts), strict=True):
        corners = (entries[i][j], entries[i][j + 1], entries[i + 1][j], entries[i + 1][j + 1])
        patch = Patch.through(corners, block.widths)
        todo = [(block, 0)]
        while todo:
            cell, halvings = todo.pop()
            spent += 1
            step = tuple(a - b for a, b in zip(cell.centre, block.centre, strict=True))
            taylor = target.taylor(cell)
            bound, attained = (
                (None, ZERO) if taylor is None else _bounds(taylor, patch.moved(step), cell)
            )
            if bound is not None and bound <= error:
                worst = max(worst, bound)
            elif attained > error or halvings == MAX_HALVINGS or spent > MAX_ENCLOSURES:
                return None
            else:
                todo.extend((half, halvings + 1) for half in cell.split())
    return worst


def _bounds(taylor: BoxTaylor, patch: Patch, cell: Box) -> tuple[Fraction | None, Fraction]:
    """An upper bound of |f - patch| on the cell, and what it surely reaches at the centre."""
    reach = tuple(width / 2 for width in cell.widths)
    away = _minus(taylor.value, patch.middle)
    tilts = (patch.first, patch.second)
    corner = patch.mixed * reach[0] * reach[1]
    found: list[Fraction] = []
    if taylor.slope is not None and taylor.curvature is not None:
        spread = _spread(taylor.slope, tilts, reach)
        xx, xy, yy = taylor.curvature
        cross = _largest(_minus(xy, patch.mixed)) * reach[0] * reach[1]
        squares = ((xx, reach[0]), (yy, reach[1]))
        sag = sum((min(c.lower, ZERO) * r * r / 2 for c, r in squares), ZERO)
        rise = sum((max(c.upper, ZERO) * r * r / 2 for c, r in squares), ZERO)
        found.append(max(away.upper + rise, -(away.lower + sag)) + spread + cross)
    if taylor.slopes is not None:
        spread = _spread(taylor.slopes, tilts, reach)
        found.append(_largest(away) + spread + abs(corner))
    swing = sum((abs(tilt) * r for tilt, r in zip(tilts, reach, strict=True)), abs(corner))
    found.append(_largest(_minus(taylor.range, patch.middle)) + swing)
    attained = max(away.lower, -away.upper, ZERO)
    return _rounded_up(min(found)), attained


def _spread(slopes: Sequence[Interval], tilts: Sequence[Fraction], reach: Point) -> Fraction:
    """Σ |slope - tilt|·reach at most."""
    parts = zip(slopes, tilts, reach, strict=True)
    return sum((_largest(_minus(slope, tilt)) * r for slope, tilt, r in parts), ZERO)


def _minus(values: Interval, number: Fraction) -> Interval:
    return Interval(values.lower - number, values.upper - number)


def _largest(values: Interval) -> Fraction:
    return max(values.upper, -values.lower)


def _rounded_up(value: Fraction) -> Fraction:
    return Fraction(-((-value.numerator << SCALE) // value.denominator), 1 << SCALE)
