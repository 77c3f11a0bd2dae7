"""Polynomials with rational coefficients: exact values, and all real roots in an interval.

Roots come from the factorisation over the rationals (python-flint): a linear factor is an exact
root, every other one is enclosed in a narrow interval with rational ends that holds no other.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import flint

from bitproof.exact.enclosure import precision, to_interval
from bitproof.exact.interval import Interval

ROOT_PRECISION = 160


@dataclass(frozen=True)
class Polynomial:
    """Σ coefficients[k]·x^k.

    >>> p = Polynomial.variable() * Polynomial.variable() - Polynomial.constant(Fraction(1, 4))
    >>> p(Fraction(1, 2)), p.degree
    (Fraction(0, 1), 2)
    >>> [str(root) for root in p.real_roots(Interval(Fraction(0), Fraction(1)))]
    ['[1/2, 1/2]']
    """

    coefficients: flint.fmpq_poly

    @classmethod
    def constant(cls, value: Fraction) -> Polynomial:
        return cls(flint.fmpq_poly([flint.fmpq(value.numerator, value.denominator)]))

    @classmethod
    def variable(cls) -> Polynomial:
        return cls(flint.fmpq_poly([0, 1]))

    @property
    def degree(self) -> int:
        """-1 for the zero polynomial."""
        return int(self.coefficients.degree())

    @property
    def coefficient_bits(self) -> int:
        """The size of the largest numerator or of the common denominator."""
        numerators = int(self.coefficients.numer().height_bits())
        return max(numerators, int(self.coefficients.denom()).bit_length())

    def __add__(self, other: Polynomial) -> Polynomial:
        return Polynomial(self.coefficients + other.coefficients)

    def __sub__(self, other: Polynomial) -> Polynomial:
        return Polynomial(self.coefficients - other.coefficients)

    def __mul__(self, other: Polynomial) -> Polynomial:
        return Polynomial(self.coefficients * other.coefficients)

    def __pow__(self, exponent: int) -> Polynomial:
        return Polynomial(self.coefficients**exponent)

    def __call__(self, point: Fraction) -> Fraction:
        value = self.coefficients(flint.fmpq(point.numerator, point.denominator))
        return Fraction(int(value.p), int(value.q))

    def real_roots(self, interval: Interval) -> tuple[Interval, ...]:
        """Ascending enclosures of the distinct real roots in `interval`, one root in each; a
        rational root is exact (width 0). The zero polynomial has no isolated root: ().

        An irrational root closer to an end than its enclosure is wide is cut at that end.
        """
        if self.degree < 1:
            return ()
        _, factors = self.coefficients.numer().factor()
        roots: list[Interval] = []
        for factor, _ in factors:
            roots.extend(_roots_of_irreducible(factor, interval))
        return tuple(sorted(roots, key=lambda root: root.lower))

    def derivative(self) -> Polynomial:
        """p'."""
        return Polynomial(self.coefficients.derivative())

    def greatest_magnitude(self, interval: Interval) -> Fraction:
        """An upper bound of max |p| on a bounded interval: exact where the maximum is attained at
        a rational point, otherwise rounded up by less than 2^-100 of the polynomial's size.

        >>> x = Polynomial.variable()
        >>> (x - x * x).greatest_magnitude(Interval(Fraction(0), Fraction(1)))
        Fraction(1, 4)
        """
        slope = self.derivative()
        reach = max(abs(interval.lower), abs(interval.upper), Fraction(1))
        steepest = sum(
            (abs(slope._coefficient(k)) * reach**k for k in range(slope.degree + 1)), Fraction(0)
        )
        largest = max(abs(self(interval.lower)), abs(self(interval.upper)))
        for root in slope.real_roots(interval):
            largest = max(largest, abs(self(root.lower)) + steepest * root.width)
        return largest

    def _coefficient(self, power: int) -> Fraction:
        value = self.coefficients[power]
        return Fraction(int(value.p), int(value.q))


def _roots_of_irreducible(factor: flint.fmpz_poly, interval: Interval) -> list[Interval]:
    if factor.degree() == 1:
        root = Fraction(-int(factor[0]), int(factor[1]))
        return [Interval(root, root)] if root in interval else []
    with precision(ROOT_PRECISION):
        balls = [root.real for root, _ in factor.complex_roots() if root.imag.is_zero()]
        found = [to_interval(ball) for ball in balls]
    return [
        Interval(max(root.lower, interval.lower), min(root.upper, interval.upper))
        for root in found
        if root is not None and root.upper >= interval.lower and root.lower <= interval.upper
    ]
