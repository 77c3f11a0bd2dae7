"""Faces: neurons that are constant on one side of a threshold and never reach that value beyond.

A neuron that reads an integer signal S(x) of one coordinate, T[R(m·S + βb)], is constant wherever
R saturates or T is flat. Its bias is chosen so that this begins exactly at the threshold; beyond
it the values must all lie strictly on one side of the constant. The distance δ to the nearest of
them decides how many copies a reader needs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bitproof.construct.fixed_point_machine import Integers, Machine

HEAVIEST_TRIED = 24


@dataclass(frozen=True)
class Signal:
    """An integer function of one coordinate: Σ coefficient · source.

    Attributes:
        values: S at every level, ascending.
        sources: (neuron or input, coefficient); a multiplier m makes the weights m·coefficient.
    """

    values: Integers
    sources: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Face:
    """A neuron with the constant value `inside` on its side of a threshold.

    Attributes:
        weights, bias: of the neuron.
        inside: its value on the constant side.
        sign: +1 if every value beyond is greater, -1 if every one is less.
        gap: δ ≥ 1, the least distance beyond.
    """

    weights: tuple[tuple[int, int], ...]
    bias: int
    inside: int
    sign: int
    gap: int


def multipliers(machine: Machine) -> Integers:
    """The weights worth trying on a signal: the heaviest ones, of both signs."""
    heaviest = machine.heaviest
    top = np.arange(max(1, heaviest - HEAVIEST_TRIED + 1), heaviest + 1)
    return np.concatenate((top, -top)).astype(np.int64)


def faces(
    machine: Machine, signals: Sequence[Signal], threshold: int, *, upper: bool
) -> list[Face]:
    """The faces that are constant at levels ≥ `threshold` (upper) or ≤ it, widest gap first.

    At most one for each gap, inside value and sign.
    """
    found: dict[tuple[int, int, int], Face] = {}
    for signal in signals:
        for face in _of_signal(machine, signal, threshold, upper=upper):
            found.setdefault((face.gap, face.inside, face.sign), face)
    return sorted(found.values(), key=lambda face: -face.gap)


def _of_signal(machine: Machine, signal: Signal, threshold: int, *, upper: bool) -> list[Face]:
    place = threshold - machine.lowest
    inner = slice(place, None) if upper else slice(None, place + 1)
    outer = slice(None, place) if upper else slice(place + 1, None)
    if signal.values[outer].size == 0:
        return []
    scaled = np.outer(multipliers(machine), signal.values)
    rows, biases = _candidates(machine, scaled[:, inner])
    values = machine.apply(scaled[rows] + machine.beta * biases[:, None])
    inside = values[:, place]
    beyond = values[:, outer] - inside[:, None]
    least, most = beyond.min(axis=1), beyond.max(axis=1)
    gaps = np.where(least > 0, least, np.where(most < 0, -most, 0))
    steady = (values[:, inner] == inside[:, None]).all(axis=1)
    if machine.biases is not None:
        steady &= (biases >= machine.biases[0]) & (biases <= machine.biases[1])
    order = np.argsort(-gaps, kind="stable")
    chosen = [i for i in order if steady[i] and gaps[i] > 0][:4]
    scales = multipliers(machine)
    return [
        Face(
            tuple((source, int(scales[rows[i]]) * c) for source, c in signal.sources),
            int(biases[i]),
            int(inside[i]),
            1 if least[i] > 0 else -1,
            int(gaps[i]),
        )
        for i in chosen
    ]


def _candidates(machine: Machine, inner: Integers) -> tuple[Integers, Integers]:
    """Rows of multipliers and biases that put the inner side into a flat end of the activation."""
    beta = machine.beta
    from_top = machine.cell_low[machine.flat_high - machine.lowest]
    from_bottom = machine.cell_high[machine.flat_low - machine.lowest]
    least = -((inner.min(axis=1) - from_top) // beta)
    most = (from_bottom - inner.max(axis=1)) // beta
    rows = np.arange(inner.shape[0])
    steps = (0, 1)
    biases = [least + step for step in steps] + [most - step for step in steps]
    return np.tile(rows, 2 * len(steps)), np.concatenate(biases)
