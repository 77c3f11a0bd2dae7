"""Sketches of layout R for n ≤ 2: one coefficient function, any step."""

from __future__ import annotations

import math
from collections.abc import Iterator
from fractions import Fraction

from bitproof.construct.coefficient_codes import MAX_DIGITS, hinge_codes, simplest
from bitproof.construct.knot_sum_sketch import SLACK, Sketch
from bitproof.network.patterns import Weights, digits
from bitproof.theory.digit_code import DigitCode
from bitproof.theory.knot_sum import CoefficientBounds, DerivativeBounds, coefficient_bounds

ZERO, ONE = Fraction(0), Fraction(1)
SCALES = 14
STEPS_TRIED = 3
MAX_CELLS = 1 << 19
MAX_LEVELS = 4096
NARROWEST = ONE + Fraction(1, 1 << 12)
MAX_PLACES = 12


def plain_sketches(
    ball: DerivativeBounds, error: Fraction, kit: Weights, end: Fraction
) -> Iterator[Sketch]:
    """For every code of slope changes the likely scales of the knots and the largest steps."""
    (bounds,) = coefficient_bounds(ball)
    for places in range(1, MAX_DIGITS):
        codes = hinge_codes(kit.form, places)
        if codes[0].window.levels > MAX_LEVELS or places > MAX_PLACES:
            return
        for code in codes:
            if code.window.half <= code.window.gap:
                continue
            for scale in _scales(kit, bounds, error, code):
                yield from _steps(ball, error, kit, bounds, code, scale, end)


def _scales(
    kit: Weights, bounds: CoefficientBounds, error: Fraction, code: DigitCode
) -> list[Fraction]:
    """Simple numbers around the scale of the knots that balances the two parts of the error."""
    window = code.window
    spread = float(window.half - window.gap)
    if bounds.curvature is None or bounds.curvature == 0:
        ideal = 2 * float(bounds.slope) / spread
    else:
        curvature = float(bounds.curvature)
        total = 1 / 8 + float(window.gap) / (2 * spread)
        ideal = math.sqrt(float(error) * curvature / total) / spread
    return _simple_numbers(kit, ideal)


def _simple_numbers(kit: Weights, ideal: float) -> list[Fraction]:
    """v·b^-j near a positive number, v = 1 or a cheap fraction."""
    base = kit.base
    fractions = {ONE, *(value for value in kit.positive if _adic(value, base))}
    if base == 2:
        fractions |= {Fraction(3, 4)}
    exponent = math.floor(math.log(max(ideal, 1e-300), base))
    numbers = {f * Fraction(base) ** (exponent + i) for f in fractions for i in range(-1, 4)}
    near = [v for v in numbers if 0.45 * ideal <= v <= 2.6 * ideal]
    near.sort(key=lambda v: abs(math.log(float(v) / ideal)))
    return near[:SCALES]


def _adic(value: Fraction, base: int) -> bool:
    return pow(base, value.denominator.bit_length(), value.denominator) == 0


def _steps(
    ball: DerivativeBounds,
    error: Fraction,
    kit: Weights,
    bounds: CoefficientBounds,
    code: DigitCode,
    scale: Fraction,
    end: Fraction,
) -> Iterator[Sketch]:
    largest = _largest_step(ball, error, bounds, code, scale)
    if largest is None or end > MAX_CELLS * largest:
        return
    fewest = max(2, math.ceil(end / largest))
    for tried in range(STEPS_TRIED):
        cells = fewest + tried * (1 + fewest // 2048)
        if end / cells * NARROWEST > largest:
            continue  # hardly a number in between: the next one is simpler
        step = simplest(end / cells, largest, kit.base)
        made, places = math.ceil(end / step), len(code.places)
        words = len(digits_of(kit, scale)) + len(digits_of(kit, step))
        estimate = (made - 1) * (places + 2) + 3 * places + words
        yield Sketch(estimate, step, made, scale, 0, ((bounds, code, ONE),))


def digits_of(kit: Weights, value: Fraction) -> tuple[tuple[int, Fraction], ...]:
    """The digits of a b-adic number, () for 1 or where one edge is not enough at a place."""
    return () if value == 1 else digits(kit, value) or ((0, ONE),) * 6


def _largest_step(
    ball: DerivativeBounds,
    error: Fraction,
    bounds: CoefficientBounds,
    code: DigitCode,
    scale: Fraction,
) -> Fraction | None:
    """The largest h for which the feedback holds and Theorem 2 promises the error."""
    window, n = code.window, ball.smoothness
    spread = scale * (window.half - window.gap) / SLACK
    linear = scale * window.gap / 2
    constant = ball.interpolation_constant * ball.bounds[n]
    allowed: Fraction | None = None
    if 2 * bounds.slope > spread:
        if bounds.curvature is None or bounds.curvature == 0:
            return None
        allowed = spread / bounds.curvature
    if n == 1:
        largest = error / (constant + linear)
    elif constant == 0:
        largest = error / linear
    else:
        root = math.sqrt(float(linear) ** 2 + 4 * float(constant) * float(error))
        largest = Fraction((root - float(linear)) / (2 * float(constant)) * (1 - 1e-12))
    return largest if allowed is None else min(largest, allowed)
