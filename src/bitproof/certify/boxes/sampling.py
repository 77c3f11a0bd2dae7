"""A lower bound of sup |f - N| by sampling: for more inputs than branch and bound can cover."""

from __future__ import annotations

import random
from fractions import Fraction
from itertools import product

from bitproof.certify.boxes.verdict import BoxUndecided
from bitproof.certify.scaled import round_down
from bitproof.exact.box import Box, Point
from bitproof.execute.reference import evaluate
from bitproof.network.network import Network
from bitproof.target.box_target import BoxTarget

POINTS = 400
STATED_DIGITS = 7
LEVELS = 1 << 16


def sample_on_box(
    network: Network,
    target: BoxTarget,
    box: Box | None = None,
    *,
    error: Fraction | None = None,
    points: int = POINTS,
) -> BoxUndecided:
    """|f - N| at corners, the centre and points drawn from a fixed seed, each exactly.

    Nothing is proved of the other inputs, so there is no upper bound and the verdict is Undecided
    whatever was found; its lower bound is attained.

    >>> from bitproof.network import Activation, Layer, SparseMatrix
    >>> from bitproof.target import ExpressionBoxTarget
    >>> matrix = SparseMatrix.from_dense([[1, 1, 1, 1]], columns=4)
    >>> network = Network(4, (Layer((0,), matrix, (0,), 1, Activation.IDENTITY),))
    >>> target = ExpressionBoxTarget.parse("x1 + x2 + x3", Box.unit(4))
    >>> verdict = sample_on_box(network, target)
    >>> verdict.lower, verdict.upper, verdict.witness[3]
    (Fraction(1, 1), None, Fraction(1, 1))
    """
    wanted = target.domain if box is None else box
    best = (Fraction(0), wanted.centre)
    for point in _places(wanted, points):
        value, found = evaluate(network, point)[0], target.at(point)
        best = max(best, (max(found.lower - value, value - found.upper), point))
    lower, witness = round_down(max(best[0], Fraction(0)), STATED_DIGITS), best[1]
    reason = f"{wanted.dimension} inputs are not certified: {points} of them were sampled"
    if error is not None and best[0] > error:
        lower, reason = best[0], f"{reason}, one with an error above {error}"
    return BoxUndecided(lower, None, witness, 0, reason)


def _places(box: Box, points: int) -> list[Point]:
    rng = random.Random(0)  # the same points every time
    ends = [(Fraction(0), Fraction(1))] * box.dimension
    shares = [corner for corner, _ in zip(product(*ends), range(points // 2), strict=False)]
    shares.append((Fraction(1, 2),) * box.dimension)
    while len(shares) < points:
        shares.append(tuple(Fraction(rng.randint(0, LEVELS), LEVELS) for _ in range(box.dimension)))
    return [box.at(share) for share in shares]
