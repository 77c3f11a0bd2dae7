"""The sections of report.html that are tables and words."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

from bitproof.exact.rationals import to_float, write_rational
from bitproof.report.svg import NARROW, WIDE, Bar, bits_chart
from bitproof.report.words import (
    against_network,
    bits_text,
    comparison,
    everywhere,
    exact_number,
    shortened,
    upper_bound,
)

if TYPE_CHECKING:
    from bitproof.pipeline.results import CandidateRow, CompileResult, Outcome

FIRST_CANDIDATES = 12
OTHER_BARS = 3


def candidates_section(result: CompileResult) -> str:
    """The networks that were considered, the tables they compete with, and their sizes drawn."""
    rows = result.candidates
    if not rows and not result.competitors:
        return ""
    parts = ["<section>\n<h2>What was considered</h2>\n"]
    said = comparison(result)
    if said:
        parts.append(f"<p>{escape(said)}</p>\n")
    bars = size_bars(result)
    if len(bars) > 1:
        parts.append(
            "<figure>\n<figcaption>Bits for the same error, logarithmic axis "
            f"(networks: {escape(result.count)} count)</figcaption>\n"
            f"{bits_chart(bars, WIDE)}\n{bits_chart(bars, NARROW)}\n</figure>\n"
        )
    if rows:
        parts.append("<h3>Networks</h3>\n" + _candidates_table(result, rows[:FIRST_CANDIDATES]))
        rest = rows[FIRST_CANDIDATES:]
        if rest:
            table = _candidates_table(result, rest)
            parts.append(f"<details><summary>{len(rest)} more</summary>{table}</details>\n")
    if result.competitors:
        parts.append("<h3>Without a network</h3>\n" + competitors_table(result))
    return "".join([*parts, "</section>\n"])


def size_bars(result: CompileResult) -> list[Bar]:
    """The chosen network, the best proved ones of other formats or methods, and every table."""
    bars: list[Bar] = []
    seen: set[tuple[str, str]] = set()
    for row in result.candidates:
        key = (row.method, row.weight_format)
        if row.status != "proved" or key in seen:
            continue
        if not row.chosen and len(seen) > OTHER_BARS:
            continue
        seen.add(key)
        name = f"{row.method} {shortened(row.weight_format, 12)}"
        kind = "chosen" if row.chosen else "other"
        bars.append(Bar(name, row.measures.bits(result.count), kind))
    bars += [Bar(shortened(row.name, 26), row.bits, "table") for row in result.competitors]
    return sorted(bars, key=lambda bar: bar.bits)


# A column: its title and its class. `minor` columns give way on a phone.
CANDIDATE_COLUMNS = (
    ("Method", "whole"),
    ("Weights in", ""),
    ("Bits", "num"),
    ("Weights", "num minor"),
    ("Depth", "num"),
    ("Width", "num minor"),
    ("Proved error", "num"),
)
COMPETITOR_COLUMNS = (
    ("Stored as", ""),
    ("Bits", "num"),
    ("Entries", "num minor"),
    ("Proved error", "num"),
    ("Against the network", ""),
)


def _candidates_table(result: CompileResult, rows: Sequence[CandidateRow]) -> str:
    body = [
        _row(
            CANDIDATE_COLUMNS,
            (
                ("▸ " if row.chosen else "") + escape(row.method),
                escape(shortened(row.weight_format, 32)),
                bits_text(row.measures.bits(result.count)),
                bits_text(row.measures.weights),
                bits_text(row.measures.depth),
                bits_text(row.measures.width),
                _proved_error(row, result),
            ),
            chosen=row.chosen,
        )
        for row in rows
    ]
    return _table(CANDIDATE_COLUMNS, body)


def _proved_error(row: CandidateRow, result: CompileResult) -> str:
    if row.status == "proved" and row.error_upper is not None:
        return upper_bound(row.error_upper, result.error)
    return f'<span class="off">{escape(row.status)}</span>'


def competitors_table(result: Outcome) -> str:
    """What stores the function without a network, beside the network."""
    bits = None if result.measures is None else result.measures.bits(result.count)
    body = [
        _row(
            COMPETITOR_COLUMNS,
            (
                f'{escape(row.name)}<span class="sub">{escape(row.description)}</span>',
                bits_text(row.bits),
                bits_text(row.entries),
                upper_bound(row.error_upper, result.error),
                "" if bits is None else escape(against_network(row, bits)),
            ),
        )
        for row in sorted(result.competitors, key=lambda entry: entry.bits)
    ]
    return _table(COMPETITOR_COLUMNS, body)


def _row(columns: Sequence[tuple[str, str]], cells: Sequence[str], *, chosen: bool = False) -> str:
    inside = "".join(
        f'<td class="{style}">{cell}</td>' for (_, style), cell in zip(columns, cells, strict=True)
    )
    return f'<tr class="{"chosen" if chosen else "plain"}">{inside}</tr>'


def _table(columns: Sequence[tuple[str, str]], rows: Sequence[str]) -> str:
    head = "".join(f'<th class="{style}">{escape(title)}</th>' for title, style in columns)
    body = "\n".join(rows)
    return (
        f'<div class="scroll"><table>\n<thead><tr>{head}</tr></thead>\n'
        f"<tbody>{body}</tbody></table></div>\n"
    )


def certificate_section(result: CompileResult) -> str:
    """What the certificate claims, how large it is, and how to replay it."""
    verdict = result.verdict
    certificate = getattr(verdict, "certificate", None)
    if verdict is None or verdict.upper is None or certificate is None:
        return ""
    breakpoints = certificate.data.get("breakpoints") or ()
    path = result.files.get("certificate")
    name = "certificate.json" if path is None else path.name
    where = everywhere(result.inputs, result.domain)
    real = certificate.data.get("semantics") == "real"
    entries = [
        ("Claim", f"|f(x) − N(x)| ≤ {write_rational(verdict.upper)} {where}."),
        (
            "Attained",
            f"|f(x) − N(x)| ≥ {write_rational(verdict.lower)} at x = "
            f"{write_rational(verdict.witness)}.",
        ),
        (
            "Semantics",
            "real: sums, products and ReLUs are exact, nothing is rounded."
            if real
            else "fixed-point: every affine map is summed exactly and rounded once.",
        ),
        (
            "Cells",
            f"{bits_text(max(0, len(breakpoints) - 1))}, on each of which N is affine."
            if breakpoints
            else "none: every input of the format is enumerated.",
        ),
        ("Digest", str(certificate.data.get("digest", ""))),
    ]
    listed = "".join(
        f"<dt>{escape(key)}</dt><dd>{escape(shortened(text, 700))}</dd>" for key, text in entries
    )
    return (
        f'<section>\n<h2>The certificate</h2>\n<dl class="list">{listed}</dl>\n'
        "<p>Replay it, in rational arithmetic and with Python’s standard library alone:</p>\n"
        f"<pre>bitproof check {escape(name)}</pre>\n"
        "<p>The checker trusts nothing in the file: it checks that every weight lies in its "
        "format, that N is affine on each cell, and bounds |f − N| there by its own "
        "arithmetic.</p>\n</section>\n"
    )


def use_section(result: CompileResult) -> str:
    """How to use the files, for those that were written."""
    at = exact_number(result.domain.centre)
    rounded = to_float(result.domain.centre)
    names = {kind: path.name for kind, path in result.files.items()}
    network = names.get("network", "network.json")
    parts = [
        "<section>\n<h2>How to use it</h2>\n",
        _snippet("On the command line", f"bitproof eval {network} {at}\nbitproof show {network}"),
        _snippet(
            "In Python, exactly",
            f'import bitproof\nnetwork = bitproof.load("{network}")\n'
            f'bitproof.evaluate(network, ["{at}"])   # [Fraction(...)]',
        ),
    ]
    if "onnx" in names:
        parts.append(
            _snippet("With ONNX Runtime, the same bits", _onnx_snippet(names["onnx"], rounded))
        )
    if "c" in names:
        parts.append(_snippet("In C99, integers only", _c_snippet(names, rounded)))
    for kind, reason in result.refusals.items():
        parts.append(f"<p>{escape(kind.upper())} was not written: {escape(reason)}</p>\n")
    return "".join([*parts, "</section>\n"])


def _onnx_snippet(name: str, at: float) -> str:
    return (
        "import numpy, onnxruntime\n"
        f'session = onnxruntime.InferenceSession("{name}")\n'
        'kind = {"tensor(float)": "float32", "tensor(double)": "float64"}\n'
        f"x = numpy.array([[{at!r}]], kind[session.get_inputs()[0].type])\n"
        'y, = session.run(["y"], {"x": x})'
    )


def _c_snippet(names: dict[str, str], at: float) -> str:
    source = names["c"]
    name = source.removesuffix(".c")
    return (
        f"/* {name}_eval is exact, on integer levels; this is its convenient form: */\n"
        f'#include "{names.get("header", f"{name}.h")}"\ndouble y = {name}({at!r});\n\n'
        "# it tests itself on golden vectors:\n"
        f"cc -std=c99 -O2 -D{name.upper()}_SELFTEST {source} -o selftest && ./selftest"
    )


def _snippet(title: str, code: str) -> str:
    return f"<h3>{escape(title)}</h3>\n<pre>{escape(code)}</pre>\n"


def limits_section(result: CompileResult) -> str:
    """What the proof does not say."""
    domain = f"[{exact_number(result.domain.lower)}, {exact_number(result.domain.upper)}]"
    items = [
        f"Nothing is claimed outside {domain}.",
        "The bound is about the network as it is in the file, computed exactly. A runtime that "
        "rounds on the way computes something else. The exports above round nothing on the way, on "
        "the grid of inputs they are made for; an output that its number type cannot hold is "
        "rounded once.",
        "Bits count the weights and biases only, not the program that evaluates them; the "
        "alternatives beside it are counted the same way.",
    ]
    if result.inputs != "real":
        items.insert(1, f"Only the values of {result.inputs} count as inputs.")
    listed = "".join(f"<li>{escape(item)}</li>" for item in items)
    return f"<section>\n<h2>What it does not say</h2>\n<ul>{listed}</ul>\n</section>\n"
