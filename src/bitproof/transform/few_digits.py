"""Numbers near a number that a codebook writes with few digits.

A b-adic number is a sum of digits q·b^-k, one codebook value q for each power of the base; every
digit is an edge. Where a weight may be off by a little, a neighbour of fewer digits is cheaper: for
the base 2, 15/16 takes two and 11/16 three. Sums of one and of two digits are listed; one, two,
three and four digits are found from them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt

from bitproof.errors import FormatError
from bitproof.network.patterns import Weights

MAX_PLACES = 60
MOST_PAIRS = 1 << 17
LARGEST = 1 << 60
GUARD = 2  # digits below the tolerance are of no use but for this many places

Integers = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class _Sums:
    """Sums of one digit and of two of different places, in units of 1/scale, ascending."""

    scale: int
    one: Integers
    two: Integers


@dataclass(frozen=True, eq=False)
class FewDigits:
    """The cheapest numbers near given ones, over one codebook.

    >>> from bitproof.exact import Codebook
    >>> from bitproof.network.patterns import weights_of
    >>> few = FewDigits(weights_of(Codebook.linear(2)))
    >>> few.near(Fraction(1, 3), Fraction(1, 32)), few.near(Fraction(11, 16), Fraction(0))
    (Fraction(5, 16), Fraction(11, 16))
    """

    kit: Weights
    _known: dict[tuple[Fraction, Fraction], Fraction] = field(default_factory=dict)
    _sums: dict[int, _Sums | None] = field(default_factory=dict)

    def near(self, value: Fraction, tolerance: Fraction) -> Fraction:
        """A b-adic number at most `tolerance` away, of few digits; of the fewest where four do.

        Raises:
            FormatError: the tolerance is 0 and the value not b-adic, or the tolerance too small.
        """
        if abs(value) <= tolerance:
            return Fraction(0)
        if tolerance == 0:
            return self._adic(value)
        key = value, tolerance
        if key not in self._known:
            # What is too large for digits reads a multiple of the source.
            gains = 0
            while abs(value) >= 2:
                value, tolerance, gains = (
                    value / self.kit.base,
                    tolerance / self.kit.base,
                    gains + 1,
                )
            self._known[key] = self._near(value, tolerance) * self.kit.base**gains
        return self._known[key]

    def _adic(self, value: Fraction) -> Fraction:
        if value.denominator != 1 and pow(self.kit.base, MAX_PLACES, value.denominator):
            raise FormatError(
                f"the weight {str(value)[:40]} is no sum of {MAX_PLACES} digits to the base "
                f"{self.kit.base}",
                remedy="allow an error on a box (--error), or round the network's weights first",
            )
        return value

    def _near(self, value: Fraction, tolerance: Fraction) -> Fraction:
        places = 0
        while tolerance * self.kit.base**places < 1:
            places += 1
            if places > MAX_PLACES:
                raise FormatError(
                    f"a weight within {float(tolerance):.1e} of {float(value):.4g}",
                    remedy="allow a larger error, or a smaller box",
                )
        sums = self._sums_to(places + GUARD)
        found = None if sums is None else _fewest(sums, value, tolerance)
        return (
            Fraction(round(value * self.kit.base**places), self.kit.base**places)
            if (found is None)
            else found
        )

    def _sums_to(self, places: int) -> _Sums | None:
        """The sums of digits down to b^-places; None where they are too many or too fine."""
        if places not in self._sums:
            self._sums[places] = self._listed(places)
        return self._sums[places]

    def _listed(self, places: int) -> _Sums | None:
        values = [value for value in self.kit.all if value]
        base = self.kit.base
        scale = self.kit.form.denominator * base**places
        if (len(values) * (places + 1)) ** 2 > MOST_PAIRS or scale * 8 * base > LARGEST:
            return None
        digits = [
            [int(value * scale) // base**place for value in values] for place in range(places + 1)
        ]
        one = np.unique(np.array(digits, np.int64))
        pairs = [
            np.add.outer(np.array(digits[a]), np.array(digits[b])).ravel()
            for a in range(places + 1)
            for b in range(a)
        ]
        two = np.unique(np.concatenate(pairs)) if pairs else one
        return _Sums(scale, one, two)


def _fewest(sums: _Sums, value: Fraction, tolerance: Fraction) -> Fraction | None:
    low = -((-(value - tolerance) * sums.scale).__floor__())
    high = ((value + tolerance) * sums.scale).__floor__()
    aim = round(value * sums.scale)
    zero = np.zeros(1, np.int64)
    for first, second in (
        (zero, sums.one),
        (zero, sums.two),
        (sums.one, sums.two),
        (sums.two, sums.two),
    ):
        found = _nearest(first, second, low, high, aim)
        if found is not None:
            return Fraction(found, sums.scale)
    return None


def _nearest(first: Integers, second: Integers, low: int, high: int, aim: int) -> int | None:
    """The sum of one of each within the ends that is nearest to the aim."""
    places = np.searchsorted(second, aim - first)
    candidates: list[Any] = []
    for near in (places - 1, places):
        inside = np.clip(near, 0, len(second) - 1)
        candidates.append(first + second[inside])
    totals = np.concatenate(candidates)
    totals = totals[(totals >= low) & (totals <= high)]
    if not len(totals):
        return None
    return int(totals[np.argmin(np.abs(totals - aim))])
