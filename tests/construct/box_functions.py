"""Functions of the unit ball F_{2,2} (and so of F_{2,1}) with exact derivatives, for layouts."""

from fractions import Fraction
from math import cos, sin


def exact(value: float) -> Fraction:
    return Fraction(round(value * 2**50), 2**50)


def wave(point):
    """sin(x + y/2 + 1/3): all derivatives at most 1."""
    phase = float(sum(x / (i + 1) for i, x in enumerate(point))) + 1 / 3
    order = len(point)
    table = {(0,) * order: exact(sin(phase))}
    scales = [1 / (i + 1) for i in range(order)]
    for i in range(order):
        first = [0] * order
        first[i] = 1
        table[tuple(first)] = exact(scales[i] * cos(phase))
        for j in range(order):
            second = first.copy()
            second[j] += 1
            table[tuple(second)] = exact(-scales[i] * scales[j] * sin(phase))
    return table


def bowl(point):
    """(x² + y² + ...)/(2d) - 1: dyadic."""
    order = len(point)
    table = {(0,) * order: sum(x * x for x in point) / (2 * order) - 1}
    for i in range(order):
        first = [0] * order
        first[i] = 1
        table[tuple(first)] = point[i] / order
        for j in range(order):
            second = first.copy()
            second[j] += 1
            table[tuple(second)] = Fraction(int(i == j), order)
    return table


def tent(point):
    """max |x_i - 1/3| - 1/2: in F_{d,1} only."""
    return {(0,) * len(point): max(abs(x - Fraction(1, 3)) for x in point) - Fraction(1, 2)}


def extreme(point):
    """The constant -1."""
    return dict.fromkeys(wave(point), Fraction(0)) | {(0,) * len(point): Fraction(-1)}
