"""sup |f - N| over a box of two or three dimensions, proved by branch and bound."""

from __future__ import annotations

from fractions import Fraction

from bitproof.certify.boxes.request import check_box_request
from bitproof.certify.boxes.search import Goal, Outcome, Progress, Search
from bitproof.certify.boxes.statement import box_certificate
from bitproof.certify.boxes.verdict import BoxProved, BoxRefuted, BoxUndecided, BoxVerdict
from bitproof.certify.scaled import round_down, round_up
from bitproof.certify.statement import Claim
from bitproof.errors import InputError
from bitproof.exact.box import Box
from bitproof.network.network import Network
from bitproof.target.box_target import BoxTarget

STATED_DIGITS = 7
CHECKERS_SHARE = 256
DEFAULT_SLACK = Fraction(1, 20)
DEFAULT_SECONDS = 120.0
MAX_CELLS = 400_000
MAX_DIMENSION = 3


def certify_on_box(
    network: Network,
    target: BoxTarget,
    box: Box | None = None,
    *,
    error: Fraction | None = None,
    slack: Fraction = DEFAULT_SLACK,
    seconds: float = DEFAULT_SECONDS,
    progress: Progress | None = None,
) -> BoxVerdict:
    """Bounds sup |f - N| over a box, and proves or refutes that it is at most `error`.

    The box is cut into convex cells; on each, the network is affine up to proved errors, in exact
    integers, and the target is enclosed to second order.

    Args:
        network: as many inputs as the target, one output, real semantics, ReLU and identity.
        target: what it should compute.
        box: within the target's domain; all of it if None.
        error: the claim to decide; None to find the error only.
        slack: how far apart the bounds may be: upper ≤ lower·(1 + slack) is good enough. With an
            `error`, they may be farther apart once it is decided.
        seconds: the time after which the bounds found so far are returned.
        progress: called now and then with the fraction done and a line of text.

    Returns:
        Proved; Refuted, as soon as an attained error exceeds `error`; or Undecided with both
        bounds and the reason. Without an `error` any finite upper bound is Proved.

    Raises:
        InputError: a network or box this does not apply to, a slack that is not positive.

    >>> from bitproof.network import Activation, Layer, SparseMatrix
    >>> from bitproof.target import ExpressionBoxTarget
    >>> hinge = Layer((0,), SparseMatrix.from_dense([[1, -1]], columns=2), (0,))
    >>> one = SparseMatrix.from_dense([[1]], columns=1)
    >>> network = Network(2, (hinge, Layer((1,), one, (0,), 1, Activation.IDENTITY)))
    >>> target = ExpressionBoxTarget.parse("abs(x1 - x2)", Box.unit(2))
    >>> verdict = certify_on_box(network, target)
    >>> verdict.status, verdict.lower, verdict.upper, verdict.witness
    ('proved', Fraction(1, 1), Fraction(1003907, 1000000), (Fraction(0, 1), Fraction(1, 1)))
    """
    wanted = target.domain if box is None else box
    _check(network, target, wanted, error, slack)
    goal = Goal(error, slack * Fraction(7, 8), seconds, MAX_CELLS)
    outcome = Search(network, target, wanted, goal).run(progress)
    return _conclude(network, target, wanted, outcome, error)


def _check(
    network: Network, target: BoxTarget, box: Box, error: Fraction | None, slack: Fraction
) -> None:
    check_box_request(network, target, box, error, slack)
    if not network.is_piecewise_linear:
        raise InputError(
            "a network that rounds, on a box",
            remedy="give one of real semantics, without tables; or certify it on a grid (--inputs)",
        )
    if target.dimension > MAX_DIMENSION:
        raise InputError(
            f"{target.dimension} inputs", remedy=f"boxes of at most {MAX_DIMENSION} are certified"
        )
    if any(width == 0 for width in box.widths):
        raise InputError(f"the box {box} is flat", remedy="give two different ends for every input")


def _conclude(
    network: Network, target: BoxTarget, box: Box, outcome: Outcome, error: Fraction | None
) -> BoxVerdict:
    """The verdict, its bounds rounded outward to few digits."""
    lower = round_down(outcome.lower, STATED_DIGITS)
    witness, cells = outcome.witness, outcome.cells
    frame = outcome.partition.frame
    if error is not None and outcome.lower > error:
        attained = lower if lower > error else outcome.lower
        claim = Claim(error, None, attained, witness)
        sealed = box_certificate(claim, network, target, box, frame, [0])
        return BoxRefuted(attained, witness, outcome.upper, cells, sealed)
    if outcome.upper is None or (error is not None and outcome.upper > error):
        reason = outcome.shortfall or "the bounds do not decide the claim"
        return BoxUndecided(lower, outcome.upper, witness, cells, reason)
    # The checker's enclosures are a little wider: a small part is left to it.
    upper = round_up(outcome.upper * (1 + Fraction(1, CHECKERS_SHARE)), STATED_DIGITS)
    if error is not None:
        upper = min(upper, error)
    claim = Claim(error, upper, lower, witness)
    sealed = box_certificate(claim, network, target, box, frame, outcome.partition.tree())
    return BoxProved(upper, lower, witness, cells, sealed)
