"""Proved bounds of |D^a f| on a box, for many a at once: the cell with the worst bound is
bisected until every bound is nearly attained."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction

from bitproof.exact.box import Box
from bitproof.exact.interval import Interval
from bitproof.exact.rationals import to_float
from bitproof.target.box_target import MultiIndex
from bitproof.target.classify import rounded_up

SLACK = 17 / 16
MAX_CELLS = 400
MAX_DEPTH = 24

Enclosures = Mapping[MultiIndex, Interval | None]


def derivative_norms(
    over: Callable[[Box], Enclosures], domain: Box, indices: Sequence[MultiIndex]
) -> dict[MultiIndex, Fraction | None]:
    """Upper bounds of the magnitudes that `over` encloses on the cells of a domain; None for
    those that are not bounded after the work allowed.

    Every magnitude on a cell is at least its enclosure's least one: where a bound is within the
    slack (1/16) of that, no more bisection can help.

    >>> square = lambda box: {(0,): Interval(Fraction(0), box.sides[0].upper ** 2)}
    >>> derivative_norms(square, Box.from_ends([1, 2]), [(0,)])
    {(0,): Fraction(4, 1)}
    """
    cells = [_Bounded(domain, 0, over(domain))]
    attained = dict.fromkeys(indices, 0.0)
    _attain(attained, cells[0])
    hopeful = list(indices)
    while len(cells) < MAX_CELLS:
        worst = _worst(cells, attained, hopeful)
        if worst is None:
            break
        index, position = worst
        cell = cells[position]
        if cell.depth >= MAX_DEPTH:
            hopeful.remove(index)
            continue
        cells[position] = cells[-1]
        cells.pop()
        for half in cell.box.split():
            part = _Bounded(half, cell.depth + 1, over(half))
            _attain(attained, part)
            cells.append(part)
    return {index: _bound(cells, index) for index in indices}


class _Bounded:
    """A cell with what is known of the magnitudes on it; `sizes` are floats that only propose
    where to bisect."""

    __slots__ = ("box", "depth", "found", "sizes")

    def __init__(self, box: Box, depth: int, found: Enclosures) -> None:
        self.box, self.depth, self.found = box, depth, found
        self.sizes = {
            index: None if part is None else to_float(part.magnitude)
            for index, part in found.items()
        }


def _attain(attained: dict[MultiIndex, float], cell: _Bounded) -> None:
    for index, best in attained.items():
        part = cell.found[index]
        if part is not None:
            attained[index] = max(best, to_float(part.lower), to_float(-part.upper))


def _worst(
    cells: Sequence[_Bounded], attained: Mapping[MultiIndex, float], indices: Sequence[MultiIndex]
) -> tuple[MultiIndex, int] | None:
    """The position of the cell whose bound exceeds what is attained by the largest factor; None
    if all are within the slack. A cell without a bound comes first, the smallest of them."""
    best, found = SLACK, None
    scale = max(attained.values(), default=0.0)
    for index in indices:
        sizes = [cell.sizes[index] for cell in cells]
        if None in sizes:
            unbounded = [i for i, size in enumerate(sizes) if size is None]
            return index, max(unbounded, key=lambda i: cells[i].depth)
        known = [size for size in sizes if size is not None]
        bound = max(known)
        ratio = bound / max(attained[index], scale / (1 << 20), 2.0**-900)
        if ratio > best:
            best, found = ratio, (index, known.index(bound))
    return found


def _bound(cells: Sequence[_Bounded], index: MultiIndex) -> Fraction | None:
    bounds = [cell.found[index] for cell in cells]
    if None in bounds:
        return None
    return rounded_up(max(bound.magnitude for bound in bounds if bound is not None))
