"""Small charts as inline SVG: no library, no script, colours from the page's style sheet."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from bitproof.report.curve import Curve


@dataclass(frozen=True, slots=True)
class Size:
    """A drawing's size in its own units, which are about pixels."""

    width: int
    height: int
    name: str


# Each chart is drawn twice; the style sheet shows the one that suits the screen.
WIDE = Size(880, 300, "wide")
NARROW = Size(400, 250, "narrow")


@dataclass(frozen=True, slots=True)
class Frame:
    """Where the data's rectangle lies on the drawing."""

    size: Size
    x: tuple[float, float]
    y: tuple[float, float]
    left: float
    bottom: float = 30.0
    top: float = 12.0
    right: float = 14.0

    def px(self, x: float) -> float:
        span = (self.x[1] - self.x[0]) or 1.0
        return self.left + (x - self.x[0]) / span * (self.size.width - self.left - self.right)

    def py(self, y: float) -> float:
        span = (self.y[1] - self.y[0]) or 1.0
        inner = self.size.height - self.top - self.bottom
        return self.top + (self.y[1] - y) / span * inner

    @property
    def floor(self) -> float:
        return self.size.height - self.bottom


def ticks(low: float, high: float, about: int) -> list[float]:
    """Round numbers between two ends, roughly `about` of them.

    >>> ticks(0.0, 1.0, 5)
    [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]
    """
    span = high - low
    if not (math.isfinite(span) and span > 0):
        return [low] if math.isfinite(low) else []
    raw = span / max(1, about)
    power = 10.0 ** math.floor(math.log10(raw))
    step = next((m * power for m in (1, 2, 2.5, 5, 10) if m * power >= raw * 0.999), raw)
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return [
        round(i * step, 12 - math.floor(math.log10(step))) + 0.0 for i in range(first, last + 1)
    ]


def label(value: float, digits: int = 5) -> str:
    """A tick's label: at most five significant digits unless told, a true minus sign.

    >>> label(-0.25), label(1000.0), label(2.5e-7)
    ('−0.25', '1000', '2.5e−7')
    """
    text = f"{value:.{digits}g}"
    mantissa, exponent, power = text.partition("e")
    if exponent:
        text = f"{mantissa}e{int(power)}"
    return text.replace("-", "−")


def labels(values: Sequence[float]) -> list[str]:
    """Labels with as many digits as it takes to tell the ticks apart.

    >>> labels([100.0, 100.0001])
    ['100', '100.0001']
    """
    texts = [label(value) for value in values]
    for digits in range(6, 16):
        if len(set(texts)) == len(texts):
            break
        texts = [label(value, digits) for value in values]
    return texts


def path(frame: Frame, x: Sequence[float], y: Sequence[float]) -> str:
    """The `d` of a polyline; many points in one pixel column become its extremes."""
    points = [(frame.px(a), frame.py(b)) for a, b in zip(x, y, strict=True) if math.isfinite(b)]
    if len(points) > 2 * frame.size.width:
        points = _envelope(points)
    return "M" + "L".join(f"{a:.1f} {b:.1f}" for a, b in points) if points else ""


def _envelope(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    columns: dict[int, list[tuple[float, float]]] = {}
    for point in points:
        columns.setdefault(round(point[0]), []).append(point)
    kept: list[tuple[float, float]] = []
    for column in columns.values():
        extremes = {
            0,
            len(column) - 1,
            min(range(len(column)), key=lambda i: column[i][1]),
            max(range(len(column)), key=lambda i: column[i][1]),
        }
        kept += [column[i] for i in sorted(extremes)]
    return kept


def function_chart(curve: Curve, size: Size) -> str:
    """f under N, with N's breakpoints as dots where there are few enough to see."""
    heights = _heights(curve)
    y_ticks = _height_ticks(heights, size)
    frame = Frame(size, (curve.lower, curve.upper), heights, _left_of(curve, size))
    parts = [_grid(frame, y_ticks), _x_axis(frame)]
    parts.append(f'<path class="f" d="{path(frame, curve.x, curve.target)}"/>')
    parts.append(f'<path class="n" d="{path(frame, curve.x, curve.network)}"/>')
    if len(curve.breakpoints) <= size.width // 9:
        parts += [
            f'<circle class="knot" cx="{frame.px(x):.1f}" cy="{frame.py(y):.1f}" r="2.2"/>'
            for x, y in _at_breakpoints(curve)
        ]
    return _svg(size, "The function f and the network N", parts)


def _heights(curve: Curve) -> tuple[float, float]:
    """The range of f and N with a little room."""
    finite = [v for v in (*curve.target, *curve.network) if math.isfinite(v)] or [0.0]
    low, high = min(finite), max(finite)
    pad = (high - low) * 0.06 or abs(high) * 0.1 or 1.0
    return low - pad, high + pad


def _height_ticks(heights: tuple[float, float], size: Size) -> list[float]:
    return ticks(*heights, 5 if size is WIDE else 4)


def _left_of(curve: Curve, size: Size) -> float:
    """The left margin, the same in both charts so that an x is at one place in both."""
    texts = ["+ε", *labels(_height_ticks(_heights(curve), size))]
    return 16.0 + 7.2 * max(len(text) for text in texts)


def _at_breakpoints(curve: Curve) -> list[tuple[float, float]]:
    wanted = set(curve.breakpoints)
    return [(x, y) for x, y in zip(curve.x, curve.network, strict=True) if x in wanted]


def error_chart(curve: Curve, size: Size) -> str:
    """f - N within the band ±ε, its peak marked, N's breakpoints as ticks along the axis."""
    reach = max(curve.tolerance, curve.bound) * 1.42
    marks = [-curve.tolerance, 0.0, curve.tolerance]
    ends = (curve.lower, curve.upper)
    frame = Frame(size, ends, (-reach, reach), _left_of(curve, size), bottom=38.0)
    top, floor = frame.py(curve.tolerance), frame.py(-curve.tolerance)
    right = frame.size.width - frame.right
    parts = [
        f'<rect class="band" x="{frame.left:.1f}" y="{top:.1f}" '
        f'width="{right - frame.left:.1f}" height="{floor - top:.1f}"/>',
    ]
    names = {-curve.tolerance: "−ε", 0.0: "0", curve.tolerance: "+ε"}
    for value in marks:
        kind = "limit" if value else "rule"
        height = frame.py(value)
        parts.append(
            f'<path class="{kind}" d="M{frame.left:.1f} {height:.1f}H{right:.1f}"/>'
            f'<text class="tick" x="{frame.left - 8:.1f}" y="{height + 4:.1f}" '
            f'text-anchor="end">{names[value]}</text>'
        )
    parts.append(_x_axis(frame, gap=8.0))
    parts.append(_breakpoint_ticks(frame, curve))
    parts.append(f'<path class="e" d="{path(frame, curve.x, curve.error)}"/>')
    parts.append(_peak(frame, curve))
    return _svg(size, "The error f − N between −ε and +ε", parts)


def _peak(frame: Frame, curve: Curve) -> str:
    x, y = frame.px(curve.peak[0]), frame.py(curve.peak[1])
    share = (x - frame.left) / (frame.size.width - frame.left - frame.right)
    anchor = "start" if share < 0.25 else "end" if share > 0.75 else "middle"
    above = curve.peak[1] >= 0
    limit = frame.py(math.copysign(curve.tolerance, curve.peak[1]))
    height = min(y - 11, limit - 8) if above else max(y + 19, limit + 17)
    words = f"peak {label(float(f'{curve.peak[1]:.3g}'))} at x = {label(curve.peak[0])}"
    return (
        f'<circle class="peak" cx="{x:.1f}" cy="{y:.1f}" r="4.5"/>'
        f'<text class="note" x="{x:.1f}" y="{height:.1f}" text-anchor="{anchor}">{words}</text>'
    )


def _breakpoint_ticks(frame: Frame, curve: Curve) -> str:
    columns = sorted({round(frame.px(x) * 2) / 2 for x in curve.breakpoints})
    strokes = "".join(f"M{column:.1f} {frame.floor:.1f}v6" for column in columns)
    return f'<path class="breaks" d="{strokes}"/>' if strokes else ""


@dataclass(frozen=True, slots=True)
class Bar:
    """A row of the chart of sizes."""

    name: str
    bits: int
    kind: str


@dataclass(frozen=True, slots=True)
class LogScale:
    """Places bits on a logarithmic axis from `low` to `high`."""

    low: float
    high: float
    left: float
    width: float

    def place(self, bits: float) -> float:
        decades = math.log10(self.high / self.low)
        return self.left + math.log10(max(bits, self.low) / self.low) / decades * self.width

    def decades(self) -> list[int]:
        """The powers of ten on it."""
        first, last = round(math.log10(self.low)), math.floor(math.log10(self.high))
        return [10**power for power in range(first, last + 1)]


BAR_HEIGHT, BARS_TOP, VALUE_ROOM = 26, 8, 64.0


def bits_chart(bars: Sequence[Bar], size: Size) -> str:
    """Sizes on a logarithmic axis: a dot for each, its line running from the least."""
    if not bars:
        return ""
    bottom = BARS_TOP + BAR_HEIGHT * len(bars)
    left = min(18.0 + 7.0 * max(len(bar.name) for bar in bars), size.width * 0.42)
    low = 10.0 ** math.floor(math.log10(max(1, min(bar.bits for bar in bars))))
    high = 1.02 * max(10 * low, *(bar.bits for bar in bars))
    scale = LogScale(low, high, left, size.width - left - VALUE_ROOM)
    parts = [
        f'<path class="rule" d="M{scale.place(power):.1f} {BARS_TOP}V{bottom}"/>'
        f'<text class="tick" x="{scale.place(power):.1f}" y="{bottom + 18}" '
        f'text-anchor="middle">{power:,}</text>'
        for power in scale.decades()
    ]
    parts += [
        _bar(bar, scale, BARS_TOP + BAR_HEIGHT * (index + 0.5)) for index, bar in enumerate(bars)
    ]
    shape = Size(size.width, bottom + 30, size.name)
    return _svg(shape, "Bits for the same error", parts)


def _bar(bar: Bar, scale: LogScale, y: float) -> str:
    x = scale.place(bar.bits)
    return (
        f'<text class="name {bar.kind}" x="{scale.left - 10:.1f}" y="{y + 4:.1f}" '
        f'text-anchor="end">{escape(bar.name)}</text>'
        f'<path class="stem {bar.kind}" d="M{scale.left:.1f} {y:.1f}H{x:.1f}"/>'
        f'<circle class="dot {bar.kind}" cx="{x:.1f}" cy="{y:.1f}" r="5"/>'
        f'<text class="value {bar.kind}" x="{x + 10:.1f}" y="{y + 4:.1f}">'
        f"{bar.bits:,}</text>"
    )


def _grid(frame: Frame, values: Sequence[float]) -> str:
    right = frame.size.width - frame.right
    return "".join(
        f'<path class="rule" d="M{frame.left:.1f} {frame.py(v):.1f}H{right:.1f}"/>'
        f'<text class="tick" x="{frame.left - 8:.1f}" y="{frame.py(v) + 4:.1f}" '
        f'text-anchor="end">{text}</text>'
        for v, text in zip(values, labels(values), strict=True)
    )


def _x_axis(frame: Frame, gap: float = 0.0) -> str:
    values = ticks(*frame.x, 8 if frame.size is WIDE else 4)
    values = values if len("".join(labels(values))) * 8 < frame.size.width else values[::2]
    right = frame.size.width - frame.right
    line = f'<path class="axis" d="M{frame.left:.1f} {frame.floor:.1f}H{right:.1f}"/>'
    return line + "".join(
        f'<text class="tick" x="{frame.px(v):.1f}" y="{frame.floor + gap + 17:.1f}" '
        f'text-anchor="middle">{text}</text>'
        for v, text in zip(values, labels(values), strict=True)
    )


def _svg(size: Size, title: str, parts: Sequence[str]) -> str:
    return (
        f'<svg class="{size.name}" viewBox="0 0 {size.width} {size.height}" role="img" '
        f'aria-label="{escape(title)}">{"".join(parts)}</svg>'
    )
