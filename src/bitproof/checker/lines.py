"""Lines above and below relu(z) and relu(z1) - relu(z2), and forms that go through them.

With z in [l, u] and d = z1 - z2 in [dl, du] (docs/certificate.md argues it):

    relu(z) ≤ s·z + max(-s·l, u - s·u) for any s in [0, 1], relu(z) ≥ s·z for s = 0 and s = 1,
    relu(z1) - relu(z2) ≤ s·d + max(-s·dl, du - s·du)   (as it lies between min(d, 0), max(d, 0)),
    relu(z1) - relu(z2) ≥ s·d - max(s·du, s·dl - dl).

Values, offsets and coefficients are integers in units of 2^-44, slopes in units of 2^-32.
"""

from __future__ import annotations

from dataclasses import dataclass

UNIT = 44
SLOPE = 32

Ends = tuple[list[int], list[int]]


@dataclass(frozen=True, slots=True)
class Known:
    """Ranges of a layer's pre-activations on a box: for each network, and of z1 - z2."""

    copies: tuple[Ends, ...]
    apart: Ends | None


@dataclass(frozen=True, slots=True)
class Lines:
    """The relaxation of a layer.

    Attributes:
        single: for each network and neuron (slope above, offset above, slope below).
        shared: for each neuron (use above, slope, offset, use below, slope, offset) of the
            difference; empty for one network.
        cost: what rounding the coefficients of one form costs, in units.
    """

    single: tuple[list[tuple[int, int, int]], ...]
    shared: list[tuple[bool, int, int, bool, int, int]]
    cost: int


def apart(copies: list[Ends]) -> Ends | None:
    """The range of z1 - z2 that the ranges of both imply."""
    if len(copies) == 1:
        return None
    (low1, high1), (low2, high2) = copies
    return (
        [a - b for a, b in zip(low1, high2, strict=True)],
        [a - b for a, b in zip(high1, low2, strict=True)],
    )


def lines_of(known: Known) -> Lines:
    single, chords, floors, cost = [], [], [], 0
    for lower, upper in known.copies:
        lines = [_line(low, high) for low, high in zip(lower, upper, strict=True)]
        single.append(lines)
        chords.append([offset for _, offset, _ in lines])
        floors.append([max(min(-low, high), 0) for low, high in zip(lower, upper, strict=True)])
        cost += sum(map(max, upper, [-n for n in lower]))
    shared = []
    if known.apart is not None:
        for row, (below, above) in enumerate(zip(*known.apart, strict=True)):
            gap = max(above, -below)
            rise, fall = _slope(below, above), _slope(-above, -below)
            rise_offset = _offset(rise, below, above)
            fall_offset = -_offset(fall, -above, -below)
            use_rise = gap < chords[0][row] + floors[1][row]
            use_fall = gap < chords[1][row] + floors[0][row]
            shared.append((use_rise, rise, rise_offset, use_fall, fall, fall_offset))
    return Lines(tuple(single), shared, 2 * ((cost >> UNIT) + 1) + 2)


def _line(low: int, high: int) -> tuple[int, int, int]:
    """(slope above, offset above, slope below) of relu on [low, high]."""
    one = 1 << SLOPE
    if low >= 0:
        return one, 0, one
    if high <= 0:
        return 0, 0, 0
    slope = _slope(low, high)
    return slope, _offset(slope, low, high), one if high > -low else 0


def _slope(low: int, high: int) -> int:
    """The slope of the chord of max(d, 0) over [low, high]."""
    if low >= 0:
        return 1 << SLOPE
    return 0 if high <= 0 else (high << SLOPE) // (high - low)


def _offset(slope: int, low: int, high: int) -> int:
    """max(0, -s·low, high - s·high), rounded up."""
    worst = max(-slope * low, ((1 << SLOPE) - slope) * high, 0)
    return -(-worst >> SLOPE)


def relax(forms: list[list[int] | None], lines: Lines) -> int:
    """Replaces forms over relu(z) by forms over z; returns what the constant grows by."""
    if len(forms) == 2 and forms[0] is not None and forms[1] is not None:
        return _relax_two(forms, forms[0], forms[1], lines)
    products = 0
    for copy, form in enumerate(forms):
        if form is None:
            continue
        made = []
        for x, (up, offset, low) in zip(form, lines.single[copy], strict=True):
            if x > 0:
                products += x * offset
                made.append(x * up >> SLOPE)
            else:
                made.append(x * low >> SLOPE)
        forms[copy] = made
    return -(-products >> UNIT) + lines.cost


def _relax_two(
    forms: list[list[int] | None], first: list[int], second: list[int], lines: Lines
) -> int:
    products = 0
    one, two = [], []
    rows = zip(first, second, *lines.single, lines.shared, strict=True)
    for x, y, (up1, offset1, low1), (up2, offset2, low2), shared in rows:
        common = 0
        if x > 0:
            if y < 0 and shared[0]:
                part = min(x, -y)
                x, y = x - part, y + part  # noqa: PLW2901
                common = part * shared[1]
                products += part * shared[2]
        elif y > 0 and shared[3]:
            part = max(x, -y)
            x, y = x - part, y + part  # noqa: PLW2901
            common = part * shared[4]
            products += part * shared[5]
        if x > 0:
            products += x * offset1
            p = x * up1
        else:
            p = x * low1
        if y > 0:
            products += y * offset2
            q = y * up2
        else:
            q = y * low2
        one.append(p + common >> SLOPE)
        two.append(q - common >> SLOPE)
    forms[0], forms[1] = one, two
    return -(-products >> UNIT) + lines.cost
