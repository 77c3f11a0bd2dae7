"""The numbers of a select-and-decode network of least memory, by exact count.

Floats rank proposals; a plan made of one is checked and counted exactly.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache, reduce
from operator import mul

from bitproof.construct.fold_matrix_bank import odd_factors, odd_products
from bitproof.construct.fold_matrix_plan import Limits, Zoom, zoom_plan
from bitproof.construct.march_plan import floor_log2
from bitproof.construct.select_and_decode_gate import ONE, STEP, gate_of
from bitproof.construct.select_and_decode_plan import (
    SelectAndDecodePlan,
    check_plan,
    split_digits,
)
from bitproof.errors import NoDesignError
from bitproof.exact import Interval, to_float
from bitproof.exact.weight_format import Q

MAX_PLANES = 24
MAX_ROW_BITS = 9
MAX_COLUMNS = 512
MAX_FACTORS = 3
MANY_ODD = 100
SCALES = 6
SHARPNESS = (8, 10, 12)
KINKS_A_STRING = 3.5
MOST_KINKS = 1 << 19
KEPT = 12
FEWEST = 400  # entries of the smallest networks; and no code takes less than a bit a step


@dataclass(frozen=True, slots=True)
class Strings:
    """How a cell's signs lie in the planes, and how sharp the selections are.

    Attributes:
        planes: bits in each plane.
        sharpness: log2 of the cell over the length in which a selection changes.
        guarded: whether the gates are closed meanwhile.
    """

    planes: tuple[int, ...]
    sharpness: int
    guarded: bool

    @property
    def length(self) -> int:
        return sum(self.planes)

    @property
    def overhead(self) -> Fraction:
        """The error in steps of the path."""
        zone = Fraction(self.length << self.guarded, 1 << self.sharpness)
        return 1 + 4 * zone * (1 - Fraction(1, self.length))


@dataclass(frozen=True, slots=True)
class Proposal:
    """The numbers of a plan; `size` estimates the entries."""

    size: float
    strings: Strings
    row_bits: int
    scale: Fraction
    odd: tuple[int, ...]


def strings_for(form: Q, steps: float) -> Iterator[Strings]:
    """All that are worth a try in a format, for about so many fine cells: guarded where there would
    be too many kinks to certify."""
    for bits in (form.bits, form.bits - 1):
        for planes in range(1, MAX_PLANES + 1):
            for last in range(bits, max(bits - 3, 1), -1):
                length = bits * (planes - 1) + last
                if not 2 <= length <= form.largest_numerator:
                    continue
                kinks = KINKS_A_STRING * steps / length * planes * 2**bits
                for sharp in SHARPNESS:
                    sharpness = (length - 1).bit_length() + sharp
                    strings = (*(bits,) * (planes - 1), last)
                    yield Strings(strings, sharpness, kinks > MOST_KINKS)


def proposals(
    domain: Interval, form: Q, error: Fraction, lipschitz: Fraction, limits: Limits
) -> list[Proposal]:
    """Proposals whose error is nearly what is asked for, the smallest first."""
    zoom = zoom_plan(domain, form)
    shift_room = len(gate_of(form, STEP).shifts), len(gate_of(form, ONE).shifts)
    found = list[Proposal]()
    steps = to_float(lipschitz * domain.width / error)
    if limits.bits is not None and max(steps, form.memory_bits(FEWEST)) > limits.bits:
        return []
    for strings in strings_for(form, steps):
        whole = form.bits in strings.planes
        rate = to_float(lipschitz * strings.overhead / (error * zoom.stretch))
        for row_bits in range(1, MAX_ROW_BITS + 1):
            one_digit = len(split_digits(0, row_bits, form)) == 1
            if whole and shift_room[one_digit] <= 1 << row_bits:
                continue
            least = rate / (strings.length << row_bits)
            if least > MAX_COLUMNS:
                continue
            for scale in _scales(least, form):
                odd = _odd_for(strings.length, scale, zoom, lipschitz, form, scale / least)
                size = _estimate(strings, row_bits, scale, zoom, form)
                if odd is None or _too_large(size, row_bits, limits, form):
                    continue
                found.append(Proposal(size + 2 * len(odd), strings, row_bits, Fraction(scale), odd))
    found.sort(key=lambda proposal: (proposal.size, proposal.row_bits, proposal.scale))
    return found


def _scales(least: float, form: Q) -> Iterator[int]:
    first = max(2, math.ceil(least))
    for scale in range(first, first + SCALES):
        part = scale // (scale & -scale)
        if odd_factors(part, form.largest_numerator) is not None:
            yield scale


@lru_cache(maxsize=32)
def _mantissas(largest: int, count: int) -> tuple[tuple[float, ...], tuple[tuple[int, ...], ...]]:
    """Products of so many odd numbers as mantissas in [1, 2), ascending, with the numbers."""
    made = [
        (math.ldexp(product, 1 - product.bit_length()), odd)
        for odd in odd_products(largest, count)
        if len(odd) == count
        for product in (reduce(mul, odd, 1),)
    ]
    made.sort()
    return tuple(mantissa for mantissa, _ in made), tuple(odd for _, odd in made)


def _odd_for(
    length: int, scale: int, zoom: Zoom, lipschitz: Fraction, form: Q, room: float
) -> tuple[int, ...] | None:
    """The fewest odd numbers whose product times a power of two makes a slope of at least K and
    at most K·room."""
    wanted = to_float(lipschitz / (zoom.stretch * scale * length))
    mantissa = 2 * math.frexp(wanted)[0]
    most = MAX_FACTORS if form.largest_numerator < MANY_ODD else 2
    for count in range(most + 1):
        values, tuples = _mantissas(form.largest_numerator, count)
        at = bisect_left(values, mantissa * (1 - 1e-15))
        above, odd = (values[at], tuples[at]) if at < len(values) else (2 * values[0], tuples[0])
        if above <= mantissa * room:
            return odd
    return None


def _columns(scale: Fraction, zoom: Zoom) -> tuple[int, int]:
    """The first column, even, and how many meet the domain."""
    first = (zoom.lower * scale).__floor__() & ~1
    return first, max(2, -((-zoom.upper * scale).__floor__()) - first)


def _estimate(strings: Strings, row_bits: int, scale: int, zoom: Zoom, form: Q) -> float:
    """About how many entries."""
    _, columns = _columns(Fraction(scale), zoom)
    rows, planes, length = 1 << row_bits, len(strings.planes), strings.length
    whole = sum(bits == form.bits for bits in strings.planes)
    levels = row_bits + columns.bit_length()
    matrix = columns * (rows * (planes + 1) + 3 * planes + 9) + 8 * rows
    gates = (21 if strings.guarded else 19) * length + 15 * strings.guarded
    return matrix + gates + 12 * whole + 12 * levels + 60


def _too_large(size: float, row_bits: int, limits: Limits, form: Q) -> bool:
    if limits.bits is not None and form.memory_bits(int(size) // 2) > limits.bits:
        return True
    return limits.width is not None and 1 << row_bits > limits.width


def made(
    proposal: Proposal, domain: Interval, form: Q, lipschitz: Fraction
) -> SelectAndDecodePlan | None:
    """The plan of a proposal, if its constants can be made."""
    zoom, strings = zoom_plan(domain, form), proposal.strings
    first, columns = _columns(proposal.scale, zoom)
    cell = 1 / (zoom.stretch * proposal.scale * (strings.length << proposal.row_bits))
    product = reduce(mul, proposal.odd, 1)
    least = 2 * lipschitz * cell / STEP
    exponent = floor_log2(least / product)
    factor = product * Fraction(2) ** exponent
    found = SelectAndDecodePlan(
        form=form,
        zoom=zoom,
        scale=proposal.scale,
        column_bits=max(1, (first + columns - 1).bit_length()),
        row_bits=proposal.row_bits,
        first=first,
        columns=columns,
        strings=strings.planes,
        sharpness=strings.sharpness,
        guarded=strings.guarded,
        factor=factor if factor >= least else 2 * factor,
        odd=proposal.odd,
    )
    try:
        check_plan(found)
        found.place_weights(found.amplitudes[0])
    except NoDesignError:
        return None
    return found
