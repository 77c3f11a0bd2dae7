"""Which certification a network of several inputs gets.

Inputs of a format: every one of them, as long as there are at most `MAX_POINTS`. Else, and for real
inputs, the whole box, for two and three inputs. Else a sample, which proves nothing.
"""

from __future__ import annotations

from fractions import Fraction
from math import prod
from typing import TYPE_CHECKING

from bitproof.exact import FixedPoint
from bitproof.network import Network
from bitproof.pipeline.candidates import Progress

if TYPE_CHECKING:
    from bitproof.certify.boxes import BoxVerdict
    from bitproof.target import BoxTarget

CERTIFIED_INPUTS = 3


def is_enumerated(target: BoxTarget, form: FixedPoint | None) -> bool:
    """Whether a proof goes through all inputs of a format, one by one."""
    from bitproof.certify.boxes import MAX_POINTS, grid_levels

    return form is not None and prod(map(len, grid_levels(form, target.domain))) <= MAX_POINTS


def is_certified(target: BoxTarget, form: FixedPoint | None) -> bool:
    """Whether there is a proof at all."""
    return target.dimension <= CERTIFIED_INPUTS or is_enumerated(target, form)


def proved_inputs(target: BoxTarget, form: FixedPoint | None) -> str:
    """What a verdict speaks of: `real`, or the name of the format whose inputs were enumerated."""
    return form.name if form is not None and is_enumerated(target, form) else "real"


def box_verdict(
    network: Network,
    target: BoxTarget,
    form: FixedPoint | None,
    error: Fraction | None,
    seconds: float,
    progress: Progress | None,
) -> BoxVerdict:
    """The verdict on |f - N|, on all inputs of a format or on the whole box.

    Raises:
        WorkLimitError: a network that rounds, and too many inputs.
    """
    from bitproof.certify.boxes import (
        BoxUndecided,
        certify_on_box,
        certify_on_box_grid,
        sample_on_box,
    )

    rounds = not network.is_piecewise_linear
    if form is not None and (rounds or is_enumerated(target, form)):
        return certify_on_box_grid(network, target, form, error=error, progress=progress)
    if target.dimension > CERTIFIED_INPUTS:
        return sample_on_box(network, target, error=error)
    verdict = certify_on_box(network, target, error=error, seconds=seconds, progress=progress)
    if form is None or verdict.status != "refuted":
        return verdict
    reason = f"the error is larger somewhere between the inputs of {form.name}; to try them all "
    reason += "there are too many"
    return BoxUndecided(verdict.lower, verdict.upper, verdict.witness, verdict.cells, reason)
