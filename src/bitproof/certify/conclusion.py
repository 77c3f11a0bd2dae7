"""From bounds to a verdict with its certificate."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction

from bitproof.certify.certificate import Certificate, LaterCertificate
from bitproof.certify.refinement import Outcome
from bitproof.certify.scaled import round_down, round_up
from bitproof.certify.statement import Claim, Subject, certificate
from bitproof.certify.verdict import Proved, Refuted, Undecided, Verdict

STATED_DIGITS = 7
CHECKERS_SHARE = 64


def state(
    claim: Claim[Fraction], write: Callable[[], Certificate], *, later: bool = False
) -> Verdict:
    """The verdict of a claim that is proved, with its certificate.

    Args:
        write: makes the certificate.
        later: whether only when it is asked for: one of very many breakpoints takes longer than
            the proof.
    """
    sealed = LaterCertificate(write) if later else write()
    if claim.status == "refuted":
        return Refuted(claim.lower, claim.witness, claim.upper, sealed)
    assert claim.upper is not None
    return Proved(claim.upper, claim.lower, claim.witness, sealed)


def conclude(
    subject: Subject,
    outcome: Outcome,
    error: Fraction | None,
    slack: Fraction,
    points: Sequence[Fraction] = (),
) -> Verdict:
    """The verdict of an outcome, its bounds rounded outward to few digits.

    A refutation claims no upper bound in its certificate: the search stopped before it was good.
    """
    digits = max(STATED_DIGITS, len(str((1 / slack).__ceil__())) + 5)
    lower = round_down(outcome.lower, digits)
    if error is not None and outcome.lower > error:
        attained = lower if lower > error else outcome.lower
        sealed = certificate(Claim(error, None, attained, outcome.witness), subject, points)
        return Refuted(attained, outcome.witness, outcome.upper, sealed)
    if outcome.upper is None or not _is_decided(outcome, error):
        reason = outcome.shortfall or "the bounds do not decide the claim"
        return Undecided(lower, outcome.upper, outcome.witness, reason)
    # A bound that is attained exactly somewhere can only be replayed by endless bisection there:
    # a small part of the slack is left to the checker.
    upper = round_up(max(outcome.upper, lower * (1 + slack / CHECKERS_SHARE)), digits)
    if error is not None:
        upper = min(upper, error)
    claim = Claim(error, upper, lower, outcome.witness)
    return state(claim, lambda: certificate(claim, subject, points))


def _is_decided(outcome: Outcome, error: Fraction | None) -> bool:
    if error is None or outcome.upper is None:
        return not outcome.shortfall
    return outcome.upper <= error
