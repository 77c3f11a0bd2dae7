"""Targets without an expression: small float functions for tests of builders."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

from bitproof.exact import Interval
from bitproof.target.target import Target, Taylor
from bitproof.theory import Continuous, FunctionClass


class Shape(Target):
    """A float function on an interval with its kinks; it can be sampled, nothing else."""

    def __init__(
        self,
        function: Callable[[Any], Any],
        lower: Fraction | int = 0,
        upper: Fraction | int = 1,
        kinks: Sequence[Fraction] = (),
    ) -> None:
        self._function = function
        self._domain = Interval(Fraction(lower), Fraction(upper))
        self._kinks = tuple(Interval(kink, kink) for kink in kinks)

    @property
    def domain(self) -> Interval:
        return self._domain

    @property
    def text(self) -> str:
        return "a shape"

    @property
    def function_class(self) -> FunctionClass:
        return Continuous(self._domain)

    def kinks(self) -> tuple[Interval, ...]:
        return self._kinks

    def enclose(self, cell: Interval) -> Interval | None:  # noqa: ARG002
        return None

    def taylor(self, cell: Interval) -> Taylor | None:  # noqa: ARG002
        return None

    def sample(self, points):
        return self._function(points)

    def to_json(self) -> dict[str, Any]:
        return {}
