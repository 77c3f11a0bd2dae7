"""Pictures of an exact network: the function, and what every hidden neuron does on every input.

The levels come from the integer engine; floats only place ink on the page.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from bitproof.exact.rationals import to_float
from bitproof.pipeline.represent import run_on_every_input
from bitproof.report.plots import blank_figure, plot_style

if TYPE_CHECKING:
    from bitproof.network import Network
    from bitproof.pipeline.represent import RepresentResult

MOST_DIMS = 2
SMALL_MAPS = 8
ROW_HEIGHT, LEAST_HEIGHT, MOST_HEIGHT = 0.1, 0.7, 3.6  # inches of a layer's picture
Levels = npt.NDArray[np.int64]


@dataclass(frozen=True)
class RepresentedPicture:
    """Levels on every input.

    Attributes:
        function: of the output, shape (levels,) or (levels, levels).
        layers: of each hidden layer's neurons, shape (neurons, inputs), in the order in which they
            are drawn.
    """

    function: Levels
    layers: tuple[Levels, ...]


def represented_picture(result: RepresentResult) -> RepresentedPicture | None:
    """What there is to be drawn; None for more than two inputs."""
    if result.dims > MOST_DIMS:
        return None
    network = result.network
    shape = (result.form.levels,) * result.dims
    layers = tuple(
        _ordered(_levels(_up_to(network, depth), result)) for depth in range(1, len(network.layers))
    )
    if result.dims == MOST_DIMS:  # only those of the last layer that the output reads most
        heaviest = _heaviest(network)
        last = _levels(_up_to(network, len(network.layers) - 1), result)
        layers = (last[heaviest],)
    return RepresentedPicture(np.array(result.values, dtype=np.int64).reshape(shape), layers)


def _up_to(network: Network, depth: int) -> Network:
    return replace(network, layers=network.layers[:depth], notes=())


def _levels(network: Network, result: RepresentResult) -> Levels:
    """Every output (a row) at every input, in levels of the format."""
    engine, outputs = run_on_every_input(network, result.form, result.dims)
    scales = [granule * result.form.scale for granule in engine.output_granules]
    return np.array(
        [
            outputs[:, row].astype(np.int64) * scale.numerator // scale.denominator
            for row, scale in enumerate(scales)
        ]
    )


def _ordered(levels: Levels) -> Levels:
    """Neurons by where they first move."""
    moves = np.diff(levels, axis=1) != 0
    first = np.where(moves.any(axis=1), moves.argmax(axis=1), levels.shape[1])
    return levels[np.lexsort((levels[:, 0], first))]


def _heaviest(network: Network) -> list[int]:
    """The last hidden neurons of the greatest weights in the output, one of equal ones."""
    output = network.layers[-1].matrix
    pairs = sorted(output.row(0), key=lambda pair: -abs(pair[1]))
    return [column for column, _ in pairs[:SMALL_MAPS]]


def represented_figure(result: RepresentResult, picture: RepresentedPicture) -> Any:  # noqa: ANN401
    """One input: the staircase over a strip for every neuron. Two: maps."""
    with plot_style():
        return _strips(result, picture) if result.dims == 1 else _maps(result, picture)


def _strips(result: RepresentResult, picture: RepresentedPicture) -> Any:  # noqa: ANN401
    heights = [2.4] + [
        min(MOST_HEIGHT, max(LEAST_HEIGHT, ROW_HEIGHT * len(layer))) for layer in picture.layers
    ]
    figure = blank_figure(9.0, sum(heights) + 0.5 * len(heights))
    charts = figure.subplots(len(heights), 1, sharex=True, height_ratios=heights, squeeze=False)
    form = result.form
    unit = to_float(Fraction(1, form.scale))
    x = np.arange(form.lowest, form.highest + 1) * unit
    top = charts[0][0]
    top.step(x, picture.function * unit, where="mid", linewidth=1.2)
    top.set_title(f"the function at all {len(x)} inputs", fontsize=10)
    extent = (x[0] - unit / 2, x[-1] + unit / 2)
    drawn = np.concatenate(picture.layers) * unit
    image = None
    for number, (layer, row) in enumerate(zip(picture.layers, charts[1:], strict=True), 1):
        image = row[0].imshow(
            layer * unit,
            aspect="auto",
            interpolation="nearest",
            cmap="viridis",
            extent=(*extent, len(layer) - 0.5, -0.5),
            vmin=drawn.min(),
            vmax=drawn.max(),
        )
        row[0].set_title(f"hidden layer {number}: {len(layer)} neurons, a row each", fontsize=10)
        row[0].set_yticks([])
        row[0].grid(visible=False)
    charts[-1][0].set_xlabel("x")
    charts[-1][0].set_xlim(*extent)
    if image is not None:
        figure.colorbar(image, ax=[row[0] for row in charts[1:]], shrink=0.9, label="value")
    return figure


def _maps(result: RepresentResult, picture: RepresentedPicture) -> Any:  # noqa: ANN401
    neurons = picture.layers[-1]
    figure = blank_figure(9.5, 4.4)
    left, right = figure.subfigures(1, 2, width_ratios=(1.15, 1.4))
    axes = left.subplots()
    image = _map(axes, result, picture.function)
    axes.set_title("the function", fontsize=10)
    axes.set_xlabel("x1")
    axes.set_ylabel("x2")
    left.colorbar(image, ax=axes, shrink=0.75)
    right.suptitle("the last hidden neurons that weigh most, each in its own colours", fontsize=10)
    rows = 2 if len(neurons) > 1 else 1
    grid = right.subplots(rows, -(-len(neurons) // rows), squeeze=False).ravel()
    for small in grid:
        small.axis("off")
    for small, neuron in zip(grid, neurons, strict=False):
        _map(small, result, neuron.reshape(picture.function.shape))
    return figure


def _map(axes: Any, result: RepresentResult, levels: Levels) -> Any:  # noqa: ANN401
    form = result.form
    low, high = (to_float(Fraction(k, form.scale)) for k in (form.lowest, form.highest))
    axes.grid(visible=False)
    return axes.imshow(
        levels.T / form.scale,
        origin="lower",
        interpolation="nearest",
        cmap="viridis",
        extent=(low, high, low, high),
    )
