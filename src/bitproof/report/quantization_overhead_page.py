"""The folder of `bitproof reproduce quantization-overhead`: figures, data and a page about them."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from bitproof.exact import to_float
from bitproof.exact.rationals import parse_rational
from bitproof.report.document import FIGURE_STYLE, document, figures
from bitproof.report.quantization_overhead_plot import write_overhead_figures
from bitproof.report.sweep_folder import write_sweep
from bitproof.theory.references import BARTLETT_2019, DING_2019

if TYPE_CHECKING:
    from bitproof.pipeline.quantization_overhead import QuantizationOverhead
    from bitproof.pipeline.sweep import Value

CAPTIONS = {
    "bits": (
        "Memory of a fixed structure that serves every function of the class: only the choice "
        "among λ values depends on f. The sizes are exact (the network is built for f = 0). "
        "Black: the packing bound, which no fixed structure goes below. Red: the paper's own "
        "layout, built, and the order of its theorem."
    ),
    "weights": (
        "The same in weights, beside our network of real weights (green) and what λ = 2 needs at "
        "least."
    ),
    "overhead": (
        "What quantization costs in weights: the curves fall or stay flat where the paper's bound "
        "grows like log⁵(1/ε)."
    ),
    "values": (
        "Bits relative to the best codebook at each error. Below the curves: the λ that takes "
        "fewest bits, and in red the λ that minimises the paper's formula λ·log λ·t^(1+1/(λ-1))."
    ),
}


def write_overhead(
    found: QuantizationOverhead, folder: str | Path, *, force: bool = False
) -> dict[str, Path]:
    """Writes report.html, the figures, the rows as CSV (and Parquet), and summary.json.

    Returns:
        The files by kind.

    Raises:
        InputError: the folder is not empty (and `force` is off) or cannot be written.
    """
    tables = {"sizes": found.sizes, "baseline": found.baseline, "certified": found.certified}
    kept = ("failures", "above_the_bounds", "jobs", "resumed")
    return write_sweep(
        folder,
        lambda place: write_overhead_figures(found, place),
        {name: rows for name, rows in tables.items() if rows},
        lambda place: overhead_page(found, place),
        {name: value for name, value in found.to_dict().items() if name in kept},
        force=force,
    )


def overhead_page(found: QuantizationOverhead, folder: Path) -> str:
    """The page, with the figures of a folder inside: one file that needs nothing else."""
    drawn = figures(folder, CAPTIONS)
    body = (
        '<header><p class="kicker">bitproof: Sobolev functions in few weight values</p>'
        "<h1>What quantization costs</h1></header>\n"
        f'<section class="claim"><p class="big">{escape(_claim(found))}</p>'
        f'<p class="more">{escape(_scope(found))}</p></section>\n'
        f"{drawn}<h2>Sizes</h2>\n{_sizes(found)}<h2>Built and certified</h2>\n{_certified(found)}"
        f"<footer><p>{escape(DING_2019.short)}; {escape(BARTLETT_2019.short)}. Theorems, proofs "
        "and pitfalls: docs/sobolev.md.</p></footer>\n"
    )
    return document("What quantization costs", body, FIGURE_STYLE)


def _claim(found: QuantizationOverhead) -> str:
    rows = [row for d, n in found.classes() for row in found.best(d, n)[-1:]]
    overheads = [float(str(row["overhead"])) for row in rows]
    if not overheads:
        return "Nothing was sized."
    low, high = min(overheads), max(overheads)
    return (
        f"At the smallest errors of the grid the best codebook takes {low:.1f} to {high:.1f} times "
        "the weights of our unquantized network."
    )


def _scope(found: QuantizationOverhead) -> str:
    state = "none" if found.above_the_bounds else "SOME"
    return (
        f"{len(found.sizes)} networks of {len(found.classes())} classes F(d, n) sized exactly, "
        f"{len(found.baseline)} of the paper's layout, {len(found.certified)} built for one "
        f"function and certified; {state} below a lower bound; {len(found.failures)} jobs failed."
    )


def _sizes(found: QuantizationOverhead) -> str:
    heads = "".join(
        f"<th class='num'>{name}</th>"
        for name in ("error", "bits", "least bits", "weights", "real weights", "depth", "paper's")
    )
    rows = []
    for d, n in found.classes():
        paper = {row["error"]: row["bits"] for row in found.baseline_rows(d, n)}
        for row in found.best(d, n):
            names = ("bits", "least_bits", "weights", "real_weights", "depth")
            entries: list[Value] = [row[name] for name in names]
            cells = f"<td class='num'>{escape(str(row['error']))}</td>"
            cells += "".join(_cell(entry) for entry in [*entries, paper.get(row["error"])])
            rows.append(
                f"<tr><td class='whole'>F({d},{n})</td><td>{escape(str(row['layout']))}</td>"
                f"<td>{escape(str(row['codebook']))}</td>{cells}</tr>"
            )
    head = f"<tr><th>class</th><th>layout</th><th>codebook</th>{heads}</tr>"
    return f'<div class="scroll"><table class="counts">{head}{"".join(rows)}</table></div>\n'


def _cell(value: Value) -> str:
    return f"<td class='num'>{'' if value is None else f'{value:,}'}</td>"


def _certified(found: QuantizationOverhead) -> str:
    heads = "".join(
        f"<th class='num'>{name}</th>" for name in ("weights", "promised", "proved", "attained")
    )
    rows = []
    for row in found.certified:
        entries = [row["promised_error"], row["certified_upper"], row["attained_lower"]]
        cells = _cell(row["weights"]) + "".join(
            f"<td class='num'>{'' if v is None else f'{to_float(parse_rational(str(v))):.4g}'}</td>"
            for v in entries
        )
        rows.append(
            f"<tr><td class='whole'>F({row['d']},{row['n']})</td><td>{escape(str(row['function']))}"
            f"</td><td>{escape(str(row['codebook']))}</td><td>{escape(str(row['status']))}</td>"
            f"{cells}</tr>"
        )
    head = f"<tr><th>class</th><th>function</th><th>codebook</th><th>verdict</th>{heads}</tr>"
    return (
        "<p>Where the certifier ran out of time the promise is the theorem's alone.</p>\n"
        f'<div class="scroll"><table class="counts">{head}{"".join(rows)}</table></div>\n'
    )
