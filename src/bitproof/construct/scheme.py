"""How a piecewise-linear function is laid out in a network of few-bit weights.

One or two sides run outward from a pivot p. Side variables X = S·(±(x - p)) ≥ 0 carry hinges
u = relu(w·X - t) (absolute) or u' = relu(u - d) (chained). Slope changes are digits on the planes
of a Horner scheme, plane_j = relu(Σ digit·u + offset + ρ·plane_{j+1}), and a tail of exact gains
leads to the output. Scales are whatever the format gives cheaply: digits are chosen afterwards.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from bitproof.construct.gadgets import ConstantPool, Gain, factor_of
from bitproof.construct.numerals import Atom
from bitproof.exact.rationals import to_float
from bitproof.exact.weight_format import WeightFormat

BIAS = -1


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
    """

    direction: int
    head: tuple[Fraction, tuple[tuple[int, Fraction], ...]] | None
    chain: tuple[Gain, ...]
    pivot: Fraction
    scale: Fraction

    def extended(self, chain: tuple[Gain, ...]) -> Side:
        """The same side with further gains."""
        return Side(
            self.direction,
            self.head,
            self.chain + chain,
            self.pivot,
            self.scale * factor_of(chain),
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
        chained, absolute: which hinges are offered.
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
    absolute: bool

    @property
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
                scale * to_float(self.plane_scale(plane) * weight),
                plane,
                1,
                self.slope_key(plane, digit),
            )
            for plane in range(self.planes)
            for digit, weight in enumerate(self.weights)
        ]

    def knot_atoms(self, scale: float, smallest: float, largest: float) -> list[Atom]:
        """Distances one digit makes: a bias, or an edge from a constant."""
        free = self.count == "dense"
        size = len(self.weights)
        atoms = [
            Atom(-scale * to_float(weight), 0, 0 if free else 1, digit)
            for digit, weight in enumerate(self.weights)
        ]
        for constant, node in enumerate(self.pool.nodes):
            if not smallest <= node.value * scale <= largest:
                continue
            atoms += [
                Atom(
                    -scale * to_float(node.value * weight),
                    constant + 1,
                    1,
                    (constant + 1) * size + digit,
                )
                for digit, weight in enumerate(self.weights)
            ]
        return atoms
