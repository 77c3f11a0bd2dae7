"""Small targets with exact rational arithmetic, for tests."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt

from bitproof.exact.interval import Interval
from bitproof.target.target import Target, Taylor
from bitproof.theory.function_class import Continuous, FunctionClass


def power(cell: Interval, exponent: int) -> Interval:
    """The range of x^exponent."""
    if exponent == 0:
        return Interval(Fraction(1), Fraction(1))
    ends = [cell.lower**exponent, cell.upper**exponent]
    if exponent % 2 == 0 and 0 in cell:
        ends.append(Fraction(0))
    return Interval(min(ends), max(ends))


@dataclass(frozen=True)
class Monomial(Target):
    """x^exponent, exactly; `blur` widens every enclosure, `order` says what it knows."""

    exponent: int
    interval: Interval
    order: int = 2
    blur: Fraction = Fraction(0)

    @property
    def domain(self) -> Interval:
        return self.interval

    @property
    def text(self) -> str:
        return f"x^{self.exponent}"

    @property
    def function_class(self) -> FunctionClass:
        return Continuous(self.interval)

    def kinks(self) -> tuple[Interval, ...]:
        return ()

    def enclose(self, cell: Interval) -> Interval | None:
        return power(cell, self.exponent) + Interval(-self.blur, self.blur)

    def taylor(self, cell: Interval) -> Taylor | None:
        if self.order == 0:
            return None
        n, centre = self.exponent, Interval(cell.centre, cell.centre)
        value = power(centre, n) + Interval(-self.blur, self.blur)
        quotients = power(cell, n - 1).scale(Fraction(n))
        if self.order == 1:
            return Taylor(cell, value, None, quotients, None)
        curvature = power(cell, max(n - 2, 0)).scale(Fraction(n * (n - 1)))
        return Taylor(cell, value, power(centre, n - 1).scale(Fraction(n)), quotients, curvature)

    def sample(self, points: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        return points**self.exponent

    def to_json(self) -> dict[str, Any]:
        return {"kind": "expression", "text": self.text}
