"""Upper bounds as resource formulas: the paper's own constants, and constructions not built here.

What bitproof builds has exact formulas beside its construction (`bitproof.theory.march`). These are
for comparison; the planner shows them as theory and never recommends them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from math import isqrt

from bitproof.errors import InputError
from bitproof.theory.march import path_error
from bitproof.theory.references import OU_2024, Reference

MAX_PAPER_LEVELS = 24
MAX_PAPER_FACTOR = 64


@dataclass(frozen=True, slots=True)
class PaperTheorem:
    """The explicit constants of Ou, Schenkel, Bölcskei 2024 for 1-Lipschitz functions on [0, 1].

    Hypotheses: m, l, n ≥ 2. Promise: width ≤ 600m + 2^(n + 7), depth ≤ 101l, coefficients at most
    max(8mn, 3^(n + 2)), error ≤ 3/(m²l²n).

    >>> theorem = PaperTheorem(2, 2, 2)
    >>> theorem.width, theorem.depth, theorem.error, theorem.dense_weights
    (1712, 202, Fraction(3, 32), 586536337)
    """

    m: int
    l: int  # noqa: E741  (the paper's letter)
    n: int

    def __post_init__(self) -> None:
        if min(self.m, self.l, self.n) < 2:
            raise InputError(
                f"m = {self.m}, l = {self.l}, n = {self.n}", remedy="all three at least 2"
            )

    @classmethod
    def for_error(cls, error: Fraction) -> PaperTheorem:
        """The parameters of least dense weight count that promise an error.

        >>> PaperTheorem.for_error(Fraction(1, 10))
        PaperTheorem(m=2, l=2, n=2)
        """
        if error <= 0:
            raise InputError(f"the error {error}", remedy="above 0")
        offers = (
            cls(m, max(2, _root_above(3 / (error * m * m * n))), n)
            for n in range(2, MAX_PAPER_LEVELS)
            for m in range(2, MAX_PAPER_FACTOR)
        )
        return min(offers, key=lambda offer: offer.dense_weights)

    @property
    def width(self) -> int:
        return 600 * self.m + (1 << (self.n + 7))

    @property
    def depth(self) -> int:
        return 101 * self.l

    @property
    def largest_coefficient(self) -> int:
        return int(max(8 * self.m * self.n, 3 ** (self.n + 2)))

    @property
    def error(self) -> Fraction:
        return Fraction(3, self.m**2 * self.l**2 * self.n)

    @property
    def dense_weights(self) -> int:
        """Entries of all affine maps of 1-W-...-W-1, biases included."""
        w = self.width
        return (self.depth - 2) * w * (w + 1) + 3 * w + 1

    @property
    def integer_bits(self) -> int:
        """Bits of a weight in front of its binary point, sign included: what it takes at least."""
        return self.largest_coefficient.bit_length() + 1

    @property
    def reference(self) -> Reference:
        return OU_2024


@dataclass(frozen=True, slots=True)
class FoldMatrixEstimate:
    """Rows and columns of a folded input, R·C cells: the leading terms of its weight count.

    The path has m + 1 slopes, m = 2^(w - 2) - 1, on cells of length 1/(R·C); the error is that of
    the coded path.

    >>> estimate = FoldMatrixEstimate(rows=32, columns=32, weight_bits=5)
    >>> estimate.cells, estimate.path_levels, round(float(estimate.error * estimate.bits), 1)
    (1024, 7, 5.0)
    """

    rows: int
    columns: int
    weight_bits: int

    def __post_init__(self) -> None:
        powers = all(v >= 2 and v & (v - 1) == 0 for v in (self.rows, self.columns))
        if not powers or self.weight_bits < 4:
            raise InputError(
                f"{self.rows} rows, {self.columns} columns, {self.weight_bits} bits",
                remedy="powers of two from 2, and at least 4 bits",
            )

    @property
    def cells(self) -> int:
        return self.rows * self.columns

    @property
    def path_levels(self) -> int:
        return int((1 << (self.weight_bits - 2)) - 1)

    @property
    def error(self) -> Fraction:
        """For 1-Lipschitz functions on [0, 1], slopes on a dyadic grid just above 1/m."""
        digits = 3 + self.path_levels.bit_length()
        spacing = Fraction(-(-(1 << digits) // self.path_levels), 1 << digits)
        return path_error(Fraction(1, self.cells), Fraction(1), spacing)

    @property
    def dense_weights(self) -> int:
        r, c, bank = self.rows, self.columns, 3
        q, log_rows = c.bit_length() - 1, r.bit_length() - 1
        matrix = c * (r + bank + 2) + (r + bank + 1) * (bank + 4) + c
        return matrix + 13 * (q + log_rows // 2) + 2 * (q + log_rows)

    @property
    def bits(self) -> int:
        return self.weight_bits * self.dense_weights


@dataclass(frozen=True, slots=True)
class SelectDecodeEstimate:
    """Strings of A signs stored in weights, selected by row and column and decoded bit by bit.

    Args:
        fine: ν; N = 2^ν fine cells.
        string: A, the fine cells of a string, at most p·(w - 1) and 2^(w - 2) - 1.
        planes: p, weights that a string is spread over.
        rows: R, a power of two.

    >>> estimate = SelectDecodeEstimate(fine=16, weight_bits=7, planes=3, string=18, rows=64)
    >>> round(float(estimate.error * estimate.bits), 2)
    2.32
    """

    fine: int
    weight_bits: int
    planes: int
    string: int
    rows: int

    def __post_init__(self) -> None:
        most = min(self.planes * (self.weight_bits - 1), (1 << (self.weight_bits - 2)) - 1)
        if not 1 <= self.string <= most:
            raise InputError(f"strings of {self.string} signs", remedy=f"1 to {most}")

    @property
    def columns(self) -> int:
        return -(-(1 << self.fine) // (self.string * self.rows))

    @property
    def error(self) -> Fraction:
        """For 1-Lipschitz functions on [0, 1], zones of half-width 2^-9 at the string's ends."""
        return Fraction(1, 1 << self.fine) * (1 + Fraction(4, 1 << 9) + Fraction(3, 1 << 11))

    @property
    def dense_weights(self) -> int:
        c, r, p, bank = self.columns, self.rows, self.planes, 2
        s = r.bit_length() - 1
        plane = c * (r + 9) + 6 * r
        strings = (p * c + 2) * (r + bank + 5) + (p + 2) * (p * c + 3) + (r + 5) * (s + 9)
        strings += sum((i + 9) ** 2 for i in range(s + 1))
        decode = Fraction(self.string * (15 + p) * (17 + p), 4).__ceil__()
        return plane + strings + decode + 8 * self.fine

    @property
    def bits(self) -> int:
        return self.weight_bits * self.dense_weights


def fold_matrix_for(error: Fraction) -> FoldMatrixEstimate | None:
    """The fold matrix of least memory for an error (K·length = 1); None beyond 2^40 cells."""
    offers = (
        FoldMatrixEstimate(1 << r, 1 << c, w)
        for w in range(4, 8)
        for r in range(2, 20)
        for c in (r - 1, r, r + 1)
    )
    kept = [offer for offer in offers if offer.error <= error]
    return min(kept, key=lambda offer: offer.bits, default=None)


def select_decode_for(error: Fraction) -> SelectDecodeEstimate | None:
    """The strings of least memory for an error (K·length = 1); None beyond 2^40 fine cells."""
    fine = next((v for v in range(6, 41) if _fine_error(v) <= error), None)
    if fine is None:
        return None
    return min(_string_offers(fine), key=lambda offer: offer.bits)


def _fine_error(fine: int) -> Fraction:
    return SelectDecodeEstimate(fine, 6, 1, 1, 2).error


def _string_offers(fine: int) -> Iterator[SelectDecodeEstimate]:
    for w in range(5, 11):
        for p in range(1, 9):
            string = min(p * (w - 1), (1 << (w - 2)) - 1)
            for s in range(2, max(3, fine - 4)):
                yield SelectDecodeEstimate(fine, w, p, string, 1 << s)


def _root_above(value: Fraction) -> int:
    """The least integer whose square is at least the value."""
    whole = value.__ceil__()
    root = isqrt(whole)
    return root if root * root >= whole else root + 1
