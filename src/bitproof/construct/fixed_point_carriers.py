"""Carriers: a first layer whose sums are steep signals of single coordinates.

A face that reads the input has a gap of at most w/s levels a step. A sum of many shifted neurons
T[R(±x ± … + b)] is steeper. With binary weights every first-layer neuron reads all inputs, each
with +1 or -1; but where L(t) = Σ_b T[R(t + b)] is exactly linear, its sum over the sign patterns,
with the signs of one coordinate, is a multiple of that coordinate alone.
"""

from __future__ import annotations

from itertools import product

import numpy as np

from bitproof.construct.fixed_point_faces import Signal
from bitproof.construct.fixed_point_jumps import carriers
from bitproof.construct.fixed_point_machine import Integers, Machine
from bitproof.construct.fixed_point_plan import Draft

LINEAR_SPACINGS = 3


def axis_signals(machine: Machine, draft: Draft, dims: int, spacing: int) -> list[list[Signal]]:
    """Carriers of one coordinate each, for weights that may be 0."""
    found = carriers(machine, spacing)
    total = sum((values for _, _, values in found), np.zeros_like(machine.levels))
    return [
        [
            Signal(
                total,
                tuple((draft.neuron(1, {axis: weight}, bias), 1) for weight, bias, _ in found),
            )
        ]
        for axis in range(dims)
    ]


def pattern_signals(
    machine: Machine, draft: Draft, dims: int, spacing: int, times: int
) -> list[list[Signal]]:
    """Carriers that read every coordinate with +1 or -1, each counted `times` times.

    `spacing` is one of `linear_spacings`.
    """
    biases = _biases(machine, dims, spacing)
    sources: list[list[tuple[int, int]]] = [[] for _ in range(dims)]
    values = np.zeros((dims, len(machine.levels)), dtype=np.int64)
    for pattern in product((1, -1), repeat=dims - 1):
        signs = (1, *pattern)
        for axis, sign in enumerate(signs):
            # the other coordinates do not matter, so they are 0
            values[axis] += sign * times * _total(machine, biases, sign * machine.levels)
            sources[axis] += [
                (draft.neuron(1, dict(enumerate(signs)), bias), sign * times) for bias in biases
            ]
    return [[Signal(values[axis], tuple(sources[axis]))] for axis in range(dims)]


def linear_spacings(machine: Machine, dims: int) -> list[int]:
    """The widest spacings for which L is exactly linear where it is used; none if T has the same
    value at both ends (then no sum of shifted neurons rises for ever)."""
    reach = dims * np.arange(machine.lowest, machine.highest + 1)
    sums = np.arange(int(reach.min()), int(reach.max()) + 1)
    found = []
    for spacing in range(machine.highest - machine.lowest, 0, -1):
        steps = np.diff(_total(machine, _biases(machine, dims, spacing), sums))
        if steps[0] != 0 and (steps == steps[0]).all():
            found.append(spacing)
        if len(found) == LINEAR_SPACINGS:
            break
    return found


def _biases(machine: Machine, dims: int, spacing: int) -> list[int]:
    """Every `spacing`-th bias with which a neuron moves somewhere."""
    most = (dims + 1) * max(-machine.lowest, machine.highest) + 1
    return [
        bias
        for bias in range(-most, most + 1)
        if bias % spacing == 0 and machine.allows(bias) and _moves(machine, dims, bias)
    ]


def _moves(machine: Machine, dims: int, bias: int) -> bool:
    ends = np.array([dims * machine.lowest, dims * machine.highest])
    low, high = (machine.level(np.arange(ends[0], ends[1] + 1) + machine.beta * bias))[[0, -1]]
    span = machine.table[low - machine.lowest : high - machine.lowest + 1]
    return bool((span != span[0]).any())


def _total(machine: Machine, biases: list[int], sums: Integers) -> Integers:
    """L at every sum of inputs."""
    offsets = machine.beta * np.array(biases, dtype=np.int64)
    values = machine.apply(sums[None, :] + offsets[:, None])
    return np.asarray(values.sum(axis=0), dtype=np.int64)
