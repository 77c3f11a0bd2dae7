"""The comb matrix for a whole class of functions: sizes and error known before any function."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from bitproof.construct.comb_constants import Digits, chain_of, digits_for, merged
from bitproof.construct.fold_matrix_plan import Zoom, zoom_plan
from bitproof.construct.march_class import CODING_SLACK, Family
from bitproof.construct.march_plan import floor_log2
from bitproof.construct.promise import OfShape
from bitproof.errors import NoDesignError
from bitproof.exact import Q
from bitproof.theory.comb_matrix import CombMatrixShape
from bitproof.theory.march import path_error

if TYPE_CHECKING:
    from bitproof.construct.construction import Construction
    from bitproof.target.target import Target

METHOD = "comb-matrix"


@dataclass(frozen=True, slots=True)
class Comb:
    """What is chosen freely.

    Attributes:
        scalings: layers that enlarge z, each by the largest power of two.
        tail: layers after the sum, each times 2^-b.
        speed: w, X = w·(enlarged z).
        amplitude: μ, how fast T moves in X.
        period: k, a column is k·2^-b long in X.
        rows, columns: R (even) and C.
    """

    scalings: int
    tail: int
    speed: Fraction
    amplitude: Fraction
    period: int
    rows: int
    columns: int


@dataclass(frozen=True, slots=True)
class ClassCombMatrix(OfShape):
    """A comb matrix whose sizes hold for every function of a family.

    Attributes:
        unit: t, a cell in T.
        levels: m: the path has m + 1 slopes.
        output: the weight of the sum.
        offset: what the path is above the function.
        comb_digits, row_digits, column_digits: of the constants of each layer.
        error: the promised sup error.
        shape: the sizes.
    """

    family: Family
    form: Q
    zoom: Zoom
    comb: Comb
    unit: Fraction
    levels: int
    output: Fraction
    offset: Fraction
    comb_digits: Digits
    row_digits: Digits
    column_digits: Digits
    error: Fraction
    shape: CombMatrixShape

    @property
    def method(self) -> str:
        return METHOD

    @property
    def cells(self) -> int:
        return self.comb.rows * self.comb.columns

    @property
    def cell(self) -> Fraction:
        """The length of a cell in x."""
        return self.unit / (self.comb.amplitude * _stretch(self.zoom, self.comb, self.form))

    @property
    def granule(self) -> Fraction:
        """The lattice of the path, in units of f."""
        return self.output * self.unit / _power(self.form, 1 + self.comb.tail)

    @property
    def half_spacing(self) -> Fraction:
        """Half the difference of two slopes, in units of f."""
        return self.granule / (2 * self.cell)

    @property
    def constants(self) -> tuple[int, ...]:
        """The exponents of the constant neurons."""
        return merged((self.comb_digits, self.row_digits, self.column_digits))

    @property
    def nonzero_least(self) -> int:
        """At least one in every affine map."""
        return self.depth

    def build(self, target: Target) -> Construction:
        """The network of a function of the family.

        Raises:
            InputError: the function is not of the family.
        """
        from bitproof.construct.comb_matrix import build

        return build(target, self)


def _stretch(zoom: Zoom, comb: Comb, form: Q) -> Fraction:
    """X per x."""
    return zoom.stretch * comb.speed * (1 << (comb.scalings * floor_log2(form.largest)))


def _power(form: Q, exponent: int) -> int:
    """2^(b·exponent)."""
    return 1 << (form.b * exponent)


def most_levels(form: Q) -> int:
    """The most slopes: 2m is at most the largest numerator, m odd."""
    most = form.largest_numerator // 2
    return most - 1 + most % 2


def output_numerator(family: Family, form: Q, slope: Fraction, tail: int) -> int:
    """The least numerator of ω for which the steepest slope is K, T having this slope in x."""
    below = 2 * _power(form, 2 + tail) * family.lipschitz
    numerator, rest = divmod(
        below.numerator * slope.denominator, below.denominator * slope.numerator * most_levels(form)
    )
    return max(1, numerator + (rest > 0))


def class_comb_matrix(family: Family, form: Q, comb: Comb) -> ClassCombMatrix:
    """The network of these choices.

    Raises:
        NoDesignError: the format has no such weights or constants.
    """
    zoom, below = zoom_plan(family.domain, form), form.denominator
    slope = comb.amplitude * _stretch(zoom, comb, form)
    numerator = output_numerator(family, form, slope, comb.tail)
    weights = (comb.speed, 2 * comb.amplitude, comb.amplitude / 2, Fraction(numerator, below))
    for weight in weights:
        if weight not in form:
            raise NoDesignError(f"a factor {weight} in {form.name}", remedy="use another method")
    unit = comb.amplitude * comb.period / (below * comb.rows)
    cell = unit / slope
    granule = Fraction(numerator, below) * unit / _power(form, 1 + comb.tail)
    spacing = granule / (2 * cell)
    levels = (family.lipschitz / spacing).__ceil__() | 1
    error = path_error(cell, family.lipschitz, spacing)
    offset = Fraction(((2 * error + granule - family.span.lower) * below).__ceil__(), below)
    if offset not in form or levels > most_levels(form):
        raise NoDesignError(
            f"an offset {offset} in {form.name}", remedy="use a format with more integer bits"
        )
    slack = CODING_SLACK * (1 + abs(offset) + family.span.magnitude)
    top = ((family.span.upper + offset + 2 * error) / granule).__ceil__()
    need = max(levels * comb.rows * comb.columns, top + levels * comb.rows)
    first = comb.scalings
    digits = (
        digits_for(form, Fraction(comb.period, below), comb.columns - 1, first),
        digits_for(form, unit, comb.rows, first + 1),
        digits_for(form, unit / below, need, first + 2),
    )
    shape = _shape(form, zoom, comb, digits)
    return ClassCombMatrix(
        family, form, zoom, comb, unit, levels, weights[3], offset, *digits, error + slack, shape
    )


def _shape(
    form: Q, zoom: Zoom, comb: Comb, digits: tuple[Digits, Digits, Digits]
) -> CombMatrixShape:
    constants = merged(digits)
    comb_reads, row_reads, column_reads = (
        tuple(constants.index(e) for e in part.exponents) for part in digits
    )
    return CombMatrixShape(
        comb.rows,
        comb.columns,
        zoom.stage[0],
        zoom.stage[3],
        zoom.layers,
        comb.scalings,
        tuple(len(chain_of(e, form)) for e in constants),
        comb_reads,
        row_reads,
        column_reads,
        comb.tail,
    )
