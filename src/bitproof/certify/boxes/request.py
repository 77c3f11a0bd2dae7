"""What every certification of several inputs asks of its arguments."""

from __future__ import annotations

from fractions import Fraction

from bitproof.errors import InputError
from bitproof.exact.box import Box
from bitproof.network.network import Network
from bitproof.target.box_target import BoxTarget


def check_box_request(
    network: Network, target: BoxTarget, box: Box, error: Fraction | None, slack: Fraction
) -> None:
    """Checks what is asked for.

    Raises:
        InputError: a network of other inputs or several outputs, a box that leaves the target's
            domain, a slack that is not positive, a negative error.
    """
    if network.inputs != target.dimension or network.outputs != 1:
        raise InputError(
            f"a network of {network.inputs} inputs and {network.outputs} outputs "
            f"against a function of {target.dimension}",
            remedy="give one of as many inputs and one output",
        )
    if box.dimension != target.dimension or not target.domain.encloses(box):
        raise InputError(
            f"the box {box} leaves the domain {target.domain} of {target.text[:60]}",
            remedy="give a box within it",
        )
    if slack <= 0:
        raise InputError(f"the slack {slack}", remedy="give a positive one, 1/20 say")
    if error is not None and error < 0:
        raise InputError(f"the error {error}", remedy="give one that is not negative")
