"""The oracle for rounding after every operation, for functions on some inputs, in numpy.

Like `bitproof.theory.closure_of_steps`, it knows nothing of the theorems; restricted to a few
inputs it takes formats whose functions are too many to list.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from bitproof.theory.arithmetic import Arithmetic
from bitproof.theory.expressivity import Expressivity

Found = NDArray[np.bool_]


def enumerated(
    table: Sequence[int], arithmetic: Arithmetic, points: Sequence[tuple[int, ...]]
) -> Found:
    """Which functions on some inputs networks compute, by the number of the function: layer after
    layer, until all are found or a layer repeats."""
    low, base = arithmetic.lowest, len(arithmetic.levels)
    powers = base ** np.arange(len(points))
    vectors = np.arange(base ** len(points))[:, None] // powers % base  # all functions, from 0
    images = np.asarray(table) - low
    constants = (np.arange(base)[:, None] * powers).sum(axis=1)
    sums = set(constants.tolist())
    for axis in zip(*points, strict=True):  # every input is added once, in their order
        added = [[arithmetic.requantise(m * x) for x in axis] for m in arithmetic.first_weights()]
        sums = {
            int((np.clip(vectors[f] + row, 0, base - 1) * powers).sum())
            for f in sums
            for row in added
        }
    seen = []
    found = np.zeros(len(vectors), dtype=bool)
    while sums not in seen and not found.all():
        seen.append(sums)
        features = np.unique(images[vectors[sorted(sums)]], axis=0) + low
        rows = {
            tuple(arithmetic.requantise(m * v) for v in feature)
            for feature in features.tolist()
            for m in arithmetic.first_weights()
        }
        reached = np.zeros(len(vectors), dtype=bool)
        reached[constants] = True
        count = 0
        while count < reached.sum() and not reached.all():
            count = reached.sum()
            for row in rows:
                moved = np.clip(vectors[reached] + np.asarray(row), 0, base - 1) @ powers
                reached[moved] = True
        sums = set(np.flatnonzero(reached).tolist())
        found |= reached
    return found


def forbidden(
    answer: Expressivity,
    arithmetic: Arithmetic,
    points: Sequence[tuple[int, ...]],
    found: Found,
) -> bool:
    """Whether the function that a verdict names is on these inputs, and not found."""
    function = dict(answer.witness.function)  # type: ignore[union-attr]
    if not set(function) <= set(points):
        return False
    numbers = np.flatnonzero(found)
    base = len(arithmetic.levels)
    for point, value in function.items():
        digit = numbers // base ** list(points).index(point) % base
        numbers = numbers[digit == value - arithmetic.lowest]
    return len(numbers) == 0
