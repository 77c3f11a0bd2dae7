"""Whether one table can be computed by some network of any size (Theorem A)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from bitproof.errors import InputError, WorkLimitError
from bitproof.theory.arithmetic import Arithmetic
from bitproof.theory.residues import Circle, circle_of
from bitproof.theory.separation import Separation, separable_by_lemma, separate
from bitproof.theory.strict_binary import missing_for_strict_binary

MAX_JOINT_WEIGHTS = 1 << 20

Point = tuple[int, ...]


@dataclass(frozen=True)
class Representable:
    """Some network with at most three hidden layers (four with binary weights and biases in the
    format) computes the table; `offset` is the c that its output's sums are congruent to modulo
    D."""

    offset: int


@dataclass(frozen=True)
class NotRepresentable:
    """No network of any size computes the table.

    Attributes:
        kind: "constant", "residue" or "separation".
        reason: what forbids it, for people.
    """

    kind: str
    reason: str


@dataclass(frozen=True)
class Unknown:
    """The theorems do not decide it."""

    reason: str


def representable(
    table: Sequence[int], arithmetic: Arithmetic, function: Mapping[Point, int]
) -> Representable | NotRepresentable | Unknown:
    """Theorem A: whether a network computes f (one with at least one hidden layer, of any size).

    Where R(βb) takes every level and the activation's table T is not constant, f is computed by
    some network if and only if (i) it is equal at inputs that no first-layer neuron separates,
    and (ii) one c in gZ suits all its values: the cell of each holds an integer of c + DZ, where
    D is the gcd of the differences of T and g = gcd(D, T, β). If T is constant: exactly the
    constant functions.

    Args:
        table: T, for every level ascending.
        arithmetic: the arithmetic; rounding once.
        function: f by input levels, one entry for each input it is asked for; it may leave out
            inputs, which then may have any value.

    Raises:
        InputError: inputs or values outside the format, or of different lengths.
        WorkLimitError: the inputs' separation is too large to check.

    >>> from bitproof.exact.fixed_point import FixedPoint
    >>> arithmetic = Arithmetic.of(FixedPoint.symmetric(2, 3))
    >>> sign = tuple(3 if k >= 0 else -3 for k in arithmetic.levels)
    >>> representable(sign, arithmetic, {(0,): 0, (1,): 2})
    Representable(offset=0)
    >>> representable(sign, arithmetic, {(0,): 0, (1,): 1}).kind
    'residue'
    """
    _check(table, arithmetic, function)
    if not arithmetic.rounding_once:
        return Unknown("Theorem A is about sums that are rounded once")
    values = set(function.values())
    circle = circle_of(table, arithmetic)
    every_level = all(arithmetic.bias_for(level) is not None for level in values)
    if circle.modulus == 0:
        return _of_constant(values, every_level=every_level)
    offset = circle.common(values)
    if offset is None:
        return NotRepresentable("residue", residue_reason(circle, sorted(values)))
    clash = _unseparated(table, arithmetic, function)
    if clash is not None:
        return NotRepresentable("separation", separation_reason(*clash))
    missing = missing_hypothesis(table, arithmetic)
    return Unknown(missing) if missing else Representable(offset)


def missing_hypothesis(table: Sequence[int], arithmetic: Arithmetic) -> str:
    """Why Theorem A's sufficiency is not proved for an arithmetic and an activation's table; empty
    where it is."""
    if any(arithmetic.bias_for(level) is None for level in arithmetic.levels):
        return "some level is the rounding of no bias"
    if arithmetic.bias == "same" and arithmetic.weight_set == "binary":
        return missing_for_strict_binary(table, arithmetic)
    if arithmetic.bias == "same" and arithmetic.beta % arithmetic.unit:
        return "biases in the format in a unit the weights do not reach: sufficiency is not proved"
    return ""


def residue_reason(circle: Circle, levels: Sequence[int]) -> str:
    """Why no network outputs all of some levels."""
    names = ", ".join(str(k) for k in levels[:12]) + (", ..." if len(levels) > 12 else "")
    return (
        f"the sums of an output neuron are all congruent modulo {circle.modulus}, "
        f"and no residue lies in the cells of all the levels {names}"
    )


def separation_reason(first: Point, second: Point) -> str:
    """Why a network's outputs are equal at two inputs."""
    return (
        f"every first-layer neuron has the same value at {_name(first)} and {_name(second)}, "
        "so every network has"
    )


def _name(point: Point) -> str:
    return str(point[0]) if len(point) == 1 else f"({', '.join(map(str, point))})"


def _of_constant(
    values: set[int], *, every_level: bool
) -> Representable | NotRepresentable | Unknown:
    if len(values) > 1:
        return NotRepresentable(
            "constant", "the activation is constant, so every network computes a constant"
        )
    if every_level:
        return Representable(0)
    return Unknown("the level is the rounding of no bias")


def _check(table: Sequence[int], arithmetic: Arithmetic, function: Mapping[Point, int]) -> None:
    check_table(table, arithmetic)
    if not function or len({len(point) for point in function}) != 1 or () in function:
        raise InputError(
            "the function has no inputs, or inputs of different lengths",
            remedy="map tuples of levels, all of the same length, to levels",
        )
    levels = arithmetic.levels
    for point, value in function.items():
        if value not in levels or any(level not in levels for level in point):
            raise InputError(
                f"f{point} = {value} is outside the levels {levels[0]}..{levels[-1]}",
                remedy="give inputs and values as levels of the format",
            )


def check_table(table: Sequence[int], arithmetic: Arithmetic) -> None:
    """Refuses a table that is not an activation's.

    Raises:
        InputError: a wrong length or a value that is no level.
    """
    levels = arithmetic.levels
    if len(table) != len(levels):
        raise InputError(
            f"a table of {len(table)} values for {len(levels)} levels",
            remedy="give one output level for every level of the format, ascending",
        )
    for value in table:
        if value not in levels:
            raise InputError(
                f"the value {value} is outside the levels {levels[0]}..{levels[-1]}",
                remedy="give output levels of the format",
            )


def _unseparated(
    table: Sequence[int], arithmetic: Arithmetic, function: Mapping[Point, int]
) -> tuple[Point, Point] | None:
    """Two inputs with different values that no first-layer neuron separates."""
    if separable_by_lemma(table, arithmetic):
        return None
    found = separate(table, arithmetic)
    single = arithmetic.weight_set != "binary" or len(next(iter(function))) == 1
    groups: dict[Point, list[Point]] = {}
    for point in function:
        groups.setdefault(_class_of(point, found, arithmetic) if single else (), []).append(point)
    for members in groups.values():
        clash = _clash_within(members, table, arithmetic, function)
        if clash is not None:
            return clash
    return None


def _class_of(point: Point, found: Separation, arithmetic: Arithmetic) -> Point:
    return tuple(found.classes[level - arithmetic.lowest] for level in point)


def _clash_within(
    members: Sequence[Point],
    table: Sequence[int],
    arithmetic: Arithmetic,
    function: Mapping[Point, int],
) -> tuple[Point, Point] | None:
    """Among inputs alike in each coordinate, two that no joint neuron separates either."""
    for index, second in enumerate(members):
        for first in members[:index]:
            if function[first] == function[second]:
                continue
            if len(first) == 1 and arithmetic.weight_set != "binary":
                return first, second
            if not _jointly_separated(first, second, table, arithmetic):
                return first, second
    return None


def _jointly_separated(
    first: Point, second: Point, table: Sequence[int], arithmetic: Arithmetic
) -> bool:
    choices = arithmetic.first_weights()
    if len(choices) ** len(first) > MAX_JOINT_WEIGHTS:
        raise WorkLimitError(
            f"{len(choices)}^{len(first)} weights to try", remedy="use fewer bits or inputs"
        )
    reach = max(abs(m) for m in choices) * len(first)
    reach *= max(-arithmetic.lowest, arithmetic.highest)
    offsets = [arithmetic.beta * bias for bias in arithmetic.biases(reach)]
    sums = {
        (
            sum(m * x for m, x in zip(weights, first, strict=True)),
            sum(m * x for m, x in zip(weights, second, strict=True)),
        )
        for weights in product(choices, repeat=len(first))
    }
    lowest = arithmetic.lowest
    return any(
        table[arithmetic.requantise(one + offset) - lowest]
        != table[arithmetic.requantise(other + offset) - lowest]
        for one, other in sums
        if one != other
        for offset in offsets
    )
