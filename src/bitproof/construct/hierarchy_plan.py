"""Parameters of layout H: step, steepness and the codes of every level, from the ball alone."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cache

from bitproof.construct.coefficient_codes import anchored, simplest
from bitproof.construct.programmed_sum import carrier_power
from bitproof.exact.weight_format import Codebook
from bitproof.network.patterns import Weights, weights_of
from bitproof.theory.digit_code import power_code, scaled_code
from bitproof.theory.hierarchy import HierarchyPlan, LevelPlan, detail_bound, hats_inside
from bitproof.theory.knot_sum import DerivativeBounds

ZERO, ONE = Fraction(0), Fraction(1)
SLACK = ONE + Fraction(1, 1 << 30)
"""Nodal values are enclosures: what they leave open is far below this share."""
MOST_FINEST_DIGITS = 8
MOST_DIGITS = 48
MOST_LEVELS = 18
PROPOSALS = 6
NARROWEST = ONE + Fraction(1, 1 << 12)
EXPONENTS = 4
RATIOS = 4


@dataclass(frozen=True, slots=True)
class Shape:
    """A kind of code (its ratio, whether turned), the steepness of the hats and the step."""

    ratio: Fraction
    turned: bool
    steepness: Fraction
    step: Fraction
    estimate: float


@cache
def hierarchies(
    ball: DerivativeBounds,
    error: Fraction,
    form: Codebook,
    end: Fraction = ONE,
    start: Fraction = ZERO,
) -> tuple[HierarchyPlan, ...]:
    """Plans that promise `error` on [start, end] ⊂ [0, 1], likely smallest first.

    Raises:
        InputError: smoothness above 2.
    """
    kit, promised = weights_of(form), error / SLACK
    detail_bound(ball, ONE)
    shapes = sorted(_shapes(ball, promised, kit, end), key=lambda shape: shape.estimate)
    plans: list[HierarchyPlan] = []
    for shape in shapes:
        plan = _plan(ball, promised, kit, shape, start, end)
        if plan is not None:
            plans.append(plan)
        if len(plans) == 2 * PROPOSALS:
            break
    plans.sort(key=lambda plan: plan.programmable + 4 * plan.hats)
    return tuple(plans[:PROPOSALS])


def _shapes(
    ball: DerivativeBounds, error: Fraction, kit: Weights, end: Fraction
) -> Iterator[Shape]:
    for ratio in _ratios(kit):
        for turned in (False, True):
            for places in range(2 if turned else 1, MOST_FINEST_DIGITS):
                window = power_code(kit.form, ratio, places, ONE, turned=turned).window
                if 2 * window.half <= window.gap:
                    continue
                room = window.half - window.gap / 2
                for steepness in _steepnesses(ball, error, kit, room, window.gap):
                    largest = _largest_step(ball, error, steepness, room, window.gap)
                    if largest is None or end > largest * 2**MOST_LEVELS:
                        continue
                    cells = max(2, math.ceil(end / largest))
                    if end / cells * NARROWEST > largest:
                        cells += 1  # hardly a number in between: the next one is simpler
                    step = simplest(end / cells, largest, kit.base)
                    made = math.ceil(end / step)
                    yield Shape(ratio, turned, steepness, step, made * (places + 5.0))


def _ratios(kit: Weights) -> list[Fraction]:
    """Powers of 1/b among the values, and a few others."""
    others = [value for value in kit.positive if value < 1]
    few = others[:: max(1, len(others) // RATIOS)]
    return sorted({power for power in _powers(kit) if power in kit.form} | set(few))


def _powers(kit: Weights) -> list[Fraction]:
    return [Fraction(1, kit.base**power) for power in range(1, EXPONENTS + 1)]


def _steepnesses(
    ball: DerivativeBounds, error: Fraction, kit: Weights, room: Fraction, gap: Fraction
) -> list[Fraction]:
    """Short numbers at and above the one that balances both parts of the error."""
    if ball.smoothness == 1 or ball.bounds[2] == 0:
        ideal = float(ball.bounds[1] / room)
    else:
        curvature = float(ball.bounds[2])
        share = 1 / 8 + float(gap / room) / 4
        ideal = curvature * math.sqrt(float(error) / curvature / share) / 2 / float(room)
    if ideal == 0:
        return [ONE]
    power = Fraction(kit.base) ** math.floor(math.log(ideal, kit.base))
    factors = [Fraction(k, 8) for k in range(8, 17)] if kit.base == 2 else [ONE, Fraction(2)]
    numbers = {f * power * kit.base**i for f in factors for i in (0, 1)}
    return sorted(v for v in numbers if 0.6 * ideal <= v <= 2.2 * ideal)


def _largest_step(
    ball: DerivativeBounds, error: Fraction, steepness: Fraction, room: Fraction, gap: Fraction
) -> Fraction | None:
    """The largest h for which the finest details are within reach and the error is promised."""
    steep, linear = ball.bounds[1], steepness * gap / 2
    reach = steepness * room / SLACK
    if ball.smoothness == 1:
        total = ball.interpolation_constant * steep + linear
        return error / total if reach >= steep else None
    constant = float(ball.interpolation_constant * ball.bounds[2])
    if constant == 0:
        return error / linear
    root = math.sqrt(float(linear) ** 2 + 4 * constant * float(error))
    largest = Fraction((root - float(linear)) / (2 * constant) * (1 - 1e-12))
    return largest if reach >= steep else min(largest, 2 * reach / ball.bounds[2])


def _plan(
    ball: DerivativeBounds,
    error: Fraction,
    kit: Weights,
    shape: Shape,
    start: Fraction,
    end: Fraction,
) -> HierarchyPlan | None:
    n, step = ball.smoothness, shape.step
    deviation = error - ball.interpolation_constant * step**n * ball.bounds[n]
    cells = math.ceil(end / step)
    depth = max(1, math.ceil(math.log2(cells)))
    found: list[tuple[int, int, int]] = []
    for level in range(depth - 1, -1, -1):
        digits = _digits(ball, kit, shape, 2**level, deviation)
        if digits is None:
            return None
        found.append((2**level, *digits))
    highest = min(first for _, first, _ in found)
    if highest < 0 and shape.ratio not in _powers(kit):
        return None  # the steepness would not be b-adic
    steepness = shape.steepness * shape.ratio**highest
    levels = tuple(
        _level(kit, shape, width, first - highest, places, (step, start, end), 2**depth)
        for width, first, places in found
    )
    bound = steepness * step * (2**depth - 1)
    power = carrier_power(kit.form, kit.base, bound)
    each = kit.form.values()[-1] * Fraction(kit.base) ** power
    above, below = chain_places(levels, turned=shape.turned)
    plus = sum((shape.ratio**k for k in above), ZERO)
    minus = sum((shape.ratio**k for k in below), ZERO)
    offset = each * (plus - minus)
    far = step * 2**depth
    beyond = max(start, far - end)
    reach = (ball.bounds[0] + ball.bounds[1] * beyond) * SLACK
    first_code = anchored(
        kit, -offset, reach + deviation, 2 * deviation, Fraction(kit.base) ** power
    )
    slope_reach = ball.bounds[1] * SLACK + 2 * deviation / far
    slope = anchored(kit, ZERO, slope_reach, 2 * deviation / far)
    if first_code is None or slope is None:
        return None
    return HierarchyPlan(
        ball,
        step,
        cells,
        steepness,
        deviation,
        shape.ratio,
        shape.turned,
        first_code,
        slope,
        levels,
        offset,
        power,
    )


def _digits(
    ball: DerivativeBounds, kit: Weights, shape: Shape, width: int, deviation: Fraction
) -> tuple[int, int] | None:
    """The first place (the finest level's has number 0) and the fewest digits of a level."""
    half_width = shape.step * width
    reach = detail_bound(ball, half_width) * SLACK + deviation
    height = shape.steepness * half_width
    for places in range(1, MOST_DIGITS):
        window = power_code(kit.form, shape.ratio, places, ONE, turned=shape.turned).window
        if window.half <= 0:
            continue
        low, high = reach / (height * window.half), 2 * deviation / (height * window.gap)
        first = -_floor_log(1 / shape.ratio, high)
        if low <= shape.ratio**first <= high:
            return first, places
    return None


def _floor_log(base: Fraction, value: Fraction) -> int:
    """The largest k with base^k ≤ value, exactly."""
    power = math.floor(math.log(float(value), float(base)))
    while base**power > value:
        power -= 1
    while base ** (power + 1) <= value:
        power += 1
    return power


def _level(
    kit: Weights,
    shape: Shape,
    width: int,
    first: int,
    places: int,
    place: tuple[Fraction, Fraction, Fraction],
    count: int,
) -> LevelPlan:
    unit = power_code(kit.form, shape.ratio, places, ONE, turned=shape.turned)
    code = scaled_code(unit, shape.ratio**first) if first else unit
    step, start, end = place
    return LevelPlan(width, first, code, hats_inside(width, count, step, start, end))


def chain_places(levels: tuple[LevelPlan, ...], *, turned: bool) -> tuple[range, range]:
    """The numbers of the places two chains carry: with the sign of the first digits, and (turned)
    with the other. The first place of all is read by the target itself."""
    last = max(level.first + len(level.code.places) for level in levels)
    if not turned:
        return range(1, last), range(0)
    firsts = max(level.first for level in levels)
    return range(1, firsts + 1), range(1, last)
