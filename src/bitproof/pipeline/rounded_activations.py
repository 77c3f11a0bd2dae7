"""Activations rounded to a format, as integer hardware does: for one input and for several.

A construction is made for a smaller error, its layers are rounded, and the sup error of what comes
out is proved, all roundings included; if that is too large, the next one is made for an error that
is smaller by the excess.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

from bitproof.exact import Box, FixedPoint, Interval, write_decimal

if TYPE_CHECKING:
    from bitproof.construct.construction import Construction

LEAST_SHARE = Fraction(1, 8)
"""Of the error: what is left to the construction when rounding is given up."""


def with_rounded_activations(
    constructions: Sequence[Construction],
    inputs: FixedPoint,
    form: FixedPoint,
    box: Interval | Box,
) -> list[Construction]:
    """The constructions with every layer rounded to `form`. The errors they claim no longer hold.

    Raises:
        FormatError: one rounds already.
    """
    from bitproof.transform.rounding import round_activations

    return [
        replace(
            construction,
            network=round_activations(construction.network, inputs, form, box).network,
            claimed_error=None,
            details=(*construction.details, ("activations", form.name)),
        )
        for construction in constructions
    ]


def smaller_tolerance(tolerance: Fraction, reached: Fraction, error: Fraction) -> Fraction:
    """What to aim at next, where aiming at `tolerance` led to the error `reached`. Rounding adds an
    error that does not shrink with the tolerance, so the excess is subtracted.

    >>> smaller_tolerance(Fraction(1), Fraction(3, 2), Fraction(1))
    Fraction(12, 25)
    """
    return tolerance - max(reached - error, Fraction(0)) - error / 50


def rounding_costs(form: FixedPoint, reached: Fraction) -> str:
    """What to tell where rounding leaves nothing to the construction."""
    return (
        f"rounding to {form.name} costs too much (error {write_decimal(reached, 3)}); give the "
        "activations more integer or fraction bits"
    )
