"""What the verbs return: frozen, exact, and convertible to the JSON the command line prints."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bitproof.exact import Interval, write_decimal, write_rational

if TYPE_CHECKING:
    from bitproof.certify.verdict import Verdict
    from bitproof.construct.construction import Construction
    from bitproof.construct.tables import Competitor
    from bitproof.network import Measures, Network
    from bitproof.target.target import Target


@dataclass(frozen=True, slots=True)
class CandidateRow:
    """One network that was considered.

    Attributes:
        status: `proved`, `refuted`, `undecided`, or why it was not certified.
        error_upper: the proved sup error, where there is one.
    """

    method: str
    weight_format: str
    status: str
    error_upper: Fraction | None
    measures: Measures
    details: tuple[tuple[str, str], ...] = ()
    chosen: bool = False

    def to_dict(self) -> dict[str, Any]:
        return {
            "method": self.method,
            "weight_format": self.weight_format,
            "status": self.status,
            "error_upper": _rational_or_none(self.error_upper),
            "weights": self.measures.weights,
            "width": self.measures.width,
            "depth": self.measures.depth,
            "bits": bits_to_dict(self.measures),
            "details": dict(self.details),
            "chosen": self.chosen,
        }


@dataclass(frozen=True, slots=True)
class CompetitorRow:
    """What stores the same function to the same error without a network."""

    name: str
    bits: int
    error_upper: Fraction
    entries: int
    description: str

    @classmethod
    def of(cls, table: Competitor) -> CompetitorRow:
        """The row of a table."""
        return cls(table.name, table.bits, table.error_upper, table.entries, table.description)

    def to_dict(self) -> dict[str, Any]:
        return {
            "bits": self.bits,
            "entries": self.entries,
            "error_upper": write_rational(self.error_upper),
            "description": self.description,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What every `compile` leads to, of one input or of several.

    Attributes:
        status: `proved`, or `no design` when nothing within the limits was proved.
        error: what was asked for.
        count: the memory count that was minimised: dense, nonzero or paper.
        construction, network, measures: the chosen network; None without a design.
        candidates: everything considered, the chosen one marked.
        competitors: what stores the function without a network, each proved to the same error.
        remarks: why a method offers nothing here.
        needed: without a design, what would be needed.
        files: what was written, by kind.
        refusals: what could not be exported, and why.
        seconds: time by stage.
    """

    status: str
    error: Fraction
    count: str
    construction: Construction | None
    network: Network | None
    measures: Measures | None
    candidates: tuple[CandidateRow, ...]
    competitors: tuple[CompetitorRow, ...] = ()
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

    @property
    def activations(self) -> str | None:
        """The format that every layer's values are rounded to; None where they are exact."""
        form = None if self.network is None else self.network.layers[-1].output_format
        return None if form is None else form.name

    def _object(self, about: dict[str, Any], bounds: dict[str, Any]) -> dict[str, Any]:
        """The JSON object, from what it is about and what is known of the error."""
        sizes = self.measures
        data: dict[str, Any] = {
            "status": self.status,
            **about,
            "method": self.method,
            "error": {"requested": write_rational(self.error), **bounds},
            "weights": None if sizes is None else sizes.weights,
            "width": None if sizes is None else sizes.width,
            "depth": None if sizes is None else sizes.depth,
            "bits": None if sizes is None else bits_to_dict(sizes),
            "weight_format": self.weight_format,
            "activations": self.activations,
            "candidates": [row.to_dict() for row in self.candidates],
            "competitors": {row.name: row.to_dict() for row in self.competitors},
            "files": {kind: str(path) for kind, path in self.files.items()},
        }
        if self.refusals:
            data["refusals"] = dict(self.refusals)
        if self.remarks:
            data["remarks"] = list(self.remarks)
        if self.needed:
            data["needed"] = self.needed
        data["seconds"] = {stage: round(value, 4) for stage, value in self.seconds.items()}
        return data


@dataclass(frozen=True, slots=True, kw_only=True)
class CompileResult(Outcome):
    """The outcome of `compile`.

    Attributes:
        target, domain, inputs: what was asked for; inputs is `real` or a format's name.
        verdict: on the chosen network; None without a design.
    """

    target: Target
    domain: Interval
    inputs: str
    verdict: Verdict | None

    def to_dict(self) -> dict[str, Any]:
        """The JSON object of `bitproof compile --json`."""
        about = {
            "target": self.target.text,
            "domain": [write_rational(self.domain.lower), write_rational(self.domain.upper)],
            "inputs": self.inputs,
        }
        return self._object(about, _bounds(self.verdict))


@dataclass(frozen=True, slots=True)
class CertifyResult:
    """The outcome of `certify`: the verdict on an existing network."""

    verdict: Verdict
    network: Network
    target: Target | Network
    target_text: str
    domain: Interval
    inputs: str
    error: Fraction | None
    files: dict[str, Path] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def status(self) -> str:
        return self.verdict.status

    def to_dict(self) -> dict[str, Any]:
        """The JSON object of `bitproof certify --json`."""
        bounds = _bounds(self.verdict)
        return {
            "status": self.status,
            **bounds,
            "requested": _rational_or_none(self.error),
            "target": self.target_text,
            "domain": [write_rational(self.domain.lower), write_rational(self.domain.upper)],
            "inputs": self.inputs,
            "reason": getattr(self.verdict, "reason", ""),
            "files": {kind: str(path) for kind, path in self.files.items()},
            "seconds": round(self.seconds, 4),
        }


def bits_to_dict(measures: Measures) -> dict[str, int]:
    """Memory in the three counts, and the bits of the activation tables beside them."""
    return {
        "dense": measures.dense_bits,
        "nonzero": measures.nonzero_bits,
        "paper": measures.paper_bits,
        "activation_tables": measures.activation_bits,
    }


def sizes_to_dict(measures: Measures) -> dict[str, Any]:
    """Weights, depth, width and bits."""
    return {
        "weights": measures.weights,
        "depth": measures.depth,
        "width": measures.width,
        "bits": bits_to_dict(measures),
    }


def _rational_or_none(value: Fraction | None) -> str | None:
    return None if value is None else write_rational(value)


def _bounds(verdict: Verdict | None) -> dict[str, Any]:
    if verdict is None:
        return {
            "upper": None,
            "lower": None,
            "upper_decimal": None,
            "lower_decimal": None,
            "witness": None,
        }
    upper, lower = verdict.upper, verdict.lower
    return {
        "upper": _rational_or_none(upper),
        "lower": write_rational(lower),
        "upper_decimal": None if upper is None else write_decimal(upper, rounding="up"),
        "lower_decimal": write_decimal(lower, rounding="down"),
        "witness": _rational_or_none(verdict.witness),
    }
