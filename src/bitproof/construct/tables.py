"""The competitors: what a table needs for the same error, proved the same way.

- *plain table*: n equal cells, one entry each.
- *interpolated table*: n + 1 entries at equal distances, straight lines between them.
- *difference-coded table*: the same, stored as a start and differences of first or second order of
  one fixed width; it can only be read from the start.

Entries are integers of v bits over the range of the function; the two rationals that say which
range that is, and n itself, are not counted. Floats propose n and v; the error of what they propose
is then proved in rational arithmetic.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from bitproof.exact import Interval, to_float
from bitproof.theory.function_class import Lipschitz, Smooth

if TYPE_CHECKING:
    import numpy.typing as npt

    from bitproof.target.target import Target

    Floats = npt.NDArray[np.float64]
    Integers = npt.NDArray[np.int64]

MAX_SEGMENTS = 1 << 13
SMALL = 24
MAX_CELLS_PROVED = 1 << 13
MAX_HALVINGS = 24
RANGE_BLOCKS = 64
NEARLY_BEST = 1.03
SCALE = 96


@dataclass(frozen=True, slots=True)
class Competitor:
    """A table that meets the error.

    Attributes:
        name: plain table, interpolated table or difference-coded table.
        bits: stored bits.
        entries: how many numbers the table has.
        value_bits: bits of an entry before difference coding.
        error_upper: the proved sup error, at most the one asked for.
        description: for people.
    """

    name: str
    bits: int
    entries: int
    value_bits: int
    error_upper: Fraction
    description: str


@dataclass(frozen=True, slots=True)
class EntryGrid:
    """Values lower + step·k, 0 ≤ k < 2^bits, centred in 2^bits equal bins of the range."""

    lower: Fraction
    step: Fraction
    bits: int

    @classmethod
    def over(cls, values: Interval, bits: int) -> EntryGrid:
        step = values.width / (1 << bits)
        return cls(values.lower + step / 2, step, bits)

    def round(self, values: Floats) -> Integers:
        nearest = np.rint((values - to_float(self.lower)) / to_float(self.step))
        return np.clip(nearest, 0, (1 << self.bits) - 1).astype(np.int64)

    def floats(self, entries: Integers) -> Floats:
        return to_float(self.lower) + to_float(self.step) * entries.astype(np.float64)

    def value(self, entry: int) -> Fraction:
        return self.lower + self.step * entry


@dataclass(frozen=True, slots=True)
class _Proposal:
    """An interpolated table floats believe in."""

    bits: int
    grid: EntryGrid
    entries: tuple[int, ...]
    coding: str


def competitors(target: Target, error: Fraction) -> tuple[Competitor, ...]:
    """The tables that meet an error; a kind that would need more than 8192 segments, or a proved
    Lipschitz constant that is not known, is left out.

    >>> from bitproof.exact import Interval
    >>> from bitproof.target.expression import ExpressionTarget
    >>> wave = ExpressionTarget.parse("x^2", Interval(Fraction(0), Fraction(1)))
    >>> [table.name for table in competitors(wave, Fraction(1, 100))]
    ['plain table', 'interpolated table', 'difference-coded table']
    """
    values = _value_range(target)
    if values is None or error <= 0:
        return ()
    if values.width <= 2 * error:
        return (_constant(values),)
    found = [_plain_table(target, error, values)]
    proposals = list(_proposals(target, error, values))
    for name, coding in (
        ("interpolated table", ("values",)),
        ("difference-coded table", ("first differences", "second differences")),
    ):
        chosen = [entry for entry in proposals if entry.coding in coding]
        found.append(_first_proved(target, error, name, chosen))
    return tuple(entry for entry in found if entry is not None)


def _constant(values: Interval) -> Competitor:
    return Competitor("plain table", 0, 1, 0, values.width / 2, "a constant is enough")


def _value_range(target: Target) -> Interval | None:
    """An enclosure of all values, block by block; None if the target cannot say."""
    whole: Interval | None = None
    for block in _blocks(target.domain, RANGE_BLOCKS):
        part = target.enclose(block)
        if part is None:
            return target.enclose(target.domain)
        whole = part if whole is None else whole.hull(part)
    return whole


def _blocks(domain: Interval, count: int) -> Iterator[Interval]:
    ends = [domain.lower + domain.width * Fraction(i, count) for i in range(count + 1)]
    for lower, upper in pairwise(ends):
        yield Interval(lower, upper)


def _plain_table(target: Target, error: Fraction, values: Interval) -> Competitor | None:
    """n cells of width h: the entry is f at the centre, rounded to the nearest of 2^v values over
    the range, so the error is at most K·h/2 + (half a step), K the Lipschitz constant."""
    known = target.function_class
    if not isinstance(known, Lipschitz | Smooth):
        return None
    constant = known.constant if isinstance(known, Lipschitz) else known.slope
    best: Competitor | None = None
    least = (values.width / (2 * error)).__ceil__().bit_length() - 1
    for bits in range(max(least, 1), least + 8):
        half_step = values.width / (2 << bits)
        if half_step >= error:
            continue
        cells = max(1, (constant * target.domain.width / (2 * (error - half_step))).__ceil__())
        upper = constant * target.domain.width / (2 * cells) + half_step
        if best is None or cells * bits < best.bits:
            best = Competitor(
                "plain table",
                cells * bits,
                cells,
                bits,
                upper,
                f"{cells} entries of {bits} bits; error ≤ K·h/2 + half a step",
            )
    return best


def _proposals(target: Target, error: Fraction, values: Interval) -> Iterator[_Proposal]:
    """Interpolated tables whose sampled error is small enough, over all useful n and v."""
    goal = to_float(error)
    least = max(1, (values.width / (3 * error)).__ceil__().bit_length() - 1)
    grids = [EntryGrid.over(values, bits) for bits in range(least, least + 8)]
    best: dict[str, int] = {}
    for segments in _useful_segments(target, goal):
        if best and segments * least > best["values"] and segments > SMALL:
            break
        points, nodes = _samples(target, segments)
        for grid in grids:
            entries = grid.round(nodes)
            if _sampled_error(points, grid.floats(entries)) > goal:
                continue
            for coding, bits in _sizes(entries, grid.bits):
                if bits <= best.get(coding, bits) * NEARLY_BEST:
                    best[coding] = min(bits, best.get(coding, bits))
                    yield _Proposal(bits, grid, tuple(entries.tolist()), coding)


def _useful_segments(target: Target, goal: float) -> Iterator[int]:
    """Small numbers (a kink may lie on their grid), those of the kinks, then upwards from where
    interpolation alone is good enough."""
    special = {len(target.kinks()) + 1, 2 * len(target.kinks()) + 2}
    yield from sorted({*range(1, SMALL + 1), *(n for n in special if n <= MAX_SEGMENTS)})
    low, high = 1, 1
    while _interpolation_error(target, high) > goal:
        low, high = high, 2 * high
        if high > MAX_SEGMENTS:
            return
    while high - low > 1:
        middle = (low + high) // 2
        if _interpolation_error(target, middle) > goal:
            low = middle
        else:
            high = middle
    first = max(SMALL + 1, int(0.9 * high))
    stride = max(1, high // 128)
    yield from range(first, max(first, int(1.7 * high)) + 1, stride)


def _samples(target: Target, segments: int) -> tuple[Floats, Floats]:
    """Float values at equally many points of every segment, and at the nodes."""
    domain = target.domain
    per_cell = _samples_per_cell(segments)
    count = segments * per_cell
    points = np.linspace(to_float(domain.lower), to_float(domain.upper), count + 1)
    values: Floats = np.asarray(target.sample(points), dtype=np.float64)
    return values, values[::per_cell]


def _samples_per_cell(segments: int) -> int:
    """Many where that costs nothing: the fewer cells, the more a missed maximum matters."""
    return max(6, min(96, 1024 // segments))


def _sampled_error(points: Floats, nodes: Floats) -> float:
    per_cell = (len(points) - 1) // (len(nodes) - 1)
    positions = np.arange(len(points)) / per_cell
    return float(np.abs(points - np.interp(positions, np.arange(len(nodes)), nodes)).max())


def _interpolation_error(target: Target, segments: int) -> float:
    points, nodes = _samples(target, segments)
    return _sampled_error(points, nodes)


def _sizes(entries: Integers, value_bits: int) -> Iterator[tuple[str, int]]:
    """Bits of each coding: the entries, or a start and differences."""
    yield "values", len(entries) * value_bits
    first = np.diff(entries)
    yield "first differences", value_bits + _difference_bits(first, value_bits)
    if len(first) > 1:
        second = np.diff(first)
        yield "second differences", 2 * value_bits + _difference_bits(second, value_bits)


def _difference_bits(differences: Integers, value_bits: int) -> int:
    """The cheapest fixed width: above the least one (stored once), signed, or of one sign (a bit
    says which)."""
    low, high = int(differences.min()), int(differences.max())
    count = len(differences)
    sizes = [value_bits + count * (high - low).bit_length()]
    sizes.append(count * (max(high, -low - 1).bit_length() + 1))
    if low >= 0 or high <= 0:
        sizes.append(1 + count * max(high, -low).bit_length())
    return min(sizes)


def _first_proved(
    target: Target, error: Fraction, name: str, proposals: list[_Proposal]
) -> Competitor | None:
    cells = 0
    for proposal in sorted(proposals, key=lambda entry: entry.bits):
        if cells > MAX_CELLS_PROVED:
            return None
        cells += len(proposal.entries)
        values = tuple(proposal.grid.value(entry) for entry in proposal.entries)
        upper = interpolation_bound(target, values, error)
        if upper is not None:
            count = len(values)
            return Competitor(
                name,
                proposal.bits,
                count,
                proposal.grid.bits,
                upper,
                f"{count} entries of {proposal.grid.bits} bits, stored as {proposal.coding}",
            )
    return None


def interpolation_bound(
    target: Target, entries: tuple[Fraction, ...], error: Fraction
) -> Fraction | None:
    """A proved bound ≤ error of sup |f - interpolant|, entries at equal distances; None if not.

    The domain is split at the nodes and at the kinks of f; on each piece d = f - line lies in
    (f(c) - line(c)) + (f'(c) - slope)·[-r, r] + f''/2·[0, r²], or, without derivatives, in
    (f(c) - line(c)) + (difference quotients - slope)·[-r, r]; pieces are halved as needed.
    """
    domain, segments = target.domain, len(entries) - 1
    width = domain.width / segments
    nodes = [domain.lower + width * index for index in range(segments + 1)]
    kinks = [end for kink in target.kinks() for end in (kink.lower, kink.upper)]
    ends = sorted({*nodes, *(x for x in kinks if x in domain)})
    worst, segment = Fraction(0), 0
    for lower, upper in pairwise(ends):
        while lower >= nodes[segment + 1]:
            segment += 1
        slope = (entries[segment + 1] - entries[segment]) / width
        height = entries[segment] - slope * nodes[segment]
        bound = _piece_bound(target, Interval(lower, upper), slope, height, error)
        if bound is None:
            return None
        worst = max(worst, bound)
    return worst


def _piece_bound(
    target: Target, piece: Interval, slope: Fraction, height: Fraction, error: Fraction
) -> Fraction | None:
    worst, todo = Fraction(0), [(piece, 0)]
    while todo:
        cell, halvings = todo.pop()
        bound = _cell_bound(target, cell, slope, height)
        if bound is not None and bound <= error:
            worst = max(worst, bound)
        elif halvings == MAX_HALVINGS or _surely_above(target, cell, slope, height, error):
            return None
        else:
            todo.extend((half, halvings + 1) for half in cell.split())
    return worst


def _surely_above(
    target: Target, cell: Interval, slope: Fraction, height: Fraction, error: Fraction
) -> bool:
    """Whether the middle of the cell alone shows that the error is exceeded."""
    centre = cell.centre
    value = target.enclose(Interval(centre, centre))
    if value is None:
        return False
    line = slope * centre + height
    return value.lower - line > error or line - value.upper > error


def _cell_bound(
    target: Target, cell: Interval, slope: Fraction, height: Fraction
) -> Fraction | None:
    """In integers over 2^96, rounded outward: rationals of every cell would grow."""
    taylor = target.taylor(cell)
    if taylor is None:
        return None
    reach = _up(cell.width / 2)
    line = slope * cell.centre + height
    low, high = _down(taylor.value.lower - line), _up(taylor.value.upper - line)
    steep = _down(slope), _up(slope)
    bounds = []
    if taylor.slope is not None and taylor.curvature is not None:
        tilt = _product(_distance(taylor.slope, steep), reach)
        square = _product(reach, reach)
        sag = min(-_product(-_down(taylor.curvature.lower), square), 0) // 2
        rise = -(-max(_product(_up(taylor.curvature.upper), square), 0) // 2)
        bounds.append(max(abs(low - tilt + sag), abs(high + tilt + rise)))
    if taylor.slope_range is not None:
        tilt = _product(_distance(taylor.slope_range, steep), reach)
        bounds.append(max(abs(low - tilt), abs(high + tilt)))
    return Fraction(min(bounds), 1 << SCALE) if bounds else None


def _down(value: Fraction) -> int:
    return (value.numerator << SCALE) // value.denominator


def _up(value: Fraction) -> int:
    return -((-value.numerator << SCALE) // value.denominator)


def _product(first: int, second: int) -> int:
    """Rounded up."""
    return -((-first * second) >> SCALE)


def _distance(values: Interval, steep: tuple[int, int]) -> int:
    """An upper bound of |v - slope| for v in an interval."""
    return max(_up(values.upper) - steep[0], steep[1] - _down(values.lower))
