"""Parameters of layout R: the step, the codes and the teeth, from the ball and the error alone.

Nothing here looks at a function, so the structure is the same for every f of the ball. Proposals
are ranked by an estimate of their edges; `construct.knot_sum` builds the best for f = 0, which is
the exact count for every f.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cache

from bitproof.construct.coefficient_codes import MAX_DIGITS, anchored, hinge_codes, simplest
from bitproof.construct.programmed_sum import carrier_power, chain_offset
from bitproof.exact.weight_format import Codebook
from bitproof.network.patterns import Weights, digits, weights_of
from bitproof.theory.digit_code import DigitCode, scaled_code
from bitproof.theory.knot_sum import (
    CoefficientBounds,
    CoefficientPlan,
    KnotSumPlan,
    SobolevBall,
    accumulated_error,
    coefficient_bounds,
    interpolation_constant,
)

ZERO, ONE, HALF = Fraction(0), Fraction(1), Fraction(1, 2)
SLACK = ONE + Fraction(1, 1 << 30)
"""Nodal values are enclosures: what they leave open is far below this share."""
SCALES = 14
STEPS_TRIED = 3
PROPOSALS = 8
SKETCHES = 40
MAX_CELLS = 1 << 19
MAX_LEVELS = 4096
NARROWEST = ONE + Fraction(1, 1 << 12)
MAX_PLACES = 12


Part = tuple[CoefficientBounds, DigitCode, Fraction]
"""A coefficient function's bounds, the code of its slope changes, and M_k."""


@dataclass(frozen=True, slots=True)
class Sketch:
    """A plan without its start and slope codes."""

    estimate: float
    step: Fraction
    cells: int
    scale: Fraction
    levels: int
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Proposal:
    """A plan with an estimate of its edges."""

    estimate: int
    plan: KnotSumPlan


@cache
def proposals(
    ball: SobolevBall, error: Fraction, form: Codebook, end: Fraction = ONE, start: Fraction = ZERO
) -> tuple[Proposal, ...]:
    """Plans whose Theorem 2 promises `error` on [start, end] ⊂ [0, 1], likely smallest first."""
    kit = weights_of(form)
    make = _smooth if ball.smoothness > 2 else _plain
    sketches = sorted(make(ball, error, kit, end), key=lambda sketch: sketch.estimate)
    found: list[Proposal] = []
    for sketch in sketches[:SKETCHES]:
        plan = _plan(ball, kit, sketch, start, end)
        if plan is not None and plan.error <= error:
            found.append(Proposal(_estimate(plan, kit), plan))
        if len(found) == PROPOSALS:
            break
    return tuple(sorted(found, key=lambda proposal: proposal.estimate))


# n ≤ 2: one function, any step


def _plain(ball: SobolevBall, error: Fraction, kit: Weights, end: Fraction) -> Iterator[Sketch]:
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


def _powers(base: int, low: float, high: float) -> list[Fraction]:
    """b^j, for b = 2 also 3/4·b^j, within the bounds."""
    first = math.floor(math.log(max(low, 1e-300), base))
    last = math.ceil(math.log(max(high, 1e-300), base))
    shares = (ONE, Fraction(3, 4)) if base == 2 else (ONE,)
    numbers = [share * Fraction(base) ** j for j in range(first, last + 1) for share in shares]
    return [number for number in numbers if low <= number <= high]


def _adic(value: Fraction, base: int) -> bool:
    return pow(base, value.denominator.bit_length(), value.denominator) == 0


def _steps(
    ball: SobolevBall,
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
    ball: SobolevBall,
    error: Fraction,
    bounds: CoefficientBounds,
    code: DigitCode,
    scale: Fraction,
) -> Fraction | None:
    """The largest h for which the feedback holds and Theorem 2 promises the error."""
    window, n = code.window, ball.smoothness
    spread = scale * (window.half - window.gap) / SLACK
    linear = scale * window.gap / 2
    constant = interpolation_constant(n) * ball.bounds[n]
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


# n ≥ 3: products, a step from a list


def _smooth(ball: SobolevBall, error: Fraction, kit: Weights, end: Fraction) -> Iterator[Sketch]:
    n = ball.smoothness
    scales = _product_scales(coefficient_bounds(ball), kit.base)
    constant = interpolation_constant(n) * ball.bounds[n]
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
    ball: SobolevBall,
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


# common


def _plan(
    ball: SobolevBall, kit: Weights, sketch: Sketch, start: Fraction, end: Fraction
) -> KnotSumPlan | None:
    step, cells, scale, parts = sketch.step, sketch.cells, sketch.scale, sketch.parts
    bound = sum_of_knots(scale, step, cells, end)
    coefficients = []
    for k, (bounds, code, divisor) in enumerate(parts):
        window = code.window
        if scale * (window.half - window.gap) * step * divisor < bounds.second_difference(step):
            return None
        deviation = scale * window.gap * step / 2
        lift = HALF if k else ZERO
        tilt = -parts[k + 1][2] / divisor / 2 if k + 1 < len(parts) else ZERO
        offset = chain_offset(code, kit.base, bound)
        carried = Fraction(kit.base) ** carrier_power(kit.form, kit.base, bound)
        reach = (bounds.value + bounds.slope * start) / divisor + deviation
        first = anchored(kit, lift - offset, reach * SLACK, deviation, carried)
        slope = anchored(kit, tilt, bounds.slope / divisor * SLACK, 2 * deviation / step)
        if first is None or slope is None:
            return None
        coefficients.append(
            CoefficientPlan(code, first, slope, divisor, deviation * divisor, lift, tilt, offset)
        )
    return KnotSumPlan(ball, step, cells, scale, sketch.levels, tuple(coefficients), kit.base)


def sum_of_knots(scale: Fraction, step: Fraction, cells: int, end: Fraction) -> Fraction:
    """Σ max (knot m), m = 1..N-1, exactly."""
    inner = min(cells - 1, math.floor(end / step))
    return scale * (inner * end - step * inner * (inner + 1) / 2)


def _estimate(plan: KnotSumPlan, kit: Weights) -> int:
    """Edges, roughly."""
    hinges = sum(len(part.hinges.places) for part in plan.coefficients)
    ladders = max(part.start.powers[-1] for part in plan.coefficients)
    ladders += max(part.slope.powers[-1] for part in plan.coefficients)
    fixed = sum(len(part.start.powers) + len(part.slope.powers) for part in plan.coefficients)
    products = (len(plan.coefficients) - 1) * plan.levels * (12 if kit.base == 2 else 40)
    return (plan.cells - 1) * (hinges + 2) + 4 * hinges + ladders + fixed + products
