"""What a tensor of a model is while it is lowered: sums of values of layers, or a layer to be.

- An `ExactArray` is a constant.
- A `Signal` is a gather from values that exist: each entry is Σ scale · (a value of a layer) +
  offset. Reshaping, transposing, slicing, concatenating, padding, scaling and adding constants only
  change the gather, so they cost no layer.
- A `Draft` is a layer that is not written yet: an affine map waiting for constants to be added to
  its biases and for its activation.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bitproof.interop.exact_array import ExactArray
from bitproof.network import Convolution, LinearMap, SparseMatrix

Index = NDArray[np.int64]
Layout = Callable[[NDArray[Any]], NDArray[Any]]


@dataclass(frozen=True, slots=True, eq=False)
class Term:
    """One summand of a signal.

    Attributes:
        source: the layer it reads (0: the input).
        index: the value's place in the layer, in the tensor's shape; -1 where there is none.
        scale: a factor per entry, None for 1.
    """

    source: int
    index: Index
    scale: ExactArray | None = None

    def moved(self, layout: Layout) -> Term:
        scale = None if self.scale is None else self.scale.map(layout)
        return Term(self.source, np.asarray(layout(self.index)), scale)

    def scaled(self, factor: ExactArray) -> Term:
        scale = factor if self.scale is None else self.scale * factor
        return replace(self, scale=scale)


@dataclass(frozen=True, slots=True, eq=False)
class Signal:
    """Σ terms + offset (None for 0), entry by entry; `nonnegative`: visibly at least 0."""

    shape: tuple[int, ...]
    terms: tuple[Term, ...]
    offset: ExactArray | None = None
    nonnegative: bool = False

    @classmethod
    def of_layer(cls, source: int, index: Index, *, nonnegative: bool) -> Signal:
        """Values of one layer."""
        return cls(index.shape, (Term(source, index),), None, nonnegative)

    def moved(self, layout: Layout) -> Signal:
        """Entries moved, selected or repeated; the layout works on any array of this shape."""
        terms = tuple(term.moved(layout) for term in self.terms)
        offset = None if self.offset is None else self.offset.map(layout)
        shape = np.asarray(layout(np.empty(self.shape, np.int8))).shape
        return Signal(shape, terms, offset, self.nonnegative)

    def scaled(self, factor: ExactArray) -> Signal:
        """Times a constant of the same shape."""
        terms = tuple(term.scaled(factor) for term in self.terms)
        offset = None if self.offset is None else self.offset * factor
        positive = all(n >= 0 for n in factor.numerators.reshape(-1))
        return Signal(self.shape, terms, offset, self.nonnegative and positive)

    def shifted(self, constant: ExactArray) -> Signal:
        """Plus a constant of the same shape."""
        offset = constant if self.offset is None else self.offset + constant
        positive = all(n >= 0 for n in constant.numerators.reshape(-1))
        return replace(self, offset=offset, nonnegative=self.nonnegative and positive)

    def plus(self, other: Signal) -> Signal:
        """The sum with a signal of the same shape; terms that read the same places are joined."""
        terms = list(self.terms)
        for term in other.terms:
            twin = next((i for i, own in enumerate(terms) if _same_places(own, term)), None)
            if twin is None:
                terms.append(term)
            else:
                one = ExactArray.full(self.shape, 1)
                total = (terms[twin].scale or one) + (term.scale or one)
                terms[twin] = replace(term, scale=total)
        offset = other.offset if self.offset is None else self.offset
        if self.offset is not None and other.offset is not None:
            offset = self.offset + other.offset
        return Signal(self.shape, tuple(terms), offset, self.nonnegative and other.nonnegative)


def _same_places(one: Term, other: Term) -> bool:
    return one.source == other.source and np.array_equal(one.index, other.index)


@dataclass(frozen=True, slots=True, eq=False)
class Draft:
    """A layer to be: (matrix / denominator) · sources + bias, its rows shown in a tensor's shape.

    Attributes:
        sources: ascending.
        matrix, denominator: the weights.
        bias: one per row.
        view: the row of each entry of the tensor; every row once.
    """

    sources: tuple[int, ...]
    matrix: LinearMap
    denominator: int
    bias: ExactArray
    view: Index

    @property
    def shape(self) -> tuple[int, ...]:
        return self.view.shape

    def by_row(self, constant: ExactArray) -> ExactArray:
        """A constant of the tensor's shape as one number per row."""
        numerators = np.empty(self.view.size, object)
        numerators[self.view.reshape(-1)] = constant.numerators.reshape(-1)
        return ExactArray(numerators, constant.denominator)

    def shifted(self, constant: ExactArray) -> Draft:
        """Plus a constant of the same shape."""
        return replace(self, bias=self.bias + self.by_row(constant))

    def scaled(self, factor: ExactArray) -> Draft | None:
        """Times a constant of the same shape; None where the map cannot take it as it is."""
        rows = self.by_row(factor)
        matrix = scaled_rows(self.matrix, [int(n) for n in rows.numerators])
        if matrix is None:
            return None
        denominator = self.denominator * rows.denominator
        return replace(self, matrix=matrix, denominator=denominator, bias=self.bias * rows)


Value = ExactArray | Signal | Draft


def scaled_rows(matrix: LinearMap, factors: Sequence[int]) -> LinearMap | None:
    """Each row times an integer; None for a convolution whose filters get unequal factors."""
    if isinstance(matrix, Convolution):
        places = matrix.shape[0] // matrix.filters
        per_filter = factors[::places]
        if any(
            factors[o * places : (o + 1) * places] != [factor] * places
            for o, factor in enumerate(per_filter)
        ):
            return None
        size = len(matrix.kernel) // matrix.filters
        kernel = tuple(n * per_filter[i // size] for i, n in enumerate(matrix.kernel))
        return replace(matrix, kernel=kernel)
    rows = (
        [(column, numerator * factor) for column, numerator in matrix.row(i)]
        for i, factor in enumerate(factors)
    )
    return SparseMatrix.from_rows(rows, columns=matrix.shape[1])


def common(denominators: Sequence[int]) -> int:
    """The least common multiple."""
    return math.lcm(1, *denominators)
