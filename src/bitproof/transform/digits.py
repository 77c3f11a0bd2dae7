"""Digits of a row of weights: how one affine row becomes a Horner chain of few-bit rows.

A weight w with F fraction bits is Σ_i 2^{-i·b} d_i, i = 0 .. k-1, with d_0 a signed few-bit value
and the low digits d_i ∈ 2^{-b}·{0, …, 2^b − 1} of one sign. With sources ≥ 0 every low partial sum
then has one sign, a ReLU leaves it as it is, and Horner's scheme over k layers is exact.

- *floor*: d_0 = ⌊w⌋ at b bits, low digits ≥ 0: one channel.
- *ceiling*: low digits ≤ 0: one channel, subtracted.
- *truncation*: digits of |w| with w's sign: two channels, one per sign. Needed by a row with a
  weight too near −2^{a+1} for the floor and one too near 2^{a+1} for the ceiling. Weights near 0,
  most of a trained network's, have fewer non-zero digits this way, and sums that stay near 0.

Source: the depth–precision tradeoff of Ou, Schenkel, Bölcskei (2024), with floor digits in place of
their construction (width 2W instead of 16W).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction

from bitproof.errors import FormatError
from bitproof.exact.weight_format import Q

MAX_PLACES = 4096


@dataclass(frozen=True, slots=True)
class SplitRow:
    """The digits of one row.

    Attributes:
        top: numerators of d_0 over 2^b, one per entry.
        positive, negative: the low digits as non-negative numerators over 2^b: per place
            i = 1 .. k-1 one tuple; the row's value is top + Horner(positive) − Horner(negative).
            Empty where that channel is not used.
    """

    top: tuple[int, ...]
    positive: tuple[tuple[int, ...], ...]
    negative: tuple[tuple[int, ...], ...]

    def entries(self) -> int:
        """Non-zero digits, and the links between the places."""
        rows = (self.top, *self.positive, *self.negative)
        digits = sum(len(row) - row.count(0) for row in rows)
        return digits + len(self.positive) + len(self.negative)


class Splitting(Enum):
    """Which of the ways to split a row is taken, where several are possible."""

    FEWEST_CHANNELS = "fewest channels"
    FEWEST_DIGITS = "fewest digits"


def split_row(
    numerators: Sequence[int],
    fraction_bits: int,
    form: Q,
    places: int,
    splitting: Splitting = Splitting.FEWEST_CHANNELS,
) -> SplitRow:
    """Splits a row of numerators over 2^fraction_bits into `places` digits in Q(a, b).

    Requires fraction_bits ≤ places·b and |w| < 2^{a+1}.

    >>> split_row([-3, 5], 3, Q(0, 1), 3)   # -3/8 and 5/8 in half-units
    SplitRow(top=(-1, 1), positive=((0, 0), (1, 1)), negative=())
    >>> split_row([-1, -1, 1, 1], 3, Q(0, 1), 3, Splitting.FEWEST_DIGITS).negative
    ((0, 0, 0, 0), (1, 1, 0, 0))
    """
    padded = [n << (places * form.b - fraction_bits) for n in numerators]
    if splitting is Splitting.FEWEST_CHANNELS:
        return next(_splittings(padded, form, places))
    return min(_splittings(padded, form, places), key=SplitRow.entries)


def _splittings(padded: Sequence[int], form: Q, places: int) -> Iterator[SplitRow]:
    """Floor and ceiling digits where the top ones fit the format, then those of both signs."""
    low_bits = (places - 1) * form.b
    floors = [n >> low_bits for n in padded]
    if min(floors, default=0) >= -form.largest_numerator:
        low = [n - (top << low_bits) for n, top in zip(padded, floors, strict=True)]
        yield SplitRow(tuple(floors), _places(low, form.b, places), ())
    ceilings = [-(-n >> low_bits) for n in padded]
    if max(ceilings, default=0) <= form.largest_numerator:
        low = [(top << low_bits) - n for n, top in zip(padded, ceilings, strict=True)]
        yield SplitRow(tuple(ceilings), (), _places(low, form.b, places))
    tops = [_truncate(n, low_bits) for n in padded]
    rest = [n - (top << low_bits) for n, top in zip(padded, tops, strict=True)]
    yield SplitRow(
        tuple(tops),
        _places([max(n, 0) for n in rest], form.b, places),
        _places([max(-n, 0) for n in rest], form.b, places),
    )


def _truncate(numerator: int, low_bits: int) -> int:
    return numerator >> low_bits if numerator >= 0 else -(-numerator >> low_bits)


def _places(low: Sequence[int], bits: int, places: int) -> tuple[tuple[int, ...], ...]:
    """Digits 1 .. places-1 of non-negative numbers below 2^{(places-1)·bits}; trailing places
    that are zero in every entry are dropped."""
    mask = (1 << bits) - 1
    rows = [
        tuple((n >> ((places - 1 - place) * bits)) & mask for n in low)
        for place in range(1, places)
    ]
    while rows and not any(rows[-1]):
        rows.pop()
    return tuple(rows)


def places_of(fraction_bits: int, form: Q) -> int:
    """How many digits so many fraction bits take.

    Raises:
        FormatError: more than 4096.
    """
    places = max(1, -(-fraction_bits // form.b))
    if places > MAX_PLACES:
        raise FormatError(
            f"{fraction_bits} fraction bits in digits of {form.b}",
            remedy="round the network or choose more bits",
        )
    return places


def ceil_log2(value: Fraction) -> int:
    """The least t with value < 2^t (value > 0), so that a value at a power of two counts as the
    next one.

    >>> ceil_log2(Fraction(3, 4)), ceil_log2(Fraction(1))
    (0, 1)
    """
    t = value.numerator.bit_length() - value.denominator.bit_length()
    while value >= Fraction(2) ** t:
        t += 1
    while value < Fraction(2) ** (t - 1):
        t -= 1
    return t
