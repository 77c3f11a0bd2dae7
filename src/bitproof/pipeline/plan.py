"""Planning: which networks the constructions promise for a class of functions, none of them built.

Marches and fold matrices of a class are offered over all weight formats; the largest or smallest
that meets the goal is found by exact size formulas.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, Any

from bitproof.construct.fold_matrix_class import ClassFoldMatrix
from bitproof.construct.march_class import ClassMarch, Family, class_march
from bitproof.errors import BitproofError, FormatError, InputError, NoDesignError
from bitproof.exact import Codebook, Interval, Q, WeightFormat, parse_codebook, write_rational
from bitproof.pipeline.plan_matrix import matrix_offers
from bitproof.pipeline.request import MAX_WEIGHT_BITS, Number, read_domain, read_error, read_number
from bitproof.theory.planner import Choice, Plan, Question, TheoryLine, answer, judged

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bitproof.construct.construction import Construction
    from bitproof.target.target import Target

Promise = ClassMarch | ClassFoldMatrix
"""What a construction promises for a class; `build(target)` keeps it."""

FOUR_VALUES = "-1,0,1/2,1"
OPEN_BITS = range(3, 8)
MANTISSA = 32
OUTPUT_DIGITS = (1, 3, 5)
MAX_OCTAVES = 17
NEARBY = 4
"""Sizes go up and down a little with the digits of the mantissa, so neighbours are tried too."""


@dataclass(frozen=True, slots=True)
class PlanResult:
    """The answer of `plan`: what is promised, and how to build it.

    Attributes:
        plan: the choices, best first, and the bounds.
        promises: what each choice is made of, in the same order.
        seconds: time taken.
    """

    plan: Plan
    promises: tuple[Promise, ...]
    seconds: float

    @property
    def status(self) -> str:
        return "planned" if self.plan.choices else "no design"

    @property
    def recommended(self) -> Choice | None:
        """The best choice."""
        return self.plan.recommended

    def build(self, target: Target, choice: int = 0) -> Construction:
        """The network of a choice for one function: exactly the promised sizes and error.

        Raises:
            NoDesignError: there is no choice.
            InputError: no such choice, or a function that is not of the class.
        """
        if not self.promises:
            raise NoDesignError("nothing was promised", remedy=self.plan.needed)
        if not 0 <= choice < len(self.promises):
            raise InputError(
                f"choice {choice} of {len(self.promises)}", remedy="count from 0, the best"
            )
        return self.promises[choice].build(target)

    def to_dict(self) -> dict[str, Any]:
        """The JSON object of `bitproof plan --json`."""
        question = self.plan.question
        return {
            "status": self.status,
            "class": {
                "lipschitz": write_rational(question.lipschitz),
                "domain": [write_rational(v) for v in _ends(question.domain)],
                "range": [write_rational(v) for v in _ends(question.span)],
            },
            "goal": {
                "error": None if question.error is None else write_rational(question.error),
                "memory": question.memory,
                "width": question.width,
                "depth": question.depth,
                "weight_bits": question.weight_bits,
            },
            "recommended": None if self.recommended is None else _choice(self.recommended),
            "choices": [_choice(choice) for choice in self.plan.choices],
            "needed": self.plan.needed,
            "least_bits": self.plan.least_bits,
            "least_error": _text(self.plan.least_error),
            "shallow_lower_bounds": [
                {"depth": bound.depth, "error": write_rational(bound.error)}
                for bound in self.plan.shallow
            ],
            "not_built": [_line(line) for line in self.plan.lines],
            "seconds": round(self.seconds, 4),
        }


def plan(
    *,
    lipschitz: Number,
    domain: Interval | Sequence[Number] = (0, 1),
    range: Interval | Sequence[Number] | None = None,  # noqa: A002  (the word of the question)
    error: Number | None = None,
    memory: int | None = None,
    width: int | None = None,
    depth: int | None = None,
    weight_bits: int | None = None,
) -> PlanResult:
    """What can be promised for every K-Lipschitz function from a domain into a range.

    Args:
        lipschitz: K.
        domain: where the functions are defined.
        range: where their values lie; [-K·length, K·length] unless told.
        error: the least memory for it is looked for.
        memory: in bits; the least error within it is looked for.
        width, depth: the least error within both is looked for.
        weight_bits: of every weight and bias (2 to 16); open unless told.

    Raises:
        InputError: a number out of place, or not exactly one goal.
        FormatError: weight bits out of range.

    >>> found = plan(lipschitz=1, error="1/1000").recommended
    >>> found.method, found.depth < 30, found.error <= Fraction(1, 1000)
    ('fold-matrix', True, True)
    """
    start = time.perf_counter()
    slope = read_number(lipschitz)
    inputs = read_domain(domain)
    if inputs is None:
        raise InputError("no domain", remedy="give its two ends")
    reach = abs(slope) * inputs.width
    span = read_domain(range)
    question = Question(
        domain=inputs,
        span=Interval(-reach, reach) if span is None else span,
        lipschitz=slope,
        error=None if error is None else read_error(error),
        memory=memory,
        width=width,
        depth=depth,
        weight_bits=weight_bits,
    )
    offers: dict[Choice, Promise] = {}
    needed: list[str] = []
    for form in plan_formats(weight_bits):
        search = _Search(question, form)
        march = search.best()
        promises: list[Promise] = [] if march is None else [march]
        promises += matrix_offers(question, form)
        offers.update({_judged(question, promise): promise for promise in promises})
        needed += search.refused
    found = answer(question, list(offers), _needed(question, needed))
    kept = tuple(offers[choice] for choice in found.choices)
    return PlanResult(found, kept, time.perf_counter() - start)


def plan_formats(weight_bits: int | None) -> list[WeightFormat]:
    """The formats a plan tries: those the march takes, one for each number of bits unless told.

    Raises:
        FormatError: too few or too many bits.

    >>> [form.name for form in plan_formats(4)]
    ['Q(0,2)', 'Q(1,1)']
    """
    if weight_bits is None:
        return [parse_codebook(FOUR_VALUES), *(Q(bits - 3, 1) for bits in OPEN_BITS)]
    if not 2 <= weight_bits <= MAX_WEIGHT_BITS:
        raise FormatError(
            f"{weight_bits}-bit weights", remedy=f"2 to {MAX_WEIGHT_BITS} bits per weight"
        )
    if weight_bits == 2:
        return [parse_codebook(FOUR_VALUES)]
    return [Q(a, weight_bits - 2 - a) for a in sorted({0, weight_bits - 3})]


class _Search:
    """Marches of one format: sizes are indexed by octave and mantissa of the number of cells."""

    def __init__(self, question: Question, form: WeightFormat) -> None:
        self.question = question
        self.form = form
        self.refused: list[str] = []

    @cached_property
    def family(self) -> Family:
        return Family(self.question.domain, self.question.span, self.question.lipschitz)

    def best(self) -> ClassMarch | None:
        """The march that meets the goal best, among those around where it is just met."""
        found = [march for digits in OUTPUT_DIGITS for march in self._around(digits)]
        if self.question.error is not None:
            return min(found, key=lambda march: (march.dense_bits, march.depth), default=None)
        return min(found, key=lambda march: (march.error, march.dense_bits), default=None)

    def _around(self, digits: int) -> Iterator[ClassMarch]:
        known: dict[int, ClassMarch | None] = {}

        def at(index: int) -> ClassMarch | None:
            if index not in known:
                known[index] = self._march(index, digits)
            return known[index]

        edge = self._edge(at)
        for index in range(edge - NEARBY, edge + NEARBY + 1):
            found = at(index)
            if found is not None and self._meets(found):
                yield found

    def _edge(self, at: Callable[[int], ClassMarch | None]) -> int:
        """Where the goal begins or ceases to be met, by bisection."""
        rising = self.question.error is not None
        low, high = MANTISSA, MAX_OCTAVES * MANTISSA
        while high - low > 1:
            middle = (low + high) // 2
            found = at(middle)
            # a march too small for its constants counts as one of few cells
            beyond = found is not None and self._meets(found) == rising
            low, high = (low, middle) if beyond else (middle, high)
        return high

    def _march(self, index: int, digits: int) -> ClassMarch | None:
        octave, mantissa = divmod(index, MANTISSA)
        if not 0 < octave <= MAX_OCTAVES:
            return None
        cells = Fraction((MANTISSA + mantissa) << octave, MANTISSA)
        try:
            return class_march(
                self.family, self.form, cells / self.question.domain.width, 8, digits
            )
        except BitproofError as problem:
            self.refused.append(str(problem))
            return None

    def _meets(self, found: ClassMarch) -> bool:
        question = self.question
        if question.error is not None:
            return found.error <= question.error
        if question.memory is not None:
            return found.dense_bits <= question.memory
        wide = question.width is not None and found.width <= question.width
        return wide and question.depth is not None and found.depth <= question.depth


def _judged(question: Question, promise: Promise) -> Choice:
    return judged(
        question,
        method=promise.method,
        form=promise.form,
        depth=promise.depth,
        width=promise.width,
        dense_weights=promise.dense_weights,
        nonzero=(promise.nonzero_least, promise.nonzero_most),
        error=promise.error,
    )


def _needed(question: Question, refused: list[str]) -> str:
    if question.width is not None and question.width < 3:
        return "a width of 3"
    if question.error is not None:
        return f"an error that at most 2^{MAX_OCTAVES} cells reach"
    most = "a larger memory" if question.memory is not None else "a larger depth"
    return most if not refused else f"{most} (the least march: {refused[0]})"


def _ends(interval: Interval) -> tuple[Fraction, Fraction]:
    return interval.lower, interval.upper


def _text(value: Fraction | None) -> str | None:
    return None if value is None else write_rational(value)


def _choice(choice: Choice) -> dict[str, Any]:
    codebook = isinstance(choice.form, Codebook)
    return {
        "method": choice.method,
        "weight_format": f"codebook {choice.form.name}" if codebook else choice.form.name,
        "depth": choice.depth,
        "width": choice.width,
        "dense_weights": choice.dense_weights,
        "dense_bits": choice.dense_bits,
        "nonzero_weights": [choice.nonzero_least, choice.nonzero_most],
        "operations": choice.operations,
        "error": write_rational(choice.error),
        "regime": None if choice.regime is None else choice.regime.value,
        "lower_bound": write_rational(choice.lower),
        "lower_bound_by": choice.binding,
        "gap": round(float(choice.gap), 4),
        "kappa": round(float(choice.kappa), 4),
        "least_bits": choice.least_bits,
        "wasted_bits": choice.wasted_bits,
    }


def _line(line: TheoryLine) -> dict[str, Any]:
    return {
        "name": line.name,
        "built": False,
        "bits": line.bits,
        "error": write_rational(line.error),
        "kappa": round(float(line.kappa), 4),
        "depth": line.depth,
        "width": line.width,
        "source": line.source,
    }
