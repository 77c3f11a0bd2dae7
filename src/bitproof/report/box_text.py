"""Results of several inputs as rich text for a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from bitproof.exact.rationals import write_decimal
from bitproof.report.box_words import box_certify_claim, box_claim, point_text
from bitproof.report.text import (
    MAX_CANDIDATES,
    bits_line,
    bordered_table,
    error_cell,
    files_table,
    indented,
    verdict_line,
)
from bitproof.report.words import bits_text, shortened, upper_bound

if TYPE_CHECKING:
    from bitproof.pipeline.boxes import BoxCertifyResult, BoxCompileResult


def box_compile_summary(result: BoxCompileResult, *, brief: bool = False) -> RenderableType:
    """What `bitproof compile` prints for several inputs. `brief`: the verdict line only."""
    head = verdict_line(result.status, box_claim(result))
    if brief:
        return head
    parts: list[RenderableType] = [head, _facts(result)]
    if result.candidates:
        parts += ["", _candidates(result)]
    parts += [indented(Text(remark, style="dim"), (0, 2, 0, 4)) for remark in result.remarks]
    if result.files or result.refusals:
        parts += ["", files_table(result.files, result.refusals)]
    total = result.seconds.get("total")
    if total is not None:
        parts.append(Text(f"  {total:.2f} s", style="dim"))
    return Group(*parts)


def _facts(result: BoxCompileResult) -> RenderableType:
    grid = Table.grid(padding=(0, 1))
    grid.add_column(style="dim", min_width=3)
    grid.add_column(overflow="fold")
    grid.add_row("f", Text(shortened(result.target.text, 200)))
    sizes = result.measures
    if sizes is not None:
        grid.add_row(
            "N",
            Text(
                f"{result.method}, weights in {shortened(result.weight_format or 'no format', 60)},"
                f" {sizes.weights} weights, depth {sizes.depth}, width {sizes.width}"
            ),
        )
        grid.add_row("", bits_line(sizes, result.count))
    if result.verdict is not None and result.verdict.upper is not None:
        lower = write_decimal(result.verdict.lower, 4, rounding="down")
        reached = f"the error really reaches {lower}, at x = {point_text(result.verdict.witness)}"
        grid.add_row("", Text(f"{reached}; {bits_text(result.verdict.cells)} cells"))
    return indented(grid)


def _candidates(result: BoxCompileResult) -> RenderableType:
    rows = result.candidates[:MAX_CANDIDATES]
    table = bordered_table(f"candidates (bits: {result.count})")
    table.add_column("")
    table.add_column("method", no_wrap=True)
    table.add_column("weights in", no_wrap=True)
    for name in ("bits", "weights", "depth", "width"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("error")
    for row in rows:
        table.add_row(
            Text("▸" if row.chosen else " ", style="green"),
            Text(row.method),
            Text(shortened(row.weight_format, 28)),
            bits_text(row.measures.bits(result.count)),
            str(row.measures.weights),
            str(row.measures.depth),
            str(row.measures.width),
            error_cell(row, result.error),
            style="bold" if row.chosen else "",
        )
    return indented(table)


def box_certify_summary(result: BoxCertifyResult, *, brief: bool = False) -> RenderableType:
    """What `bitproof certify` prints for several inputs."""
    head = verdict_line(result.status, box_certify_claim(result))
    if brief:
        return head
    verdict = result.verdict
    grid = Table.grid(padding=(0, 1))
    grid.add_column(style="dim")
    grid.add_column(overflow="fold")
    grid.add_row("f", Text(shortened(result.target.text, 200)))
    if verdict.upper is not None:
        grid.add_row("upper", f"{upper_bound(verdict.upper, None, 9)} (proved)")
    grid.add_row("lower", f"{write_decimal(verdict.lower, 9, rounding='down')} (attained)")
    grid.add_row("at x", Text(point_text(verdict.witness)))
    if verdict.cells:
        grid.add_row("cells", bits_text(verdict.cells))
    reason = getattr(verdict, "reason", "")
    if reason:
        grid.add_row("why", Text(str(reason)))
    for kind, path in result.files.items():
        grid.add_row(kind, Text(str(path)))
    return Group(head, indented(grid), Text(f"  {result.seconds:.2f} s", style="dim"))
