"""The map of regimes as a picture: b across, L upwards; errors as contours, lower and upper."""

from __future__ import annotations

from fractions import Fraction
from math import log2
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bitproof.exact import to_float
from bitproof.report.plots import GREY, blank_figure, plot_style
from bitproof.theory.regimes import Regime

if TYPE_CHECKING:
    from bitproof.pipeline.plan_map import RegimeMap

FILLS = {Regime.UNDER: "#fdeccf", Regime.PROPER: "#e3f1e8", Regime.OVER: "#e9e6f3"}
INKS = {Regime.UNDER: "#a8671a", Regime.PROPER: "#1c7d50", Regime.OVER: "#5b4a9e"}
WORDS = {
    Regime.UNDER: "under-quantization",
    Regime.PROPER: "proper quantization",
    Regime.OVER: "over-quantization",
}
TITLES = ("no network errs less than", "the best promised network errs at most")
CONTOURS = 9
RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def write_regime_plot(drawn: RegimeMap, folder: Path) -> dict[str, str]:
    """Writes regimes.svg and regimes.png into an existing folder; their names by kind."""
    figure = regime_figure(drawn)
    names = {}
    for kind in ("svg", "png"):
        metadata = {"Date": None} if kind == "svg" else {"Software": None}
        with plot_style():
            figure.savefig(folder / f"regimes.{kind}", metadata=metadata)
        names[kind] = f"regimes.{kind}"
    return names


def regime_figure(drawn: RegimeMap) -> Any:  # noqa: ANN401  (matplotlib)
    """Two maps side by side, lower bounds and promised errors, as a matplotlib figure."""
    with plot_style():
        figure = blank_figure(10.5, 5.2)
        panels = figure.subplots(1, 2, sharey=True)
        _panel(panels[0], drawn, TITLES[0], [point.lower for point in drawn.points])
        _panel(panels[1], drawn, TITLES[1], [point.upper for point in drawn.points])
        panels[0].set_ylabel("depth L")
        _legend(figure, drawn)
        figure.suptitle(_title(drawn), x=0.02, ha="left", fontsize=11, color="#374151")
    return figure


def _title(drawn: RegimeMap) -> str:
    gap = drawn.worst_gap
    worst = "" if gap is None else f"; promised over lower at most {float(gap):.0f} where proper"
    return f"Width {drawn.width}, weights Q({drawn.a}, b){worst}"


def _panel(
    axes: Any,  # noqa: ANN401  (matplotlib)
    drawn: RegimeMap,
    title: str,
    errors: list[Fraction | None],
) -> None:
    axes.set_title(title, loc="left", fontsize=10, color="#374151")
    axes.set_yscale("log", base=2)
    _regions(axes, drawn)
    _contours(axes, drawn, errors)
    axes.set_xlim(drawn.bits[0], drawn.bits[-1])
    axes.set_ylim(drawn.depths[0], drawn.depths[-1])
    axes.set_xticks([b for b in drawn.bits if b == 1 or b % 2 == 0])
    marks = [depth for depth in drawn.depths if depth & (depth - 1) == 0]
    axes.set_yticks(marks, [str(depth) for depth in marks])
    axes.minorticks_off()
    axes.set_xlabel("fraction bits b")
    axes.grid(visible=False)
    axes.tick_params(length=3)


def _regions(axes: Any, drawn: RegimeMap) -> None:  # noqa: ANN401  (matplotlib)
    """The regimes as coloured areas, the boundary b_low dashed."""
    depths, first, last = drawn.depths, drawn.bits[0], drawn.bits[-1]
    low = [min(max(b, first), last) for b in drawn.low]
    high = [min(max(b, first), last) for b in drawn.high]
    spans = {
        Regime.UNDER: ([first] * len(depths), low),
        Regime.PROPER: (low, high),
        Regime.OVER: (high, [last] * len(depths)),
    }
    for regime, (left, right) in spans.items():
        axes.fill_betweenx(depths, left, right, color=FILLS[regime], linewidth=0)
    axes.plot(low, depths, color=INKS[Regime.UNDER], linewidth=1.6, linestyle=(0, (4, 2)))


def _legend(figure: Any, drawn: RegimeMap) -> None:  # noqa: ANN401  (matplotlib)
    """What the colours mean, of those that occur."""
    from matplotlib.patches import Patch

    here = {point.regime for point in drawn.points}
    patches = [
        Patch(facecolor=FILLS[regime], edgecolor=INKS[regime], linewidth=0.8, label=WORDS[regime])
        for regime in Regime
        if regime in here
    ]
    figure.legend(handles=patches, loc="outside lower center", ncols=len(patches), fontsize=9)


def _contours(
    axes: Any,  # noqa: ANN401  (matplotlib)
    drawn: RegimeMap,
    errors: list[Fraction | None],
) -> None:
    """Lines of equal error, labelled as powers of two; points without an error stay blank."""
    import numpy as np

    columns = len(drawn.bits)
    logs = np.array([np.nan if e is None else log2(to_float(e)) for e in errors])
    logs = logs.reshape(len(drawn.depths), columns)
    heights = np.ma.array(logs, mask=np.isnan(logs))
    if heights.count() == 0:
        axes.text(
            0.5,
            0.5,
            "no promised network of this width",
            transform=axes.transAxes,
            ha="center",
            color=GREY,
        )
        return
    least, most = float(heights.min()), float(heights.max())
    step = max(1, round((most - least) / CONTOURS))
    levels = list(range(int(least // 1), int(most // 1) + 1, step))
    lines = axes.contour(
        drawn.bits,
        drawn.depths,
        heights,
        levels=levels,
        colors="#1d5fbf",
        linewidths=1.1,
        linestyles="solid",
    )
    axes.clabel(lines, fmt=power_of_two, fontsize=8)
    masked = np.ma.getmaskarray(heights)
    blank = [depth for row, depth in enumerate(drawn.depths) if masked[row].all()]
    if len(blank) > 1:
        middle = (blank[0] * blank[-1]) ** 0.5
        axes.text(
            (drawn.bits[0] + drawn.bits[-1]) / 2,
            middle,
            "nothing promised at these depths",
            ha="center",
            color=GREY,
            fontsize=9,
        )


def power_of_two(exponent: float) -> str:
    """A contour's label.

    >>> power_of_two(-12.0)
    '2⁻¹²'
    """
    return "2" + f"{exponent:.0f}".translate(RAISED)
