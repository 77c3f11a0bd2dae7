"""report.html and the folder of an exact fixed-point network."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from bitproof.report.document import Tile, document, embedded, facts, files_section, footer
from bitproof.report.folder import written_whole
from bitproof.report.plots import save_figures
from bitproof.report.represented import compared_with_table, corollary, rounding_text
from bitproof.report.words import bits_text, shortened

if TYPE_CHECKING:
    from bitproof.pipeline.represent import RepresentResult

LONGEST_TITLE = 300


def write_represented(result: RepresentResult, out: Path, *, force: bool) -> RepresentResult:
    """Writes the network, its exports, the page and the pictures: whole, or not at all.

    Returns:
        The result with its files (and the reasons for those that could not be written).

    Raises:
        InputError: the folder is not empty (and `force` is off) or cannot be written.
    """
    return written_whole(result, out, force=force, write=_export, draw=_draw)


def _export(result: RepresentResult, folder: Path) -> tuple[dict[str, Path], dict[str, str]]:
    from bitproof.pipeline.represent import write_represented_files

    files, refusals = write_represented_files(result, folder)
    return files | {"result": folder / "result.json"}, refusals  # it is written last


def _draw(result: RepresentResult, folder: Path) -> dict[str, Path]:
    from bitproof.report.represented_picture import represented_figure, represented_picture

    picture = represented_picture(result)
    files: dict[str, Path] = {}
    image = None
    if picture is not None:
        files = save_figures({"neurons": represented_figure(result, picture)}, folder)
        image = files["neurons_png"].read_bytes()
    report = folder / "report.html"
    report.write_text(represented_page(result, image), encoding="utf-8")
    return {"report": report, **files}


def represented_page(result: RepresentResult, image: bytes | None = None) -> str:
    """The whole page: one file that needs nothing else; what comes from the user is escaped.

    Args:
        image: the picture as PNG, for one or two inputs.
    """
    title = escape(shortened(result.function, LONGEST_TITLE))
    body = [_head(result, title), facts(_tiles(result))]
    if image is not None:
        picture = embedded(
            image,
            "the function and the levels of hidden neurons",
            "Levels on every input, from the integer engine.",
        )
        body.append(f"<section>\n<h2>What every neuron does</h2>\n{picture}</section>\n")
    body += [
        _tried(result),
        files_section(result.files, result.refusals),
        footer(result.network, None),
    ]
    return document(title, "".join(body), images=True)


def _head(result: RepresentResult, title: str) -> str:
    more = escape(corollary(result).strip()) + ". " if result.step is not None else ""
    return (
        '<header>\n<p class="kicker">bitproof report</p>\n'
        f'<h1><span class="mono">{title}</span></h1>\n<div class="claim"><p class="big">'
        '<span class="status">Exact.</span> The network was run on every one of the '
        f"{bits_text(result.inputs_checked)} inputs of {escape(result.form.name)} and is equal to "
        f'the function on all of them.</p><p class="more">{more}Rounding: '
        f"{escape(rounding_text(result))}; sums stay below "
        f"2<sup>{result.accumulator_bits}</sup>.</p></div>\n</header>\n"
    )


def _tiles(result: RepresentResult) -> list[Tile]:
    found = result.represented
    layers = " + ".join(str(width) for width in found.hidden_layers)
    beside = f"{bits_text(result.dense_bits)} dense; {result.weight_bits} a weight"
    tiles = [
        ("Hidden neurons", bits_text(found.neurons), layers),
        ("Non-zero weights", bits_text(found.weights), f"{result.arithmetic.weight_set}"),
        ("Memory", f"{bits_text(result.nonzero_bits)} bits", beside),
        ("Plain table", f"{bits_text(result.table_bits)} bits", compared_with_table(result)),
        ("Activation", result.activation, f"{result.arithmetic.bias} biases"),
    ]
    if result.activation_bits:
        once = "once for all networks that use it"
        tiles.append(("Its table", f"{bits_text(result.activation_bits)} bits", once))
    return tiles


def _tried(result: RepresentResult) -> str:
    found = result.represented
    best = (found.construction.method, found.neurons, found.weights)
    rows = "".join(
        f'<tr class="{"chosen" if row == best else "plain"}"><td>{escape(row[0])}</td>'
        f"<td>{bits_text(row[1])}</td><td>{bits_text(row[2])}</td></tr>"
        for row in dict.fromkeys(found.tried)
    )
    return (
        "<section>\n<h2>What was tried</h2>\n<table><thead><tr><th>method</th>"
        "<th>hidden neurons</th><th>non-zero weights</th></tr></thead>"
        f"<tbody>{rows}</tbody></table>\n<p>An indicator for every input takes "
        f"{bits_text(result.indicator_neurons)} neurons.</p></section>\n"
    )
