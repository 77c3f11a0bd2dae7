"""Which weight formats can approximate every continuous function.

Ding, Liu, Xiong, Shi (2019), sharpened: networks with weights in Q and no other constants are
dense in C([0, 1]) if and only if Q has a positive and a negative value and is not inside Z.
Necessity: weights in Z give f(0) in Z; values of one sign give monotone or affine networks.
Sufficiency: sums of powers of a non-integer value reach every real number, with both signs.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from bitproof.errors import FormatError
from bitproof.exact.weight_format import Q, WeightFormat


@dataclass(frozen=True, slots=True)
class Universal:
    """Networks with these weights approximate every continuous function."""


@dataclass(frozen=True, slots=True)
class NotUniversal:
    """Some continuous function stays at a distance from every network; `reason` says why."""

    reason: str


def universality(form: WeightFormat) -> Universal | NotUniversal:
    """Whether the networks with weights and biases in `form` are universal.

    >>> from bitproof.exact import Codebook
    >>> universality(Codebook.binary())
    Universal()
    >>> universality(Codebook((Fraction(-1), Fraction(1)))).reason
    'all its values are integers, so every such network has an integer value at 0'
    """
    if isinstance(form, Q):
        values: tuple[Fraction, ...] = (-form.largest, form.largest, Fraction(1, form.denominator))
        values = values if form.largest > 0 else (Fraction(0),)
    else:
        values = form.values()
    if all(value >= 0 for value in values):
        return NotUniversal(
            "it has no negative value, so every such network is convex and non-decreasing"
        )
    if all(value <= 0 for value in values):
        return NotUniversal("it has no positive value, so every such network is affine")
    if all(value.denominator == 1 for value in values):
        return NotUniversal(
            "all its values are integers, so every such network has an integer value at 0"
        )
    return Universal()


def require_universal(form: WeightFormat) -> None:
    """Refuses a format on which no construction can work.

    Raises:
        FormatError: the format is not universal; the message names the reason.
    """
    verdict = universality(form)
    if isinstance(verdict, NotUniversal):
        raise FormatError(
            f"the codebook {form.name} cannot approximate every function: {verdict.reason}",
            remedy="give a positive and a negative value that are not all integers, as in -1/2,1/2",
        )
