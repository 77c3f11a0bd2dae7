"""Elementary functions with proved enclosures, from one power series with a remainder bound.

Each function is first enclosed at a rational point p/q (q ≥ 1) by reducing the argument exactly to
where its series converges fast, then lifted to intervals: by its ends where it is monotone, with
the extrema added for sin and cos.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from functools import lru_cache

from .interval import Interval, Undecided, exactly, interval

BITS = 160
ONE = 1 << BITS
LARGEST_EXPONENT = 1 << 15  # of exp; 2^65536 is the largest number kept anywhere
LARGEST_ANGLE = 1 << 60
TINY = Interval(0, 1, 1 << 1024)

Point = Callable[[int, int], Interval]
Ratio = Callable[[int], tuple[int, int]]


def _series(z: Interval, sign: int, ratio: Ratio) -> Interval:
    """1 + a_1 + a_2 + …, where a_0 = 1 and a_{i+1} = sign · z · ratio(i) · a_i, for z ≥ 0.

    Requires that ratio(i) = (n, d) decreases in i, or that n < d always and z ≤ 1/2.
    The sizes |a_i| are enclosed by [low, high]/ONE, rounded down and up. The sum stops after a
    term with high ≤ 1 once z·n/d ≤ 1/2; by the requirement every later step at least halves the
    size, so the remainder is at most |a_i|·(1/2 + 1/4 + …) ≤ high.
    """
    z_low, z_high = z.lo * ONE // z.den, -(-z.hi * ONE // z.den)
    if z_low < 0:
        z_low = 0  # z encloses a number known to be ≥ 0
    low = high = total_low = total_high = ONE
    step, positive = 0, True
    while True:
        n, d = ratio(step)
        low = low * z_low * n // d >> BITS
        high = -(-high * z_high * n // d >> BITS)
        positive = positive if sign > 0 else not positive
        total_low += low if positive else -high
        total_high += high if positive else -low
        step += 1
        if high <= 1 and 2 * z_high * n <= d * ONE:
            return Interval(total_low - high, total_high + high, ONE)


def _atanh_ratio(i: int) -> tuple[int, int]:
    return 2 * i + 1, 2 * i + 3


def _small_atan(p: int, q: int) -> Interval:
    """atan t = t·Σ (-t²)^i/(2i+1) for |t| ≤ 1/2."""
    return Interval(p, p, q) * _series(interval(p * p, p * p, q * q), -1, _atanh_ratio)


# Machin: π = 16 atan(1/5) - 4 atan(1/239).  log 2 = 2 atanh(1/3) = 2/3·Σ 9^-i/(2i+1).
PI = exactly(16) * _small_atan(1, 5) - exactly(4) * _small_atan(1, 239)
HALF_PI = PI * exactly(Fraction(1, 2))
LOG2 = exactly(Fraction(2, 3)) * _series(exactly(Fraction(1, 9)), 1, _atanh_ratio)


@lru_cache(maxsize=1024)
def _exp(p: int, q: int) -> Interval:
    """e^t = 2^n·e^r with r = t - n·log 2 in [0, 0.7]; e^r = Σ r^i/i!."""
    if p > q * LARGEST_EXPONENT:
        raise Undecided("exp of a number beyond 2^15")
    if p < -q * LARGEST_EXPONENT:
        return TINY
    n = p * LOG2.den // (q * LOG2.hi)
    r = Interval(p, p, q) - LOG2 * exactly(n)
    if r.lo < 0:
        n, r = n - 1, r + LOG2
    s = _series(r, 1, lambda i: (1, i + 1))
    return interval(s.lo << n, s.hi << n, s.den) if n >= 0 else interval(s.lo, s.hi, s.den << -n)


@lru_cache(maxsize=1024)
def _expm1(p: int, q: int) -> Interval:
    """e^t - 1 = t·Σ t^i/(i+1)! for |t| ≤ 1/2 (no cancellation), else from e^t."""
    if 2 * abs(p) > q:
        return _exp(p, q) - exactly(1)
    sign = 1 if p >= 0 else -1
    return Interval(p, p, q) * _series(Interval(abs(p), abs(p), q), sign, lambda i: (1, i + 2))


@lru_cache(maxsize=1024)
def _log(p: int, q: int) -> Interval:
    """log t = m·log 2 + log y, y = t/2^m in [2/3, 4/3]; log y = 2 atanh(z), z = (y-1)/(y+1)."""
    if p <= 0:
        raise Undecided("log of a number that is not positive")
    m = p.bit_length() - q.bit_length()  # y in (1/2, 2)
    a, b = (p, q << m) if m >= 0 else (p << -m, q)
    if 3 * a > 4 * b:
        m, b = m + 1, 2 * b
    elif 3 * a < 2 * b:
        m, a = m - 1, 2 * a
    z = interval(a - b, a - b, a + b)  # |z| ≤ 1/5
    return exactly(2) * z * _series(z.power(2), 1, _atanh_ratio) + LOG2 * exactly(m)


@lru_cache(maxsize=1024)
def _atan(p: int, q: int) -> Interval:
    """atan t = π/2 - atan(1/t) for t > 1, = atan(1/2) + atan((t - 1/2)/(1 + t/2)) for t > 1/2."""
    if p < 0:
        return -_atan(-p, q)
    if p > q:
        return HALF_PI - _atan(q, p)
    if 2 * p > q:
        return _small_atan(1, 2) + _small_atan(2 * p - q, 2 * q + p)
    return _small_atan(p, q)


@lru_cache(maxsize=1024)
def _sin_cos(p: int, q: int) -> tuple[int, Interval, Interval]:
    """(k, sin r, cos r) with t = k·π/2 + r, |r| < 0.8: the Taylor series in r²."""
    if abs(p) > q * LARGEST_ANGLE:
        raise Undecided("an angle beyond 2^60")
    k = (2 * p * HALF_PI.den + q * HALF_PI.lo) // (2 * q * HALF_PI.lo)
    r = Interval(p, p, q) - HALF_PI * exactly(k)
    z = r.power(2)
    sine = r * _series(z, -1, lambda i: (1, (2 * i + 2) * (2 * i + 3)))
    return k, sine, _series(z, -1, lambda i: (1, (2 * i + 1) * (2 * i + 2)))


def _sin_shifted(p: int, q: int, quarters: int) -> Interval:
    """sin(t + quarters·π/2)."""
    k, sine, cosine = _sin_cos(p, q)
    return (sine, cosine, -sine, -cosine)[(k + quarters) % 4]


def _tan(p: int, q: int) -> Interval:
    return _sin_shifted(p, q, 0) / _sin_shifted(p, q, 1)


@lru_cache(maxsize=1024)
def _erf(p: int, q: int) -> Interval:
    """erf t = 2t/√π·e^{-t²}·Σ (2t²)^i/(1·3·…·(2i+1)), all terms positive (DLMF 7.6.2).

    For t ≥ 11: 0 < 1 - erf t ≤ e^{-t²} < 2^-160 (shift the integral: e^{-(t+s)²} ≤ e^{-t²-s²}).
    """
    if p < 0:
        return -_erf(-p, q)
    if p >= 11 * q:
        return Interval(ONE - 1, ONE, ONE)
    square = interval(p * p, p * p, q * q)
    total = _series(exactly(2) * square, 1, lambda i: (1, 2 * i + 3))
    return Interval(p, p, q) * total * exp(-square) * TWO_OVER_ROOT_PI


def _sqrt(p: int, q: int) -> Interval:
    """√(p/q) = √(p·q·4^s)/(q·2^s); the integer root is the floor, and exact for squares."""
    if p < 0:
        raise Undecided("sqrt of a negative number")
    shift = max(0, BITS + 1 - (p * q).bit_length() // 2)
    number = p * q << 2 * shift
    root = math.isqrt(number)
    return interval(root, root + (root * root < number), q << shift)


def _cbrt(p: int, q: int) -> Interval:
    """∛(p/q) = ∛(p·q²·8^s)/(q·2^s); the integer root is the floor, and exact for cubes."""
    if p < 0:
        return -_cbrt(-p, q)
    shift = max(0, BITS + 1 - (p * q * q).bit_length() // 3)
    number = p * q * q << 3 * shift
    root = 1 << (number.bit_length() // 3 + 1)  # above the root; Newton descends to its floor
    while root**3 > number:
        root = (2 * root + number // root**2) // 3
    return interval(root, root + (root**3 < number), q << shift)


def _sinh(p: int, q: int) -> Interval:
    """t·Σ t^{2i}/(2i+1)! for |t| ≤ 1/2 (no cancellation), else (e^t - e^-t)/2."""
    if 2 * abs(p) > q:
        return (_exp(p, q) - _exp(-p, q)) * exactly(Fraction(1, 2))
    square = interval(p * p, p * p, q * q)
    return Interval(p, p, q) * _series(square, 1, lambda i: (1, (2 * i + 2) * (2 * i + 3)))


def _cosh(p: int, q: int) -> Interval:
    return (_exp(p, q) + _exp(-p, q)) * exactly(Fraction(1, 2))


def _tanh(p: int, q: int) -> Interval:
    """-u/(2 + u) with u = e^{-2t} - 1 in (-1, 0], for t ≥ 0."""
    if p < 0:
        return -_tanh(-p, q)
    u = _expm1(-2 * p, q)
    return -u / (u + exactly(2))


def _sigmoid(p: int, q: int) -> Interval:
    e = _exp(-abs(p), q)
    return (exactly(1) if p >= 0 else e) / (exactly(1) + e)


def _softplus(p: int, q: int) -> Interval:
    """log(1 + e^t) = max(t, 0) + log(1 + e^-|t|)."""
    return Interval(max(p, 0), max(p, 0), q) + log(_exp(-abs(p), q) + exactly(1))


def _elu(p: int, q: int) -> Interval:
    return Interval(p, p, q) if p >= 0 else _expm1(p, q)


def _asin(p: int, q: int) -> Interval:
    """2·atan(t/(1 + √(1 - t²))); the root is undecided outside [-1, 1]."""
    root = _sqrt(q * q - p * p, q * q)
    return exactly(2) * atan(Interval(p, p, q) / (exactly(1) + root))


def _acos(p: int, q: int) -> Interval:
    """2·atan(√((1 - t)/(1 + t))), and π at -1."""
    if p == -q:
        return PI
    if abs(p) > q:
        raise Undecided("acos outside [-1, 1]")
    return exactly(2) * atan(_sqrt(q - p, q + p))


def _monotone(point: Point) -> Callable[[Interval], Interval]:
    """The lift of a monotone function: its values lie between those at the ends."""

    def lifted(u: Interval) -> Interval:
        first = point(u.lo, u.den)
        return first if u.lo == u.hi else first.hull(point(u.hi, u.den))

    return lifted


exp = _monotone(_exp)
expm1 = _monotone(_expm1)
log = _monotone(_log)
sqrt = _monotone(_sqrt)
cbrt = _monotone(_cbrt)
sinh = _monotone(_sinh)
tanh = _monotone(_tanh)
asin = _monotone(_asin)
acos = _monotone(_acos)
atan = _monotone(_atan)
erf = _monotone(_erf)
sigmoid = _monotone(_sigmoid)
softplus = _monotone(_softplus)
elu = _monotone(_elu)
TWO_OVER_ROOT_PI = exactly(2) / sqrt(PI)
E = _exp(1, 1)


def log1p(u: Interval) -> Interval:
    return log(u + exactly(1))


def log2(u: Interval) -> Interval:
    return log(u) / LOG2


def cosh(u: Interval) -> Interval:
    return _monotone(_cosh)(u.magnitude())


def sin(u: Interval) -> Interval:
    return _sine(u, 0)


def cos(u: Interval) -> Interval:
    return _sine(u, 1)


def tan(u: Interval) -> Interval:
    first, last = _quarters_crossed(u)
    if any(j % 2 for j in range(first + 1, min(last, first + 2) + 1)):
        raise Undecided("tan may have a pole in the interval")
    return _monotone(_tan)(u)


def _sine(u: Interval, quarters: int) -> Interval:
    """sin(t + quarters·π/2): the values at the ends, and ±1 if t + quarters·π/2 may pass an odd
    multiple of π/2. More multiples than are passed only widen the result."""
    if u.lo == u.hi:
        return _sin_shifted(u.lo, u.den, quarters)
    first, last = _quarters_crossed(u)
    result = _sin_shifted(u.lo, u.den, quarters).hull(_sin_shifted(u.hi, u.den, quarters))
    for j in range(first + 1 + quarters, min(last, first + 4) + 1 + quarters):
        if j % 2:
            result = result.hull(exactly(1 if j % 4 == 1 else -1))
    return result


def _quarters_crossed(u: Interval) -> tuple[int, int]:
    """(m, n): every multiple j·π/2 in u, its lower end left out, has m < j ≤ n."""
    turns = u / HALF_PI
    return turns.lo // turns.den, turns.hi // turns.den


def rational_power(u: Interval, c: Fraction) -> Interval:
    """t^c = e^{c·log t} for t > 0, and 0^c = 0 for c > 0; monotone in t."""

    def point(p: int, q: int) -> Interval:
        return exactly(0) if p == 0 and c > 0 else exp(exactly(c) * _log(p, q))

    return _monotone(point)(u)
