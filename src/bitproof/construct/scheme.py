"""How a piecewise-linear function is laid out in a network of few-bit weights.

One or two sides run outward from a pivot p. Side variables X = S·(±(x - p)) ≥ 0 carry hinges
u = relu(w·X - t) (absolute) or u' = relu(u - d) (chained). Slope changes are digits on the planes
of a Horner scheme, plane_j = relu(Σ digit·u + offset + ρ·plane_{j+1}), and a tail of exact gains
leads to the output. Scales are whatever the format gives cheaply: digits are chosen afterwards.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

from bitproof.construct.gadgets import ConstantPool, Gain, factor_of
from bitproof.construct.numerals import Atom
from bitproof.exact.rationals import to_float
from bitproof.exact.weight_format import WeightFormat

BIAS = -1
RICH_BITS = 3


@dataclass(frozen=True)
class Side:
    """One side of the pivot.

    Attributes:
        direction: +1 for x ≥ pivot, -1 for x ≤ pivot.
        head: the weight on x and the (constant, weight) digits of the first neuron; None when the
            input itself serves (pivot 0, nothing negative).
        chain: gains that lead from there to X.
        pivot: exact.
        scale: S, exact.
        constants: the pool the head's digits are from, if it has any.
    """

    direction: int
    head: tuple[Fraction, tuple[tuple[int, Fraction], ...]] | None
    chain: tuple[Gain, ...]
    pivot: Fraction
    scale: Fraction
    constants: ConstantPool | None = None

    def extended(self, chain: tuple[Gain, ...]) -> Side:
        """The same side with further gains."""
        return Side(
            self.direction,
            self.head,
            self.chain + chain,
            self.pivot,
            self.scale * factor_of(chain),
            self.constants,
        )


@dataclass(frozen=True)
class Scheme:
    """Everything but the digits.

    Attributes:
        form: weights and biases all lie in it.
        count: the memory count to save in.
        weights: the non-zero weights digits are taken from.
        pool: constants.
        step: ρ, the gain from a plane to the one above.
        planes: how many.
        tail: gains from plane 0 to the output.
        hinge_weight: w of absolute hinges.
        chained: whether a hinge may read the one before with weight 1.
    """

    form: WeightFormat
    count: str
    weights: tuple[Fraction, ...]
    pool: ConstantPool
    step: Gain
    planes: int
    tail: tuple[Gain, ...]
    hinge_weight: Fraction
    chained: bool

    @cached_property
    def floats(self) -> tuple[float, ...]:
        """The weights, for proposals."""
        return tuple(to_float(weight) for weight in self.weights)

    @property
    def fixed_entries(self) -> int:
        """Entries of the tail and the planes, offsets and constants not counted."""
        slot = 2 if self.count == "dense" else 1
        return slot * (self.planes + len(self.tail)) + sum(g.entries(self.count) for g in self.tail)

    @cached_property
    def tail_factor(self) -> Fraction:
        return factor_of(self.tail)

    def plane_scale(self, plane: int) -> Fraction:
        """What a value on a plane contributes to the output."""
        return self.tail_factor * self.step.factor**plane

    def slope_key(self, plane: int, digit: int) -> int:
        return plane * len(self.weights) + digit

    def slope_digits(self, keys: tuple[int, ...]) -> tuple[tuple[int, Fraction], ...]:
        """(plane, weight) of a slope numeral."""
        return tuple(
            (key // len(self.weights), self.weights[key % len(self.weights)]) for key in keys
        )

    def knot_digits(self, keys: tuple[int, ...]) -> tuple[tuple[int, Fraction], ...]:
        """(constant or BIAS, weight) of a knot numeral, to be added to the pre-activation."""
        size = len(self.weights)
        return tuple((key // size - 1, self.weights[key % size]) for key in keys)

    def slope_atoms(self, scale: float) -> list[Atom]:
        """Slope changes one digit makes, at a hinge of that scale."""
        return [
            Atom(
                scale * to_float(self.plane_scale(plane)) * weight,
                plane,
                1,
                self.slope_key(plane, digit),
            )
            for plane in range(self.planes)
            for digit, weight in enumerate(self.floats)
        ]

    def knot_atoms(self, scale: float, smallest: float, largest: float) -> list[Atom]:
        """Distances one digit makes: an edge from a constant whose place is in that range."""
        size = len(self.weights)
        stride = max(1, size.bit_length() - RICH_BITS)
        return [
            Atom(-scale * value * weight, constant + 1, 1, (constant + 1) * size + digit)
            for constant, value in enumerate(self.pool.floats)
            if smallest <= value * scale <= largest and constant % stride == 0
            for digit, weight in enumerate(self.floats)
        ]

    def bias_atoms(self, scale: float) -> list[Atom]:
        """Distances a bias makes: no entry more in the dense count."""
        cost = 0 if self.count == "dense" else 1
        return [Atom(-scale * weight, 0, cost, digit) for digit, weight in enumerate(self.floats)]
