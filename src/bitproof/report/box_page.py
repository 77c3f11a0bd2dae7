"""report.html and the folder of a result of several inputs."""

from __future__ import annotations

from functools import partial
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from bitproof.exact.rationals import write_decimal
from bitproof.report.box_words import box_claim, counted, point_text
from bitproof.report.document import (
    document,
    embedded,
    facts,
    files_section,
    footer,
    size_tiles,
    time_tiles,
)
from bitproof.report.folder import written_whole
from bitproof.report.page_parts import competitors_table
from bitproof.report.plots import save_figures
from bitproof.report.words import bits_text, comparison, exact_number, shortened

if TYPE_CHECKING:
    from bitproof.pipeline.boxes import BoxCompileResult

LONGEST_TITLE = 300


def write_box_result(result: BoxCompileResult, out: Path, *, force: bool) -> BoxCompileResult:
    """Writes everything a result has to give into a folder that appears whole or not at all.

    Returns:
        The result with its files (and the reasons for those that could not be written).

    Raises:
        InputError: the folder is not empty (and `force` is off) or cannot be written.
    """
    from bitproof.pipeline.boxes.files import write_box_files

    write = partial(write_box_files, force=True)
    return written_whole(result, out, force=force, write=write, draw=_draw)


def _draw(result: BoxCompileResult, folder: Path) -> dict[str, Path]:
    from bitproof.report.box_picture import heat_maps, picture_of

    picture = picture_of(result)
    files: dict[str, Path] = {}
    image = None
    if picture is not None:
        files = save_figures({"maps": heat_maps(result, picture)}, folder)
        image = files["maps_png"].read_bytes()
    report = folder / "report.html"
    report.write_text(box_page(result, image), encoding="utf-8")
    return {"report": report, **files}


def box_page(result: BoxCompileResult, image: bytes | None = None) -> str:
    """The whole page: one file that needs nothing else; what comes from the user is escaped.

    Args:
        image: the heat maps as PNG, for two inputs.
    """
    title = escape(shortened(result.target.text, LONGEST_TITLE))
    body = [_head(result, title), _facts(result)]
    if image is not None:
        picture = embedded(
            image,
            "heat maps of f, N and f − N",
            "The circle marks where the largest error was attained; the colours of f − N end at "
            "±ε.",
        )
        body.append(
            f"<section>\n<h2>The function, the network, the error</h2>\n{picture}</section>\n"
        )
    upper = None if result.verdict is None else result.verdict.upper
    body += [_candidates(result), _use(result), footer(result.network, upper)]
    return document(title, "".join(body), images=True)


def _head(result: BoxCompileResult, title: str) -> str:
    more = ""
    if result.verdict is not None:
        lower = write_decimal(result.verdict.lower, 4, rounding="down")
        at = escape(point_text(result.verdict.witness))
        more = (
            f'<p class="more">The error really reaches {lower}, at x = {at}. '
            f"Asked for: {escape(exact_number(result.error))}.</p>"
        )
    kind = "claim" if result.status == "proved" else "claim open"
    status = escape(result.status[:1].upper() + result.status[1:])
    return (
        '<header>\n<p class="kicker">bitproof report</p>\n'
        f'<h1><span class="mono">{title}</span></h1>\n<div class="{kind}"><p class="big">'
        f'<span class="status">{status}.</span> {escape(box_claim(result))}</p>{more}</div>\n'
        "</header>\n"
    )


def _facts(result: BoxCompileResult) -> str:
    sizes = result.measures
    if sizes is None:
        return ""
    entries = size_tiles(sizes, result.count, result.weight_format)
    if result.activations is not None:
        entries.append(("Activations in", result.activations, "every layer rounded"))
    if result.verdict is not None and result.verdict.cells:
        enumerated = result.inputs != "real"
        how = "all, one by one" if enumerated else "of the branch and bound"
        name = counted(result.inputs).capitalize()
        entries.append((name, bits_text(result.verdict.cells), how))
    return facts([*entries, *time_tiles(result.seconds)])


def _candidates(result: BoxCompileResult) -> str:
    words = comparison(result)
    said = f"<p>{escape(words)}</p>\n" if words else ""
    tables = competitors_table(result) if result.competitors else ""
    beside = f"<h3>Without a network</h3>\n{tables}" if tables else ""
    rows = "".join(
        f"<tr><td>{escape(row.method)}</td><td>{escape(shortened(row.weight_format, 28))}</td>"
        f"<td>{bits_text(row.measures.bits(result.count))}</td><td>{row.measures.weights}</td>"
        f"<td>{row.measures.depth}</td><td>{escape(row.status)}</td></tr>"
        for row in result.candidates
    )
    return (
        f"<section>\n<h2>What was considered</h2>\n{said}<table><thead><tr><th>method</th>"
        f"<th>weights in</th><th>bits ({escape(result.count)})</th><th>weights</th><th>depth</th>"
        f"<th>status</th></tr></thead><tbody>{rows}</tbody></table>\n{beside}</section>\n"
    )


def _use(result: BoxCompileResult) -> str:
    checked = (
        "<p><code>bitproof check certificate.json</code> proves the claim again with the standard "
        "library alone.</p>"
        if "certificate" in result.files
        else ""
    )
    return files_section(result.files, result.refusals, checked)
