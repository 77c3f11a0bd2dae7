"""Paths of slope ±1 on [0, 1] (and their relatives) that a march is tested on."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from bitproof.target.table import TableTarget

KINDS = ("random", "persistent", "critical", "zigzag", "constant", "line", "drifting", "half")


def signs(kind: str, cells: int, seed: int = 1) -> np.ndarray:
    """Slopes (as integers ±1 or 0) of one path; `half` has slopes drawn from {-1, 0, 1}."""
    rng = np.random.default_rng(seed)
    steps = np.arange(cells)
    return {
        "random": lambda: rng.integers(0, 2, cells) * 2 - 1,
        "persistent": lambda: np.cumprod(np.where(rng.random(cells) < 0.9, 1, -1)),
        "critical": lambda: (
            np.where((steps // 3) % 2 == 0, 1, -1) * np.where(steps % 7 == 0, -1, 1)
        ),
        "zigzag": lambda: np.where((steps // 2) % 2 == 0, 1, -1),
        "constant": lambda: np.zeros(cells, dtype=np.int64),
        "line": lambda: np.ones(cells, dtype=np.int64),
        "drifting": lambda: np.where(rng.random(cells) < 0.6, -1, 1),
        "half": lambda: rng.integers(-1, 2, cells),
    }[kind]()


def path_table(kind: str, cells: int, seed: int = 1) -> TableTarget:
    """The path as a table, from 0, with its slopes on cells of length 1/cells."""
    heights = np.concatenate([[0], np.cumsum(signs(kind, cells, seed))])
    points = tuple(
        (Fraction(index, cells), Fraction(height, cells))
        for index, height in enumerate(heights.tolist())
    )
    return TableTarget(points, f"{kind} path")
