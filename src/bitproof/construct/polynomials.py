"""The polynomial competitor: one polynomial with short coefficients, its error proved.

On smooth functions a polynomial stores fewer bits than any table or ReLU network; on kinks and
rough data it is hopeless. It is printed beside the network so that nobody is misled. (A polynomial
also needs full multiplications of data by data, which a network of few-bit weights does not.)

Floats propose the coefficients (Lawson's iteration towards the minimax fit, then rounding one
coefficient after the other with a new fit of the rest); `target.taylor` and rational arithmetic
prove the error of the rounded polynomial.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from bitproof.exact import Interval, common_denominator, to_float

if TYPE_CHECKING:
    import numpy.typing as npt

    from bitproof.target.target import Target, Taylor

    Floats = npt.NDArray[np.float64]

MAX_DEGREE = 48
SAMPLES = 300
LAWSON_STEPS = 20
MAX_CELLS = 2000
MAX_BISECTIONS = 13
UNIT_BITS = 100


@dataclass(frozen=True, slots=True)
class Polynomial:
    """Σ coefficients[j]·(x − centre)^j, every coefficient a dyadic rational.

    >>> square = Polynomial(Fraction(1), (Fraction(0), Fraction(0), Fraction(1)))
    >>> square.value(Fraction(3)), square.bits
    (Fraction(4, 1), 2)
    """

    centre: Fraction
    coefficients: tuple[Fraction, ...]

    @property
    def bits(self) -> int:
        """A sign and the significant bits of each non-zero coefficient's integer; the scales (one
        shift a coefficient) are not counted, in the polynomial's favour."""
        return sum(c.numerator.bit_length() + 1 for c in self.coefficients if c)

    @property
    def terms(self) -> int:
        return sum(1 for c in self.coefficients if c)

    def value(self, x: Fraction) -> Fraction:
        result = Fraction(0)
        for coefficient in reversed(self.coefficients):
            result = result * (x - self.centre) + coefficient
        return result


@dataclass(frozen=True, slots=True)
class _Bisected:
    """A polynomial on the cells of a bisection of [centre − half, centre + half], in integers.

    At depth q, cell k is centred at W = 2k + 1 − 2^q in units of half/2^q, with radius 1, so
    the terms of the shifted polynomial are bounded by the sums of its integer coefficients.
    """

    numerators: tuple[int, ...]
    denominator: int

    @classmethod
    def of(cls, polynomial: Polynomial, half: Fraction) -> _Bisected:
        scaled = [c * half**j for j, c in enumerate(polynomial.coefficients)]
        denominator = common_denominator(scaled)
        return cls(tuple(int(c * denominator) for c in scaled), denominator)

    def about(self, depth: int, cell: int) -> tuple[list[int], int]:
        """Numerators (at least three) in powers of (W − centre), and their denominator."""
        degree = len(self.numerators) - 1
        shifted = [n << (depth * (degree - j)) for j, n in enumerate(self.numerators)]
        offset = 2 * cell + 1 - (1 << depth)
        for start in range(degree):
            for j in range(degree - 1, start - 1, -1):
                shifted[j] += offset * shifted[j + 1]
        return shifted + [0] * max(0, 3 - len(shifted)), self.denominator << (depth * degree)


def polynomial_within(target: Target, error: Fraction) -> Polynomial | None:
    """A polynomial with short coefficients proved within `error` of the target on its domain.

    None if none of degree at most 48 is found; the least bits over a few degrees, not a proved
    optimum.
    """
    if target.kinks():
        return None
    tolerance = to_float(error)
    fit = _Fit(target)
    rounded = [fit.rounded(degree, 0.995 * tolerance) for degree in fit.degrees(0.97 * tolerance)]
    candidates = sorted((p for p in rounded if p is not None), key=lambda p: p.bits)
    return next((p for p in candidates if proves(target, p, error)), None)


class _Fit:
    """Least-squares fits of one target on Chebyshev points, in u = (x − centre)/half-width."""

    def __init__(self, target: Target) -> None:
        domain = target.domain
        self.centre = domain.centre
        self.half = domain.width / 2
        angles = np.cos(np.pi * (np.arange(SAMPLES) + 0.5) / SAMPLES)
        self.u: Floats = np.concatenate([[-1.0], np.sort(angles), [1.0]])
        points = to_float(self.centre) + to_float(self.half) * self.u
        points = np.clip(points, to_float(domain.lower), to_float(domain.upper))
        self.values: Floats = target.sample(points)
        self.powers: Floats = np.vander(self.u, MAX_DEGREE + 1, increasing=True)
        self.symmetric = self._parity()

    def _parity(self) -> int | None:
        """0 for an even function about the centre, 1 for an odd one, else None."""
        mirrored = self.values[::-1]
        scale = float(np.max(np.abs(self.values))) or 1.0
        if np.max(np.abs(self.values - mirrored)) < 1e-12 * scale:
            return 0
        if np.max(np.abs(self.values + mirrored)) < 1e-12 * scale:
            return 1
        return None

    def exponents(self, degree: int) -> list[int]:
        powers = range(degree + 1)
        return [j for j in powers if self.symmetric is None or j % 2 == self.symmetric]

    def degrees(self, tolerance: float) -> list[int]:
        """The least degree whose unrounded fit is within the tolerance and a few that follow (two
        apart where a symmetry makes every other one useless); empty if none is."""
        low, high = -1, 1
        while not self._reaches(high, tolerance):
            if high == MAX_DEGREE:
                return []
            low, high = high, min(2 * high, MAX_DEGREE)
        while high - low > 1:
            middle = (low + high) // 2
            if self._reaches(middle, tolerance):
                high = middle
            else:
                low = middle
        step = 1 if self.symmetric is None else 2
        tried = 4 if high <= 16 else 2
        degrees = range(high, high + tried * step, step)
        return [degree for degree in degrees if degree <= MAX_DEGREE]

    def _reaches(self, degree: int, tolerance: float) -> bool:
        """Whether an unrounded polynomial of a degree comes within the tolerance at the samples."""
        exponents = self.exponents(degree)
        if not exponents:
            return bool(np.max(np.abs(self.values)) <= tolerance)
        return self._lawson(exponents, tolerance)[0] <= tolerance

    def _lawson(self, exponents: list[int], tolerance: float | None = None) -> tuple[float, Floats]:
        """(least sampled error, its weights): weights follow the residual, which drives least
        squares towards the minimax fit. Given a tolerance it stops once that is reached, or is out
        of reach: the weighted root mean square is a lower bound on the minimax error."""
        weights: Floats = np.full(len(self.u), 1.0 / len(self.u))
        matrix = np.polynomial.chebyshev.chebvander(self.u, max(exponents))[:, exponents]
        least, best = np.inf, weights
        for _ in range(LAWSON_STEPS):
            root = np.sqrt(weights)
            solution = np.linalg.lstsq(matrix * root[:, None], self.values * root, rcond=None)[0]
            residual = np.abs(self.values - matrix @ solution)
            if (worst := float(np.max(residual))) < least:
                least, best = worst, weights
            if tolerance is not None:
                mean_square = float(np.sum(weights * residual * residual))
                if worst <= tolerance or mean_square > tolerance * tolerance:
                    break
            weights = weights * residual
            total = float(np.sum(weights))
            if total <= 0:
                break
            weights = weights / total
        return least, best

    def rounded(self, degree: int, tolerance: float) -> Polynomial | None:
        """The coarsest rounding (the same weight of the last place at the domain's end for all
        coefficients) that stays within the tolerance at the samples."""
        root = np.sqrt(self._lawson(self.exponents(degree))[1])
        for places in range(-2, 16):
            step = Fraction(tolerance) / Fraction(2) ** places
            coefficients = self._round_all(degree, step, root)
            if self._sampled_error(coefficients) <= tolerance:
                return Polynomial(self.centre, tuple(coefficients))
        return None

    def _round_all(self, degree: int, step: Fraction, root: Floats) -> list[Fraction]:
        """Rounds from the highest power down; the lower ones are fitted again each time."""
        free = self.exponents(degree)
        remaining = self.values.copy()
        coefficients = [Fraction(0)] * (degree + 1)
        while free:
            matrix = np.polynomial.chebyshev.chebvander(self.u, max(free))[:, free]
            fitted = np.linalg.lstsq(matrix * root[:, None], remaining * root, rcond=None)[0]
            exponent = free.pop()
            quantum = _power_of_two_below(step / self.half**exponent)
            leading = Fraction(float(fitted[-1])) * 2 ** max(exponent - 1, 0)
            coefficients[exponent] = round(leading / self.half**exponent / quantum) * quantum
            exact = to_float(coefficients[exponent] * self.half**exponent)
            remaining = remaining - exact * self.powers[:, exponent]
        return coefficients

    def _sampled_error(self, coefficients: list[Fraction]) -> float:
        scaled = np.array([to_float(c * self.half**j) for j, c in enumerate(coefficients)])
        residual = self.values - self.powers[:, : len(scaled)] @ scaled
        return float(np.max(np.abs(residual)))


def _power_of_two_below(value: Fraction) -> Fraction:
    exponent = value.numerator.bit_length() - value.denominator.bit_length() - 1
    power = Fraction(2) ** exponent
    return power * 2 if power * 2 <= value else power


def proves(target: Target, polynomial: Polynomial, error: Fraction) -> bool:
    """Whether |f − p| ≤ error is proved on the whole domain within a bounded number of cells."""
    domain = target.domain
    bisected = _Bisected.of(polynomial, domain.width / 2)
    goal = _floor(error)
    stack = [(0, 0)]
    for _ in range(MAX_CELLS):
        if not stack:
            return True
        depth, index = stack.pop()
        width = domain.width / (1 << depth)
        cell = Interval(domain.lower + index * width, domain.lower + (index + 1) * width)
        taylor = target.taylor(cell)
        bounds = None if taylor is None else _cell_bounds(taylor, *bisected.about(depth, index))
        if bounds is not None and bounds[0] > goal:
            return False
        if bounds is None or bounds[1] > goal:
            if depth == MAX_BISECTIONS:
                return False
            stack += [(depth + 1, 2 * index), (depth + 1, 2 * index + 1)]
    return not stack


def _cell_bounds(taylor: Taylor, about: list[int], denominator: int) -> tuple[int, int] | None:
    """(a lower bound on |f − p| at the centre, an upper bound over the cell), in units of
    2^-UNIT_BITS: both are expanded to second order about the centre, the rest of the polynomial is
    bounded term by term. None where f has no second-order enclosure."""
    if taylor.slope is None or taylor.curvature is None:
        return None
    radius = taylor.cell.width / 2
    upper = (sum(map(abs, about[3:])) << UNIT_BITS) // denominator + 1
    scales = (Fraction(1), radius, radius**2 / 2)
    lowers = []
    for part, scale, numerator in zip(
        (taylor.value, taylor.slope, taylor.curvature), scales, about, strict=False
    ):
        own = (numerator << UNIT_BITS) // denominator
        low, high = _floor(part.lower * scale) - own - 1, _floor(part.upper * scale) + 1 - own
        upper += max(abs(low), abs(high))
        lowers.append(max(low, -high, 0))
    return lowers[0], upper


def _floor(value: Fraction) -> int:
    return (value.numerator << UNIT_BITS) // value.denominator
