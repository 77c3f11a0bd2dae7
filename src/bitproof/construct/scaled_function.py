"""A target as a function of u in [0, 1], with the ball of Sobolev functions it lies in.

The network's input is the real x. Where the domain is not a part of [0, 1] the first neuron makes
u = (q·x + s)·b^-p of it, with a codebook value q and a b-adic s; derivatives scale accordingly.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from bitproof.exact.interval import Interval
from bitproof.network.patterns import Weights
from bitproof.network.wiring import ONE, Term, Wiring
from bitproof.target.smoothness import Derivatives
from bitproof.target.target import Target
from bitproof.theory.knot_sum import DerivativeBounds, nodal_values

ZERO, UNIT = Fraction(0), Fraction(1)
SHIFT_DIGITS = 12


@dataclass(frozen=True, slots=True)
class Domain:
    """The part [start, end] of [0, 1] the inner variable runs over, and how it is made of x:
    u = (weight·x + shift)·b^-power.

    Attributes:
        weight: a positive codebook value (1 with power 0 and shift 0: the input itself).
        shift: b-adic.
    """

    start: Fraction = ZERO
    end: Fraction = UNIT
    weight: Fraction = UNIT
    shift: Fraction = ZERO
    power: int = 0

    @classmethod
    def of(cls, interval: Interval, kit: Weights) -> Domain:
        """The domain of an interval: as it is if inside [0, 1], else moved and divided by b^p.

        >>> from bitproof.exact.weight_format import Codebook
        >>> kit = Weights(Codebook.linear(2))
        >>> moved = Domain.of(Interval(Fraction(-8), Fraction(8)), kit)
        >>> str(moved.start), str(moved.end), moved.power, str(moved.argument(UNIT / 2, 2))
        ('0', '1', 3, '0')
        """
        if interval.lower >= 0 and interval.upper <= 1:
            return cls(interval.lower, interval.upper)
        base = kit.base
        powers = [v for v in kit.positive if v <= 1 and (1 / v).denominator == 1]
        weight = max(powers, default=max(kit.positive))
        grid = base**SHIFT_DIGITS
        shift = Fraction(math.ceil(-weight * interval.lower * grid), grid)
        power = 0
        while (weight * interval.upper + shift) / base**power > 1:
            power += 1
        unit = Fraction(1, base**power)
        return cls(
            (weight * interval.lower + shift) * unit,
            (weight * interval.upper + shift) * unit,
            weight,
            shift,
            power,
        )

    @property
    def is_plain(self) -> bool:
        return self.weight == 1 and self.shift == 0 and self.power == 0

    def neuron(self, wiring: Wiring) -> int:
        """The source of value u."""
        source = wiring.inputs[0]
        if self.is_plain:
            return source
        edges: list[Term] = [(source, self.weight)]
        edges += wiring.edges([(ONE, self.shift)])
        return wiring.ladder(wiring.neuron(edges), self.power)

    def stretch(self, base: int) -> Fraction:
        """dx/du."""
        return Fraction(base) ** self.power / self.weight

    def argument(self, inner: Fraction, base: int) -> Fraction:
        """x at a value of u."""
        return (inner * Fraction(base) ** self.power - self.shift) / self.weight


@dataclass(frozen=True)
class ScaledFunction:
    """A target in the inner variable, and its ball.

    Attributes:
        derivatives: of the target, in x.
        domain: how u is made.
        base: b of the codebook.
        ball: |d^k f/du^k| bounded, k = 0..n.
    """

    derivatives: Derivatives
    domain: Domain
    base: int
    ball: DerivativeBounds

    @classmethod
    def of(cls, target: Target, smoothness: int, kit: Weights) -> ScaledFunction | None:
        """None if no bounds of so many derivatives are proved."""
        derivatives = Derivatives(target, smoothness)
        norms = derivatives.norms
        if norms is None:
            return None
        domain = Domain.of(target.domain, kit)
        stretch = domain.stretch(kit.base)
        bounds = tuple(norm * stretch**k for k, norm in enumerate(norms))
        return cls(derivatives, domain, kit.base, DerivativeBounds(bounds))

    def read(self, places: Sequence[Fraction]) -> tuple[list[list[Fraction]], Fraction]:
        """L_0, ..., L_(n-2) (f for n ≤ 2) at values of u, and how far off they may be."""
        highest = max(self.ball.smoothness - 2, 0)
        stretch = self.domain.stretch(self.base)
        columns: list[list[Fraction]] = [[] for _ in range(highest + 1)]
        doubt = ZERO
        for place in places:
            found = self.derivatives.at(self.domain.argument(place, self.base), highest)
            doubt = max(doubt, *(part.width * stretch**k for k, part in enumerate(found)))
            values = tuple(part.centre * stretch**k for k, part in enumerate(found))
            for column, value in zip(columns, nodal_values(values, place), strict=True):
                column.append(value)
        return columns, doubt * 4 * (highest + 1)
