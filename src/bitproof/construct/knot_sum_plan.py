"""Parameters of layout R: the step, the codes and the teeth, from the ball and the error alone.

Nothing here looks at a function, so the structure is the same for every f of the ball. Proposals
are ranked by an estimate of their edges; `construct.knot_sum` builds the best for f = 0, which is
the exact count for every f.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from functools import cache

from bitproof.construct.coefficient_codes import anchored
from bitproof.construct.knot_sum_plain import plain_sketches
from bitproof.construct.knot_sum_products import product_sketches
from bitproof.construct.knot_sum_sketch import SLACK, Sketch
from bitproof.construct.programmed_sum import carrier_power, chain_offset
from bitproof.exact.weight_format import Codebook
from bitproof.network.patterns import Weights, weights_of
from bitproof.theory.knot_sum import CoefficientPlan, DerivativeBounds, KnotSumPlan

ZERO, ONE, HALF = Fraction(0), Fraction(1), Fraction(1, 2)
PROPOSALS = 8
SKETCHES = 40


@dataclass(frozen=True, slots=True)
class Proposal:
    """A plan with an estimate of its edges."""

    estimate: int
    plan: KnotSumPlan


@cache
def proposals(
    ball: DerivativeBounds,
    error: Fraction,
    form: Codebook,
    end: Fraction = ONE,
    start: Fraction = ZERO,
) -> tuple[Proposal, ...]:
    """Plans whose Theorem 2 promises `error` on [start, end] ⊂ [0, 1], likely smallest first."""
    kit = weights_of(form)
    make = product_sketches if ball.smoothness > 2 else plain_sketches
    sketches = sorted(make(ball, error, kit, end), key=lambda sketch: sketch.estimate)
    found: list[Proposal] = []
    for sketch in sketches[:SKETCHES]:
        plan = _plan(ball, kit, sketch, start, end)
        if plan is not None and plan.error <= error:
            found.append(Proposal(_estimate(plan, kit), plan))
        if len(found) == PROPOSALS:
            break
    return tuple(sorted(found, key=lambda proposal: proposal.estimate))


def _plan(
    ball: DerivativeBounds, kit: Weights, sketch: Sketch, start: Fraction, end: Fraction
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
