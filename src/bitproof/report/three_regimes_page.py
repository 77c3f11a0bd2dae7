"""The folder of `bitproof reproduce three-regimes`: figures, data and a page about them."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from bitproof.exact import to_float
from bitproof.exact.rationals import parse_rational
from bitproof.report.document import FIGURE_STYLE, document, figures
from bitproof.report.sweep_folder import write_sweep
from bitproof.report.three_regimes_plot import write_figures
from bitproof.theory.references import OU_2024
from bitproof.theory.regimes import Regime
from bitproof.theory.upper_bounds import PaperTheorem

if TYPE_CHECKING:
    from bitproof.pipeline.sweep import Value
    from bitproof.pipeline.three_regimes import ThreeRegimes

CAPTIONS = {
    "regimes": (
        "The error against the precision b at fixed width and depth. Where b is small the grid of "
        "values limits it (under-quantization); then memory does (proper quantization); beyond "
        "b_high, far to the right, no further bit helps (over-quantization)."
    ),
    "memory": (
        "κ = error · bits; 1 is what no code beats. The same theorem with the paper's own "
        "constants starts at 6·10⁸ weights."
    ),
    "shallow": (
        "Networks of depth 2 and 3 need more memory for the same error, by a factor that grows "
        "without limit; the dashed curves are proved for every such network."
    ),
}


def write_three_regimes(
    found: ThreeRegimes, folder: str | Path, *, force: bool = False
) -> dict[str, Path]:
    """Writes report.html, the figures, regimes and memory as CSV (and Parquet), and summary.json.

    Returns:
        The files by kind.

    Raises:
        InputError: the folder is not empty (and `force` is off) or cannot be written.
    """
    tables = {"regimes": found.regimes, "memory": found.memory}
    return write_sweep(
        folder,
        lambda place: write_figures(found, place),
        tables,
        lambda place: three_regimes_page(found, place),
        {name: value for name, value in found.to_dict().items() if name not in tables},
        force=force,
    )


def three_regimes_page(found: ThreeRegimes, folder: Path) -> str:
    """The page, with the figures of a folder inside: one file that needs nothing else."""
    drawn = figures(folder, CAPTIONS)
    body = (
        '<header><p class="kicker">bitproof: three regimes of weight precision</p>'
        "<h1>How small the error of a few-bit network can be</h1></header>\n"
        f'<section class="claim"><p class="big">{_claim(found)}</p>'
        f'<p class="more">{_scope(found)}</p></section>\n'
        f"{drawn}<h2>Promised over what nothing beats</h2>\n{_gaps(found)}"
        f"<h2>Memory</h2>\n{_memory(found)}"
        f"<h2>The paper's construction</h2>\n{_paper()}"
        f"<footer><p>{escape(OU_2024.short)}. Lower bounds: docs/three-regimes.md; each row of the "
        "data is a network whose error was certified exactly.</p></footer>\n"
    )
    return document("Three regimes of weight precision", body, FIGURE_STYLE)


def _claim(found: ThreeRegimes) -> str:
    best = min((float(str(row["kappa_promised"])) for row in found.memory), default=0.0)
    return (
        f"{found.jobs - len(found.failures)} networks built and certified; the best needs κ = "
        f"{best:.2f} bits for each 1/error, where 1 is the limit of every code."
    )


def _scope(found: ThreeRegimes) -> str:
    grid = found.grid
    failed = f" {len(found.failures)} failed." if found.failures else ""
    return (
        f"1-Lipschitz functions on [0, 1]; widths {_span(grid.widths)}, depths "
        f"{_span(grid.depths)}, weights in Q({grid.a}, b) for b = {_span(grid.bits)}; paths of "
        f"slope ±1: {', '.join(grid.paths)}.{failed}"
    )


def _span(values: tuple[int, ...]) -> str:
    return f"{values[0]} to {values[-1]}"


def _gaps(found: ThreeRegimes) -> str:
    """For every width and depth the largest gap over b in the proper regime."""
    grid = found.grid
    gaps: dict[tuple[Value, Value], float] = {}
    for row in found.regimes:
        if row["regime"] == Regime.PROPER.value and row["gap"] is not None:
            key = row["W"], row["L"]
            gaps[key] = max(gaps.get(key, 0.0), float(str(row["gap"])))
    heads = "".join(f"<th class='num'>L = {depth}</th>" for depth in grid.depths)
    rows = []
    for width in grid.widths:
        cells = "".join(
            f'<td class="num">{_gap(gaps.get((width, depth)))}</td>' for depth in grid.depths
        )
        rows.append(f"<tr><td>W = {width}</td>{cells}</tr>")
    return (
        "<p>Proper regime, the largest over b of promised error / lower bound of the class.</p>\n"
        f'<div class="scroll"><table class="counts"><tr><th></th>{heads}</tr>{"".join(rows)}'
        "</table></div>\n"
    )


def _gap(gap: float | None) -> str:
    return "" if gap is None else f"{gap:,.0f}" if gap >= 10 else f"{gap:.1f}"


def _memory(found: ThreeRegimes) -> str:
    heads = (
        "<tr><th>method</th><th>weights</th><th class='num'>error ≤</th><th class='num'>bits</th>"
        "<th class='num'>depth</th><th class='num'>width</th><th class='num'>κ promised</th>"
        "<th class='num'>κ attained</th><th class='num'>κ non-zero</th></tr>"
    )
    rows = []
    for row in sorted(found.memory, key=lambda row: int(str(row["dense_bits"]))):
        if row["path"] != "adversarial":
            continue
        error = to_float(parse_rational(str(row["promised_error"])))
        entries = [f"{error:.3g}", f"{row['dense_bits']:,}", row["depth"], row["width"]]
        entries += [row["kappa_promised"], row["kappa_attained"], found.typical_kappa(row)]
        cells = "".join(f'<td class="num">{escape(str(entry))}</td>' for entry in entries)
        weights = escape(str(row["weights_in"]))
        rows.append(f'<tr><td class="whole">{row["method"]}</td><td>{weights}</td>{cells}</tr>')
    return f'<div class="scroll"><table class="counts">{heads}{"".join(rows)}</table></div>\n'


def _paper() -> str:
    least = PaperTheorem(2, 2, 2)
    return (
        "<p>Width ≤ 600m + 2<sup>n+7</sup>, depth ≤ 101l and error ≤ 3/(m²l²n) for m, l, n ≥ 2 "
        f"(explicit in the paper): at the least width {least.width:,}, depth {least.depth}, "
        f"{least.dense_weights:,} weights for the error {least.error}, which 11 bits of "
        "information allow.</p>\n"
    )
