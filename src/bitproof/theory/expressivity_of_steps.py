"""The verdict where every operation is rounded: Theorem E and the automaton of partial sums."""

from __future__ import annotations

from collections.abc import Sequence

from bitproof.theory.arithmetic import Arithmetic
from bitproof.theory.automaton import MAX_SETS, Reach, reach
from bitproof.theory.every_operation import EveryOperation, Rise, every_operation
from bitproof.theory.expressivity import (
    NOT_UNIVERSAL,
    UNDECIDED,
    UNIVERSAL,
    Condition,
    Expressivity,
    Obstruction,
)
from bitproof.theory.step_networks import StepNetworks

MAX_WITNESS_LEVELS = 1 << 10
FEW_SETS = 1_000


def decide_steps(
    table: Sequence[int],
    arithmetic: Arithmetic,
    numbers: tuple[tuple[str, int], ...],
    *,
    witness: bool = True,
) -> Expressivity:
    """Whether networks that round every operation compute every function.

    Args:
        table: T, not constant.
        arithmetic: rounding after every operation.
        numbers: those of the answer.
        witness: whether to give the proof's networks; the verdict is the same without.
    """
    binary = arithmetic.weight_set == "binary"
    conditions = None if binary else every_operation(table, arithmetic)
    decided = conditions is not None and (conditions.sufficient or not conditions.necessary)
    found = reach(table, arithmetic, FEW_SETS if decided else MAX_SETS)
    numbers = (*numbers, ("sets", found.sets))
    if conditions is None:
        known = "binary weights have no 0" if binary else "too many levels"
        return _by_automaton(found, (), numbers, arithmetic, f"{known}: Theorem E does not apply")
    necessary = (_automaton(found), *_necessary(conditions))
    obstruction = _obstruction(conditions, table, arithmetic)
    if obstruction is not None:
        theorem = f"Theorem E, {obstruction.kind}"
        return Expressivity(NOT_UNIVERSAL, theorem, numbers, necessary, necessary, obstruction)
    sufficient = (*necessary[1:], *_sufficient(conditions, len(table)))
    if not conditions.sufficient:
        known = "the necessary conditions of Theorem E hold, not all of its sufficient ones"
        return _by_automaton(found, necessary[1:], numbers, arithmetic, known, sufficient)
    networks = None
    if witness and len(table) <= MAX_WITNESS_LEVELS:
        networks = StepNetworks(arithmetic, tuple(table), conditions)
    return Expressivity(UNIVERSAL, "Theorem E", numbers, necessary, sufficient, networks)


def _by_automaton(
    found: Reach,
    others: tuple[Condition, ...],
    numbers: tuple[tuple[str, int], ...],
    arithmetic: Arithmetic,
    known: str,
    sufficient: tuple[Condition, ...] = (),
) -> Expressivity:
    """Not universal if the sums do not reach all levels, else undecided."""
    necessary = (_automaton(found), *others)
    if found.reaches is False:
        function = tuple(((level,), level) for level in arithmetic.levels)
        obstruction = Obstruction("automaton", function, necessary[0].statement)
        theorem = "Variant H, necessary condition"
        return Expressivity(NOT_UNIVERSAL, theorem, numbers, necessary, sufficient, obstruction)
    theorem = "rounding after every operation: Theorem E does not apply"
    return Expressivity(UNDECIDED, theorem, numbers, necessary, sufficient, None, known)


def _automaton(found: Reach) -> Condition:
    if found.reaches:
        statement = f"{len(found.weights)} products spread one bias over all levels"
    elif found.reaches is None:
        statement = f"not determined within {found.sets} sets of partial sums"
    else:
        statement = (
            f"the partial sums of an output neuron take at most {found.largest} levels, over all "
            "inputs, whatever its bias and weights"
        )
    return Condition("automaton", found.reaches, statement)


def _necessary(conditions: EveryOperation) -> tuple[Condition, ...]:
    alike, turn = conditions.alike, conditions.turn
    separation = (
        "products of first-layer neurons tell all levels apart (by a finite check)"
        if alike is None
        else f"no product of a first-layer neuron tells the levels {alike[0]} and {alike[1]} apart"
    )
    both = conditions.up is not None and conditions.down is not None
    turning = (
        "every weight's products of the activation are all above 0, all below 0, or all 0"
        if turn is None
        else f"weight {turn.weight} makes products ≤ 0 and ≥ 0 that differ by {turn.width}"
    )
    return (
        Condition("separation", alike is None, separation),
        Condition("order", both, _order(conditions.up, conditions.down)),
        Condition("turn", turn is not None, turning),
    )


def _order(up: Rise | None, down: Rise | None) -> str:
    if up is None and down is None:
        return "no product of the activation changes from a level to the next"
    if up is None or down is None:
        return f"products of the activation only {'fall' if up is None else 'rise'} with the level"
    return (
        f"weight {up.weight} makes products that rise after level {up.level}, "
        f"weight {down.weight} ones that fall after level {down.level}"
    )


def _sufficient(conditions: EveryOperation, levels: int) -> tuple[Condition, ...]:
    turn = conditions.turn
    width = "no turn" if turn is None else f"2·{turn.width} against {levels} levels and one"
    units = "are" if conditions.units else "are not both"
    return (
        Condition("units", conditions.units, f"1 and -1 {units} products of constants"),
        Condition("width", conditions.narrow, width),
    )


def _obstruction(
    conditions: EveryOperation, table: Sequence[int], arithmetic: Arithmetic
) -> Obstruction | None:
    """A function that a failing necessary condition forbids."""
    separation, order, turn = _necessary(conditions)
    other = 1 if arithmetic.highest else -1
    if conditions.alike is not None:
        first, second = conditions.alike
        values = (((first,), 0), ((second,), other))
        return Obstruction("separation", values, separation.statement)
    if not turn.holds:
        inputs = sorted((0, other))
        values = (((inputs[0],), arithmetic.lowest), ((inputs[1],), arithmetic.highest))
        invariant = f"{turn.statement}, so no output neuron takes both ends of the format"
        return Obstruction("turn", values, invariant)
    if not order.holds:
        one = table[0]
        two = next(value for value in table if value != one)
        points = ((one, one), (one, two), (two, one), (two, two))
        exclusive = tuple(zip(points, (0, other, other, 0), strict=True))
        invariant = (
            f"{order.statement}, so on inputs that are values of the activation every network is "
            "monotone in all inputs alike, which this exclusive or is not"
        )
        return Obstruction("order", exclusive, invariant)
    return None
