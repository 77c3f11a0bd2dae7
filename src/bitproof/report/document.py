"""What all pages share: one file that needs nothing else, neither a network nor a script."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from html import escape
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from bitproof.exact.rationals import write_rational
from bitproof.report.citations import references_of
from bitproof.report.words import bits_text, shortened

if TYPE_CHECKING:
    from fractions import Fraction

    from bitproof.network import Measures, Network

FIGURE_STYLE = "\nfigure svg{width:100%;height:auto}\n"
Tile = tuple[str, str, str]
"""A name, a value and a note that may be empty."""


def document(title: str, body: str, style: str = "", *, images: bool = False) -> str:
    """The whole file.

    Args:
        title: as HTML, without the program's name.
        body: the sections.
        style: what is added to the style sheet.
        images: whether images written into the page may be shown; scripts never run.

    >>> "img-src" in document("t", "<p>b</p>"), "img-src" in document("t", "", images=True)
    (False, True)
    """
    allowed = "default-src 'none'; style-src 'unsafe-inline'" + ("; img-src data:" * images)
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{allowed}">\n'
        f"<title>{title} – bitproof</title>\n<style>\n{style_sheet()}{style}</style>\n</head>\n"
        f"<body>\n<main>\n{body}</main>\n</body>\n</html>\n"
    )


def style_sheet() -> str:
    """The style sheet of all pages."""
    return files("bitproof.report").joinpath("style.css").read_text(encoding="utf-8")


def embedded(image: bytes, description: str, caption: str) -> str:
    """A PNG picture inside the page; description and caption are HTML already."""
    data = base64.b64encode(image).decode("ascii")
    return (
        f'<figure>\n<img style="width:100%" alt="{description}" '
        f'src="data:image/png;base64,{data}">\n<figcaption>{caption}</figcaption></figure>\n'
    )


def figures(folder: Path, captions: Mapping[str, str]) -> str:
    """The figures `<name>.svg` of a folder inside the page, each with its caption."""
    return "".join(
        f"<figure>{_inline(folder / f'{name}.svg')}<figcaption>{escape(text)}</figcaption>"
        "</figure>\n"
        for name, text in captions.items()
    )


def _inline(file: Path) -> str:
    text = file.read_text(encoding="utf-8")
    return text[text.index("<svg") :]


def facts(tiles: Iterable[Tile]) -> str:
    """Figures in a row, escaped."""
    written = "".join(
        f"<div><dt>{escape(name)}</dt><dd>{escape(value)}"
        + (f"<small>{escape(note)}</small>" if note else "")
        + "</dd></div>"
        for name, value, note in tiles
    )
    return f'<dl class="facts">{written}</dl>\n'


def size_tiles(sizes: Measures, count: str, weight_format: str | None) -> list[Tile]:
    """Memory, weights, depth and width of a network; the memory in `count`, the others beside."""
    others = [name for name in ("dense", "nonzero", "paper") if name != count]
    beside = ", ".join(f"{bits_text(sizes.bits(name))} {name}" for name in others)
    return [
        ("Memory", f"{bits_text(sizes.bits(count))} bits", f"{count}; {beside}"),
        ("Weights in", shortened(weight_format or "no format", 32), ""),
        ("Weights", bits_text(sizes.weights), f"of {bits_text(sizes.dense_weights)} entries"),
        ("Depth", bits_text(sizes.depth), ""),
        ("Width", bits_text(sizes.width), f"{bits_text(sizes.neurons)} neurons"),
    ]


def time_tiles(seconds: Mapping[str, float]) -> list[Tile]:
    """How long it took, if that is known."""
    total = seconds.get("total")
    return [] if total is None else [("Time", f"{total:.2f} s", "to build and prove")]


def files_section(files: Mapping[str, Path], refusals: Mapping[str, str], before: str = "") -> str:
    """What was written, by kind, and why a kind was not.

    Args:
        before: HTML in front of the list.
    """
    listed = "".join(
        f"<li><code>{escape(path.name)}</code> ({escape(kind)})</li>"
        for kind, path in files.items()
    )
    refused = "".join(f"<li>{escape(kind)}: {escape(why)}</li>" for kind, why in refusals.items())
    return f"<section>\n<h2>Files</h2>\n{before}<ul>{listed}{refused}</ul>\n</section>\n"


def footer(network: Network | None, proved: Fraction | None) -> str:
    """The proved bound exactly, what the network rests on, the program's version."""
    from bitproof import __version__

    cited = exact = ""
    if network is not None:
        lines = "; ".join(escape(entry.short) for entry in references_of(network))
        cited = f"<p>Rests on: {lines}. <code>bitproof cite</code> prints the BibTeX.</p>"
    if proved is not None:
        exact = f"<p>Proved bound, exactly: {escape(write_rational(proved))}</p>"
    return f"<footer>{exact}{cited}<p>bitproof {escape(__version__)}</p></footer>\n"
