"""Whether fixed-point networks with a given activation can compute every table.

Theorem B. Let every level be the rounding of some bias and the activation's table T be not
constant. Networks compute every function from levels to levels, of any number of inputs, if and
only if

    residues     one c in gZ suits every level: c + DZ meets every cell, and
    separation   first-layer neurons of one input tell any two levels apart,

where D = gcd of the differences of T's values and g = gcd(D, T, β), both times the scale for
binary and ternary weights. Both are necessary for any bias; three hidden layers then suffice.

The question, the seven activations that pass, and the case of binary weights are those of Hwang,
Park and Park (2024); the conditions in this form and their proofs are bitproof's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bitproof.exact.fixed_point import Rounding
from bitproof.theory.arithmetic import Arithmetic
from bitproof.theory.indicators import IndicatorNetworks, indicator_networks
from bitproof.theory.representable import (
    Point,
    check_table,
    missing_hypothesis,
    residue_reason,
    separation_reason,
)
from bitproof.theory.residues import Circle, circle_of
from bitproof.theory.separation import (
    Neuron,
    separable_by_lemma,
    separate,
    unseparated_plane,
)
from bitproof.theory.strict_binary import separates_all_points

if TYPE_CHECKING:
    from bitproof.theory.step_networks import StepNetworks

UNIVERSAL, NOT_UNIVERSAL, UNDECIDED = "universal", "not universal", "undecided"
MAX_WITNESS_LEVELS = 1 << 10


@dataclass(frozen=True)
class Condition:
    """A condition on format and activation.

    Attributes:
        name: "residues", "separation", "hypotheses", "automaton", "order", "turn", "units", ...
        holds: None where it was not determined.
        statement: what it says here, with its numbers.
    """

    name: str
    holds: bool | None
    statement: str

    def to_dict(self) -> dict[str, Any]:
        return {"name": self.name, "holds": self.holds, "statement": self.statement}


@dataclass(frozen=True)
class Obstruction:
    """A function that no network of any size computes.

    Attributes:
        kind: "constant", "residue", "separation", "order", "turn" or "automaton".
        function: input levels and the output level there; inputs that are not named may have any
            value.
        invariant: what forbids it, for people.
    """

    kind: str
    function: tuple[tuple[Point, int], ...]
    invariant: str

    def to_dict(self) -> dict[str, Any]:
        """The witness as JSON: levels, and the invariant in words."""
        return {
            "kind": "function",
            "forbidden_by": self.kind,
            "function": [{"x": list(x), "value": value} for x, value in self.function],
            "invariant": self.invariant,
        }


@dataclass(frozen=True)
class Expressivity:
    """The answer.

    Attributes:
        verdict: "universal", "not universal" or "undecided".
        theorem: what decided it.
        numbers: the numbers it was decided on, by name.
        necessary: conditions without which networks cannot be universal.
        sufficient: conditions that together are enough.
        witness: the proof's networks, or a function that none computes; None if undecided (or
            not asked for).
        known: what is known where undecided; empty otherwise.
    """

    verdict: str
    theorem: str
    numbers: tuple[tuple[str, int], ...]
    necessary: tuple[Condition, ...]
    sufficient: tuple[Condition, ...]
    witness: IndicatorNetworks | StepNetworks | Obstruction | None
    known: str = ""

    def to_dict(self) -> dict[str, Any]:
        """The answer as JSON."""
        return {
            "verdict": self.verdict,
            "theorem": self.theorem,
            "numbers": dict(self.numbers),
            "necessary": _conditions(self.necessary),
            "sufficient": _conditions(self.sufficient),
            "witness": None if self.witness is None else self.witness.to_dict(),
            "known": self.known,
        }


def decide(table: Sequence[int], arithmetic: Arithmetic, *, witness: bool = True) -> Expressivity:
    """Whether networks with this activation compute every function on the format's levels.

    Args:
        table: T, the activation's output level for every level, ascending.
        arithmetic: format, weights, biases and rounding.
        witness: whether to build the proof's networks; the verdict is the same without.

    Raises:
        InputError: not a table of the format.
        WorkLimitError: the separation is beyond the limits to check.

    >>> from bitproof.exact.fixed_point import FixedPoint
    >>> arithmetic = Arithmetic.of(FixedPoint.symmetric(3, 4))
    >>> relu = [max(0, k) for k in arithmetic.levels]
    >>> decide(relu, arithmetic).verdict
    'universal'
    >>> sign = [4 if k >= 0 else -4 for k in arithmetic.levels]
    >>> answer = decide(sign, arithmetic)
    >>> answer.verdict, answer.witness.function
    ('not universal', (((0,), 0), ((1,), 1)))
    """
    check_table(table, arithmetic)
    circle = circle_of(table, arithmetic)
    if circle.modulus == 0:
        return _constant(table, circle)
    if not arithmetic.rounding_once:
        from bitproof.theory.expressivity_of_steps import decide_steps

        return decide_steps(table, arithmetic, _numbers(circle, None), witness=witness)
    return _rounded_once(table, circle, witness=witness)


def _rounded_once(table: Sequence[int], circle: Circle, *, witness: bool) -> Expressivity:
    arithmetic = circle.arithmetic
    offset = circle.common(arithmetic.levels)
    conflict = circle.conflict() if offset is None else ()
    pair, neurons, means = _separation(table, arithmetic, witness=witness)
    missing = missing_hypothesis(table, arithmetic)
    necessary = (
        _residues(circle, offset, conflict),
        _separates(pair, means),
    )
    sufficient: tuple[Condition, ...] = (
        *necessary,
        Condition("hypotheses", not missing, missing or _HYPOTHESES),
    )
    strict_binary = arithmetic.weight_set == "binary" and arithmetic.bias == "same"
    numbers = _numbers(circle, offset)
    if offset is None:
        forbidden = _function(conflict, arithmetic)
        found = Obstruction("residue", forbidden, residue_reason(circle, conflict))
        theorem = _theorem_of_residues(circle)
        return Expressivity(NOT_UNIVERSAL, theorem, numbers, necessary, sufficient, found)
    if pair is not None:
        first, second = ((pair[0],), (pair[1],))
        forbidden = ((first, 0), (second, 1 if arithmetic.highest else -1))
        found = Obstruction("separation", forbidden, separation_reason(first, second))
        theorem = "Theorem B, separation"
        return Expressivity(NOT_UNIVERSAL, theorem, numbers, necessary, sufficient, found)
    if strict_binary and not separates_all_points(table, arithmetic):
        alike = unseparated_plane(table, arithmetic)
        if alike is not None:
            return _alike_in_the_plane(alike, arithmetic, numbers, necessary)
        missing = missing or "whether first-layer neurons separate all inputs is not determined"
        sufficient = (*sufficient, Condition("separation of several inputs", None, missing))
    elif strict_binary:
        sufficient = (*sufficient, Condition("separation of several inputs", True, _ALL_POINTS))
    if missing:
        return Expressivity(
            UNDECIDED,
            "the necessary conditions of Theorem B hold; its sufficiency does not apply",
            numbers,
            necessary,
            sufficient,
            None,
            missing,
        )
    networks = indicator_networks(circle, table, neurons, offset) if neurons else None
    return Expressivity(
        UNIVERSAL, _theorem_of_universal(circle, means), numbers, necessary, sufficient, networks
    )


def _alike_in_the_plane(
    alike: tuple[Point, Point],
    arithmetic: Arithmetic,
    numbers: tuple[tuple[str, int], ...],
    necessary: tuple[Condition, ...],
) -> Expressivity:
    """Binary weights and biases in the format: separation fails for two inputs."""
    first, second = alike
    forbidden = ((first, 0), (second, 1 if arithmetic.highest else -1))
    statement = (
        f"no neuron ±x1 ± x2 + b with b in the format tells {first} and {second} apart, though "
        "neurons of one input tell all levels apart"
    )
    found = Obstruction("separation", forbidden, separation_reason(first, second))
    conditions = (*necessary, Condition("separation of two inputs", False, statement))
    theorem = "Theorem A, separation of two inputs by binary weights"
    return Expressivity(NOT_UNIVERSAL, theorem, numbers, conditions, conditions, found)


_ALL_POINTS = (
    "neurons ±x1 ± ... ± xd + b, b a level, tell all inputs apart, whatever d (by Lemma 2)"
)
_HYPOTHESES = "every level is the rounding of some bias, and the activation is not constant"


def _separation(
    table: Sequence[int], arithmetic: Arithmetic, *, witness: bool
) -> tuple[tuple[int, int] | None, tuple[Neuron, ...], str]:
    """The unseparated pair, separating neurons, and by what means it was found."""
    by_lemma = bool(separable_by_lemma(table, arithmetic))
    if by_lemma and not (witness and len(table) <= MAX_WITNESS_LEVELS):
        return None, (), "Lemma 1"
    found = separate(table, arithmetic, all_classes=False)
    return found.pair, found.neurons, "Lemma 1" if by_lemma else "a finite check"


def _separates(pair: tuple[int, int] | None, means: str) -> Condition:
    if pair is None:
        return Condition(
            "separation", True, f"first-layer neurons tell all levels apart (by {means})"
        )
    return Condition(
        "separation",
        False,
        f"no first-layer neuron tells the levels {pair[0]} and {pair[1]} apart",
    )


def _residues(circle: Circle, offset: int | None, conflict: Sequence[int]) -> Condition:
    if offset is not None:
        statement = f"{offset} + {circle.modulus}Z meets the cell of every level"
        return Condition("residues", True, statement)
    return Condition("residues", False, residue_reason(circle, conflict))


def _numbers(circle: Circle, offset: int | None) -> tuple[tuple[str, int], ...]:
    arithmetic = circle.arithmetic
    numbers = {
        "D": circle.modulus // arithmetic.unit,
        "g": circle.step,
        "s": arithmetic.scale,
        "A": arithmetic.lowest,
        "B": arithmetic.highest,
        "w": arithmetic.weights,
        "beta": arithmetic.beta,
    }
    return tuple((numbers | ({} if offset is None else {"c": offset})).items())


def _function(levels: Sequence[int], arithmetic: Arithmetic) -> tuple[tuple[Point, int], ...]:
    """A function that takes each of some levels, on as few inputs as that needs."""
    inputs = sorted(arithmetic.levels, key=lambda k: (abs(k), k < 0))[: len(levels)]
    return tuple(((x,), value) for x, value in zip(sorted(inputs), sorted(levels), strict=True))


_NEAREST = (
    Rounding.NEAREST_EVEN,
    Rounding.NEAREST_AWAY,
    Rounding.NEAREST_UP,
    Rounding.NEAREST_DOWN,
    Rounding.NEAREST_ZERO,
)


def _is_simple(arithmetic: Arithmetic) -> bool:
    """Whether the closed form 1 ≤ D ≤ s decides: Q_{p,s} to nearest, 1 a weight, p ≥ 2."""
    return (
        arithmetic.form.rounding in _NEAREST
        and arithmetic.weight_set == "full"
        and arithmetic.beta == arithmetic.scale
        and arithmetic.lowest == -arithmetic.highest
        and arithmetic.highest >= 3
        and arithmetic.scale <= arithmetic.weights == arithmetic.highest
        and arithmetic.scale < 2 * arithmetic.highest - 2
    )


def _theorem_of_residues(circle: Circle) -> str:
    if circle.arithmetic.weight_set == "binary":
        return "Theorem D: binary weights need D = 1"
    if _is_simple(circle.arithmetic):
        return "Corollary: for s within the weights, universal if and only if 1 ≤ D ≤ s"
    return "Theorem B, residues"


def _theorem_of_universal(circle: Circle, means: str) -> str:
    if circle.arithmetic.weight_set == "binary":
        if circle.arithmetic.bias == "same":
            return "Theorem D (binary weights, biases in the format), Lemma 2"
        return "Theorem D (binary weights), Lemma 1"
    if _is_simple(circle.arithmetic) and circle.arithmetic.bias == "wide":
        return "Corollary: for s within the weights, universal if and only if 1 ≤ D ≤ s"
    return f"Theorem B, separation by {means}"


def _constant(table: Sequence[int], circle: Circle) -> Expressivity:
    arithmetic = circle.arithmetic
    statement = f"the activation is {table[0]} at every level, so every network is constant"
    necessary = (Condition("separation", False, statement),)
    forbidden = _function((0, 1 if arithmetic.highest else -1), arithmetic)
    return Expressivity(
        NOT_UNIVERSAL,
        "Theorem A, constant activations",
        _numbers(circle, None),
        necessary,
        necessary,
        Obstruction("constant", forbidden, statement),
    )


def _conditions(conditions: Sequence[Condition]) -> dict[str, Any]:
    """A set of conditions as JSON: whether all hold (null: not determined, or none is known)."""
    states = [condition.holds for condition in conditions]
    holds = None if not states else False if False in states else None if None in states else True
    return {"holds": holds, "conditions": [condition.to_dict() for condition in conditions]}
