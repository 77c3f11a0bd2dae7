"""The march for a whole class of functions: sizes and error known before there is a function.

`construct.march` fits the offset of its lattice to the function it is given, so its depth may
differ by a layer or so from one function to the next. Here everything but the path is fixed by the
class (a domain, a range, a Lipschitz constant): every function of the class gets a network of the
same depth, width and dense weights, and of at least and at most so many non-zero ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import TYPE_CHECKING

from bitproof.construct.march_cells import MarchPlan, Steps, body_steps, march_plan
from bitproof.construct.march_plan import (
    InputPlan,
    OutputPlan,
    binary_digits,
    floor_log2,
    input_plan,
    input_stage,
)
from bitproof.errors import InputError, NoDesignError
from bitproof.exact import Interval, Q, WeightFormat
from bitproof.theory.march import InputStage, MarchShape, path_error

if TYPE_CHECKING:
    from bitproof.construct.construction import Construction
    from bitproof.target.target import Target

ONE = Fraction(1)
WIDTH = 3
CODING_SLACK = Fraction(1, 1 << 40)
"""What choosing the path from float samples may add, relative to the largest value."""
MAX_DOUBLINGS = 64
LARGEST_LEVELS = 127


@dataclass(frozen=True, slots=True)
class Family:
    """K-Lipschitz functions from a domain into a range.

    Raises:
        InputError: K ≤ 0, or a domain or range that is a point.
    """

    domain: Interval
    span: Interval
    lipschitz: Fraction

    def __post_init__(self) -> None:
        if self.lipschitz <= 0:
            raise InputError(f"the Lipschitz constant {self.lipschitz}", remedy="give one above 0")
        for name, interval in (("domain", self.domain), ("range", self.span)):
            if interval.width == 0:
                raise InputError(f"the {name} {interval} is a point", remedy="give different ends")


@dataclass(frozen=True, slots=True)
class ClassMarch:
    """A march whose sizes hold for every function of a family.

    Attributes:
        base: the y of the lattice node nearest to f at the start of the path.
        doublings: of the output, enough for every offset that occurs.
        error: the promised sup error.
        shape: the sizes.
        nonzero_least, nonzero_most: what the non-zero weights lie between.
    """

    family: Family
    form: WeightFormat
    found: MarchPlan
    base: Fraction
    doublings: int
    error: Fraction
    shape: MarchShape
    nonzero_least: int
    nonzero_most: int

    @property
    def method(self) -> str:
        return "march"

    @property
    def cells(self) -> int:
        return self.found.cells

    @property
    def depth(self) -> int:
        return self.shape.depth

    @property
    def width(self) -> int:
        return WIDTH

    @property
    def dense_weights(self) -> int:
        return self.shape.dense_weights

    @property
    def dense_bits(self) -> int:
        return self.form.memory_bits(self.dense_weights, with_zero=True)

    def build(self, target: Target) -> Construction:
        """As `build`."""
        return build(target, self)


def steps_of(form: WeightFormat) -> Steps:
    """The slope changes to use: for Q(a, b) multiples of its least weight, at most 128 slopes.

    Raises:
        FormatError: the format lacks a value every layer needs.
    """
    if isinstance(form, Q) and form.a >= 0 and form.b >= 1:
        levels = min(form.largest_numerator, LARGEST_LEVELS)
        step = Fraction(1, form.denominator)
        if levels < form.largest_numerator and form.b > 1:
            # few slopes of a fine format: spread them as far as the weights reach
            step *= 1 << min(form.b - 1, (form.largest_numerator // levels).bit_length() - 1)
        return Steps(levels, step)
    return body_steps(form)


def class_march(
    family: Family, form: WeightFormat, rate: Fraction, digits: int, output_digits: int
) -> ClassMarch:
    """The march with at least `rate` cells per unit of x.

    Args:
        digits, output_digits: binary digits of the two mantissas, which cost layers and bring the
            cells and the slopes nearer to what was asked for.

    Raises:
        FormatError: the format lacks a value every layer needs.
        NoDesignError: its weights cannot make the constants of so small a network.
    """
    steps = steps_of(form)
    source = input_plan(family.domain, _stage(family.domain, form), rate, digits)
    found = march_plan(family.domain, steps, source, family.lipschitz, output_digits)
    base, step = _base(found), steps.step
    headroom = base + 1 + step / 2 + steps.levels * step / 2
    if headroom >= form.largest * (1 << source.doublings):
        raise NoDesignError(
            f"{found.cells} cells are too few for the offset in {form.name}",
            remedy="ask for a smaller error",
        )
    low, high = found.factor * base - family.span.upper, found.factor * base - family.span.lower
    doublings = offset_doublings(found.factor, low, high, form)
    halvings = doublings - floor_log2(found.factor)
    shape = MarchShape(
        cells=found.cells,
        input_stage=source.stage,
        input_halvings=source.halvings,
        input_mantissa=len(binary_digits(source.mantissa)),
        input_doublings=source.doublings,
        output_mantissa=len(binary_digits(_mantissa(found.factor))),
        output_halvings=halvings,
        output_doublings=doublings,
    )
    slack = CODING_SLACK * (1 + max(abs(low), abs(high)) + found.factor)
    error = path_error(found.cell, family.lipschitz, found.half_spacing) + slack
    least, most = _varying(found, doublings)
    return ClassMarch(
        family,
        form,
        found,
        base,
        doublings,
        error,
        shape,
        shape.nonzero_weights(least),
        shape.nonzero_weights(most),
    )


def build(target: Target, plan: ClassMarch) -> Construction:
    """The network of a function of the family.

    Raises:
        InputError: the function is not of the family.
        NoDesignError: its values leave the family's range.
    """
    import numpy as np

    from bitproof.construct.construction import Construction
    from bitproof.construct.march import lipschitz_constant
    from bitproof.construct.march_code import LatticePath, node_values, nodes_on, start_of
    from bitproof.construct.march_layers import march_network
    from bitproof.exact import from_float

    found, family = plan.found, plan.family
    require_member(target, lipschitz_constant(target), family)
    ends = node_values(target, found)
    offset = found.factor * plan.base - from_float(float(ends[0]))
    sink = offset_stage(found.factor, plan.doublings, offset, plan.form)
    nodes = nodes_on(ends, found, found.factor * plan.base - sink.offset)
    path = LatticePath(nodes, plan.base, found.steps.step)
    turns = np.diff(np.diff(path.nodes)).tolist()
    changes = [0 * ONE, *(found.steps.step * Fraction(turn, 2) for turn in turns)]
    start = start_of(path, found, plan.form)
    network = march_network(found.source, start, changes, sink, plan.form)
    return Construction("march", network, plan.error, found.cells)


def require_member(target: Target, constant: Fraction | None, family: Family) -> None:
    """Refuses a function with another domain or a larger Lipschitz constant.

    Raises:
        InputError: it is not of the family.
    """
    if target.domain != family.domain or constant is None or constant > family.lipschitz:
        raise InputError(
            f"{target.text} on {target.domain} is not of the class planned for",
            remedy="plan for its domain and its Lipschitz constant",
        )


def _stage(domain: Interval, form: WeightFormat) -> tuple[InputStage, Fraction, Fraction, int]:
    """As `input_stage`; a wide format is asked for its narrow part only, which is quick."""
    narrow = Q(min(form.a, 3), min(form.b, 3)) if isinstance(form, Q) else form
    return input_stage(domain, narrow)


def _base(found: MarchPlan) -> Fraction:
    """High enough for every path: no partial sum is negative, wherever the lattice lies."""
    step, levels = found.steps.step, found.steps.levels
    lowest = step / 2 * (levels * found.cells + 1) + 1
    coset = step / 2 * found.source.digits[-1]
    return -((-lowest / step).__floor__()) * step + coset


def _mantissa(factor: Fraction) -> Fraction:
    return factor / Fraction(2) ** floor_log2(factor)


@lru_cache(maxsize=256)
def _rests(form: WeightFormat, doublings: int) -> tuple[Fraction, ...]:
    """What the last bias can subtract, ascending; with doublings both signs of it are needed."""
    if isinstance(form, Q):
        form = Q(min(form.a, 2), min(form.b, 1))
    values = {-v for v in form.values()} | {Fraction(0)}
    return tuple(sorted(v for v in values if not doublings or v in form or v == 0))


def _places(doublings: int, halvings: int) -> int:
    return halvings if doublings else max(halvings - 1, 0)


def offset_doublings(factor: Fraction, low: Fraction, high: Fraction, form: WeightFormat) -> int:
    """The fewest doublings of the output with which every offset in [low, high] can be made."""
    exponent = floor_log2(factor)
    for doublings in range(max(exponent, 0), max(exponent, 0) + MAX_DOUBLINGS):
        halvings = doublings - exponent
        step = Fraction(1, 1 << max(halvings - 1, 0))
        reach = ((1 << _places(doublings, halvings)) - 1) * step
        if _covered(low / (1 << doublings), high / (1 << doublings), reach, step, form, doublings):
            return doublings
    raise NoDesignError(
        f"offsets up to {high} over steps of {factor} are out of reach", remedy="rescale the class"
    )


def _covered(
    low: Fraction,
    high: Fraction,
    reach: Fraction,
    step: Fraction,
    form: WeightFormat,
    doublings: int,
) -> bool:
    """Whether every number of [low, high] is within half a step of some rest minus some digits."""
    covered = low
    for rest in _rests(form, doublings):
        if rest - reach - step / 2 <= covered <= rest + step / 2:
            covered = rest + step / 2
    return covered > high


def offset_stage(
    factor: Fraction, doublings: int, offset: Fraction, form: WeightFormat
) -> OutputPlan:
    """The output stage of a factor and so many doublings whose offset is nearest to one.

    Raises:
        NoDesignError: the offset is not one that `offset_doublings` was asked for.
    """
    halvings = doublings - floor_log2(factor)
    places = _places(doublings, halvings)
    step = Fraction(1, 1 << max(halvings - 1, 0))
    wanted = offset / (1 << doublings)
    for rest in _rests(form, doublings):
        count = round((rest - wanted) / step)
        if 0 <= count < 1 << places and abs(rest - count * step - wanted) <= step / 2:
            digits = tuple(-(count >> place & 1) for place in range(places))
            return OutputPlan(_mantissa(factor), halvings, doublings, digits, rest)
    raise NoDesignError(
        f"an offset of {offset} is not one of the class",
        remedy="plan for the range of the function",
    )


def _varying(found: MarchPlan, doublings: int) -> tuple[int, int]:
    """Bounds of the non-zero entries that depend on the function."""
    source: InputPlan = found.source
    digits = source.digits
    output = binary_digits(_mantissa(found.factor))
    fixed = digits[-1] + sum(binary_digits(source.mantissa)[1:-1]) + sum(output[1:-1])
    # each doubling subtracts a digit and adds a binary digit of the constant: 0 or 2 entries
    least = fixed + 2 * sum(digits[:-1])
    halvings = doublings - floor_log2(found.factor)
    most = fixed + 2 * (len(digits) - 1) + 1 + (found.cells - 1) + (len(output) > 1)
    most += _places(doublings, halvings) + (2 if doublings else 1)
    return least, most
