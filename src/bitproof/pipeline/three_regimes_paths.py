"""Worst-case functions on [0, 1]: paths of slope ±1, drawn at random or made against a network.

The adversary knows how a path-coded network is made (cell, spacing of slopes, where the lattice
lies) and answers with a path of slopes ±1 that stays half-way between the lattice's nodes at the
ends of the cells and rises above the network inside them: the error of the coding is nearly
attained.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from bitproof.construct.comb_matrix_class import ClassCombMatrix
from bitproof.construct.fold_matrix_class import ClassFoldMatrix
from bitproof.construct.hinges_class import ClassHinges
from bitproof.construct.march_class import ClassMarch
from bitproof.construct.promise import Promise, Widened
from bitproof.construct.select_and_decode_class import ClassSelectAndDecode
from bitproof.errors import InputError
from bitproof.exact import Interval
from bitproof.execute.reference import evaluate
from bitproof.target.expression import ExpressionTarget
from bitproof.target.table import TableTarget

if TYPE_CHECKING:
    from bitproof.target.target import Target

UNIT = Interval(Fraction(0), Fraction(1))
KINDS = ("random", "persistent", "adversarial")
MAX_TURNS = 1 << 16
SHY = Fraction(1, 256)
"""How far the adversary stays from a tie, in half-spacings."""


@dataclass(frozen=True, slots=True)
class Coding:
    """How a network codes a path: the length of a cell, half the difference of two slopes."""

    cell: Fraction
    half_spacing: Fraction


def coding_of(promise: Promise) -> Coding | None:
    """The coding of a promised network, if it is path-coded on equal cells from x = 0."""
    inner = promise.inner if isinstance(promise, Widened) else promise
    if isinstance(inner, ClassHinges):
        return Coding(inner.cell, inner.half_spacing) if inner.shape.layers else None
    if isinstance(inner, ClassCombMatrix):
        return Coding(inner.cell, inner.half_spacing)
    if isinstance(inner, (ClassMarch, ClassFoldMatrix, ClassSelectAndDecode)):
        return Coding(inner.found.cell, inner.found.half_spacing)
    return None


def worst_case(kind: str, promise: Promise, seed: int) -> Target:
    """A 1-Lipschitz function on [0, 1] that is hard for a promised network.

    Raises:
        InputError: no such kind.
    """
    coding = coding_of(promise)
    turns = 256 if coding is None else min(MAX_TURNS, 2 * int(1 / coding.cell) + 2)
    if kind == "random":
        return random_path(turns, Fraction(1, 2), seed)
    if kind == "persistent":
        return random_path(turns, Fraction(1, 10), seed)
    if kind != "adversarial":
        raise InputError(f"the path {kind!r}", remedy="one of " + ", ".join(KINDS))
    if coding is None:
        return random_path(turns, Fraction(9, 10), seed)
    zero = promise.build(ExpressionTarget.parse("0*x", UNIT)).network
    return adversarial_path(coding, evaluate(zero, [Fraction(0)])[0])


def random_path(cells: int, turning: Fraction, seed: int) -> TableTarget:
    """From 0, slope ±1 on equal cells; after each it turns with a probability.

    >>> random_path(3, Fraction(1), 1).text
    'path of 3 slopes'
    """
    draw = random.Random(seed)
    slope, height = draw.choice((-1, 1)), 0
    points = [(Fraction(0), Fraction(0))]
    for index in range(1, cells + 1):
        height += slope
        points.append((Fraction(index, cells), Fraction(height, cells)))
        if draw.random() < turning:
            slope = -slope
    return TableTarget(tuple(points), f"path of {cells} slopes")


def adversarial_path(coding: Coding, anchor: Fraction) -> TableTarget:
    """From 0, slope ±1, against a coding whose lattice has a node at height `anchor` at x = 0."""
    cell, half = coding.cell, coding.half_spacing * coding.cell
    points = [(Fraction(0), Fraction(0))]
    for index in range(1, MAX_TURNS // 2):
        left, height = points[-1]
        right = cell * index
        goal = anchor + half * (index % 2) + half * (1 - SHY)
        reached = min(max(goal, height - cell), height + cell)
        rise = (cell + reached - height) / 2
        if right > 1:
            break
        if 0 < rise < cell:
            points.append((left + rise, height + rise))
        points.append((right, reached))
    last, height = points[-1]
    if last < 1:
        points.append((Fraction(1), height - (1 - last)))
    return TableTarget(tuple(points), "path against the network")
