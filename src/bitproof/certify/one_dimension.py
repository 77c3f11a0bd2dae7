"""sup |f - N| over a whole real interval.

Against a table or another network both sides are piecewise linear, and the maximum is exact.
Against an expression the cells between the network's breakpoints and f's kinks are bounded to
second order and bisected until the upper and the lower bound meet to the slack asked for.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from bitproof.certify.breakpoints import pieces
from bitproof.certify.certificate import Certificate
from bitproof.certify.conclusion import conclude, state
from bitproof.certify.pieces import Curve, Polygon, largest_difference
from bitproof.certify.piecewise_linear import polygon_of
from bitproof.certify.refinement import Goal, refine
from bitproof.certify.request import check_request
from bitproof.certify.statement import Claim, Subject, certificate
from bitproof.certify.verdict import Undecided, Verdict
from bitproof.errors import WorkLimitError
from bitproof.exact.interval import Interval
from bitproof.execute.reference import evaluate
from bitproof.network.network import Network
from bitproof.target.table import TableTarget
from bitproof.target.target import Target

Progress = Callable[[float, str], None]
MANY_POINTS = 1 << 16


def certify_sup_error(
    network: Network,
    target: Target | Network,
    interval: Interval,
    *,
    error: Fraction | None = None,
    slack: Fraction = Fraction(1, 100),
    progress: Progress | None = None,
) -> Verdict:
    """Bounds sup |f - N| over an interval, and proves or refutes that it is at most `error`.

    Args:
        network: one input, one output, real semantics.
        target: what it should compute; against a `Network` the two are compared.
        interval: within the target's domain.
        error: the claim to decide; None to find the error only.
        slack: upper ≤ lower·(1 + slack) where the target is not piecewise linear (there the two
            are equal), unless the target's own enclosures are coarser than that.
        progress: called now and then with the fraction done and a line of text.

    Returns:
        Proved; Refuted, as soon as an attained error exceeds `error`; or Undecided with the
        reason if a limit of the work was reached.

    Raises:
        InputError: an interval outside the domain, a slack or error that is not positive, or a
            network this does not apply to.

    >>> from bitproof.network import Network, Layer, SparseMatrix, Activation
    >>> half = Layer((0,), SparseMatrix.from_dense([[1]], columns=1), (0,), 2, Activation.IDENTITY)
    >>> third = Layer((0,), SparseMatrix.from_dense([[1]], columns=1), (0,), 3, Activation.IDENTITY)
    >>> unit = Interval(Fraction(0), Fraction(1))
    >>> verdict = certify_sup_error(Network(1, (half,)), Network(1, (third,)), unit)
    >>> verdict.status, verdict.upper, verdict.lower, verdict.witness
    ('proved', Fraction(1, 6), Fraction(1, 6), Fraction(1, 1))
    """
    check_request(target, interval, error, slack)
    try:
        found = pieces(network, interval, progress=_part(progress, 0.0, 0.5))
        exact = _piecewise_linear(target, interval, _part(progress, 0.5, 1.0))
    except WorkLimitError as limit:
        return _at_ends(network, target, interval, str(limit))
    if exact is not None:
        largest, witness = largest_difference(found, exact)
        claim = Claim(error, largest, largest, witness)

        def write() -> Certificate:
            return certificate(claim, Subject.of(network, target, interval), _union(found, exact))

        return state(claim, write, later=found.points + exact.points > MANY_POINTS)
    function = found.function()
    assert isinstance(target, Target)
    fine = function.refined(_kinks(target, interval))
    outcome = refine(target, fine, Goal(error, slack * Fraction(7, 8)), _part(progress, 0.5, 1.0))
    subject = Subject.of(network, target, interval)
    return conclude(subject, outcome, error, slack, fine.points)


def _piecewise_linear(
    target: Target | Network, interval: Interval, progress: Progress | None
) -> Curve | None:
    """The target itself if it is piecewise linear: a network, or a table's polygon."""
    if isinstance(target, Network):
        return pieces(target, interval, progress=progress)
    if isinstance(target, TableTarget):
        return Polygon(polygon_of(target).restricted(interval))
    return None


def _union(f: Curve, g: Curve) -> list[Fraction]:
    """The points of both, ascending."""
    every = (curve.point(at) for curve in (f, g) for at in range(curve.points))
    return sorted(set(every))


def _kinks(target: Target, interval: Interval) -> list[Fraction]:
    """The ends of the target's kink intervals inside an interval."""
    ends = {end for kink in target.kinks() for end in (kink.lower, kink.upper)}
    return sorted(end for end in ends if end in interval)


def _at_ends(
    network: Network, target: Target | Network, interval: Interval, reason: str
) -> Undecided:
    """What two evaluations say when the breakpoints are out of reach."""
    best = (Fraction(0), interval.lower)
    for x in (interval.lower, interval.centre, interval.upper):
        value = evaluate(network, [x])[0]
        if isinstance(target, Network):
            other = evaluate(target, [x])[0]
            enclosure: Interval | None = Interval(other, other)
        else:
            enclosure = target.enclose(Interval(x, x))
        if enclosure is not None:
            least = max(value - enclosure.upper, enclosure.lower - value, Fraction(0))
            best = max(best, (least, x))
    return Undecided(best[0], None, best[1], reason)


def _part(progress: Progress | None, start: float, stop: float) -> Progress | None:
    """Progress within a part of the whole."""
    if progress is None:
        return None

    def report(fraction: float, text: str) -> None:
        progress(start + (stop - start) * fraction, text)

    return report
