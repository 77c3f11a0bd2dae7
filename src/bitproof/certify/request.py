"""What every certification asks of its arguments."""

from __future__ import annotations

from fractions import Fraction

from bitproof.errors import InputError
from bitproof.exact.interval import Interval
from bitproof.network.network import Network
from bitproof.target.target import Target


def check_request(
    target: Target | Network, interval: Interval, error: Fraction | None, slack: Fraction
) -> None:
    """Checks what is asked for.

    Raises:
        InputError: a slack that is not positive, a negative error, or an interval that leaves
            the target's domain.
    """
    if slack <= 0:
        raise InputError(f"the slack {slack}", remedy="give a positive one, 1/100 say")
    if error is not None and error < 0:
        raise InputError(f"the error {error}", remedy="give one that is not negative")
    if isinstance(target, Target):
        domain = target.domain
        if interval.lower < domain.lower or domain.upper < interval.upper:
            raise InputError(
                f"the interval {interval} leaves the domain {domain} of {target.text[:60]}",
                remedy="give an interval within it",
            )
