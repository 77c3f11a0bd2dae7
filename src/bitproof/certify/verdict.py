"""What a certification ends with: Proved, Refuted or Undecided, each with what is known.

The lower bound of a verdict is always attained: |f(witness) - N(witness)| ≥ lower at the exact
rational `witness`. The upper bound is always proved for every input.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from fractions import Fraction

from bitproof.certify.certificate import Certificate


class Verdict(ABC):
    """The outcome of a certification."""

    lower: Fraction
    upper: Fraction | None
    witness: Fraction

    @property
    @abstractmethod
    def status(self) -> str:
        """`proved`, `refuted` or `undecided`, as the command line prints it."""


@dataclass(frozen=True)
class Proved(Verdict):
    """|f - N| ≤ upper on every input, and upper ≤ the requested error if one was requested.

    Attributes:
        upper: the proved bound.
        lower: |f - N| is at least this at the witness.
        witness: an exact input.
        certificate: what an independent checker replays.
    """

    upper: Fraction
    lower: Fraction
    witness: Fraction
    certificate: Certificate = field(repr=False)

    @property
    def status(self) -> str:
        return "proved"


@dataclass(frozen=True)
class Refuted(Verdict):
    """|f - N| exceeds the requested error at the witness.

    Attributes:
        lower: above the requested error; |f - N| is at least this at the witness.
        witness: an exact input.
        upper: a bound known for every input when the search stopped; None if there was none yet.
        certificate: what an independent checker replays.
    """

    lower: Fraction
    witness: Fraction
    upper: Fraction | None
    certificate: Certificate = field(repr=False)

    @property
    def status(self) -> str:
        return "refuted"


@dataclass(frozen=True)
class Undecided(Verdict):
    """The work or the precision ran out before the claim was proved or refuted.

    Attributes:
        lower: |f - N| is at least this at the witness.
        upper: a bound proved for every input; None if there is none.
        witness: an exact input.
        reason: what ran out.
    """

    lower: Fraction
    upper: Fraction | None
    witness: Fraction
    reason: str

    @property
    def status(self) -> str:
        return "undecided"
