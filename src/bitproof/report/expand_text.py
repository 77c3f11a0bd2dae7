"""What `bitproof expand` prints: the claim, the proof and the price."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from bitproof.report.text import verdict_line
from bitproof.report.words import bits_text, lower_bound, upper_bound

if TYPE_CHECKING:
    from bitproof.pipeline.expand import ExpandResult


def expand_summary(result: ExpandResult, *, brief: bool = False) -> RenderableType:
    """The bound, where it comes from, and the sizes before and after."""
    head = verdict_line(result.status, _claim(result))
    if brief:
        return head
    before = result.original.weight_format
    table = Table(box=None, padding=(0, 2), header_style="dim")
    table.add_column("")
    table.add_column("before" if before is None else before.name, justify="right")
    table.add_column(result.expanded.form.name, justify="right")
    for name in ("depth", "width", "weights"):
        _add(table, name, getattr(result.before, name), getattr(result.after, name))
    for count in ("nonzero", "dense", "paper"):
        _add(table, f"{count} bits", result.before.bits(count), result.after.bits(count))
    parts: list[RenderableType] = [head, table]
    edges = float(result.expanded.edges_per_weight)
    parts.append(Text(f"  {edges:.2f} edges for each weight of the original"))
    if result.claim.bound:
        bound = upper_bound(result.claim.bound)
        parts.append(
            Text(f"  {result.expanded.replaced} weights replaced; bound by propagation {bound}")
        )
    if result.verdict is not None and result.verdict.lower:
        parts.append(Text(f"  attained error {lower_bound(result.verdict.lower)}"))
    if result.file is not None:
        parts.append(Text(f"  written  {result.file}"))
    parts.append(Text(f"  {result.seconds:.2f} s", style="dim"))
    return Group(*parts)


def _claim(result: ExpandResult) -> str:
    where = "on every input" if result.box is None else "on the domain"
    if result.claim.bound == 0:
        return f"equal {where}"
    return f"|N(x) − N'(x)| ≤ {upper_bound(result.upper, result.requested)} {where}"


def _add(table: Table, name: str, before: int, after: int) -> None:
    table.add_row(name, bits_text(before), bits_text(after))
