"""What quantization costs: weights over real weights, and the best number of distinct values.

*The paper's overhead.* Its networks take O(λ·t^{1+1/(λ-1)}·q) weights (t = log(1/ε),
q = (1/ε)^{d/n}), unquantized ones at least Ω(q/t³): a factor of O(t⁵) at λ = 2.

*Ours, proved.* A real weight costs a fixed number of digits that does not grow for n ≤ 2 with
hierarchical coding (layout H) or with error feedback (layout R), so weights are O(q) up to O(t)
fixed parts, and with depth L = O(t) the bound of `sobolev_real_weights` gives Ω(q/(L·log q)) =
Ω(q/t²): overhead O(t²). For any n a nodal value takes O(t) digits (layout C): overhead O(t³).

*The best λ of the paper's formula* minimises λ^{1}·log2 λ·t^{1+1/(λ-1)}: λ = 3 for t = 8 to 16, 4
for 32 to 64, 5 for 128. With shared ladders the bits a coefficient needs do not depend on λ (they
are digits of a number), and only the fixed parts decide: see `plan --smoothness`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

from bitproof.errors import InputError
from bitproof.theory.function_class import SobolevBall
from bitproof.theory.references import DING_2019, Reference
from bitproof.theory.sobolev_real_weights import RealWeightBound

MOST_VALUES = 64


@dataclass(frozen=True, slots=True)
class Overhead:
    """Weights of a quantized network against those of unquantized ones of the same error.

    Attributes:
        ball: the class.
        error: ε.
        quantized: weights of the network of λ values.
        depth: its depth; unquantized networks of at most this depth are the lower bound's subject.
        real: weights of our own unquantized network for the same error.

    >>> found = Overhead(SobolevBall(1, 1), Fraction(1, 1000), quantized=6789, depth=40, real=1499)
    >>> found.measured, found.bound >= found.measured
    (Fraction(6789, 1499), True)
    """

    ball: SobolevBall
    error: Fraction
    quantized: int
    depth: int
    real: int

    @property
    def measured(self) -> Fraction:
        """Against the best unquantized network we build."""
        return Fraction(self.quantized, self.real)

    @property
    def bound(self) -> Fraction:
        """Against every unquantized network of this depth: no overhead is larger."""
        least = RealWeightBound(self.ball).least_weights(self.error, self.depth)
        return Fraction(self.quantized, least)

    @property
    def proved_order(self) -> str:
        """Of the overhead of our layouts."""
        return "log²(1/ε)" if self.ball.smoothness <= 2 else "log³(1/ε)"

    @property
    def paper_order(self) -> str:
        """Of the paper's."""
        return "log⁵(1/ε)"

    @property
    def reference(self) -> Reference:
        return DING_2019


def paper_cost(values: int, digits: int) -> float:
    """The paper's bits per coefficient, λ·log2 λ·t^{1+1/(λ-1)}, up to its constant.

    >>> paper_cost(2, 8)
    128.0
    """
    if values < 2 or digits < 1:
        raise InputError(f"λ = {values}, t = {digits}", remedy="λ ≥ 2 and t ≥ 1")
    return values * math.log2(values) * math.pow(digits, 1 + 1 / (values - 1))


def paper_best_values(digits: int) -> int:
    """The λ that minimises `paper_cost`.

    >>> [paper_best_values(t) for t in (8, 16, 32, 64, 128)]
    [3, 3, 4, 4, 5]
    """
    return min(range(2, MOST_VALUES), key=lambda values: paper_cost(values, digits))
