"""The general builder: for K-Lipschitz functions and any resources, the best network we know.

Resources are any of an error, a memory, a width, a depth and the bits of a weight. Every method
that serves a class of functions is asked; what it promises is exact before anything is built, and
building keeps it. A new method joins by an entry in `METHODS`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import product
from typing import TYPE_CHECKING

from bitproof.construct.class_method import Budget, ClassMethod
from bitproof.construct.comb_matrix_method import CombMatrixMethod
from bitproof.construct.fold_matrix_method import FoldMatrixMethod
from bitproof.construct.hinges_method import HingesMethod
from bitproof.construct.march_class import Family
from bitproof.construct.march_method import MarchMethod
from bitproof.construct.promise import Promise, widened
from bitproof.construct.select_and_decode_method import SelectAndDecodeMethod
from bitproof.errors import BitproofError, NoDesignError
from bitproof.exact import Q, WeightFormat, parse_codebook
from bitproof.theory.planner import Question

if TYPE_CHECKING:
    from bitproof.construct.construction import Construction
    from bitproof.target.target import Target

METHODS: tuple[ClassMethod, ...] = (
    MarchMethod(),
    FoldMatrixMethod(),
    SelectAndDecodeMethod(),
    HingesMethod(),
    CombMatrixMethod(),
)

FOUR_VALUES = "-1,0,1/2,1"
OPEN_BITS = range(3, 8)
FINE_FORMATS = (Q(1, 4), Q(1, 8), Q(1, 13))
"""Where only the size counts, fraction bits serve shallow networks."""


def formats_of(weight_bits: int | None) -> list[WeightFormat]:
    """The formats tried for a number of bits per weight; open, those in which memory is least.

    >>> [form.name for form in formats_of(4)]
    ['Q(0,2)', 'Q(1,1)']
    >>> [form.name for form in formats_of(16)]
    ['Q(0,14)', 'Q(1,13)', 'Q(3,11)', 'Q(7,7)', 'Q(13,1)']
    """
    if weight_bits is None:
        return [parse_codebook(FOUR_VALUES), *(Q(bits - 3, 1) for bits in OPEN_BITS)]
    if weight_bits == 2:
        return [parse_codebook(FOUR_VALUES)]
    splits = {0, weight_bits - 3} | ({1} if weight_bits > 4 else set())
    if weight_bits > max(OPEN_BITS):
        splits |= {3, (weight_bits - 2) // 2}
    return [Q(a, weight_bits - 2 - a) for a in sorted(splits)]


def promises(
    question: Question, formats: Sequence[WeightFormat] | None = None
) -> Iterator[Promise]:
    """What the methods promise for a question: of each method and format the best one.

    Args:
        formats: of the weights; those of `formats_of` unless given. Where the bits of a weight are
            given, a method may keep to a narrower format inside.
    """
    family = Family(question.domain, question.span, question.lipschitz)
    narrower = formats is not None or question.weight_bits is not None
    outer = list(formats_of(question.weight_bits) if formats is None else formats)
    if not narrower and question.error is None and question.memory is None:
        outer += FINE_FORMATS
    for form in outer:
        for method in METHODS:
            for inner in method.formats(form):
                if narrower or inner == form:
                    found = _asked(method, family, inner, form, question)
                    if found is not None:
                        yield found


def _asked(
    method: ClassMethod,
    family: Family,
    inner: WeightFormat,
    form: WeightFormat,
    question: Question,
) -> Promise | None:
    """The best promise of a method in a format that keeps what the question allows."""
    weights = None
    if question.memory is not None:
        per_weight = form.memory_bits(1, with_zero=True)
        weights = question.memory // per_weight
        if weights < 1:
            return None
    budget = Budget(question.width, question.depth, weights)
    if question.error is not None:
        best = lightest(method, family, inner, question.error, budget)
    else:
        best = finest(method, family, inner, budget)
    return None if best is None else widened(best, form)


def best_promise(question: Question, formats: Sequence[WeightFormat] | None = None) -> Promise:
    """The least memory for the error asked for, or else the least error.

    Raises:
        NoDesignError: no method promises anything within the resources.
    """
    found = list(promises(question, formats))
    if not found:
        raise NoDesignError(
            "nothing is promised within these resources", remedy="allow more of them"
        )
    if question.error is not None:
        return min(found, key=lambda p: (p.dense_bits, p.depth))
    return min(found, key=lambda p: (p.error, p.dense_bits))


def best_promises(
    question: Question, width: int, depths: Sequence[int], formats: Sequence[Q]
) -> dict[tuple[Q, int], Promise | None]:
    """The promise of least error for every format and depth at a width, each in the narrower format
    it is made in; None where there is none."""
    family = Family(question.domain, question.span, question.lipschitz)
    known = dict[tuple[ClassMethod, WeightFormat, int], Promise | None]()
    best = dict[tuple[Q, int], Promise | None]()
    for form, depth in product(formats, depths):
        found = list[Promise]()
        for method in METHODS:
            for inner in method.formats(form):
                key = method, inner, depth
                if key not in known:
                    known[key] = finest(method, family, inner, Budget(width, depth))
                promise = known[key]
                if promise is not None:
                    found.append(promise)
        best[form, depth] = min(found, key=_errors, default=None)
    return best


def finest(
    method: ClassMethod, family: Family, form: WeightFormat, budget: Budget
) -> Promise | None:
    """A method's promise of least error within a budget; None if it makes none."""
    try:
        offers = [p for p in method.finest(family, form, budget) if budget.holds(p)]
    except BitproofError:
        return None
    return min(offers, key=_errors, default=None)


def lightest(
    method: ClassMethod, family: Family, form: WeightFormat, error: Fraction, budget: Budget
) -> Promise | None:
    """A method's promise of least memory for an error; None if it makes none."""
    try:
        found = method.lightest(family, form, error, budget)
        offers = [p for p in found if p.error <= error and budget.holds(p)]
    except BitproofError:
        return None
    return min(offers, key=lambda p: (p.dense_weights, p.depth), default=None)


def _errors(promise: Promise) -> tuple[Fraction, int, int]:
    return promise.error, promise.dense_weights, promise.depth


def build(target: Target, question: Question) -> Construction:
    """The network of the best promise for one function of the class.

    Raises:
        NoDesignError: as `best_promise`.
        InputError: the function is not of the class.
    """
    return best_promise(question).build(target)
