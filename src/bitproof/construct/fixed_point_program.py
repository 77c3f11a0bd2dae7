"""One hidden layer as a small integer program: which neurons, and with which weights.

For few levels all neurons T[R(m·x + βb)] that differ anywhere can be listed: the columns. A weight
w on a column takes y ≥ |w|/h copies, h the heaviest weight, and u = Σ w·column + βb must lie in the
cell of every level's output. The fewest copies are an integer program of some hundred columns, and
branch and cut finds networks that no visit of the levels in order does. The same program chooses
the neurons behind a fixed layer of carriers, whose signal is steeper than the input.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, isfinite

import numpy as np

from bitproof.construct.fixed_point_machine import Integers, Machine
from bitproof.construct.fixed_point_plan import Neuron, Plan, grid, run_hidden
from bitproof.construct.fixed_point_ramp import Route
from bitproof.construct.integer_program import (
    NEAR,
    Effort,
    IntegerAnswer,
    IntegerProgram,
    Row,
    solve,
)

MOST_COLUMNS = 500
MOST_COPIES, MOST_BIAS = 12, 1000
EFFORTS = {
    "quick": None,
    "default": Effort(nodes=200, steps=400, seconds=15.0, heuristics=0.3),
    "thorough": Effort(nodes=4000, steps=100_000, seconds=60.0, heuristics=0.3),
}
BINARY_EFFORT = Effort(nodes=1000, steps=20_000, seconds=20.0)  # their programs are small

Values = tuple[int, ...]


@dataclass(frozen=True)
class Programmed:
    """The network of a program, and the solver's word on how small one can be.

    Attributes:
        plan: as planned, before weights are carried by copies.
        least: no network with these carriers (or none) and one layer behind them has fewer neurons
            (or weights) in that layer, while no neuron has more than MOST_COPIES copies. The
            solver says so, in floating point.
    """

    plan: Plan
    least: int


def programmed(
    machine: Machine,
    function: Integers,
    route: Route,
    known: Plan | None,
    minimise: str,
    effort: Effort,
) -> Programmed | None:
    """The smallest network found on a route; None without any, or if the program is too large.

    Args:
        route: what the neurons read.
        known: a network on the same route to begin with.
        minimise: `neurons` or `weights`.
        effort: when the solver stops.
    """
    neurons = _neurons(machine, route)
    start = {} if known is None else _add(machine, neurons, known)
    if len(neurons) > MOST_COLUMNS:
        return None
    columns = np.array(list(neurons), dtype=np.int64)
    weights = [start.get(key, 0) for key in neurons]
    bias = 0 if known is None else known.output.bias
    copies = max(MOST_COPIES, *(-(-abs(weight) // machine.heaviest) for weight in weights))
    # a neuron that reads the input has two weights: the solver does better where all cost the same
    alike = minimise == "neurons" or not route.carries
    costs = [1 if alike else len(neuron.weights) + 1 for neuron in neurons.values()]
    answer = solve(
        _program(machine, function, columns, costs, copies),
        effort=effort,
        start=[*weights, *(-(-abs(w) // machine.heaviest) for w in weights), bias],
    )
    if answer is None:
        return None
    draft = route.draft.copy()
    output: dict[int, int] = {}
    for neuron, weight in zip(neurons.values(), answer.values, strict=False):
        if weight:
            output[draft.neuron(len(draft.layers), neuron.weights, neuron.bias)] = weight
    plan = draft.plan(route.method("program"), output, answer.values[-1])
    asked = minimise == "neurons" or not alike
    return Programmed(plan, _least(answer) if asked else 0)


def _least(answer: IntegerAnswer) -> int:
    return ceil(answer.bound - NEAR) if isfinite(answer.bound) else 0


def _neurons(machine: Machine, route: Route) -> dict[Values, Neuron]:
    """The different neurons on a route by their values at the levels, and a constant neuron for
    every residue modulo β that constants have."""
    beta, signal = machine.beta, route.values
    lightest, heaviest = machine.first
    if route.carries:
        lightest, heaviest = -machine.heaviest, machine.heaviest
    far = max(-int(machine.starts[0]), int(machine.starts[-1]), 0)
    different: dict[Values, Neuron] = {}
    residues: dict[int, Neuron] = {}
    for multiplier in range(lightest, heaviest + 1):
        reads = {source: multiplier * coefficient for source, coefficient in route.sources}
        reach = (far + abs(multiplier) * int(np.abs(signal).max())) // beta + 2
        biases = np.arange(-reach, reach + 1)
        rows = machine.apply(multiplier * signal[None, :] + beta * biases[:, None])
        moving = (rows != rows[:, :1]).any(axis=1)
        for bias, row, moves in zip(biases.tolist(), rows.tolist(), moving.tolist(), strict=True):
            if not machine.allows(bias):
                continue
            if moves:
                different.setdefault(tuple(row), Neuron.of(reads, bias))
            elif not multiplier and row[0] % beta:
                residues.setdefault(row[0] % beta, Neuron((), bias))
    constants = {
        (int(machine.apply(np.array([beta * neuron.bias]))[0]),) * len(signal): neuron
        for neuron in residues.values()
    }
    return different | constants


def _add(machine: Machine, neurons: dict[Values, Neuron], known: Plan) -> dict[Values, int]:
    """A network's last hidden neurons put among the columns: its weights by their values."""
    values = run_hidden(machine, known, grid(machine, 1))
    weights: dict[Values, int] = {}
    for place, weight in known.output.weights:
        key = tuple(values[:, place].tolist())
        neurons.setdefault(key, known.hidden[-1][place])
        weights[key] = weights.get(key, 0) + weight
    return weights


def _program(
    machine: Machine, function: Integers, columns: Integers, costs: list[int], copies: int
) -> IntegerProgram:
    """Columns: a weight for each neuron, its copies, the bias."""
    count, heaviest = len(columns), machine.heaviest
    places = range(count)
    rows = [
        Row([*places, 2 * count], [*values, machine.beta], *machine.cell(level))
        for values, level in zip(columns.T.tolist(), function.tolist(), strict=True)
    ]
    for sign in (1, -1):
        rows.extend(Row([place, count + place], [sign, -heaviest], None, 0) for place in places)
    low, high = machine.biases or (-MOST_BIAS, MOST_BIAS)
    return IntegerProgram(
        costs=[0] * count + costs + [0],
        lower=[-heaviest * copies] * count + [0] * count + [low],
        upper=[heaviest * copies] * count + [copies] * count + [high],
        rows=rows,
    )
