"""The picture of a result: f, N and f - N at points that show the peaks.

N is known exactly: on real inputs as a piecewise-linear function from its breakpoints, on the
values of a format from the integer engine. Floats only place ink on the page.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING

from bitproof.exact import FixedPoint
from bitproof.exact.rationals import to_float

if TYPE_CHECKING:
    from bitproof.certify.piecewise_linear import PiecewiseLinear
    from bitproof.network import Network
    from bitproof.pipeline.results import CompileResult

POINTS = 2400
MOST_BREAKPOINTS = 200_000


@dataclass(frozen=True, slots=True)
class Curve:
    """What the charts draw. All sequences named by points have the same length.

    Attributes:
        x, target, network, error: the points, f, N and f - N there, x ascending.
        lower, upper: the ends of the domain.
        tolerance: the requested error.
        bound: the proved bound of |f - N|.
        peak: (x, f - N) where the largest error was attained.
        breakpoints: where N's slope may change, inside the domain.
        continuous: whether every real input counts; otherwise the points are inputs of a format.
    """

    x: tuple[float, ...]
    target: tuple[float, ...]
    network: tuple[float, ...]
    error: tuple[float, ...]
    lower: float
    upper: float
    tolerance: float
    bound: float
    peak: tuple[float, float]
    breakpoints: tuple[float, ...]
    continuous: bool


def curve_of(result: CompileResult) -> Curve:
    """The picture of a result that has a network.

    Raises:
        ValueError: it has none.
    """
    if result.network is None or result.verdict is None or result.verdict.upper is None:
        raise ValueError("a result without a design has no curve")
    network, witness = result.network, result.verdict.witness
    exact = _piecewise_linear(result)
    if exact is None:
        points = sample_points(result, witness)
        x = tuple(to_float(point) for point in points)
        values = tuple(to_float(value) for value in _evaluate(network, points))
    else:
        x, values = _between_knots(exact, witness)
    target = _sampled(result, x)
    error = tuple(f - n for f, n in zip(target, values, strict=True))
    at = min(range(len(x)), key=lambda i: abs(x[i] - to_float(witness)))
    return Curve(
        x=x,
        target=target,
        network=values,
        error=error,
        lower=to_float(result.domain.lower),
        upper=to_float(result.domain.upper),
        tolerance=to_float(result.error),
        bound=to_float(result.verdict.upper),
        peak=(to_float(witness), math.copysign(to_float(result.verdict.lower), error[at])),
        breakpoints=() if exact is None else tuple(map(to_float, exact.points[1:-1])),
        continuous=result.inputs == "real",
    )


def _piecewise_linear(result: CompileResult) -> PiecewiseLinear | None:
    """N on the domain; None where inputs are a format's values or N has too many pieces."""
    from bitproof.certify.breakpoints import breakpoints
    from bitproof.errors import WorkLimitError

    if result.network is None or result.inputs != "real" or not result.network.is_real:
        return None
    try:
        return breakpoints(result.network, result.domain, limit=MOST_BREAKPOINTS)
    except WorkLimitError:
        return None


def _between_knots(
    exact: PiecewiseLinear, witness: Fraction
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Points in every cell, with N interpolated from its exact values at the cell's ends."""
    places = [to_float(knot) for knot in exact.points]
    ends = [to_float(value) for value in exact.values]
    fewest = min(12, max(2, POINTS // max(1, len(places) - 1)))
    density = POINTS / ((places[-1] - places[0]) or 1.0)
    mark = to_float(witness)
    x: list[float] = []
    values: list[float] = []
    for (left, right), (low, high) in zip(pairwise(places), pairwise(ends), strict=True):
        count = max(fewest, int(density * (right - left)))
        steps = [step / count for step in range(count)]
        if left < mark < right:
            steps = sorted({*steps, (mark - left) / (right - left)})
        x += [left + (right - left) * step for step in steps]
        values += [low + (high - low) * step for step in steps]
    return (*x, places[-1]), (*values, ends[-1])


def sample_points(result: CompileResult, witness: Fraction) -> tuple[Fraction, ...]:
    """Evenly spaced inputs (values of the format where there is one), and the witness."""
    if result.inputs == "real":
        lower, width = result.domain.lower, result.domain.width
        inside = [lower + width * Fraction(i, POINTS) for i in range(POINTS + 1)]
    else:
        form = FixedPoint.parse(result.inputs)
        levels = form.levels_within(result.domain)
        stride = max(1, len(levels) // POINTS)
        inside = [form.value(level) for level in (*levels[::stride], levels[-1])]
    return tuple(sorted({*inside, witness}))


def _evaluate(network: Network, points: tuple[Fraction, ...]) -> list[Fraction]:
    from bitproof.execute.fast import Engine
    from bitproof.execute.grid import InputGrid

    engine = Engine(network, InputGrid.covering(points))
    return [outputs[0] for outputs in engine.evaluate(points)]


def _sampled(result: CompileResult, x: Sequence[float]) -> tuple[float, ...]:
    import numpy as np

    low, high = to_float(result.domain.lower), to_float(result.domain.upper)
    inside = np.clip(np.asarray(x, dtype=np.float64), low, high)
    return tuple(float(value) for value in result.target.sample(inside))
