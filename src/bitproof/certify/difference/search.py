"""Branch and bound: boxes are halved until every row is bounded well enough everywhere.

The largest excess is split first, at the input whose slope times width adds most to the excess.
Everything a search reports as proved is proved (see `backward`); attained values are floats here
and made exact by its caller. It can be stopped after any step.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from bitproof.certify.difference.affine import Array
from bitproof.certify.difference.backward import Backward, Bounds, Boxes, Forms
from bitproof.certify.difference.domain import DyadicBox
from bitproof.certify.difference.goal import Goal
from bitproof.certify.difference.incumbent import Incumbent
from bitproof.certify.difference.partition import LEAF, Partition, halves
from bitproof.certify.difference.ranges import pack, packed_size, ranges_on, unpack
from bitproof.certify.difference.relaxation import Relaxation
from bitproof.certify.difference.stack import Stack

POOL_NUMBERS = 1 << 26  # ranges kept for open boxes: half a gigabyte
BATCH_NUMBERS = 1 << 21
CLIMB_EVERY = 16  # steps, from the middles of
CLIMBS = 8  # boxes
SMALL_WIDTHS = 256  # in all; a box of so small a network costs less than a call of numpy


@dataclass(slots=True)
class Node:
    """An open box."""

    lower: Array
    upper: Array
    bounds: Array
    forms: Forms
    halvings: Array
    ranges: Array | None


class Search:
    """One search; `step` until `finished`, or as long as there is time.

    `hybrid`: see `ranges_on`. `batch`: boxes at a time. `thorough`: climb to large values first.
    `inherit`: halves start from the ranges of the whole; without, each box is bounded anew.

    Attributes:
        partition: the boxes so far.
        best: the largest values met, floats.
        steps, boxes: work done.
    """

    def __init__(
        self,
        stack: Stack,
        box: DyadicBox,
        goal: Goal,
        *,
        hybrid: bool = True,
        batch: int = 64,
        thorough: bool = True,
        inherit: bool = True,
    ) -> None:
        self._stack = stack
        self._goal = goal
        self._hybrid = hybrid
        self._box = box
        self._lower, self._upper = box.floats()
        widest = max(stack.widths)
        self._inherit = inherit
        self._levels, self._share = (5, 1) if sum(stack.widths) <= SMALL_WIDTHS else (2, 2)
        self._batch = max(2, min(batch, BATCH_NUMBERS // (2 * widest * widest)))
        self._pool_size = POOL_NUMBERS // packed_size(stack) if inherit else 0
        self.partition = Partition()
        self.steps = self.boxes = 0
        self._open: dict[int, Node] = {}
        self._heap: list[tuple[float, int]] = []
        self._stuck: set[int] = set()
        self._closed = np.full(len(goal.groups), -np.inf)
        self.best = Incumbent(stack, goal, self._lower, self._upper)
        starts = self.best.starts()
        if thorough:
            self.best.climb(starts)
        else:
            self.best.offer(starts)
        self._add([0], Boxes(self._lower[None], self._upper[None]), [], self._sides()[None])

    @property
    def finished(self) -> bool:
        """Whether every row is bounded well enough, or no box can be split further."""
        self._clean()
        return not self._heap

    @property
    def complete(self) -> bool:
        """Whether every row is bounded well enough."""
        return self.finished and not self._stuck

    @property
    def exceeded(self) -> bool:
        """Whether a value above the goal's limit was met."""
        limit = self._goal.limit
        return limit is not None and bool(self.best.attained.max() > limit + abs(limit) * 2.0**-16)

    @property
    def open(self) -> int:
        return len(self._open)

    def uppers(self) -> Array:
        """The proved bound of every row on the whole box, as it is now."""
        parts = [node.bounds for node in self._open.values()]
        return np.asarray(np.maximum.reduce([self._closed, *parts]))

    def excess(self) -> float:
        """The largest bound over its target, 1 when finished."""
        return float(self.best.scores(self.uppers())) + 1.0

    def step(self) -> None:
        """Halves some boxes."""
        chosen = self._next()
        if not chosen:
            return
        nodes = [self._open.pop(number) for number in chosen]
        # A few boxes cost about as much as many, so few are cut into more parts at once.
        most = min(self._levels, *(int(node.halvings.sum()) for node in nodes))
        levels = 1
        while levels < most and len(chosen) << (levels + 1) <= self._batch // self._share:
            levels += 1
        self._halve(chosen, nodes, self._split_inputs(nodes, levels))
        self.steps += 1
        if self.steps % CLIMB_EVERY == 0:
            worst = [number for _, number in heapq.nsmallest(CLIMBS, self._heap)]
            nodes = [self._open[number] for number in worst if number in self._open]
            middles = [(node.lower + node.upper) / 2 for node in nodes]
            self.best.climb(np.stack([*self.best.points, *middles]))

    def replay(self, preorder: list[int], stop: Callable[[], bool]) -> None:
        """Splits as an earlier search did, until `stop` says so; bounds are computed anew.

        Only what is still open here is split, so any sequence is harmless.
        """
        level = [(0, 0)]
        sizes = _subtree_sizes(preorder)
        while level:
            usable = [
                (number, place)
                for number, place in level
                if number in self._open and preorder[place] != LEAF
            ]
            level = []
            for start in range(0, len(usable), self._batch):
                if stop():
                    return
                part = usable[start : start + self._batch]
                nodes = [self._open.pop(number) for number, _ in part]
                indices = np.array([preorder[place] for _, place in part])
                first = self._halve([number for number, _ in part], nodes, [indices])
                for (_, place), number in zip(part, first[: len(part)], strict=True):
                    level.append((number, place + 1))
                    level.append((number + 1, place + 1 + sizes[place + 1]))

    # -- inside ----------------------------------------------------------------------------------

    def _clean(self) -> None:
        """Closes boxes at the top of the heap that are good enough by now."""
        while self._heap:
            _, number = self._heap[0]
            node = self._open.get(number)
            if node is None:
                heapq.heappop(self._heap)
            elif self.best.scores(node.bounds) <= 0:
                heapq.heappop(self._heap)
                self._close(number)
            elif node.halvings.max(initial=0) <= 0:
                heapq.heappop(self._heap)
                self._stuck.add(number)
            else:
                return

    def _close(self, number: int) -> None:
        node = self._open.pop(number)
        self._closed = np.maximum(self._closed, node.bounds)

    def _next(self) -> list[int]:
        chosen = list[int]()
        while len(chosen) < self._batch // 2:
            self._clean()
            if not self._heap:
                break
            chosen.append(heapq.heappop(self._heap)[1])
        return chosen

    def _split_inputs(self, nodes: list[Node], levels: int) -> list[Array]:
        """The inputs that add most to the rows that are not good enough, for each level."""
        bounds = np.stack([node.bounds for node in nodes])
        slopes = np.stack([node.forms.slopes for node in nodes])
        widths = np.stack([node.upper - node.lower for node in nodes])
        over = np.maximum(bounds - self.best.targets, 0.0)
        over /= np.maximum(over.max(axis=1, keepdims=True), 1e-300)
        score = np.einsum("br,brd->bd", over, np.abs(slopes)) * widths
        score = np.nan_to_num(score, nan=0.0, posinf=1e300) + 1e-3 * widths
        left = np.stack([node.halvings for node in nodes])
        found, rows = list[Array](), np.arange(len(nodes))
        for _ in range(levels):
            found.append(np.where(left > 0, score, -1.0).argmax(axis=1))
            score[rows, found[-1]] /= 2
            left[rows, found[-1]] -= 1
        return found

    def _halve(self, numbers: list[int], nodes: list[Node], levels: list[Array]) -> list[int]:
        """Halves boxes, all parts again at every further level, and bounds the last parts.

        A part on which the bounding forms of the whole are good enough already is left as it is.
        Returns the numbers of the lower halves of the last level.
        """
        lower = np.stack([node.lower for node in nodes])
        upper = np.stack([node.upper for node in nodes])
        halvings = np.stack([node.halvings for node in nodes])
        forms = Forms.stack([node.forms for node in nodes])
        parts, whole, first = numbers, np.arange(len(nodes)), list[int]()
        for indices in levels:
            every = indices[whole]
            lower, upper = halves(lower, upper, every)
            halvings, whole = np.concatenate([halvings, halvings]), np.concatenate([whole, whole])
            halvings[np.arange(len(lower)), np.concatenate([every, every])] -= 1
            first = [
                self.partition.halve(number, index)
                for number, index in zip(parts, every.tolist(), strict=True)
            ]
            parts = [*first, *(number + 1 for number in first)]
            if self._inherit:
                upper_bounds = forms.take(whole).on(lower, upper)
                rest = self._left_open(upper_bounds)
                lower, upper, halvings, whole = (
                    array[rest] for array in (lower, upper, halvings, whole)
                )
                parts = [parts[place] for place in rest.tolist()]
        if parts:
            parents = [nodes[place] for place in whole.tolist()]
            self._add(parts, Boxes(lower, upper), parents, halvings)
        return first

    def _left_open(self, bounds: Array) -> Array:
        """Counts the boxes whose bounds are good enough as closed; where the others are."""
        good = self.best.scores(bounds) <= 0.0
        if good.any():
            self._closed = np.maximum(self._closed, bounds[good].max(axis=0))
        return np.flatnonzero(~good)

    def _add(self, numbers: list[int], boxes: Boxes, parents: list[Node], halvings: Array) -> None:
        """Bounds new boxes, each with the one it is a part of if any, and keeps those that are
        not good enough."""
        before = None
        if parents and all(node.ranges is not None for node in parents):
            kept = np.stack([node.ranges for node in parents if node.ranges is not None])
            before = unpack(self._stack, kept)
        known = ranges_on(self._stack, boxes, before, hybrid=self._hybrid)
        rows = len(self._goal.groups)
        bounds = self._bound_rows(known.boxes, known.relaxations)
        upper = bounds.upper.reshape(len(boxes), rows)
        slopes = bounds.inputs.reshape(len(boxes), rows, -1)
        if parents:
            upper = np.minimum(upper, np.stack([node.bounds for node in parents]))
        self.boxes += len(boxes)
        self.best.look_into(boxes, upper, slopes)
        offsets = bounds.offsets.reshape(len(boxes), rows)
        scores, packed = self.best.scores(upper), pack(known.ranges)
        for place in self._left_open(upper).tolist():
            number = numbers[place]
            self._open[number] = Node(
                boxes.lower[place],
                boxes.upper[place],
                upper[place],
                Forms(slopes[place], offsets[place]),
                halvings[place],
                packed[place].copy() if len(self._open) < self._pool_size else None,
            )
            heapq.heappush(self._heap, (-float(scores[place]), number))

    def _sides(self) -> Array:
        """How often each side may be halved."""
        splittable = self._upper > self._lower
        return np.where(splittable, self._box.halvings, 0)

    def _bound_rows(self, boxes: Boxes, relaxations: dict[int, Relaxation]) -> Bounds:
        objective = self._goal.objective
        count = len(boxes)
        owners = np.repeat(np.arange(count), objective.rows)
        copies = tuple(range(self._stack.copies))
        backward = Backward(self._stack, boxes, relaxations, copies, owners)
        which = np.tile(np.arange(objective.rows), count)
        forms = [weights[which] for weights in objective.weights]
        return backward.from_outputs(forms, objective.constants[which])


def _subtree_sizes(preorder: list[int]) -> list[int]:
    """The number of nodes below each, itself included."""
    sizes = [1] * (len(preorder) + 1)
    for place in range(len(preorder) - 1, -1, -1):
        if preorder[place] != LEAF:
            first = sizes[place + 1]
            sizes[place] = 1 + first + sizes[place + 1 + first]
    return sizes
