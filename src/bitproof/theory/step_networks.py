"""The proof of Theorem E as a construction: any function as a program of saturating sums.

Layer 1 tells levels apart; layer 2 splits the levels of each input in two; layer 3 has a neuron for
each box on which the function is constant. Where a weight makes 0 of a box's neuron everywhere
else, the output adds such products. Otherwise layer 4 has the level sets of the function, and the
output drives the sums up from the lowest level, set by set.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import Any

import numpy as np

from bitproof.theory.arithmetic import Arithmetic
from bitproof.theory.every_operation import EveryOperation, Rise, Turn
from bitproof.theory.step_gates import Gates, Literal
from bitproof.theory.step_output import Coins, coins_for
from bitproof.theory.step_partitions import Axis, Partition
from bitproof.theory.step_pieces import Piece, Pieces
from bitproof.theory.step_program import Draft, Integers, Move, StepProgram, Word

MAX_LISTED_MOVES = 2_000


@dataclass(frozen=True)
class StepNetworks:
    """Networks that compute everything although every operation is rounded.

    Attributes:
        arithmetic, table: what they are for.
        conditions: of Theorem E, all met.
    """

    arithmetic: Arithmetic
    table: tuple[int, ...]
    conditions: EveryOperation

    def program(self, function: Integers) -> StepProgram:
        """A network for a function.

        Args:
            function: its level for all inputs, one dimension for each input, levels ascending.
        """
        return _Assembly(self, function).best()

    def compute(self, wanted: Mapping[int, int]) -> dict[int, int]:
        """Builds and runs the network for a table of one input, on every level of the format."""
        levels = list(self.arithmetic.levels)
        function = np.asarray([wanted[level] for level in levels], dtype=np.int64)
        outputs = self.program(function).run(np.asarray(levels, dtype=np.int64)[:, None])
        return dict(zip(levels, outputs.tolist(), strict=True))

    def verify(self) -> bool:
        """Builds the identity backwards and runs it on every level."""
        levels = list(self.arithmetic.levels)
        backwards = dict(zip(levels, reversed(levels), strict=True))
        return self.conditions.sufficient and self.compute(backwards) == backwards

    @cached_property
    def backwards(self) -> StepProgram:
        """The network of the identity backwards."""
        return self.program(np.asarray(self.arithmetic.levels[::-1], dtype=np.int64))

    @cached_property
    def axis(self) -> Axis:
        """How second-layer neurons split the levels of an input."""
        return Axis(self.table, self.arithmetic)

    def to_dict(self) -> dict[str, Any]:
        """The witness as JSON: the network of the identity backwards; copies are not counted."""
        program = self.backwards
        data: dict[str, Any] = {
            "kind": "networks rounded after every operation",
            "hidden_layers": len(program.hidden),
            "neurons": [len(words) for words in program.hidden],
            "products": program.moves,
        }
        if program.moves <= MAX_LISTED_MOVES:
            data["layers"] = [[_as_dict(w) for w in words] for words in program.hidden]
            data["output"] = _as_dict(program.output)
        return data


def _as_dict(word: Word) -> dict[str, Any]:
    return {"bias": word.bias, "adds": [list(move) for move in word.moves]}


class _Assembly:
    """One function's network."""

    def __init__(self, networks: StepNetworks, function: Integers) -> None:
        self.networks = networks
        self.function = function
        self.low, self.high = networks.arithmetic.lowest, networks.arithmetic.highest
        up, down, turn = (getattr(networks.conditions, name) for name in ("up", "down", "turn"))
        assert isinstance(up, Rise)
        assert isinstance(down, Rise)
        assert isinstance(turn, Turn)
        self.up, self.down, self.turn = up, down, turn
        self.pieces = Pieces(networks.axis, function)
        self._start_anew()

    def _start_anew(self) -> None:
        self.draft = Draft()
        self.gates = Gates(self.networks.table, self.networks.arithmetic, self.draft)

    def best(self) -> StepProgram:
        """Products of boxes if they reach all values, else level sets."""
        values, counts = np.unique(self.function, return_counts=True)
        common = int(values[counts.argmax()])
        for default in dict.fromkeys((common, self.low, self.high)):
            coins = coins_for(self.gates, default, set(values.tolist()))
            if coins is not None:
                return self._of_boxes(default, coins)
        return self._of_level_sets()

    def _finish(self, depth: int, bias: int, moves: Iterable[Move]) -> StepProgram:
        networks = self.networks
        output = Word(bias, tuple(moves))
        return self.draft.finish(networks.arithmetic, networks.table, depth, output)

    # Boxes

    def _of_boxes(self, default: int, coins: Coins) -> StepProgram:
        moves: list[Move] = []
        for piece in self.pieces.boxes(default):
            source = self._box(piece, coins.level, high=coins.high)
            moves += [(source, weight) for weight in coins.weights[piece.value]]
        return self._finish(3, default, moves)

    def _box(self, piece: Piece, level: int, *, high: bool) -> int:
        """The layer-3 neuron at level + 1 on a box, `level` elsewhere, or the other way round."""
        literals = [
            self._side(axis, number, side=side, greater=high) for axis, number, side in piece.sides
        ]
        return self.draft.neuron(3, *self.gates.gate(2, literals, level))

    def _side(self, axis: int, number: int, *, side: bool, greater: bool) -> Literal:
        """A partition's side as a literal, the product greater or less where it holds."""
        rise = self.up if side == greater else self.down
        source = self._partition(axis, self.pieces.partitions[axis][number], rise.level)
        return self._literal(source, rise, high=side)

    def _literal(self, source: int, rise: Rise, *, high: bool) -> Literal:
        """A feature at `rise.level` + 1 or `rise.level`; true where it is high, or where low."""
        low_one = self.gates.fed(rise.weight, rise.level)
        high_one = self.gates.fed(rise.weight, rise.level + 1)
        ends = (high_one, low_one) if high else (low_one, high_one)
        return Literal(source, rise.weight, *ends)

    def _partition(self, axis: int, part: Partition, goal: int) -> int:
        source = self.draft.neuron(1, part.bias, [(axis, part.weight)])
        return self.draft.neuron(2, *self.gates.threshold(1, source, part.reader, part.above, goal))

    # Level sets

    def _of_level_sets(self) -> StepProgram:
        """Up from A, one level at a time for all inputs of a level set, then the turn itself."""
        turn, gates, low, high = self.turn, self.gates, self.low, self.high
        back, width = -gates.fed(turn.weight, turn.below), turn.width
        last = high - width + 1 if width > back else high - width
        before = {
            value: value + (0 if width > back else 1) - (width if value > last else 0)
            for value in set(self.function.ravel().tolist())
        }
        default = min(before, key=lambda value: before[value])
        sets = _LevelSets(self, list(self.pieces.boxes(default)), default)
        moves: list[Move] = []
        for level in range(max(before.values()), before[default], -1):
            raised = {value for value, at in before.items() if at >= level}
            moves += gates.shift(sets.layer, back)
            moves.append((sets.source(raised), turn.weight))
            moves += gates.shift(sets.layer, 1 - width)
        lift = before[default] - low + min(back, width - 1)
        moves += gates.shift(sets.layer, lift)
        moves.append((sets.source({v for v in before if v > last}), turn.weight))
        return self._finish(sets.layer, low, moves)

    def level_set(self, pieces: Sequence[Piece], goal: int, *, high: bool) -> int:
        """The layer-4 neuron at goal + 1 on any of some boxes and `goal` elsewhere, or the other
        way round."""
        if not pieces:
            return self.draft.neuron(4, goal if high else goal + 1)
        rise = self.up if high else self.down
        literals = [
            self._literal(self._box(piece, rise.level, high=True), rise, high=False)
            for piece in pieces
        ]
        return self.draft.neuron(4, *self.gates.gate(3, literals, goal))


class _LevelSets:
    """Neurons at `turn.above` on unions of boxes and at `turn.below` elsewhere."""

    def __init__(self, assembly: _Assembly, boxes: Sequence[Piece], default: int) -> None:
        self.assembly, self.boxes, self.default = assembly, boxes, default
        turn = assembly.turn
        self.levels = min(turn.below, turn.above), max(turn.below, turn.above)
        self.layer = 4 if self.levels[1] - self.levels[0] == 1 else 5

    def source(self, values: set[int]) -> int:
        """For the inputs with some of the function's values."""
        above = self.assembly.turn.above == self.levels[1]
        inverted = self.default in values
        chosen = [box for box in self.boxes if (box.value in values) != inverted]
        high = above != inverted  # the higher level on the chosen boxes
        if self.layer == 4:
            return self.assembly.level_set(chosen, self.levels[0], high=high)
        return self._widened(chosen, high=high)

    def _widened(self, chosen: Sequence[Piece], *, high: bool) -> int:
        """Through neighbours of which one has a product ≤ 0 and one ≥ 0: those reach both ends."""
        gates, weight = self.assembly.gates, self.assembly.turn.weight
        for level in range(*self.levels):
            low_one, high_one = gates.fed(weight, level), gates.fed(weight, level + 1)
            if low_one != high_one and min(low_one, high_one) <= 0 <= max(low_one, high_one):
                break
        rising = high_one > low_one
        source = self.assembly.level_set(chosen, level, high=high == rising)
        ends = (high_one, low_one) if rising else (low_one, high_one)
        word = gates.widened(4, Literal(source, weight, *ends), self.levels)
        assert word is not None
        return self.assembly.draft.neuron(5, *word)


def inputs_of(arithmetic: Arithmetic, dims: int) -> Integers:
    """All inputs as rows of levels, the first coordinate slowest."""
    return np.asarray(list(product(arithmetic.levels, repeat=dims)), dtype=np.int64)
