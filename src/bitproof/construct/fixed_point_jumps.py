"""Two hidden layers for one input: a face and a gadget for every jump of the function.

The cost grows with the jumps, not with the levels: with a steep activation two neurons and three
weights a jump.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from bitproof.construct.fixed_point_faces import Face, Signal, faces
from bitproof.construct.fixed_point_gadgets import Options, Part, combination, options
from bitproof.construct.fixed_point_machine import FAR, Integers, Machine
from bitproof.construct.fixed_point_output import finish
from bitproof.construct.fixed_point_plan import Draft, Plan

FEWEST = 2  # neurons for a jump: a face and a gadget

_Best = tuple[int, Face, bool, Options, tuple[Part, ...]]
SignalsAt = Callable[[int], Sequence[Signal]]


def room(machine: Machine, level: int, total: int) -> tuple[int, int]:
    """How far u = `total` is from the ends of a level's cell; ±FAR for an infinite end."""
    low = int(machine.cell_low[level - machine.lowest])
    high = int(machine.cell_high[level - machine.lowest])
    return (low if low <= -FAR else low - total), (high if high >= FAR else high - total)


class Jumps:
    """Plans the gadgets of a one-input function, given the signals faces may read.

    Args:
        signals: for a threshold l (a jump between l - 1 and l), what faces may read there.
        depth: the number of hidden layers; faces are in the last but one, gadgets in the last.
        minimise: `neurons` or `weights`.
        most: give up beyond so many neurons.
    """

    def __init__(
        self, machine: Machine, draft: Draft, signals: SignalsAt, minimise: str, most: int
    ) -> None:
        self.machine = machine
        self.draft = draft
        self.signals = signals
        self.minimise = minimise
        self.most = most
        self.used = 0
        self.weights: dict[int, int] = {}
        self._options: dict[tuple[int, int, int], Options] = {}

    def plan(self, method: str, function: Integers, start: int) -> Plan | None:
        """The network; None if a jump has no gadgets. `start` is u at the lowest level."""
        total = start
        for place in range(1, len(function)):
            low, high = room(self.machine, int(function[place]), total)
            if low <= 0 <= high:
                continue
            step = self._step(place + self.machine.lowest, low, high)
            if step is None:
                return None
            total += step
        return finish(self.machine, self.draft, method, self.weights, function)

    def _step(self, threshold: int, low: int, high: int) -> int | None:
        """Adds the cheapest gadgets that move u by something in [low, high] at a threshold."""
        best: _Best | None = None
        for upper in (True, False):
            signals = self.signals(threshold)
            place = threshold if upper else threshold - 1
            ends = (low, high) if upper else (-high, -low)
            for face in faces(self.machine, signals, place, upper=upper)[:4]:
                choice = self._options_of(face)
                if not len(choice):
                    continue
                face_cost = choice.face_copies[:, 0] * self._price(face)
                found = combination(choice, *ends, face_cost)
                if found is not None and (best is None or found[0] < best[0]):
                    best = found[0], face, upper, choice, found[1]
                if best is not None and best[0] <= FEWEST:
                    return self._take(best)
        return None if best is None else self._take(best)

    def _take(self, best: _Best) -> int | None:
        cost, face, upper, choice, parts = best
        self.used += cost
        if self.used > self.most:
            return None
        moved = sum(part.weight * int(choice.heights[part.row]) for part in parts)
        for part in parts:
            self._add(face, choice, part)
        return moved if upper else -moved

    def _price(self, face: Face) -> int:
        """Of a copy of a face. Without zero weights every neuron reads all others, however many a
        face needs, so few neurons make few weights."""
        dense = not self.machine.zeros
        return 1 if dense or self.minimise == "neurons" else 1 + len(face.weights)

    def _options_of(self, face: Face) -> Options:
        key = (face.inside, face.sign, face.gap)
        if key not in self._options:
            self._options[key] = options(self.machine, (face,))
        return self._options[key]

    def _add(self, face: Face, choice: Options, part: Part) -> None:
        depth = len(self.draft.layers)
        place = self.draft.neuron(depth - 1, face.weights, face.bias)
        bias, pushes = choice.bias_and_weights(part.row, (face,))
        gadget = self.draft.neuron(depth, {place: pushes[0]}, bias)
        self.weights[gadget] = self.weights.get(gadget, 0) + part.weight


def starts(machine: Machine, level: int, residue: int) -> list[int]:
    """Values of u in a level's cell to begin with, congruent to c modulo D: the middle one, and
    those at the ends of the cell."""
    low = int(machine.cell_low[level - machine.lowest])
    high = int(machine.cell_high[level - machine.lowest])
    if low <= -FAR:
        low = high - 2 * machine.difference
    if high >= FAR:
        high = low + 2 * machine.difference
    step = max(1, machine.difference)
    inside = [u for u in range(low, high + 1) if (u - residue) % step == 0]
    middle = (low + high) / 2
    near = sorted(inside, key=lambda u: abs(u - middle))
    return list(dict.fromkeys([*near[:1], *inside[:1], *inside[-1:]]))


def direct(
    machine: Machine, function: Integers, start: int, minimise: str, most: int
) -> Plan | None:
    """Faces read the input itself."""
    itself = (Signal(machine.levels, ((0, 1),)),)
    jumps = Jumps(machine, Draft(2), lambda _: itself, minimise, most)
    return jumps.plan("jumps", function, start)


def carried(
    machine: Machine,
    function: Integers,
    start: int,
    minimise: str,
    spacing: int,
    most: int,
    times: int = 1,
) -> Plan | None:
    """Faces read carriers: neurons T[R(w·x + βb)] whose slopes are shifted by `spacing` levels."""
    draft, signals, used = steep(machine, spacing, times)
    most -= used
    return Jumps(machine, draft, signals, minimise, most).plan("jumps, carried", function, start)


def steep(machine: Machine, spacing: int, times: int = 1) -> tuple[Draft, SignalsAt, int]:
    """A draft with carriers, what faces may read at a threshold, and the copies of the carriers."""
    draft = Draft(3)
    window = carriers(machine, spacing)
    rows = [(draft.neuron(1, {0: weight}, bias), values) for weight, bias, values in window]
    everything = sum((values for _, values in rows), np.zeros_like(machine.levels))
    globally = Signal(times * everything, tuple((row, times) for row, _ in rows))

    def signals(threshold: int) -> list[Signal]:
        place = threshold - machine.lowest
        near = [(row, values) for row, values in rows if values[place] > values[place - 1]]
        local = Signal(
            sum((values for _, values in near), np.zeros_like(machine.levels)),
            tuple((row, 1) for row, _ in near),
        )
        return [local, globally] if machine.zeros else [globally]

    return draft, signals, len(window) * (1 if machine.zeros else times)


def carriers(machine: Machine, spacing: int) -> list[tuple[int, int, Integers]]:
    """(weight, bias, values) of neurons that rise somewhere in the format, `spacing` apart."""
    weight = machine.heaviest
    rising = 1 if machine.table[-1] >= machine.table[0] else -1
    scaled = rising * weight * machine.levels
    top = max(-int(machine.cell_high[0]), int(machine.cell_low[-1])) + int(np.abs(scaled).max())
    step = max(1, spacing * weight // machine.beta)
    most = top // machine.beta + 1
    found = []
    for bias in range(-most, most + 1, step):
        values = machine.apply(scaled + machine.beta * bias)
        if machine.allows(bias) and (values != values[0]).any():
            found.append((rising * weight, bias, values))
    return found
