"""What `quantize` found: frozen, with a dictionary for `--json`."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

from bitproof.certify.difference.certificate import DifferenceCertificate
from bitproof.certify.difference.verdict import ClassVerdict, DifferenceVerdict
from bitproof.exact import to_float
from bitproof.network import Measures, Network
from bitproof.pipeline.quantize_request import Case
from bitproof.pipeline.results import bits_to_dict


@dataclass(frozen=True, slots=True)
class CaseResult:
    """One listed input, or one box.

    Attributes:
        case: what it is about.
        original, quantized: the exact outputs at the listed input; None for a box.
        difference: sup |N − N_q| on the box.
        kept: whether the quantized network keeps the original's class on the whole box; None for
            networks of one output, for boxes that were given, and for points (`same_at_point`).
        kept_before: the same for the original network.
    """

    case: Case
    original: tuple[Fraction, ...] | None
    quantized: tuple[Fraction, ...] | None
    difference: DifferenceVerdict
    kept: ClassVerdict | None
    kept_before: ClassVerdict | None

    @property
    def classes(self) -> tuple[int, int] | None:
        """The classes the two networks give the listed input: the first largest output."""
        if self.original is None or self.quantized is None or len(self.original) < 2:
            return None
        first, second = self.original, self.quantized
        return first.index(max(first)), second.index(max(second))

    @property
    def same_at_point(self) -> bool | None:
        """Whether both networks give the listed input the same class, decided exactly."""
        return None if self.classes is None else self.classes[0] == self.classes[1]

    @property
    def same_on_box(self) -> str | None:
        """Whether both networks give one and the same class on the whole box."""
        if self.kept is None or self.kept_before is None:
            return None
        if self.kept.status == self.kept_before.status == "proved":
            return "proved"
        if "refuted" in (self.kept.status, self.kept_before.status):
            return "refuted"
        return "undecided"

    def to_dict(self) -> dict[str, Any]:
        found: dict[str, Any] = {"name": self.case.name, "label": self.case.label}
        if self.original is not None and self.quantized is not None:
            found["outputs"] = [str(value) for value in self.original]
            found["outputs_quantized"] = [str(value) for value in self.quantized]
        if self.classes is not None:
            found["class"], found["class_quantized"] = self.classes
            found["same_class"] = self.same_at_point
        found["difference"] = difference_to_dict(self.difference)
        for key, verdict in (("kept", self.kept), ("kept_before", self.kept_before)):
            if verdict is not None:
                found[f"class_{key}"] = class_to_dict(verdict)
        if self.same_on_box is not None:
            found["same_class_on_box"] = self.same_on_box
        return found


def difference_to_dict(verdict: DifferenceVerdict) -> dict[str, Any]:
    """Bounds as exact rationals, beside floats for reading."""
    return {
        "status": verdict.status,
        "lower": str(verdict.lower),
        "upper": None if verdict.upper is None else str(verdict.upper),
        "upper_float": None if verdict.upper is None else to_float(verdict.upper),
        "lower_float": to_float(verdict.lower),
        "outputs": [
            {
                "lower": str(output.lower),
                "upper": None if output.upper is None else str(output.upper),
                "witness": [str(x) for x in output.witness],
            }
            for output in verdict.outputs
        ],
        "reason": verdict.reason,
        "boxes": verdict.boxes,
        "seconds": round(verdict.seconds, 3),
    }


def class_to_dict(verdict: ClassVerdict) -> dict[str, Any]:
    return {
        "status": verdict.status,
        "class": verdict.chosen,
        "margin": None if verdict.margin is None else str(verdict.margin),
        "rival": verdict.rival,
        "witness": None if verdict.witness is None else [str(x) for x in verdict.witness],
        "reason": verdict.reason,
        "boxes": verdict.boxes,
        "seconds": round(verdict.seconds, 3),
    }


@dataclass(frozen=True, slots=True)
class Trial:
    """One way to round that was tried.

    Attributes:
        text: bits, granularity and method.
        bits: dense memory.
        bound: what was known of the difference when it was judged; None if nothing finite.
        outcome: `taken`, or why it was not.
    """

    text: str
    bits: int
    bound: float | None
    outcome: str


@dataclass(frozen=True, slots=True)
class QuantizeResult:
    """The outcome of `quantize`.

    Attributes:
        original, network: the model and its quantized form.
        before, after: their sizes; `before` counts 32 bits a weight.
        rounding: how the weights were rounded, in words.
        requested: the error that was asked for.
        cases: the listed inputs and boxes.
        trials: what was tried.
        inputs: what inputs are.
        files: what was written, by kind. refusals: what could not be, and why.
        seconds: time taken.
    """

    original: Network
    network: Network
    before: Measures
    after: Measures
    rounding: str
    requested: Fraction | None
    cases: tuple[CaseResult, ...]
    trials: tuple[Trial, ...]
    inputs: str
    seconds: float
    files: dict[str, Path] = field(default_factory=dict)
    refusals: dict[str, str] = field(default_factory=dict)

    @property
    def status(self) -> str:
        """`refuted` if one box is, `proved` if all are, else `undecided`."""
        found = {case.difference.status for case in self.cases}
        return "refuted" if "refuted" in found else _all_proved(found)

    @property
    def upper(self) -> Fraction | None:
        """A proved bound of the difference of every output on every box."""
        uppers = [case.difference.upper for case in self.cases]
        known = [upper for upper in uppers if upper is not None]
        return max(known) if len(known) == len(uppers) else None

    @property
    def lower(self) -> Fraction:
        """The largest difference attained."""
        return max(case.difference.lower for case in self.cases)

    @property
    def same_classes(self) -> tuple[int, int]:
        """(listed inputs with the same class, listed inputs with classes)."""
        decided = [case.same_at_point for case in self.cases if case.same_at_point is not None]
        return sum(decided), len(decided)

    @property
    def boxes_kept(self) -> dict[str, int]:
        """How many boxes have each status of `same_on_box`."""
        found = [case.same_on_box for case in self.cases if case.same_on_box is not None]
        return {status: found.count(status) for status in ("proved", "refuted", "undecided")}

    def certificate(self) -> DifferenceCertificate | None:
        """Everything that was proved or refuted; None if that is nothing."""
        classes = []
        for case in self.cases:
            for of, verdict in (("first", case.kept_before), ("second", case.kept)):
                if verdict is not None:
                    classes.append((of, verdict))
        differences = [case.difference for case in self.cases]
        return DifferenceCertificate.of(self.original, self.network, differences, classes)

    def to_dict(self) -> dict[str, Any]:
        """The JSON object of `bitproof quantize --json`."""
        form = self.network.weight_format
        return {
            "status": self.status,
            "upper": None if self.upper is None else str(self.upper),
            "upper_float": None if self.upper is None else to_float(self.upper),
            "lower": str(self.lower),
            "lower_float": to_float(self.lower),
            "requested": None if self.requested is None else str(self.requested),
            "weight_format": None if form is None else form.name,
            "rounding": self.rounding,
            "inputs": self.inputs,
            "same_class": list(self.same_classes),
            "same_class_on_box": self.boxes_kept,
            "before": {"weights": self.before.weights, "bits": bits_to_dict(self.before)},
            "after": {"weights": self.after.weights, "bits": bits_to_dict(self.after)},
            "cases": [case.to_dict() for case in self.cases],
            "trials": [
                {"text": t.text, "bits": t.bits, "bound": t.bound, "outcome": t.outcome}
                for t in self.trials
            ],
            "files": {kind: str(path) for kind, path in self.files.items()},
            "refusals": dict(self.refusals),
            "seconds": round(self.seconds, 3),
        }


def _all_proved(found: set[str]) -> str:
    return "proved" if found == {"proved"} else "undecided"
