"""The envelope of paths: F_{d,1} without hats, without products, at one programmable bit a cell.

On the box [0, l_1] × ... × [0, l_d] let |∂_i f| ≤ 1. Take lines parallel to the first axis through
the centres v of cells of side w in the other axes, and along each line a path g_v with slopes ±s,
s ≥ 1, on cells of length h: at every knot the next vertex is the one nearest to f. Then

    F(x) = max_v [g_v(x_1) - s·Σ_{i≥2} |x_i - v_i|] + (1 + s)·(d - 1)·w/4

satisfies |F - f| ≤ s·h + (1 + s)·(d - 1)·w/4.

*Proof.* The path: if |g_v - f| ≤ s·h at a knot, f minus that value is within s·h + h at the next,
and the nearer of ±s·h leaves at most max(s·h, h) = s·h; the start is coded to s·h. On a cell
g_v - f is monotone because s ≥ 1 ≥ |∂_1 f|, so |g_v - f| ≤ s·h on the line. Off the line, with
D = Σ_{i≥2} |x_i - v_i|: g_v(x_1) - s·D ≤ f(x) + s·h + (1 - s)·D ≤ f(x) + s·h for every v, and for
the nearest v, D ≤ (d - 1)·w/2 and g_v(x_1) - s·D ≥ f(x) - s·h - (1 + s)·D. So the maximum is
between f - s·h - (1 + s)(d - 1)w/2 and f + s·h; the shift centres it. ∎

Programmable are one value of two for every cell and line, and a few digits for the starts: bits of
order ε^-d, the order of the packing bound, for every d. (Hats would take log(1/ε) bits a node.)
This is McShane's extension of sampled lines; in Ding et al.'s terms the structure is fixed and only
the choice among two values depends on f.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from bitproof.errors import InputError
from bitproof.theory.references import DING_2019, Reference


@dataclass(frozen=True, slots=True)
class EnvelopeTheorem:
    """The error of an envelope of paths.

    Hypotheses: |∂_i f| ≤ 1 for every i; s ≥ 1; h, w > 0.

    Attributes:
        dimension: d.
        slope: s.
        cell: h, along the lines.
        spacing: w, between the lines.

    Raises:
        InputError: a hypothesis does not hold.

    >>> EnvelopeTheorem(2, Fraction(1), Fraction(1, 20), Fraction(1, 10)).error
    Fraction(1, 10)
    """

    dimension: int
    slope: Fraction
    cell: Fraction
    spacing: Fraction

    def __post_init__(self) -> None:
        if self.dimension < 1 or self.cell <= 0 or self.spacing <= 0:
            raise InputError(
                f"d = {self.dimension}, h = {self.cell}, w = {self.spacing}", remedy="all above 0"
            )
        if self.slope < 1:
            raise InputError(f"paths of slope ±{self.slope}", remedy="at least ±1")

    @property
    def shift(self) -> Fraction:
        """What is added to the maximum."""
        return (1 + self.slope) * (self.dimension - 1) * self.spacing / 4

    @property
    def error(self) -> Fraction:
        """The proved sup error."""
        return self.slope * self.cell + self.shift

    @property
    def reference(self) -> Reference:
        return DING_2019
