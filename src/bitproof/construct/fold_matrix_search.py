"""Which fold matrix to build: the least memory for an error, or the least error within a size.

Floats propose plans in order of promise; the plan made of a proposal is checked exactly.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache, lru_cache, reduce
from operator import mul

import numpy as np

from bitproof.construct.fold_matrix_bank import odd_factors, odd_products, scaling_weights
from bitproof.construct.fold_matrix_plan import (
    FREE,
    FoldMatrixPlan,
    Limits,
    Zoom,
    estimated_shape,
    levels_of,
    make_plan,
    split_columns,
    usable,
    zoom_plan,
)
from bitproof.construct.march_plan import floor_log2
from bitproof.errors import NoDesignError
from bitproof.exact import Interval, WeightFormat, to_float, write_decimal
from bitproof.exact.weight_format import Q
from bitproof.theory.march import path_error

MAX_CELLS = 1 << 17
MAX_PROMISED_CELLS = 1 << 20
MAX_FOLDS = 14
MAX_FACTORS = 3
LARGEST_ODD = 63
PARTS = 64
MOST_ROWS = 1024
KEPT = 24
FEW_CONSTANTS = 2
SLACK = 1e-9
SQUEEZES = (Fraction(1), Fraction(3, 4), Fraction(7, 8), Fraction(5, 8))
"""The domain may fill a part of [0, 1], so that the number of columns need not be a power of 2."""


@dataclass(frozen=True, slots=True)
class _Slopes:
    """The odd part of R, the odd numbers in the output's factor, and the error of a path with the
    slopes they make, for cells of length 1."""

    part: int
    odd: tuple[int, ...]
    bound: float
    layers: int


@lru_cache(maxsize=64)
def _slopes(form: Q, stretch: Fraction, slope: Fraction) -> tuple[_Slopes, ...]:
    """For each odd part of R the slopes worth their layers: more odd numbers, a smaller error."""
    largest = form.largest_numerator
    found = list[_Slopes]()
    for part in range(1, PARTS, 2):
        factors = odd_factors(part, largest)
        if factors is None:
            continue
        least = math.inf
        for count in range(MAX_FACTORS + 1):
            products = _products(min(largest, LARGEST_ODD), count)
            if not products:
                continue
            bounds = _bounds(np.array([p for p, _ in products]), part, form, stretch, slope)
            at = int(bounds.argmin())
            if bounds[at] < least:
                least = float(bounds[at])
                found.append(_Slopes(part, products[at][1], least, len(factors) + count))
    return tuple(found)


def _bounds(
    products: np.ndarray[tuple[int], np.dtype[np.float64]],
    part: int,
    form: Q,
    stretch: Fraction,
    slope: Fraction,
) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """`path_error` of a cell of length 1 for the least spacing that each product allows."""
    steepest, scaled = to_float(slope), products * part * to_float(stretch)
    exponents = np.ceil(np.log2(steepest / (levels_of(form) * scaled)) - SLACK)
    spacing = scaled * 2.0**exponents
    inside = np.maximum(0.0, steepest - spacing * spacing / steepest) / 2
    bounds: np.ndarray[tuple[int], np.dtype[np.float64]] = (spacing + inside) * (1 - SLACK)
    return bounds


@lru_cache(maxsize=64)
def _products(largest: int, count: int) -> list[tuple[float, tuple[int, ...]]]:
    """The products of exactly so many odd numbers, with the numbers."""
    tuples = odd_products(largest, MAX_FACTORS)
    return [(float(reduce(mul, odd, 1)), odd) for odd in tuples if len(odd) == count]


@dataclass(frozen=True, slots=True)
class _Proposal:
    """Numbers of rows, folds and odd factors; `size` estimates what is to be least."""

    size: float
    folds: int
    rows: int
    odd: tuple[int, ...]
    zoom: Zoom

    def made(self, form: Q, slope: Fraction, width: int | None) -> FoldMatrixPlan | None:
        """The plan, if its factors and constants can be made."""
        try:
            return make_plan(form, self.zoom, self.rows, self.folds, self.odd, slope, width)
        except NoDesignError:
            return None


def _zooms(domain: Interval, form: Q, limits: Limits) -> Iterator[Zoom]:
    """The zoom onto the domain; within limits on the size also some that leave a part empty."""
    whole = zoom_plan(domain, form)
    for squeeze in SQUEEZES if limits.width is not None else SQUEEZES[:1]:
        try:
            steps = tuple((weight, Fraction(0)) for weight in scaling_weights(squeeze, form))
        except NoDesignError:
            continue
        yield replace(
            whole,
            steps=(*whole.steps, *steps),
            stretch=whole.stretch * squeeze,
            lower=whole.lower * squeeze,
            upper=whole.upper * squeeze,
        )


def _proposals(
    form: Q, domain: Interval, error: Fraction, lipschitz: Fraction, limits: Limits
) -> Iterator[_Proposal]:
    """For each number of folds and each slope the fewest rows for an error."""
    for zoom in _zooms(domain, form, limits):
        for slopes in _slopes(form, zoom.stretch, lipschitz):
            cells = slopes.bound / to_float(error * zoom.stretch)
            for folds in range(1, MAX_FOLDS + 1):
                least = cells / (1 << folds) / (2 * slopes.part)
                rows = 2 * slopes.part << max(0, math.ceil(least - 1).bit_length())
                columns = _columns(zoom, folds)
                blocks = _fitting(zoom, rows, folds, form, limits)
                if not blocks:
                    continue
                size = columns * (rows + 5) + 3 * blocks * rows + 6 * folds + 2 * slopes.layers
                yield _Proposal(size + 2 * zoom.layers, folds, rows, slopes.odd, zoom)


def _columns(zoom: Zoom, folds: int) -> int:
    return max(1, ((zoom.upper - zoom.lower) * (1 << folds)).__ceil__())


def _fitting(zoom: Zoom, rows: int, folds: int, form: Q, limits: Limits) -> int:
    """At least how many blocks it takes; 0 if it cannot keep the limits."""
    columns = _columns(zoom, folds)
    # memory may be counted by the non-zero weights: at least about half of the matrix
    if rows > MOST_ROWS or (
        limits.bits is not None and form.memory_bits(rows * columns // 2) > limits.bits
    ):
        return 0
    if limits.width is not None and rows + 1 + FEW_CONSTANTS > limits.width:
        return 0
    try:
        blocks = len(split_columns(columns, FEW_CONSTANTS, limits.width))
    except NoDesignError:
        return 0
    least = zoom.layers + folds + 1 + 2 * blocks + 2
    return 0 if limits.depth is not None and least > limits.depth else blocks


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
    levels = levels_of(form)
    cells = path_error(Fraction(1), lipschitz, lipschitz / levels) / error * domain.width
    if cells > MAX_CELLS:
        raise NoDesignError(
            f"a fold matrix to {write_decimal(error, 3)} takes about {int(cells)} cells",
            remedy=f"at most {MAX_CELLS} are built; ask for a larger error",
        )
    best: FoldMatrixPlan | None = None
    least: int | None = None
    proposals = sorted(
        _proposals(form, domain, error, lipschitz, limits),
        key=lambda proposal: (proposal.size, proposal.folds, proposal.rows),
    )
    for proposal in proposals[:KEPT]:
        found = proposal.made(form, lipschitz, limits.width)
        if found is None or path_error(found.cell, lipschitz, found.half_spacing) > error:
            continue
        shape = estimated_shape(found)
        wide = limits.width is not None and shape.width > limits.width
        deep = limits.depth is not None and shape.depth > limits.depth
        if not (wide or deep) and (least is None or shape.dense_weights < least):
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


def finest_plans(
    domain: Interval, form: Q, lipschitz: Fraction, limits: Limits
) -> Iterator[FoldMatrixPlan]:
    """Plans that may keep the limits, a smaller error first.

    Raises:
        FormatError: the format lacks a value every network needs.
    """
    usable(form)
    found = list[_Proposal]()
    most = limits.width or MOST_ROWS
    for zoom in _zooms(domain, form, limits):
        stretch = to_float(zoom.stretch)
        most_cells = MAX_PROMISED_CELLS / (stretch * to_float(domain.width))

        @cache
        def fitting(rows: int, zoom: Zoom = zoom, most_cells: float = most_cells) -> list[int]:
            """The numbers of folds."""
            return [
                folds
                for folds in range(1, MAX_FOLDS + 1)
                if rows << folds <= most_cells and _fitting(zoom, rows, folds, form, limits)
            ]

        for slopes in _slopes(form, zoom.stretch, lipschitz):
            for doublings in range((most // (2 * slopes.part)).bit_length()):
                rows = 2 * slopes.part << doublings
                for folds in fitting(rows):
                    size = slopes.bound / (stretch * (rows << folds))
                    found.append(_Proposal(size, folds, rows, slopes.odd, zoom))
    found.sort(key=lambda proposal: (proposal.size, proposal.folds, proposal.rows))
    for proposal in found:
        if _least_depth(proposal, form) > (limits.depth or math.inf):
            continue
        made = proposal.made(form, lipschitz, limits.width)
        if made is not None:
            yield made


def _least_depth(proposal: _Proposal, form: Q) -> int:
    """A quick lower bound of the depth: folds, growth of T or X, the matrix."""
    boost = max(1, floor_log2(form.largest))
    grown = math.ceil(math.log2(proposal.rows) / boost) - 1
    return proposal.zoom.layers + proposal.folds + max(1, grown // 2) + 3
