"""A path as the numbers that go into the weights: heights, strings, shifts."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from bitproof.construct.select_and_decode_plan import SelectAndDecodePlan
from bitproof.errors import NoDesignError

Integers = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Plane:
    """One plane of strings.

    Attributes:
        entries: numerators of the weights, shape (columns, rows).
        weights: what each column's pulse is read with.
        biases: of each column's neuron.
    """

    entries: Integers
    weights: tuple[Fraction, ...]
    biases: tuple[Fraction, ...]


def height_numerators(found: SelectAndDecodePlan, nodes: Integers) -> tuple[Integers, list[int]]:
    """The columns of heights: entries in the clips, shape (columns, rows), and constants, both in
    steps of 1/2.

    Args:
        nodes: t at the ends of the fine cells: the path is at base/2 + t/4.
    """
    length, height, first = found.length, found.rows, found.first
    ends = nodes[::length]
    # rising steps less falling ones are 2p - A; T rises in even columns, falls in odd ones
    slopes = np.diff(ends).reshape(found.columns, height)
    slopes[1::2] = -slopes[1::2, ::-1]
    signs = np.where(np.arange(found.columns) % 2 == 0, 1, -1)
    matrix = slopes.copy()
    matrix[1:] -= slopes[:-1]
    matrix[0] -= length
    matrix = matrix * signs[:, None] // 2
    constants = [found.base + int(ends[0]) // 2 - length * height * first // 2]
    return matrix, [*constants, *_joints(found, ends, first)]


def _joints(found: SelectAndDecodePlan, ends: Integers, first: int) -> list[int]:
    """What makes each further column start where it meets the one before: at T = 0 the two differ
    by the path between the ends of the even one of them."""
    height = found.rows
    constants = list[int]()
    for column in range(1, found.columns):
        constant = -found.length * (first + column) * height
        # v_c(0) is the path's value where T = 0: the start of an even column, the end of an odd one
        if column % 2 == 1:
            at, before = (column + 1) * height, (column - 1) * height
            constant -= (int(ends[at]) - int(ends[before])) // 2
        constants.append(constant)
    return constants


def planes(found: SelectAndDecodePlan, nodes: Integers) -> list[Plane]:
    """The strings of all planes.

    Raises:
        NoDesignError: a column needs every residue.
    """
    bits = (np.diff(nodes) > 0).reshape(found.coarse_cells, found.length)
    bits[1::2] = ~bits[1::2, ::-1]
    words, at = list[Plane](), 0
    for plane, count in enumerate(found.strings):
        values = gray_words(bits[:, at : at + count]).reshape(found.columns, found.rows)
        values[1::2] = values[1::2, ::-1]
        words.append(_plane(found, values, whole=found.full[plane]))
        at += count
    return words


def gray_words(bits: npt.NDArray[np.bool_]) -> Integers:
    """The whole numbers that are decoded into the bits of each row, the first bit first.

    >>> gray_words(np.array([[True, True], [True, False], [False, False], [False, True]])).tolist()
    [0, 1, 2, 3]
    """
    count = bits.shape[1]
    values = np.zeros(len(bits), dtype=np.int64)
    for at in range(count - 1, -1, -1):
        values = np.where(bits[:, at], values, (1 << (count - at)) - 1 - values)
    return values


def _plane(found: SelectAndDecodePlan, values: Integers, *, whole: bool) -> Plane:
    """Values to weights: k + shift is the value, modulo 2^w where strings are whole words."""
    gate = found.gate
    if not whole:
        shift, weight, bias = gate.plain
        wide = found.columns
        return Plane(values - shift, (weight,) * wide, (bias,) * wide)
    most, modulus = found.form.largest_numerator, 1 << found.form.bits
    entries, weights, biases = list[Integers](), list[Fraction](), list[Fraction]()
    for column in values:
        used = set(column.tolist())
        free = next((shift for shift in gate.shifts if shift[0] not in used), None)
        if free is None:
            raise NoDesignError("a column needs every residue", remedy="allow more weight bits")
        missed, weight, bias = free
        # the weight -most stands for the residue after the missed one
        entries.append((column - missed - 1) % modulus - most)
        weights.append(weight)
        biases.append(bias)
    return Plane(np.array(entries), tuple(weights), tuple(biases))
