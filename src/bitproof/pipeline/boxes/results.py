"""What the verbs return for several inputs: frozen, exact, and convertible to JSON."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bitproof.exact import Box, write_decimal, write_rational
from bitproof.pipeline.results import CandidateRow, bits_to_dict

if TYPE_CHECKING:
    from bitproof.certify.boxes import BoxVerdict
    from bitproof.construct.construction import Construction
    from bitproof.network import Measures, Network
    from bitproof.target import BoxTarget


@dataclass(frozen=True, slots=True)
class BoxCompileResult:
    """The outcome of `compile` for a function of several inputs.

    Attributes:
        status: `proved`; `promised` where no certifier applies (four and more inputs): the error is
            the construction's theorem, and the verdict's lower bound was sampled; or `no design`.
        target, domain, error: what was asked for.
        count: the memory count that was minimised: dense, nonzero or paper.
        construction, network, measures, verdict: the chosen network; None without a design.
        candidates: everything considered, the chosen one marked.
        remarks: why a method offers nothing here.
        needed: without a design, what would be needed.
        files: what was written, by kind.
        refusals: what could not be exported, and why.
        seconds: time by stage.
    """

    status: str
    target: BoxTarget
    domain: Box
    error: Fraction
    count: str
    construction: Construction | None
    network: Network | None
    measures: Measures | None
    verdict: BoxVerdict | None
    candidates: tuple[CandidateRow, ...]
    remarks: tuple[str, ...] = ()
    needed: str = ""
    files: dict[str, Path] = field(default_factory=dict)
    refusals: dict[str, str] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)

    @property
    def method(self) -> str | None:
        return None if self.construction is None else self.construction.method

    @property
    def weight_format(self) -> str | None:
        form = None if self.network is None else self.network.weight_format
        return None if form is None else form.name

    def to_dict(self) -> dict[str, Any]:
        """The JSON object of `bitproof compile --json`."""
        data: dict[str, Any] = {
            "status": self.status,
            "target": self.target.text,
            "domain": ends_of(self.domain),
            "inputs": "real",
            "method": self.method,
            "error": {"requested": write_rational(self.error), **bounds_of(self.verdict)},
            "weights": None,
            "width": None,
            "depth": None,
            "bits": None,
            "weight_format": self.weight_format,
        }
        if self.measures is not None:
            data["weights"] = self.measures.weights
            data["width"] = self.measures.width
            data["depth"] = self.measures.depth
            data["bits"] = bits_to_dict(self.measures)
        if self.construction is not None and self.construction.claimed_error is not None:
            data["error"]["promised"] = write_rational(self.construction.claimed_error)
        data["candidates"] = [row.to_dict() for row in self.candidates]
        data["files"] = {kind: str(path) for kind, path in self.files.items()}
        if self.refusals:
            data["refusals"] = dict(self.refusals)
        if self.remarks:
            data["remarks"] = list(self.remarks)
        if self.needed:
            data["needed"] = self.needed
        data["seconds"] = {stage: round(value, 4) for stage, value in self.seconds.items()}
        return data


@dataclass(frozen=True, slots=True)
class BoxCertifyResult:
    """The outcome of `certify` for a network of several inputs."""

    verdict: BoxVerdict
    network: Network
    target: BoxTarget
    domain: Box
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
            "inputs": "real",
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
