"""Networks that round after every operation, as layers of words: what each neuron adds, in order.

A neuron starts from its bias, a level, and adds one product after the other, each rounded to a
level; every sum saturates. Behind the first layer a neuron may be copied, so a word may name a
source as often as it likes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bitproof.theory.arithmetic import Arithmetic

Integers = NDArray[np.int64]

Move = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Word:
    """A neuron: its bias (a level), then (source, weight) in the order in which they are added."""

    bias: int
    moves: tuple[Move, ...] = ()


@dataclass(frozen=True)
class StepProgram:
    """A network.

    Attributes:
        arithmetic: rounding after every operation.
        table: T, the activation's level for every level, ascending.
        hidden: hidden layers; sources count the neurons of the layer before, in the first the
            inputs, whose moves ascend.
        output: reads the last hidden layer; no activation.
    """

    arithmetic: Arithmetic
    table: tuple[int, ...]
    hidden: tuple[tuple[Word, ...], ...]
    output: Word

    def run(self, inputs: Integers) -> Integers:
        """The output levels for rows of input levels, by the definition: move after move."""
        products = products_of(self.arithmetic)
        table = np.asarray(self.table, dtype=np.int64)
        values = list(np.asarray(inputs, dtype=np.int64).T)
        rows = len(inputs)
        for words in self.hidden:
            values = [table[self._level(w, values, products, rows)] for w in words]
        return self._level(self.output, values, products, rows) + self.arithmetic.lowest

    def _level(
        self, word: Word, values: Sequence[Integers], products: Products, rows: int
    ) -> Integers:
        """Positions of levels: level - A."""
        low, high = self.arithmetic.lowest, self.arithmetic.highest
        level: Integers = np.full(rows, word.bias, dtype=np.int64)
        for source, weight in word.moves:
            level += products.of(weight)[values[source] - low]
            np.clip(level, low, high, out=level)
        return level - low

    @property
    def moves(self) -> int:
        """How many products are added in all."""
        hidden = sum(len(word.moves) for words in self.hidden for word in words)
        return hidden + len(self.output.moves)


class Products:
    """P_m(v), the rounded product of a weight and a level, for all levels at once."""

    def __init__(self, arithmetic: Arithmetic) -> None:
        self._arithmetic = arithmetic
        self._edges = np.asarray(arithmetic.edges, dtype=np.int64)
        self._levels = np.asarray(arithmetic.levels, dtype=np.int64)
        self._known: dict[int, Integers] = {}

    def of(self, weight: int) -> Integers:
        """By position of the level."""
        if weight not in self._known:
            place = np.searchsorted(self._edges, weight * self._levels, side="right")
            self._known[weight] = place.astype(np.int64) + self._arithmetic.lowest
        return self._known[weight]


def products_of(arithmetic: Arithmetic) -> Products:
    """The rounded products of an arithmetic."""
    return Products(arithmetic)


class Draft:
    """A program as it grows: layers in which equal neurons are one."""

    def __init__(self) -> None:
        self._layers: dict[int, dict[Word, int]] = {}

    def neuron(self, layer: int, bias: int, moves: Iterable[Move] = ()) -> int:
        """The place of a neuron in a hidden layer, counted from 1."""
        words = self._layers.setdefault(layer, {})
        return words.setdefault(Word(bias, tuple(moves)), len(words))

    def finish(
        self, arithmetic: Arithmetic, table: Sequence[int], depth: int, output: Word
    ) -> StepProgram:
        """The program of `depth` hidden layers."""
        hidden = tuple(tuple(self._layers.get(layer, {})) for layer in range(1, depth + 1))
        return StepProgram(arithmetic, tuple(table), hidden, output)
