"""A plan for a Sobolev ball as text, JSON and a picture."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bitproof.exact import to_float, write_decimal
from bitproof.report.plots import BLUE, GREEN, RED, blank_figure, plot_style
from bitproof.theory.references import BARTLETT_2019, DING_2019

if TYPE_CHECKING:
    from rich.console import RenderableType

    from bitproof.pipeline.plan_smooth import SmoothPlan


def smooth_summary(plan: SmoothPlan, files: dict[str, Path]) -> RenderableType:
    """What the terminal shows."""
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    error = write_decimal(plan.error, 4)
    best = plan.best
    if best is None:
        head = Text(f"✗ no design for {plan.ball.description} at {error}", style="red")
    else:
        head = Text.assemble(
            ("✓ planned", "bold green"),
            f"  {best.bits:,} bits in {best.codebook} ({best.layout}) for every function to {error}"
            f"\n  {plan.ball.description}",
        )
    table = Table(box=None, header_style="dim", pad_edge=False)
    for name in ("codebook", "λ", "layout"):
        table.add_column(name)
    for name in ("weights", "depth", "bits", "× real", "least weights"):
        table.add_column(name, justify="right")
    for choice in plan.choices:
        table.add_row(
            choice.codebook,
            str(choice.values),
            choice.layout,
            f"{choice.weights:,}",
            str(choice.depth),
            f"{choice.bits:,}",
            write_decimal(choice.overhead.measured, 3),
            f"{choice.least_weights:,}",
            style="bold" if choice is best else "",
        )
    lines = [
        f"  no fixed structure stores fewer than {plan.least_bits:,} bits "
        f"({plan.packing.steps + 1:,}^{plan.packing.sites:,} functions, pairwise too far apart)",
        f"  with real weights: {plan.real:,} of ours; none of depth ≤ "
        f"{1 if best is None else best.depth} has fewer than {plan.least_real:,}",
        f"  best λ: {'–' if best is None else best.values}; by the paper's formula "
        f"λ·log λ·t^(1+1/(λ-1)): {plan.paper_values}",
        *(f"  {name}: {reason}" for name, reason in plan.refused),
        *(f"  {kind}: {file}" for kind, file in files.items()),
        f"  {DING_2019.short}; {BARTLETT_2019.short}",
    ]
    return Group(head, Text(), table, Text(), *(Text(line) for line in lines))


def write_smooth_plan(plan: SmoothPlan, folder: Path, *, force: bool) -> dict[str, Path]:
    """Writes plan.json and the picture (SVG, PNG) into a folder, whole or not at all.

    Raises:
        InputError: the folder is not empty (and `force` is off) or cannot be written.
    """
    from bitproof.pipeline.folder import staged_folder

    with staged_folder(folder, force=force) as staging:
        (staging / "plan.json").write_text(json.dumps(plan.to_dict(), indent=1) + "\n")
        names = {"plan": "plan.json"}
        figure = smooth_figure(plan)
        for kind in ("svg", "png"):
            metadata = {"Date": None} if kind == "svg" else {"Software": None}
            with plot_style():
                figure.savefig(staging / f"plan.{kind}", metadata=metadata)
            names[kind] = f"plan.{kind}"
    return {kind: folder / name for kind, name in names.items()}


def smooth_figure(plan: SmoothPlan) -> Any:  # noqa: ANN401  (matplotlib)
    """Bits and weights of every codebook beside the bounds, as a matplotlib figure."""
    with plot_style():
        figure = blank_figure(9.2, 3.8)
        left, right = figure.subplots(1, 2)
        ordered = sorted(plan.choices, key=lambda choice: (choice.values, choice.codebook))
        names = [f"{choice.codebook}\nλ = {choice.values}" for choice in ordered]
        inks = [BLUE if choice is plan.best else "#9db8dc" for choice in ordered]
        left.bar(names, [choice.bits for choice in ordered], color=inks)
        _line(left, plan.least_bits, RED, f"no fixed structure: {plan.least_bits:,}")
        right.bar(names, [choice.weights for choice in ordered], color=inks)
        _line(right, plan.real, GREEN, f"ours, real weights: {plan.real:,}")
        right.plot(
            range(len(ordered)),
            [choice.least_weights for choice in ordered],
            "v",
            color=RED,
            label="no fixed structure of λ values",
        )
        for axes, name in ((left, "bits"), (right, "weights")):
            axes.set_yscale("log")
            axes.set_ylabel(name)
            axes.yaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
            axes.minorticks_off()
            axes.tick_params(axis="x", labelsize=7)
            axes.grid(visible=False, axis="x")
            axes.legend(fontsize=8, loc="upper center", bbox_to_anchor=(0.5, -0.16), ncols=2)
            for bar in axes.patches:
                axes.annotate(
                    f"{bar.get_height():,.0f}",
                    (bar.get_x() + bar.get_width() / 2, bar.get_height()),
                    xytext=(0, 2),
                    textcoords="offset points",
                    ha="center",
                    fontsize=8,
                    color="#374151",
                )
        figure.suptitle(
            f"{plan.ball.description}; every function to {to_float(plan.error):g}",
            x=0.01,
            ha="left",
            fontsize=11,
            color="#374151",
        )
    return figure


def _line(axes: Any, value: int, ink: str, label: str) -> None:  # noqa: ANN401  (matplotlib)
    axes.axhline(value, color=ink, linewidth=1.4, label=label)
