"""Planning: which networks the constructions promise for a class of functions, none of them built.

The methods of `bitproof.construct.lipschitz_builder` are asked over the weight formats; the largest
or smallest network that meets the goal is found by exact size formulas.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from bitproof.construct.lipschitz_builder import promises
from bitproof.construct.promise import Promise
from bitproof.errors import FormatError, InputError, NoDesignError
from bitproof.exact import Codebook, Interval, write_rational
from bitproof.pipeline.request import MAX_WEIGHT_BITS, Number, read_domain, read_error, read_number
from bitproof.theory.planner import Choice, Plan, Question, TheoryLine, answer, judged

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bitproof.construct.construction import Construction
    from bitproof.target.target import Target

LEAST_WIDTH, MOST_CELLS = 3, "2^17"


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
        error: the least memory for it is looked for; without one, the least error.
        memory, width, depth: at most; in bits, live values, affine maps.
        weight_bits: of every weight and bias (2 to 16); open unless told.

    Raises:
        InputError: a number out of place, or nothing that limits the answer.
        FormatError: weight bits out of range.

    >>> found = plan(lipschitz=1, error="1/1000").recommended
    >>> found.method, found.depth < 30, found.error <= Fraction(1, 1000)
    ('fold-matrix', True, True)
    """
    start = time.perf_counter()
    if weight_bits is not None and not 2 <= weight_bits <= MAX_WEIGHT_BITS:
        raise FormatError(
            f"{weight_bits}-bit weights", remedy=f"2 to {MAX_WEIGHT_BITS} bits per weight"
        )
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
    offers = {_judged(question, promise): promise for promise in promises(question)}
    found = answer(question, list(offers), _needed(question))
    kept = tuple(offers[choice] for choice in found.choices)
    return PlanResult(found, kept, time.perf_counter() - start)


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


def _needed(question: Question) -> str:
    """What to change where nothing is promised."""
    if question.width is not None and question.width < LEAST_WIDTH:
        return f"a width of {LEAST_WIDTH}"
    if question.memory is not None:
        return "a larger memory"
    if question.error is not None and question.width is None and question.depth is None:
        return f"an error that at most {MOST_CELLS} cells reach"
    return "a larger error or size" if question.error is not None else "a larger depth"


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
