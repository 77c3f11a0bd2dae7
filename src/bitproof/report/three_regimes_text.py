"""What `bitproof reproduce three-regimes` prints."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from bitproof.theory.regimes import Regime

if TYPE_CHECKING:
    from bitproof.pipeline.sweep import Value
    from bitproof.pipeline.three_regimes import ThreeRegimes


def three_regimes_summary(found: ThreeRegimes, files: Mapping[str, Path]) -> RenderableType:
    """How many networks were certified, the gap by regime, the best κ, the files."""
    verdict = ("proved  ", "bold green") if found.all_proved else ("not all proved  ", "bold red")
    parts: list[RenderableType] = [
        Text.assemble(
            verdict,
            f"{found.jobs} networks built and certified ({found.resumed} taken from before)",
        )
    ]
    parts += [Text(f"  failed: {key}: {error}", style="red") for key, error in found.failures]
    parts += [Text(), _regimes(found), Text(), _memory(found)]
    parts += [Text(f"  {kind:<16} {file}") for kind, file in files.items()]
    return Group(*parts)


def _regimes(found: ThreeRegimes) -> Table:
    table = Table(box=None, padding=(0, 2), header_style="dim")
    table.add_column("regime")
    for name in ("classes", "promised", "least gap", "largest gap"):
        table.add_column(name, justify="right")
    for regime in Regime:
        rows = {
            (row["W"], row["L"], row["b"]): row["gap"]
            for row in found.regimes
            if row["regime"] == regime.value
        }
        gaps = [float(str(gap)) for gap in rows.values() if gap is not None]
        ends = [f"{gap:,.1f}" for gap in (min(gaps), max(gaps))] if gaps else ["", ""]
        table.add_row(regime.value, str(len(rows)), str(len(gaps)), *ends)
    return table


def _memory(found: ThreeRegimes) -> Table:
    table = Table(box=None, padding=(0, 2), header_style="dim")
    table.add_column("method")
    table.add_column("weights")
    for name in ("error ≤", "bits", "κ promised", "κ attained", "κ non-zero"):
        table.add_column(name, justify="right")
    best: dict[str, Mapping[str, Value]] = {}
    for row in found.memory:
        known = best.get(str(row["method"]))
        if row["path"] == "adversarial" and (
            known is None or float(str(row["kappa_promised"])) < float(str(known["kappa_promised"]))
        ):
            best[str(row["method"])] = row
    for method, row in best.items():
        table.add_row(
            method,
            str(row["weights_in"]),
            f"{float(str(row['kappa_promised'])) / float(str(row['dense_bits'])):.3g}",
            f"{row['dense_bits']:,}",
            *(f"{row[name]:.2f}" for name in ("kappa_promised", "kappa_attained")),
            f"{found.typical_kappa(row):.2f}",
        )
    return table
