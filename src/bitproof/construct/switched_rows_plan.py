"""Which switched rows take the fewest weights: estimates propose, dry builds decide."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from math import isqrt

from bitproof.construct.box_layout import fewest_weights
from bitproof.construct.switched_rows import SwitchedRows
from bitproof.errors import NoDesignError
from bitproof.exact.box import Point
from bitproof.exact.weight_format import Codebook
from bitproof.network.measures import Measures
from bitproof.network.patterns import weights_of

BUILT = 6
SIDES = 9
GATE_LEVELS = 3
KNOT_EDGES, SWITCH_EDGES, LEVEL_EDGES = 3.5, 14.0, 38.0
LARGEST = 3_000_000


def plan_switched_rows(
    form: Codebook, lengths: Point, error: Fraction
) -> tuple[SwitchedRows, Measures]:
    """The switched rows of fewest weights found for an error, with their exact sizes.

    Raises:
        NoDesignError: more than three million edges, no b-adic cells, or a codebook without a
            weight 1 or 1/b^k and its negative.

    >>> layout, sizes = plan_switched_rows(Codebook.nested(3), (Fraction(1),) * 2, Fraction(1, 20))
    >>> layout.claimed_error <= Fraction(1, 20), sizes.weights < 600
    (True, True)
    """
    least = lengths[0] * lengths[1] / (4 * error)  # nodes where nothing else errs
    ranked = sorted(
        ((_estimate(layout), layout) for layout in _proposals(form, lengths, error))
        if least < LARGEST
        else [],
        key=lambda pair: pair[0],
    )
    if not ranked or ranked[0][0] > LARGEST:
        raise NoDesignError(
            f"the error {error} takes more than {LARGEST} weights", remedy="give a larger error"
        )
    built = BUILT if ranked[0][0] < 60_000 else 1
    return fewest_weights(layout for _, layout in ranked[:built])


def _proposals(form: Codebook, lengths: Point, error: Fraction) -> Iterator[SwitchedRows]:
    base = weights_of(form).base
    steps = [odd_part(length, base) for length in lengths]
    for first in _counts(lengths[0], steps[0], error):
        for second in _counts(lengths[1], steps[1], error):
            cells = (lengths[0] / first) ** 2 / 8 + (lengths[1] / second) ** 2 / 8
            room = error - cells
            if room <= 0:
                continue
            for extra in range(GATE_LEVELS):
                yield from _with_levels(form, lengths, (first, second), room, extra, error)


def _with_levels(
    form: Codebook,
    lengths: Point,
    cells: tuple[int, int],
    room: Fraction,
    extra: int,
    error: Fraction,
) -> Iterator[SwitchedRows]:
    """The least levels whose gates leave room for the codes, and a few more."""
    levels = 1
    while True:
        gates = _gates(SwitchedRows(form, lengths, cells, room, levels, error))
        if gates < room * Fraction(2, 3):
            break
        levels += 1
    levels += extra
    gates = _gates(SwitchedRows(form, lengths, cells, room, levels, error))
    yield SwitchedRows(form, lengths, cells, room - gates, levels, error)


def _gates(layout: SwitchedRows) -> Fraction:
    return layout.theorem.gates * layout.theorem.gate


def odd_part(length: Fraction, base: int) -> int:
    """Numbers of cells must be multiples of this for N/length to be b-adic.

    >>> odd_part(Fraction(3, 4), 2), odd_part(Fraction(1), 3), odd_part(Fraction(6), 2)
    (3, 1, 3)
    """
    rest = length.numerator
    while rest % base == 0:
        rest //= base
    return rest


def _counts(length: Fraction, step: int, error: Fraction) -> list[int]:
    """Numbers of cells from where one axis alone would just do, up to about 2.6 times that."""
    square = length * length / (8 * error)
    least = max(isqrt(square.numerator // square.denominator), 1)
    top = max(least * 5 // 2 + 2, least + 4)
    stride = max((top - least) // (SIDES * step), 1) * step
    start = -(-least // step) * step
    return [count for count in range(max(start, step), top + step, stride) if count >= 2][
        : 2 * SIDES
    ]


def _estimate(layout: SwitchedRows) -> float:
    first, second = layout.cells
    digits = len(layout.knot_code.places)
    row = len(layout.value_code.places) + len(layout.slope_code.places) + 4
    total = (second + 1.0) * (row + (first - 1) * digits + SWITCH_EDGES)
    total += first * (KNOT_EDGES + digits)
    return total + LEVEL_EDGES * layout.levels + 15 * second.bit_length()
