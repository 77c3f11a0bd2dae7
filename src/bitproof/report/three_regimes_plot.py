"""The figures of `bitproof reproduce three-regimes`, drawn from certified errors."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bitproof.exact import to_float
from bitproof.exact.rationals import parse_rational
from bitproof.report.plots import (
    BLUE,
    GREEN,
    GREY,
    RED,
    SAND,
    blank_figure,
    plot_style,
    save_figures,
)
from bitproof.report.regime_plot import FILLS, INKS, RAISED, WORDS
from bitproof.theory.regimes import Regime

if TYPE_CHECKING:
    from bitproof.pipeline.sweep import Value
    from bitproof.pipeline.three_regimes import ThreeRegimes

Row = Mapping[str, "Value"]
PANELS = 6
NEAR = 0.8
PURPLE = "#5b4a9e"
METHOD_INKS = {
    "march": SAND,
    "fold-matrix": BLUE,
    "select-and-decode": GREEN,
    "hinges": PURPLE,
    "comb-matrix": RED,
}
PAPER_PARAMETERS = ((2, 2, 2), (4, 4, 2), (8, 8, 3), (16, 16, 4), (32, 32, 5))


def write_figures(found: ThreeRegimes, folder: Path) -> dict[str, Path]:
    """Writes regimes, memory and shallow as SVG and PNG into an existing folder; files by name."""
    drawn = {
        "regimes": regimes_figure(found),
        "memory": memory_figure(found),
        "shallow": shallow_figure(found),
    }
    return save_figures(drawn, folder)


def regimes_figure(found: ThreeRegimes) -> Any:  # noqa: ANN401  (matplotlib)
    """Error against b, one panel for each of some depths of the widest networks."""
    width = max(found.grid.widths)
    depths = _spread([d for d in found.grid.depths if _any_promise(found, width, d)], PANELS)
    with plot_style():
        figure = blank_figure(11, 6.4)
        panels = figure.subplots(2, (len(depths) + 1) // 2, sharex=True, sharey=True, squeeze=False)
        for axes, depth in zip(panels.flat, depths, strict=False):
            rows = [row for row in found.regimes if (row["W"], row["L"]) == (width, depth)]
            _regime_panel(axes, rows)
            axes.set_title(f"depth {depth}", loc="left", fontsize=10, color="#374151")
        for axes in panels.flat[len(depths) :]:
            axes.set_visible(False)
        for axes in panels[-1]:
            axes.set_xlabel("fraction bits b")
        for row_of in panels:
            row_of[0].set_ylabel("worst-case error")
        _regime_legend(figure)
        figure.suptitle(
            f"Width {width}, weights in Q({found.grid.a}, b): certified networks between what is "
            "promised and what nothing beats",
            x=0.01,
            ha="left",
            fontsize=11,
            color="#374151",
        )
    return figure


def _regime_panel(axes: Any, rows: Sequence[Row]) -> None:  # noqa: ANN401  (matplotlib)
    one = list({row["b"]: row for row in rows}.values())
    bits = [_number(row["b"]) for row in one]
    for at, row in enumerate(one):
        left = bits[at] if at == 0 else (bits[at - 1] * bits[at]) ** 0.5
        right = bits[at] if at == len(bits) - 1 else (bits[at] * bits[at + 1]) ** 0.5
        axes.axvspan(left, right, color=FILLS[Regime(row["regime"])], linewidth=0)
    axes.plot(bits, [_value(row["lower_bound"]) for row in one], color="#1f2937", linewidth=1.6)
    promised = [row for row in one if row["promised_error"] is not None]
    axes.plot(
        [_number(row["b"]) for row in promised],
        [_value(row["promised_error"]) for row in promised],
        color=BLUE,
        linewidth=1.6,
    )
    for path, mark, ink in (("random", "o", SAND), ("adversarial", "^", RED)):
        kept = [row for row in rows if row["path"] == path and row["status"] == "proved"]
        axes.plot(
            [_number(row["b"]) for row in kept],
            [_value(row["certified_upper"]) for row in kept],
            mark,
            color=ink,
            markersize=4.5,
        )
    _log_axis(axes, "y", 2)
    axes.set_xlim(bits[0], bits[-1])
    axes.set_xscale("log", base=2)
    ticks = [bit for bit in (1, 2, 4, 8, 16, 32) if bits[0] <= bit <= bits[-1]]
    axes.set_xticks(ticks, [str(bit) for bit in ticks])
    axes.minorticks_off()


def _regime_legend(figure: Any) -> None:  # noqa: ANN401  (matplotlib)
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    inks = [
        Line2D([], [], color=BLUE, label="promised for every function"),
        Line2D([], [], color=RED, marker="^", linestyle="", label="certified, adversarial path"),
        Line2D([], [], color=SAND, marker="o", linestyle="", label="certified, random path"),
        Line2D([], [], color="#1f2937", label="no network errs less"),
    ]
    areas = [
        Patch(facecolor=FILLS[regime], edgecolor=INKS[regime], label=WORDS[regime])
        for regime in Regime
    ]
    figure.legend(handles=[*inks, *areas], loc="outside lower center", ncols=4, fontsize=9)


def memory_figure(found: ThreeRegimes) -> Any:  # noqa: ANN401  (matplotlib)
    """κ against memory: every method's best format, the paper's construction, the optimum."""
    with plot_style():
        figure = blank_figure(9.2, 5.2)
        axes = figure.subplots()
        for method in dict.fromkeys(str(row["method"]) for row in found.memory):
            best = _frontier([row for row in found.memory if row["method"] == method])
            ink = METHOD_INKS.get(method, GREY)
            bits = [_number(row["dense_bits"]) for row in best]
            axes.plot(
                bits, [_number(row["kappa_promised"]) for row in best], color=ink, label=method
            )
            axes.plot(bits, [_number(row["kappa_attained"]) for row in best], "^", color=ink, ms=5)
        paper = [_paper_point(*parameters) for parameters in PAPER_PARAMETERS]
        axes.plot(*zip(*paper, strict=True), "s-", color=RED, ms=4, label="the paper's constants")
        axes.axhline(1, color="#1f2937", linewidth=1.4)
        axes.text(paper[-1][0], 1.12, "no code beats κ = 1", ha="right", va="bottom", fontsize=9)
        _log_axis(axes, "x", 10)
        _log_axis(axes, "y", 10)
        axes.set_xlabel("memory in bits (every weight and bias, zeros included)")
        axes.set_ylabel("κ = error · bits")
        axes.set_title(
            "Memory-optimality: promised (lines) and certified on an adversarial path (triangles)",
            loc="left",
            fontsize=11,
            color="#374151",
        )
        axes.legend(loc="center right", fontsize=9)
    return figure


def shallow_figure(found: ThreeRegimes) -> Any:  # noqa: ANN401  (matplotlib)
    """Error against memory: certified deep networks, and what depths 2 and 3 cannot beat."""
    from bitproof.exact import Interval
    from bitproof.theory.planner import Question, shallow_bound

    unit = Interval(Fraction(0), Fraction(1))
    question = Question(unit, Interval(Fraction(-1), Fraction(1)), Fraction(1), memory=1)
    best = _frontier(list(found.memory))
    with plot_style():
        figure = blank_figure(9.2, 5.2)
        axes = figure.subplots()
        most = max((_number(row["dense_bits"]) for row in best), default=4096.0)
        memories = [1 << power for power in range(7, int(most).bit_length() + 1)]
        for depth, ink in ((2, INKS[Regime.UNDER]), (3, PURPLE)):
            errors = [to_float(shallow_bound(question, depth, bits)) for bits in memories]
            label = f"no network of depth {depth} errs less"
            axes.plot(memories, errors, color=ink, linestyle=(0, (5, 2)), label=label)
        least = [to_float(question.least_error(bits)) for bits in memories]
        axes.plot(
            memories, least, color="#1f2937", label="nothing stored in so many bits errs less"
        )
        for method in dict.fromkeys(str(row["method"]) for row in best):
            rows = [row for row in best if row["method"] == method]
            axes.plot(
                [_number(row["dense_bits"]) for row in rows],
                [_value(row["certified_upper"]) for row in rows],
                "^",
                color=METHOD_INKS.get(method, GREY),
                label=f"{method}, certified",
            )
        _log_axis(axes, "x", 2)
        _log_axis(axes, "y", 2)
        axes.set_xlabel("memory in bits")
        axes.set_ylabel("worst-case error")
        axes.set_title("Deep against shallow", loc="left", fontsize=11, color="#374151")
        axes.legend(fontsize=9)
    return figure


def _log_axis(axes: Any, name: str, base: int) -> None:  # noqa: ANN401  (matplotlib)
    """A logarithmic axis whose ticks are plain text, as the style reads no mathematics."""
    from math import log

    getattr(axes, f"set_{name}scale")("log", base=base)
    axis = getattr(axes, f"{name}axis")
    axis.set_major_formatter(lambda value, _: f"{base}{raised(round(log(value, base)))}")
    axes.minorticks_off()


def raised(exponent: int) -> str:
    """An exponent as superscript characters.

    >>> raised(-12)
    '⁻¹²'
    """
    return str(exponent).translate(RAISED)


def _spread(values: Sequence[int], count: int) -> list[int]:
    """So many of the values, ends included, evenly by place.

    >>> _spread([1, 2, 3, 4, 5, 6, 7], 3)
    [1, 4, 7]
    """
    if len(values) <= count:
        return list(values)
    return [values[round(at * (len(values) - 1) / (count - 1))] for at in range(count)]


def _any_promise(found: ThreeRegimes, width: int, depth: int) -> bool:
    return any(
        (row["W"], row["L"]) == (width, depth) and row["promised_error"] is not None
        for row in found.regimes
    )


def _frontier(rows: Iterable[Row]) -> list[Row]:
    """Of the adversarial rows those that no smaller network comes near in the promised error."""
    kept = list[Row]()
    for row in sorted(rows, key=lambda row: _number(row["dense_bits"])):
        if row["path"] != "adversarial":
            continue
        if not kept or _value(row["promised_error"]) < NEAR * _value(kept[-1]["promised_error"]):
            kept.append(row)
    return kept


def _paper_point(m: int, l: int, n: int) -> tuple[float, float]:  # noqa: E741  (the paper's)
    from bitproof.theory.upper_bounds import PaperTheorem

    theorem = PaperTheorem(m, l, n)
    bits = theorem.integer_bits * theorem.dense_weights
    return float(bits), to_float(theorem.error * bits)


def _number(value: Value) -> float:
    return float(str(value))


def _value(value: Value) -> float:
    return to_float(parse_rational(str(value)))
