"""Which constructions are tried for a function, in what order."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

from bitproof.construct.fixed_point_boxes import (
    Assembly,
    FaceStock,
    boxes,
    corners,
    most_common,
)
from bitproof.construct.fixed_point_faces import Signal
from bitproof.construct.fixed_point_jumps import carried, direct, starts
from bitproof.construct.fixed_point_machine import Integers, Machine
from bitproof.construct.fixed_point_plan import Draft, Plan
from bitproof.construct.fixed_point_proof import by_proof
from bitproof.construct.fixed_point_ramp import ramp

SPACINGS = (1, 2, 3, 4, 6)
FACE_COPIES = (1, 2, 3, 5, 8)


def trials(machine: Machine, function: Integers, residue: int, minimise: str) -> Iterator[Plan]:
    """Networks for the function, of different kinds; the caller keeps the best."""
    if machine.difference == 0 or (function == function.flat[0]).all():
        yield from _some(by_proof(machine, function, 0))
        return
    if function.ndim == 1:
        steep = _one_input(machine, function, residue, minimise)
    else:
        steep = _several_inputs(machine, function, residue)
    found = False
    for plan in steep:
        found = True
        yield plan
    if not found:
        yield from _last_resort(machine, function, residue)


def _last_resort(machine: Machine, function: Integers, residue: int) -> Iterator[Plan]:
    for start in starts(machine, int(function.flat[0]), residue):
        plan = by_proof(machine, function, start)
        if plan is not None:
            yield plan
            return


def _some(plan: Plan | None) -> Iterator[Plan]:
    if plan is not None:
        yield plan


def _one_input(machine: Machine, function: Integers, residue: int, minimise: str) -> Iterator[Plan]:
    limit = 1 << 30
    for start in starts(machine, int(function[0]), residue):
        if machine.zeros:
            plan = direct(machine, function, start, minimise)
            if plan is not None:
                limit = min(limit, 2 * plan.neurons)
                yield plan
    for spacing in SPACINGS:
        yield from _some(
            carried(machine, function, _middle(machine, function[0], residue), minimise, spacing)
        )
    if not machine.zeros:
        return
    for backward, thrift in product((False, True), (False, True)):
        first = int(function[-1] if backward else function[0])
        for start in starts(machine, first, residue)[:1]:
            yield from _some(
                ramp(machine, function, start, backward=backward, thrift=thrift, limit=limit)
            )


def _middle(machine: Machine, level: int, residue: int) -> int:
    return starts(machine, int(level), residue)[0]


def _several_inputs(machine: Machine, function: Integers, residue: int) -> Iterator[Plan]:
    if not machine.zeros:
        return
    stock = FaceStock(
        machine, [[Signal(machine.levels, ((axis, 1),))] for axis in range(function.ndim)]
    )
    for copies in FACE_COPIES:
        common = most_common(function)
        for start in starts(machine, common, residue)[:1]:
            yield from _some(boxes(Assembly(stock, Draft(2), copies), function, start))
        for flips in product((False, True), repeat=function.ndim):
            corner = function[tuple(-1 if flip else 0 for flip in flips)]
            for start in starts(machine, int(corner), residue)[:1]:
                yield from _some(corners(Assembly(stock, Draft(2), copies), function, start, flips))
