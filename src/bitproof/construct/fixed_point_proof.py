"""The constructive proof of the representation theorem, as a construction for every activation.

Three hidden layers: first-layer neurons that tell the inputs' classes apart; two-valued indicators
of their values; for every class a neuron with one value on the class and another elsewhere. It is
large, asks for nothing but T not constant, and is the last resort when steeper gadgets fail.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np

from bitproof.construct.fixed_point_gadgets import Options, combination
from bitproof.construct.fixed_point_jumps import room
from bitproof.construct.fixed_point_machine import Integers, Machine
from bitproof.construct.fixed_point_output import finish
from bitproof.construct.fixed_point_plan import Draft, Plan, grid

MIXED_LIMIT = 20_000


@dataclass(frozen=True, eq=False)
class _Reader:
    """A first-layer neuron: weights, bias, its value for every input."""

    weights: tuple[int, ...]
    bias: int
    values: Integers


def by_proof(machine: Machine, function: Integers, start: int) -> Plan | None:
    """The network of the proof; None if the classes cannot be told apart or hit.

    Args:
        start: u of the class of the first input, in its cell and in the right residue class.
    """
    inputs = grid(machine, function.ndim)
    wanted = function.ravel()
    draft = Draft(3)
    if (wanted == wanted[0]).all():
        draft.neuron(1, {}, 0)
        draft.neuron(2, {}, 0)
        return finish(machine, draft, "constant", {draft.neuron(3, {}, 0): 0}, function)
    readers = _telling(machine, inputs, wanted)
    if readers is None:
        return None
    indicators = _Indicators(machine, draft, readers)
    weights: dict[int, int] = {}
    signature = np.stack([reader.values for reader in readers], axis=1)
    classes, members = np.unique(signature, axis=0, return_inverse=True)
    members = members.ravel()
    for number, values in enumerate(classes):
        level = int(wanted[np.argmax(members == number)])
        low, high = room(machine, level, start)
        if low <= 0 <= high:
            continue
        parts = indicators.of_class(values)
        if parts is None or not _add(machine, draft, parts, low, high, weights):
            return None
    return finish(machine, draft, "proof", weights, function)


def _telling(machine: Machine, inputs: Integers, wanted: Integers) -> list[_Reader] | None:
    """Few first-layer neurons that tell apart any two inputs with different wanted levels."""
    chosen: list[_Reader] = []
    classes = np.zeros(len(inputs), dtype=np.int64)
    for reader in _readers(machine, inputs):
        merged = classes * (machine.highest - machine.lowest + 1) + (reader.values - machine.lowest)
        _, finer = np.unique(merged, return_inverse=True)
        finer = finer.ravel()
        if finer.max() == classes.max():
            continue
        classes = finer
        chosen.append(reader)
        if _decided(classes, wanted):
            return _needed(chosen, wanted)
    return None


def _decided(classes: Integers, wanted: Integers) -> bool:
    order = np.lexsort((wanted, classes))
    same = classes[order][1:] == classes[order][:-1]
    return not (same & (wanted[order][1:] != wanted[order][:-1])).any()


def _needed(chosen: list[_Reader], wanted: Integers) -> list[_Reader]:
    """Without those that the others make superfluous."""
    kept = list(chosen)
    for reader in chosen[:-1]:
        fewer = [other for other in kept if other is not reader]
        signature = np.stack([other.values for other in fewer], axis=1)
        _, classes = np.unique(signature, axis=0, return_inverse=True)
        if _decided(classes.ravel(), wanted):
            kept = fewer
    return kept


def _readers(machine: Machine, inputs: Integers) -> Iterator[_Reader]:
    """First-layer neurons: single inputs, heaviest weights first; then weighted sums of inputs."""
    dims = inputs.shape[1]
    every = range(machine.first[0], machine.first[1] + 1)
    if machine.zeros or dims == 1:
        heaviest_first = sorted((m for m in every if m), key=lambda m: (-abs(m), m))
        for weight, axis in product(heaviest_first, range(dims)):
            weights = tuple(weight if i == axis else 0 for i in range(dims))
            yield from _with_biases(machine, inputs, weights)
    mixed = 0
    for weights in product(every, repeat=dims):
        used = sum(1 for weight in weights if weight)
        if used < 2 or (not machine.zeros and used < dims):
            continue
        for reader in _with_biases(machine, inputs, weights):
            mixed += 1
            if mixed > MIXED_LIMIT:
                return
            yield reader


def _with_biases(machine: Machine, inputs: Integers, weights: tuple[int, ...]) -> Iterator[_Reader]:
    """Every bias with which the neuron is not constant, those nearest zero first."""
    scaled = inputs @ np.array(weights, dtype=np.int64)
    reach = int(np.abs(scaled).max()) + max(-int(machine.cell_high[0]), int(machine.cell_low[-1]))
    most = reach // machine.beta + 1
    for bias in sorted(range(-most, most + 1), key=abs):
        if machine.allows(bias):
            values = machine.apply(scaled + machine.beta * bias)
            if (values != values[0]).any():
                yield _Reader(weights, bias, values)


class _Indicators:
    """Second-layer neurons with one value where the readers have given values: two-valued, so of
    constant sign elsewhere."""

    def __init__(self, machine: Machine, draft: Draft, readers: list[_Reader]) -> None:
        self.machine = machine
        self.draft = draft
        self.readers = readers
        self.places = [
            draft.neuron(1, dict(enumerate(reader.weights)), reader.bias) for reader in readers
        ]
        self._made: dict[tuple[int, int], list[tuple[int, int, int]] | None] = {}

    def of_class(self, values: Integers) -> list[tuple[int, int, int]] | None:
        """(place, value inside, value outside) of indicators that all have their inside value on
        one class and nowhere else."""
        parts: list[tuple[int, int, int]] = []
        for number, value in enumerate(values.tolist()):
            made = self._of(number, value)
            if made is None:
                return None
            parts.extend(made)
        return parts

    def _of(self, number: int, value: int) -> list[tuple[int, int, int]] | None:
        key = number, value
        if key not in self._made:
            self._made[key] = self._make(number, value)
        return self._made[key]

    def _make(self, number: int, value: int) -> list[tuple[int, int, int]] | None:
        others = np.unique(self.readers[number].values)
        source = self.places[number]
        if self.machine.table[0] == self.machine.table[-1]:
            part = _saturating(self.machine, value, others[others != value])
            return None if part is None else [self._place(source, part)]
        made = []
        for beyond in (others[others < value], others[others > value]):
            if len(beyond):
                part = _one_sided(self.machine, value, beyond)
                if part is None:
                    return None
                made.append(self._place(source, part))
        return made

    def _place(self, source: int, part: tuple[int, int, int, int]) -> tuple[int, int, int]:
        weight, bias, inside, outside = part
        return self.draft.neuron(2, {source: weight}, bias), inside, outside


def _one_sided(machine: Machine, value: int, beyond: Integers) -> tuple[int, int, int, int] | None:
    """(weight, bias, inside, outside): saturated at one end inside, at the other beyond, where the
    ends' values differ."""
    up = 1 if beyond[0] < value else -1
    near = int(np.abs(beyond - value).min())
    top, bottom = int(machine.cell_low[-1]), int(machine.cell_high[0])
    for size in _sizes(machine, top - bottom + machine.beta, near):
        weight = up * size
        bias = -((weight * value - top) // machine.beta)
        total = weight * value + machine.beta * bias
        if total >= top and total - size * near <= bottom:
            return weight, bias, int(machine.table[-1]), int(machine.table[0])
    return None


def _saturating(machine: Machine, value: int, beyond: Integers) -> tuple[int, int, int, int] | None:
    """As above where both ends have one value: a level between them inside, either end beyond."""
    near = int(np.abs(beyond - value).min()) if len(beyond) else 1
    top, bottom = int(machine.cell_low[-1]), int(machine.cell_high[0])
    for place in np.flatnonzero(machine.table != machine.table[0]):
        low, high = int(machine.cell_low[place]), int(machine.cell_high[place])
        for size in _sizes(machine, max(top - low, high - bottom) + machine.beta, near):
            bias = -((size * value - low) // machine.beta)
            total = size * value + machine.beta * bias
            if (
                low <= total <= high
                and total + size * near >= top
                and total - size * near <= bottom
            ):
                return size, bias, int(machine.table[place]), int(machine.table[0])
    return None


def _sizes(machine: Machine, distance: int, near: int) -> range:
    """Weights that carry u over a distance, in all residues modulo β (even ones in binary)."""
    step = 1 if machine.zeros else 2
    least = -(-distance // near)
    least += 0 if machine.zeros else least % 2
    return range(max(step, least), max(step, least) + step * (machine.beta + 1), step)


def _add(
    machine: Machine,
    draft: Draft,
    parts: list[tuple[int, int, int]],
    low: int,
    high: int,
    weights: dict[int, int],
) -> bool:
    """Class neurons whose weighted heights sum into [low, high]."""
    gadgets = [gadget for end in (-1, 1) for gadget in _class_gadgets(machine, parts, end)]
    if not gadgets:
        return False
    heights = np.array([height for *_, height in gadgets], dtype=np.int64)
    choice = Options(
        machine,
        np.array([[abs(size)] for size, *_ in gadgets], dtype=np.int64),
        np.zeros(len(gadgets), dtype=np.int64),
        np.zeros(len(gadgets), dtype=np.int64),
        heights,
    )
    found = combination(choice, low, high, np.zeros(len(gadgets), dtype=np.int64))
    if found is None:
        return False
    for part in found[1]:
        size, bias, _ = gadgets[part.row]
        reads: dict[int, int] = {}
        for place, inside, outside in parts:
            reads[place] = reads.get(place, 0) + (size if inside > outside else -size)
        place = draft.neuron(3, reads, bias)
        weights[place] = weights.get(place, 0) + part.weight
    return True


def _class_gadgets(
    machine: Machine, parts: list[tuple[int, int, int]], end: int
) -> list[tuple[int, int, int]]:
    """(signed size, bias, height): level v on the class, an end of the format elsewhere."""
    carried = sum(inside if inside > outside else -inside for _, inside, outside in parts)
    near = min(abs(inside - outside) for _, inside, outside in parts)
    base = int(machine.table[0 if end < 0 else -1])
    bound = int(machine.cell_high[0]) if end < 0 else int(machine.cell_low[-1])
    found: dict[int, tuple[int, int, int]] = {}
    for place in np.flatnonzero(machine.table != base):
        height = int(machine.table[place]) - base
        entry = int(machine.cell_low[place] if end < 0 else machine.cell_high[place])
        for size in _sizes(machine, abs(entry - bound) + machine.beta, near):
            weight = -end * size
            fixed = weight * carried
            bias = (
                -((fixed - entry) // machine.beta) if end < 0 else (entry - fixed) // machine.beta
            )
            total = fixed + machine.beta * bias
            inside = machine.cell_low[place] <= total <= machine.cell_high[place]
            beyond = total - size * near <= bound if end < 0 else total + size * near >= bound
            if inside and beyond:
                if height not in found or abs(found[height][0]) > size:
                    found[height] = weight, bias, height
                break
    return list(found.values())
