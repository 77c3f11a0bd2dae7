"""Which envelope of paths takes the fewest weights: estimates propose, dry builds decide."""

from __future__ import annotations

from fractions import Fraction
from math import ceil

from bitproof.construct.box_layout import fewest_weights
from bitproof.construct.envelope import Envelope
from bitproof.construct.maximum import best_arity, edges_of
from bitproof.construct.short_numbers import shortest
from bitproof.errors import NoDesignError
from bitproof.exact.box import Point
from bitproof.exact.rationals import to_float
from bitproof.exact.weight_format import Codebook
from bitproof.network.measures import Measures
from bitproof.network.patterns import weights_of

BUILT = 3
SLOPE_SLACKS = (Fraction(9, 8), Fraction(17, 16), Fraction(65, 64))
SPLITS = range(30, 75, 2)
"""Parts of the error, in hundredths, that the lines may take."""
KNOT_EDGES, RAMP_EDGES, LINE_EDGES = 4.0, 6.0, 4.0
LARGEST = 3_000_000


def plan_envelope(form: Codebook, lengths: Point, error: Fraction) -> tuple[Envelope, Measures]:
    """The envelope of fewest weights found for an error, with its exact sizes.

    Raises:
        NoDesignError: it would take more than three million edges, or the codebook has no weight
            -1 or -1/b^k.

    >>> layout, sizes = plan_envelope(Codebook.linear(2), (Fraction(1),) * 2, Fraction(1, 5))
    >>> layout.claimed_error <= Fraction(1, 5), sizes.weights < 350
    (True, True)
    """
    found: dict[tuple[object, ...], tuple[float, Envelope]] = {}
    for slack in SLOPE_SLACKS:
        for split in SPLITS:
            layout = _proposal(form, lengths, error, slack, split)
            if layout is not None:
                key = (layout.columns, layout.lines, layout.stretch)
                found.setdefault(key, (_estimate(layout), layout))
    ranked = sorted(found.values(), key=lambda pair: pair[0])
    if not ranked or ranked[0][0] > LARGEST:
        raise NoDesignError(
            f"the error {error} takes more than {LARGEST} weights", remedy="give a larger error"
        )
    return fewest_weights(layout for _, layout in ranked[: BUILT if ranked[0][0] < 60_000 else 1])


def _proposal(
    form: Codebook, lengths: Point, error: Fraction, slack: Fraction, split: int
) -> Envelope | None:
    base = weights_of(form).base
    span = max(form.values()) - min(form.values())
    stretch = shortest(2 / span, 2 / span * slack, base, step=2)
    slope = stretch * span / 2
    others = len(lengths) - 1
    widest = error * split / 100 * 4 / ((1 + slope) * others)
    longest = max(lengths[1:])
    count = ceil(longest / widest)
    # centres are b-adic, so odd bases need a little room about them
    least = longest / count * (1 if base == 2 else Fraction(65, 64))
    spacing = shortest(least, max(widest, least * Fraction(33, 32)), base)
    room = (error - (1 + slope) * others * spacing / 4) / slope
    if room <= 0:
        return None
    columns = ceil(lengths[0] / room)
    if lengths[0] / columns * Fraction(65, 64) > room:
        columns += 1
    cell = shortest(lengths[0] / columns, room, base)
    lines = tuple(
        ceil(length / least) if base != 2 else ceil(length / spacing) for length in lengths[1:]
    )
    return Envelope(form, lengths, columns, lines, cell, spacing, stretch, error)


def _estimate(layout: Envelope) -> float:
    count = 1
    for lines in layout.lines:
        count *= lines
    gain = 0 if Fraction(1) in layout.form else 15
    total = count * (layout.columns + len(layout.start_code.places) + len(layout.lines) + 1.0)
    total += edges_of(count, best_arity(count, gain), gain)
    total += RAMP_EDGES * layout.columns + KNOT_EDGES * sum(layout.lines)
    # a short stretch is cheap to undo
    return total + LINE_EDGES * to_float(Fraction(layout.stretch.denominator.bit_length()))
