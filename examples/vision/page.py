"""The page of the vision demonstration: images, a table and curves, in one file without scripts."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from html import escape
from pathlib import Path
from typing import Any

STYLE = """
:root { --ink: #1c1c1c; --paper: #fdfdfb; --faint: #8a8a86; --line: #d8d8d2; --good: #2e7d4f;
        --fair: #c98a12; --bad: #b3392e; --blue: #2f5d9b; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e8e8e4; --paper: #191a1c; --faint: #94948f; --line: #3a3b3e; --good: #6cc08e;
          --fair: #e2b04a; --bad: #e0786d; --blue: #86aee6; } }
body { font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper);
       max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; display: block;
        overflow-x: auto; }
th, td { text-align: right; padding: .25rem .7rem; border-bottom: 1px solid var(--line); }
th:first-child, td:first-child { text-align: left; }
svg { max-width: 100%; height: auto; } svg text { fill: var(--ink); font-size: 13px; }
.images { display: flex; flex-wrap: wrap; gap: 8px; } figure { margin: 1rem 0; }
.images span { font-size: 12px; text-align: center; color: var(--faint); }
.p { outline: 3px solid var(--good); } .u { outline: 3px solid var(--fair); }
.r { outline: 3px solid var(--bad); } .faint { color: var(--faint); }
"""
SHOWN = 24


def write_page(path: Path, studied: Sequence[tuple[Any, Sequence[Any]]]) -> None:
    """One section for each subject."""
    sections = "".join(_section(subject, rows) for subject, rows in studied)
    path.write_text(
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Few bits, proved</title><style>{STYLE}</style></head><body>\n"
        "<h1>An image classifier in few bits</h1>\n"
        "<p>Every float weight was read as the exact rational it is. Outputs are exact, errors are "
        "proved for every image of a box, and no proof relies on floating point alone.</p>\n"
        f"{sections}</body></html>\n",
        encoding="utf-8",
    )


def _section(subject: Any, rows: Sequence[Any]) -> str:
    curve = [row for row in rows if row.error is not None]
    parts = [f"<section><h2>{escape(subject.model.name)}</h2>\n", _images(subject, rows)]
    parts.append(_table(subject, rows))
    total = len(subject.images)
    if subject.labels is not None:
        parts.append(
            _chart(
                "Images with the right class, of " + str(total),
                [(row.dense_bits, row.right, row.name) for row in curve],
                lambda value: value,
            )
        )
    parts.append(
        _chart(
            "Largest output error on the boxes: proved (dots) over attained (ticks), logarithmic",
            [(row.dense_bits, max(row.error, 1e-9), row.name) for row in curve],
            math.log10,
            [max(row.attained, 1e-9) for row in curve],
        )
    )
    notes = "".join(f"<li>{escape(row.name)}: {escape('; '.join(row.notes))}</li>" for row in rows)
    return "".join([*parts, f'<ul class="faint">{notes}</ul></section>\n'])


def _images(subject: Any, rows: Sequence[Any]) -> str:
    """The first images; the frame tells what is proved of the 4-bit network."""
    side = math.isqrt(len(subject.images[0]))
    if side * side != len(subject.images[0]):
        return ""
    four = next(row for row in rows if row.name == "4 bits")
    figures = []
    for index, verdict in enumerate(four.verdicts[:SHOWN]):
        label = "" if subject.labels is None else subject.labels[index]
        figures.append(
            f'<span><svg class="{verdict}" width="56" height="56" viewBox="0 0 {side} {side}" '
            f'shape-rendering="crispEdges" role="img" aria-label="digit {label}">'
            f"{_pixels(subject, index, side)}</svg><br>{label}</span>"
        )
    return (
        f'<figure><div class="images">{"".join(figures)}</div><figcaption class="faint">Framed '
        "green: the 4-bit network gives the class of the original, proved for every image within "
        "one grey level in every pixel. Orange: undecided. Red: some image of the box changes the "
        "class of one of the two networks.</figcaption></figure>\n"
    )


def _pixels(subject: Any, index: int, side: int) -> str:
    cells = [f'<rect width="{side}" height="{side}" fill="#000"/>']
    for place, level in enumerate(subject.images[index]):
        if level:
            y, x = divmod(place, side)
            grey = 255 * level // subject.white
            color = f"#{grey:02x}{grey:02x}{grey:02x}"
            cells.append(f'<rect x="{x}" y="{y}" width="1" height="1" fill="{color}"/>')
    return "".join(cells)


def _table(subject: Any, rows: Sequence[Any]) -> str:
    total = len(subject.images)
    head = (
        "weights",
        "right",
        "same class, proved",
        "same class on the box, proved",
        "output error ≤",
        "bits (dense)",
        "bits (nonzero)",
        "C file, bytes",
        "depth",
    )
    body = []
    for row in rows:
        cells = (
            row.name,
            "" if row.right is None else f"{row.right}/{total}",
            f"{row.same}/{total}",
            f"{row.boxes}/{len(row.verdicts)}" if row.verdicts else "",
            "" if row.error is None else f"{row.error:.3g}",
            f"{row.dense_bits:,}",
            f"{row.nonzero_bits:,}",
            f"{row.c_bytes:,}" if row.c_bytes else "",
            str(row.depth),
        )
        body.append("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + "</tr>")
    headers = "".join(f"<th>{escape(name)}</th>" for name in head)
    return f"<table><thead><tr>{headers}</tr></thead><tbody>{''.join(body)}</tbody></table>\n"


def _chart(
    title: str,
    points: Sequence[tuple[int, float, str]],
    scale: Callable[[float], float],
    lower: Sequence[float] | None = None,
) -> str:
    """Values against bits of memory."""
    width, height, left, bottom = 720, 240, 60, 40
    values = [scale(y) for _, y, _ in points] + [scale(y) for y in lower or ()]
    low, high = min(values), max(values)
    span, most = (high - low) or 1.0, max(x for x, _, _ in points)

    def px(bits: float) -> float:
        return left + bits / most * (width - left - 70)

    def py(value: float) -> float:
        return 20 + (high - scale(value)) / span * (height - 40 - bottom)

    line = " ".join(f"{px(x):.1f},{py(y):.1f}" for x, y, _ in points)
    marks = [f'<polyline points="{line}" fill="none" stroke="var(--blue)" stroke-width="2"/>']
    for at, (x, y, name) in enumerate(points):
        beside = -7 if at % 2 == 0 else 18  # above and below in turn: neighbours may be close
        marks.append(f'<circle cx="{px(x):.1f}" cy="{py(y):.1f}" r="4" fill="var(--blue)"/>')
        last = px(x) > 0.8 * width  # no room to the right of it
        place = f'x="{px(x) + (-7 if last else 7):.1f}" y="{py(y) + beside:.1f}"'
        anchor = ' text-anchor="end"' if last else ""
        marks.append(f"<text {place}{anchor}>{escape(name)} {y:.3g}</text>")
    for (x, _, _), y in zip(points, lower or (), strict=False):
        marks.append(
            f'<path d="M{px(x) - 6:.1f} {py(y):.1f}h12" stroke="var(--fair)" stroke-width="3"/>'
        )
    axis = f'<path d="M{left} {height - bottom}H{width - 10}" stroke="var(--faint)"/>'
    text = f'<text x="{left}" y="{height - 12}">0</text>'
    text += f'<text x="{px(most):.1f}" y="{height - 12}" text-anchor="end">{most:,} bits</text>'
    return (
        f"<figure><figcaption>{escape(title)}</figcaption>"
        f'<svg viewBox="0 0 {width} {height}" width="{width}">{axis}{text}{"".join(marks)}</svg>'
        "</figure>\n"
    )
