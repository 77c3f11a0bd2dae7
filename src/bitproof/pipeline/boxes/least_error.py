"""The least error that a network of several inputs reaches within limits."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from bitproof.exact import to_float
from bitproof.pipeline.boxes.candidates import BoxCandidate, box_candidates, choose_box
from bitproof.pipeline.boxes.request import BoxRequest
from bitproof.pipeline.candidates import Progress, Stopwatch, part_of
from bitproof.pipeline.least_error import Answer, constant_error, least

if TYPE_CHECKING:
    from bitproof.target import BoxTarget

SAMPLES = 1 << 14


@dataclass(frozen=True, slots=True)
class BoxReached(Answer):
    """An error that was asked for, and what it gave."""

    request: BoxRequest
    candidates: list[BoxCandidate]
    remarks: list[str]
    chosen: BoxCandidate | None

    @property
    def found(self) -> bool:
        return self.chosen is not None

    @property
    def proved(self) -> Fraction:
        upper = None if self.chosen is None else self.chosen.upper
        return self.request.error if upper is None else min(self.request.error, upper)


def least_box_error(request: BoxRequest, watch: Stopwatch, report: Progress) -> BoxReached:
    """The least error found for which some network within the limits is proved, to about 5%; where
    there is none, what asking for an error that a constant has says would be needed."""

    def ask(error: Fraction, turn: int) -> BoxReached:
        text = f"error {to_float(error):.3g}"
        share = part_of(report, 1 - 0.85**turn, 0.15 * 0.85**turn)
        share(0.0, text)
        asked = replace(request, error=error)
        candidates, remarks = box_candidates(asked, watch, lambda part, _: share(part, text))
        return BoxReached(asked, candidates, remarks, choose_box(candidates, asked))

    return least(ask, _half_range(request.target))


def _half_range(target: BoxTarget) -> Fraction:
    """From samples on a grid over the box."""
    count = max(3, int(SAMPLES ** (1 / target.dimension)))
    axes = [
        np.linspace(to_float(side.lower), to_float(side.upper), count)
        for side in target.domain.sides
    ]
    places = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1)
    return constant_error(target.sample(places))
