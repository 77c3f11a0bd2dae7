"""What `bitproof quantize` prints: the bounds, the classes, the memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.text import Text

from bitproof.exact import write_decimal
from bitproof.report.text import bordered_table, indented, verdict_line
from bitproof.report.words import bits_text

if TYPE_CHECKING:
    from fractions import Fraction

    from bitproof.pipeline.quantize_results import CaseResult, QuantizeResult

MAX_CASES = 40
MAX_TRIALS = 24
SIGNS = {"proved": "green", "refuted": "red", "undecided": "yellow"}


def quantize_summary(result: QuantizeResult, *, brief: bool = False) -> RenderableType:
    """The verdict, memory before and after, a line for every box. `brief`: the verdict only."""
    head = verdict_line(result.status, quantize_claim(result))
    if brief:
        return head
    parts: list[RenderableType] = [head, _memory(result), "", _cases_table(result)]
    parts += [Text(f"  {line}") for line in _class_lines(result)]
    if len(result.trials) > 1:
        parts += ["", _trials_table(result)]
    for kind, why in result.refusals.items():
        parts.append(Text(f"  no {kind}: {why}", style="yellow"))
    if result.files:
        written = ", ".join(path.name for path in result.files.values())
        folder = next(iter(result.files.values())).parent
        parts.append(Text(f"  written  {folder}: {written}"))
    parts.append(Text(f"  {result.seconds:.1f} s", style="dim"))
    return Group(*parts)


def quantize_claim(result: QuantizeResult) -> str:
    """The claim in one line."""
    where = _where(result)
    low = decimal(result.lower, "down")
    if result.status == "refuted":
        return f"|N − N_q| reaches {low} on {where}, above {decimal(result.requested, 'up')}"
    if result.upper is None:
        return f"no finite bound of |N − N_q| on {where} yet; it reaches {low}"
    return f"|N − N_q| ≤ {decimal(result.upper, 'up')} on {where} (attained: {low})"


def _where(result: QuantizeResult) -> str:
    if len(result.cases) == 1:
        return result.cases[0].case.name
    kind = "inputs" if all(case.case.is_point for case in result.cases) else "boxes"
    return f"{len(result.cases)} {kind}"


def decimal(value: Fraction | None, rounding: str) -> str:
    """Five digits, rounded to the safe side."""
    return "?" if value is None else write_decimal(value, 5, rounding=rounding)


def _memory(result: QuantizeResult) -> RenderableType:
    before, after = result.before.dense_bits, result.after.dense_bits
    ratio = f"{before / after:.2f} times less" if after else ""
    return Text(
        f"  {result.rounding}: {bits_text(after)} bits dense, biases and scales included; "
        f"float32 {bits_text(before)} ({ratio})"
    )


def _cases_table(result: QuantizeResult) -> RenderableType:
    shown = result.cases[:MAX_CASES]
    more = f", {len(shown)} of {len(result.cases)}" if len(shown) < len(result.cases) else ""
    table = bordered_table(f"sup |N − N_q| over all outputs{more}")
    classes = any(case.classes is not None for case in shown)
    kept = any(case.same_on_box is not None for case in shown)
    table.add_column("")
    for name in ("attained", "proved", "boxes"):
        table.add_column(name, justify="right")
    if classes:
        table.add_column("class")
    if kept:
        table.add_column("same class on the box")
    for case in shown:
        row: list[str | Text] = [
            case.case.name,
            decimal(case.difference.lower, "down"),
            decimal(case.difference.upper, "up"),
            str(case.difference.boxes),
        ]
        if classes:
            row.append(_class_cell(case))
        if kept:
            row.append(_kept_cell(case))
        table.add_row(*row)
    return indented(table)


def _class_cell(case: CaseResult) -> Text:
    if case.classes is None:
        return Text("")
    first, second = case.classes
    if first == second:
        return Text(f"{first}, same")
    return Text(f"{first} → {second}", style="red")


def _kept_cell(case: CaseResult) -> Text:
    if case.kept is None or case.same_on_box is None:
        return Text("")
    status = case.same_on_box
    text = status
    if status == "proved" and case.kept.margin is not None:
        text = f"proved, margin {decimal(case.kept.margin, 'down')}"
    elif case.kept.status == "refuted":
        text = f"refuted: {case.kept.rival} at an exact input"
    elif status == "refuted":
        text = "refuted: the original changes class too"
    return Text(text, style=SIGNS[status])


def _class_lines(result: QuantizeResult) -> list[str]:
    same, listed = result.same_classes
    lines = []
    if listed:
        lines.append(f"same class at {same} of {listed} listed inputs, decided exactly")
    kept = result.boxes_kept
    if sum(kept.values()):
        counts = ", ".join(f"{count} {status}" for status, count in kept.items() if count)
        lines.append(f"same class on the whole box: {counts}")
    return lines


def _trials_table(result: QuantizeResult) -> RenderableType:
    shown = result.trials[-MAX_TRIALS:]
    table = bordered_table("tried")
    table.add_column("rounding")
    table.add_column("bits", justify="right")
    table.add_column("first bound", justify="right")
    table.add_column("")
    for trial in shown:
        bound = "none" if trial.bound is None else f"{trial.bound:.4g}"
        style = "bold" if trial.outcome == "taken" else ""
        table.add_row(trial.text, bits_text(trial.bits), bound, trial.outcome, style=style)
    return indented(table)
