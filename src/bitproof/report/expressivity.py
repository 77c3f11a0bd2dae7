"""The answer of `express`, and the survey of many, as text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich import box
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from bitproof.exact.rationals import write_rational
from bitproof.theory.expressivity import Condition, Obstruction
from bitproof.theory.indicators import IndicatorNetworks

if TYPE_CHECKING:
    from bitproof.pipeline.express import ExpressResult
    from bitproof.pipeline.survey import Survey
    from bitproof.theory.step_networks import StepNetworks

    Values = Sequence[tuple[tuple[int, ...], int]]

MARKS = {"universal": ("✓", "green"), "not universal": ("✗", "red"), "undecided": ("?", "yellow")}
STATES = {True: ("✓", "green"), False: ("✗", "red"), None: ("?", "yellow")}
MAX_ROWS = 9
SHOWN_NEURONS = 4


def express_summary(result: ExpressResult) -> RenderableType:
    """What `bitproof express` prints."""
    mark, colour = MARKS[result.verdict]
    head = Text(f"{mark} {result.verdict}  ", style=f"bold {colour}")
    head.append(_claim(result), style="bold")
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(overflow="fold")
    grid.add_row("by", Text(result.theorem))
    grid.add_row("numbers", Text(_numbers(result)))
    grid.add_row("necessary", _conditions(result.answer.necessary))
    extra = [c for c in result.answer.sufficient if c not in result.answer.necessary]
    if result.answer.sufficient:
        grid.add_row("sufficient", _conditions(extra, first="the above"))
    else:
        grid.add_row("sufficient", Text("none is proved for this arithmetic"))
    grid.add_row("paper", Text(_paper(result)))
    if result.answer.known:
        grid.add_row("known", Text(result.answer.known))
    witness = result.answer.witness
    if isinstance(witness, IndicatorNetworks):
        grid.add_row("witness", _networks(witness, verified=result.verified))
    elif witness is not None and not isinstance(witness, Obstruction):
        grid.add_row("witness", _step_networks(witness, verified=result.verified))
    if result.oracle is not None:
        grid.add_row("enumerated", Text(_oracle(result)))
    parts: list[RenderableType] = [head]
    forbidden = _forbidden(result)
    if forbidden is not None:
        parts.append(Padding(forbidden, (0, 0, 1, 4), expand=False))
    return Group(*parts, Padding(grid, (0, 0, 0, 2), expand=False))


def _claim(result: ExpressResult) -> str:
    form = result.arithmetic.form
    name = f"networks with {result.activation.name} on {form_name(result)}"
    if result.verdict == "universal":
        return f"{name} compute every function of {form.levels} levels"
    if result.verdict == "not universal":
        return f"no network with {result.activation.name} on {form_name(result)} computes this:"
    return f"{name}: no theorem decides"


def form_name(result: ExpressResult) -> str:
    """`Q3.4`, or `7,16` for a symmetric format."""
    form = result.arithmetic.form
    top = form.highest + 1
    if form.lowest == -form.highest and top & (top - 1) == 0:
        return f"{top.bit_length() - 1},{form.scale}"
    return form.name


def _numbers(result: ExpressResult) -> str:
    numbers = dict(result.answer.numbers)
    parts = [f"{name} = {numbers[name]}" for name in ("D", "g", "c", "s") if name in numbers]
    parts.append(f"levels {numbers['A']}..{numbers['B']}")
    if result.arithmetic.weight_set == "full":
        low, high = result.arithmetic.weight_range
        parts.append(f"weights {low}..{high}")
    else:
        parts.append(f"{result.arithmetic.weight_set} weights")
    parts.append(f"β = {numbers['beta']}" if result.arithmetic.bias == "wide" else "bias a level")
    return ", ".join(parts)


def _conditions(conditions: Sequence[Condition], first: str = "") -> Text:
    line = Text(first)
    for condition in conditions:
        mark, colour = STATES[condition.holds]
        line.append("\n" if line.plain else "").append(f"{mark} ", style=colour)
        line.append(f"{condition.name}: {condition.statement}")
    return line


def _paper(result: ExpressResult) -> str:
    from bitproof.pipeline.express import NAMED_IN_THE_PAPER

    named = result.activation.name.removesuffix("(x)") in NAMED_IN_THE_PAPER
    first = (
        "names this activation among those that meet its sufficient condition"
        if named
        else "does not name this activation in its abstract"
    )
    zero = result.zero
    second = (
        "no level becomes 0, so its two conditions need not coincide"
        if zero is None
        else f"level {zero} becomes 0, where its two conditions coincide"
    )
    return f"Hwang, Park and Park (2024) {first}; {second}"


def _networks(witness: IndicatorNetworks, *, verified: bool | None) -> Text:
    beta = witness.arithmetic.beta
    shown = ", ".join(
        f"{n.weight}·x {'+' if n.bias >= 0 else '-'} {beta}·{abs(n.bias)}"
        for n in witness.separators[:SHOWN_NEURONS]
    )
    more = len(witness.separators) - SHOWN_NEURONS
    number = {3: "three", 4: "four"}[witness.hidden_layers]
    line = Text(f"{number} hidden layers of indicators; the first: ")
    line.append(shown + (f" and {more} more" if more > 0 else ""))
    pulses = ", ".join(str(pulse.level) for pulse in witness.pulses)
    line.append(f"; levels of the third: {pulses}; the output adds {witness.step} at a time")
    if verified:
        line.append("\n✓ run on every level", style="green")
    return line


def _step_networks(witness: StepNetworks, *, verified: bool | None) -> Text:
    program = witness.backwards
    widths = ", ".join(str(len(words)) for words in program.hidden)
    line = Text(
        f"a network for every function; for the identity backwards hidden layers of {widths} "
        f"different neurons, {program.moves} products"
    )
    if verified:
        line.append("\n✓ built and run on every level, every operation rounded", style="green")
    return line


def _forbidden(result: ExpressResult) -> RenderableType | None:
    """The function that no network computes, as a table of values."""
    witness = result.answer.witness
    values: Values | None = None
    reason = ""
    if isinstance(witness, Obstruction):
        values, reason = witness.function, witness.invariant
    elif result.verdict == "not universal":
        values, reason = result.missing(), "no network of any size computes it (enumerated)"
    if values is None:
        return None
    grid = Table.grid(padding=(0, 2, 0, 0))
    for justify in ("right", "right", "left"):
        grid.add_column(justify=justify, no_wrap=True)
    for x, value in values[:MAX_ROWS]:
        grid.add_row(f"f({_point(x, result)})", f"= {_value(value, result)}", _levels(x, value))
    if len(values) > MAX_ROWS:
        grid.add_row("…", "", f"{len(values)} values in all")
    other = "at other inputs anything; " if len(values) < result.arithmetic.form.levels else ""
    return Group(grid, Text(f"{other}{reason}", style="dim"))


def _point(x: Sequence[int], result: ExpressResult) -> str:
    return ", ".join(_value(level, result) for level in x)


def _value(level: int, result: ExpressResult) -> str:
    return write_rational(result.arithmetic.form.value(level))


def _levels(x: Sequence[int], value: int) -> Text:
    point = str(x[0]) if len(x) == 1 else f"({', '.join(map(str, x))})"
    return Text(f"level {point} ↦ {value}", style="dim")


def _oracle(result: ExpressResult) -> str:
    oracle = result.oracle
    assert oracle is not None
    inputs = f"{oracle.inputs} input{'s'[: oracle.inputs != 1]}"
    found = "all functions" if oracle.universal else "not all functions"
    rest = "" if oracle.exact else " (a part only: some layers were sampled)"
    layers = f"{oracle.depth} hidden layer{'s'[: oracle.depth != 1]}"
    return f"{found} of {inputs}; nothing new after {layers}{rest}"


def survey_summary(found: Survey, files: Mapping[str, Path]) -> RenderableType:
    """What `bitproof reproduce expressivity` prints."""
    table = Table(
        box=box.SIMPLE_HEAD,
        pad_edge=False,
        show_edge=False,
        header_style="dim",
        padding=(0, 2, 0, 0),
    )
    table.add_column("activation", no_wrap=True)
    heads = ("universal, s < 2^p", "s ≥ 2^p", "depends on ties", "outputs exclude", "inputs alike")
    for title in (*heads, "constant"):
        table.add_column(title, justify="right", no_wrap=True)
    for name in found.activations:
        spots = found.of(name)
        inside = sum(spot.within for spot in spots)
        table.add_row(
            name,
            f"{found.count('universal', name, within=True)} of {inside}",
            f"{found.count('universal', name, within=False)} of {len(spots) - inside}",
            *(
                str(found.count(kind, name))
                for kind in ("depends", "residue", "separation", "constant")
            ),
        )
    head = Text(f"✓ {found.decisions:,} decisions", style="bold green")
    parts: list[RenderableType] = [head, Padding(table, (0, 0, 0, 2), expand=False)]
    if files:
        folder = next(iter(files.values())).parent
        names = ", ".join(path.name for path in files.values())
        parts.append(Padding(Text(f"{folder}: {names}", style="dim"), (1, 0, 0, 2)))
    return Group(*parts)
