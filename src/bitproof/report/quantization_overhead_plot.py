"""The figures of `bitproof reproduce quantization-overhead`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bitproof.pipeline.quantization_overhead import digits_of
from bitproof.report.plots import BLUE, GREEN, RED, SAND, blank_figure, plot_style, save_figures
from bitproof.report.three_regimes_plot import raised

if TYPE_CHECKING:
    from bitproof.pipeline.quantization_overhead import QuantizationOverhead
    from bitproof.pipeline.sweep import Value

Row = Mapping[str, "Value"]
BLACK, PURPLE, TEAL, PINK = "#1f2937", "#5b4a9e", "#138a8a", "#b5487f"
INKS = (BLUE, SAND, PURPLE, TEAL, PINK, "#7a6a4f", "#4f7a52")
TITLE = "#374151"


def write_overhead_figures(found: QuantizationOverhead, folder: Path) -> dict[str, Path]:
    """Writes bits, weights, overhead and values as SVG and PNG into an existing folder."""
    drawn = {
        "bits": size_figure(found, "bits"),
        "weights": size_figure(found, "weights"),
        "overhead": overhead_figure(found),
        "values": values_figure(found),
    }
    return save_figures(drawn, folder)


def size_figure(found: QuantizationOverhead, quantity: str) -> Any:  # noqa: ANN401  (matplotlib)
    """Bits or weights against ε, a panel for each class: every codebook, the paper's layout and
    order, the lower bound."""
    with plot_style():
        figure, panels = _panels(found)
        for axes, (d, n) in zip(panels, found.classes(), strict=False):
            for book, ink in _inks(found).items():
                rows = found.rows(d, n, book)
                axes.plot(
                    [digits_of(row) for row in rows],
                    [_number(row[quantity]) for row in rows],
                    color=ink,
                    linewidth=1.6,
                )
            _baseline(axes, found, (d, n), quantity)
            rows = found.rows(d, n, found.grid.codebooks[0])
            places = [digits_of(row) for row in rows]
            axes.plot(
                places, [_number(row[f"least_{quantity}"]) for row in rows], color=BLACK, lw=1.6
            )
            if quantity == "weights":
                axes.plot(places, [_number(row["real_weights"]) for row in rows], color=GREEN)
            axes.set_yscale("log")
            _power_axis(axes)
        handles = [_line(ink, book) for book, ink in _inks(found).items()]
        handles += [
            _line(RED, "the paper's layout, linear:2", marker="s"),
            _line(RED, "its order, scaled to meet it", style=(0, (1, 2))),
            _line(BLACK, f"no fixed structure of λ = 2 has fewer {quantity}"),
        ]
        if quantity == "weights":
            handles.append(_line(GREEN, "ours with real weights"))
        _finish(
            figure, handles, f"{quantity.capitalize()} of a fixed structure for every f in F(d, n)"
        )
    return figure


def _baseline(
    axes: Any,  # noqa: ANN401  (matplotlib)
    found: QuantizationOverhead,
    which: tuple[int, int],
    quantity: str,
) -> None:
    paper = found.baseline_rows(*which)
    if not paper:
        return
    places = [digits_of(row) for row in paper]
    axes.plot(places, [_number(row[quantity]) for row in paper], "s-", color=RED, ms=3.5, lw=1.2)
    anchor = paper[-1]
    scale = _number(anchor[quantity]) / _number(anchor[f"paper_{quantity}_order"])
    rows = found.rows(*which, found.grid.codebooks[0])
    axes.plot(
        [digits_of(row) for row in rows],
        [scale * _number(row[f"paper_{quantity}_order"]) for row in rows],
        color=RED,
        linestyle=(0, (1, 2)),
        linewidth=1.4,
    )


def overhead_figure(found: QuantizationOverhead) -> Any:  # noqa: ANN401  (matplotlib)
    """Weights over our real weights against ε, with the orders of the paper and of ours."""
    with plot_style():
        figure, panels = _panels(found)
        for axes, (d, n) in zip(panels, found.classes(), strict=False):
            for book, ink in _inks(found).items():
                rows = found.rows(d, n, book)
                axes.plot(
                    [digits_of(row) for row in rows],
                    [_number(row["overhead"]) for row in rows],
                    color=ink,
                    linewidth=1.6,
                )
            rows = found.rows(d, n, found.grid.codebooks[0])
            if rows:
                _orders(axes, rows, n)
            axes.set_yscale("log")
            _power_axis(axes)
            axes.yaxis.set_major_formatter(lambda value, _: f"{value:g}×")
        handles = [_line(ink, book) for book, ink in _inks(found).items()]
        handles += [
            _line(RED, "the paper's bound log⁵(1/ε), scaled", style=(0, (1, 2))),
            _line(BLACK, "our bound log² (n ≤ 2) or log³, scaled", style=(0, (5, 2))),
        ]
        _finish(figure, handles, "Overhead: weights of λ values over our real weights")
    return figure


def _orders(axes: Any, rows: Sequence[Row], smoothness: int) -> None:  # noqa: ANN401  (matplotlib)
    places = [digits_of(row) for row in rows]
    first, start = _number(rows[0]["overhead"]), places[0]
    for power, ink, style in (
        (5, RED, (0, (1, 2))),
        (2 if smoothness <= 2 else 3, BLACK, (0, (5, 2))),
    ):
        curve = [first * (place / start) ** power for place in places]
        axes.plot(places, curve, color=ink, linestyle=style, linewidth=1.2)


def values_figure(found: QuantizationOverhead) -> Any:  # noqa: ANN401  (matplotlib)
    """Bits of every codebook over the fewest, against ε; the best λ, and that of the formula."""
    with plot_style():
        figure, panels = _panels(found)
        for axes, (d, n) in zip(panels, found.classes(), strict=False):
            least = {row["error"]: _number(row["bits"]) for row in found.best(d, n)}
            for book, ink in _inks(found).items():
                rows = found.rows(d, n, book)
                axes.plot(
                    [digits_of(row) for row in rows],
                    [_number(row["bits"]) / least[row["error"]] for row in rows],
                    color=ink,
                    linewidth=1.6,
                )
            for row in found.best(d, n):
                axes.annotate(
                    f"{row['values']}",
                    (digits_of(row), 1),
                    xytext=(0, -11),
                    textcoords="offset points",
                    ha="center",
                    fontsize=7,
                    color=BLACK,
                )
                axes.annotate(
                    f"{row['paper_best_values']}",
                    (digits_of(row), 1),
                    xytext=(0, -20),
                    textcoords="offset points",
                    ha="center",
                    fontsize=7,
                    color=RED,
                )
            axes.set_ylim(0.6, 3.2)
            _power_axis(axes)
            axes.yaxis.set_major_formatter(lambda value, _: f"{value:g}×")
        handles = [_line(ink, book) for book, ink in _inks(found).items()]
        handles += [
            _line(BLACK, "black numbers: λ of fewest bits", style="none"),
            _line(RED, "red numbers: λ by the paper's formula", style="none"),
        ]
        _finish(figure, handles, "Bits over those of the best codebook: which λ is best")
    return figure


def _inks(found: QuantizationOverhead) -> dict[str, str]:
    return dict(zip(found.grid.codebooks, INKS, strict=False))


def _panels(found: QuantizationOverhead) -> tuple[Any, list[Any]]:
    classes = found.classes()
    columns = min(len(classes), 3) or 1
    rows = -(-len(classes) // columns) or 1
    figure = blank_figure(3.7 * columns + 0.4, 2.9 * rows + 1.1)
    panels = list(figure.subplots(rows, columns, squeeze=False).flat)
    for axes, (d, n) in zip(panels, classes, strict=False):
        axes.set_title(f"d = {d}, n = {n}", loc="left", fontsize=10, color=TITLE)
    for axes in panels[len(classes) :]:
        axes.set_visible(False)
    return figure, panels


def _power_axis(axes: Any) -> None:  # noqa: ANN401  (matplotlib)
    from matplotlib.ticker import MaxNLocator

    axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=6))
    axes.xaxis.set_major_formatter(lambda value, _: f"2{raised(-round(value))}")
    axes.minorticks_off()
    axes.set_xlabel("error ε", fontsize=9)
    if axes.get_yscale() == "log":
        axes.yaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")


def _line(ink: str, label: str, style: Any = "-", marker: str = "") -> Any:  # noqa: ANN401
    from matplotlib.lines import Line2D

    return Line2D([], [], color=ink, label=label, linestyle=style, marker=marker, markersize=4)


def _finish(figure: Any, handles: list[Any], title: str) -> None:  # noqa: ANN401  (matplotlib)
    figure.legend(handles=handles, loc="outside lower center", ncols=4, fontsize=8)
    figure.suptitle(title, x=0.01, ha="left", fontsize=11, color=TITLE)


def _number(value: Value) -> float:
    return float(str(value))
