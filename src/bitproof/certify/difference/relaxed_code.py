"""The compiled loops of `relaxation`. Importing this module imports numba.

No fast-math: every operation is one IEEE rounding, as the error bounds of `backward` count them.
"""

# mypy: disable-error-code="untyped-decorator"

from __future__ import annotations

import numba

from bitproof.certify.difference.affine import Array

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
