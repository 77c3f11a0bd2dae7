"""The compiled loops of `compiled_kernel`. Importing this module imports numba.

All functions work on `state`, shape (slots, lanes): one row per slot, one column per input of the
block, in the carrier's type. They change `state` and `outputs` in place. Fused multiply-add is
allowed: with every partial sum held exactly, it changes nothing.
"""

# mypy: disable-error-code="untyped-decorator"

from __future__ import annotations

import numba
import numpy as np

from bitproof.exact.fixed_point import Rounding
from bitproof.execute.kernel import Array

NO_ROUNDING = -1
RULES = {rule: number for number, rule in enumerate(Rounding)}
_EVEN = RULES[Rounding.NEAREST_EVEN]
_AWAY = RULES[Rounding.NEAREST_AWAY]
_UP = RULES[Rounding.NEAREST_UP]
_DOWN = RULES[Rounding.NEAREST_DOWN]
_ZERO = RULES[Rounding.NEAREST_ZERO]
_FLOOR = RULES[Rounding.FLOOR]
_TRUNCATE = RULES[Rounding.TRUNCATE]  # the nearest rules come before FLOOR

_compile = numba.njit(nogil=True, cache=True, fastmath={"contract", "nsz"}, error_model="numpy")


@_compile
def _sum_edges(
    state: Array, target: int, bias: float, first: int, stop: int, slots: Array, weights: Array
) -> None:
    """state[target] = bias + Σ weight · state[slot], up to four edges a pass."""
    out = state[target]
    lanes = len(out)
    rest = (stop - first) % 4
    if rest == 0:
        for j in range(lanes):
            out[j] = bias
    elif rest == 1:
        w0, v0 = weights[first], state[slots[first]]
        for j in range(lanes):
            out[j] = bias + w0 * v0[j]
    elif rest == 2:
        w0, v0 = weights[first], state[slots[first]]
        w1, v1 = weights[first + 1], state[slots[first + 1]]
        for j in range(lanes):
            out[j] = bias + w0 * v0[j] + w1 * v1[j]
    else:
        w0, v0 = weights[first], state[slots[first]]
        w1, v1 = weights[first + 1], state[slots[first + 1]]
        w2, v2 = weights[first + 2], state[slots[first + 2]]
        for j in range(lanes):
            out[j] = bias + w0 * v0[j] + w1 * v1[j] + w2 * v2[j]
    for e in range(first + rest, stop, 4):
        w0, v0 = weights[e], state[slots[e]]
        w1, v1 = weights[e + 1], state[slots[e + 1]]
        w2, v2 = weights[e + 2], state[slots[e + 2]]
        w3, v3 = weights[e + 3], state[slots[e + 3]]
        for j in range(lanes):
            out[j] += w0 * v0[j] + w1 * v1[j] + w2 * v2[j] + w3 * v3[j]


@_compile
def _relu(out: Array) -> None:
    zero = out.dtype.type(0)
    for j in range(len(out)):
        out[j] = out[j] if out[j] > zero else zero


@_compile
def _read(state: Array, slots: Array, levels: Array, begin: int, count: int) -> None:
    for i in range(len(slots)):
        row = state[slots[i]]
        for j in range(count):
            row[j] = levels[begin + j, i]


@_compile
def _write(state: Array, slots: Array, outputs: Array, begin: int, count: int) -> None:
    for i in range(len(slots)):
        row = state[slots[i]]
        for j in range(count):
            outputs[begin + j, i] = np.int64(row[j])


@_compile
def run(
    levels: Array,
    outputs: Array,
    start: int,
    stop: int,
    state: Array,
    input_slots: Array,
    output_slots: Array,
    targets: Array,
    edge_starts: Array,
    slots: Array,
    weights: Array,
    biases: Array,
    relu: Array,
) -> None:
    """Inputs start to stop of the batch through a network of real semantics."""
    lanes = state.shape[1]
    for begin in range(start, stop, lanes):
        count = min(lanes, stop - begin)
        _read(state, input_slots, levels, begin, count)
        for n in range(len(targets)):
            first, last = edge_starts[n], edge_starts[n + 1]
            _sum_edges(state, targets[n], biases[n], first, last, slots, weights)
            if relu[n]:
                _relu(state[targets[n]])
        _write(state, output_slots, outputs, begin, count)


@_compile
def _round_to_nearest(out: Array, rule: int) -> None:
    """Adding a half is exact: 2·value + 1 is below the carrier's limit."""
    half = out.dtype.type(0.5)
    if rule == _EVEN:
        for j in range(len(out)):
            out[j] = np.rint(out[j])
    elif rule == _UP:
        for j in range(len(out)):
            out[j] = np.floor(out[j] + half)
    elif rule == _DOWN:
        for j in range(len(out)):
            out[j] = np.ceil(out[j] - half)
    elif rule == _AWAY:
        for j in range(len(out)):
            out[j] = np.copysign(np.floor(abs(out[j]) + half), out[j])
    else:
        for j in range(len(out)):
            out[j] = np.copysign(np.ceil(abs(out[j]) - half), out[j])


@_compile
def _round_floats(
    out: Array, rule: int, numerator: float, denominator: float, lowest: float, highest: float
) -> None:
    """round(value · numerator/denominator) within the ends; the denominator is a power of two, so
    every step is exact."""
    factor = numerator / denominator
    for j in range(len(out)):
        out[j] *= factor
    if rule < _FLOOR:
        _round_to_nearest(out, rule)
    elif rule == _FLOOR:
        for j in range(len(out)):
            out[j] = np.floor(out[j])
    else:
        for j in range(len(out)):
            out[j] = np.trunc(out[j])
    for j in range(len(out)):
        out[j] = min(max(out[j], lowest), highest)


@_compile
def _round_integers(out: Array, rule: int, numerator: int, denominator: int) -> None:
    """round(value · numerator/denominator) by floor division; not limited yet."""
    for j in range(len(out)):
        scaled = out[j] * numerator
        below = scaled // denominator
        rest = scaled - below * denominator
        up = 2 * rest > denominator
        if rule == _FLOOR:
            up = False
        elif rule == _TRUNCATE:
            up = scaled < 0 and rest != 0
        elif 2 * rest == denominator:
            up = (
                rule == _UP
                or (rule == _EVEN and below % 2 == 1)
                or (rule == _AWAY and below >= 0)
                or (rule == _ZERO and below < 0)
            )
        out[j] = below + (1 if up else 0)


@_compile
def _limit_integers(out: Array, wrap: bool, lowest: int, highest: int) -> None:  # noqa: FBT001
    if wrap:
        levels = highest - lowest + 1
        for j in range(len(out)):
            out[j] = (out[j] - lowest) % levels + lowest
    else:
        for j in range(len(out)):
            out[j] = min(max(out[j], lowest), highest)


@_compile
def run_rounding_floats(
    levels: Array,
    outputs: Array,
    start: int,
    stop: int,
    state: Array,
    input_slots: Array,
    output_slots: Array,
    targets: Array,
    edge_starts: Array,
    slots: Array,
    weights: Array,
    biases: Array,
    relu: Array,
    rules: Array,
    wraps: Array,  # noqa: ARG001
    numerators: Array,
    denominators: Array,
    lowest: Array,
    highest: Array,
) -> None:
    """The same with fixed-point layers that saturate, in a float carrier."""
    lanes = state.shape[1]
    for begin in range(start, stop, lanes):
        count = min(lanes, stop - begin)
        _read(state, input_slots, levels, begin, count)
        for n in range(len(targets)):
            first, last = edge_starts[n], edge_starts[n + 1]
            _sum_edges(state, targets[n], biases[n], first, last, slots, weights)
            out = state[targets[n]]
            if rules[n] != NO_ROUNDING:
                _round_floats(out, rules[n], numerators[n], denominators[n], lowest[n], highest[n])
            if relu[n]:
                _relu(out)
        _write(state, output_slots, outputs, begin, count)


@_compile
def run_rounding_integers(
    levels: Array,
    outputs: Array,
    start: int,
    stop: int,
    state: Array,
    input_slots: Array,
    output_slots: Array,
    targets: Array,
    edge_starts: Array,
    slots: Array,
    weights: Array,
    biases: Array,
    relu: Array,
    rules: Array,
    wraps: Array,
    numerators: Array,
    denominators: Array,
    lowest: Array,
    highest: Array,
) -> None:
    """The same with fixed-point layers of any kind, in int64."""
    lanes = state.shape[1]
    for begin in range(start, stop, lanes):
        count = min(lanes, stop - begin)
        _read(state, input_slots, levels, begin, count)
        for n in range(len(targets)):
            first, last = edge_starts[n], edge_starts[n + 1]
            _sum_edges(state, targets[n], biases[n], first, last, slots, weights)
            out = state[targets[n]]
            if rules[n] != NO_ROUNDING:
                _round_integers(out, rules[n], numerators[n], denominators[n])
                _limit_integers(out, wraps[n], lowest[n], highest[n])
            if relu[n]:
                _relu(out)
        _write(state, output_slots, outputs, begin, count)
