"""The two charts as files, drawn by matplotlib without a display."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from bitproof.report.words import claim

if TYPE_CHECKING:
    from bitproof.pipeline.results import CompileResult
    from bitproof.report.curve import Curve

BLUE, SAND, GREY, RED, GREEN = "#1d5fbf", "#e3a857", "#6b7280", "#c2361f", "#1c7d50"
STYLE: dict[str, Any] = {
    "font.family": "DejaVu Sans",
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#9ca3af",
    "axes.labelcolor": "#374151",
    "xtick.color": "#4b5563",
    "ytick.color": "#4b5563",
    "axes.grid": True,
    "grid.color": "#e5e7eb",
    "grid.linewidth": 0.8,
    "legend.frameon": False,
    "svg.hashsalt": "bitproof",
    "figure.dpi": 150,
    "text.parse_math": False,
}


def write_plots(result: CompileResult, curve: Curve, folder: Path) -> dict[str, Path]:
    """Writes function.svg, function.png, error.svg and error.png into an existing folder.

    Returns:
        The files by kind: `function_svg`, `function_png`, `error_svg`, `error_png`.
    """
    return save_figures(
        {"function": function_figure(result, curve), "error": error_figure(result, curve)}, folder
    )


def save_figures(drawn: Mapping[str, Any], folder: Path) -> dict[str, Path]:
    """Writes every figure as `<name>.svg` and `<name>.png` into an existing folder, without dates.

    Returns:
        The files by kind: `<name>_svg`, `<name>_png`.
    """
    written: dict[str, Path] = {}
    for name, figure in drawn.items():
        for kind in ("svg", "png"):
            file = folder / f"{name}.{kind}"
            metadata = {"Date": None} if kind == "svg" else {"Software": None}
            with plot_style():
                figure.savefig(file, metadata=metadata)
            written[f"{name}_{kind}"] = file
    return written


def function_figure(result: CompileResult, curve: Curve) -> Any:  # noqa: ANN401  (matplotlib)
    """f and N over the domain, as a matplotlib figure."""
    with plot_style():
        figure, axes = _axes()
        line = "-" if curve.continuous else "."
        axes.plot(curve.x, curve.target, color=SAND, linewidth=5, solid_capstyle="round")
        axes.plot(curve.x, curve.network, line, color=BLUE, linewidth=1.4, markersize=2)
        axes.legend([f"f(x) = {_short(result.target.text)}", "the network N"], loc="best")
        _finish(axes, curve)
    return figure


def error_figure(result: CompileResult, curve: Curve) -> Any:  # noqa: ANN401  (matplotlib)
    """f - N over the domain with the band ±ε and the peak, as a matplotlib figure."""
    with plot_style():
        figure, axes = _axes()
        line = "-" if curve.continuous else "."
        axes.axhspan(-curve.tolerance, curve.tolerance, color=GREEN, alpha=0.08, linewidth=0)
        for limit in (-curve.tolerance, curve.tolerance):
            axes.axhline(limit, color=GREEN, linewidth=1, linestyle=(0, (5, 3)))
        axes.plot(curve.x, curve.error, line, color=BLUE, linewidth=1, markersize=2)
        axes.plot(*curve.peak, "o", color=RED, markersize=5)
        x, y = curve.peak
        axes.annotate(
            f"peak {y:.3g} at x = {x:.5g}",
            (x, y),
            xytext=(0, 9 if y >= 0 else -16),
            textcoords="offset points",
            ha="left" if x < curve.lower + 0.25 * (curve.upper - curve.lower) else "right",
            color=RED,
        )
        reach = max(curve.tolerance, curve.bound) * 1.4
        axes.set_ylim(-reach, reach)
        axes.plot(
            curve.breakpoints, [-reach] * len(curve.breakpoints), "|", color=GREY, markersize=6
        )
        axes.set_ylabel("f(x) − N(x)")
        axes.set_title(claim(result), loc="left", fontsize=10, color="#374151")
        _finish(axes, curve)
    return figure


def plot_style() -> AbstractContextManager[None]:
    """Our settings for as long as the block lasts; the caller's come back after it."""
    import matplotlib

    return cast("AbstractContextManager[None]", matplotlib.rc_context(STYLE))


def blank_figure(width: float, height: float) -> Any:  # noqa: ANN401  (matplotlib)
    """An empty figure of so many inches that needs no display; inside `plot_style`."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def _axes() -> tuple[Any, Any]:
    figure = blank_figure(8.0, 3.4)
    return figure, figure.add_subplot()


def _finish(axes: Any, curve: Curve) -> None:  # noqa: ANN401  (matplotlib)
    axes.set_xlim(curve.lower, curve.upper)
    axes.set_xlabel("x")
    axes.tick_params(length=0)


def _short(text: str) -> str:
    return text if len(text) <= 48 else text[:47] + "…"
