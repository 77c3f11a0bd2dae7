"""Sketches of layout R for n ≥ 3: n - 1 coefficient functions joined by products."""

from __future__ import annotations

import math
from collections.abc import Iterator
from fractions import Fraction

from bitproof.construct.coefficient_codes import MAX_DIGITS, hinge_codes, simplest
from bitproof.construct.knot_sum_sketch import SLACK, Sketch
from bitproof.network.patterns import Weights
from bitproof.theory.digit_code import DigitCode, scaled_code
from bitproof.theory.knot_sum import (
    CoefficientBounds,
    DerivativeBounds,
    accumulated_error,
    coefficient_bounds,
)

ZERO, ONE = Fraction(0), Fraction(1)


def product_sketches(
    ball: DerivativeBounds, error: Fraction, kit: Weights, end: Fraction
) -> Iterator[Sketch]:
    """For steps near the widest the teeth, and shares of the error for the coefficients."""
    n = ball.smoothness
    scales = _product_scales(coefficient_bounds(ball), kit.base)
    constant = ball.interpolation_constant * ball.bounds[n]
    fewest = max(2, math.ceil(float(end) * (float(constant) / float(error)) ** (1 / n)))
    for cells in sorted({fewest + round(fewest * i / 10) for i in range(16)}):
        step = simplest(end / cells, end / cells * Fraction(9, 8), kit.base)
        made = max(2, math.ceil(end / step))
        rest = error / SLACK - constant * step**n
        if rest <= 0:
            continue
        for levels in _levels(scales, kit.base, rest):
            product = accumulated_error(tuple((ZERO, s) for s in scales), kit.base, levels)
            for tilt in (1, 2, 4):
                shares = _shares(rest - product, scales, kit.base, tilt)
                yield from _coded(ball, kit, step, made, levels, shares, scales)


def _product_scales(bounds: tuple[CoefficientBounds, ...], base: int) -> tuple[Fraction, ...]:
    """M_k: 1 for the output; then the least with |T_k| ≤ M_k/2 among (4/b²)·M_(k-1) times powers
    of b, so that the product's coefficient M_k/M_(k-1)·b²/4 is a power of b."""
    scales, reach = [ONE], sum((bound.value for bound in bounds), ZERO)
    for k in range(1, len(bounds)):
        reach -= bounds[k - 1].value
        power = scales[-1] * Fraction(4, base * base)
        while power / 2 < reach:
            power *= base
        while power / base / 2 >= reach > 0:
            power /= base
        scales.append(power)
    return tuple(scales)


def _levels(scales: tuple[Fraction, ...], base: int, rest: Fraction) -> Iterator[int]:
    """Teeth whose products leave something of the budget: the fewest and two more."""
    parts = tuple((ZERO, scale) for scale in scales)
    levels = 1
    while accumulated_error(parts, base, levels) >= rest * Fraction(3, 4):
        levels += 1
    yield from (levels, levels + 1)


def _shares(
    rest: Fraction, scales: tuple[Fraction, ...], base: int, tilt: int
) -> tuple[Fraction, ...]:
    """δ_k: the output's share is `tilt` times the others'; what an excess of z costs is kept."""
    loss = Fraction(1, 2) if base == 2 else ZERO
    weights = [Fraction(tilt) if k == 0 else ONE for k in range(len(scales))]
    # an error e of T_k costs e again where z leaves [0, 1], at most by (1/2 + a little) for each
    factors = [w * (1 + loss * Fraction(101, 100)) ** k for k, w in enumerate(weights)]
    return tuple(rest * w / sum(factors) for w in weights)


def _coded(
    ball: DerivativeBounds,
    kit: Weights,
    step: Fraction,
    cells: int,
    levels: int,
    shares: tuple[Fraction, ...],
    scales: tuple[Fraction, ...],
) -> Iterator[Sketch]:
    bounds = coefficient_bounds(ball)
    needs = [
        (bound.second_difference(step) * SLACK / scale, share / scale)
        for bound, share, scale in zip(bounds, shares, scales, strict=True)
    ]
    steepest = max(float(second / step) for second, _ in needs)
    each = 12 if kit.base == 2 and ONE in kit.form else 18 if kit.base == 2 else 50
    for knots in _powers(kit.base, 0.4 * steepest, 8 * steepest):
        codes = [_shortest(kit, knots * step, second, share) for second, share in needs]
        parts = tuple(
            (bound, code, scale)
            for bound, code, scale in zip(bounds, codes, scales, strict=True)
            if code is not None
        )
        if len(parts) == len(codes):
            places = sum(len(code.places) for _, code, _ in parts)
            estimate = (cells - 1) * (places + 2) + 3 * places + each * levels * (len(parts) - 1)
            yield Sketch(estimate, step, cells, knots, levels, parts)


def _shortest(kit: Weights, unit: Fraction, second: Fraction, share: Fraction) -> DigitCode | None:
    """The code of fewest digits with gap/2 ≤ share and half - gap ≥ second, in units of κ."""
    for places in range(1, MAX_DIGITS):
        for code in hinge_codes(kit.form, places):
            window = code.window
            for power in range(4):
                top = unit / kit.base**power
                if top * window.gap / 2 <= share and top * (window.half - window.gap) >= second:
                    if power == 0:
                        return code
                    return scaled_code(code, Fraction(1, kit.base**power))
            if places > 3 and unit * window.half * 2 < second:
                return None  # more digits make the code finer, not wider
    return None


def _powers(base: int, low: float, high: float) -> list[Fraction]:
    """b^j, for b = 2 also 3/4·b^j, within the bounds."""
    first = math.floor(math.log(max(low, 1e-300), base))
    last = math.ceil(math.log(max(high, 1e-300), base))
    shares = (ONE, Fraction(3, 4)) if base == 2 else (ONE,)
    numbers = [share * Fraction(base) ** j for j in range(first, last + 1) for share in shares]
    return [number for number in numbers if low <= number <= high]
