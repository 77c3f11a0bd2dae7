"""Function classes: what is known of a target before anything is built for it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from fractions import Fraction

from bitproof.errors import InputError
from bitproof.exact.interval import Interval


class FunctionClass(ABC):
    """A set of functions on a box."""

    @property
    @abstractmethod
    def description(self) -> str:
        """One line for people."""


@dataclass(frozen=True, slots=True)
class Continuous(FunctionClass):
    """Continuous functions on an interval, nothing more known (an unbounded slope somewhere).

    >>> Continuous(Interval(Fraction(0), Fraction(1))).description
    'continuous on [0, 1]'
    """

    domain: Interval

    @property
    def description(self) -> str:
        return f"continuous on {self.domain}"


@dataclass(frozen=True, slots=True)
class Lipschitz(FunctionClass):
    """|f(x) - f(y)| ≤ constant · |x - y| on an interval; `constant` is a proved upper bound.

    >>> Lipschitz(Interval(Fraction(0), Fraction(1)), Fraction(2)).description
    'Lipschitz with constant 2 on [0, 1]'
    """

    domain: Interval
    constant: Fraction

    @property
    def description(self) -> str:
        from bitproof.exact.rationals import write_decimal

        bound = write_decimal(self.constant, 4, rounding="up")
        return f"Lipschitz with constant {bound} on {self.domain}"


@dataclass(frozen=True, slots=True)
class Smooth(FunctionClass):
    """Twice differentiable on an interval with |f'| ≤ slope and |f''| ≤ curvature, both proved.

    >>> Smooth(Interval(Fraction(0), Fraction(1)), Fraction(2), Fraction(8)).description
    "|f'| ≤ 2 and |f''| ≤ 8 on [0, 1]"
    """

    domain: Interval
    slope: Fraction
    curvature: Fraction

    @property
    def description(self) -> str:
        from bitproof.exact.rationals import write_decimal

        slope = write_decimal(self.slope, 4, rounding="up")
        curvature = write_decimal(self.curvature, 4, rounding="up")
        return f"|f'| ≤ {slope} and |f''| ≤ {curvature} on {self.domain}"


@dataclass(frozen=True, slots=True)
class SobolevBall(FunctionClass):
    """F_{d,n}: functions on [0, 1]^d with |D^a f| ≤ 1 almost everywhere for every multi-index a of
    order at most n (f has Lipschitz derivatives of order n - 1): Ding et al. 2019.

    Raises:
        InputError: a dimension or a smoothness below 1.

    >>> SobolevBall(2, 3).description
    'F_{2,3}: |D^a f| ≤ 1 for |a| ≤ 3 on [0, 1]^2'
    """

    dimension: int
    smoothness: int

    def __post_init__(self) -> None:
        if self.dimension < 1 or self.smoothness < 1:
            raise InputError(
                f"dimension {self.dimension} and smoothness {self.smoothness}",
                remedy="both at least 1",
            )

    @property
    def description(self) -> str:
        d, n = self.dimension, self.smoothness
        power = "" if d == 1 else f"^{d}"
        return f"F_{{{d},{n}}}: |D^a f| ≤ 1 for |a| ≤ {n} on [0, 1]{power}"
