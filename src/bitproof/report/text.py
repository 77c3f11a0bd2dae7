"""Results as rich text for a terminal; plain where there is none."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from rich import box
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from bitproof.exact.rationals import write_decimal, write_rational
from bitproof.report.words import (
    after_status,
    against_network,
    bits_text,
    certify_claim,
    claim,
    comparison,
    exact_number,
    lower_bound,
    shortened,
    upper_bound,
)

if TYPE_CHECKING:
    from bitproof.network import Measures
    from bitproof.pipeline.results import CandidateRow, CertifyResult, CompileResult, Outcome

MARKS = {
    "proved": ("✓", "green"),
    "refuted": ("✗", "red"),
    "invalid": ("✗", "red"),
    "undecided": ("?", "yellow"),
    "no design": ("✗", "yellow"),
}
MAX_CANDIDATES = 12
DIFFERENCE_TARGET = "the first network of the certificate"  # as the checker calls it


class Bounds(Protocol):
    """The bounds of a verdict of one input or of several."""

    @property
    def upper(self) -> Fraction | None: ...
    @property
    def lower(self) -> Fraction: ...


class Certified(Protocol):
    """What `certify` returns, of one input or of several."""

    @property
    def verdict(self) -> Bounds: ...
    @property
    def files(self) -> Mapping[str, Path]: ...
    @property
    def seconds(self) -> float: ...


class CheckOutcome(Protocol):
    """What the checker reports."""

    @property
    def status(self) -> str: ...
    @property
    def reason(self) -> str: ...
    @property
    def upper(self) -> str | None: ...
    @property
    def lower(self) -> str | None: ...
    @property
    def witness(self) -> str | None: ...
    @property
    def requested(self) -> str | None: ...
    @property
    def target(self) -> str | None: ...
    @property
    def cells(self) -> int: ...
    @property
    def seconds(self) -> float: ...


def indented(
    what: RenderableType, space: tuple[int, int, int, int] = (0, 0, 0, 2)
) -> RenderableType:
    """A part of a page, two columns in; `space` is above, right, below, left."""
    return Padding(what, space, expand=False)


def verdict_line(status: str, words: str) -> Text:
    """✓ proved  |f(x) − N(x)| ≤ …"""
    mark, colour = MARKS.get(status, ("·", "default"))
    line = Text(f"{mark} ", style=f"bold {colour}")
    rest = after_status(status, words)
    gap = " " if words.startswith(f"{status} ") else "  "
    line.append(f"{status}{gap}", style=f"bold {colour}")
    line.append(rest, style="bold")
    return line


def compile_summary(result: CompileResult, *, brief: bool = False) -> RenderableType:
    """What `bitproof compile` prints. `brief`: the verdict line only."""
    head = verdict_line(result.status, claim(result))
    return head if brief else outcome_text(head, facts_grid(result, result.target.text), result)


def outcome_text(
    head: Text, facts: Table, result: Outcome, error_heading: str = "proved error"
) -> RenderableType:
    """The verdict, the network, what was considered and what was written.

    Args:
        error_heading: what the candidates' errors are.
    """
    parts: list[RenderableType] = [head, indented(facts)]
    if result.candidates:
        parts += ["", _candidates_table(result, error_heading)]
    parts += [indented(Text(remark, style="dim"), (0, 2, 0, 4)) for remark in result.remarks]
    if result.competitors:
        parts += ["", _competitors_table(result)]
    if comparison(result):
        parts.append(indented(Text(comparison(result)), (1, 2, 0, 2)))
    if result.files or result.refusals:
        parts += ["", files_table(result.files, result.refusals)]
    total = result.seconds.get("total")
    if total is not None:
        parts.append(Text(f"  {total:.2f} s", style="dim"))
    return Group(*parts)


def facts_grid(result: Outcome, target: str) -> Table:
    """The function and the sizes of the network; rows may be added."""
    grid = Table.grid(padding=(0, 1))
    grid.add_column(style="dim", min_width=3)
    grid.add_column(overflow="fold")
    grid.add_row("f", Text(shortened(target, 200)))
    if result.measures is not None:
        sizes = result.measures
        facts = (
            f"{result.method}, weights in {shortened(result.weight_format or 'no format', 60)}, "
            f"{'' if result.activations is None else f'activations in {result.activations}, '}"
            f"{sizes.weights} weights, depth {sizes.depth}, width {sizes.width}"
        )
        grid.add_row("N", Text(facts))
        grid.add_row("", bits_line(sizes, result.count))
    return grid


def bits_line(sizes: Measures, count: str) -> Text:
    line = Text()
    for name in ("dense", "nonzero", "paper"):
        text = f"{name} {bits_text(sizes.bits(name))} bits"
        line.append(text, style="bold" if name == count else "dim").append("   ")
    return line


def bordered_table(title: str) -> Table:
    """A table as all of ours look."""
    return Table(
        title=title,
        title_justify="left",
        title_style="dim",
        box=box.SIMPLE_HEAD,
        pad_edge=False,
        show_edge=False,
        header_style="dim",
        padding=(0, 2, 0, 0),
    )


def _candidates_table(result: Outcome, error_heading: str) -> RenderableType:
    rows = result.candidates[:MAX_CANDIDATES]
    left_out = len(result.candidates) - len(rows)
    which = f", the {len(rows)} smallest of {len(result.candidates)}" if left_out else ""
    table = bordered_table(f"candidates (bits: {result.count}{which})")
    table.add_column("")
    table.add_column("method", no_wrap=True)
    table.add_column("weights in", no_wrap=True)
    for name in ("bits", "weights", "depth", "width"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column(error_heading)
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


def error_cell(row: CandidateRow, error: Fraction) -> Text:
    if row.status == "proved" and row.error_upper is not None:
        return Text(upper_bound(row.error_upper, error))
    return Text(row.status, style="yellow")


def _competitors_table(result: Outcome) -> RenderableType:
    table = bordered_table("without a network, for the same error")
    table.add_column("stored as")
    for name in ("bits", "entries"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("proved error", no_wrap=True)
    bits = None if result.measures is None else result.measures.bits(result.count)
    table.add_column("" if bits is None else "against the network")
    for row in sorted(result.competitors, key=lambda entry: entry.bits):
        table.add_row(
            Text(row.name),
            bits_text(row.bits),
            bits_text(row.entries),
            upper_bound(row.error_upper, result.error),
            "" if bits is None else against_network(row, bits),
        )
    return indented(table)


def files_table(files: Mapping[str, Path], refusals: Mapping[str, str]) -> RenderableType:
    """Where files were written, what to do with them, and what could not be written."""
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(style="dim")
    grid.add_column(overflow="fold")
    folders: dict[Path, list[str]] = {}
    for path in files.values():
        folders.setdefault(path.parent, []).append(path.name)
    for folder, names in folders.items():
        grid.add_row("written", Text(f"{folder}{os.sep}  ").append("  ".join(names), style="dim"))
    if "report" in files:
        grid.add_row("open", Text(str(files["report"])))
    if "certificate" in files:
        grid.add_row("check", Text(f"bitproof check {files['certificate']}"))
    for kind, reason in refusals.items():
        grid.add_row(Text(kind), Text(f"not written: {reason}", style="yellow"))
    return indented(grid)


def certify_summary(result: CertifyResult, *, brief: bool = False) -> RenderableType:
    """What `bitproof certify` prints."""
    head = verdict_line(result.status, certify_claim(result))
    if brief:
        return head
    witness = Text(shortened(write_rational(result.verdict.witness), 80))
    return verdict_text(head, result, result.target_text, witness)


def verdict_text(
    head: Text, result: Certified, target: str, witness: Text, cells: int = 0
) -> RenderableType:
    """The verdict, the function, both bounds and where the lower one is attained."""
    verdict = result.verdict
    grid = Table.grid(padding=(0, 1))
    grid.add_column(style="dim")
    grid.add_column(overflow="fold")
    grid.add_row("f", Text(shortened(target, 200)))
    if verdict.upper is not None:
        grid.add_row("upper", f"{upper_bound(verdict.upper, None, 9)} (proved)")
    grid.add_row("lower", f"{write_decimal(verdict.lower, 9, rounding='down')} (attained)")
    grid.add_row("at x", witness)
    if cells:
        grid.add_row("cells", bits_text(cells))
    reason = getattr(verdict, "reason", "")
    if reason:
        grid.add_row("why", Text(str(reason)))
    for kind, path in result.files.items():
        grid.add_row(kind, Text(str(path)))
    return Group(head, indented(grid), Text(f"  {result.seconds:.2f} s", style="dim"))


def check_summary(report: CheckOutcome, path: str) -> RenderableType:
    """What `bitproof check` prints."""
    grid = Table.grid(padding=(0, 1))
    grid.add_column(style="dim")
    grid.add_column(overflow="fold")
    grid.add_row("file", Text(path))
    if report.status != "invalid":
        if report.target:
            name = "N₁" if report.target == DIFFERENCE_TARGET else "f"
            grid.add_row(name, Text(shortened(report.target, 200)))
        for name, value in (
            ("upper", report.upper),
            ("lower", report.lower),
            ("at x", report.witness),
        ):
            if value is not None:
                grid.add_row(name, _rational_with_decimal(value, name))
        cells = f"{bits_text(report.cells)} cells " if report.cells else ""
        grid.add_row("checked", f"{cells}in {report.seconds:.2f} s")
    return Group(verdict_line(report.status, _check_claim(report)), indented(grid))


def _check_claim(report: CheckOutcome) -> str:
    requested = None if report.requested is None else Fraction(report.requested)
    two = report.target == DIFFERENCE_TARGET
    error = "|N₁(x) − N₂(x)|" if two else "|f(x) − N(x)|"
    if report.status == "proved" and report.upper is not None:
        asked = "" if requested is None else f" ≤ {exact_number(requested)}"
        where = " on every box, for every output" if two else ""
        return f"{error} ≤ {upper_bound(Fraction(report.upper), requested, 6)}{asked}{where}"
    if report.status == "refuted" and report.lower is not None and requested is not None:
        lower = lower_bound(Fraction(report.lower), requested, 6)
        return f"{error} ≥ {lower} > {exact_number(requested)}"
    return report.reason


def _rational_with_decimal(text: str, name: str) -> Text:
    if "," in text:  # a witness of several inputs
        return Text(f"({shortened(text, 120)})")
    rounding = {"upper": "up", "lower": "down"}.get(name, "nearest")
    decimal = write_decimal(Fraction(text), 9, rounding=rounding)
    return Text(decimal if decimal == text else f"{decimal}  =  {shortened(text, 60)}")


def values_table(
    points: Sequence[tuple[Fraction, ...]], values: Sequence[tuple[Fraction, ...]]
) -> RenderableType:
    """What `bitproof eval` prints: x, N(x) as a decimal and exactly."""
    table = bordered_table("")
    table.title = None
    table.add_column("x", overflow="fold")
    table.add_column("N(x)")
    table.add_column("exactly", overflow="fold")
    for point, outputs in zip(points, values, strict=True):
        table.add_row(
            Text(", ".join(write_rational(x) for x in point)),
            Text(", ".join(write_decimal(y, 12) for y in outputs)),
            Text(", ".join(write_rational(y) for y in outputs)),
        )
    return table
