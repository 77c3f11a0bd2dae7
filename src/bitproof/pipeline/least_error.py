"""The least error that a network within limits reaches: found by asking for errors."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from bitproof.exact import from_float, to_float
from bitproof.pipeline.candidates import (
    Candidate,
    Progress,
    Stopwatch,
    choose,
    proved_candidates,
)
from bitproof.pipeline.compile_request import Request

if TYPE_CHECKING:
    from bitproof.target.target import Target

SAMPLES = 4097
COARSER = Fraction(17, 16)
FINER = Fraction(1, 4)
ROUNDS = 24
CLOSE_ENOUGH = Fraction(21, 20)


@dataclass(frozen=True, slots=True)
class Reached:
    """An error that was asked for, and what it gave."""

    request: Request
    candidates: list[Candidate]
    needs: dict[str, str]
    chosen: Candidate | None

    @property
    def proved(self) -> Fraction:
        """The proved error of the network, at most what was asked for."""
        upper = None
        if self.chosen is not None and self.chosen.verdict is not None:
            upper = self.chosen.verdict.upper
        return self.request.error if upper is None else min(self.request.error, upper)


def least_error(request: Request, watch: Stopwatch, report: Progress) -> Reached:
    """The least error found for which some network within the limits is proved, to about 5%; where
    there is none, what asking for an error that a constant has says would be needed."""
    low, turn = Fraction(0), 0
    best = _ask(request, _half_range(request.target), watch, report, turn)
    high = best.proved
    while best.chosen is not None and turn < ROUNDS and high > 0 and low * CLOSE_ENOUGH < high:
        turn += 1
        asked = _between(low, high) if low else rounded(high * FINER)
        found = _ask(request, asked, watch, report, turn)
        if found.chosen is None:
            low = asked
        else:
            best, high = found, found.proved
    return best


def _ask(
    request: Request, error: Fraction, watch: Stopwatch, report: Progress, turn: int
) -> Reached:
    report(1 - 0.85**turn, f"error {to_float(error):.3g}")
    asked = replace(request, error=error)
    candidates, needs = proved_candidates(asked, watch, _silent)
    return Reached(asked, candidates, needs, choose(candidates, asked))


def _half_range(target: Target) -> Fraction:
    """A little more than half of what f varies by, from samples."""
    domain = target.domain
    points = np.linspace(to_float(domain.lower), to_float(domain.upper), SAMPLES)
    values = target.sample(points)
    half = from_float(float(values.max() - values.min())) / 2
    return rounded(max(half, Fraction(1, 1 << 20)) * COARSER)


def _between(low: Fraction, high: Fraction) -> Fraction:
    """About the geometric mean, and strictly between."""
    mean = rounded(from_float((to_float(low) * to_float(high)) ** 0.5))
    return mean if low < mean < high else (low + high) / 2


def rounded(error: Fraction) -> Fraction:
    """Three decimal digits.

    >>> rounded(Fraction(1, 3))
    Fraction(333, 1000)
    """
    return Fraction(f"{to_float(error):.3g}")


def _silent(_fraction: float, _text: str) -> None:
    """The search tells of itself."""
