"""The sizes of a fold matrix network before its path is known, all exact."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache, reduce
from operator import mul

from bitproof.construct.fold_matrix_bank import (
    Bank,
    make_bank,
    odd_factors,
    odd_products,
    scaling_weights,
)
from bitproof.construct.march_plan import InputForm, floor_log2, input_stage
from bitproof.errors import FormatError, NoDesignError
from bitproof.exact import Interval, WeightFormat, to_float, write_decimal
from bitproof.exact.weight_format import Q
from bitproof.theory.fold_matrix import FoldMatrixShape
from bitproof.theory.march import path_error

MAX_CELLS = 1 << 17
MAX_FOLDS = 12
MAX_FACTORS = 3
PARTS = 64
MOST_ROWS = 1024
KEPT = 24
SLACK = 1e-9


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
class _Slopes:
    """The odd part of R, the odd numbers in the output's factor, and the error of a path with the
    slopes they make, for cells of length 1."""

    part: int
    odd: tuple[int, ...]
    bound: float
    layers: int


@dataclass(frozen=True, slots=True)
class FoldMatrixPlan:
    """The cells, the slopes and the constants of a network.

    Attributes:
        levels: m: the path has m + 1 slopes.
        rows, folds: R and log2 C.
        first, columns: the first column built (even), and how many.
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
        return _offset_shift(self.bank.granule, self.odd, self.form)

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
    form: Q, zoom: Zoom, rows: int, folds: int, odd: tuple[int, ...], slope: Fraction
) -> FoldMatrixPlan:
    """The plan with R rows whose steepest slope is the least one ≥ `slope` with these factors.

    Raises:
        NoDesignError: a factor or a constant cannot be made.
    """
    levels = levels_of(form)
    first = (zoom.lower * (1 << folds)).__floor__() & ~1
    columns = max(1, _ceil(zoom.upper * (1 << folds)) - first)
    unit = _unit(form, rows)
    shift = _offset_shift(unit / form.denominator, odd, form)
    need = levels * rows * (first + columns)
    bank = make_bank(form, unit, max(need, levels * rows * columns // 2 + 2 * shift))
    factor = _factor(
        2 * slope / (levels * bank.granule * zoom.stretch * (rows << folds)), reduce(mul, odd, 1)
    )
    return FoldMatrixPlan(form, zoom, levels, rows, folds, first, columns, unit, factor, odd, bank)


def _ceil(value: Fraction) -> int:
    return -((-value).__floor__())


def _offset_shift(granule: Fraction, odd: tuple[int, ...], form: Q) -> int:
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


@lru_cache(maxsize=8)
def _slopes(form: Q, stretch: Fraction, slope: Fraction) -> tuple[_Slopes, ...]:
    """For each odd part of R the slopes worth their layers: more odd numbers, a smaller error.

    Floats propose; the plan made of a proposal is checked exactly."""
    largest, levels = form.largest_numerator, levels_of(form)
    rate, steepest = to_float(stretch), to_float(slope)
    found = list[_Slopes]()
    for part in range(1, PARTS, 2):
        if odd_factors(part, largest) is None:
            continue
        least = dict[int, float]()
        for odd in odd_products(largest, MAX_FACTORS):
            product = part * reduce(mul, odd, 1) * rate
            spacing = product * 2.0 ** math.ceil(math.log2(steepest / (levels * product)) - SLACK)
            inside = max(0.0, steepest - spacing * spacing / steepest) / 2
            bound = (spacing + inside) * (1 - SLACK)
            if all(bound < shorter for shorter in least.values()):
                layers = len(odd_factors(part, largest) or ()) + len(odd)
                found = [s for s in found if (s.part, len(s.odd)) != (part, len(odd))]
                found.append(_Slopes(part, odd, bound, layers))
                least[len(odd)] = bound
    return tuple(found)


def _candidates(
    form: Q, zoom: Zoom, error: Fraction, lipschitz: Fraction, limits: Limits
) -> list[FoldMatrixPlan]:
    """The most promising plans: for each number of folds and each slope the fewest rows."""
    ranked = list[tuple[int, int, int, tuple[int, ...]]]()
    for slopes in _slopes(form, zoom.stretch, lipschitz):
        cells = slopes.bound / to_float(error * zoom.stretch)
        for folds in range(1, MAX_FOLDS + 1):
            least = cells / (1 << folds)
            rows = 2 * slopes.part << max(0, math.ceil(least / (2 * slopes.part) - 1).bit_length())
            columns = max(1, _ceil((zoom.upper - zoom.lower) * (1 << folds)))
            if rows > MOST_ROWS or not _fits(rows, columns, form, limits):
                continue
            size = columns * (rows + 5) + 3 * rows + 6 * folds + 2 * slopes.layers
            ranked.append((size, folds, rows, slopes.odd))
    ranked.sort()
    found = list[FoldMatrixPlan]()
    for _, folds, rows, odd in ranked[:KEPT]:
        try:
            made = make_plan(form, zoom, rows, folds, odd, lipschitz)
        except NoDesignError:
            continue
        if path_error(made.cell, lipschitz, made.half_spacing) <= error:
            found.append(made)
    return found


def _fits(rows: int, columns: int, form: Q, limits: Limits) -> bool:
    """Whether the matrix keeps the limits on width and memory."""
    wide = limits.width is not None and max(columns, rows + 2) > limits.width
    # memory may be counted by the non-zero weights: at least about half of the matrix
    bits = form.memory_bits(rows * columns // 2)
    return not wide and (limits.bits is None or bits <= limits.bits)


def shape_of(found: FoldMatrixPlan, halvings: int, doublings: int) -> FoldMatrixShape:
    """What the theorem's formulas take."""
    return FoldMatrixShape(
        rows=found.rows,
        columns=found.columns,
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


def theorem_plan(
    domain: Interval,
    error: Fraction,
    weight_format: WeightFormat,
    lipschitz: Fraction,
    limits: Limits = FREE,
) -> FoldMatrixPlan:
    """The plan with the least dense memory whose theorem promises the error for K-Lipschitz
    functions, within limits on depth and width.

    Raises:
        FormatError: the format lacks a value every network needs.
        NoDesignError: more than 2^17 cells, or nothing within the limits.
    """
    form = usable(weight_format)
    zoom, levels = zoom_plan(domain, form), levels_of(form)
    cells = path_error(Fraction(1), lipschitz, lipschitz / levels) / error * domain.width
    if cells > MAX_CELLS:
        raise NoDesignError(
            f"a fold matrix to {write_decimal(error, 3)} takes about {int(cells)} cells",
            remedy=f"at most {MAX_CELLS} are built; ask for a larger error",
        )
    best: FoldMatrixPlan | None = None
    least: int | None = None
    for found in _candidates(form, zoom, error, lipschitz, limits):
        shape = estimated_shape(found)
        deep = limits.depth is not None and shape.depth > limits.depth
        if not deep and (least is None or shape.dense_weights < least):
            best, least = found, shape.dense_weights
    if best is None and limits.depth is None and limits.width is None and limits.bits is not None:
        raise NoDesignError(
            f"a fold matrix of error {write_decimal(error, 3)} takes over {limits.bits} bits"
        )
    if best is None:
        raise NoDesignError(
            f"no fold matrix of error {write_decimal(error, 3)} within the limits",
            remedy="allow more depth, width or memory",
        )
    return best
