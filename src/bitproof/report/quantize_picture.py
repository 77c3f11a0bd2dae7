"""Pictures of a quantized network: spans between attained and proved, and the listed images."""

from __future__ import annotations

import base64
import math
import struct
import zlib
from collections.abc import Sequence
from fractions import Fraction
from html import escape

from bitproof.report.svg import Size, label, ticks

ROW, TOP, BOTTOM = 20.0, 8.0, 26.0
Span = tuple[str, float, float | None]


def bounds_chart(spans: Sequence[Span], size: Size) -> str:
    """A line for each box from the attained difference to the proved bound, on an axis from 0.

    A bound that is not finite, or more than ten times the largest attained value, runs off the
    edge.
    """
    if not spans:
        return ""
    attained = max(low for _, low, _ in spans)
    uppers = [high for _, _, high in spans if high is not None]
    end = max([attained, *(u for u in uppers if u <= 10 * attained)]) * 1.05 or 1.0
    left = min(18.0 + 7.0 * max(len(name) for name, _, _ in spans), size.width * 0.4)
    width = size.width - left - 16.0
    floor = TOP + ROW * len(spans)

    def place(value: float | None) -> float:
        share = 1.0 if value is None or not math.isfinite(value) else min(value / end, 1.0)
        return left + width * share

    parts = [
        f'<path class="rule" d="M{place(v):.1f} {TOP}V{floor}"/><text class="tick" '
        f'x="{place(v):.1f}" y="{floor + 17}" text-anchor="middle">{label(v)}</text>'
        for v in ticks(0.0, end, 6 if size.width > 500 else 3)
    ]
    for index, (name, low, high) in enumerate(spans):
        y = TOP + ROW * (index + 0.5)
        parts.append(
            f'<text class="name" x="{left - 10:.1f}" y="{y + 4:.1f}" text-anchor="end">'
            f'{escape(name)}</text><path class="span" d="M{place(low):.1f} {y:.1f}'
            f'H{max(place(high), place(low) + 1):.1f}"/>'
            f'<circle class="attained" cx="{place(low):.1f}" cy="{y:.1f}" r="4"/>'
        )
    height = floor + BOTTOM
    return (
        f'<svg class="{size.name}" viewBox="0 0 {size.width} {height:.0f}" role="img" '
        f'aria-label="Attained and proved differences">{"".join(parts)}</svg>'
    )


def image_of(point: Sequence[Fraction], inputs: int) -> str:
    """A listed input as a grey image, if its numbers are a square (or three: colours) in [0, 1].

    >>> image_of([Fraction(0), Fraction(1), Fraction(1, 2), Fraction(1)], 4)[:32]
    '<img alt="" src="data:image/png;'
    >>> image_of([Fraction(0)] * 5, 5)
    ''
    """
    for channels in (1, 3):
        side = math.isqrt(inputs // channels)
        if side >= 2 and side * side * channels == inputs:
            break
    else:
        return ""
    if not all(0 <= value <= 1 for value in point):
        return ""
    levels = [round(value * 255) for value in point]
    area = side * side
    pixels = bytes(levels[c * area + k] for k in range(area) for c in range(channels))
    encoded = base64.b64encode(_png(pixels, side, channels)).decode("ascii")
    return f'<img alt="" src="data:image/png;base64,{encoded}">'


def _png(pixels: bytes, side: int, channels: int) -> bytes:
    """A PNG file of 8 bits a channel."""
    stride = side * channels
    rows = b"".join(b"\0" + pixels[k * stride : (k + 1) * stride] for k in range(side))
    header = struct.pack(">IIBBBBB", side, side, 8, 0 if channels == 1 else 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )
