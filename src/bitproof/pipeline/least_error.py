"""The least error that a network within limits reaches: found by asking for errors."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING, TypeVar

import numpy as np
import numpy.typing as npt

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


class Answer(ABC):
    """What asking for an error gave."""

    @property
    @abstractmethod
    def found(self) -> bool:
        """Whether a network within the limits is proved."""

    @property
    @abstractmethod
    def proved(self) -> Fraction:
        """Its proved error, at most what was asked for."""


AnswerT = TypeVar("AnswerT", bound=Answer)


def least(ask: Callable[[Fraction, int], AnswerT], start: Fraction) -> AnswerT:
    """The answer of the least error that has one, to about 5%; where there is none, what asking for
    `start` gave.

    Args:
        ask: gives the answer for an error; also told how many errors were asked for before.
    """
    low, turn = Fraction(0), 0
    best = ask(start, turn)
    high = best.proved
    while best.found and turn < ROUNDS and high > 0 and low * CLOSE_ENOUGH < high:
        turn += 1
        asked = _between(low, high) if low else rounded(high * FINER)
        answer = ask(asked, turn)
        if answer.found:
            best, high = answer, answer.proved
        else:
            low = asked
    return best


@dataclass(frozen=True, slots=True)
class Reached(Answer):
    """An error that was asked for, and what it gave."""

    request: Request
    candidates: list[Candidate]
    needs: dict[str, str]
    chosen: Candidate | None

    @property
    def found(self) -> bool:
        return self.chosen is not None

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

    def ask(error: Fraction, turn: int) -> Reached:
        report(1 - 0.85**turn, f"error {to_float(error):.3g}")
        asked = replace(request, error=error)
        candidates, needs = proved_candidates(asked, watch, _silent)
        return Reached(asked, candidates, needs, choose(candidates, asked))

    return least(ask, _half_range(request.target))


def _half_range(target: Target) -> Fraction:
    """A little more than half of what f varies by, from samples."""
    domain = target.domain
    points = np.linspace(to_float(domain.lower), to_float(domain.upper), SAMPLES)
    values = target.sample(points)
    return constant_error(values)


def constant_error(values: npt.NDArray[np.float64]) -> Fraction:
    """A little more than half of what samples vary by: nearly the error of a constant."""
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
