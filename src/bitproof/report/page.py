"""report.html: one file that needs nothing else, neither a network nor a script."""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING

from bitproof.exact.rationals import write_decimal
from bitproof.report.document import document, facts, footer, size_tiles, time_tiles
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
    upper = None if result.verdict is None else result.verdict.upper
    body += [limits_section(result), footer(result.network, upper)]
    return document(title, "".join(body), images=True)


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
    pieces = None if result.construction is None else result.construction.pieces
    entries = [
        ("Proved error", upper_bound(result.verdict.upper, result.error), ""),
        *size_tiles(result.measures, result.count, result.weight_format),
    ]
    if result.activations is not None:
        entries.append(("Activations in", result.activations, "every layer rounded"))
    if pieces is not None:
        entries.append(("Affine pieces", bits_text(pieces), "before rounding to bits"))
    return facts([*entries, *time_tiles(result.seconds)])


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
