"""What a certification on a box ends with. The counterparts of `certify.verdict`: the lower bound
is attained at the exact rational witness, the upper bound is proved for every input."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from fractions import Fraction

from bitproof.certify.boxes.statement import BoxCertificate
from bitproof.exact.box import Point


class BoxVerdict(ABC):
    """The outcome of a certification on a box."""

    lower: Fraction
    upper: Fraction | None
    witness: Point
    cells: int

    @property
    @abstractmethod
    def status(self) -> str:
        """`proved`, `refuted` or `undecided`, as the command line prints it."""


@dataclass(frozen=True)
class BoxProved(BoxVerdict):
    """|f - N| ≤ upper on the whole box, and upper ≤ the requested error if one was requested.

    Attributes:
        cells: how many cells the search bounded.
        certificate: what an independent checker replays.
    """

    upper: Fraction
    lower: Fraction
    witness: Point
    cells: int
    certificate: BoxCertificate = field(repr=False)

    @property
    def status(self) -> str:
        return "proved"


@dataclass(frozen=True)
class BoxRefuted(BoxVerdict):
    """|f - N| exceeds the requested error at the witness; `upper` is what was known besides."""

    lower: Fraction
    witness: Point
    upper: Fraction | None
    cells: int
    certificate: BoxCertificate = field(repr=False)

    @property
    def status(self) -> str:
        return "refuted"


@dataclass(frozen=True)
class BoxUndecided(BoxVerdict):
    """The work or the time ran out before the claim was proved or refuted.

    Attributes:
        reason: what ran out.
    """

    lower: Fraction
    upper: Fraction | None
    witness: Point
    cells: int
    reason: str

    @property
    def status(self) -> str:
        return "undecided"
