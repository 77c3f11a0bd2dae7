"""How a fixed-point neuron makes a level of its products, where it does not just round their sum.

Every operation rounded: the bias, each product and each partial sum become levels of the neuron's
format. Requantized: the sum, counted in a unit, is an integer of 32 bits that a multiplier and a
shift make a level of, with one rounding or with the two of gemmlowp.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from .document import Invalid, integer, list_of, one_of, rational, table_of
from .levels import FixedPoint, rounded

_LEAST, _MOST = -(2**31), 2**31 - 1


@dataclass(frozen=True, slots=True)
class Requantizer:
    """The level of an accumulator: multiplier · 2^(shift - 31) times it, rounded, limited."""

    multiplier: int
    shift: int
    lowest: int
    highest: int
    rule: str
    unit: Fraction

    def level(self, total: Fraction) -> int:
        """Raises Invalid: the sum is no multiple of the unit, or leaves 32 bits."""
        accumulator = total / self.unit
        left = max(self.shift, 0)
        doubles = self.rule == "double"
        shifted = accumulator * 2**left if doubles else accumulator
        if accumulator.denominator != 1 or not _LEAST <= shifted <= _MOST:
            raise Invalid("an accumulator of a requantizer is no integer of 32 bits")
        product = accumulator.numerator * self.multiplier
        if doubles:
            high = rounded(product << left, 1 << 31, "nearest-up")
            level = rounded(high, 1 << (left - self.shift), "nearest-away")
        else:
            rule = "nearest-up" if self.rule == "single" else "nearest-even"
            level = rounded(product, 1 << (31 - self.shift), rule)
        return min(max(level, self.lowest), self.highest)


def read_requantizers(
    data: object, form: FixedPoint | None, neurons: int, where: str
) -> tuple[Requantizer, ...]:
    """One for every neuron: those of the list, or its only one for all."""
    what = f"{where}: a requantizer"
    found = []
    for entry in list_of(data, f"{where}: requantizers", max(neurons, 1)):
        table = table_of(entry, what, "multiplier shift lowest highest rule unit")
        made = Requantizer(
            integer(table["multiplier"], what),
            integer(table["shift"], what),
            integer(table["lowest"], what),
            integer(table["highest"], what),
            one_of(table["rule"], f"{what}: rule", ("double", "single", "even")),
            rational(table["unit"], f"{what}: unit"),
        )
        if not 0 <= made.multiplier < 1 << 31 or not -31 <= made.shift <= 30 or made.unit <= 0:
            raise Invalid(f"{what} has an impossible multiplier, shift or unit")
        if form is None or not form.lowest <= made.lowest < made.highest <= form.highest:
            raise Invalid(f"{what} leaves the levels of the layer's format")
        found.append(made)
    if len(found) not in (1, neurons):
        raise Invalid(f"{where}: one requantizer for the layer or one for each neuron")
    return tuple(found) if len(found) == neurons else tuple(found * neurons)


def every_operation(
    form: FixedPoint,
    bias: tuple[int, int],
    products: Sequence[tuple[Fraction | int, int]],
) -> int:
    """The level after rounding the bias, every product (numerator, denominator) and every sum."""
    level = form.level(*bias)
    for numerator, denominator in products:
        exact = Fraction(numerator)
        level = form.limited(level + form.level(exact.numerator, exact.denominator * denominator))
    return level
