"""What `bitproof plan` prints and writes: the promised networks, the bounds, the map of regimes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from bitproof.exact import Codebook
from bitproof.report.words import bits_text, exact_number, lower_bound, upper_bound

if TYPE_CHECKING:
    from bitproof.pipeline.plan import PlanResult
    from bitproof.theory.planner import Choice, Plan, Question


def plan_summary(result: PlanResult, files: Mapping[str, Path]) -> RenderableType:
    """The recommended network, the table of choices, what is not built, what nothing beats."""
    plan = result.plan
    parts: list[RenderableType] = [Text(class_text(plan.question), style="dim")]
    best = result.recommended
    if best is None:
        parts.append(Text.assemble(("no design  ", "bold yellow"), f"needed: {plan.needed}"))
    else:
        parts.append(Text.assemble(("promised  ", "bold green"), _promise(best)))
        parts += [Text(f"          {line}") for line in _judgement(best)]
        parts += [Text(), _choices(plan)]
    if plan.lines:
        parts += [Text(), _lines(plan)]
    parts += [Text(), *(Text(f"  {line}") for line in floor_lines(plan))]
    for kind, file in files.items():
        parts.append(Text(f"  {kind:<8} {file}"))
    parts.append(Text(f"  {result.seconds:.2f} s, nothing was built", style="dim"))
    return Group(*parts)


def class_text(question: Question) -> str:
    """The functions and the goal, in one line.

    >>> from fractions import Fraction
    >>> from bitproof.exact import Interval
    >>> from bitproof.theory.planner import Question
    >>> unit = Interval(Fraction(0), Fraction(1))
    >>> class_text(Question(unit, unit, Fraction(2), memory=1000))
    'all f from [0, 1] into [0, 1] with Lipschitz constant 2; goal: 1,000 bits'
    """
    goal = f"width {question.width}, depth {question.depth}"
    if question.error is not None:
        goal = f"error {exact_number(question.error)}"
    elif question.memory is not None:
        goal = f"{bits_text(question.memory)} bits"
    if question.weight_bits is not None:
        goal += f", {question.weight_bits} bits per weight"
    slope = exact_number(question.lipschitz)
    return (
        f"all f from {question.domain} into {question.span} with Lipschitz constant {slope}; "
        f"goal: {goal}"
    )


def floor_lines(plan: Plan) -> list[str]:
    """What no network beats, line by line."""
    lines: list[str] = []
    if plan.least_bits is not None:
        lines.append(f"No method of this error stores less than {bits_text(plan.least_bits)} bits.")
    if plan.least_error is not None:
        least = lower_bound(plan.least_error)
        lines.append(f"No method that stores so many bits has a smaller error than {least}.")
    lines += [
        f"Depth {bound.depth} with the memory of the first row: an error of at least "
        f"{lower_bound(bound.error)}, in every Q(a, b)."
        for bound in plan.shallow
    ]
    return lines


def write_plan(result: PlanResult, folder: Path, *, force: bool = False) -> dict[str, Path]:
    """Writes plan.json and the map (regimes.svg, regimes.png) into a new folder.

    Raises:
        InputError: the folder holds something and `force` is off, or cannot be written.
    """
    from bitproof.pipeline.folder import staged_folder
    from bitproof.pipeline.plan_map import regime_map
    from bitproof.report.regime_plot import write_regime_plot

    with staged_folder(folder, force=force) as staging:
        names = {"json": "plan.json", **write_regime_plot(regime_map(result.plan), staging)}
        text = json.dumps(result.to_dict(), indent=2, ensure_ascii=False) + "\n"
        (staging / "plan.json").write_text(text, encoding="utf-8")
    return {kind: folder / name for kind, name in names.items()}


def _promise(choice: Choice) -> str:
    return (
        f"{choice.method}, {_form(choice)}: error ≤ {upper_bound(choice.error)}, width "
        f"{choice.width}, depth {bits_text(choice.depth)}, {bits_text(choice.dense_bits)} bits"
    )


def _judgement(choice: Choice) -> list[str]:
    regime = "" if choice.regime is None else f"{choice.regime.value}-quantization regime; "
    return [
        f"at most {bits_text(choice.nonzero_most)} of {bits_text(choice.dense_weights)} weights "
        "are not zero",
        f"{regime}κ = {float(choice.kappa):.2f}; {bits_text(choice.wasted_bits)} bits above the "
        f"{bits_text(choice.least_bits)} that this error takes at least",
        f"no network of {_same(choice)} has an error below "
        f"{lower_bound(choice.lower)} ({choice.binding}): gap {float(choice.gap):.1f}",
    ]


def _same(choice: Choice) -> str:
    if isinstance(choice.form, Codebook):
        return "this memory"
    return f"width {choice.width}, depth {bits_text(choice.depth)} and {choice.form.name}"


def _form(choice: Choice) -> str:
    name = choice.form.name
    return f"{{{name}}}" if isinstance(choice.form, Codebook) else name


def _choices(plan: Plan) -> Table:
    table = Table(box=None, padding=(0, 1), header_style="dim")
    table.add_column("method", no_wrap=True)
    table.add_column("weights")
    for name in ("bits", "depth", "width", "operations", "error ≤", "κ"):
        table.add_column(name, justify="right")
    table.add_column("regime")
    table.add_column("gap", justify="right")
    for choice in plan.choices:
        table.add_row(
            choice.method,
            _form(choice),
            bits_text(choice.dense_bits),
            bits_text(choice.depth),
            str(choice.width),
            bits_text(choice.operations),
            upper_bound(choice.error),
            f"{float(choice.kappa):.2f}",
            "" if choice.regime is None else choice.regime.value,
            f"{float(choice.gap):.1f}",
        )
    return table


def _lines(plan: Plan) -> Table:
    table = Table(
        box=None,
        padding=(0, 2),
        header_style="dim",
        title="formulas only, nothing here is promised",
        title_justify="left",
        title_style="dim",
        style="dim",
    )
    table.add_column("")
    for name in ("bits", "error", "κ"):
        table.add_column(name, justify="right")
    table.add_column("")
    for line in plan.lines:
        kappa = float(line.kappa)
        table.add_row(
            line.name,
            f"{float(line.bits):.2g}" if line.bits > 10**9 else bits_text(line.bits),
            upper_bound(line.error),
            f"{kappa:.2f}" if kappa < 10**4 else f"{kappa:.1e}",
            "paper" if line.depth is not None else line.source,
        )
    return table
