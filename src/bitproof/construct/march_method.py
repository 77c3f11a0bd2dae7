"""Marches for a class: the number of cells at which a goal is just met, by exact size formulas."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

from bitproof.construct.class_method import Budget, ClassMethod
from bitproof.construct.march_class import ClassMarch, Family, class_march
from bitproof.construct.promise import Promise
from bitproof.errors import BitproofError
from bitproof.exact import Q, WeightFormat

MANTISSA = 32
OUTPUT_DIGITS = (1, 3, 5)
MAX_OCTAVES = 17
NEARBY = 4
"""Sizes go up and down a little with the digits of the mantissa, so neighbours are tried too."""
INPUT_DIGITS = 8
NARROW = (Q(0, 1), Q(1, 1), Q(0, 3), Q(0, 5), Q(1, 4))
MOST_BITS = 7


@dataclass(frozen=True, slots=True)
class MarchMethod(ClassMethod):
    """The march: any format with -1, 0, 1/2 and 1."""

    @property
    def name(self) -> str:
        return "march"

    def formats(self, form: WeightFormat) -> tuple[WeightFormat, ...]:
        """The format itself, if it is not wide, and narrower ones, which take fewer layers."""
        if not isinstance(form, Q):
            return (form,)
        own = [form] if form.bits <= MOST_BITS else []
        return (*own, *(q for q in NARROW if q.a <= form.a and q.b <= form.b and q != form))

    def lightest(
        self,
        family: Family,
        form: WeightFormat,
        error: Fraction,
        budget: Budget,  # noqa: ARG002  (a march has but one width)
    ) -> Iterator[Promise]:
        """The cells at which the error is just met."""
        yield from _around(family, form, lambda march: march.error <= error, rising=True)

    def finest(self, family: Family, form: WeightFormat, budget: Budget) -> Iterator[Promise]:
        """The cells up to which the budget is kept."""
        yield from _around(family, form, budget.holds, rising=False)


def _around(
    family: Family, form: WeightFormat, meets: Callable[[ClassMarch], bool], *, rising: bool
) -> Iterator[ClassMarch]:
    """The marches that meet a goal near where it begins (rising) or ceases to be met."""
    for digits in OUTPUT_DIGITS:
        edge = _edge(family, form, digits, meets, rising=rising)
        for index in range(edge - NEARBY, edge + NEARBY + 1):
            found = march_of(family, form, index, digits)
            if isinstance(found, ClassMarch) and meets(found):
                yield found


def _edge(
    family: Family,
    form: WeightFormat,
    digits: int,
    meets: Callable[[ClassMarch], bool],
    *,
    rising: bool,
) -> int:
    """Where the goal begins or ceases to be met, by bisection."""
    low, high = MANTISSA, MAX_OCTAVES * MANTISSA
    while high - low > 1:
        middle = (low + high) // 2
        found = march_of(family, form, middle, digits)
        # a march too small for its constants counts as one of few cells
        beyond = isinstance(found, ClassMarch) and meets(found) == rising
        low, high = (low, middle) if beyond else (middle, high)
    return high


@lru_cache(maxsize=4096)
def march_of(
    family: Family, form: WeightFormat, index: int, digits: int
) -> ClassMarch | BitproofError:
    """The march of a size, indexed by octave and mantissa of the number of cells; or why not."""
    octave, mantissa = divmod(index, MANTISSA)
    if not 0 < octave <= MAX_OCTAVES:
        return BitproofError(f"2^{octave} cells")
    cells = Fraction((MANTISSA + mantissa) << octave, MANTISSA)
    try:
        return class_march(family, form, cells / family.domain.width, INPUT_DIGITS, digits)
    except BitproofError as problem:
        return problem
