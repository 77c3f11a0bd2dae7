"""Hinges for a class: the scaling of the input is chosen, all else follows from the budget."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from bitproof.construct.class_method import Budget, ClassMethod
from bitproof.construct.hinges_class import (
    ClassHinges,
    class_constant,
    class_hinges,
    scaling_layers,
    spacing_of,
)
from bitproof.construct.march_class import Family
from bitproof.construct.promise import Promise
from bitproof.errors import NoDesignError
from bitproof.exact import Q, WeightFormat
from bitproof.theory.march import path_error

EXPONENTS = range(15)
MAX_CELLS = 1 << 14
HEAD_LAYERS = 3
FINEST = 5
TRIES = 5


@dataclass(frozen=True, slots=True)
class HingesMethod(ClassMethod):
    """Hinges: Q(a, b) with a ≥ 1 and b ≥ 1; places are multiples of 2^-b."""

    @property
    def name(self) -> str:
        return "hinges"

    def formats(self, form: WeightFormat) -> tuple[WeightFormat, ...]:
        """The format itself: every fraction bit serves."""
        return (form,) if isinstance(form, Q) and form.a >= 1 and form.b >= 1 else ()

    def lightest(
        self, family: Family, form: WeightFormat, error: Fraction, budget: Budget
    ) -> Iterator[Promise]:
        """For each scaling the fewest cells, in as few layers as the width allows."""
        if not isinstance(form, Q):
            return
        yield from _constants(family, form)
        for exponent, gain in _scales(form, budget):
            spacing = spacing_of(form, family.domain, exponent, gain)
            cells = path_error(family.domain.width, family.lipschitz, spacing) / error
            for turn in range(TRIES):
                count = (cells * (1 + Fraction(turn, 16))).__ceil__()
                wide = count if budget.width is None else min(count, budget.width - 1)
                if count > MAX_CELLS or wide < 1:
                    break
                found = _made(family, form, exponent, gain, wide, -(-count // wide))
                if found is not None and found.error <= error:
                    yield found
                    break

    def finest(self, family: Family, form: WeightFormat, budget: Budget) -> Iterator[Promise]:
        """For each scaling as many cells as fit."""
        if not isinstance(form, Q):
            return
        yield from _constants(family, form)
        for exponent, gain in _scales(form, budget):
            for found in _filling(family, form, exponent, gain, budget):
                if budget.holds(found):
                    yield found
                    break


def _scales(form: Q, budget: Budget) -> Iterator[tuple[int, int]]:
    """Exponents of X, and gains with slopes from as fine as 2^-5 to as coarse as K, about."""
    for exponent in EXPONENTS:
        layers = scaling_layers(exponent, form)
        if budget.depth is not None and layers + 2 > budget.depth:
            return
        for finer in range(FINEST):
            gain = max(0, exponent - form.b + finer)
            yield exponent, gain
            if exponent + FINEST <= form.b:
                break


def _filling(
    family: Family, form: Q, exponent: int, gain: int, budget: Budget
) -> Iterator[ClassHinges]:
    """Networks of about as many cells as a budget allows, the largest first."""
    wide = MAX_CELLS if budget.width is None else budget.width - 1
    head = scaling_layers(exponent, form) + 1 - (-gain // form.b)
    for spare in range(HEAD_LAYERS):
        layers = MAX_CELLS if budget.depth is None else budget.depth - head - spare
        if budget.weights is not None:
            layers = min(layers, max(1, budget.weights // (3 * wide + 2) - spare))
            wide = min(wide, max(1, (budget.weights - 3 - 2 * spare - 2 * head) // 3))
        layers = min(layers, max(1, MAX_CELLS // max(wide, 1)))
        found = _made(family, form, exponent, gain, wide, layers)
        if found is not None:
            yield found


def _made(
    family: Family, form: Q, exponent: int, gain: int, per_layer: int, layers: int
) -> ClassHinges | None:
    if per_layer < 1 or layers < 1:
        return None
    try:
        return class_hinges(family, form, exponent, gain, per_layer, layers)
    except NoDesignError:
        return None


def _constants(family: Family, form: Q) -> Iterator[ClassHinges]:
    try:
        yield class_constant(family, form)
    except NoDesignError:
        return
