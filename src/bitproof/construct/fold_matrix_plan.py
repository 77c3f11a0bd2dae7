"""The sizes of a fold matrix network before its path is known, all exact."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache, reduce
from operator import mul

from bitproof.construct.fold_matrix_bank import (
    Bank,
    make_bank,
    scaling_weights,
)
from bitproof.construct.march_plan import InputForm, floor_log2, input_stage
from bitproof.errors import FormatError, NoDesignError
from bitproof.exact import Interval, WeightFormat
from bitproof.exact.weight_format import Q
from bitproof.theory.fold_matrix import FoldMatrixShape


@dataclass(frozen=True, slots=True)
class Zoom:
    """z = stretch·x + shift, with the domain inside [0, 1] and not in a small part of it.

    Attributes:
        stage: how x becomes a number in [0, 1].
        steps: pairs (factor, subtracted) of further layers.
    """

    stage: InputForm
    steps: tuple[tuple[Fraction, Fraction], ...]
    stretch: Fraction
    lower: Fraction
    upper: Fraction

    @property
    def layers(self) -> int:
        return len(self.steps)


@dataclass(frozen=True, slots=True)
class FoldMatrixPlan:
    """The cells, the slopes and the constants of a network.

    Attributes:
        levels: m: the path has m + 1 slopes.
        rows, folds: R and log2 C.
        first, columns: the first column built (even), and how many.
        blocks: how many columns each block has; every block but the last ends at an even one.
        unit: what one cell is in T and X, 2^-i.
        factor: what the matrix's sum is multiplied by at the end; `odd` are the odd numbers in it.
    """

    form: Q
    zoom: Zoom
    levels: int
    rows: int
    folds: int
    first: int
    columns: int
    blocks: tuple[int, ...]
    unit: Fraction
    factor: Fraction
    odd: tuple[int, ...]
    bank: Bank

    @property
    def cell(self) -> Fraction:
        """The length of a cell in x."""
        return 1 / (self.zoom.stretch * (self.rows << self.folds))

    @property
    def cells(self) -> int:
        return self.rows * self.columns

    @property
    def amplitude(self) -> Fraction:
        """The largest T."""
        return self.rows * self.unit

    @property
    def half_spacing(self) -> Fraction:
        """Half the difference of neighbouring slopes of the path, in units of f."""
        return self.factor * self.bank.granule / (2 * self.cell)

    @property
    def row_constants(self) -> int:
        """Channels the thresholds take."""
        return self.bank.channels_for((self.rows - 1) * self.form.denominator)

    @property
    def position_weights(self) -> tuple[Fraction, ...]:
        """Layers that turn z into X/2."""
        return scaling_weights(self.amplitude * (1 << self.folds) / 2, self.form)

    @property
    def fold_scales(self) -> tuple[Fraction, ...]:
        """The factors of the folds: 2, or more where T has to become large."""
        largest = Fraction(1 << floor_log2(self.form.largest))
        scales, reached = list[Fraction](), Fraction(1)
        for _ in range(self.folds):
            wanted = self.amplitude / reached > self.form.largest and 4 * reached <= 2 * largest
            scales.append(Fraction(4) if wanted and largest >= 4 else Fraction(2))
            reached *= scales[-1] / 2
        return tuple(scales)

    @property
    def amplitude_weights(self) -> tuple[Fraction, ...]:
        """Layers that turn the folds' output into T, at least one."""
        reached = Fraction(1)
        for scale in self.fold_scales:
            reached *= scale / 2
        return scaling_weights(self.amplitude / reached, self.form) or (Fraction(1),)

    @property
    def margin(self) -> int:
        """Granules that keep the sum above 0 wherever the offset's digits put it."""
        return offset_shift(self.bank.granule, self.odd, self.form)

    @property
    def output_weights(self) -> tuple[Fraction, ...]:
        """The output layer's weight and those of further layers: odd numbers over 2^b."""
        step = Fraction(1, self.form.denominator)
        return tuple(odd * step for odd in self.odd or (1,))

    @property
    def power(self) -> Fraction:
        """The power of two that remains after the output weights."""
        return self.factor / reduce(mul, self.output_weights)


@dataclass(frozen=True, slots=True)
class Limits:
    """What a network may take; None is no limit. Width and bits are of the matrix alone."""

    depth: int | None = None
    width: int | None = None
    bits: int | None = None


FREE = Limits()


@lru_cache(maxsize=64)
def zoom_plan(domain: Interval, form: Q) -> Zoom:
    """The input stage, then factors 4 and 2 as long as the domain fits into [0, 1]."""
    stage = input_stage(domain, form)
    _, weight, bias, halvings = stage
    scale = weight / (1 << halvings)
    split = domain.lower < 0 and stage[0].value == "split"
    shift = bias if split else bias / (1 << halvings)
    lower, upper = scale * domain.lower + shift, scale * domain.upper + shift
    steps = list[tuple[Fraction, Fraction]]()
    while True:
        step = _zoom_step(lower, upper, form)
        if step is None:
            return Zoom(stage, tuple(steps), scale, lower, upper)
        factor, subtracted = step
        steps.append(step)
        scale *= factor
        lower, upper = factor * lower - subtracted, factor * upper - subtracted


def _zoom_step(lower: Fraction, upper: Fraction, form: Q) -> tuple[Fraction, Fraction] | None:
    for factor in (Fraction(1 << floor_log2(form.largest)), Fraction(2)):
        room = factor * lower * form.denominator
        subtracted = Fraction(min(room.__floor__(), form.largest_numerator), form.denominator)
        if factor * upper - subtracted <= 1:
            return factor, subtracted
    return None


def usable(form: WeightFormat) -> Q:
    """The format, if a fold matrix can be made of it.

    Raises:
        FormatError: it cannot.
    """
    if isinstance(form, Q) and form.a >= 1 and form.b >= 1:
        return form
    raise FormatError(
        f"{form.name} is not for a fold matrix", remedy="use Q(a, b) with a ≥ 1 and b ≥ 1"
    )


def levels_of(form: Q) -> int:
    """The largest odd m with 2m at most the largest numerator.

    >>> levels_of(Q(2, 1)), levels_of(Q(1, 1))
    (7, 3)
    """
    most = form.largest_numerator // 2
    return most - 1 + most % 2


def make_plan(
    form: Q,
    zoom: Zoom,
    rows: int,
    folds: int,
    odd: tuple[int, ...],
    slope: Fraction,
    width: int | None = None,
) -> FoldMatrixPlan:
    """The plan with R rows whose steepest slope is the least one ≥ `slope` with these factors.

    Args:
        width: the columns are taken in blocks of at most so many live values; None is one block.

    Raises:
        NoDesignError: a factor or a constant cannot be made, or the width is too small.
    """
    levels = levels_of(form)
    first = (zoom.lower * (1 << folds)).__floor__() & ~1
    columns = max(1, _ceil(zoom.upper * (1 << folds)) - first)
    unit = _unit(form, rows)
    shift = offset_shift(unit / form.denominator, odd, form)
    need = levels * rows * (first + columns)
    bank = make_bank(form, unit, max(need, levels * rows * columns // 2 + 2 * shift))
    factor = _factor(
        2 * slope / (levels * bank.granule * zoom.stretch * (rows << folds)), reduce(mul, odd, 1)
    )
    blocks = split_columns(columns, len(bank.channels), width)
    return FoldMatrixPlan(
        form, zoom, levels, rows, folds, first, columns, blocks, unit, factor, odd, bank
    )


def split_columns(columns: int, constants: int, width: int | None) -> tuple[int, ...]:
    """The fewest blocks within a width: T, X, the constants and the sum so far are alive beside a
    block, but only the sum beside the last one.

    Raises:
        NoDesignError: the width is too small.

    >>> split_columns(16, 2, None), split_columns(16, 2, 16), split_columns(16, 2, 10)
    ((16,), (16,), (5, 2, 9))
    """
    if width is None or columns <= width:
        return (columns,)
    first = (width - 2 - constants - 1) // 2 * 2 + 1
    middle, last = (width - 3 - constants) // 2 * 2, width - 1
    left = columns - first - last
    if first < 1 or (left > 0 and middle < 2):
        raise NoDesignError(f"blocks of columns in width {width}", remedy="allow more width")
    blocks = [first]
    while left > 0:
        blocks.append(min(middle, left + left % 2))
        left -= blocks[-1]
    return (*blocks, columns - sum(blocks))


def _ceil(value: Fraction) -> int:
    return -((-value).__floor__())


def offset_shift(granule: Fraction, odd: tuple[int, ...], form: Q) -> int:
    """By how many granules the offset may miss the one asked for, and a few more."""
    product = reduce(mul, (Fraction(factor, form.denominator) for factor in odd or (1,)))
    return 8 + _ceil(1 / (granule * product))


def _unit(form: Q, rows: int) -> Fraction:
    """As small as constants reach without a gap, so that X and the sum stay small."""
    unit = Fraction(1, 1 << floor_log2(Fraction(2 * form.largest_numerator + 1)))
    while (rows * unit * form.denominator).denominator > 1:
        unit *= 2
    return unit


def _factor(least: Fraction, product: Fraction | int) -> Fraction:
    """The least product·2^e ≥ least."""
    exponent = floor_log2(least / product)
    factor = product * Fraction(2) ** exponent
    return factor if factor >= least else 2 * factor


def shape_of(found: FoldMatrixPlan, halvings: int, doublings: int) -> FoldMatrixShape:
    """What the theorem's formulas take."""
    return FoldMatrixShape(
        rows=found.rows,
        blocks=found.blocks,
        folds=found.folds,
        input_stage=found.zoom.stage[0],
        input_halvings=found.zoom.stage[3],
        zooms=found.zoom.layers,
        position_layers=len(found.position_weights),
        amplitude_layers=len(found.amplitude_weights),
        row_constants=found.row_constants,
        bank=tuple(len(channel.chain) for channel in found.bank.channels),
        output_factors=len(found.output_weights) - 1,
        output_halvings=halvings,
        output_doublings=doublings,
    )


def estimated_shape(found: FoldMatrixPlan) -> FoldMatrixShape:
    """The shape if the offset takes no doublings beyond the factor's own."""
    exponent = floor_log2(found.power)
    return shape_of(found, max(0, -exponent), max(0, exponent))
