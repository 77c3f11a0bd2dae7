"""Pictures of a result of two inputs: f, the network, and their difference as heat maps.

N comes from the integer engine, exactly; floats only place ink on the page.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from bitproof.exact.rationals import rational_gcd, to_float
from bitproof.report.plots import blank_figure, plot_style

if TYPE_CHECKING:
    from bitproof.pipeline.boxes import BoxCompileResult

POINTS = 96
MOST_INPUTS = 256
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Picture:
    """f and N at evenly spaced points, the first input along the first axis: (POINTS + 1)² of the
    box, or inputs of a format, all of them up to MOST_INPUTS a side."""

    target: Floats
    network: Floats
    extent: tuple[float, float, float, float]

    @property
    def error(self) -> Floats:
        return np.asarray(self.target - self.network)


def picture_of(result: BoxCompileResult) -> Picture | None:
    """The picture of a result of two inputs with a network; None for any other."""
    if result.network is None or result.domain.dimension != 2:
        return None
    from bitproof.execute.fast import Engine
    from bitproof.execute.grid import InputGrid

    step, levels = _levels(result)
    lower, upper = (tuple(row[end] * step for row in levels) for end in (0, -1))
    engine = Engine(result.network, InputGrid(lower, upper, step))
    first, second = np.meshgrid(*(np.array(row, object) for row in levels), indexing="ij")
    outputs = engine.run(np.stack([first.ravel(), second.ravel()], axis=-1))
    granule = engine.output_granules[0]
    network = [to_float(int(n) * granule) for n in outputs[:, 0].tolist()]
    axes = [np.array([to_float(k * step) for k in row]) for row in levels]
    places = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1)
    return Picture(
        result.target.sample(places),
        np.array(network, np.float64).reshape(len(levels[0]), len(levels[1])),
        (axes[0][0], axes[0][-1], axes[1][0], axes[1][-1]),
    )


def _levels(result: BoxCompileResult) -> tuple[Fraction, list[list[int]]]:
    """A step, and the multiples of it that are drawn along both sides."""
    from bitproof.pipeline.boxes.files import export_inputs

    if result.inputs != "real":
        grid = export_inputs(result)
        ends = zip(grid.lowest_levels, grid.highest_levels, strict=True)
        rows = [range(low, high + 1) for low, high in ends]
        return grid.step, [list(row[:: -(-len(row) // MOST_INPUTS)]) for row in rows]
    box = result.domain
    steps = [width / POINTS for width in box.widths]
    step = rational_gcd([*steps, *box.lower])
    return step, [
        [int((low + pace * k) / step) for k in range(POINTS + 1)]
        for low, pace in zip(box.lower, steps, strict=True)
    ]


def heat_maps(result: BoxCompileResult, picture: Picture) -> Any:  # noqa: ANN401  (matplotlib)
    """f, N and f - N side by side, as a matplotlib figure."""
    with plot_style():
        figure = blank_figure(10.5, 3.6)
        charts = figure.subplots(1, 3)
        ends = (float(np.nanmin(picture.target)), float(np.nanmax(picture.target)))
        limit = to_float(result.error)
        panels = (
            ("f", picture.target, "viridis", ends),
            ("the network N", picture.network, "viridis", ends),
            ("f − N", picture.error, "RdBu", (-limit, limit)),
        )
        for axes, (title, values, colours, (low, high)) in zip(charts, panels, strict=True):
            image = axes.imshow(
                values.T,
                origin="lower",
                extent=picture.extent,
                aspect="auto",
                cmap=colours,
                vmin=low,
                vmax=high,
            )
            axes.set_title(title, fontsize=10)
            axes.set_xlabel("x1")
            axes.set_ylabel("x2")
            axes.grid(visible=False)
            figure.colorbar(image, ax=axes, shrink=0.9)
        if result.verdict is not None:
            x, y = (to_float(Fraction(value)) for value in result.verdict.witness)
            charts[2].plot([x], [y], "o", color="#c2361f", markersize=5, markerfacecolor="none")
    return figure
