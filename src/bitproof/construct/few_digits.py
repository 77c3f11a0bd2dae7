"""Numbers near given ones that are sums of few digits of a codebook, one digit a place.

With places of weight 1, 1/b, …, b^-K and the codebook's values (and 0) as digits, the fewest
non-zero digits of every multiple of b^-K/den in a range follow place by place from the last: the
digit of place k is chosen among the values, the rest is a number of the places behind it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction

import numpy as np
import numpy.typing as npt

FAR = 1 << 14


class FewDigits:
    """The table for a codebook.

    Args:
        values: the digits; 0 need not be among them.
        base: b.
        places: K + 1, at least 1.

    >>> table = FewDigits((Fraction(-1), Fraction(1, 2)), 2, 4)
    >>> [str(digit) for digit in table.nearest(Fraction(5, 16), Fraction(0))]
    ['0', '1/2', '0', '1/2']
    >>> [str(digit) for digit in table.nearest(Fraction(5, 16), Fraction(1, 16))]
    ['0', '1/2', '0', '0']
    """

    def __init__(self, values: Sequence[Fraction], base: int, places: int) -> None:
        self.values = tuple(value for value in values if value)
        self.base, self.places = base, places
        shared = math.lcm(*(value.denominator for value in self.values))
        self.denominator = shared * base ** (places - 1)
        steps = [int(value * shared) for value in self.values]
        reach = max(map(abs, steps))
        # _tables[k][n + middle]: the fewest digits of n/denominator in the places from k on
        tables = [_wider(np.zeros(1, np.int16), steps, reach)]
        for _ in range(places - 1):
            reach *= base
            steps = [step * base for step in steps]
            tables.append(_wider(tables[-1], steps, reach))
        self._tables = tables[::-1]

    @property
    def span(self) -> tuple[Fraction, Fraction]:
        """The least and the largest number there is."""
        weight = sum(Fraction(1, self.base**k) for k in range(self.places))
        low, high = min(self.values), max(self.values)
        return min(low, Fraction(0)) * weight, max(high, Fraction(0)) * weight

    def nearest(self, wanted: Fraction, slack: Fraction) -> tuple[Fraction, ...]:
        """The digits of a number within `slack` of the wanted one (or the nearest there is), with
        the fewest that are not 0; among these the nearest."""
        table = self._tables[0]
        middle = len(table) // 2
        scaled = wanted * self.denominator
        low = max(-middle, int(((wanted - slack) * self.denominator).__ceil__()))
        high = min(middle, int(((wanted + slack) * self.denominator).__floor__()))
        if low > high or int(table[low + middle : high + middle + 1].min()) >= FAR:
            reached = np.flatnonzero(table < FAR) - middle
            number = int(reached[np.abs(reached - float(scaled)).argmin()])
        else:
            counts = table[low + middle : high + middle + 1]
            fewest = np.flatnonzero(counts == counts.min()) + low
            number = int(fewest[np.abs(fewest - float(scaled)).argmin()])
        return self._digits(number)

    def _digits(self, number: int) -> tuple[Fraction, ...]:
        unit = Fraction(1, self.denominator)
        result = []
        for place in range(self.places):
            count = int(self._at(place, number))
            weight = Fraction(1, self.base**place)
            for value in (Fraction(0), *self.values):
                rest = number - int(value * weight / unit)
                cost = 1 if value else 0
                if place + 1 == self.places:
                    found = rest == 0
                else:
                    found = self._at(place + 1, rest) + cost == count
                if found:
                    result.append(value)
                    number = rest
                    break
        return tuple(result)

    def _at(self, place: int, number: int) -> int:
        table = self._tables[place]
        middle = len(table) // 2
        return int(table[number + middle]) if abs(number) <= middle else FAR


def _wider(table: npt.NDArray[np.int16], steps: Sequence[int], reach: int) -> npt.NDArray[np.int16]:
    """One more place, whose digits count `steps`: 0 or one of them, and the rest behind it."""
    length = len(table)
    fresh = np.full(length + 2 * reach, FAR, np.int16)
    fresh[reach : reach + length] = table
    for step in steps:
        part = slice(reach + step, reach + step + length)
        fresh[part] = np.minimum(fresh[part], table + 1)
    return fresh


def value_of(digits: Sequence[Fraction], base: int) -> Fraction:
    """The number with these digits."""
    return sum((digit / base**k for k, digit in enumerate(digits)), Fraction(0))
