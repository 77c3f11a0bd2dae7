"""What a plan of layout R decides first: the step, the knots' scale, the codes of changes."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from bitproof.theory.digit_code import DigitCode
from bitproof.theory.knot_sum import CoefficientBounds

SLACK = Fraction(1) + Fraction(1, 1 << 30)
"""Nodal values are enclosures: what they leave open is far below this share."""
Part = tuple[CoefficientBounds, DigitCode, Fraction]
"""A coefficient function's bounds, the code of its slope changes, and M_k."""


@dataclass(frozen=True, slots=True)
class Sketch:
    """A plan without its start and slope codes."""

    estimate: float
    step: Fraction
    cells: int
    scale: Fraction
    levels: int
    parts: tuple[Part, ...]
