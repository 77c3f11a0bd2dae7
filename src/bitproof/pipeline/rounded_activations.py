"""Activations rounded to a format, as integer hardware does: for one input and for several.

A construction is made for a smaller error, its layers are rounded, and the sup error of what comes
out is proved, all roundings included; if that is too large, the next one is made for an error that
is smaller by the excess.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from math import floor
from typing import TYPE_CHECKING

from bitproof.exact import Box, FixedPoint, Interval, write_decimal

if TYPE_CHECKING:
    from bitproof.construct.construction import Construction

LEAST_SHARE = Fraction(1, 8)
"""Of the error: what is left to the construction when rounding is given up."""
SAMPLES, STRIDE = 33, 6
"""Inputs at which the format alone is looked at; 6k + 1 shares no factor with 33 for k < 9."""


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


def sample_inputs(inputs: FixedPoint, sides: Sequence[Interval]) -> Iterator[tuple[Fraction, ...]]:
    """Some inputs of a format, spread over a box; none where a side has no value of it.

    >>> unit = Interval(Fraction(0), Fraction(1))
    >>> len(set(sample_inputs(FixedPoint.parse("UQ0.8"), [unit, unit])))
    33
    """
    rows = [inputs.levels_within(side) for side in sides]
    if not all(rows):
        return
    for k in range(SAMPLES):
        places = (k * (STRIDE * axis + 1) % SAMPLES for axis in range(len(rows)))
        yield tuple(
            inputs.value(row[place * len(row) // SAMPLES])
            for row, place in zip(rows, places, strict=True)
        )


def too_coarse(form: FixedPoint, error: Fraction, values: Iterable[Interval | None]) -> str | None:
    """Why no network whose output is rounded to a format has the error; None if nothing is known.

    Args:
        values: enclosures of the function at some inputs; None where there is none.

    >>> third = Interval(Fraction(1, 3), Fraction(1, 3))
    >>> too_coarse(FixedPoint.parse("Q1.2"), Fraction(1, 100), [third])[:46]
    'rounding to Q1.2 costs too much (error 0.0833)'
    >>> too_coarse(FixedPoint.parse("Q1.2"), Fraction(1, 10), [third]) is None
    True
    """
    least = max((_distance(form, value) for value in values if value is not None), default=0)
    return rounding_costs(form, Fraction(least)) if least > error else None


def _distance(form: FixedPoint, value: Interval) -> Fraction:
    """How far every number of an interval is at least from the format's values."""
    below = min(floor(value.lower * form.scale), form.highest)
    if below < form.lowest:
        return max(form.value(form.lowest) - value.upper, Fraction(0))
    if below == form.highest:
        return value.lower - form.value(below)
    above = max(form.value(below + 1) - value.upper, Fraction(0))
    return min(value.lower - form.value(below), above)


def rounding_costs(form: FixedPoint, reached: Fraction) -> str:
    """What to tell where rounding leaves nothing to the construction."""
    return (
        f"rounding to {form.name} costs too much (error {write_decimal(reached, 3)}); give the "
        "activations more integer or fraction bits"
    )
