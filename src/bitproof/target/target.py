"""What is to be computed: a real function on an interval, with rigorous enclosures.

Everything a proof uses (`enclose`, `taylor`, `kinks`, `function_class`) is rigorous. `sample` is
the one float view: it proposes knots and never decides anything.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bitproof.exact.interval import Interval
from bitproof.theory.function_class import FunctionClass

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


@dataclass(frozen=True, slots=True)
class Taylor:
    """Enclosures that bound f on a cell to second order.

    For every x in the cell with centre c:
    f(x) ∈ value + slope·(x - c) + curvature/2·(x - c)², and f is Lipschitz on the cell with all
    difference quotients in `slope_range`.

    Attributes:
        cell: where it holds.
        value: encloses f(c).
        slope: encloses f'(c); None if f may not be differentiable there.
        slope_range: encloses all difference quotients of f on the cell; None if unbounded.
        curvature: encloses f'' on the cell; None if f may not be twice differentiable on it.
    """

    cell: Interval
    value: Interval
    slope: Interval | None
    slope_range: Interval | None
    curvature: Interval | None


class Target(ABC):
    """A continuous real function on a closed interval."""

    @property
    @abstractmethod
    def domain(self) -> Interval:
        """Where it is to be computed."""

    @property
    @abstractmethod
    def text(self) -> str:
        """What it is, for people: the expression, or the table's name."""

    @property
    @abstractmethod
    def function_class(self) -> FunctionClass:
        """The sharpest class it is proved to lie in."""

    @abstractmethod
    def kinks(self) -> tuple[Interval, ...]:
        """Disjoint ascending intervals inside the domain outside which f is smooth; a kink known
        exactly is an interval of width 0."""

    @abstractmethod
    def enclose(self, cell: Interval) -> Interval | None:
        """An interval containing f(cell); None if undecided (the caller bisects)."""

    @abstractmethod
    def taylor(self, cell: Interval) -> Taylor | None:
        """Second-order enclosures on a cell; None if undecided."""

    @abstractmethod
    def sample(self, points: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Float values at float points, for proposals only."""

    @abstractmethod
    def to_json(self) -> dict[str, Any]:
        """How a certificate names it (docs/certificate.md)."""
