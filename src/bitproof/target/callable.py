"""A target given by a function of the user's and a Lipschitz constant that the user states."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, Any, TypeAlias

from bitproof.errors import DomainError, InputError
from bitproof.exact.interval import Interval
from bitproof.exact.rationals import from_float, to_float, write_rational
from bitproof.target.target import Target, Taylor
from bitproof.theory.function_class import FunctionClass, Lipschitz

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

Answer: TypeAlias = Fraction | int | tuple[Fraction | int, Fraction | int]


@dataclass(frozen=True, eq=False)
class CallableTarget(Target):
    """f given by `function` at rational points, with |f(x) - f(y)| ≤ lipschitz·|x - y| on trust.

    Every proof about it rests on the two things the user states: the values (a `Fraction` or
    `int` is exact, a pair (lower, upper) encloses) and the constant. Values once asked for are
    kept and go into the certificate; two that contradict the constant are refused.

    Raises:
        InputError: a negative constant, or an answer of the function that is not a value.
        DomainError: a domain of one point.

    >>> third = CallableTarget(lambda x: x / 3, Interval(Fraction(0), Fraction(1)), Fraction(1, 3))
    >>> str(third.enclose(Interval(Fraction(0), Fraction(1))))
    '[0, 1/3]'
    """

    function: Callable[[Fraction], Answer]
    _domain: Interval
    lipschitz: Fraction
    name: str = "callable"
    _known: dict[Fraction, Interval] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        if self.lipschitz < 0:
            raise InputError(
                f"the Lipschitz constant {self.lipschitz}", remedy="give one of at least 0"
            )
        if self._domain.width == 0:
            raise DomainError(
                f"the domain {self._domain} is one point", remedy="give two different ends"
            )

    @property
    def domain(self) -> Interval:
        return self._domain

    @property
    def text(self) -> str:
        return self.name

    @property
    def function_class(self) -> FunctionClass:
        return Lipschitz(self._domain, self.lipschitz)

    def kinks(self) -> tuple[Interval, ...]:
        """None are known; `taylor` claims no curvature anywhere."""
        return ()

    def at(self, x: Fraction) -> Interval:
        """The user's enclosure of f(x); asked for once, then remembered.

        Raises:
            InputError: x outside the domain, or the answer is not a value.
        """
        known = self._known.get(x)
        if known is None:
            if x not in self._domain:
                raise InputError(
                    f"{x} is not in the domain {self._domain}", remedy="choose a point inside"
                )
            known = _interval(self.function(x), x, self.name)
            self._require_consistent(x, known)
            self._known[x] = known
        return known

    def _require_consistent(self, x: Fraction, value: Interval) -> None:
        """Raises:
        InputError: the new value and the last one before it contradict the constant.
        """
        if not self._known:
            return
        other, known = next(reversed(self._known.items()))
        reach = self.lipschitz * abs(x - other)
        if value.lower - known.upper > reach or known.lower - value.upper > reach:
            raise InputError(
                f"{self.name} changes by more than {self.lipschitz}·|x - y| "
                f"between x = {other} and {x}",
                remedy="state a larger Lipschitz constant",
            )

    def enclose(self, cell: Interval) -> Interval | None:
        """The value at the centre, plus or minus the constant times half the width."""
        reach = self.lipschitz * cell.width / 2
        return self.at(cell.centre) + Interval(-reach, reach)

    def taylor(self, cell: Interval) -> Taylor | None:
        slopes = Interval(-self.lipschitz, self.lipschitz)
        return Taylor(cell, self.at(cell.centre), None, slopes, None)

    def samples(self) -> tuple[tuple[Fraction, Interval], ...]:
        """The points asked for so far, ascending, with their enclosures."""
        return tuple(sorted(self._known.items(), key=lambda item: item[0]))

    def sample(self, points: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        import numpy as np

        ends = (to_float(self._domain.lower), to_float(self._domain.upper))
        inside = np.clip(points, *ends).ravel()
        values = [self._proposal(from_float(float(x))) for x in inside]
        return np.array(values, dtype=np.float64).reshape(points.shape)

    def _proposal(self, x: Fraction) -> float:
        nearest = min(max(x, self._domain.lower), self._domain.upper)
        return to_float(_interval(self.function(nearest), nearest, self.name).centre)

    def to_json(self) -> dict[str, Any]:
        rows = [
            [write_rational(x), write_rational(value.lower), write_rational(value.upper)]
            for x, value in self.samples()
        ]
        return {"kind": "samples", "lipschitz": write_rational(self.lipschitz), "points": rows}


def _interval(answer: object, x: Fraction, name: str) -> Interval:
    ends = answer if isinstance(answer, tuple) else (answer, answer)
    exact = all(isinstance(end, (int, Fraction)) and not isinstance(end, bool) for end in ends)
    if len(ends) != 2 or not exact or ends[0] > ends[1]:
        raise InputError(
            f"{name} answers {str(answer)[:60]!r} at {x}",
            remedy="return a Fraction, or a pair (lower, upper) of Fractions",
        )
    return Interval(Fraction(ends[0]), Fraction(ends[1]))
