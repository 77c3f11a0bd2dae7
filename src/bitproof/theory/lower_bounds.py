"""What no network can beat: lower bounds on the worst-case error, as objects with hypotheses.

Both are non-asymptotic versions of the bounds of Ou, Schenkel, Bölcskei 2024, proved in a line.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from bitproof.errors import InputError
from bitproof.theory.references import OU_2024, Reference


@dataclass(frozen=True, slots=True)
class MemoryBound:
    """Anything stored in B bits errs by at least K·width/(B + 1) on some K-Lipschitz function.

    Hypotheses: the functions are K-Lipschitz on an interval of the given width, with values in a
    range of at least 2·K·width around one value.

    *Proof.* Cut the interval into B + 1 cells of length h. The 2^(B+1) paths that start at that
    value with slope ±K on each cell are in the class; two of them differ by 2Kh at the end of the
    first cell where they part. B bits tell 2^B apart, so two paths share a code, and an error below
    Kh for both would put them less than 2Kh apart. ∎

    Raises:
        InputError: a negative constant, width or number of bits.

    >>> unit = MemoryBound(Fraction(1), Fraction(1))
    >>> unit.least_error(1023), unit.least_bits(Fraction(1, 1024))
    (Fraction(1, 1024), 1023)
    """

    lipschitz: Fraction
    width: Fraction

    def __post_init__(self) -> None:
        if self.lipschitz <= 0 or self.width <= 0:
            raise InputError(
                f"Lipschitz constant {self.lipschitz} on a width of {self.width}",
                remedy="both above 0",
            )

    def least_error(self, bits: int) -> Fraction:
        """No method that stores `bits` bits has a smaller worst-case error."""
        if bits < 0:
            raise InputError(f"{bits} bits", remedy="0 or more")
        return self.lipschitz * self.width / (bits + 1)

    def least_bits(self, error: Fraction) -> int:
        """No method with this worst-case error stores fewer bits."""
        if error <= 0:
            raise InputError(f"the error {error}", remedy="above 0")
        return max(0, (self.lipschitz * self.width / error).__ceil__() - 1)

    def overhead(self, error: Fraction, bits: int) -> Fraction:
        """How many times the least memory (K·width/error bits, to one bit) a design takes: κ.

        >>> MemoryBound(Fraction(1), Fraction(1)).overhead(Fraction(1, 1000), 14500)
        Fraction(29, 2)
        """
        return error * bits / (self.lipschitz * self.width)

    @property
    def reference(self) -> Reference:
        return OU_2024


@dataclass(frozen=True, slots=True)
class PrecisionBound:
    """Depth L with weights in 2^-b·Z errs by at least 2^-(L·b + 1) on some constant function.

    Hypotheses: every weight and bias is a multiple of 2^-b, the activation is ReLU or none, the
    domain contains 0, the constants are in the class.

    *Proof.* At x = 0 every value after the l-th affine map is a multiple of 2^-(l·b), so N(0) is a
    multiple of 2^-(L·b); the constant 2^-(L·b + 1) is half a step away from all of them. ∎

    >>> PrecisionBound(depth=3, fraction_bits=2).least_error
    Fraction(1, 128)
    """

    depth: int
    fraction_bits: int

    def __post_init__(self) -> None:
        if self.depth < 1 or self.fraction_bits < 0:
            raise InputError(
                f"depth {self.depth} with {self.fraction_bits} fraction bits",
                remedy="depth ≥ 1 and b ≥ 0",
            )

    @property
    def least_error(self) -> Fraction:
        """No network of this depth and precision has a smaller worst-case error."""
        return Fraction(1, 1 << (self.depth * self.fraction_bits + 1))

    @property
    def reference(self) -> Reference:
        return OU_2024
