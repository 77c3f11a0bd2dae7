"""Coding a function as a path on a lattice, one cell of look-ahead."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Integers = npt.NDArray[np.int64]


def nearest_path(values: Floats, levels: int) -> Integers:
    """The lattice path t_0, ..., t_n that ends each cell nearest to the function.

    Node k of the lattice is the integers of the parity of k; a step is one of -m, 2 - m, ..., m.

    Args:
        values: f at the ends of the cells, in half-spacings of the lattice.
        levels: m, odd.

    Where f changes by at most m in every cell, every node is nearest to f (a tie goes down); where
    it is steeper the path follows as fast as it can.

    >>> nearest_path(np.array([0.0, 1.0, 1.9, 2.2, 0.4]), 1).tolist()
    [0, 1, 2, 3, 2]
    """
    parity = np.arange(len(values)) % 2
    nodes = parity + 2 * np.ceil((values - 1 - parity) / 2).astype(np.int64)
    if len(nodes) < 2 or int(np.abs(np.diff(nodes)).max()) <= levels:
        return nodes
    return _limited_path(nodes, levels)


def _limited_path(nearest: Integers, levels: int) -> Integers:
    wanted = nearest.tolist()
    path = [wanted[0]]
    for goal in wanted[1:]:
        path.append(min(max(goal, path[-1] - levels), path[-1] + levels))
    return np.array(path, dtype=np.int64)
