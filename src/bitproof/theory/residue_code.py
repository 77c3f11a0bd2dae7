"""Digit codes whose digits are a complete residue system: log2 λ bits a digit, without gaps.

For linear(l) the digits d = l·q lie in {-l, 1, ..., l - 1}, one for each residue modulo l. With
places top·l^-k, k < K, a code writes top·n·l^-K, n = Σ d_k·l^(K-1-k).

**Every integer n with l^(K-1) ≤ n < l^K - l·(l^(K-1) - 1)/(l - 1) is written.**

*Proof.* Peel digits off the end: d ≡ n (mod l), n ← (n - d)/l, K - 1 times. What remains is
n_0 = (n - Σ)/l^(K-1) with -l·S ≤ Σ ≤ (l - 1)·S, S = (l^(K-1) - 1)/(l - 1). From n ≥ l^(K-1) >
(l - 1)·S follows n_0 > 0, from n + l·S < l^K follows n_0 < l: a digit. ∎

The run has (l - 1 - l/(l - 1))·l^(K-1) + O(1) numbers; it does not lie around 0, so what is coded
is moved to its middle.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

from bitproof.errors import FormatError, InputError
from bitproof.exact.weight_format import Codebook
from bitproof.theory.digit_code import DigitCode, Window


@dataclass(frozen=True)
class ResidueCode(DigitCode):
    """A `DigitCode` of linear(l), l ≥ 3, with places top·l^-k.

    Raises:
        FormatError: another codebook or other places.

    >>> code = residue_code(Codebook.linear(3), 4, Fraction(1))
    >>> code.window.low, code.window.high, code.window.gap
    (Fraction(1, 3), Fraction(41, 81), Fraction(1, 81))
    >>> [int(3 * q) for q in code.encode(Fraction(40, 81))]
    [1, 1, 1, 1]
    """

    def __post_init__(self) -> None:
        size = len(self.form.values())
        regular = all(b * size == a for a, b in zip(self.places, self.places[1:], strict=False))
        if not is_residue_system(self.form) or not regular or not self.places:
            raise FormatError(
                f"{self.form.name} with the places {self.places[:3]}",
                remedy="linear:λ, λ ≥ 3, with places top·λ^-k",
            )

    @cached_property
    def window(self) -> Window:
        """The run of consecutive multiples."""
        size, count = len(self.form.values()), len(self.places)
        unit = self.places[0] / size**count
        low = size ** (count - 1)
        high = size**count - size * ((low - 1) // (size - 1)) - 1
        return Window(low * unit, high * unit, unit)

    def encode(self, value: Fraction) -> tuple[Fraction, ...]:
        """The digits of the multiple nearest to a value of the window.

        Raises:
            InputError: it is outside.
        """
        window, size = self.window, len(self.form.values())
        if not window.low - window.gap / 2 <= value <= window.high + window.gap / 2:
            raise InputError(
                f"the coefficient {value} is outside [{window.low}, {window.high}]",
                remedy="use more digits",
            )
        nearest = min(
            max((value / window.gap).__round__(), 1), (window.high / window.gap).__floor__()
        )
        rest = max(nearest, (window.low / window.gap).__ceil__())
        digits: list[int] = []
        for _ in self.places[1:]:
            digit = rest % size or -size
            digits.append(digit)
            rest = (rest - digit) // size
        digits.append(rest)
        return tuple(Fraction(digit, size) for digit in reversed(digits))


def is_residue_system(form: Codebook) -> bool:
    """Whether the values are {-1, 1/l, ..., (l-1)/l}, l ≥ 3."""
    size = len(form.values())
    return size >= 3 and form.values() == Codebook.linear(size).values()


def residue_code(form: Codebook, places: int, top: Fraction) -> ResidueCode:
    """The code with places top·l^-k, k < places."""
    size = len(form.values())
    return ResidueCode(form, tuple(top / size**k for k in range(places)))
