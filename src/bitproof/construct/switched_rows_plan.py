"""Which switched rows take the fewest weights: estimates propose, dry builds decide."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from math import isqrt

from bitproof.construct.box_layout import fewest_weights
from bitproof.construct.switched_rows import SwitchedRows
from bitproof.errors import NoDesignError
from bitproof.exact.box import Point
from bitproof.exact.weight_format import Codebook
from bitproof.network.measures import Measures

Bounds = tuple[Fraction, Fraction, Fraction]
UNIT_BOUNDS: Bounds = (Fraction(1), Fraction(1), Fraction(1))
TINY = Fraction(1, 1 << 40)
BUILT = 6
SIDES = 9
GATE_LEVELS = 3
KNOT_EDGES, SWITCH_EDGES, LEVEL_EDGES = 3.5, 14.0, 38.0
LARGEST = 3_000_000


def plan_switched_rows(
    form: Codebook, lengths: Point, error: Fraction, bounds: Bounds = UNIT_BOUNDS
) -> tuple[SwitchedRows, Measures]:
    """The switched rows of fewest weights found for an error, with their exact sizes.

    Args:
        lengths: of the box.
        bounds: of |∂_1 f|, |∂_11 f| and |∂_22 f| for functions with |f| ≤ 1.

    Raises:
        NoDesignError: more than three million edges, no b-adic cells, or a codebook without a
            weight 1 or 1/b^k and its negative.

    >>> layout, sizes = plan_switched_rows(Codebook.nested(3), (Fraction(1),) * 2, Fraction(1, 20))
    >>> layout.claimed_error <= Fraction(1, 20), sizes.weights < 600
    (True, True)
    """
    first = SwitchedRows(form, lengths, (1, 1), error, 1, error, bounds)
    # about the nodes where nothing else errs
    least = first.theorem.interpolation / error
    ranked = sorted(
        ((_estimate(layout), layout) for layout in _proposals(first)) if least < LARGEST else [],
        key=lambda pair: pair[0],
    )
    if not ranked or ranked[0][0] > LARGEST:
        raise NoDesignError(
            f"the error {error} takes more than {LARGEST} weights", remedy="give a larger error"
        )
    built = BUILT if ranked[0][0] < 60_000 else 1
    return fewest_weights(layout for _, layout in ranked[:built])


def _proposals(start: SwitchedRows) -> Iterator[SwitchedRows]:
    steps = [odd_part(length, start.base) for length in start.lengths]
    error, bounds = start.limit, start.bounds
    for first in _counts(start.lengths[0], steps[0], error / max(bounds[1], TINY)):
        for second in _counts(start.lengths[1], steps[1], error / max(bounds[2], TINY)):
            layout = replace(start, cells=(first, second))
            room = error - layout.theorem.interpolation
            if room <= 0:
                continue
            levels = 1
            while _gates(replace(layout, levels=levels)) >= room * Fraction(2, 3):
                levels += 1
            for more in range(levels, levels + GATE_LEVELS):
                found = replace(layout, levels=more)
                yield replace(found, nodal=room - _gates(found))


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
