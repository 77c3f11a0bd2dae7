"""Upper bounds as resource formulas: the paper's own constants, for a construction not built here.

What bitproof builds has exact formulas beside its theorems (`bitproof.theory.march`). These are for
comparison; the planner shows them as theory and never recommends them.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import isqrt

from bitproof.errors import InputError
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


def _root_above(value: Fraction) -> int:
    """The least integer whose square is at least the value."""
    whole = value.__ceil__()
    root = isqrt(whole)
    return root if root * root >= whole else root + 1
