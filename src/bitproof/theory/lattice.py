"""Integer lattices: the whole-number combinations of some vectors, exactly."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import gcd, lcm, prod
from typing import TYPE_CHECKING

from bitproof.errors import WorkLimitError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Integers = npt.NDArray[np.int64]

Vector = tuple[int, ...]
MAX_MODULUS = 1 << 30
MAX_ENTRY = 1 << 62
LARGE = 1 << 16


@dataclass(frozen=True)
class Lattice:
    """A lattice in Z^n by its Hermite normal form: `rows[i]` has its first non-zero entry, a
    positive one, at i, and the entries above it are reduced; None where no row starts there.

    >>> lattice = Lattice.spanned(2, [(2, 4), (0, 6), (4, 2)])
    >>> lattice.rows, lattice.exponent(), len(lattice.residues(6))
    (((2, 4), (0, 6)), 6, 3)
    """

    rows: tuple[Vector | None, ...]

    @classmethod
    def spanned(cls, dimension: int, vectors: Iterable[Sequence[int]]) -> Lattice:
        rows: list[list[int] | None] = [None] * dimension
        for vector in vectors:
            _insert(rows, list(vector))
            if all(row is not None and row[at] == 1 for at, row in enumerate(rows)):
                break
        _reduce(rows)
        return cls(tuple(None if row is None else tuple(row) for row in rows))

    @property
    def is_full(self) -> bool:
        """Whether it has as many independent vectors as coordinates."""
        return None not in self.rows

    @property
    def basis(self) -> tuple[Vector, ...]:
        return tuple(row for row in self.rows if row is not None)

    def times(self, factor: int) -> Lattice:
        """Every vector multiplied by a positive integer."""
        scaled = (
            None if row is None else tuple(factor * entry for entry in row) for row in self.rows
        )
        return Lattice(tuple(scaled))

    def plus(self, vector: Sequence[int]) -> Lattice:
        """With one more generator."""
        return Lattice.spanned(len(self.rows), [*self.basis, vector])

    def exponent(self) -> int:
        """The least K ≥ 1 with KZ^n inside the lattice, which is full."""
        return lcm(*(self._order(index) for index in range(len(self.rows))))

    def _order(self, index: int) -> int:
        """The least k ≥ 1 for which k times a unit vector is in the lattice."""
        vector = [0] * len(self.rows)
        vector[index] = 1
        order = 1
        for at in range(index, len(vector)):
            row = self.rows[at]
            assert row is not None
            factor = row[at] // gcd(row[at], vector[at])
            order *= factor
            times = vector[at] * factor // row[at]
            vector = [factor * v - times * r for v, r in zip(vector, row, strict=True)]
        return order

    def size(self, modulus: int) -> int:
        """How many residues modulo a multiple of the exponent its vectors have."""
        return prod(modulus // row[at] for at, row in enumerate(self.rows) if row is not None)

    def residues(self, modulus: int) -> Integers:
        """Its vectors modulo a multiple of the exponent, each once, as rows.

        Raises:
            WorkLimitError: a modulus beyond 2^30.
        """
        counts = [range(modulus // row[at]) for at, row in enumerate(self.rows) if row is not None]
        return self.combinations(counts, modulus)

    def combinations(self, counts: Sequence[Sequence[int]], modulus: int | None = None) -> Integers:
        """The sums of basis vectors with multiplicities from the given ones, as rows.

        Raises:
            WorkLimitError: numbers that could exceed 64 bits.
        """
        import numpy as np

        reach = sum(
            max(map(abs, row)) * max(map(abs, count))
            for row, count in zip(self.basis, counts, strict=True)
        )
        if (modulus or 0) > MAX_MODULUS or (not modulus and reach > MAX_ENTRY):
            raise WorkLimitError(
                f"lattice vectors modulo {modulus}, of size {reach}", remedy="use fewer bits"
            )
        total: Integers = np.zeros((1, len(self.rows)), dtype=np.int64)
        for row, count in zip(self.basis, counts, strict=True):
            if any(count):
                entries = [entry % modulus for entry in row] if modulus else row
                steps = np.outer(np.asarray(count, np.int64), np.asarray(entries, np.int64))
                total = (total[:, None, :] + steps[None, :, :]).reshape(-1, len(self.rows))
                if modulus:
                    total %= modulus
        return total


def _insert(rows: list[list[int] | None], vector: list[int]) -> None:
    for at in range(len(vector)):
        if vector[at] == 0:
            continue
        row = rows[at]
        if row is None:
            rows[at] = vector if vector[at] > 0 else [-entry for entry in vector]
            return
        while vector[at]:
            quotient = row[at] // vector[at]
            if quotient:
                row = [r - quotient * v for r, v in zip(row, vector, strict=True)]
            row, vector = vector, row
        rows[at] = _small(rows, row if row[at] > 0 else [-entry for entry in row], at)
        vector = _small(rows, vector, at)


def _small(rows: list[list[int] | None], vector: list[int], at: int) -> list[int]:
    """The vector with the entries behind a position reduced, if one has grown large."""
    if max(map(abs, vector)) < LARGE:
        return vector
    for below in range(at + 1, len(rows)):
        other = rows[below]
        quotient = 0 if other is None else vector[below] // other[below]
        if other is not None and quotient:
            vector = [v - quotient * o for v, o in zip(vector, other, strict=True)]
    return vector


def _reduce(rows: list[list[int] | None]) -> None:
    for at in range(len(rows) - 1, -1, -1):
        row = rows[at]
        if row is None:
            continue
        for below in range(at + 1, len(rows)):
            other = rows[below]
            if other is None:
                continue
            quotient = row[below] // other[below]
            if quotient:
                row = [r - quotient * v for r, v in zip(row, other, strict=True)]
        rows[at] = row
