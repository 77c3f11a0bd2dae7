"""The folder of `bitproof reproduce expressivity`: the map, its data and a page about it."""

from __future__ import annotations

import json
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from bitproof.report.document import document
from bitproof.report.expressivity_map import PANEL_STYLE, legend, panels, write_map
from bitproof.theory.expressivity import Obstruction
from bitproof.theory.references import HWANG_2024

if TYPE_CHECKING:
    from bitproof.pipeline.express import ExpressResult
    from bitproof.pipeline.survey import Survey

EXAMPLES = (("sign", "3,4"), ("gelu", "3,16"))


def write_survey(found: Survey, folder: str | Path, *, force: bool = False) -> dict[str, Path]:
    """Writes report.html, map.svg, map.png and survey.json into a folder, whole or not at all.

    Returns:
        The files by kind.

    Raises:
        InputError: the folder is not empty (and `force` is off) or cannot be written.
    """
    from bitproof.pipeline.folder import staged_folder

    place = Path(folder)
    with staged_folder(place, force=force) as staging:
        files = write_map(found, staging)
        files["report"] = staging / "report.html"
        files["report"].write_text(survey_page(found), encoding="utf-8")
        files["data"] = staging / "survey.json"
        files["data"].write_text(json.dumps(found.to_dict(), indent=1) + "\n")
        names = {kind: path.name for kind, path in files.items()}
    return {kind: place / name for kind, name in names.items()}


def survey_page(found: Survey) -> str:
    """The page: one file that needs nothing else."""
    from bitproof.pipeline.express import express

    examples = "".join(_example(express(*example)) for example in EXAMPLES)
    body = (
        '<header><p class="kicker">bitproof: expressive power under fixed-point arithmetic</p>'
        "<h1>Which fixed-point networks can compute everything</h1></header>\n"
        f'<section class="claim"><p class="big">{_claim(found)}</p>'
        f'<p class="more">{_scope(found)}</p></section>\n'
        f"<h2>The map</h2>\n{legend(found)}{panels(found)}"
        f"<h2>In numbers</h2>\n{_table(found)}"
        f'<h2>Two functions that no network computes</h2>\n<div class="function">{examples}</div>\n'
        f"<h2>How it is decided</h2>\n{_method()}"
        f"<footer><p>{escape(HWANG_2024.short)}.</p></footer>\n"
    )
    return document("Expressive power of fixed-point networks", body, PANEL_STYLE)


def _claim(found: Survey) -> str:
    from bitproof.pipeline.express import NAMED_IN_THE_PAPER

    seven = [name for name in found.activations if name in NAMED_IN_THE_PAPER]
    inside = sum(1 for spot in found.spots if spot.activation in seven and spot.within)
    good = sum(found.count("universal", name, within=True) for name in seven)
    where = "every format" if good == inside else f"{good} of {inside} pairs with a format"
    return (
        f"The {len(seven)} activations of the paper are universal in {where} in which 1 is a "
        f"weight{f' ({inside} pairs of both)' if good == inside else ''}."
    )


def _scope(found: Survey) -> str:
    biases = "wide biases" if found.bias == "wide" else "biases in the format"
    return (
        f"{found.decisions:,} decisions: {len(found.activations)} activations, "
        f"p = {found.bits[0]} to {found.bits[-1]}, {len(found.scales)} scales, five tie rules; "
        f"full weights, {biases}, sums rounded once."
    )


def _table(found: Survey) -> str:
    heads = (
        "<tr><th>activation</th><th class='num'>universal, s &lt; 2<sup>p</sup></th>"
        "<th class='num'>universal, s ≥ 2<sup>p</sup></th><th class='num'>depends on ties</th>"
        "<th class='num'>outputs exclude each other</th>"
        "<th class='num'>inputs never told apart</th>"
        "<th class='num'>constant</th></tr>"
    )
    rows = []
    for name in found.activations:
        spots = found.of(name)
        inside = sum(spot.within for spot in spots)
        entries = [
            f"{found.count('universal', name, within=True)} of {inside}",
            f"{found.count('universal', name, within=False)} of {len(spots) - inside}",
            *(str(found.count(kind, name)) for kind in ("depends", "residue", "separation")),
            str(found.count("constant", name)),
        ]
        cells = "".join(f'<td class="num">{entry}</td>' for entry in entries)
        rows.append(f'<tr><td class="whole">{escape(name)}</td>{cells}</tr>')
    return f'<div class="scroll"><table class="counts">{heads}{"".join(rows)}</table></div>\n'


def _example(result: ExpressResult) -> str:
    from bitproof.report.expressivity import form_name

    witness = result.answer.witness
    assert isinstance(witness, Obstruction)
    form = result.arithmetic.form
    rows = "".join(
        f"<tr><td>f({form.value(x[0])}) = {form.value(value)}</td>"
        f'<td class="off">level {x[0]} ↦ {value}</td></tr>'
        for x, value in witness.function
    )
    name = f"{escape(result.activation.name)} at (p, s) = ({form_name(result)})"
    return (
        f"<div><h3>{name}</h3><table>{rows}</table><p>Anything at other inputs: "
        f"{escape(witness.invariant)}.</p></div>"
    )


def _method() -> str:
    return (
        "<p>Let T be the activation's table in levels, D the gcd of the differences of its values "
        "and g = gcd(D, T, s). Networks compute every function of any number of inputs if and only "
        "if one c in gZ makes c + DZ meet the cell of every level (the sums that are rounded to "
        "it), and neurons of the first layer tell any two levels apart. For s &lt; 2<sup>p</sup> "
        "and p ≥ 2 this says: T is not constant and D ≤ s.</p>\n"
        "<p>Everything is decided in whole numbers, and compared with an oracle that enumerates "
        "all functions networks compute. One format at a time, with the proof's networks or a "
        "function that none computes:</p>\n"
        "<pre>bitproof express gelu --format Q3.4\n"
        "bitproof express sign --format 3,4 --json</pre>\n"
    )
