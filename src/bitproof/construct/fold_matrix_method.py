"""Fold matrices for a class: the error is moved until the memory or the size is met."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from bitproof.construct.class_method import Budget, ClassMethod
from bitproof.construct.fold_matrix_class import (
    ClassFoldMatrix,
    class_fold_matrix,
    finest_fold_matrix,
)
from bitproof.construct.fold_matrix_plan import Limits
from bitproof.construct.march_class import Family
from bitproof.construct.promise import Promise
from bitproof.errors import NoDesignError
from bitproof.exact import Q, WeightFormat

MOST_BITS = range(4, 8)
ROUNDS = 6
FIRST_WEIGHTS_PER_CELL = Fraction(6, 5)
WIDER = Fraction(5, 4)
CLOSE = Fraction(9, 10)
LEAST_WIDTH = 6


@dataclass(frozen=True, slots=True)
class FoldMatrixMethod(ClassMethod):
    """The fold matrix: Q(a, b) with a ≥ 1 and b ≥ 1."""

    @property
    def name(self) -> str:
        return "fold-matrix"

    def formats(self, form: WeightFormat) -> tuple[WeightFormat, ...]:
        """At each number of bits from 4 to 7 the one with the most integer bits within `form`:
        wider matrices store the same path in more bits.

        >>> [form.name for form in FoldMatrixMethod().formats(Q(1, 14))]
        ['Q(1,1)', 'Q(1,2)', 'Q(1,3)', 'Q(1,4)']
        """
        if not isinstance(form, Q) or form.a < 1 or form.b < 1:
            return ()
        splits = [(min(form.a, bits - 3), bits) for bits in MOST_BITS]
        return tuple(Q(a, bits - 2 - a) for a, bits in splits if bits - 2 - a <= form.b)

    def lightest(
        self, family: Family, form: WeightFormat, error: Fraction, budget: Budget
    ) -> Iterator[Promise]:
        """The one of least memory, whole or in blocks."""
        found = _planned(family, form, error, budget)
        if found is not None:
            yield found

    def finest(self, family: Family, form: WeightFormat, budget: Budget) -> Iterator[Promise]:
        """Within a size by size; within a memory by moving the error."""
        if budget.width is not None and budget.width < LEAST_WIDTH:
            return
        if budget.weights is not None:
            yield from _within_weights(family, form, budget, budget.weights)
            return
        assert isinstance(form, Q)
        try:
            yield finest_fold_matrix(family, form, Limits(budget.depth, budget.width))
        except NoDesignError:
            return


def _within_weights(
    family: Family, form: WeightFormat, budget: Budget, weights: int
) -> Iterator[ClassFoldMatrix]:
    error = FIRST_WEIGHTS_PER_CELL * family.lipschitz * family.domain.width / weights
    for _ in range(ROUNDS):
        found = _planned(family, form, error.limit_denominator(10**9), budget)
        if found is None:
            error *= WIDER
            continue
        yield found
        ratio = Fraction(found.dense_weights, weights)
        close = CLOSE <= ratio <= 1
        error *= Fraction(49, 50) if close else ratio * Fraction(101, 100)


def _planned(
    family: Family, form: WeightFormat, error: Fraction, budget: Budget
) -> ClassFoldMatrix | None:
    if error <= 0 or not isinstance(form, Q):
        return None
    try:
        return class_fold_matrix(family, form, error, Limits(budget.depth, budget.width))
    except NoDesignError:
        return None
