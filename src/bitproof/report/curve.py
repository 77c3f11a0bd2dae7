"""The picture of a result: f, N and f - N at points that show the peaks.

N is evaluated exactly. Between two neighbouring breakpoints of a certificate it is affine, so its
value there follows from the ends. Floats only place ink on the page.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from bitproof.exact.rationals import parse_rational, to_float

if TYPE_CHECKING:
    from bitproof.exact import Interval
    from bitproof.network import Network
    from bitproof.pipeline.results import CompileResult

POINTS = 2400
FEWEST_POINTS = 129
# Rational operations the evaluation may take in all: about half a second.
OPERATIONS = 250_000


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
    knots = _breakpoints(result)
    if knots and (len(knots) + 1) * _operations(network) <= OPERATIONS:
        x, values = _between_knots(network, knots, witness)
    else:
        points = _sample_points(result, network, witness)
        x = tuple(to_float(point) for point in points)
        values = tuple(to_float(value) for value in _evaluate(network, points))
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
        breakpoints=tuple(to_float(knot) for knot in knots[1:-1]),
        continuous=result.inputs == "real",
    )


def _breakpoints(result: CompileResult) -> tuple[Fraction, ...]:
    """The certificate's breakpoints with both ends; none where inputs are a format's values."""
    certificate = getattr(result.verdict, "certificate", None)
    if certificate is None or result.inputs != "real":
        return ()
    return tuple(parse_rational(text) for text in certificate.data.get("breakpoints", ()))


def _operations(network: Network) -> int:
    return sum(layer.matrix.nonzero_entries + layer.width for layer in network.layers)


def _between_knots(
    network: Network, knots: Sequence[Fraction], witness: Fraction
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Points in every cell, with N interpolated from its exact values at the cell's ends."""
    ends = [to_float(value) for value in _evaluate(network, knots)]
    places = [to_float(knot) for knot in knots]
    per_cell = min(24, max(2, POINTS // (len(knots) - 1)))
    mark = to_float(witness)
    x: list[float] = []
    values: list[float] = []
    for left, right, low, high in zip(places, places[1:], ends, ends[1:], strict=False):
        steps = [step / per_cell for step in range(per_cell)]
        if left < mark < right:
            steps = sorted({*steps, (mark - left) / (right - left)})
        x += [left + (right - left) * step for step in steps]
        values += [low + (high - low) * step for step in steps]
    return (*x, places[-1]), (*values, ends[-1])


def _sample_points(
    result: CompileResult, network: Network, witness: Fraction
) -> tuple[Fraction, ...]:
    """Evenly spaced inputs (values of the format where there is one), and the witness."""
    affordable = OPERATIONS // max(1, _operations(network))
    count = min(POINTS, max(FEWEST_POINTS, affordable))
    if result.inputs == "real":
        inside = _even(result.domain, count)
    else:
        inside = _format_values(result.inputs, result.domain, count)
    return tuple(sorted({*inside, witness}))


def _even(domain: Interval, count: int) -> list[Fraction]:
    return [domain.lower + domain.width * Fraction(i, count - 1) for i in range(count)]


def _format_values(inputs: str, domain: Interval, count: int) -> list[Fraction]:
    from bitproof.exact import FixedPoint

    form = FixedPoint.parse(inputs)
    levels = form.levels_within(domain)
    stride = max(1, len(levels) // count)
    return [form.value(level) for level in (*levels[::stride], levels[-1])]


def _evaluate(network: Network, points: Sequence[Fraction]) -> list[Fraction]:
    from bitproof.execute.reference import evaluate

    return [evaluate(network, (point,))[0] for point in points]


def _sampled(result: CompileResult, x: Sequence[float]) -> tuple[float, ...]:
    import numpy as np

    low, high = to_float(result.domain.lower), to_float(result.domain.upper)
    inside = np.clip(np.asarray(x, dtype=np.float64), low, high)
    return tuple(float(value) for value in result.target.sample(inside))
