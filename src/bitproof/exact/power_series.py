"""Truncated power series in several variables with ball coefficients: all derivatives up to an
order at once.

The coefficient of t^a of a series of f encloses D^a f(x)/a! for every x of the place the series
was made at, a point or a box. Products follow Leibniz's rule, g∘f is Horner's rule in f minus its
value; so enclosures over a box stay enclosures. NaN stands for "nothing known".
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import cache
from itertools import product
from typing import TypeAlias

from bitproof.exact.enclosure import Ball, from_rational
from bitproof.exact.jet import NAN, ONE, VALUES, ZERO, constant, power_value

Series: TypeAlias = tuple[Ball, ...]
MultiIndex: TypeAlias = tuple[int, ...]


@cache
def multi_indices(dimension: int, order: int) -> tuple[MultiIndex, ...]:
    """All a in N^dimension with |a| ≤ order, by |a|, then the first entries largest first.

    >>> multi_indices(2, 1)
    ((0, 0), (1, 0), (0, 1))
    """
    every = product(range(order + 1), repeat=dimension)
    fitting = [index for index in every if sum(index) <= order]
    return tuple(sorted(fitting, key=lambda index: (sum(index), tuple(-i for i in index))))


@cache
def _products(dimension: int, order: int) -> tuple[tuple[tuple[int, int], ...], ...]:
    """For every position the pairs of positions whose indices add up to its own."""
    indices = multi_indices(dimension, order)
    place = {index: position for position, index in enumerate(indices)}
    pairs: list[list[tuple[int, int]]] = [[] for _ in indices]
    for i, a in enumerate(indices):
        for j, b in enumerate(indices):
            total = tuple(x + y for x, y in zip(a, b, strict=True))
            if total in place:
                pairs[place[total]].append((i, j))
    return tuple(tuple(found) for found in pairs)


class SeriesRing:
    """Series in `dimension` variables up to an order.

    >>> ring = SeriesRing(2, 2)
    >>> x, y = (ring.variable(i, from_rational(3 + i)) for i in range(2))
    >>> ring.multiply(x, y) == (12, 4, 3, 0, 1, 0)
    True
    """

    def __init__(self, dimension: int, order: int) -> None:
        self.order = order
        self.indices = multi_indices(dimension, order)
        self._products = _products(dimension, order)

    def constant(self, value: Ball) -> Series:
        """A constant."""
        return (value, *(ZERO,) * (len(self.indices) - 1))

    def variable(self, index: int, value: Ball) -> Series:
        """The coordinate x_index around `value`."""
        unit = tuple(int(i == index) for i in range(len(self.indices[0])))
        return tuple(value if sum(a) == 0 else ONE if a == unit else ZERO for a in self.indices)

    def unknown(self) -> Series:
        """Nothing known."""
        return (NAN,) * len(self.indices)

    def add(self, u: Series, w: Series) -> Series:
        return tuple(a + b for a, b in zip(u, w, strict=True))

    def scale(self, u: Series, factor: Ball) -> Series:
        return tuple(a * factor for a in u)

    def multiply(self, u: Series, w: Series) -> Series:
        """The product, truncated. A factor 0 is exact, so that it does not spread NaN."""
        result = []
        for pairs in self._products:
            total = ZERO
            for i, j in pairs:
                if not (u[i].is_zero() or w[j].is_zero()):
                    total = total + u[i] * w[j]
            result.append(total)
        return tuple(result)

    def compose(self, outer: Sequence[Ball], u: Series) -> Series:
        """g∘u, `outer` the coefficients g^(k)/k! over u's values, k = 0, …, order."""
        rest = (ZERO, *u[1:])
        result = self.constant(outer[-1])
        for coefficient in reversed(outer[:-1]):
            result = self.multiply(result, rest)
            result = (result[0] + coefficient, *result[1:])
        return result


# Coefficients g^(k)(u)/k!, k = 0, …, order, over a ball u.


def power_coefficients(u: Ball, exponent: Fraction, order: int) -> list[Ball]:
    """Of t^exponent; NaN where it is not known to be smooth."""
    whole = exponent.denominator == 1
    if not (u > 0 or (whole and (exponent >= 0 or u < 0))):
        return [NAN] * (order + 1)
    result, factor = [], Fraction(1)
    for k in range(order + 1):
        result.append(from_rational(factor) * power_value(u, exponent - k) if factor else ZERO)
        factor = factor * (exponent - k) / (k + 1)
    return result


def _exponential(u: Ball, order: int) -> list[Ball]:
    value = VALUES["exp"](u)
    return [value / math.factorial(k) for k in range(order + 1)]


def _logarithm(u: Ball, order: int) -> list[Ball]:
    if not u > 0:
        return [NAN] * (order + 1)
    inverse = 1 / u
    rest, power = [], ONE
    for k in range(1, order + 1):
        power = power * inverse
        rest.append(power * (1 if k % 2 else -1) / k)
    return [u.log(), *rest]


def _circular(u: Ball, order: int, quarters: int) -> list[Ball]:
    sine, cosine = u.sin_cos()
    turn = (sine, cosine, -sine, -cosine)
    return [turn[(k + quarters) % 4] / math.factorial(k) for k in range(order + 1)]


def _hyperbolic(u: Ball, order: int, first: int) -> list[Ball]:
    if not (u < 1 << 16 and u > -(1 << 16)):
        return [NAN] * (order + 1)
    both = u.sinh_cosh()
    return [both[(k + first) % 2] / math.factorial(k) for k in range(order + 1)]


def _riccati(value: Ball, order: int, constant_term: int, linear: int) -> list[Ball]:
    """The solution of y' = constant + linear·y - y² from its value."""
    result = [value]
    for k in range(order):
        square = ZERO
        for i in range(k + 1):
            square = square + result[i] * result[k - i]
        here = linear * result[k] - square + (constant_term if k == 0 else 0)
        result.append(here / (k + 1))
    return result


def _sigmoid(u: Ball, order: int) -> list[Ball]:
    return _riccati(VALUES["sigmoid"](u), order, 0, 1)


def _softplus(u: Ball, order: int) -> list[Ball]:
    slope = _sigmoid(u, order)
    return [VALUES["softplus"](u), *(slope[k] / (k + 1) for k in range(order))]


def _tan(value: Ball, order: int) -> list[Ball]:
    """The solution of y' = 1 + y² from its value."""
    result = [value]
    for k in range(order):
        square = ZERO
        for i in range(k + 1):
            square = square + result[i] * result[k - i]
        result.append((square + (1 if k == 0 else 0)) / (k + 1))
    return result


def _from_slope(value: Ball, slope: list[Ball]) -> list[Ball]:
    return [value, *(c / (k + 1) for k, c in enumerate(slope))]


def _product(a: list[Ball], b: list[Ball], order: int) -> list[Ball]:
    result = []
    for k in range(order + 1):
        total = ZERO
        for i in range(max(0, k - len(b) + 1), min(k, len(a) - 1) + 1):
            total = total + a[i] * b[k - i]
        result.append(total)
    return result


def _after(outer: list[Ball], inner: list[Ball], order: int) -> list[Ball]:
    """g∘h in one variable, `outer` over h's values."""
    ring = SeriesRing(1, order)
    return list(ring.compose(outer, tuple(inner[: order + 1])))


def _padded(coefficients: Sequence[Ball], order: int) -> list[Ball]:
    return [*coefficients, *(ZERO,) * (order + 1 - len(coefficients))][: order + 1]


def _arctangent(u: Ball, order: int) -> list[Ball]:
    if order == 0:
        return [u.atan()]
    square = _padded([1 + u * u, 2 * u, ONE], order - 1)
    slope = _after(power_coefficients(square[0], Fraction(-1), order - 1), square, order - 1)
    return _from_slope(u.atan(), slope)


def _arcsine(u: Ball, order: int) -> list[Ball]:
    value = VALUES["asin"](u)
    if order == 0:
        return [value]
    gap = (1 - u) * (1 + u)
    rest = _padded([gap, -2 * u, -ONE], order - 1)
    slope = _after(power_coefficients(gap, Fraction(-1, 2), order - 1), rest, order - 1)
    return _from_slope(value, slope)


def _arccosine(u: Ball, order: int) -> list[Ball]:
    sine = _arcsine(u, order)
    return [constant("half pi") - sine[0], *(-c for c in sine[1:])]


def _error_function(u: Ball, order: int) -> list[Ball]:
    if order == 0:
        return [u.erf()]
    square = _padded([-(u * u), -2 * u, -ONE], order - 1)
    bell = _after(_exponential(square[0], order - 1), square, order - 1)
    return _from_slope(u.erf(), [constant("2/sqrt(pi)") * c for c in bell])


def _cube_root(u: Ball, order: int) -> list[Ball]:
    third = Fraction(1, 3)
    if u < 0:
        turned = power_coefficients(-u, third, order)
        return [c if k % 2 else -c for k, c in enumerate(turned)]
    return power_coefficients(u, third, order)


def _gelu(u: Ball, order: int) -> list[Ball]:
    """u·Φ(u), with Φ' = φ and φ' = -u·φ."""
    density = VALUES["exp"](-(u * u) / 2) * constant("1/sqrt(2 pi)")
    slope = [density]
    for k in range(order):
        slope.append((-u * slope[k] - (slope[k - 1] if k else ZERO)) / (k + 1))
    normal = _from_slope(((u * constant("1/sqrt(2)")).erf() + 1) / 2, slope)
    return _product([u, ONE], normal, order)


COEFFICIENTS: dict[str, Callable[[Ball, int], list[Ball]]] = {
    "sqrt": lambda u, n: power_coefficients(u, Fraction(1, 2), n),
    "cbrt": _cube_root,
    "exp": _exponential,
    "expm1": lambda u, n: [VALUES["expm1"](u), *_exponential(u, n)[1:]],
    "log": _logarithm,
    "log1p": lambda u, n: [VALUES["log1p"](u), *_logarithm(u + 1, n)[1:]],
    "log2": lambda u, n: [c * constant("1/log(2)") for c in _logarithm(u, n)],
    "sin": lambda u, n: _circular(u, n, 0),
    "cos": lambda u, n: _circular(u, n, 1),
    "tan": lambda u, n: _tan(u.tan(), n),
    "asin": _arcsine,
    "acos": _arccosine,
    "atan": _arctangent,
    "sinh": lambda u, n: _hyperbolic(u, n, 0),
    "cosh": lambda u, n: _hyperbolic(u, n, 1),
    "tanh": lambda u, n: _riccati(u.tanh(), n, 1, 0),
    "erf": _error_function,
    "sigmoid": _sigmoid,
    "softplus": _softplus,
    "silu": lambda u, n: _product([u, ONE], _sigmoid(u, n), n),
    "gelu": _gelu,
    "mish": lambda u, n: _product(
        [u, ONE], _after(_riccati(VALUES["softplus"](u).tanh(), n, 1, 0), _softplus(u, n), n), n
    ),
}
