"""Arrays of exact rationals over one denominator: what the numbers of a model file are."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bitproof.errors import FileFormatError, InputError

Integers = NDArray[np.object_]
MAX_DENOMINATOR_BITS = 4096


@dataclass(frozen=True, slots=True, eq=False)
class ExactArray:
    """numerators / denominator, elementwise.

    Attributes:
        numerators: Python integers in an object array.
        denominator: at least 1.
        integer: it is a tensor of an integer type (a shape, axes), not of floats.

    >>> half = ExactArray.of(np.array([0.5, 0.1], np.float32))
    >>> half.numerators.tolist(), half.denominator == 2**27
    ([67108864, 13421773], True)
    >>> (half + half).fraction(0)
    Fraction(1, 1)
    """

    numerators: Integers
    denominator: int = 1
    integer: bool = False

    @classmethod
    def of(cls, array: NDArray[Any], where: str = "a tensor") -> ExactArray:
        """From an array of booleans, integers or floats of any width: no number changes.

        Raises:
            FileFormatError: a NaN or an infinity, or another type.
        """
        if array.dtype.kind in "biu":
            return cls(np.asarray(array.astype(object) * 1, object), 1, integer=True)
        if array.dtype.kind != "f" or array.dtype.itemsize > 8:
            raise FileFormatError(
                f"{where} has the type {array.dtype}", remedy="use float16, float32 or float64"
            )
        wide = array.astype(np.float64)
        if not np.isfinite(wide).all():
            place = tuple(int(i) for i in np.argwhere(~np.isfinite(wide))[0])
            raise FileFormatError(
                f"{where} has the entry {wide[place]} at {list(place)}",
                remedy="weights are finite numbers: export the model again",
            )
        return cls(*_dyadic(wide))

    @classmethod
    def full(cls, shape: tuple[int, ...], value: Fraction | int) -> ExactArray:
        """The same number everywhere."""
        exact = Fraction(value)
        return cls(np.full(shape, exact.numerator, object), exact.denominator)

    @property
    def shape(self) -> tuple[int, ...]:
        return self.numerators.shape

    def fraction(self, *index: int) -> Fraction:
        """One entry."""
        return Fraction(self.numerators[index], self.denominator)

    def is_zero(self) -> bool:
        """Whether every entry is 0."""
        return not self.numerators.any()

    def integers(self) -> list[int]:
        """The entries of an integer tensor, one after the other.

        Raises:
            InputError: they are not integers.
        """
        if self.denominator != 1:
            raise InputError("a tensor of fractions as a shape", remedy="it takes integers")
        return [int(entry) for entry in self.numerators.reshape(-1)]

    def map(self, layout: Callable[[NDArray[Any]], NDArray[Any]]) -> ExactArray:
        """Entries moved: reshaped, transposed, selected, repeated."""
        moved = np.asarray(layout(self.numerators), object)
        return ExactArray(moved, self.denominator, self.integer)

    def over(self, denominator: int) -> Integers:
        """The numerators over a multiple of the denominator."""
        factor = denominator // self.denominator
        return self.numerators if factor == 1 else np.asarray(self.numerators * factor, object)

    def __add__(self, other: ExactArray) -> ExactArray:
        common = _limited(math.lcm(self.denominator, other.denominator))
        total = self.over(common) + other.over(common)
        return ExactArray(np.asarray(total, object), common, self.integer and other.integer)

    def __neg__(self) -> ExactArray:
        return ExactArray(np.asarray(-self.numerators, object), self.denominator, self.integer)

    def __mul__(self, other: ExactArray) -> ExactArray:
        product = np.asarray(self.numerators * other.numerators, object)
        common = _limited(self.denominator * other.denominator)
        return ExactArray(product, common, self.integer and other.integer).reduced()

    def reciprocal(self) -> ExactArray:
        """1 / every entry.

        Raises:
            InputError: an entry is 0, or the common denominator would be very long.
        """
        if not self.numerators.all():
            raise InputError("a division by zero", remedy="divide by constants other than 0")
        flat = [int(entry) for entry in self.numerators.reshape(-1)]
        common = 1
        for entry in set(flat):
            common = _limited(math.lcm(common, entry))
        numerators = np.array([self.denominator * (common // entry) for entry in flat], object)
        return ExactArray(numerators.reshape(self.shape), common).reduced()

    def reduced(self) -> ExactArray:
        """The same numbers over their least common denominator."""
        divisor = self.denominator
        for entry in self.numerators.reshape(-1):
            if divisor == 1:
                return self
            divisor = math.gcd(divisor, entry)
        numerators = np.asarray(self.numerators // divisor, object)
        return ExactArray(numerators, self.denominator // divisor, self.integer)


def _dyadic(values: NDArray[np.float64]) -> tuple[Integers, int]:
    """Odd mantissas times powers of two, over the least power that makes them integers."""
    mantissas, exponents = np.frexp(values)
    integers = (mantissas * 2.0**53).astype(np.int64)
    lowest = np.where(integers == 0, np.int64(1), integers & -integers)
    zeros = np.round(np.log2(lowest.astype(np.float64))).astype(np.int64)
    integers = integers >> zeros
    exponents = np.where(integers == 0, 0, exponents.astype(np.int64) - 53 + zeros)
    least = min(int(exponents.min(initial=0)), 0)
    shifts = (exponents - least).astype(object)
    return np.asarray(integers.astype(object) << shifts, object), 1 << -least


def _limited(denominator: int) -> int:
    if denominator.bit_length() > MAX_DENOMINATOR_BITS:
        raise InputError(
            f"constants whose common denominator has {denominator.bit_length()} bits",
            remedy="multiply by the reciprocals instead of dividing by many different numbers",
        )
    return denominator
