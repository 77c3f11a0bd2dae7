"""The map of expressivity as a figure (matplotlib) and as panels of a page (SVG)."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bitproof.report.plots import STYLE, blank_figure, save_figures

if TYPE_CHECKING:
    from bitproof.pipeline.survey import Spot, Survey

# kind: (colour on paper, words)
KINDS = {
    "universal": ("#1d5fbf", "universal"),
    "depends": ("#e3a857", "depends on the tie rule"),
    "residue": ("#c2361f", "not: some sets of outputs never occur together"),
    "separation": ("#c9ced6", "not: some inputs are never told apart"),
    "constant": ("#7b828e", "not: the activation is rounded to a constant"),
}
COLUMNS = 3
CELL, LEFT, TOP, BOTTOM = 14, 30, 6, 24


def map_figure(found: Survey) -> Any:  # noqa: ANN401  (matplotlib)
    """The map as a matplotlib figure: a panel for every activation, s across and p upward."""
    import matplotlib
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    rows = -(-len(found.activations) // COLUMNS)
    with matplotlib.rc_context(STYLE | {"axes.grid": False, "axes.spines.left": False}):
        figure = blank_figure(11.0, 0.9 + 1.78 * rows)
        figure.get_layout_engine().set(hspace=0.06, wspace=0.03)
        for index, activation in enumerate(found.activations):
            axes = figure.add_subplot(rows, COLUMNS, index + 1)
            axes.spines["bottom"].set_visible(False)
            lowest_row = index + COLUMNS >= len(found.activations)
            _panel(axes, found, activation, labelled=(index % COLUMNS == 0, lowest_row))
        present = [kind for kind in KINDS if found.count(kind)]
        handles: list[Any] = [Patch(color=KINDS[kind][0], label=KINDS[kind][1]) for kind in present]
        handles.append(Line2D([], [], color="#111827", lw=1.6, label="s = 2ᵖ − 1"))
        figure.legend(
            handles=handles, loc="outside upper left", ncols=3, fontsize=9.5, handlelength=1.2
        )
    return figure


def _panel(axes: Any, found: Survey, activation: str, labelled: tuple[bool, bool]) -> None:  # noqa: ANN401
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path as Outline

    for kind, (colour, _) in KINDS.items():
        corners: list[tuple[float, float]] = []
        for spot in found.of(activation):
            if spot.kind == kind:
                x, y = found.scales.index(spot.s) + 0.04, found.bits.index(spot.p) + 0.04
                corners += [(x, y), (x + 0.92, y), (x + 0.92, y + 0.92), (x, y + 0.92), (x, y)]
        if corners:
            square = [Outline.MOVETO, *[Outline.LINETO] * 3, Outline.CLOSEPOLY]
            outline = Outline(corners, square * (len(corners) // 5))
            axes.add_patch(PathPatch(outline, facecolor=colour, linewidth=0))
    edge = _staircase(found)
    axes.plot([x for x, _ in edge], [y for _, y in edge], color="#111827", linewidth=1.6)
    axes.set_xlim(-0.15, len(found.scales) + 0.15)
    axes.set_ylim(-0.15, len(found.bits) + 0.15)
    shown = [i for i, s in enumerate(found.scales) if _is_labelled(s)]
    axes.set_xticks([i + 0.5 for i in shown], [str(found.scales[i]) for i in shown])
    axes.set_yticks(
        [i + 0.5 for i in range(len(found.bits))], [str(p) for p in found.bits], fontsize=8
    )
    axes.tick_params(length=0, pad=1, labelsize=8)
    axes.set_title(activation, loc="left", fontsize=10.5, fontweight="bold", pad=3)
    if labelled[0]:
        axes.set_ylabel("p", rotation=0, labelpad=8)
    if labelled[1]:
        axes.set_xlabel("scale s")


def _is_labelled(s: int) -> bool:
    """Powers of four, and 512 at the end of the axis."""
    return s & (s - 1) == 0 and (s.bit_length() % 2 == 1)


def _staircase(found: Survey) -> list[tuple[int, int]]:
    """The corners of the line between s ≤ 2^p - 1 and greater s, in columns and rows."""
    corners: list[tuple[int, int]] = []
    for row, p in enumerate(found.bits):
        column = sum(s < 1 << p for s in found.scales)
        corners += [(column, row), (column, row + 1)]
    return corners


def write_map(found: Survey, folder: Path) -> dict[str, Path]:
    """Writes map.svg and map.png into an existing folder.

    Returns:
        The files by kind: `map_svg`, `map_png`.
    """
    return save_figures({"map": map_figure(found)}, folder)


def panels(found: Survey) -> str:
    """The panels as HTML; colours come from `PANEL_STYLE`."""
    parts = [
        f'<figure class="panel"><figcaption><b>{escape(activation)}</b></figcaption>'
        f"{_svg(found, activation)}</figure>"
        for activation in found.activations
    ]
    return f'<div class="panels">{"".join(parts)}</div>\n'


def legend(found: Survey) -> str:
    """What the colours mean."""
    items = [
        f'<span><i class="key {kind}"></i>{words}</span>'
        for kind, (_, words) in KINDS.items()
        if found.count(kind)
    ]
    items.append(
        '<span><i class="key edge"></i>s = 2<sup>p</sup> − 1: to its left, 1 is a weight</span>'
    )
    return f'<p class="legend">{"".join(items)}</p>\n'


def _svg(found: Survey, activation: str) -> str:
    rows = len(found.bits)
    width, height = LEFT + CELL * len(found.scales) + 4, TOP + CELL * rows + BOTTOM
    cells = "".join(_cell(found, spot) for spot in found.of(activation))
    edge = " ".join(
        f"{LEFT + CELL * column},{TOP + CELL * (rows - row)}" for column, row in _staircase(found)
    )
    floor = TOP + CELL * rows + 14
    ticks = "".join(
        f'<text class="tick" x="{LEFT + CELL * (i + 0.5):.0f}" y="{floor}" '
        f'text-anchor="middle">{s}</text>'
        for i, s in enumerate(found.scales)
        if _is_labelled(s)
    )
    ticks += "".join(
        f'<text class="tick" x="{LEFT - 6}" y="{TOP + CELL * (rows - i) - 3}" '
        f'text-anchor="end">{p}</text>'
        for i, p in enumerate(found.bits)
    )
    ticks += f'<text class="tick" x="2" y="{TOP + CELL - 3}">p</text>'
    ticks += f'<text class="tick" x="{LEFT - 6}" y="{floor}" text-anchor="end">s</text>'
    label = escape(_summary(found, activation))
    return (
        f'<svg viewBox="0 0 {width} {height}" role="img" aria-label="{label}">'
        f'{cells}<polyline class="edge" points="{edge}"/>{ticks}</svg>'
    )


def _summary(found: Survey, activation: str) -> str:
    total = len(found.of(activation))
    return f"{activation}: universal in {found.count('universal', activation)} of {total} formats"


def _cell(found: Survey, spot: Spot) -> str:
    x = LEFT + CELL * found.scales.index(spot.s)
    y = TOP + CELL * (len(found.bits) - 1 - found.bits.index(spot.p))
    words = KINDS[spot.kind][1]
    if spot.kind == "depends":
        good = ", ".join(name for name, outcome in spot.outcomes if outcome == "universal")
        words = f"universal where ties go: {good}"
    return (
        f'<rect class="{spot.kind}" x="{x + 0.5}" y="{y + 0.5}" width="{CELL - 1}" '
        f'height="{CELL - 1}"><title>{escape(spot.activation)}, p = {spot.p}, s = {spot.s}, '
        f"D = {spot.step}: {escape(words)}</title></rect>"
    )


PANEL_STYLE = """
:root { --separation: #c9ced6; --constant: #7b828e; }
@media (prefers-color-scheme: dark) { :root { --separation: #3b424c; --constant: #7d8590; } }
.panels {
  display: grid; grid-template-columns: repeat(auto-fill, minmax(264px, 1fr));
  gap: 18px 26px; margin-top: 18px;
}
.panel { margin: 0; }
.panel figcaption { color: var(--ink); margin: 0 0 2px 11%; }
.panel svg .tick { font-size: 10.5px; }
.panel .universal, .key.universal { fill: var(--blue); background: var(--blue); }
.panel .depends, .key.depends { fill: var(--sand); background: var(--sand); }
.panel .residue, .key.residue { fill: var(--red); background: var(--red); }
.panel .separation, .key.separation { fill: var(--separation); background: var(--separation); }
.panel .constant, .key.constant { fill: var(--constant); background: var(--constant); }
.panel .edge { fill: none; stroke: var(--ink); stroke-width: 2; stroke-linejoin: miter; }
.legend { display: flex; flex-wrap: wrap; gap: 4px 22px; max-width: none; font-size: 0.92rem; }
.key { display: inline-block; width: 12px; height: 12px; margin-right: 8px; vertical-align: -1px; }
.key.edge { height: 0; border-top: 2px solid var(--ink); width: 18px; vertical-align: 4px; }
.counts th { white-space: normal; vertical-align: bottom; }
.counts th, .counts td { padding-right: 16px; }
.function {
  display: grid; grid-template-columns: repeat(auto-fit, minmax(280px, 1fr)); gap: 10px 40px;
}
"""
