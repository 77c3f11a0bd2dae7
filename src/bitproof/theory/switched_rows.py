"""Switched rows: F_{2,2} with bilinear interpolation, two product gates in all and no hats.

On the box [0, l_1] × [0, l_2] let |f| ≤ 1 and |∂_11 f|, |∂_22 f| ≤ 1. Rows are the lines
x_2 = j·h_2, j = 0..N_2; on a row f is interpolated linearly at the multiples of h_1, with nodal
values coded to δ. With the tents ψ of the rows the interpolant Σ_j ψ_j(x_2)·g_j(x_1) needs a
product, but only two for all rows: rows are dealt into three families j mod 3; in each, the row in
whose support x_2 lies is switched on and the next one is switched while the family's weight ψ is 0.
With E_c the row that is on in family c and ψ_0 + ψ_1 + ψ_2 = 1,

    Σ_j ψ_j·g_j = E_2 + ψ_0·(E_0 - E_2) + ψ_1·(E_1 - E_2) = ψ_0·E_0 + ψ_1·E_1 + ψ_2·E_2.

**Theorem.** |f - N| ≤ (h_1² + h_2²)/8 + δ + k·γ, γ the error of a product gate with its factor and
k = 2 gates (3 where the gate's gain b²/4 is not b-adic: odd b, the form on the right).

*Proof.* Linear interpolation in x_2 errs by at most h_2²/8 (|∂_22 f| ≤ 1), on every row by h_1²/8
plus the coding error, and ψ is a partition of unity. The supports of two rows of a family are a
cell apart: row j is on for |X - j| ≤ 1, X = x_2/h_2, and reads relu(g_j - |X - j| + 1) beyond; with
0 ≤ g ≤ 1 only one row of the family is not 0 where ψ_c > 0, and between, relu(g_j - t) +
relu(g_{j+3} - (1 - t)) ≤ 1. So E_c is the row where ψ_c > 0, and in [0, 1] everywhere. The identity
holds whatever E_2 is where ψ_2 = 0, and there the gates' arguments are still in range. ∎

The constant of the interpolation is (1/8 + 1/8)·h² = h²/4 instead of h²/2 for Kuhn's hats and 4h²
for Yarotsky's trapezoids.

*Coding with error feedback.* Along a row the change of slope at a knot is coded from the values
*reached*: κ_m is the code nearest to (t_{m+1} - v_m)/h - s_{m-1}. If neighbouring codes differ by
at most 2δ/h, then |v_{m+1} - t_{m+1}| ≤ δ again, and |κ_m| ≤ h·|∂_11 f| + 3δ/h: log2(h²/(2δ) + 2)
bits a node, which is O(1) at δ of order h². Bits are of order ε^-1, the order of the packing bound.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from bitproof.errors import InputError
from bitproof.exact.box import Point
from bitproof.theory.references import DING_2019, Reference


@dataclass(frozen=True, slots=True)
class SwitchedRowsTheorem:
    """The error of switched rows.

    Attributes:
        steps: h_1, h_2.
        nodal: δ, the coding error of a nodal value.
        gate: γ, the error of one product gate with its factor.
        gates: k, 2 or 3.
        curvatures: bounds of |∂_11 f| and |∂_22 f|; the text has 1 for both.

    Raises:
        InputError: a step that is not above 0, or a negative error.

    >>> SwitchedRowsTheorem((Fraction(1, 4), Fraction(1, 4)), Fraction(0), Fraction(0)).error
    Fraction(1, 64)
    """

    steps: Point
    nodal: Fraction
    gate: Fraction
    gates: int = 2
    curvatures: Point = (Fraction(1), Fraction(1))

    def __post_init__(self) -> None:
        if (
            len(self.steps) != 2
            or min(self.steps) <= 0
            or min(self.nodal, self.gate, *self.curvatures) < 0
        ):
            raise InputError(
                f"steps {self.steps}, errors {self.nodal} and {self.gate}",
                remedy="two steps above 0, errors at least 0",
            )

    @property
    def interpolation(self) -> Fraction:
        """(h_1²·|∂_11 f| + h_2²·|∂_22 f|)/8."""
        pairs = zip(self.steps, self.curvatures, strict=True)
        return sum((step * step * bent / 8 for step, bent in pairs), Fraction(0))

    @property
    def error(self) -> Fraction:
        """The proved sup error."""
        return self.interpolation + self.nodal + self.gates * self.gate

    @property
    def reference(self) -> Reference:
        return DING_2019
