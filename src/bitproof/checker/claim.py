"""What a certificate claims of |f - N|, read and checked for sense; on one input or on a box."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Generic, TypeVar

from .document import Invalid, one_of, rational, rational_or_null, table_of
from .interval import Interval, Undecided, exactly

Where = TypeVar("Where")


@dataclass(frozen=True, slots=True)
class Claim(Generic[Where]):
    """|f - N| ≤ upper on the inputs, and ≥ lower at the witness."""

    status: str
    requested: Fraction | None
    upper: Fraction | None
    lower: Fraction
    witness: Where


def read_claim(data: object, read_witness: Callable[[object, str], Where]) -> Claim[Where]:
    """The claim of a certificate.

    Raises:
        Invalid: a field is not what it should be, or the status does not follow from the bounds.
    """
    table = table_of(data, "claim", "kind status requested upper lower witness")
    one_of(table["kind"], "claim: kind", ("sup-error",))
    claim = Claim(
        one_of(table["status"], "claim: status", ("proved", "refuted")),
        rational_or_null(table["requested"], "claim: requested"),
        rational_or_null(table["upper"], "claim: upper"),
        rational(table["lower"], "claim: lower"),
        read_witness(table["witness"], "claim: witness"),
    )
    if claim.status == "refuted":
        if claim.requested is None or claim.lower <= claim.requested:
            raise Invalid("claimed refuted, but lower is not above what was requested")
    elif claim.upper is None:
        raise Invalid("claimed proved without an upper bound")
    elif claim.requested is not None and claim.upper > claim.requested:
        raise Invalid("claimed proved, but upper is above what was requested")
    if claim.lower < 0 or (claim.upper is not None and claim.lower > claim.upper):
        raise Invalid("claim: 0 ≤ lower ≤ upper does not hold")
    return claim


def check_witness(
    claim: Claim[Where], value: Fraction, target: Callable[[Where], Interval]
) -> None:
    """|f - N| ≥ lower at the witness, where N is `value` and `target` encloses f.

    Raises:
        Invalid: it is not proved.
    """
    try:
        error = (target(claim.witness) - exactly(value)).magnitude()
    except Undecided as reason:
        raise Invalid(f"at the witness: {reason}") from reason
    if error.lower < claim.lower:
        raise Invalid("the error at the witness is not proved to reach the claimed lower bound")
