"""max |f - N| over every input of a fixed-point format within an interval.

The network is run on every level, exactly, in integers. Against a table or another network the
difference is exact at every level too. Against an expression f is enclosed on blocks of levels to
second order, and at single levels where that is not sharp enough; the upper bound holds at every
level and the lower one is attained at the witness.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction

import numpy as np

from bitproof.certify.conclusion import conclude, state
from bitproof.certify.grid_blocks import Outputs
from bitproof.certify.grid_polygons import largest_against_polygon, largest_between
from bitproof.certify.grid_search import GridSearch
from bitproof.certify.piecewise_linear import polygon_of
from bitproof.certify.refinement import Goal
from bitproof.certify.request import check_request
from bitproof.certify.statement import Claim, Subject, certificate
from bitproof.certify.verdict import Verdict
from bitproof.errors import InputError, WorkLimitError
from bitproof.exact.fixed_point import FixedPoint
from bitproof.exact.interval import Interval
from bitproof.execute.fast import Engine
from bitproof.execute.grid import InputGrid
from bitproof.network.network import Network
from bitproof.target.table import TableTarget
from bitproof.target.target import Target

Progress = Callable[[float, str], None]

MAX_LEVELS = 1 << 28
STRETCH = 1 << 18


def certify_on_grid(
    network: Network,
    target: Target | Network,
    form: FixedPoint,
    interval: Interval,
    *,
    error: Fraction | None = None,
    slack: Fraction = Fraction(1, 100),
    progress: Progress | None = None,
) -> Verdict:
    """Bounds |f - N| over all levels of a format within an interval, and decides `error`.

    Args:
        network: one input, one output, of either semantics.
        target: what it should compute; against a `Network` the two are compared.
        form: the format of the inputs; an input is level/scale.
        interval: within the target's domain.
        error: the claim to decide; None to find the error only.
        slack: upper ≤ lower·(1 + slack) against an expression; elsewhere the two are equal.
        progress: called now and then with the fraction done and a line of text.

    Raises:
        InputError: no level in the interval, an interval outside the domain, or a network this
            does not apply to.
        WorkLimitError: more than 2^28 levels.

    >>> from bitproof.network import Layer, SparseMatrix, Activation
    >>> half = Layer((0,), SparseMatrix.from_dense([[1]], columns=1), (0,), 2, Activation.IDENTITY)
    >>> third = Layer((0,), SparseMatrix.from_dense([[1]], columns=1), (0,), 3, Activation.IDENTITY)
    >>> form, unit = FixedPoint.parse("Q0.4"), Interval(Fraction(0), Fraction(1))
    >>> verdict = certify_on_grid(Network(1, (half,)), Network(1, (third,)), form, unit)
    >>> verdict.status, verdict.upper, verdict.witness
    ('proved', Fraction(5, 32), Fraction(15, 16))
    """
    _check(network, target, interval, error, slack)
    levels = form.levels_within(interval)
    if not levels:
        raise InputError(f"no level of {form.name} in {interval}", remedy="give a wider interval")
    if len(levels) > MAX_LEVELS:
        raise WorkLimitError(
            f"{len(levels)} levels of {form.name} in {interval}",
            remedy="certify at most 2^28 levels, or the whole real interval (--inputs real)",
        )
    if isinstance(target, (Network, TableTarget)):
        largest, witness = _exact(network, target, form, levels, progress)
        claim = Claim(error, largest, largest, witness)
        subject = Subject.of(network, target, interval, form)
        return state(claim, lambda: certificate(claim, subject))
    search = GridSearch(target, Goal(error, slack * Fraction(7, 8)))
    for outputs in _stretches(network, form, levels, progress):
        search.search(outputs)
        if search.refuted:
            break
    subject = Subject.of(network, target, interval, form)
    return conclude(subject, search.outcome(), error, slack)


def _exact(
    network: Network,
    target: TableTarget | Network,
    form: FixedPoint,
    levels: range,
    progress: Progress | None,
) -> tuple[Fraction, Fraction]:
    stretches = _stretches(network, form, levels, progress)
    if isinstance(target, Network):
        others = _stretches(target, form, levels, None)
        found = [largest_between(f, g) for f, g in zip(stretches, others, strict=True)]
    else:
        polygon = polygon_of(target)
        found = [largest_against_polygon(outputs, polygon) for outputs in stretches]
    return max(found, key=lambda pair: pair[0])


def _stretches(
    network: Network, form: FixedPoint, levels: range, progress: Progress | None
) -> Iterator[Outputs]:
    """The network's exact values at all levels, a stretch at a time."""
    ends = Fraction(levels[0], form.scale), Fraction(levels[-1], form.scale)
    engine = Engine(network, InputGrid((ends[0],), (ends[1],), Fraction(1, form.scale)))
    for start in range(levels.start, levels.stop, STRETCH):
        stop = min(start + STRETCH, levels.stop)
        batch = np.arange(start, stop, dtype=np.int64).reshape(-1, 1)
        yield Outputs(start, form.scale, engine.run(batch)[:, 0], engine.output_granules[0])
        if progress is not None:
            progress((stop - levels.start) / len(levels), f"{stop - levels.start} inputs")


def _check(
    network: Network,
    target: Target | Network,
    interval: Interval,
    error: Fraction | None,
    slack: Fraction,
) -> None:
    for checked in (network, target):
        if isinstance(checked, Network) and (checked.inputs, checked.outputs) != (1, 1):
            raise InputError(
                f"a network of {checked.inputs} inputs and {checked.outputs} outputs",
                remedy="certification takes one of each",
            )
    check_request(target, interval, error, slack)
