"""Weights no network can do without, whatever real numbers they are: shattering.

Hypotheses: ReLU, d inputs, W edges (a bias is an edge from the constant 1; skip connections are
allowed), every path has at most L edges; some network of the set is within ε of each function of
F_{d,n}.

*Shattering.* The bumps of `sobolev_packing` with J = 1 take both signs at m = (cells + 1)^d sites,
independently, with magnitude A > ε; networks within ε have the same signs. So all 2^m sign patterns
at the sites occur.

*Counting.* Fix the structure and put every neuron in the layer of its longest path. Given the signs
of all neurons in front of layer i, its k_i pre-activations at the m sites are polynomials of degree
≤ i in the W_i weights up to it; by Warren's theorem they have at most 2·(2e·m·k_i·i/W_i)^{W_i} sign
patterns (m·k_i ≥ W_i; otherwise m < W and nothing is left to prove). The product over the layers is
at most 2^L·(2e·m·R/S)^S with S = Σ W_i ≤ L·W and R = Σ i·k_i ≤ L·W, by the inequality of the
weighted means. It grows with R, and with S up to 2mR, so R = S = L·W may be put in:

    m ≤ L + L·W·log2(2e·m).

If the structure may depend on the function, the at most (W + d + 1)^{2W} structures (see
`sobolev_packing`) multiply the patterns: m ≤ L + L·W·log2(2e·m) + 2W·log2(W + d + 1).

The chain is that of Bartlett, Harvey, Liaw and Mehrabian 2019, Theorem 7, with every constant
derived; here m is known, so their last step (solving for m) is not needed and its loss is saved.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from bitproof.errors import InputError
from bitproof.theory.function_class import SobolevBall
from bitproof.theory.logarithms import E_ABOVE, log2_above
from bitproof.theory.references import BARTLETT_2019, Reference
from bitproof.theory.sobolev_packing import derivative_bounds, least


@dataclass(frozen=True, slots=True)
class RealWeightBound:
    """The least number of unquantized weights for F_{d,n}.

    >>> bound = RealWeightBound(SobolevBall(1, 1))
    >>> bound.sites(Fraction(1, 1000)), bound.least_weights(Fraction(1, 1000), depth=2)
    (500, 22)
    """

    ball: SobolevBall

    def sites(self, error: Fraction) -> int:
        """How many points functions of the class can shatter with values above the error.

        Raises:
            InputError: an error that is not above 0.
        """
        if error <= 0:
            raise InputError(f"the error {error}", remedy="above 0")
        if error >= 1:
            return 0
        bounds = derivative_bounds(self.ball)
        cells = least(lambda m: any(error * bound * m**j >= 1 for j, bound in enumerate(bounds, 1)))
        return int(cells**self.ball.dimension)

    def least_weights(self, error: Fraction, depth: int, *, free: bool = False) -> int:
        """The fewest edges of networks with at most `depth` edges on a path.

        Args:
            error: ε.
            depth: L ≥ 1.
            free: whether the structure may depend on the function.

        Raises:
            InputError: an error or a depth out of range.
        """
        if depth < 1:
            raise InputError(f"depth {depth}", remedy="at least 1")
        points = self.sites(error)
        if points <= depth:
            return 1
        each = depth * log2_above(2 * E_ABOVE * points)
        d = self.ball.dimension

        def enough(count: int) -> bool:
            structures = 2 * count * log2_above(Fraction(count + d + 1)) if free else 0
            return depth + count * each + structures >= points

        return least(enough)

    @property
    def order(self) -> str:
        """The growth as the error shrinks, for depth of order log(1/ε)."""
        return "Ω((1/ε)^(d/n) / log²(1/ε)) weights at depth O(log(1/ε))"

    @property
    def reference(self) -> Reference:
        return BARTLETT_2019
