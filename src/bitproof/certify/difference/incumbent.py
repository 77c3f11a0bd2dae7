"""The largest values met so far, and what the rows are therefore to be bounded by."""

from __future__ import annotations

import numpy as np

from bitproof.certify.difference.affine import Array
from bitproof.certify.difference.attack import ascend, values_at
from bitproof.certify.difference.backward import Boxes
from bitproof.certify.difference.goal import Goal
from bitproof.certify.difference.stack import Stack

STARTS = 64
ASCENTS = 8  # points of each row that are improved
SEED = 0


class Incumbent:
    """Attained values: floats, made exact by whoever reports them.

    Attributes:
        attained: for each group of rows the largest value met.
        points: where, shape (groups, inputs).
        targets: what each row is to be bounded by.
    """

    def __init__(self, stack: Stack, goal: Goal, lower: Array, upper: Array) -> None:
        self._stack = stack
        self._goal = goal
        self._lower = lower
        self._upper = upper
        groups = max(goal.groups) + 1
        self.attained = np.full(groups, -np.inf)
        self.points = np.tile((lower + upper) / 2, (groups, 1))
        self._aim()

    def scores(self, bounds: Array) -> Array:
        """How far the worst row is from its target: shape (..., rows) → (...)."""
        return np.asarray(((bounds - self.targets) / self._scale).max(axis=-1))

    def offer(self, points: Array) -> Array:
        """Keeps what is larger; returns the values of all rows at the points."""
        values = values_at(self._stack, self._goal.objective, points)
        self._keep(points, values)
        return values

    def climb(self, points: Array) -> None:
        """Offers points, and climbs from the best of them, row by row."""
        values = self.offer(points)
        order = np.argsort(values, axis=0)[-ASCENTS:]
        rows = np.tile(np.arange(values.shape[1]), len(order))
        starts = points[order.ravel()]
        self._keep(
            *ascend(self._stack, self._goal.objective, starts, rows, self._lower, self._upper)
        )

    def look_into(self, boxes: Boxes, upper: Array, slopes: Array) -> None:
        """The middle of each box, and the corner where its largest bounding form is largest."""
        rows = (upper - self.targets).argmax(axis=1)
        slope = slopes[np.arange(len(boxes)), rows]
        corners = np.where(slope > 0, boxes.upper, boxes.lower)
        self.offer(np.concatenate([(boxes.lower + boxes.upper) / 2, corners]))

    def starts(self) -> Array:
        """Random points and corners of the whole box, and its middle."""
        random = np.random.default_rng(SEED)
        inside = random.uniform(size=(STARTS, len(self._lower)))
        corners = np.round(random.uniform(size=(STARTS, len(self._lower))))
        shares = np.concatenate([inside, corners, np.full((1, len(self._lower)), 0.5)])
        return np.asarray(self._lower + shares * (self._upper - self._lower))

    def _aim(self) -> None:
        self.targets = self._goal.targets(self.attained)
        self._scale = np.where(np.abs(self.targets) > 0, np.abs(self.targets), 1.0)

    def _keep(self, points: Array, values: Array) -> None:
        groups = self._goal.of_groups(np.nan_to_num(values, nan=-np.inf))
        for group, place in enumerate(groups.argmax(axis=0)):
            if groups[place, group] > self.attained[group]:
                self.attained[group] = groups[place, group]
                self.points[group] = points[place]
        self._aim()
