"""max |f - N| over every input of a fixed-point format within a box, of any number of inputs.

The network is run on every point of the grid, exactly, in integers, a slab at a time; f is enclosed
on blocks of points to second order, and at single points where that is not sharp enough. So the
upper bound holds at every point and the lower one is attained at the witness.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from math import prod

import numpy as np

from bitproof.certify.boxes.grid_blocks import Slab
from bitproof.certify.boxes.grid_search import BoxGridSearch, GridOutcome
from bitproof.certify.boxes.request import check_box_request
from bitproof.certify.boxes.search import Progress
from bitproof.certify.boxes.statement import grid_certificate
from bitproof.certify.boxes.verdict import BoxProved, BoxRefuted, BoxUndecided, BoxVerdict
from bitproof.certify.refinement import Goal
from bitproof.certify.scaled import round_down, round_up
from bitproof.certify.statement import Claim
from bitproof.errors import InputError, WorkLimitError
from bitproof.exact.box import Box
from bitproof.exact.fixed_point import FixedPoint
from bitproof.execute.fast import Engine
from bitproof.execute.grid import InputGrid
from bitproof.network.network import Network
from bitproof.target.box_target import BoxTarget

MAX_POINTS = 1 << 22
SLAB_POINTS = 1 << 18
STATED_DIGITS = 7
CHECKERS_SHARE = 64
DEFAULT_SLACK = Fraction(1, 100)


def grid_levels(form: FixedPoint, box: Box) -> tuple[range, ...]:
    """The levels of a format within every side of a box.

    Raises:
        InputError: none in some side.

    >>> grid_levels(FixedPoint.parse("Q0.2"), Box.unit(2))
    (range(0, 4), range(0, 4))
    """
    rows = tuple(form.levels_within(side) for side in box.sides)
    for index, (row, side) in enumerate(zip(rows, box.sides, strict=True), start=1):
        if not row:
            raise InputError(
                f"no value of {form.name} lies in {side}, the side of x{index}",
                remedy="choose another format or domain",
            )
    return rows


def certify_on_box_grid(
    network: Network,
    target: BoxTarget,
    form: FixedPoint,
    box: Box | None = None,
    *,
    error: Fraction | None = None,
    slack: Fraction = DEFAULT_SLACK,
    progress: Progress | None = None,
) -> BoxVerdict:
    """Bounds |f - N| over all inputs of a format within a box, and decides `error`.

    Args:
        network: as many inputs as the target, one output, of either semantics.
        target: what it should compute.
        form: the format of every input; an input is a vector of level/scale.
        box: within the target's domain; all of it if None.
        error: the claim to decide; None to find the error only.
        slack: upper ≤ lower·(1 + slack).
        progress: called now and then with the fraction done and a line of text.

    Raises:
        InputError: no level in some side, a box outside the domain, or a network this does not
            apply to.
        WorkLimitError: more than 2^22 points.

    >>> from bitproof.network import Activation, Layer, SparseMatrix
    >>> from bitproof.target import ExpressionBoxTarget
    >>> total = Layer((0,), SparseMatrix.from_dense([[1, 1]], columns=2), (0,), 2,
    ...     Activation.IDENTITY)
    >>> target = ExpressionBoxTarget.parse("x1*x2", Box.unit(2))
    >>> verdict = certify_on_box_grid(Network(2, (total,)), target, FixedPoint.parse("UQ0.3"))
    >>> verdict.status, verdict.lower, verdict.witness
    ('proved', Fraction(7, 16), (Fraction(0, 1), Fraction(7, 8)))
    """
    wanted = target.domain if box is None else box
    check_box_request(network, target, wanted, error, slack)
    levels = grid_levels(form, wanted)
    _check_format(network.input_format, form, levels)
    points = prod(map(len, levels))
    if points > MAX_POINTS:
        raise WorkLimitError(
            f"{points} inputs of {form.name} in {wanted}",
            remedy="certify at most 2^22 of them (a coarser format or a smaller domain), or, for a "
            "network that does not round, all real inputs (--inputs real)",
        )
    search, done = BoxGridSearch(target, Goal(error, slack * Fraction(7, 8))), 0
    for slab in _slabs(network, form, levels):
        search.search(slab)
        done += slab.integers.size
        if progress is not None:
            progress(done / points, f"{done} of {points} inputs")
        if search.refuted:
            break
    return _conclude(network, target, wanted, form, search.outcome(), error, slack, points)


def _check_format(own: FixedPoint | None, form: FixedPoint, levels: tuple[range, ...]) -> None:
    """
    Raises:
        InputError: inputs that the network would round first.
    """
    if own is None:
        return
    step = Fraction(own.scale, form.scale)
    inside = all(own.lowest <= k * step <= own.highest for row in levels for k in (row[0], row[-1]))
    if step.denominator != 1 or not inside:
        raise InputError(
            f"inputs of {form.name} for a network whose inputs are of {own.name}",
            remedy=f"certify it on those: --inputs {own.name}",
        )


def _slabs(network: Network, form: FixedPoint, levels: tuple[range, ...]) -> Iterator[Slab]:
    """The network's exact values at all points, some rows of the first input at a time."""
    step = Fraction(1, form.scale)
    lower, upper = (tuple(row[end] * step for row in levels) for end in (0, -1))
    engine = Engine(network, InputGrid(lower, upper, step))
    rest = levels[1:]
    rows = max(1, SLAB_POINTS // prod(map(len, rest)))
    for start in range(levels[0].start, levels[0].stop, rows):
        part = (range(start, min(start + rows, levels[0].stop)), *rest)
        axes = np.meshgrid(*(np.array(row, np.int64) for row in part), indexing="ij")
        batch = np.stack([axis.ravel() for axis in axes], axis=-1)
        outputs = engine.run(batch)[:, 0].reshape([len(row) for row in part])
        yield Slab(part, form.scale, outputs, engine.output_granules[0])


def _conclude(
    network: Network,
    target: BoxTarget,
    box: Box,
    form: FixedPoint,
    outcome: GridOutcome,
    error: Fraction | None,
    slack: Fraction,
    points: int,
) -> BoxVerdict:
    """The verdict, its bounds rounded outward to few digits."""
    lower, witness = round_down(outcome.lower, STATED_DIGITS), outcome.witness
    if error is not None and outcome.lower > error:
        attained = lower if lower > error else outcome.lower
        claim = Claim(error, None, attained, witness)
        sealed = grid_certificate(claim, network, target, box, form)
        return BoxRefuted(attained, witness, outcome.upper, points, sealed)
    if outcome.upper is None or (error is not None and outcome.upper > error):
        reason = outcome.shortfall or "the bounds do not decide the claim"
        return BoxUndecided(lower, outcome.upper, witness, points, reason)
    # The checker's enclosures are a little wider: a small part of the slack is left to it.
    upper = round_up(max(outcome.upper, lower * (1 + slack / CHECKERS_SHARE)), STATED_DIGITS)
    if error is not None:
        upper = min(upper, error)
    claim = Claim(error, upper, lower, witness)
    sealed = grid_certificate(claim, network, target, box, form)
    return BoxProved(upper, lower, witness, points, sealed)
