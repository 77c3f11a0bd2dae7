"""Linear maps with integer entries: the numerators of a layer's weights."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

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
