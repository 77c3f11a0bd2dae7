"""What a transform says of the two networks. A claim is a promise; `certify` makes it a proof."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from fractions import Fraction

from bitproof.exact.rationals import write_rational


class Claim(ABC):
    """How far the transformed network may be from the original."""

    @property
    @abstractmethod
    def bound(self) -> Fraction:
        """A bound on the sup distance."""

    @property
    @abstractmethod
    def text(self) -> str:
        """One line for people."""


@dataclass(frozen=True, slots=True)
class Exact(Claim):
    """Equal as functions, on every real input.

    >>> Exact("floor digits").bound
    Fraction(0, 1)
    """

    reason: str

    @property
    def bound(self) -> Fraction:
        return Fraction(0)

    @property
    def text(self) -> str:
        return f"equal on every input: {self.reason}"


@dataclass(frozen=True, slots=True)
class Within(Claim):
    """|N − N'| ≤ distance on the stated inputs."""

    distance: Fraction
    reason: str

    @property
    def bound(self) -> Fraction:
        return self.distance

    @property
    def text(self) -> str:
        return f"within {write_rational(self.distance)}: {self.reason}"
