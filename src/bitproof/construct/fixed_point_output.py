"""The output neuron: its weights are given, its bias and constant neurons are found here."""

from __future__ import annotations

import heapq
from collections.abc import Mapping

import numpy as np

from bitproof.construct.fixed_point_machine import FAR, Integers, Machine
from bitproof.construct.fixed_point_plan import Draft, Neuron, Plan, accumulate, grid, run_hidden


def finish(
    machine: Machine, draft: Draft, method: str, weights: Mapping[int, int], function: Integers
) -> Plan | None:
    """The plan whose output has these weights on the last hidden layer, the rest being constant.

    Args:
        function: the wanted level at every input (d axes).

    Returns:
        None if no constant puts every sum into its cell.
    """
    bare = draft.plan(method, weights, 0)
    sums = output_sums(machine, bare, function.ndim)
    wanted = function.ravel() - machine.lowest
    low = int((machine.cell_low[wanted] - sums).max())
    high = int((machine.cell_high[wanted] - sums).min())
    found = constant_sum(machine, low, high)
    if found is None:
        return None
    bias, constants = found
    complete = dict(weights)
    for level_bias, weight in constants:
        place = draft.neuron(len(draft.layers), {}, level_bias)
        complete[place] = complete.get(place, 0) + weight
    return draft.plan(method, complete, bias)


def output_sums(machine: Machine, plan: Plan, dims: int) -> Integers:
    """The output's u for every input, without its bias."""
    hidden = run_hidden(machine, plan, grid(machine, dims))
    return accumulate(machine, hidden, (Neuron(plan.output.weights, 0),))[:, 0]


def constant_sum(
    machine: Machine, low: int, high: int
) -> tuple[int, tuple[tuple[int, int], ...]] | None:
    """A bias and (bias, weight) of constant neurons whose sum lies in [low, high]."""
    if low > high:
        return None
    low, high = _near_zero(machine, low, high)
    reached = _residues(machine)
    best: tuple[int, int] | None = None
    for total in range(low, min(high, low + machine.beta - 1) + 1):
        cost = reached.get(total % machine.beta, (FAR, ()))[0]
        if best is None or cost < best[0]:
            best = cost, total
    if best is None or best[0] >= FAR:
        return None
    parts = reached[best[1] % machine.beta][1]
    carried = sum(
        weight * int(machine.apply(np.array([machine.beta * b]))[0]) for b, weight in parts
    )
    bias = (best[1] - carried) // machine.beta
    merged: dict[int, int] = {}
    for level_bias, weight in parts:
        merged[level_bias] = merged.get(level_bias, 0) + weight
    return bias, tuple(merged.items())


def _near_zero(machine: Machine, low: int, high: int) -> tuple[int, int]:
    """A half-infinite range of sums, cut to a finite one."""
    if low < -FAR // 2 and high > FAR // 2:
        return 0, machine.beta
    if low < -FAR // 2:
        return high - machine.beta + 1, high
    return low, min(high, low + machine.beta)


def _residues(machine: Machine) -> dict[int, tuple[int, tuple[tuple[int, int], ...]]]:
    """For every residue modulo β that constant neurons reach: the fewest of them that do.

    Dijkstra over the residues; one step is a constant neuron with one weight.
    """
    steps: dict[int, tuple[int, int]] = {}
    for bias, value in constants(machine):
        for weight in range(1, machine.beta):
            for signed in (weight, -weight):
                key = signed * value % machine.beta
                if key and (key not in steps or abs(signed) < abs(steps[key][1])):
                    steps[key] = bias, signed
    found: dict[int, tuple[int, tuple[tuple[int, int], ...]]] = {}
    queue: list[tuple[int, int, tuple[tuple[int, int], ...]]] = [(0, 0, ())]
    while queue:
        cost, residue, parts = heapq.heappop(queue)
        if residue in found:
            continue
        found[residue] = cost, parts
        if len(parts) == 3:
            continue
        for key, (bias, weight) in steps.items():
            onward = (residue + key) % machine.beta
            if onward not in found:
                price = cost + -(-abs(weight) // machine.heaviest)
                heapq.heappush(queue, (price, onward, (*parts, (bias, weight))))
    return found


def constants(machine: Machine) -> list[tuple[int, int]]:
    """(bias, level) of the constant neurons with different levels modulo β."""
    if machine.beta == 1:
        return []
    reach = max(-int(machine.cell_high[0]), int(machine.cell_low[-1])) // machine.beta + 1
    low, high = machine.biases or (-reach, reach)
    biases = np.arange(low, high + 1)
    values = machine.apply(machine.beta * biases)
    different: dict[int, tuple[int, int]] = {}
    for bias, value in zip(biases.tolist(), values.tolist(), strict=True):
        different.setdefault(value % machine.beta, (bias, value))
    return list(different.values())
