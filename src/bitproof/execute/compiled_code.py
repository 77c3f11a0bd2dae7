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
def _sum_first(
    out: Array, bias: float, least: float, state: Array, slots: Array, weights: Array
) -> None:
    """out = max(least, bias + Σ weight · state[slot]) over at most four edges."""
    count, lanes = len(slots), len(out)
    if count == 0:
        for j in range(lanes):
            out[j] = max(bias, least)
    elif count == 1:
        w0, v0 = weights[0], state[slots[0]]
        for j in range(lanes):
            total = bias + w0 * v0[j]
            out[j] = total if total > least else least
    elif count == 2:
        w0, v0, w1, v1 = weights[0], state[slots[0]], weights[1], state[slots[1]]
        for j in range(lanes):
            total = bias + w0 * v0[j] + w1 * v1[j]
            out[j] = total if total > least else least
    elif count == 3:
        w0, v0, w1, v1 = weights[0], state[slots[0]], weights[1], state[slots[1]]
        w2, v2 = weights[2], state[slots[2]]
        for j in range(lanes):
            total = bias + w0 * v0[j] + w1 * v1[j] + w2 * v2[j]
            out[j] = total if total > least else least
    else:
        w0, v0, w1, v1 = weights[0], state[slots[0]], weights[1], state[slots[1]]
        w2, v2, w3, v3 = weights[2], state[slots[2]], weights[3], state[slots[3]]
        for j in range(lanes):
            total = bias + w0 * v0[j] + w1 * v1[j] + w2 * v2[j] + w3 * v3[j]
            out[j] = total if total > least else least


@_compile
def _sum_edges(
    out: Array, bias: float, least: float, free: float, state: Array, slots: Array, weights: Array
) -> None:
    """out = max(least, bias + Σ weight · state[slot]), four edges a pass. `free` is a number no
    sum is below."""
    count = len(slots)
    if count <= 4:
        _sum_first(out, bias, least, state, slots, weights)
        return
    first = (count - 1) % 4 + 1
    _sum_first(out, bias, free, state, slots[:first], weights[:first])
    for e in range(first, count, 4):
        floor = least if e + 4 == count else free
        w0, v0, w1, v1 = weights[e], state[slots[e]], weights[e + 1], state[slots[e + 1]]
        w2, v2, w3, v3 = weights[e + 2], state[slots[e + 2]], weights[e + 3], state[slots[e + 3]]
        for j in range(len(out)):
            total = out[j] + w0 * v0[j] + w1 * v1[j] + w2 * v2[j] + w3 * v3[j]
            out[j] = total if total > floor else floor


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
    least: Array,
    free: float,
) -> None:
    """Inputs start to stop of the batch through a network of real semantics."""
    lanes = state.shape[1]
    for begin in range(start, stop, lanes):
        count = min(lanes, stop - begin)
        _read(state, input_slots, levels, begin, count)
        for n in range(len(targets)):
            edges = slice(edge_starts[n], edge_starts[n + 1])
            out = state[targets[n]]
            _sum_edges(out, biases[n], least[n], free, state, slots[edges], weights[edges])
        _write(state, output_slots, outputs, begin, count)


@_compile
def _round_other_ties(out: Array, rule: int, factor: float, lowest: float, highest: float) -> None:
    """The nearest rules but for ties to even. Adding a half is exact, because 2·value + 1 is below
    the carrier's limit."""
    half = out.dtype.type(0.5)
    if rule == _UP:
        for j in range(len(out)):
            out[j] = min(max(np.floor(out[j] * factor + half), lowest), highest)
    elif rule == _DOWN:
        for j in range(len(out)):
            out[j] = min(max(np.ceil(out[j] * factor - half), lowest), highest)
    elif rule == _AWAY:
        for j in range(len(out)):
            scaled = out[j] * factor
            rounded = np.copysign(np.floor(abs(scaled) + half), scaled)
            out[j] = min(max(rounded, lowest), highest)
    else:
        for j in range(len(out)):
            scaled = out[j] * factor
            rounded = np.copysign(np.ceil(abs(scaled) - half), scaled)
            out[j] = min(max(rounded, lowest), highest)


@_compile
def _round_floats(out: Array, rule: int, factor: float, lowest: float, highest: float) -> None:
    """round(value · factor) within the ends. The factor is an integer over a power of two, so
    every step is exact."""
    if rule == _EVEN:
        for j in range(len(out)):
            out[j] = min(max(np.rint(out[j] * factor), lowest), highest)
    elif rule == _FLOOR:
        for j in range(len(out)):
            out[j] = min(max(np.floor(out[j] * factor), lowest), highest)
    elif rule == _TRUNCATE:
        for j in range(len(out)):
            out[j] = min(max(np.trunc(out[j] * factor), lowest), highest)
    else:
        _round_other_ties(out, rule, factor, lowest, highest)


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
def _limit_integers(
    out: Array,
    wrap: bool,  # noqa: FBT001
    lowest: int,
    highest: int,
    least: int,
) -> None:
    if wrap:
        levels = highest - lowest + 1
        for j in range(len(out)):
            out[j] = max((out[j] - lowest) % levels + lowest, least)
    else:
        for j in range(len(out)):
            out[j] = max(min(max(out[j], lowest), highest), least)


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
    least: Array,
    free: float,
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
            edges = slice(edge_starts[n], edge_starts[n + 1])
            out = state[targets[n]]
            rounds = rules[n] != NO_ROUNDING
            floor = free if rounds else least[n]
            _sum_edges(out, biases[n], floor, free, state, slots[edges], weights[edges])
            if rounds:
                low, high = max(lowest[n], least[n]), max(highest[n], least[n])
                _round_floats(out, rules[n], numerators[n] / denominators[n], low, high)
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
    least: Array,
    free: float,
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
            edges = slice(edge_starts[n], edge_starts[n + 1])
            out = state[targets[n]]
            rounds = rules[n] != NO_ROUNDING
            floor = free if rounds else least[n]
            _sum_edges(out, biases[n], floor, free, state, slots[edges], weights[edges])
            if rounds:
                _round_integers(out, rules[n], numerators[n], denominators[n])
                _limit_integers(out, wraps[n], lowest[n], highest[n], least[n])
        _write(state, output_slots, outputs, begin, count)
