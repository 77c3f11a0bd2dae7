"""Linear maps with integer entries: the numerators of a layer's weights."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, pairwise

from bitproof.errors import FormatError


class LinearMap(ABC):
    """A linear map Z^columns → Z^rows."""

    @property
    @abstractmethod
    def shape(self) -> tuple[int, int]:
        """(rows, columns)."""

    @abstractmethod
    def row(self, index: int) -> tuple[tuple[int, int], ...]:
        """The non-zero entries of one row as (column, numerator), columns ascending."""

    @property
    @abstractmethod
    def stored_entries(self) -> int:
        """How many numbers the map stores when every entry is stored."""

    @property
    @abstractmethod
    def nonzero_entries(self) -> int:
        """How many stored numbers are not zero."""

    @abstractmethod
    def stored_values(self) -> Iterator[int]:
        """The stored non-zero numerators."""

    @abstractmethod
    def mapped(self, change: Callable[[int], int]) -> LinearMap:
        """Every stored numerator n replaced by change(n); change(0) is 0, and what becomes 0 is
        dropped where zeros are not stored."""


@dataclass(frozen=True, slots=True)
class SparseMatrix(LinearMap):
    """Compressed sparse rows of integers; explicit zeros are not stored.

    Attributes:
        columns: number of columns.
        row_starts: length rows + 1, ascending from 0.
        column_indices: ascending and without repetition within each row.
        numerators: the entries, none of them 0.

    Raises:
        FormatError: the arrays do not describe such a matrix.

    >>> matrix = SparseMatrix.from_rows([[(0, 1), (2, -3)], []], columns=3)
    >>> matrix.shape, matrix.row(0), matrix.row(1), matrix.nonzero_entries, matrix.stored_entries
    ((2, 3), ((0, 1), (2, -3)), (), 2, 6)
    """

    columns: int
    row_starts: tuple[int, ...]
    column_indices: tuple[int, ...]
    numerators: tuple[int, ...]

    def __post_init__(self) -> None:
        starts, indices = self.row_starts, self.column_indices
        if (
            self.columns < 0
            or not starts
            or starts[0] != 0
            or starts[-1] != len(indices)
            or len(indices) != len(self.numerators)
            or any(a > b for a, b in pairwise(starts))
        ):
            raise FormatError(
                f"row starts {starts[:6]}… do not fit {len(indices)} entries",
                remedy="row_starts ascends from 0 to the number of entries",
            )
        for start, stop in pairwise(starts):
            previous = -1
            for column in indices[start:stop]:
                if not previous < column < self.columns:
                    raise FormatError(
                        f"column {column} after {previous} in a matrix of {self.columns} columns",
                        remedy="columns ascend within a row and stay below the number of columns",
                    )
                previous = column
        if 0 in self.numerators:
            raise FormatError("an explicit zero entry", remedy="leave zeros out")

    @classmethod
    def from_rows(cls, rows: Iterable[Iterable[tuple[int, int]]], *, columns: int) -> SparseMatrix:
        """From (column, numerator) pairs per row, in any order; zeros are dropped."""
        starts, indices, numerators = [0], list[int](), list[int]()
        for row in rows:
            for column, numerator in sorted(row):
                if numerator:
                    indices.append(column)
                    numerators.append(numerator)
            starts.append(len(indices))
        return cls(columns, tuple(starts), tuple(indices), tuple(numerators))

    @classmethod
    def unrolled(cls, matrix: LinearMap) -> SparseMatrix:
        """Any map row by row; a matrix that is one already is given back."""
        if isinstance(matrix, SparseMatrix):
            return matrix
        rows, columns = matrix.shape
        return cls.from_rows((matrix.row(index) for index in range(rows)), columns=columns)

    @classmethod
    def from_dense(cls, rows: Iterable[Iterable[int]], *, columns: int) -> SparseMatrix:
        """From all entries, row by row."""
        return cls.from_rows((enumerate(row) for row in rows), columns=columns)

    @property
    def shape(self) -> tuple[int, int]:
        return len(self.row_starts) - 1, self.columns

    def row(self, index: int) -> tuple[tuple[int, int], ...]:
        start, stop = self.row_starts[index], self.row_starts[index + 1]
        return tuple(zip(self.column_indices[start:stop], self.numerators[start:stop], strict=True))

    @property
    def stored_entries(self) -> int:
        return self.shape[0] * self.columns

    @property
    def nonzero_entries(self) -> int:
        return len(self.numerators)

    def stored_values(self) -> Iterator[int]:
        return iter(self.numerators)

    def mapped(self, change: Callable[[int], int]) -> SparseMatrix:
        changed = tuple(map(change, self.numerators))
        if 0 not in changed:
            return SparseMatrix(self.columns, self.row_starts, self.column_indices, changed)
        entries = list(zip(self.column_indices, changed, strict=True))
        rows = (entries[start:stop] for start, stop in pairwise(self.row_starts))
        return SparseMatrix.from_rows(rows, columns=self.columns)


@dataclass(frozen=True, slots=True)
class SideBySide(LinearMap):
    """Several maps of the same values, added: [A | B | …] (v, w, …) = A v + B w + …

    Raises:
        FormatError: no map, or maps with different numbers of rows.

    >>> one = SparseMatrix.from_dense([[1], [2]], columns=1)
    >>> both = SideBySide((one, one))
    >>> both.shape, both.row(1), both.stored_entries
    ((2, 2), ((0, 2), (1, 2)), 4)
    """

    blocks: tuple[LinearMap, ...]

    def __post_init__(self) -> None:
        if len({block.shape[0] for block in self.blocks}) != 1:
            raise FormatError(
                f"blocks with {[block.shape[0] for block in self.blocks]} rows",
                remedy="at least one, all with the same number of rows",
            )

    @property
    def shape(self) -> tuple[int, int]:
        return self.blocks[0].shape[0], sum(block.shape[1] for block in self.blocks)

    def row(self, index: int) -> tuple[tuple[int, int], ...]:
        entries, start = list[tuple[int, int]](), 0
        for block in self.blocks:
            entries += [(start + column, n) for column, n in block.row(index)]
            start += block.shape[1]
        return tuple(entries)

    @property
    def stored_entries(self) -> int:
        return sum(block.stored_entries for block in self.blocks)

    @property
    def nonzero_entries(self) -> int:
        return sum(block.nonzero_entries for block in self.blocks)

    def stored_values(self) -> Iterator[int]:
        return chain.from_iterable(block.stored_values() for block in self.blocks)

    def mapped(self, change: Callable[[int], int]) -> SideBySide:
        return SideBySide(tuple(block.mapped(change) for block in self.blocks))
