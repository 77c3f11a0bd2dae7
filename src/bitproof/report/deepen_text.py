"""What `bitproof deepen` prints: the claim and the price."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from bitproof.report.text import verdict_line
from bitproof.report.words import bits_text

if TYPE_CHECKING:
    from bitproof.pipeline.deepen import DeepenResult

SIZES = ("depth", "width", "weights")
COUNTS = ("nonzero", "dense", "paper")


def deepen_summary(result: DeepenResult) -> RenderableType:
    """The verdict and the sizes before and after, with their ratios."""
    words = "equal on every input" if result.status == "proved" else result.proof.reason
    if result.rounded is not None and result.status == "proved":
        words += f" to the model rounded to {result.rounded.bits} bits"
    form = result.original.weight_format
    table = Table(box=None, padding=(0, 2), header_style="dim")
    table.add_column("")
    before = "before" if form is None else form.name
    if result.rounded is not None:
        before = f"{result.rounded.bits} bits"
    table.add_column(before, justify="right")
    table.add_column(result.deepened.form.name, justify="right")
    table.add_column("ratio", justify="right")
    for name in SIZES:
        _add(table, name, getattr(result.before, name), getattr(result.after, name))
    _add(table, "multiplications", *result.operations)
    for count in COUNTS:
        _add(table, f"{count} bits", result.before.bits(count), result.after.bits(count))
    parts: list[RenderableType] = [verdict_line(result.status, words), table]
    if result.deepened.truncated_rows:
        rows = result.deepened.truncated_rows
        parts.append(Text(f"  {rows} rows needed two channels (digits of both signs)", "dim"))
    if result.file is not None:
        parts.append(Text(f"  written  {result.file}"))
    parts.append(Text(f"  {result.seconds:.2f} s", style="dim"))
    return Group(*parts)


def _add(table: Table, name: str, before: int, after: int) -> None:
    ratio = f"{after / before:.2f}" if before else ""
    table.add_row(name, bits_text(before), bits_text(after), ratio)
