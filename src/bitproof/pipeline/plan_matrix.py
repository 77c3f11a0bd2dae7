"""Fold matrices offered to a question: the error is moved until the memory or the size is met."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from bitproof.construct.fold_matrix_class import ClassFoldMatrix, class_fold_matrix
from bitproof.construct.fold_matrix_plan import Limits
from bitproof.construct.march_class import Family
from bitproof.errors import NoDesignError
from bitproof.exact import Q, WeightFormat
from bitproof.theory.planner import Question

ROUNDS = 8
FIRST_KAPPA = Fraction(9, 2)
LARGEST_BITS = 6
WIDER, FINER = Fraction(5, 4), Fraction(9, 10)


def matrix_offers(question: Question, form: WeightFormat) -> Iterator[ClassFoldMatrix]:
    """Fold matrices of a format that may meet a question's goal; none for formats too narrow for
    one, or so wide that planning would take long."""
    if not isinstance(form, Q) or form.a < 1 or form.b < 1 or form.bits > LARGEST_BITS:
        return
    family = Family(question.domain, question.span, question.lipschitz)
    if question.error is not None:
        found = _planned(family, form, question.error, Limits())
        if found is not None:
            yield found
    elif question.memory is not None:
        yield from _within_memory(question, family, form, question.memory)
    elif question.width is not None and question.depth is not None:
        yield from _within_size(question, family, form, question.width, question.depth)


def _within_memory(
    question: Question, family: Family, form: Q, memory: int
) -> Iterator[ClassFoldMatrix]:
    error = FIRST_KAPPA * question.scale / memory
    for _ in range(ROUNDS - 2):
        found = _planned(family, form, error.limit_denominator(10**9), Limits())
        if found is None:
            error *= WIDER
            continue
        yield found
        ratio = Fraction(found.dense_bits, memory)
        close = FINER <= ratio <= 1
        error *= Fraction(49, 50) if close else ratio * Fraction(101, 100)


def _within_size(
    question: Question, family: Family, form: Q, width: int, depth: int
) -> Iterator[ClassFoldMatrix]:
    if width < 4:
        return
    error = question.scale / (width * width)
    met = False
    for _ in range(ROUNDS):
        found = _planned(family, form, error.limit_denominator(10**9), Limits(depth, width))
        fits = found is not None and found.width <= width and found.depth <= depth
        if found is not None:
            yield found
        if met and not fits:
            return
        met = fits
        error *= FINER if fits else WIDER * WIDER


def _planned(family: Family, form: Q, error: Fraction, limits: Limits) -> ClassFoldMatrix | None:
    if error <= 0:
        return None
    try:
        return class_fold_matrix(family, form, error, limits)
    except NoDesignError:
        return None
