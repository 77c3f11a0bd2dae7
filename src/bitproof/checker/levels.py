"""Fixed-point formats: their levels, and how a rational becomes one of them."""

from __future__ import annotations

from dataclasses import dataclass

from .document import Invalid, integer, one_of, table_of

_TIES = ("even", "away", "up", "down", "zero")
ROUNDINGS = ("floor", "truncate", *("nearest-" + tie for tie in _TIES))


@dataclass(frozen=True, slots=True)
class FixedPoint:
    """The levels lowest..highest over `scale`, and how a rational becomes one of them."""

    lowest: int
    highest: int
    scale: int
    rounding: str
    wraps: bool

    def level(self, numerator: int, denominator: int) -> int:
        """The level of numerator/denominator (denominator ≥ 1): round once, saturate or wrap."""
        return self.limited(rounded(numerator * self.scale, denominator, self.rounding))

    def limited(self, level: int) -> int:
        """Any integer as a level."""
        if self.wraps:
            return (level - self.lowest) % (self.highest - self.lowest + 1) + self.lowest
        return min(max(level, self.lowest), self.highest)


def rounded(numerator: int, denominator: int, rule: str) -> int:
    below, rest = divmod(numerator, denominator)
    if rule == "floor":
        return below
    if rule == "truncate":
        return below + (rest > 0 and numerator < 0)
    if 2 * rest != denominator:
        return below + (2 * rest > denominator)
    tie_goes_up = {
        "nearest-up": True,
        "nearest-down": False,
        "nearest-even": below % 2 == 1,
        "nearest-away": below >= 0,
        "nearest-zero": below < 0,
    }
    return below + tie_goes_up[rule]


def read_fixed_point(data: object, what: str) -> FixedPoint:
    table = table_of(data, what, "lowest highest scale rounding overflow")
    form = FixedPoint(
        integer(table["lowest"], f"{what}: lowest"),
        integer(table["highest"], f"{what}: highest"),
        integer(table["scale"], f"{what}: scale"),
        one_of(table["rounding"], f"{what}: rounding", ROUNDINGS),
        one_of(table["overflow"], f"{what}: overflow", ("saturate", "wrap")) == "wrap",
    )
    if form.scale < 1 or not form.lowest <= 0 <= form.highest or form.lowest == form.highest:
        raise Invalid(f"{what} is not a fixed-point format")
    return form
