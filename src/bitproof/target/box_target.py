"""What is to be computed, in several variables: a real function on a box, enclosed rigorously.

The counterpart of `target` for d inputs. `sample` is the one float view and decides nothing.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from bitproof.exact.box import Box, Point
from bitproof.exact.interval import Interval
from bitproof.target.affine import AffineForm

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

MultiIndex = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class BoxTaylor:
    """Enclosures that bound f on a convex cell to second order.

    With c the centre and t = x - c: f(x) ∈ value + Σ slope_i·t_i + ½ Σ curvature_ij·t_i·t_j, and
    f(x) ∈ value + Σ slopes_i·t_i, for every x of the cell.

    Attributes:
        centre: c, inside the cell's bounding box.
        value: encloses f(c).
        range: encloses f on the cell.
        slope: encloses the partial derivatives at c; None if f may not be differentiable there.
        slopes: encloses the partial derivatives over the cell; None if unbounded.
        curvature: encloses the second ones over it, in the order (1,1), (1,2), …, (2,2), …; None
            if f may not be twice differentiable on the cell.
    """

    centre: Point
    value: Interval
    range: Interval
    slope: tuple[Interval, ...] | None
    slopes: tuple[Interval, ...] | None
    curvature: tuple[Interval, ...] | None


class BoxTarget(ABC):
    """A real function on a box of two or more dimensions."""

    @property
    @abstractmethod
    def domain(self) -> Box:
        """Where it is to be computed."""

    @property
    @abstractmethod
    def text(self) -> str:
        """What it is, for people: the expression, or the table's name."""

    @property
    def dimension(self) -> int:
        """The number of inputs."""
        return self.domain.dimension

    @abstractmethod
    def at(self, point: Point, bits: int = 160) -> Interval:
        """An enclosure of f at a point, of about 2^-bits relatively; a single number where f is
        known exactly there."""

    @abstractmethod
    def taylor(self, box: Box, corners: Sequence[Point] | None = None) -> BoxTaylor | None:
        """Second-order enclosures on the convex hull of `corners` (the whole box if None), which
        lies in `box`; None if undecided (the caller bisects)."""

    def kinks(self) -> tuple[AffineForm, ...]:
        """Affine functions whose zeros are kinks of f, as far as they are known; for a partition to
        follow, nothing rests on them."""
        return ()

    @abstractmethod
    def lipschitz(self) -> tuple[Fraction, ...] | None:
        """Proved bounds of the partial derivatives: |f(x) - f(y)| ≤ Σ bound_i·|x_i - y_i|; None
        where none is found."""

    @abstractmethod
    def derivatives(
        self, point: Point, order: int, bits: int = 160
    ) -> dict[MultiIndex, Interval | None]:
        """Enclosures of D^a f at a point for all |a| ≤ order, None where it may not exist."""

    @abstractmethod
    def norms(self, order: int) -> dict[MultiIndex, Fraction | None]:
        """Proved bounds of |D^a f| on the domain for all |a| ≤ order, None where none is found."""

    @abstractmethod
    def sample(self, points: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Float values at float points of shape (…, dimension), for proposals only."""

    @abstractmethod
    def to_json(self) -> dict[str, Any]:
        """How a certificate names it (docs/certificate.md)."""

    @property
    def description(self) -> str:
        """One line for people: the class it is proved to lie in."""
        from bitproof.exact.rationals import write_decimal

        bounds = self.lipschitz()
        if bounds is None:
            return f"no proved slope on {self.domain}"
        slopes = ", ".join(write_decimal(bound, 4, rounding="up") for bound in bounds)
        return f"slopes at most {slopes} on {self.domain}"
