"""report.html: one file that needs nothing else, neither a network nor a script."""

from __future__ import annotations

import re
from html import escape
from importlib.resources import files
from typing import TYPE_CHECKING

from bitproof.exact.rationals import write_decimal, write_rational
from bitproof.report.citations import references_of
from bitproof.report.page_parts import (
    candidates_section,
    certificate_section,
    limits_section,
    use_section,
)
from bitproof.report.svg import NARROW, WIDE, error_chart, function_chart
from bitproof.report.words import (
    after_status,
    bits_text,
    claim,
    exact_number,
    shortened,
    upper_bound,
)

if TYPE_CHECKING:
    from bitproof.pipeline.results import CompileResult
    from bitproof.report.curve import Curve

LONGEST_TITLE = 300


def page(result: CompileResult, curve: Curve | None = None) -> str:
    """The whole page; everything that comes from the user is escaped.

    Args:
        result: what `compile` returned.
        curve: its picture if it was drawn already.
    """
    title = escape(shortened(result.target.text, LONGEST_TITLE))
    body = [_head(result), _facts(result)]
    if result.network is not None:
        body += [_curves(result, curve)]
    body.append(candidates_section(result))
    if result.network is not None:
        body += [certificate_section(result), use_section(result)]
    body += [limits_section(result), _footer(result)]
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta http-equiv="Content-Security-Policy" '
        "content=\"default-src 'none'; style-src 'unsafe-inline'; img-src data:\">\n"
        f"<title>{title} – bitproof</title>\n<style>\n{style_sheet()}</style>\n</head>\n"
        f"<body>\n<main>\n{''.join(body)}</main>\n</body>\n</html>\n"
    )


def style_sheet() -> str:
    """The page's style sheet."""
    return files("bitproof.report").joinpath("style.css").read_text(encoding="utf-8")


def _head(result: CompileResult) -> str:
    words = claim(result)
    status = escape(result.status[:1].upper() + result.status[1:])
    stop = "" if words.startswith(f"{result.status} ") else "."
    words = after_status(result.status, words)
    more = ""
    if result.verdict is not None and result.verdict.upper is not None:
        lower = write_decimal(result.verdict.lower, 4, rounding="down")
        at = shortened(exact_number(result.verdict.witness))
        more = (
            f'<p class="more">The error really reaches {lower}, at x = {escape(at)}. '
            f"Asked for: {escape(exact_number(result.error))}.</p>"
        )
    kind = "claim" if result.status == "proved" else "claim open"
    return (
        '<header>\n<p class="kicker">bitproof report</p>\n'
        f'<h1><span class="mono">{escape(shortened(result.target.text, LONGEST_TITLE))}</span>'
        "</h1>\n"
        f'<div class="{kind}"><p class="big"><span class="status">'
        f"{status}{stop}</span> {_unbroken(words)}</p>{more}</div>\n</header>\n"
    )


def _unbroken(words: str) -> str:
    """Escaped, with no line break inside an interval or beside a sign of comparison."""
    text = escape(words).replace(" − ", "&nbsp;−&nbsp;").replace(" ≤ ", " ≤&nbsp;")
    return re.sub(r"\[[^\]]{1,60}\]", lambda ends: ends[0].replace(" ", "&nbsp;"), text)


def _facts(result: CompileResult) -> str:
    if result.measures is None or result.verdict is None or result.verdict.upper is None:
        return ""
    sizes = result.measures
    others = [name for name in ("dense", "nonzero", "paper") if name != result.count]
    beside = ", ".join(f"{bits_text(sizes.bits(name))} {name}" for name in others)
    pieces = None if result.construction is None else result.construction.pieces
    entries = [
        ("Proved error", upper_bound(result.verdict.upper, result.error), ""),
        ("Memory", f"{bits_text(sizes.bits(result.count))} bits", f"{result.count}; {beside}"),
        ("Weights in", shortened(result.weight_format or "no format", 32), ""),
        ("Weights", bits_text(sizes.weights), f"of {bits_text(sizes.dense_weights)} entries"),
        ("Depth", bits_text(sizes.depth), ""),
        ("Width", bits_text(sizes.width), f"{bits_text(sizes.neurons)} neurons"),
    ]
    if pieces is not None:
        entries.append(("Affine pieces", bits_text(pieces), "before rounding to bits"))
    total = result.seconds.get("total")
    if total is not None:
        entries.append(("Time", f"{total:.2f} s", "to build and prove"))
    tiles = "".join(
        f"<div><dt>{escape(name)}</dt><dd>{escape(value)}"
        + (f"<small>{escape(note)}</small>" if note else "")
        + "</dd></div>"
        for name, value, note in entries
    )
    return f'<dl class="facts">{tiles}</dl>\n'


def _curves(result: CompileResult, curve: Curve | None) -> str:
    from bitproof.report.curve import curve_of

    drawn = curve_of(result) if curve is None else curve
    asked = escape(exact_number(result.error))
    breaks = (
        f'<span><i class="swatch breaks"></i>{bits_text(len(drawn.breakpoints))} breakpoints</span>'
        if drawn.breakpoints
        else ""
    )
    return (
        "<section>\n<h2>The function and the network</h2>\n<figure>\n<figcaption>"
        '<span><i class="swatch f"></i>the function f</span>'
        '<span><i class="swatch"></i>the network N</span></figcaption>\n'
        f"{function_chart(drawn, WIDE)}\n{function_chart(drawn, NARROW)}\n</figure>\n"
        "<h2>The error</h2>\n<figure>\n<figcaption>"
        '<span><i class="swatch"></i>f(x) − N(x)</span>'
        f'<span><i class="swatch limit"></i>±ε = ±{asked}</span>'
        f'<span><i class="swatch peak"></i>where it peaks</span>{breaks}</figcaption>\n'
        f"{error_chart(drawn, WIDE)}\n{error_chart(drawn, NARROW)}\n</figure>\n</section>\n"
    )


def _footer(result: CompileResult) -> str:
    from bitproof import __version__

    cited = ""
    if result.network is not None:
        lines = "; ".join(escape(entry.short) for entry in references_of(result.network))
        cited = f"<p>Rests on: {lines}. <code>bitproof cite</code> prints the BibTeX.</p>"
    exact = ""
    if result.verdict is not None and result.verdict.upper is not None:
        exact = f"<p>Proved bound, exactly: {escape(write_rational(result.verdict.upper))}</p>"
    return f"<footer>{exact}{cited}<p>bitproof {escape(__version__)}</p></footer>\n"
