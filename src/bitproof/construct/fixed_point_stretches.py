"""The stretches on which a one-input function is constant, and the faces at its jumps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bitproof.construct.fixed_point_faces import Face, Signal, faces
from bitproof.construct.fixed_point_machine import Integers, Machine

KINDS = 2  # of faces at one threshold: different values on the constant side


@dataclass(frozen=True, eq=False)
class JumpFace:
    """A face at a jump.

    Attributes:
        jump: its number, from 0.
        values: of the neuron, at every level.
    """

    face: Face
    jump: int
    values: Integers


@dataclass(frozen=True, eq=False)
class Stretches:
    """Where a function is constant, and neurons of the first layer that change at its jumps.

    Attributes:
        firsts: the first place of each stretch, ascending.
        cells: for each stretch the least and the greatest u of its level; None for no bound.
        faces: the widest faces at every jump, constant from it on or before it.
        least, most: the faces' extreme values on each stretch (faces, stretches).
    """

    firsts: Integers
    cells: tuple[tuple[int | None, int | None], ...]
    faces: tuple[JumpFace, ...]
    least: Integers
    most: Integers

    @property
    def jumps(self) -> int:
        return len(self.firsts) - 1

    def at(self, jump: int) -> list[int]:
        """The faces of one jump."""
        return [i for i, face in enumerate(self.faces) if face.jump == jump]


def stretches(machine: Machine, function: Integers) -> Stretches:
    """Those of a function of one input, with faces that read the input.

    >>> from bitproof.construct.fixed_point_machine import machine
    >>> from bitproof.exact.fixed_point import FixedPoint
    >>> from bitproof.theory.arithmetic import Arithmetic
    >>> relu = machine((0, 0, 0, 0, 1, 2, 3), Arithmetic.of(FixedPoint.symmetric(2, 2)))
    >>> found = stretches(relu, np.array([1, 1, 1, -3, -3, 2, 2]))
    >>> found.firsts.tolist(), found.cells
    ([0, 3, 5], ((2, 2), (None, -6), (3, 5)))
    """
    places = np.flatnonzero(np.diff(function)) + 1
    firsts = np.concatenate(([0], places)).astype(np.int64)
    found = _faces(machine, places.tolist())
    values = np.array([face.values for face in found], dtype=np.int64)
    if not found:
        values = values.reshape(0, len(function))
    return Stretches(
        firsts,
        tuple(machine.cell(int(function[place])) for place in firsts),
        tuple(found),
        np.minimum.reduceat(values, firsts, axis=1),
        np.maximum.reduceat(values, firsts, axis=1),
    )


def _faces(machine: Machine, places: list[int]) -> list[JumpFace]:
    """The widest faces at every place, a few kinds on each side; different neurons only."""
    itself = [Signal(machine.levels, ((0, 1),))]
    made: dict[tuple[int, int], JumpFace] = {}
    for jump, place in enumerate(places):
        for upper in (True, False):
            threshold = place + machine.lowest - (not upper)
            found = faces(machine, itself, threshold, upper=upper)
            kinds: dict[tuple[int, int], Face] = {}
            for face in found:
                if face.gap == found[0].gap:
                    kinds.setdefault((face.inside, face.sign), face)
            for face in list(kinds.values())[:KINDS]:
                weight = dict(face.weights)[0]
                values = machine.apply(weight * machine.levels + machine.beta * face.bias)
                made.setdefault((weight, face.bias), JumpFace(face, jump, values))
    return list(made.values())
