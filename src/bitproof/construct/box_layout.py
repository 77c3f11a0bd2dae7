"""What layouts for boxes have in common: a fixed structure, its proved error, its exact count."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeVar

from bitproof.construct.box_input import BoxInput
from bitproof.errors import NoDesignError
from bitproof.exact.box import Point
from bitproof.exact.weight_format import Codebook
from bitproof.network.measures import Measures, measure
from bitproof.network.network import Network
from bitproof.theory.digit_code import DigitCode
from bitproof.theory.function_class import SobolevBall

Layout = TypeVar("Layout", bound="BoxLayout")
Derivatives = Callable[[Point], Mapping[tuple[int, ...], Fraction]]
"""At a point of the box: D^a f for the multi-indices a a layout asks for, the value among them."""


class BoxLayout(ABC):
    """A structure for every function of a class on a box; only codebook values depend on it."""

    @property
    @abstractmethod
    def name(self) -> str:
        """Its short name."""

    @property
    @abstractmethod
    def codebook(self) -> Codebook:
        """Where all weights come from."""

    @property
    @abstractmethod
    def dimension(self) -> int:
        """d."""

    @property
    @abstractmethod
    def claimed_error(self) -> Fraction:
        """The theorem's sup error for every function of the class."""

    @property
    @abstractmethod
    def programmable(self) -> int:
        """Edges whose value depends on the function; all others are the same for the class."""

    @property
    @abstractmethod
    def order(self) -> int:
        """Derivatives up to this order are read."""

    @abstractmethod
    def build(self, source: BoxInput, derivatives: Derivatives) -> Network:
        """The network for one function.

        Args:
            source: how the inputs become points of the box, and the factor of the output.
            derivatives: of the function scaled into the class.
        """

    def dry(self) -> Network:
        """The network for f = 0: the same edges as for every f, so its counts are everyone's (a
        codebook with the value 0 may leave out edges whose digit is 0)."""
        return self.build(BoxInput.plain(self.dimension), _nothing)

    def measures(self) -> Measures:
        """The exact sizes, without any function."""
        return measure(self.dry())


@dataclass(frozen=True)
class SobolevGrid(BoxLayout):
    """A layout for F_{d,n} on [0, 1]^d with coded values at the nodes of a grid.

    Attributes:
        form: the codebook.
        ball: the class.
        cells: N for every axis.
        nodal: δ, the coding error of every coded value.
        levels: r of the product gates.
    """

    form: Codebook
    ball: SobolevBall
    cells: int
    nodal: Fraction
    levels: int

    @property
    @abstractmethod
    def indices(self) -> tuple[tuple[int, ...], ...]:
        """The multi-indices a of what is coded at every node."""

    @abstractmethod
    def code(self, a: tuple[int, ...]) -> DigitCode:
        """Of the values of one multi-index."""

    @property
    def codebook(self) -> Codebook:
        return self.form

    @property
    def dimension(self) -> int:
        return self.ball.dimension

    @property
    def programmable(self) -> int:
        digits = sum(len(self.code(a).places) for a in self.indices)
        return int(digits * (self.cells + 1) ** self.dimension)


class _Zero(Mapping[tuple[int, ...], Fraction]):
    def __getitem__(self, key: tuple[int, ...]) -> Fraction:
        return Fraction(0)

    def __iter__(self) -> Iterator[tuple[int, ...]]:
        return iter(())

    def __len__(self) -> int:
        return 0


def _nothing(point: Point) -> Mapping[tuple[int, ...], Fraction]:  # noqa: ARG001
    return _Zero()


def smallest(
    proposals: Iterable[tuple[float, Layout]], built: int, largest: float, refusal: NoDesignError
) -> tuple[Layout, Measures]:
    """The layout of fewest weights among those of the smallest estimates.

    Args:
        proposals: estimated weights and layouts.
        built: how many are counted exactly.
        largest: estimates above this are refused.
        refusal: what is raised then.

    Raises:
        NoDesignError: as given.
    """
    ranked = sorted(proposals, key=lambda pair: pair[0])
    if not ranked or ranked[0][0] > largest:
        raise refusal
    return fewest_weights(layout for _, layout in ranked[:built])


def fewest_weights(candidates: Iterable[Layout]) -> tuple[Layout, Measures]:
    """The layout of fewest weights, by dry builds.

    Raises:
        NoDesignError: there is no candidate.
    """
    judged = [(layout, layout.measures()) for layout in candidates]
    if not judged:
        raise NoDesignError("no layout fits", remedy="give a larger error or another codebook")
    return min(judged, key=lambda pair: pair[1].weights)
