"""Planning: what can be promised for a class of functions before anything is built.

A question gives a class (K, domain, range) and an error, a memory or a width and a depth. Choices
are networks that a construction promises, with all sizes and the error known exactly; beside each
stand the regime it is in and what no network can beat. Formulas of networks that bitproof does not
build are lines apart, never choices.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from bitproof.errors import InputError
from bitproof.exact.interval import Interval
from bitproof.exact.weight_format import Q, WeightFormat
from bitproof.theory.lower_bounds import MemoryBound, PrecisionBound
from bitproof.theory.network_class import NetworkClass
from bitproof.theory.regimes import LowerBounds, Regime, Regimes, lower_bounds
from bitproof.theory.upper_bounds import PaperTheorem

ONE = Fraction(1)
SHALLOW_BITS = range(2, 65)
SHALLOW_DEPTHS = (2, 3)


@dataclass(frozen=True, slots=True)
class Question:
    """A class of functions and what a network of one may take.

    Attributes:
        domain, span: where the functions are defined and where their values lie.
        lipschitz: K.
        error: if given, the least memory for it is looked for; otherwise the least error.
        memory: in bits, at most.
        width, depth: at most.
        weight_bits: of every weight and bias; None leaves it open.

    Raises:
        InputError: nothing that limits the answer, or a number that is not above 0.
    """

    domain: Interval
    span: Interval
    lipschitz: Fraction
    error: Fraction | None = None
    memory: int | None = None
    width: int | None = None
    depth: int | None = None
    weight_bits: int | None = None

    def __post_init__(self) -> None:
        sized = self.width is not None and self.depth is not None
        if self.error is None and self.memory is None and not sized:
            raise InputError(
                "no goal: larger networks have smaller errors without end",
                remedy="give an error, or a memory, or a width and a depth",
            )
        for name, value in (
            ("Lipschitz constant", self.lipschitz),
            ("error", self.error),
            ("memory", self.memory),
            ("width", self.width),
            ("depth", self.depth),
        ):
            if value is not None and value <= 0:
                raise InputError(f"the {name} {value}", remedy="above 0")

    @property
    def scale(self) -> Fraction:
        """K·length: how far a function of the class can rise."""
        return self.lipschitz * self.domain.width

    @property
    def memory_scale(self) -> Fraction:
        """The K·length for which `MemoryBound` holds in the range.

        Its paths of slope ±K need twice their rise; in a narrower range take smaller slopes, or
        2(B + 1) cells in pairs up-down or down-up, which leave a value by one cell only.
        """
        return max(min(self.scale, self.span.width / 2), self.scale / 2)

    def least_error(self, bits: int) -> Fraction:
        """What no method that stores so many bits beats on the class."""
        return self.capped(MemoryBound(ONE, self.memory_scale).least_error(bits))

    def least_bits(self, error: Fraction) -> int:
        """What no method of this worst-case error stores less than."""
        if error >= self.span.width / 2:
            return 0
        return MemoryBound(ONE, self.memory_scale).least_bits(error)

    def capped(self, error: Fraction) -> Fraction:
        """A lower bound in units of K·length holds up to half the range, which a constant has."""
        return min(error, self.span.width / 2)

    def precision_counts(self, depth: int, fraction_bits: int) -> bool:
        """Whether the class has a constant half-way between the values networks have at 0."""
        if not self.domain.lower <= 0 <= self.domain.upper:
            return False
        return self.span.width >= 2 * PrecisionBound(depth, fraction_bits).least_error


@dataclass(frozen=True, slots=True)
class Choice:
    """A network a construction promises for every function of the class.

    Attributes:
        method: the construction.
        form: of every weight and bias.
        depth, width, dense_weights: exact.
        nonzero_least, nonzero_most: what the non-zero weights lie between.
        error: the promised sup error.
        regime: of `form.b` in R_b^a(width, depth); None for a codebook.
        lower: bounds for R_b^a(width, depth), or for its memory alone (codebooks).
        least_bits: what no network of this worst-case error stores less than.
    """

    method: str
    form: WeightFormat
    depth: int
    width: int
    dense_weights: int
    dense_bits: int
    nonzero_least: int
    nonzero_most: int
    error: Fraction
    regime: Regime | None
    lower: Fraction
    binding: str
    least_bits: int
    scale: Fraction

    @property
    def gap(self) -> Fraction:
        """Promised error over the lower bound of the class R_b^a(width, depth)."""
        return self.error / self.lower

    @property
    def kappa(self) -> Fraction:
        """error · dense bits / (K·length): 1 would be optimal."""
        return self.error * self.dense_bits / self.scale

    @property
    def wasted_bits(self) -> int:
        """Dense bits beyond what any network of this error needs."""
        return self.dense_bits - self.least_bits

    @property
    def operations(self) -> int:
        """Multiply-adds of one evaluation, zeros included."""
        return self.dense_weights


@dataclass(frozen=True, slots=True)
class TheoryLine:
    """What a formula says of networks that bitproof does not build (estimates unless exact).

    Attributes:
        depth, width: None where the formula does not say.
    """

    name: str
    bits: int
    error: Fraction
    kappa: Fraction
    depth: int | None
    width: int | None
    source: str


@dataclass(frozen=True, slots=True)
class ShallowBound:
    """No network of this depth and of at most so many bits has a smaller worst-case error."""

    depth: int
    error: Fraction


@dataclass(frozen=True, slots=True)
class Plan:
    """The answer to a question.

    Attributes:
        choices: those that no other beats in bits, depth, operations and error; best first.
        needed: what would have to change, where there is no choice.
        lines: formulas of networks that are not built.
        least_error, least_bits: what no network beats with the memory, or the error, asked for.
        shallow: lower bounds for shallower networks with the memory of the first choice.
    """

    question: Question
    choices: tuple[Choice, ...]
    needed: str
    lines: tuple[TheoryLine, ...]
    least_error: Fraction | None
    least_bits: int | None
    shallow: tuple[ShallowBound, ...]

    @property
    def recommended(self) -> Choice | None:
        return self.choices[0] if self.choices else None


def judged(
    question: Question,
    *,
    method: str,
    form: WeightFormat,
    depth: int,
    width: int,
    dense_weights: int,
    nonzero: tuple[int, int],
    error: Fraction,
) -> Choice:
    """A promised network with its regime and its lower bounds."""
    bits = form.memory_bits(dense_weights, with_zero=True)
    lower, binding = question.least_error(bits), "memory"
    regime = None
    if isinstance(form, Q):
        bounds = class_bounds(question, width, depth, form)
        lower, binding = bounds.best, bounds.binding
        regime = Regimes(width, depth, form.a).of(form.b)
    return Choice(
        method=method,
        form=form,
        depth=depth,
        width=width,
        dense_weights=dense_weights,
        dense_bits=bits,
        nonzero_least=nonzero[0],
        nonzero_most=nonzero[1],
        error=error,
        regime=regime,
        lower=lower,
        binding=binding,
        least_bits=question.least_bits(error),
        scale=question.scale,
    )


def class_bounds(question: Question, width: int, depth: int, form: Q) -> LowerBounds:
    """The lower bounds of R_b^a(width, depth) for a question's functions."""
    networks = NetworkClass(width, depth, form.a, form.b)
    size = lower_bounds(
        networks, question.scale, precision=question.precision_counts(depth, form.b)
    )
    return LowerBounds(
        memory=question.least_error(networks.distinct_bits),
        precision=size.precision,
        shattering=question.capped(size.shattering),
        pieces=question.capped(size.pieces),
        monotone=question.capped(size.monotone),
    )


def pareto(choices: Iterable[Choice]) -> list[Choice]:
    """The choices that no other one equals or beats in bits, depth, width, operations and error."""
    kept: list[Choice] = []
    for choice in sorted(choices, key=_costs):
        if not any(_beats(other, choice) for other in kept):
            kept.append(choice)
    return kept


def answer(question: Question, offers: Sequence[Choice], needed: str) -> Plan:
    """The plan made of what constructions offer; offers that miss the goal are left out."""
    good = pareto(offer for offer in offers if _meets(question, offer))
    key = _costs if question.error is not None else _errors
    good.sort(key=key)
    goal = question.error
    least_error = None if question.memory is None else question.least_error(question.memory)
    if goal is None and good:
        goal = good[0].error
    return Plan(
        question=question,
        choices=tuple(good),
        needed="" if good else needed,
        lines=theory_lines(question, goal) if goal is not None else (),
        least_error=least_error,
        least_bits=None if question.error is None else question.least_bits(question.error),
        shallow=_shallow(question, good[0]) if good else (),
    )


def theory_lines(question: Question, error: Fraction) -> tuple[TheoryLine, ...]:
    """The formulas for an error."""
    paper = PaperTheorem.for_error(error / question.scale)
    bits = paper.integer_bits * paper.dense_weights
    line = TheoryLine(
        "the paper's own constants",
        bits,
        paper.error * question.scale,
        paper.error * bits,
        paper.depth,
        paper.width,
        paper.reference.short,
    )
    return (line,)


def shallow_bound(question: Question, depth: int, bits: int) -> Fraction:
    """The least worst-case error of any network in a Q(a, b) of depth 2 or 3 and this memory.

    With P weights a network 1-W-1 has P = 3W + 1 and at most W + 1 affine pieces; 1-V-W-1 has
    P = VW + 2V + 2W + 1 and at most (V + 1)(W + 1) ≤ P. Few bits per weight leave its values at 0
    coarse, many leave few weights.

    Raises:
        InputError: another depth.
    """
    if depth not in SHALLOW_DEPTHS:
        raise InputError(f"depth {depth}", remedy="2 or 3")
    least = question.span.width / 2
    for weight_bits in SHALLOW_BITS:
        weights = bits // weight_bits
        pieces = (weights - 1) // 3 + 1 if depth == 2 else weights
        if pieces < 1:
            break
        precision = PrecisionBound(depth, weight_bits - 1).least_error
        if not question.precision_counts(depth, weight_bits - 1):
            precision = Fraction(0)
        turning = question.capped(question.scale / (2 * (pieces + 1)))
        least = min(least, max(turning, precision))
    return max(least, question.least_error(bits))


def _shallow(question: Question, choice: Choice) -> tuple[ShallowBound, ...]:
    return tuple(
        ShallowBound(depth, shallow_bound(question, depth, choice.dense_bits))
        for depth in SHALLOW_DEPTHS
        if depth < choice.depth
    )


def _costs(choice: Choice) -> tuple[int, int, Fraction]:
    return choice.dense_bits, choice.depth, choice.error


def _errors(choice: Choice) -> tuple[Fraction, int, int]:
    return choice.error, choice.dense_bits, choice.depth


def _beats(one: Choice, other: Choice) -> bool:
    return (
        one.dense_bits <= other.dense_bits
        and one.depth <= other.depth
        and one.width <= other.width
        and one.operations <= other.operations
        and one.error <= other.error
    )


def _meets(question: Question, offer: Choice) -> bool:
    return (
        (question.error is None or offer.error <= question.error)
        and (question.memory is None or offer.dense_bits <= question.memory)
        and (question.width is None or offer.width <= question.width)
        and (question.depth is None or offer.depth <= question.depth)
    )
