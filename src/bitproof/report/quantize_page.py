"""The page of a quantized network: the bounds as a picture, the classes, what was tried."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from bitproof.exact import to_float
from bitproof.report.document import document
from bitproof.report.quantize_picture import bounds_chart, image_of
from bitproof.report.quantize_text import decimal, quantize_claim
from bitproof.report.svg import NARROW, WIDE
from bitproof.report.words import bits_text

if TYPE_CHECKING:
    from bitproof.pipeline.quantize_results import CaseResult, QuantizeResult

MAX_ROWS = 200
EXTRA_STYLE = """
svg .span { stroke: var(--blue); stroke-width: 5; stroke-linecap: butt; }
svg .attained { fill: var(--red); }
td img { width: 34px; height: 34px; image-rendering: pixelated; vertical-align: middle; }
td.bad { color: var(--red); font-weight: 600; }
td.good { color: var(--green); }
td.open { color: var(--amber); }
"""


def write_page(result: QuantizeResult, folder: Path) -> dict[str, str]:
    """Writes report.html into a folder; returns its name by kind."""
    (folder / "report.html").write_text(quantize_page(result), encoding="utf-8")
    return {"report": "report.html"}


def quantize_page(result: QuantizeResult) -> str:
    """The page: one file that needs nothing else; what comes from files is escaped."""
    body = (
        '<header><p class="kicker">bitproof: a trained network in few bits</p>'
        f"<h1>{escape(_title(result))}</h1></header>\n{_verdict(result)}{_facts(result)}"
        f"<h2>How far the two networks differ</h2>\n{_chart(result)}"
        f"{_cases(result)}{_trials(result)}{_method(result)}"
    )
    return document(escape(_title(result)), body, EXTRA_STYLE, images=True)


def _title(result: QuantizeResult) -> str:
    return f"{'-'.join(map(str, result.network.widths))} in {_format(result)}"


def _format(result: QuantizeResult) -> str:
    form = result.network.weight_format
    return "few bits" if form is None else form.name


def _verdict(result: QuantizeResult) -> str:
    status = "claim" if result.status == "proved" else "claim open"
    same, listed = result.same_classes
    more = [f"Same class at {same} of {listed} listed inputs, decided exactly."] if listed else []
    kept = result.boxes_kept
    if sum(kept.values()):
        counts = ", ".join(f"{count} {name}" for name, count in kept.items() if count)
        more.append(f"Same class of both networks on the whole box: {counts}.")
    return (
        f'<section class="{status}"><p class="big"><span class="status">'
        f"{escape(result.status.capitalize())}.</span> {escape(quantize_claim(result))}</p>"
        f'<p class="more">{escape(" ".join(more))}</p></section>\n'
    )


def _facts(result: QuantizeResult) -> str:
    before, after = result.before.dense_bits, result.after.dense_bits
    ratio = f"float32, {before / max(after, 1):.2f} times as many"
    facts = (
        ("Memory", f"{bits_text(after)} bits", "dense: weights, biases, exponents"),
        ("Before", f"{bits_text(before)} bits", ratio),
        ("Weights", _format(result), f"rounded: {result.rounding.rsplit(', ', 1)[-1]}"),
        ("Boxes", str(len(result.cases)), f"inputs: {result.inputs}"),
    )
    parts = "".join(
        f"<div><dt>{escape(name)}</dt><dd>{escape(value)}<small>{escape(note)}</small></dd></div>"
        for name, value, note in facts
    )
    return f'<dl class="facts">{parts}</dl>\n'


def _chart(result: QuantizeResult) -> str:
    spans = [
        (
            case.case.name,
            to_float(case.difference.lower),
            None if case.difference.upper is None else to_float(case.difference.upper),
        )
        for case in result.cases[:MAX_ROWS]
    ]
    drawings = "".join(bounds_chart(spans, size) for size in (WIDE, NARROW))
    return (
        "<figure><figcaption><span>The largest |N − N_q| of any output: attained at an exact "
        "input (dot), and proved for every input of the box (end of the line)</span></figcaption>"
        f"{drawings}</figure>\n"
    )


def _cases(result: QuantizeResult) -> str:
    rows = "".join(_case(case, result.network.inputs) for case in result.cases[:MAX_ROWS])
    more = len(result.cases) - MAX_ROWS
    note = f"<p>{more} more are in result.json.</p>" if more > 0 else ""
    return (
        '<h2>Box by box</h2>\n<div class="scroll"><table>\n<thead><tr><th></th><th></th>'
        '<th class="num">attained</th><th class="num">proved</th><th>class</th>'
        f"<th>same class on the box</th></tr></thead>\n<tbody>{rows}</tbody></table></div>{note}\n"
    )


def _case(case: CaseResult, inputs: int) -> str:
    picture = image_of(case.case.point, inputs) if case.case.point is not None else ""
    classes, mark = "", "plain"
    if case.classes is not None:
        first, second = case.classes
        classes = f"{first}, same" if first == second else f"{first} → {second}"
        mark = "good" if first == second else "bad"
    kept = {"proved": "good", "refuted": "bad", "undecided": "open", None: "plain"}
    return (
        f"<tr><td>{picture}</td><td>{escape(case.case.name)}</td>"
        f'<td class="num">{decimal(case.difference.lower, "down")}</td>'
        f'<td class="num">{decimal(case.difference.upper, "up")}</td>'
        f'<td class="{mark}">{classes}</td>'
        f'<td class="{kept[case.same_on_box]}">{escape(_kept(case))}</td></tr>\n'
    )


def _kept(case: CaseResult) -> str:
    if case.kept is None or case.same_on_box is None:
        return ""
    if case.same_on_box == "proved" and case.kept.margin is not None:
        return f"proved, margin {decimal(case.kept.margin, 'down')}"
    if case.kept.status == "refuted":
        return f"refuted: class {case.kept.rival} at an exact input"
    return case.same_on_box


def _trials(result: QuantizeResult) -> str:
    if len(result.trials) < 2:
        return ""
    rows = "".join(
        f'<tr class="{"chosen" if trial.outcome == "taken" else "plain"}">'
        f'<td>{escape(trial.text)}</td><td class="num">{bits_text(trial.bits)}</td>'
        f'<td class="num">{"none" if trial.bound is None else f"{trial.bound:.4g}"}</td>'
        f"<td>{escape(trial.outcome)}</td></tr>\n"
        for trial in result.trials
    )
    return (
        '<h2>What was tried</h2>\n<div class="scroll"><table>\n<thead><tr><th>rounding</th>'
        '<th class="num">bits</th><th class="num">first bound</th><th></th></tr></thead>\n'
        f"<tbody>{rows}</tbody></table></div>\n"
    )


def _method(result: QuantizeResult) -> str:
    refusals = "".join(
        f"<li>no {escape(kind)}: {escape(why)}</li>" for kind, why in result.refusals.items()
    )
    left_out = f"<ul>{refusals}</ul>" if refusals else ""
    return (
        "<h2>What is proved</h2>\n<p>Both networks compute with exact rational weights; N_q is "
        "what network.json.gz holds. A bound holds for every real input of its box; an attained "
        "value is the exact difference at a rational input, which result.json names. "
        "<code>bitproof check</code> proves everything in certificate.json.gz again with the "
        "standard library alone. Undecided means that the time ran out: the bounds hold all the "
        f"same.</p>{left_out}\n"
    )
