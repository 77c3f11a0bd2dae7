"""The compiled loops of `relaxation`. Importing this module imports numba.

No fast-math: every operation is one IEEE rounding, as the error bounds of `backward` count them.
"""

# mypy: disable-error-code="untyped-decorator"

from __future__ import annotations

import math

import numba

from bitproof.certify.difference.affine import Array

UP = 1.0 + 2.0**-50  # covers the rounding of an offset

_compile = numba.njit(nogil=True, cache=True, error_model="numpy")


@_compile
def relax_one(
    forms: Array,
    owners: Array,
    up: Array,
    offset: Array,
    low: Array,
    reach: Array,
    constants: Array,
    sizes: Array,
) -> None:
    """Replaces forms over relu(z) by forms over z that are nowhere smaller on the owner's box."""
    rows, width = forms.shape
    for t in range(rows):
        b = owners[t]
        constant = 0.0
        size = 0.0
        for j in range(width):
            x = forms[t, j]
            size += abs(x) * reach[b, j]
            constant += max(x, 0.0) * offset[b, j]
            forms[t, j] = x * (up[b, j] if x > 0.0 else low[b, j])
        constants[t] += constant
        sizes[t] += size


@_compile
def relax_two(
    first: Array,
    second: Array,
    owners: Array,
    up1: Array,
    offset1: Array,
    low1: Array,
    up2: Array,
    offset2: Array,
    low2: Array,
    rise: Array,
    rise_offset: Array,
    fall: Array,
    fall_offset: Array,
    shared_up: Array,
    shared_down: Array,
    reach: Array,
    constants: Array,
    sizes: Array,
) -> None:
    """The same over relu(z1) and relu(z2); where `shared_*` says so, the common part of the two
    coefficients goes through a relaxation of the difference relu(z1) - relu(z2)."""
    rows, width = first.shape
    for t in range(rows):
        b = owners[t]
        constant = 0.0
        size = 0.0
        for j in range(width):
            x = first[t, j]
            y = second[t, j]
            size += (abs(x) + abs(y)) * reach[b, j]
            k = 0.0
            if x > 0.0:
                if y < 0.0 and shared_up[b, j]:
                    a = min(x, -y)
                    x -= a
                    y += a
                    k = a * rise[b, j]
                    constant += a * rise_offset[b, j]
            elif y > 0.0 and shared_down[b, j]:
                a = max(x, -y)
                x -= a
                y += a
                k = a * fall[b, j]
                constant += a * fall_offset[b, j]
            if x > 0.0:
                constant += x * offset1[b, j]
                x *= up1[b, j]
            else:
                x *= low1[b, j]
            if y > 0.0:
                constant += y * offset2[b, j]
                y *= up2[b, j]
            else:
                y *= low2[b, j]
            first[t, j] = x + k
            second[t, j] = y - k
        constants[t] += constant
        sizes[t] += size


@_compile
def separate(low: Array, high: Array, up: Array, offset: Array, floor: Array, gap: Array) -> None:
    """Writes the relaxations of single ReLUs on [low, high]; `gap` is how far relu(z) can be above
    its lower bound. Where an end is infinite nothing is claimed."""
    boxes, width = low.shape
    for b in range(boxes):
        for j in range(width):
            one, other = low[b, j], high[b, j]
            if one >= 0.0 or other <= 0.0:
                slope = 1.0 if one >= 0.0 else 0.0
                up[b, j] = floor[b, j] = slope
                offset[b, j] = gap[b, j] = 0.0
            elif not other - one < math.inf:
                up[b, j] = floor[b, j] = 1.0
                offset[b, j] = gap[b, j] = math.inf
            else:
                slope = min(other / (other - one), 1.0)
                up[b, j] = slope
                offset[b, j] = max(-slope * one, other - slope * other) * UP
                floor[b, j] = 1.0 if other > -one else 0.0
                gap[b, j] = min(-one, other)


@_compile
def together(below: Array, above: Array, rise: Array, rise_offset: Array) -> None:
    """Writes the chord of max(d, 0) over [below, above]."""
    boxes, width = below.shape
    for b in range(boxes):
        for j in range(width):
            one, other = below[b, j], above[b, j]
            if not other - one < math.inf:
                rise[b, j] = 1.0
                rise_offset[b, j] = math.inf
                continue
            slope = 0.0
            if one >= 0.0:
                slope = 1.0
            elif other > 0.0:
                slope = min(other / (other - one), 1.0)
            rise[b, j] = slope
            rise_offset[b, j] = max(-slope * one, other - slope * other, 0.0) * UP


@_compile
def largest_on_boxes(
    forms: Array,
    owners: Array,
    lower: Array,
    upper: Array,
    constants: Array,
    sizes: Array,
    factor: float,
    found: Array,
) -> None:
    """Writes the largest value of form·x + constant on the owner's box, rounded up; `sizes` is what
    the constants went through. Infinite where it is not finite."""
    rows, width = forms.shape
    for t in range(rows):
        b = owners[t]
        value = constants[t]
        for j in range(width):
            x = forms[t, j]
            value += x * (upper[b, j] if x > 0.0 else lower[b, j])
        value += factor * sizes[t] + 2.0**-800
        found[t] = value if math.isfinite(value) else math.inf


@_compile
def add_input_sizes(forms: Array, owners: Array, lower: Array, upper: Array, sizes: Array) -> None:
    """Adds Σ|form|·max|x| on the owner's box to the sizes."""
    rows, width = forms.shape
    for t in range(rows):
        b = owners[t]
        size = 0.0
        for j in range(width):
            size += abs(forms[t, j]) * max(-lower[b, j], upper[b, j])
        sizes[t] += size
