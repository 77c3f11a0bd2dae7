"""The oracle for rounding after every operation: all functions, listed one by one.

A neuron starts from its bias and adds rounded products one after the other; every partial sum
saturates. Behind the first layer neurons may be copied and others given weight 0, so any sequence
of products of features is at hand: the sums are a search over vectors of levels.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import product

from bitproof.errors import InputError, WorkLimitError
from bitproof.theory.arithmetic import Arithmetic
from bitproof.theory.lattice import Vector

MAX_FUNCTIONS = 20_000


@dataclass(frozen=True)
class StepClosure:
    """Everything that networks compute when every operation is rounded.

    Attributes:
        arithmetic: with the format.
        inputs: d, the number of inputs.
        functions: levels at the inputs in lexicographic order.
        depth: after how many hidden layers nothing new came.
    """

    arithmetic: Arithmetic
    inputs: int
    functions: frozenset[Vector]
    depth: int

    exact = True

    @property
    def universal(self) -> bool:
        """Whether every function is computed."""
        levels = self.arithmetic.form.levels
        every: int = levels ** (levels**self.inputs)
        return len(self.functions) == every

    def computes(self, function: Sequence[int]) -> bool:
        """Whether some network computes a function."""
        return tuple(function) in self.functions

    def missing(self) -> Vector | None:
        """A function that no network computes, if there is one."""
        points = self.arithmetic.form.levels**self.inputs
        every = product(self.arithmetic.levels, repeat=points)
        return next((f for f in every if f not in self.functions), None)


def closure_of_steps(table: Sequence[int], arithmetic: Arithmetic, inputs: int = 1) -> StepClosure:
    """All functions that networks with at least one hidden layer compute, rounding each product.

    Args:
        table: T, for every level ascending.
        arithmetic: full or ternary weights; biases are levels.
        inputs: d; a first-layer neuron adds its products in the order of the inputs.

    Raises:
        InputError: binary weights, whose copies cannot be left out.
        WorkLimitError: more functions than can be listed.

    >>> from bitproof.exact.fixed_point import FixedPoint
    >>> arithmetic = Arithmetic.of(FixedPoint.symmetric(1, 1), rounding_once=False)
    >>> closure_of_steps((-1, 1, 1), arithmetic).universal
    True
    """
    points = list(product(arithmetic.levels, repeat=inputs))
    if arithmetic.weight_set == "binary":
        raise InputError(
            "binary weights are not enumerated for rounding after every operation",
            remedy="use full or ternary weights, or rounding once",
        )
    if arithmetic.form.levels ** len(points) > MAX_FUNCTIONS:
        raise WorkLimitError(
            f"{arithmetic.form.levels}^{len(points)} functions to list",
            remedy=f"brute force is for tiny formats: at most {MAX_FUNCTIONS} functions",
        )
    sums = _first_sums(arithmetic, points)
    functions: set[Vector] = set()
    seen: list[frozenset[Vector]] = []
    while True:
        features = _applied(table, arithmetic, sums)
        if features in seen:
            return StepClosure(arithmetic, inputs, frozenset(functions), len(seen))
        seen.append(features)
        sums = _sums(features, arithmetic, len(points))
        functions |= sums


def _first_sums(arithmetic: Arithmetic, points: Sequence[Vector]) -> set[Vector]:
    lowest, highest = arithmetic.lowest, arithmetic.highest
    weights = arithmetic.first_weights()
    found: set[Vector] = {(bias,) * len(points) for bias in arithmetic.levels}
    for axis in zip(*points, strict=True):
        rows = {tuple(arithmetic.requantise(m * x) for x in axis) for m in weights}
        found = {
            tuple(min(max(a + b, lowest), highest) for a, b in zip(total, row, strict=True))
            for total in found
            for row in rows
        }
    return found


def _applied(
    table: Sequence[int], arithmetic: Arithmetic, sums: Iterable[Vector]
) -> frozenset[Vector]:
    return frozenset(tuple(table[k - arithmetic.lowest] for k in total) for total in sums)


def _sums(features: Iterable[Vector], arithmetic: Arithmetic, points: int) -> set[Vector]:
    """Every vector of levels that products of features lead to from some bias."""
    lowest, highest = arithmetic.lowest, arithmetic.highest
    products = {
        tuple(arithmetic.requantise(m * value) for value in feature)
        for feature in features
        for m in arithmetic.first_weights()
    }
    found: set[Vector] = {(bias,) * points for bias in arithmetic.levels}
    queue = list(found)
    while queue:
        total = queue.pop()
        for row in products:
            moved = tuple(min(max(a + b, lowest), highest) for a, b in zip(total, row, strict=True))
            if moved not in found:
                found.add(moved)
                queue.append(moved)
    return found
