"""What the theorems predict, in the oracle's terms."""

from __future__ import annotations

from collections.abc import Sequence

from bitproof.theory.arithmetic import Arithmetic
from bitproof.theory.boxes import Box, covers, maximal
from bitproof.theory.closure import Closure
from bitproof.theory.residues import circle_of


def predicted_boxes(table: Sequence[int], arithmetic: Arithmetic, classes: int) -> list[Box]:
    """Theorem A: for every c, the functions on the classes with values that c suits."""
    circle = circle_of(table, arithmetic)
    full = (1 << arithmetic.form.levels) - 1
    if circle.modulus == 0:
        return [(full,) * classes]
    allowed = {
        sum(
            1 << at
            for at, level in enumerate(arithmetic.levels)
            if circle.arc(level) is None or _suits(arithmetic, level, c, circle.modulus)
        )
        for c in range(0, circle.modulus, circle.step)
    }
    return maximal((levels,) * classes for levels in allowed)


def _suits(arithmetic: Arithmetic, level: int, c: int, modulus: int) -> bool:
    low, high = arithmetic.cell(level)
    return any((u - c) % modulus == 0 for u in range(low, high + 1))


def same_functions(found: Closure, predicted: Sequence[Box]) -> bool:
    """Whether the oracle's functions are exactly the predicted ones."""
    if set(found.boxes) == set(predicted):
        return True
    return all(covers(found.boxes, box) for box in predicted) and all(
        covers(predicted, box) for box in found.boxes
    )
