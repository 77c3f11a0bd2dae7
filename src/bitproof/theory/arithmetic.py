"""The arithmetic of a fixed-point network, in whole numbers: levels, weights, biases, rounding.

A level is an integer of the format's range; it stands for level/scale. A neuron adds products of
weight and input levels and a bias, all in units of 1/scale², and one rounding turns the sum into
a level: R(u) = clamp(round(u / scale)). The integers with R(u) = k are the *cell* of level k: an
interval, half-infinite for the two ends.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from bitproof.errors import FormatError, InputError
from bitproof.exact.fixed_point import FixedPoint, Overflow, round_quotient

MAX_LEVELS = 1 << 16


@dataclass(frozen=True)
class Arithmetic:
    """What a neuron may do.

    Attributes:
        form: the format of inputs, outputs and activations; its rounding is the neuron's.
        weight_range: the least and the greatest weight level.
        bias: "wide" (any integer) or "same" (a level of the format).
        beta: what a bias of 1 adds to the sum, in units of 1/scale² (`scale` for a bias in units
            of 1/scale, 1 for one in units of 1/scale², as int32 biases are).
        rounding_once: exact sums with one rounding; otherwise every product is rounded and every
            partial sum saturates.
        weight_set: "full" (every level of the range), "binary" (-1 and +1) or "ternary" (and 0).

    Raises:
        FormatError: a format that wraps around, without a usable weight, or with too many levels.
        InputError: an unknown word, or a bias unit below 1.

    >>> arithmetic = Arithmetic.of(FixedPoint.parse("Q3.4"))
    >>> arithmetic.weights, arithmetic.beta, arithmetic.cell(3)
    (127, 16, (41, 55))
    """

    form: FixedPoint
    weight_range: tuple[int, int]
    bias: str = "wide"
    beta: int = 1
    rounding_once: bool = True
    weight_set: str = "full"

    def __post_init__(self) -> None:
        if self.form.overflow is not Overflow.SATURATE:
            raise FormatError(
                f"{self.form.name} wraps around",
                remedy="what can be represented is decided for formats that saturate",
            )
        if self.form.levels > MAX_LEVELS:
            raise FormatError(
                f"{self.form.name} has {self.form.levels} levels",
                remedy=f"at most {MAX_LEVELS}; tables of all levels are needed",
            )
        if self.weights < 1:
            raise FormatError(f"weights {self.weight_range}", remedy="-1 and 1 are needed at least")
        if self.beta < 1:
            raise InputError(f"a bias unit of {self.beta}", remedy="it is at least 1")
        for word, known in (
            (self.bias, ("wide", "same")),
            (self.weight_set, ("full", "binary", "ternary")),
        ):
            if word not in known:
                raise InputError(f"{word[:40]!r}", remedy=f"one of {', '.join(known)}")

    @classmethod
    def of(
        cls,
        form: FixedPoint,
        *,
        bias: str = "wide",
        weights: str = "full",
        rounding_once: bool = True,
        beta: int | None = None,
    ) -> Arithmetic:
        """The arithmetic in which weights lie in the format itself (in -highest..highest where
        the format is unsigned) and a bias counts in units of 1/scale."""
        lowest = form.lowest if form.lowest < 0 else -form.highest
        highest = form.highest if form.highest > 0 else -form.lowest
        unit = form.scale if beta is None else beta
        return cls(form, (lowest, highest), bias, unit, rounding_once, weights)

    @property
    def lowest(self) -> int:
        """A: the least level."""
        return self.form.lowest

    @property
    def highest(self) -> int:
        """B: the greatest level."""
        return self.form.highest

    @property
    def scale(self) -> int:
        """s: a level k stands for k/s."""
        return self.form.scale

    @property
    def weights(self) -> int:
        """w: every weight level with |m| ≤ w is allowed (with full weights)."""
        return min(-self.weight_range[0], self.weight_range[1])

    @property
    def levels(self) -> range:
        """All levels, ascending."""
        return range(self.lowest, self.highest + 1)

    @property
    def unit(self) -> int:
        """Behind the first layer a neuron may be copied, so the weights that count are all the
        multiples of this: 1 with full weights, the scale with binary and ternary ones."""
        return 1 if self.weight_set == "full" else self.scale

    def first_weights(self) -> tuple[int, ...]:
        """The weight levels of the first layer, which act once, greatest magnitude first."""
        if self.weight_set == "full":
            low, high = self.weight_range
            return tuple(sorted(range(low, high + 1), key=lambda m: (-abs(m), m)))
        some = (-self.scale, self.scale)
        return some if self.weight_set == "binary" else (*some, 0)

    def biases(self, reach: int) -> range:
        """The biases that matter for sums of products of magnitude at most `reach`: with a
        greater one of the wide biases every sum saturates at the same end."""
        if self.bias == "same":
            return self.levels
        top = self.scale * (max(-self.lowest, self.highest) + 1) + reach
        most = -(-top // self.beta)
        return range(-most, most + 1)

    def requantise(self, total: int) -> int:
        """R: the level of a sum in units of 1/scale².

        >>> from bitproof.exact.fixed_point import Rounding
        >>> form = FixedPoint(-3, 3, 4, Rounding.NEAREST_AWAY)
        >>> [Arithmetic.of(form).requantise(u) for u in (-99, -6, -5, 6, 99)]
        [-3, -2, -1, 2, 3]
        """
        level = round_quotient(total, self.scale, self.form.rounding)
        return min(max(level, self.lowest), self.highest)

    def cell(self, level: int) -> tuple[int | None, int | None]:
        """The least and the greatest sum that becomes `level`; None at the infinite ends."""
        edges, index = self.edges, level - self.lowest
        low = None if index == 0 else edges[index - 1]
        high = None if level == self.highest else edges[index] - 1
        return low, high

    @cached_property
    def edges(self) -> tuple[int, ...]:
        """For each level above the lowest, the least sum that becomes it or more."""
        return tuple(self._edge(level) for level in range(self.lowest + 1, self.highest + 1))

    def _edge(self, level: int) -> int:
        below, at = (level - 1) * self.scale, level * self.scale
        while at - below > 1:
            middle = (at + below) // 2
            if round_quotient(middle, self.scale, self.form.rounding) >= level:
                at = middle
            else:
                below = middle
        return at

    def bias_for(self, level: int) -> int | None:
        """A bias that alone gives `level` (the one nearest 0 among wide ones), or None."""
        low, high = self.cell(level)
        least = None if low is None else -(-low // self.beta)
        most = None if high is None else high // self.beta
        if self.bias == "same":
            least = self.lowest if least is None else max(least, self.lowest)
            most = self.highest if most is None else min(most, self.highest)
        if least is not None and most is not None and least > most:
            return None
        nearest = 0 if least is None else max(0, least)
        return nearest if most is None else min(nearest, most)
