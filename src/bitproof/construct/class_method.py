"""What a method that serves a whole class of functions answers to."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from bitproof.construct.march_class import Family
from bitproof.construct.promise import Promise
from bitproof.exact import WeightFormat


@dataclass(frozen=True, slots=True)
class Budget:
    """What a network may take; None is no limit. Weights are the dense ones."""

    width: int | None = None
    depth: int | None = None
    weights: int | None = None

    def holds(self, promise: Promise) -> bool:
        """Whether a promised network keeps it."""
        return (
            (self.width is None or promise.width <= self.width)
            and (self.depth is None or promise.depth <= self.depth)
            and (self.weights is None or promise.dense_weights <= self.weights)
        )


class ClassMethod(ABC):
    """A construction with promises for classes of functions.

    Answers may be imperfect (a promise that misses the budget, or none where there might be one):
    they are checked by whoever asks.
    """

    __slots__ = ()

    @property
    @abstractmethod
    def name(self) -> str:
        """As in `Promise.method`."""

    @abstractmethod
    def formats(self, form: WeightFormat) -> tuple[WeightFormat, ...]:
        """The formats within `form` that are worth trying; none if it cannot use any."""

    @abstractmethod
    def lightest(
        self, family: Family, form: WeightFormat, error: Fraction, budget: Budget
    ) -> Iterator[Promise]:
        """Networks of little memory that promise an error."""

    @abstractmethod
    def finest(self, family: Family, form: WeightFormat, budget: Budget) -> Iterator[Promise]:
        """Networks within a budget that promise a small error."""
