"""The distance of two networks at one input: exact, without bounding anything."""

from __future__ import annotations

from fractions import Fraction

from bitproof.certify.difference.domain import Domain
from bitproof.certify.difference.partition import LEAF
from bitproof.certify.difference.verdict import DifferenceVerdict, OutputBounds
from bitproof.certify.scaled import round_up
from bitproof.errors import InputError

DIGITS = 7
# A checker bounds a small dyadic box around the input in its own arithmetic.
CHECKERS_SHARE = Fraction(1, 1 << 16)
CHECKERS_UNITS = Fraction(1, 1 << 26)


def difference_at_point(
    domain: Domain,
    first: tuple[Fraction, ...],
    second: tuple[Fraction, ...],
    *,
    error: Fraction | None,
    seconds: float,
) -> DifferenceVerdict:
    """The verdict on a box that is a single input, from the exact outputs there.

    Args:
        domain: the input.
        first, second: the outputs of the two networks.
        error: what is asked for; None if nothing is.
        seconds: what the outputs took.

    Raises:
        InputError: a side that is not a point.

    >>> from bitproof.exact import Interval
    >>> domain = Domain((Interval(Fraction(1), Fraction(1)),))
    >>> found = difference_at_point(domain, (Fraction(3),), (Fraction(1),), error=None, seconds=0)
    >>> found.status, found.lower, float(found.upper)
    ('proved', Fraction(2, 1), 2.000031)
    """
    if any(side.width for side in domain.sides):
        raise InputError("a box that is not a point", remedy="give `certify_difference` the box")
    point = tuple(side.lower for side in domain.sides)
    outputs = []
    for a, b in zip(first, second, strict=True):
        lower = abs(a - b)
        kept = lower * (1 + CHECKERS_SHARE) + CHECKERS_UNITS
        stated = round_up(kept, DIGITS)
        if error is not None and kept <= error:
            stated = min(stated, error)
        outputs.append(OutputBounds(lower, stated, point))
    exceeded = error is not None and any(output.lower > error for output in outputs)
    reason = "the requested error is exceeded" if exceeded else ""
    return DifferenceVerdict(
        domain, tuple(outputs), error, not exceeded, reason, 1, seconds, (LEAF,)
    )
