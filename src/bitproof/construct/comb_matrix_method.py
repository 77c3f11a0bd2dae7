"""Comb matrices for a class: rows, columns, scalings are proposed, the best that fits is kept."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice

from bitproof.construct.class_method import Budget, ClassMethod
from bitproof.construct.comb_matrix_class import (
    ClassCombMatrix,
    Comb,
    class_comb_matrix,
    most_levels,
    output_numerator,
)
from bitproof.construct.fold_matrix_plan import Zoom, zoom_plan
from bitproof.construct.march_class import Family
from bitproof.construct.march_plan import floor_log2
from bitproof.construct.promise import Promise
from bitproof.errors import NoDesignError
from bitproof.exact import Q, WeightFormat, to_float

LEAST_DEPTH = 4
MOST_SCALINGS = 7
MOST_ENLARGED = 18
TAILS = range(3)
WIDEST = 192
SPARE = (0, 1, 2, 3, 4, 6)
AMPLITUDES = tuple(Fraction(eighths, 8) for eighths in range(8, 16))
PERIODS = (1, 3, 5, 7)
TRIED = 96
NARROW = 4
SHALLOW = 20


@dataclass(frozen=True, slots=True)
class CombMatrixMethod(ClassMethod):
    """The comb matrix: Q(a, b) with a ≥ 1 and b ≥ 1."""

    @property
    def name(self) -> str:
        return "comb-matrix"

    def formats(self, form: WeightFormat) -> tuple[WeightFormat, ...]:
        """The format itself, for every fraction bit serves; and a narrow one, where the search
        among few constants finds what it misses among many.

        >>> [form.name for form in CombMatrixMethod().formats(Q(1, 6))]
        ['Q(1,4)', 'Q(1,6)']
        """
        if not isinstance(form, Q) or form.a < 1 or form.b < 1:
            return ()
        narrow = (Q(form.a, NARROW),) if form.b > NARROW else ()
        return (*narrow, form)

    def lightest(
        self, family: Family, form: WeightFormat, error: Fraction, budget: Budget
    ) -> Iterator[Promise]:
        """Those of the first width that keeps the error. Where depth is plenty nothing is offered:
        there fold matrices are lighter."""
        depth = budget.depth
        if not isinstance(form, Q) or not _shallow(depth):
            return
        needed = family.lipschitz * family.domain.width / (2 * error)  # cells, at the very least
        width = max(8, math.isqrt(needed.__floor__()))
        most = WIDEST if budget.width is None else min(budget.width, WIDEST)
        while width <= most:
            made = _best(family, form, Budget(width, depth, budget.weights))
            kept = [promise for promise in made if promise.error <= error]
            yield from kept
            if kept:
                return
            width = most if width < most < width * 5 // 4 else width * 5 // 4

    def finest(self, family: Family, form: WeightFormat, budget: Budget) -> Iterator[Promise]:
        """For each number of scalings the least error; nothing where depth is plenty."""
        if not isinstance(form, Q) or not _shallow(budget.depth):
            return
        width = WIDEST if budget.width is None else min(budget.width, WIDEST)
        if budget.weights is not None:
            width = min(width, math.isqrt(budget.weights // 2) + 2)
        yield from _best(family, form, Budget(width, budget.depth, budget.weights))


def _shallow(depth: int | None) -> bool:
    """Whether so few layers are allowed that folding takes most of them."""
    return depth is not None and LEAST_DEPTH <= depth <= SHALLOW


def _best(family: Family, form: Q, budget: Budget) -> Iterator[ClassCombMatrix]:
    """For every number of scalings and layers of the tail the first proposal that holds."""
    zoom = zoom_plan(family.domain, form)
    deepest = MOST_SCALINGS + LEAST_DEPTH if budget.depth is None else budget.depth
    assert budget.width is not None
    if budget.width < LEAST_DEPTH + 2:
        return
    most = min(MOST_SCALINGS, MOST_ENLARGED // floor_log2(form.largest))
    for scalings in range(min(most, deepest - LEAST_DEPTH) + 1):
        enough = False
        choices = _choices(form, zoom, budget.width, scalings)
        for tail in TAILS:
            if scalings + tail + LEAST_DEPTH > deepest:
                break
            proposed = _proposals(family, form, choices, (scalings, tail))
            for comb in islice(proposed, TRIED):
                found = _made(family, form, comb, budget)
                if found is not None:
                    yield found
                    enough |= found.cells > budget.width**2 * 3 // 4 and found.levels > 2
                    break
        if enough:
            return


def _made(family: Family, form: Q, comb: Comb, budget: Budget) -> ClassCombMatrix | None:
    try:
        found = class_comb_matrix(family, form, comb)
    except NoDesignError:
        return None
    return found if budget.holds(found) else None


@dataclass(frozen=True, slots=True)
class _Choice:
    """What does not depend on the layers of the tail.

    Attributes:
        slope: of T in x.
        rows: the numbers of rows that are possible.
    """

    speed: Fraction
    period: int
    columns: int
    amplitude: Fraction
    slope: Fraction
    rows: tuple[int, ...]


def _choices(form: Q, zoom: Zoom, width: int, scalings: int) -> list[_Choice]:
    amplitudes = [amplitude for amplitude in AMPLITUDES if _usable(amplitude, form)]
    enlarged = zoom.stretch * (1 << (scalings * floor_log2(form.largest)))
    rows = dict[tuple[Fraction, int], tuple[int, ...]]()
    found = list[_Choice]()
    for speed, period, columns in _columns(form, zoom, width, scalings):
        for amplitude in amplitudes:
            key = amplitude, period
            if key not in rows:
                rows[key] = tuple(_rows(form, amplitude, period, width, scalings))
            slope = amplitude * speed * enlarged
            found.append(_Choice(speed, period, columns, amplitude, slope, rows[key]))
    return found


def _proposals(
    family: Family, form: Q, choices: list[_Choice], layers: tuple[int, int]
) -> Iterator[Comb]:
    """The networks of these choices, that of the least error, about, first."""
    found = list[tuple[float, int, _Choice, int]]()
    scalings, tail = layers
    steepest, fade = to_float(family.lipschitz), 2.0 ** (-form.b * (2 + tail))
    for choice in choices:
        numerator = output_numerator(family, form, choice.slope, tail)
        if numerator > form.largest_numerator:
            continue
        reach = numerator * to_float(choice.slope) * fade / 2
        spacing = min(steepest, reach)
        path = max(spacing + (steepest - spacing * spacing / steepest) / 2, reach)
        for rows in choice.rows:
            found.append((path / (rows * choice.columns), len(found), choice, rows))
    found.sort()
    for _, _, choice, rows in found:
        yield Comb(
            scalings, tail, choice.speed, choice.amplitude, choice.period, rows, choice.columns
        )


def _usable(amplitude: Fraction, form: Q) -> bool:
    return 2 * amplitude in form and amplitude / 2 in form and most_levels(form) >= 1


def _columns(form: Q, zoom: Zoom, width: int, scalings: int) -> Iterator[tuple[Fraction, int, int]]:
    """Speeds, periods and numbers of columns that cover the domain."""
    span = zoom.upper * (1 << (scalings * floor_log2(form.largest)))
    periods = set[int]()
    full = form.largest_numerator * span / width  # a column if X is as long as it can be
    for odd in PERIODS:
        period = odd
        while period <= 4 * full:
            if period == odd or 16 * period >= full:
                periods.add(period)
            period *= 2
    for period in sorted(periods):
        seen = set[int]()
        for spare in SPARE:
            numerator = min(form.largest_numerator, ((width - spare) * period / span).__floor__())
            columns = (numerator * span / period).__ceil__()
            if numerator < 1 or columns < 2 or columns in seen:
                continue
            seen.add(columns)
            yield Fraction(numerator, form.denominator), period, columns


def _rows(form: Q, amplitude: Fraction, period: int, width: int, scalings: int) -> Iterator[int]:
    """Even numbers of rows whose thresholds are sums of short constants."""
    whole = period * int(amplitude * form.denominator)
    twos = (whole & -whole).bit_length() - 1
    odd_part = whole >> twos
    finest = scalings * form.b + twos
    if finest < 0:
        return
    for odd in (part for part in range(1, min(odd_part + 1, width), 2) if odd_part % part == 0):
        doublings = min(finest, ((width - 1) // odd).bit_length() - 1)
        for rows in {odd << doublings, odd << max(0, doublings - 1)}:
            if rows % 2 == 0:
                yield rows
