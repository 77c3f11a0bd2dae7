"""What the verbs return for several inputs: frozen, exact, and convertible to JSON."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bitproof.exact import Box, write_decimal, write_rational
from bitproof.pipeline.results import Outcome

if TYPE_CHECKING:
    from bitproof.certify.boxes import BoxVerdict
    from bitproof.network import Network
    from bitproof.target import BoxTarget


@dataclass(frozen=True, slots=True, kw_only=True)
class BoxCompileResult(Outcome):
    """The outcome of `compile` for a function of several inputs.

    The status may also be `promised`, where no certifier applies (four and more inputs): the error
    is the construction's theorem, and the verdict's lower bound was sampled.

    Attributes:
        target, domain, inputs: what was asked for; inputs is `real` or a
            format's name (`real` too where there were too many to try, and the box was proved).
        verdict: on the chosen network; None without a design.
    """

    target: BoxTarget
    domain: Box
    inputs: str
    verdict: BoxVerdict | None

    def to_dict(self) -> dict[str, Any]:
        """The JSON object of `bitproof compile --json`."""
        about = {
            "target": self.target.text,
            "domain": ends_of(self.domain),
            "inputs": self.inputs,
        }
        bounds = bounds_of(self.verdict)
        if self.construction is not None and self.construction.claimed_error is not None:
            bounds["promised"] = write_rational(self.construction.claimed_error)
        return self._object(about, bounds)


@dataclass(frozen=True, slots=True)
class BoxCertifyResult:
    """The outcome of `certify` for a network of several inputs."""

    verdict: BoxVerdict
    network: Network
    target: BoxTarget
    domain: Box
    inputs: str
    error: Fraction | None
    files: dict[str, Path] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def status(self) -> str:
        return self.verdict.status

    def to_dict(self) -> dict[str, Any]:
        """The JSON object of `bitproof certify --json`."""
        return {
            "status": self.status,
            **bounds_of(self.verdict),
            "requested": None if self.error is None else write_rational(self.error),
            "target": self.target.text,
            "domain": ends_of(self.domain),
            "inputs": self.inputs,
            "reason": getattr(self.verdict, "reason", ""),
            "files": {kind: str(path) for kind, path in self.files.items()},
            "seconds": round(self.seconds, 4),
        }


def ends_of(box: Box) -> list[str]:
    """The ends of the sides in turn."""
    return [write_rational(end) for side in box.sides for end in (side.lower, side.upper)]


def bounds_of(verdict: BoxVerdict | None) -> dict[str, Any]:
    """The bounds of a verdict, exact and decimal (rounded outward), and its witness."""
    if verdict is None:
        return dict.fromkeys(
            ("upper", "lower", "upper_decimal", "lower_decimal", "witness", "cells")
        )
    upper = verdict.upper
    return {
        "upper": None if upper is None else write_rational(upper),
        "lower": write_rational(verdict.lower),
        "upper_decimal": None if upper is None else write_decimal(upper, rounding="up"),
        "lower_decimal": write_decimal(verdict.lower, rounding="down"),
        "witness": [write_rational(x) for x in verdict.witness],
        "cells": verdict.cells,
    }
