"""The cells of a box: the tree of cuts, and the corners of each cell.

In lattice coordinates k_i = (x_i - lower_i)/step_i, with k_0 = 0, a cell is the set
k_i - k_j ≤ bounds[i][j] for all i, j in 0, …, d. A cut (i, j, at) leaves the parts
k_i - k_j ≤ at and k_i - k_j ≥ at, which together are the cell, whatever `at` is; so the leaves of
any tree cover the box. The corners of a cell are among the points where the inequalities that hold
with equality connect 0, …, d (d independent ones); all of those that fulfil the rest are taken.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from itertools import combinations, product

from .document import Invalid, integer, list_of

Bounds = tuple[tuple[int, ...], ...]
Place = tuple[int, ...]

MAX_ENTRIES = 1 << 21
MAX_INPUTS = 3


def whole(counts: Place) -> Bounds:
    """0 ≤ k_i ≤ counts_i."""
    high = (0, *counts)
    return tuple(tuple(0 if i == j else h for j in range(len(high))) for i, h in enumerate(high))


def part(bounds: Bounds, i: int, j: int, bound: int) -> Bounds:
    """Also k_i - k_j ≤ bound, with what follows from it and one more bound on either side."""
    return tuple(
        tuple(min(old, row[i] + bound + rest) for old, rest in zip(row, bounds[j], strict=True))
        for row in bounds
    )


def leaves(tree: object, start: Bounds) -> Iterator[Bounds]:
    """The cells at the leaves of a tree written depth first: [i, j, at] for a cut, whose lower part
    follows and then its upper part, and 0 for a leaf.

    Raises:
        Invalid: not such a tree.
    """
    waiting = [start]
    for entry in list_of(tree, "partition: tree", MAX_ENTRIES):
        if not waiting:
            raise Invalid("partition: the tree goes on after its last leaf")
        cell = waiting.pop()
        if entry == 0 and not isinstance(entry, bool):
            yield cell
            continue
        i, j, at = _cut(entry, len(start))
        waiting += [part(cell, j, i, -at), part(cell, i, j, at)]
    if waiting:
        raise Invalid("partition: the tree ends before its last leaf")


def _cut(entry: object, size: int) -> tuple[int, int, int]:
    if not isinstance(entry, list) or len(entry) != 3:
        raise Invalid("partition: an entry is 0 or [i, j, at]")
    i, j, at = (integer(number, "partition: a cut") for number in entry)
    if not (0 <= i < size and 0 <= j < size and i != j):
        raise Invalid("partition: a cut between inputs that do not exist")
    return i, j, at


def halves(bounds: Bounds) -> tuple[Bounds, Bounds]:
    """The cell on a lattice twice as fine, cut halfway across its longest input."""
    fine = tuple(tuple(2 * bound for bound in row) for row in bounds)
    lengths = [fine[i][0] + fine[0][i] for i in range(len(fine))]
    axis = lengths.index(max(lengths))
    middle = (fine[axis][0] - fine[0][axis]) // 2
    return part(fine, axis, 0, middle), part(fine, 0, axis, -middle)


def corners(bounds: Bounds) -> tuple[Place, ...]:
    """Points whose convex hull is the cell; none if the cell is empty."""
    low = tuple(-bound for bound in bounds[0])
    shape = tuple(
        tuple(bound - low[i] + low[j] for j, bound in enumerate(row))
        for i, row in enumerate(bounds)
    )
    return tuple(
        tuple(a + b for a, b in zip(low[1:], corner, strict=True)) for corner in _corners(shape)
    )


@lru_cache(maxsize=1 << 14)
def _corners(bounds: Bounds) -> tuple[Place, ...]:
    nodes = range(len(bounds))
    found = set[Place]()
    for tree in _trees(len(bounds)):
        for sides in product((False, True), repeat=len(tree)):
            place = {0: 0}
            for (known, new), side in zip(tree, sides, strict=True):
                step = bounds[new][known] if side else -bounds[known][new]
                place[new] = place[known] + step
            if all(place[i] - place[j] <= bounds[i][j] for i in nodes for j in nodes):
                found.add(tuple(place[node] for node in nodes[1:]))
    return tuple(sorted(found))


@lru_cache
def _trees(count: int) -> tuple[tuple[tuple[int, int], ...], ...]:
    """All trees on 0, …, count - 1 as edges (known, new), each new node joined to a known one."""
    trees = []
    for edges in combinations(tuple(combinations(range(count), 2)), count - 1):
        reached, order, waiting = {0}, list[tuple[int, int]](), list(edges)
        while edge := next((e for e in waiting if (e[0] in reached) != (e[1] in reached)), None):
            known, new = edge if edge[0] in reached else edge[::-1]
            reached.add(new)
            order.append((known, new))
            waiting.remove(edge)
        if len(reached) == count:
            trees.append(tuple(order))
    return tuple(trees)
