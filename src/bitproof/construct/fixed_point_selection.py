"""Two hidden layers for one input: which faces and gadgets, chosen by integer programs.

Given the faces and their copies, what the gadgets cost is almost a linear program: a gadget of
weight W costs |W| / (heaviest weight) copies. So the faces are chosen by a local search that
compares linear programs over real numbers, and the integer programs of the most promising sets of
faces say which gadgets, with which weights. The solver proposes; the network is run on every input.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from math import ceil, gcd

from bitproof.construct.fixed_point_machine import Integers, Machine
from bitproof.construct.fixed_point_output import constants, finish
from bitproof.construct.fixed_point_patterns import READ_AT_ONCE, Gadget, Gadgets
from bitproof.construct.fixed_point_plan import Draft, Plan, with_copies
from bitproof.construct.fixed_point_stretches import stretches
from bitproof.construct.integer_program import Effort, IntegerProgram, Row, relaxed, solve

FIRST_COPIES = (1, 2, 3, 5, 8)
MOST_COPIES = 40  # of a gadget
PROGRAMS = 6
PATIENCE = 3  # programs in a row without a smaller network
GADGETS = 80  # that an integer program chooses from
EFFORT = Effort(nodes=300, steps=60, seconds=10.0)
LOOKS = {2: 150, READ_AT_ONCE: 60}  # linear programs of gadgets that read so many faces
DIGITS = 6  # of costs over real numbers, so that ties are ties
NEAR = 1e-6

_Faces = tuple[tuple[int, int], ...]  # (face, copies), ascending


class Selection:
    """Chooses faces and gadgets for a function of one input.

    Args:
        minimise: `neurons` or `weights`.
    """

    def __init__(self, machine: Machine, function: Integers, minimise: str) -> None:
        self.machine = machine
        self.function = function
        self.light = minimise == "neurons"
        self.minimise = minimise
        self.stretches = stretches(machine, function)
        self.gadgets = Gadgets(machine, self.stretches)
        self._values: dict[tuple[_Faces, int], float | None] = {}

    def plans(self, most: int) -> Iterator[Plan]:
        """Ever smaller networks, all smaller than `most`."""
        start = self._start()
        if start is None:
            return
        self._search(self._search(start, 2), READ_AT_ONCE)
        ranked = sorted(
            (value, at_once, faces)
            for (faces, at_once), value in self._values.items()
            if value is not None
        )
        failures = 0
        for value, at_once, faces in islice(ranked, PROGRAMS):
            if ceil(value - NEAR) >= most or failures >= PATIENCE:
                return
            plan = self._solved(faces, at_once, most)
            failures += 1
            if plan is not None:
                failures = 0
                most = plan.size(self.minimise)[0]
                yield plan

    def _start(self) -> _Faces | None:
        """A face at every jump that some gadget can read; None if a jump has none."""
        chosen = []
        for jump in range(self.stretches.jumps):
            pairs = ((i, copies) for copies in FIRST_COPIES for i in self.stretches.at(jump))
            found = next((pair for pair in pairs if self.gadgets.on(dict([pair]), 1)), None)
            if found is None:
                return None
            chosen.append(found)
        return tuple(sorted(chosen))

    def _search(self, faces: _Faces, at_once: int) -> _Faces:
        """From a set of faces to the best neighbour, as long as there is a better one."""
        best = self._value(faces, at_once)
        most = len(self._values) + LOOKS[at_once]
        while len(self._values) < most:
            options = [(self._value(other, at_once), other) for other in self._neighbours(faces)]
            known = [(value, other) for value, other in options if value is not None]
            value, other = min(known, default=(None, faces))
            if value is None or (best is not None and value > best - NEAR):
                break
            best, faces = value, other
        return faces

    def _neighbours(self, faces: _Faces) -> Iterator[_Faces]:
        """One copy more or less, one face more, or another face of the same jump."""
        chosen = dict(faces)
        everything = range(len(self.stretches.faces))
        for face, copies in faces:
            rest = {i: count for i, count in chosen.items() if i != face}
            yield _sorted({**rest, face: copies + 1})
            yield _sorted({**rest, face: copies - 1} if copies > 1 else rest)
            for other in self.stretches.at(self.stretches.faces[face].jump):
                if other not in chosen:
                    yield _sorted({**rest, other: copies})
        for face in everything:
            if face not in chosen:
                yield _sorted({**chosen, face: 1})

    def _value(self, faces: _Faces, at_once: int) -> float | None:
        """The cost of the faces, and of the gadgets over real numbers; None if there is none."""
        key = faces, at_once
        if key not in self._values:
            gadgets = self.gadgets.on(dict(faces), at_once)
            least = relaxed(self._linear(gadgets)) if gadgets else None
            self._values[key] = None if least is None else self._whole(faces, least.cost)
        return self._values[key]

    def _whole(self, faces: _Faces, least: float) -> float:
        return round(sum(copies for _, copies in faces) + least / self.machine.heaviest, DIGITS)

    def _promising(self, faces: _Faces, at_once: int) -> list[Gadget]:
        """Those that would add least to the cost over real numbers."""
        gadgets = self.gadgets.on(dict(faces), at_once)
        found = relaxed(self._linear(gadgets))
        if found is None or len(gadgets) <= GADGETS:
            return gadgets
        up, down = found.reduced[: len(gadgets)], found.reduced[len(gadgets) : -1]
        added = [min(pair) for pair in zip(up, down, strict=True)]
        order = sorted(range(len(gadgets)), key=lambda i: (round(added[i], DIGITS), i))
        return [gadgets[i] for i in sorted(order[:GADGETS])]

    def _cost(self, gadget: Gadget) -> int:
        return 1 if self.light else 1 + gadget.edges

    def _linear(self, gadgets: list[Gadget]) -> IntegerProgram:
        """Weights up and weights down, and what is added everywhere; u lies in the cells."""
        count = len(gadgets)
        costs = [self._cost(gadget) for gadget in gadgets]
        columns = range(2 * count + 1)
        rows = []
        for number, (low, high) in enumerate(self.stretches.cells):
            moves = [gadget.values[number] - gadget.values[0] for gadget in gadgets]
            rows.append(Row(columns, [*moves, *(-move for move in moves), 1], low, high))
        return IntegerProgram(
            [*costs, *costs, 0], [0] * (2 * count) + [None], [None] * (2 * count + 1), rows
        )

    def _solved(self, faces: _Faces, at_once: int, most: int) -> Plan | None:
        """The network of the faces with the best gadgets found, if it is smaller than `most`."""
        gadgets = [*self._promising(faces, at_once), *self._constants()]
        rest = most - 1 - sum(copies for _, copies in faces)
        answer = solve(self._program(gadgets, rest), effort=EFFORT)
        if answer is None:
            return None
        weights = answer.values[: len(gadgets)]
        plan = self._plan([(g, w) for g, w in zip(gadgets, weights, strict=True) if w])
        if plan is None:
            return None
        copied = with_copies(self.machine, plan)
        smaller = copied.size(self.minimise)[0] < most
        return copied if smaller else None

    def _constants(self) -> list[Gadget]:
        """A neuron that reads nothing, for what the bias of the output cannot add."""
        beta = self.machine.beta
        found = [
            (gcd(value, beta), abs(value), bias, value) for bias, value in constants(self.machine)
        ]
        if not found or min(found)[0] == beta:
            return []
        *_, bias, value = min(found)
        return [Gadget((), bias, (value,) * len(self.stretches.firsts), 0, 0)]

    def _program(self, gadgets: list[Gadget], rest: int) -> IntegerProgram:
        """Weights, copies, and the bias of the output.

        Args:
            rest: what gadgets may cost.
        """
        count, heaviest = len(gadgets), self.machine.heaviest
        costs = [self._cost(gadget) for gadget in gadgets]
        most = min(MOST_COPIES, max(rest, 0))
        rows = [
            Row(
                [*range(count), 2 * count],
                [*(gadget.values[number] for gadget in gadgets), self.machine.beta],
                low,
                high,
            )
            for number, (low, high) in enumerate(self.stretches.cells)
        ]
        for i in range(count):
            rows.append(Row([i, count + i], [1, -heaviest], None, 0))
            rows.append(Row([i, count + i], [1, heaviest], 0, None))
        rows.append(Row(range(count, 2 * count), costs, None, rest))
        reach = most * heaviest
        return IntegerProgram(
            [*([0] * count), *costs, 0],
            [*([-reach] * count), *([0] * count), None],
            [*([reach] * count), *([most] * count), None],
            rows,
        )

    def _plan(self, chosen: list[tuple[Gadget, int]]) -> Plan | None:
        draft, weights = Draft(2), dict[int, int]()
        for gadget, weight in chosen:
            reads: dict[int, int] = {}
            for number, push in gadget.reads:
                face = self.stretches.faces[number].face
                reads[draft.neuron(1, face.weights, face.bias)] = push
            place = draft.neuron(2, reads, gadget.bias)
            weights[place] = weights.get(place, 0) + weight
        return finish(self.machine, draft, "stretches", weights, self.function)


def _sorted(copies: dict[int, int]) -> _Faces:
    return tuple(sorted(copies.items()))
