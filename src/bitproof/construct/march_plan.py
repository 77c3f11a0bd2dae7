"""The numbers of a march network before its path is known: how the input and output are scaled.

Everything is exact. The input stage turns x into a number in [0, 1], a mantissa in [1, 2) and k
doublings turn that into X = stretch·x + shift, with X in [0, 1) at the lower end of the domain:
each doubling subtracts one binary digit. The output stage multiplies y by mantissa·2^exponent and
subtracts an offset digit by digit while halving.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from itertools import product

from bitproof.errors import NoDesignError
from bitproof.exact import Interval, WeightFormat
from bitproof.theory.march import InputStage

HALF = Fraction(1, 2)
MAX_OUTPUT_DOUBLINGS = 64


@dataclass(frozen=True, slots=True)
class InputPlan:
    """X = stretch·x + shift, 0 ≤ X on the domain and X < 1 at its lower end.

    Attributes:
        stage, weight, bias, halvings: x becomes (weight·x)/2^halvings and the bias is added
            (before the halvings when SHIFTED, after them when SPLIT).
        mantissa: the odd-or-1 factor in [1, 2), a dyadic with `mantissa_digits` digits.
        digits: what is subtracted after the mantissa and after each doubling (0 or 1).
    """

    stage: InputStage
    weight: Fraction
    bias: Fraction
    halvings: int
    mantissa: Fraction
    digits: tuple[int, ...]
    stretch: Fraction
    shift: Fraction

    @property
    def doublings(self) -> int:
        return len(self.digits) - 1

    def position(self, x: Fraction) -> Fraction:
        """X at x."""
        return self.stretch * x + self.shift


@dataclass(frozen=True, slots=True)
class OutputPlan:
    """f = mantissa·2^(doublings - halvings)·y - offset.

    Attributes:
        digits: what each halving subtracts (-1, 0 or 1); without doublings the last layer
            subtracts `rest` instead and has no digit.
        rest: subtracted at the end (before the doublings).
    """

    mantissa: Fraction
    halvings: int
    doublings: int
    digits: tuple[int, ...]
    rest: Fraction

    @property
    def factor(self) -> Fraction:
        return self.mantissa * Fraction(2) ** (self.doublings - self.halvings)

    @property
    def offset(self) -> Fraction:
        total = self.rest
        for index, digit in enumerate(self.digits, start=1):
            total += Fraction(digit, 1 << (self.halvings - index))
        return total * (1 << self.doublings)


def binary_digits(mantissa: Fraction) -> tuple[int, ...]:
    """The digits of a dyadic in [1, 2), the leading 1 first.

    >>> binary_digits(Fraction(11, 8))
    (1, 0, 1, 1)
    """
    length = mantissa.denominator.bit_length()
    return tuple(mantissa.numerator >> (length - 1 - place) & 1 for place in range(length))


def round_up(value: Fraction, digits: int) -> tuple[Fraction, int]:
    """(mantissa, exponent): the least mantissa·2^exponent ≥ value with so many binary digits.

    >>> round_up(Fraction(10, 3), 4)
    (Fraction(7, 4), 1)
    """
    exponent = floor_log2(value)
    steps = 1 << (digits - 1)
    mantissa = Fraction(-((-value * steps / Fraction(2) ** exponent).__floor__()), steps)
    return (mantissa, exponent) if mantissa < 2 else (Fraction(1), exponent + 1)


def floor_log2(value: Fraction) -> int:
    """The largest e with 2^e ≤ value (> 0)."""
    exponent = value.numerator.bit_length() - value.denominator.bit_length()
    return exponent if Fraction(2) ** exponent <= value else exponent - 1


InputForm = tuple[InputStage, Fraction, Fraction, int]
"""Stage, weight, bias, halvings: how x becomes a number in [0, 1]."""


@lru_cache(maxsize=64)
def input_stage(domain: Interval, form: WeightFormat) -> InputForm:
    """The way that takes the fewest layers."""
    if domain.lower >= 0:
        halvings = max(0, -floor_log2(1 / domain.upper)) if domain.upper > 1 else 0
        return InputStage.PLAIN, Fraction(1), Fraction(0), halvings
    best: tuple[int, Fraction, Fraction] | None = None
    for weight, bias in product((Fraction(1), HALF), (HALF, Fraction(1), *form.values())):
        if bias <= 0 or bias not in form or weight * domain.lower + bias < 0:
            continue
        top = weight * domain.upper + bias
        halvings = max(0, -floor_log2(1 / top)) if top > 1 else 0
        if best is None or halvings < best[0]:
            best = (halvings, weight, bias)
    if best is not None:
        return InputStage.SHIFTED, best[1], best[2], best[0]
    halvings = max(0, -floor_log2(1 / (2 * domain.magnitude)))
    return InputStage.SPLIT, Fraction(1), HALF, halvings


def input_plan(domain: Interval, way: InputForm, rate: Fraction, digits: int) -> InputPlan:
    """The scaling with at least `rate` cells per unit of x and a mantissa of so many digits."""
    stage, weight, bias, halvings = way
    scale = weight / (1 << halvings)
    constant = bias if stage is InputStage.SPLIT else bias / (1 << halvings)
    mantissa, doublings = round_up(max(rate / scale, Fraction(2)), digits)
    low = mantissa * (scale * domain.lower + constant)
    subtracted = [int(low >= 1)]
    low -= subtracted[0]
    for _ in range(doublings):
        low *= 2
        subtracted.append(int(low >= 1))
        low -= subtracted[-1]
    stretch = mantissa * (1 << doublings) * scale
    return InputPlan(
        stage=stage,
        weight=weight,
        bias=bias,
        halvings=halvings,
        mantissa=mantissa,
        digits=tuple(subtracted),
        stretch=stretch,
        shift=low - stretch * domain.lower,
    )


def output_plan(
    factor: Fraction, offset: Fraction, least: Fraction, form: WeightFormat
) -> OutputPlan:
    """The scaling by exactly `factor` whose offset is near the one asked for.

    Args:
        factor: a dyadic.
        offset: subtracted in units of f; what comes out is within `factor` of it.
        least: a lower bound ≥ 0 of y.

    Raises:
        NoDesignError: an offset beyond all reach.
    """
    exponent = floor_log2(factor)
    mantissa = factor / Fraction(2) ** exponent
    for doublings in range(max(exponent, 0), max(exponent, 0) + MAX_OUTPUT_DOUBLINGS):
        halvings = doublings - exponent
        wanted = offset / (1 << doublings)
        places = halvings if doublings else max(halvings - 1, 0)
        room = mantissa * least / (1 << halvings)
        found = _offset_digits(wanted, places, halvings, room, _rests(form, doublings))
        if found is not None:
            return OutputPlan(mantissa, halvings, doublings, *found)
    raise NoDesignError(
        f"an offset of {offset} over steps of {factor} is out of reach", remedy="rescale the target"
    )


def _rests(form: WeightFormat, doublings: int) -> list[Fraction]:
    """What the last bias can subtract: with doublings, both signs of it are needed."""
    values = [-v for v in form.values()]
    if Fraction(0) not in values:
        values.append(Fraction(0))
    kept = [v for v in values if not doublings or v in form or v == 0]
    return sorted(kept, key=lambda v: (abs(v), v))


def _offset_digits(
    wanted: Fraction, places: int, halvings: int, room: Fraction, rests: list[Fraction]
) -> tuple[tuple[int, ...], Fraction] | None:
    """Digits and rest whose sum is within half a step of `wanted`."""
    step = Fraction(1, 1 << max(halvings - 1, 0))
    for rest in rests:
        count = round((wanted - rest) / step)
        limit = (1 << halvings) - (1 << (halvings - places)) if places else 0
        if not places:
            if abs(wanted - rest) <= step / 2:
                return (), rest
            continue
        sign = 1 if count >= 0 else -1
        if abs(count) * step > room and sign > 0:
            continue
        low = _low_bits(abs(count), places)
        if low is not None and abs(count) <= limit:
            return tuple(sign * bit for bit in low), rest
    return None


def _low_bits(value: int, places: int) -> tuple[int, ...] | None:
    """The `places` binary digits of a value, the lowest first; None if it needs more."""
    if value >> places:
        return None
    return tuple(value >> place & 1 for place in range(places))
