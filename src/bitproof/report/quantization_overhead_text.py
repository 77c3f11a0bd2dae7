"""What `bitproof reproduce quantization-overhead` prints."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from bitproof.pipeline.quantization_overhead import QuantizationOverhead


def overhead_summary(found: QuantizationOverhead, files: Mapping[str, Path]) -> RenderableType:
    """How many jobs, the smallest errors with the best codebooks, what was certified."""
    good = found.above_the_bounds and not found.failures
    head = ("done  ", "bold green") if good else ("not all done  ", "bold red")
    parts: list[RenderableType] = [
        Text.assemble(
            head,
            f"{found.jobs} jobs ({found.resumed} taken from before); "
            f"{len(found.certified)} networks certified",
        )
    ]
    parts += [Text(f"  failed: {key}: {error}", style="red") for key, error in found.failures]
    parts += [Text(), _table(found), Text()]
    parts += [Text(f"  {kind:<16} {file}") for kind, file in files.items()]
    return Group(*parts)


def _table(found: QuantizationOverhead) -> Table:
    table = Table(box=None, padding=(0, 2), header_style="dim")
    for name in ("class", "error", "best codebook", "layout"):
        table.add_column(name)
    for name in ("bits", "least bits", "weights", "× real", "paper's layout"):
        table.add_column(name, justify="right")
    for d, n in found.classes():
        paper = {row["error"]: row["bits"] for row in found.baseline_rows(d, n)}
        best = found.best(d, n)
        for row in dict.fromkeys((0, len(best) // 2, len(best) - 1)):
            chosen = best[row]
            baseline = paper.get(chosen["error"])
            table.add_row(
                f"F({d},{n})",
                str(chosen["error"]),
                str(chosen["codebook"]),
                str(chosen["layout"]),
                f"{chosen['bits']:,}",
                f"{chosen['least_bits']:,}",
                f"{chosen['weights']:,}",
                f"{chosen['overhead']}",
                "" if baseline is None else f"{baseline:,}",
            )
    return table
