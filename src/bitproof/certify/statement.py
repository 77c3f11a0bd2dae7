"""Writing a certificate: the claim, what it is about, and what replays it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from importlib.metadata import version
from typing import Any, Generic, TypeVar

from bitproof.certify.certificate import FORMAT, VERSION, Certificate, rational_text
from bitproof.exact.fixed_point import FixedPoint
from bitproof.exact.interval import Interval
from bitproof.network.file import fixed_point_to_json, network_to_json
from bitproof.network.network import Network
from bitproof.target.target import Target

Where = TypeVar("Where")


@dataclass(frozen=True, slots=True)
class Claim(Generic[Where]):
    """What is claimed of sup |f - N|; `upper` is None in a refutation. The witness is a number or a
    point."""

    requested: Fraction | None
    upper: Fraction | None
    lower: Fraction
    witness: Where

    @property
    def status(self) -> str:
        """Refuted if the attained error exceeds the requested one."""
        refuted = self.requested is not None and self.lower > self.requested
        return "refuted" if refuted else "proved"

    def to_json(self, witness: str | list[str]) -> dict[str, Any]:
        """The entry `claim` of a certificate, with the witness as it is written there.

        Raises:
            InputError: a number has too many digits for the format.
        """
        return {
            "kind": "sup-error",
            "status": self.status,
            "requested": _text_or_none(self.requested),
            "upper": _text_or_none(self.upper),
            "lower": rational_text(self.lower),
            "witness": witness,
        }


@dataclass(frozen=True, slots=True)
class Subject:
    """What a claim is about: a network, the target as a certificate names it, the inputs.

    Attributes:
        form: the fixed-point format whose levels are the inputs; None for the whole interval.
    """

    network: Network
    target: dict[str, Any]
    interval: Interval
    form: FixedPoint | None = None

    @classmethod
    def of(
        cls,
        network: Network,
        target: Target | Network,
        interval: Interval,
        form: FixedPoint | None = None,
    ) -> Subject:
        """With the target written as it is now: a callable's samples are those taken so far."""
        if isinstance(target, Target):
            return cls(network, target.to_json(), interval, form)
        written = {"kind": "network", "network": network_to_json(target)}
        return cls(network, written, interval, form)


def certificate(
    claim: Claim[Fraction], subject: Subject, breakpoints: Sequence[Fraction] = ()
) -> Certificate:
    """The sealed certificate of a claim.

    Raises:
        InputError: a number has too many digits for the format.
    """
    inputs: dict[str, Any] = {
        "kind": "interval" if subject.form is None else "grid",
        "lower": rational_text(subject.interval.lower),
        "upper": rational_text(subject.interval.upper),
    }
    content: dict[str, Any] = {
        "format": FORMAT,
        "version": VERSION,
        "claim": claim.to_json(rational_text(claim.witness)),
        "semantics": "real" if subject.network.is_real else "fixed-point",
        "inputs": inputs,
        "target": subject.target,
        "network": network_to_json(subject.network),
        "made_by": made_by(),
    }
    if subject.form is None:
        content["breakpoints"] = [rational_text(x) for x in breakpoints]
    else:
        inputs["format"] = fixed_point_to_json(subject.form)
    return Certificate.seal(content)


@cache
def made_by() -> str:
    """The program and its version, as certificates name it."""
    return f"bitproof {version('bitproof')}"


def _text_or_none(value: Fraction | None) -> str | None:
    return None if value is None else rational_text(value)
