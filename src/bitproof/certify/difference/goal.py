"""What a search is after: forms of the outputs, and when a bound on each is good enough."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bitproof.certify.difference.affine import Array
from bitproof.certify.difference.attack import Objective

LEAST = 1e-12  # a difference below this is not resolved relatively, only to this


@dataclass(frozen=True, slots=True)
class Goal:
    """Rows to bound from above.

    Attributes:
        objective: the rows.
        groups: the group of each row; a group's value is the largest of its rows.
        limit: a bound on every row that is good enough; None to find each group's maximum.
        slack: relative to the largest group's maximum, where `limit` is None.
    """

    objective: Objective
    groups: tuple[int, ...]
    limit: float | None
    slack: float

    @classmethod
    def differences(cls, outputs: int, error: float | None, slack: float) -> Goal:
        """|first - second| of every output: two rows for each."""
        signs = np.concatenate([np.eye(outputs), -np.eye(outputs)])
        objective = Objective((signs, -signs), np.zeros(2 * outputs))
        return cls(objective, tuple(range(outputs)) * 2, error, slack)

    @classmethod
    def margins(cls, outputs: int, chosen: int) -> Goal:
        """output_j - output_chosen ≤ 0 for every other j, of a single network."""
        others = [j for j in range(outputs) if j != chosen]
        weights = np.zeros((len(others), outputs))
        weights[np.arange(len(others)), others] = 1.0
        weights[:, chosen] = -1.0
        objective = Objective((weights,), np.zeros(len(others)))
        return cls(objective, tuple(range(len(others))), 0.0, 0.0)

    def of_groups(self, rows: Array) -> Array:
        """The largest value of each group: (..., rows) → (..., groups)."""
        count = max(self.groups) + 1
        result = np.full((*rows.shape[:-1], count), -np.inf)
        for row, group in enumerate(self.groups):
            result[..., group] = np.maximum(result[..., group], rows[..., row])
        return result

    def targets(self, attained: Array) -> Array:
        """What each row is to be bounded by, when `attained` is the largest value of each group."""
        if self.limit is not None:
            return np.full(len(self.groups), self.limit)
        wanted = np.maximum(attained, 0.0) + max(self.slack * float(attained.max()), LEAST)
        return np.asarray(wanted[list(self.groups)])
