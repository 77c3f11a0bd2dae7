"""Select and decode for a class: the error is moved until the memory or the size is met."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from math import sqrt

from bitproof.construct.class_method import Budget, ClassMethod
from bitproof.construct.march_class import Family
from bitproof.construct.promise import Promise
from bitproof.construct.select_and_decode_class import (
    ClassSelectAndDecode,
    class_select_and_decode,
)
from bitproof.errors import NoDesignError
from bitproof.exact import Q, WeightFormat, from_float

BITS = range(5, 8)
LEAST_WIDTH, LEAST_DEPTH = 20, 40
CELLS_PER_SQUARE = Fraction(8, 5)
BITS_PER_CELL, BITS_PER_ROOT = 1.3, 78.0
ROUNDS = 3
TIGHTER = Fraction(101, 100)


@dataclass(frozen=True, slots=True)
class SelectAndDecodeMethod(ClassMethod):
    """Strings of slope signs in weights of Q(a, 1)."""

    @property
    def name(self) -> str:
        return "select-and-decode"

    def formats(self, form: WeightFormat) -> tuple[WeightFormat, ...]:
        """Weights of 5 to 7 bits within `form`: decoding more bits takes more layers than they
        save."""
        if not isinstance(form, Q):
            return ()
        return tuple(Q(bits - 3, 1) for bits in BITS if bits - 3 <= form.a and form.b >= 1)

    def lightest(
        self,
        family: Family,
        form: WeightFormat,
        error: Fraction,
        budget: Budget,  # noqa: ARG002  (it is checked by whoever asks)
    ) -> Iterator[Promise]:
        """The one of least memory."""
        found = _planned(family, form, error)
        if found is not None:
            yield found

    def finest(self, family: Family, form: WeightFormat, budget: Budget) -> Iterator[Promise]:
        """The error at which the width or the memory is just kept."""
        narrow = budget.width is not None and budget.width < LEAST_WIDTH
        if narrow or (budget.depth is not None and budget.depth < LEAST_DEPTH):
            return
        error = family.lipschitz * family.domain.width * _first_error(budget, form)
        for _ in range(ROUNDS):
            found = _planned(family, form, error.limit_denominator(10**9))
            if found is None:
                return
            yield found
            error *= _ratio(found, budget) * TIGHTER


def _first_error(budget: Budget, form: WeightFormat) -> Fraction:
    """A guess, for K·length = 1."""
    guesses = list[Fraction]()
    if budget.width is not None:
        guesses.append(1 / (CELLS_PER_SQUARE * budget.width**2))
    if budget.weights is not None:
        # cells·(bits per cell) + √cells·(bits per root) = bits, for √cells
        bits = form.memory_bits(budget.weights)
        root = (sqrt(BITS_PER_ROOT**2 + 4 * BITS_PER_CELL * bits) - BITS_PER_ROOT) / (
            2 * BITS_PER_CELL
        )
        guesses.append(from_float(1 / root**2))
    return max(guesses)


def _ratio(found: ClassSelectAndDecode, budget: Budget) -> Fraction:
    """By how much the network is too large."""
    ratios = [Fraction(1, 4)]
    if budget.width is not None:
        ratios.append(Fraction(found.width, budget.width) ** 2)
    if budget.weights is not None:
        ratios.append(Fraction(found.dense_weights, budget.weights))
    return max(ratios)


def _planned(family: Family, form: WeightFormat, error: Fraction) -> ClassSelectAndDecode | None:
    if error <= 0:
        return None
    try:
        return class_select_and_decode(family, form, error)
    except NoDesignError:
        return None
