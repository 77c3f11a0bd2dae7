"""From a search to a verdict: attained values made exact, proved bounds stated in few digits."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

from bitproof.certify.difference.affine import Array
from bitproof.certify.difference.attack import values_at
from bitproof.certify.difference.domain import Domain
from bitproof.certify.difference.exact import differences_at, outputs_at
from bitproof.certify.difference.goal import Goal
from bitproof.certify.difference.journal import Journal
from bitproof.certify.difference.search import Search
from bitproof.certify.difference.stack import Stack
from bitproof.certify.difference.verdict import ClassVerdict, DifferenceVerdict, OutputBounds
from bitproof.certify.scaled import round_down, round_up
from bitproof.errors import InputError
from bitproof.network.network import Network

Progress = Callable[[float, str], None]
DIGITS = 7
DEFAULT_SLACK = Fraction(1, 10)
# A checker bounds every leaf in its own arithmetic; this much is left to it.
CHECKERS_SHARE = Fraction(1, 1 << 20)
CHECKERS_UNITS = Fraction(1, 1 << 30)


def certify_difference(
    first: Network,
    second: Network,
    domain: Domain,
    *,
    error: Fraction | None = None,
    slack: Fraction = DEFAULT_SLACK,
    time_limit: float | None = None,
    journal: Path | None = None,
    progress: Progress | None = None,
    stack: Stack | None = None,
) -> DifferenceVerdict:
    """sup |first − second| of every output on a box.

    Args:
        first: a network of real semantics.
        second: one with the same layers.
        domain: the box.
        error: prove that no output differs by more, or find where one does.
        slack: without `error`, how far above its attained value every output's bound may stay, as
            a part of the largest output's.
        time_limit: seconds; what is known by then is reported.
        journal: a file that keeps the partition, so that an interrupted search can be resumed.
        progress: called with a fraction and a text.
        stack: `Stack.of(first, second)`, if it was made before.

    Raises:
        InputError: networks of different shapes, a box of another dimension, an error or a slack
            that is not positive.

    >>> from bitproof.network import Activation, Layer, SparseMatrix
    >>> from bitproof.exact import Interval
    >>> def times(weight):
    ...     hidden = Layer((0,), SparseMatrix.from_dense([[weight]], columns=1), (0,), 8)
    ...     last = SparseMatrix.from_dense([[1]], columns=1)
    ...     return Network(1, (hidden, Layer((1,), last, (0,), 1, Activation.IDENTITY)))
    >>> domain = Domain((Interval(Fraction(-1), Fraction(1)),))
    >>> verdict = certify_difference(times(7), times(8), domain)
    >>> verdict.status, verdict.lower, verdict.witness
    ('proved', Fraction(1, 8), (Fraction(1, 1),))
    """
    start = time.monotonic()
    _check(first, domain)
    if (error is not None and error <= 0) or slack <= 0:
        raise InputError(
            f"the error {error} and the slack {slack}", remedy="give positive ones, 1/100 say"
        )
    wanted = None
    if error is not None:
        wanted = float(error * (1 - 2 * CHECKERS_SHARE) - 2 * CHECKERS_UNITS)
    goal = Goal.differences(first.outputs, wanted, float(slack) * (1 - 2.0**-12))
    search = Search(stack or Stack.of(first, second), domain.dyadic(), goal)
    kept = None
    if journal is not None:
        kept = Journal(journal, Journal.fingerprint(first, second, domain), first.inputs)
    _run(search, time_limit, kept, progress, start)
    uppers = goal.of_groups(search.uppers())
    outputs = tuple(
        _output(first, second, domain, search, group, float(uppers[group]), error)
        for group in range(first.outputs)
    )
    return DifferenceVerdict(
        domain,
        outputs,
        error,
        search.complete,
        _reason(search),
        search.boxes,
        time.monotonic() - start,
        tuple(search.partition.preorder()),
    )


def certify_class(
    network: Network,
    domain: Domain,
    chosen: int,
    *,
    time_limit: float | None = None,
    progress: Progress | None = None,
    stack: Stack | None = None,
) -> ClassVerdict:
    """Whether output `chosen` is strictly the largest on the whole box; `stack` is
    `Stack.of(network)`, if it was made before.

    Raises:
        InputError: no such output, or a box of another dimension.
    """
    start = time.monotonic()
    _check(network, domain)
    if not 0 <= chosen < network.outputs or network.outputs < 2:
        raise InputError(
            f"class {chosen} of a network of {network.outputs} outputs",
            remedy="give the number of an output, from 0 on",
        )
    goal = Goal.margins(network.outputs, chosen)
    search = Search(stack or Stack.of(network), domain.dyadic(), goal)
    _run(search, time_limit, None, progress, start)
    others = [j for j in range(network.outputs) if j != chosen]
    status, witness, rival, margin = "undecided", None, None, None
    worst = Fraction(float(search.uppers().max())) if search.complete else None
    kept = None if worst is None else -worst * (1 - CHECKERS_SHARE) - CHECKERS_UNITS
    if kept is not None and kept > 0:
        status, margin = "proved", round_down(kept, DIGITS)
    for group in sorted(range(len(others)), key=lambda g: -search.best.attained[g]):
        if status == "proved" or search.best.attained[group] < -1e-9:
            break
        point = domain.nearest(search.best.points[group])
        values = outputs_at(network, point)
        if values[others[group]] >= values[chosen]:
            status, witness, rival = "refuted", point, others[group]
            break
    return ClassVerdict(
        domain,
        chosen,
        status,
        witness,
        rival,
        margin,
        _reason(search) if status == "undecided" else "",
        search.boxes,
        time.monotonic() - start,
        tuple(search.partition.preorder()),
    )


def _check(network: Network, domain: Domain) -> None:
    if domain.inputs != network.inputs:
        raise InputError(
            f"a box of {domain.inputs} sides for {network.inputs} inputs",
            remedy="give one interval for each input",
        )


def _run(
    search: Search,
    time_limit: float | None,
    kept: Journal | None,
    progress: Progress | None,
    start: float,
) -> None:
    def late() -> bool:
        return time_limit is not None and time.monotonic() - start > time_limit

    try:
        if kept is not None:
            search.replay(kept.splits(), late)
        while not search.finished and not search.exceeded and not late():
            search.step()
            if progress is not None:
                progress(_done(search), f"{search.boxes} boxes, {search.open} open")
            if kept is not None:
                kept.now_and_then(search.partition)
    finally:
        if kept is not None:
            kept.write(search.partition)


def _done(search: Search) -> float:
    """How far the bounds have come down, for a progress bar."""
    excess = search.excess()
    return 1.0 / (1.0 + math.log2(max(excess, 1.0))) if math.isfinite(excess) else 0.0


def _reason(search: Search) -> str:
    if search.complete:
        return ""
    if search.exceeded:
        return "the requested error is exceeded"
    if search.finished:
        return "boxes as small as float64 can halve are left"
    return f"the time ran out with {search.open} boxes open"


def _output(
    first: Network,
    second: Network,
    domain: Domain,
    search: Search,
    group: int,
    upper: float,
    error: Fraction | None,
) -> OutputBounds:
    point = domain.nearest(search.best.points[group])
    lower = abs(differences_at(first, second, point)[group])
    if not math.isfinite(upper):
        return OutputBounds(lower, None, point)
    proved = Fraction(max(upper, 0.0))
    kept = max(proved, lower) * (1 + CHECKERS_SHARE) + CHECKERS_UNITS
    stated = round_up(kept, DIGITS)
    if error is not None and kept <= error:
        stated = min(stated, error)
    return OutputBounds(lower, max(stated, lower), point)


def quick_bounds(stack: Stack, domain: Domain) -> tuple[float, float]:
    """Attained and proved bounds of the largest difference of two networks without halving
    anything, for comparing candidates; as floats."""
    goal = Goal.differences(stack.outputs, None, float(DEFAULT_SLACK))
    search = Search(stack, domain.dyadic(), goal, thorough=False)
    return float(search.best.attained.max()), float(search.uppers().max())


def largest_difference(stack: Stack, points: Array) -> float:
    """The largest difference at some points, (points, inputs), in float64: for comparing."""
    goal = Goal.differences(stack.outputs, None, 0.0)
    return float(values_at(stack, goal.objective, points).max())
