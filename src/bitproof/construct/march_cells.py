"""The cells and slopes of a march: from a format, a domain and a slope, by the theorem."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from itertools import product

from bitproof.construct.march_plan import InputPlan, input_plan, input_stage, round_up
from bitproof.errors import FormatError, NoDesignError
from bitproof.exact import Interval, WeightFormat, write_decimal
from bitproof.theory.march import path_error

ONE = Fraction(1)
MAX_CELLS = 1 << 17
MANTISSA_DIGITS = range(1, 9)


@dataclass(frozen=True, slots=True)
class Steps:
    """The slope changes a format offers: -m·step, ..., m·step.

    Attributes:
        levels: m, odd: m + 1 slopes.
        step: the difference of neighbouring slopes, a weight of the format.
    """

    levels: int
    step: Fraction


@lru_cache(maxsize=64)
def body_steps(form: WeightFormat) -> Steps:
    """The slope changes to use.

    Raises:
        FormatError: the format lacks a value every layer needs.

    >>> from bitproof.exact import Q, parse_codebook
    >>> body_steps(Q(0, 1)), body_steps(parse_codebook("-1,0,1/2,1"))
    (Steps(levels=3, step=Fraction(1, 2)), Steps(levels=1, step=Fraction(1, 1)))
    """
    missing = [str(v) for v in (-ONE, 0 * ONE, ONE / 2, ONE) if v not in form]
    if missing:
        raise FormatError(
            f"{form.name} does not contain {', '.join(missing)}, which the march needs",
            remedy="use Q(a, b) with a ≥ 0 and b ≥ 1, or a codebook with -1, 0, 1/2 and 1",
        )
    best = Steps(1, ONE)
    for step in (v for v in form.values() if v > 0 and v.denominator & (v.denominator - 1) == 0):
        levels = 0
        while (levels + 1) * step in form and -(levels + 1) * step in form:
            levels += 1
        levels -= 1 - levels % 2
        if levels > best.levels:
            best = Steps(levels, step)
    return best


@dataclass(frozen=True, slots=True)
class MarchPlan:
    """The cells and the slopes, before the path.

    Attributes:
        source: the scaling of the input; a cell is 1/source.stretch long.
        factor: what y is multiplied by; a half-spacing of slopes is factor·step·stretch/2.
    """

    steps: Steps
    source: InputPlan
    factor: Fraction
    cells: int

    @property
    def cell(self) -> Fraction:
        return 1 / self.source.stretch

    @property
    def half_spacing(self) -> Fraction:
        return self.factor * self.steps.step / (2 * self.cell)


def march_plan(
    domain: Interval, steps: Steps, source: InputPlan, slope: Fraction, digits: int
) -> MarchPlan:
    """The cells of a scaling of the input, and a steepest slope of at least `slope`."""
    cells = max(2, -((-source.position(domain.upper)).__floor__()))
    mantissa, exponent = round_up(2 * slope / (source.stretch * steps.levels * steps.step), digits)
    return MarchPlan(steps, source, mantissa * Fraction(2) ** exponent, cells)


def theorem_plan(
    domain: Interval, error: Fraction, form: WeightFormat, lipschitz: Fraction
) -> MarchPlan:
    """The plan with the least memory whose theorem promises the error for K-Lipschitz functions.

    Raises:
        FormatError: the format lacks a value every layer needs.
        NoDesignError: it has more than 2^17 cells.
    """
    steps, stage = body_steps(form), input_stage(domain, form)
    ideal = path_error(ONE, lipschitz, lipschitz / steps.levels)
    cells = ideal / error * domain.width
    if cells > MAX_CELLS:
        raise NoDesignError(
            f"a march to {write_decimal(error, 3)} takes about {int(cells)} cells",
            remedy=f"at most {MAX_CELLS} are built; ask for a larger error",
        )
    best: MarchPlan | None = None
    sources: dict[tuple[int, Fraction], InputPlan] = {}
    for first, second in product(MANTISSA_DIGITS, MANTISSA_DIGITS):
        rate, bound = ideal / error, 2 * error
        while bound > error:
            key = (first, rate)
            if key not in sources:
                sources[key] = input_plan(domain, stage, rate, first)
            found = march_plan(domain, steps, sources[key], lipschitz, second)
            bound = path_error(found.cell, lipschitz, found.half_spacing)
            rate = max(rate * bound / error, found.source.stretch * Fraction(1001, 1000))
        if best is None or estimated_weights(found) < estimated_weights(best):
            best = found
    if best is None:
        raise NoDesignError("no mantissa to choose from", remedy="allow one")
    return best


def estimated_weights(found: MarchPlan) -> int:
    """Dense weights of the parts that depend on the choice."""
    head = found.source.mantissa.denominator.bit_length() + 2 * found.source.doublings
    exponent_free = found.factor.numerator.bit_length()
    return 6 * (found.cells + head + exponent_free)
