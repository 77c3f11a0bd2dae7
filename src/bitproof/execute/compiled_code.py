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

_OPTIONS = {
    "nogil": True,
    "cache": True,
    "fastmath": {"contract", "nsz"},
    "error_model": "numpy",
    # No reference counts: the caller holds every array, nothing is allocated here, and counting
    # took 80 ns a neuron, more than the sums of a short row.
    "_nrt": False,
}
_compile = numba.njit(**_OPTIONS)
_compile_inline = numba.njit(forceinline=True, **_OPTIONS)


@_compile_inline
def _sum_first(
    state: Array,
    target: int,
    bias: float,
    least: float,
    first: int,
    stop: int,
    slots: Array,
    weights: Array,
) -> None:
    """state[target] = max(least, bias + Σ weight · state[slot]) over at most four edges."""
    count, lanes = stop - first, state.shape[1]
    if count == 0:
        for j in range(lanes):
            state[target, j] = max(bias, least)
        return
    w0, s0 = weights[first], slots[first]
    if count == 1:
        for j in range(lanes):
            total = bias + w0 * state[s0, j]
            state[target, j] = total if total > least else least
        return
    w1, s1 = weights[first + 1], slots[first + 1]
    if count == 2:
        for j in range(lanes):
            total = bias + w0 * state[s0, j] + w1 * state[s1, j]
            state[target, j] = total if total > least else least
        return
    w2, s2 = weights[first + 2], slots[first + 2]
    if count == 3:
        for j in range(lanes):
            total = bias + w0 * state[s0, j] + w1 * state[s1, j] + w2 * state[s2, j]
            state[target, j] = total if total > least else least
        return
    w3, s3 = weights[first + 3], slots[first + 3]
    for j in range(lanes):
        total = bias + w0 * state[s0, j] + w1 * state[s1, j]
        total += w2 * state[s2, j] + w3 * state[s3, j]
        state[target, j] = total if total > least else least


@_compile_inline
def _sum_edges(
    state: Array,
    target: int,
    bias: float,
    least: float,
    free: float,
    start: int,
    stop: int,
    slots: Array,
    weights: Array,
) -> None:
    """state[target] = max(least, bias + Σ weight · state[slot]), four edges a pass. `free` is a
    number no sum is below."""
    if stop - start <= 4:
        _sum_first(state, target, bias, least, start, stop, slots, weights)
        return
    first = start + (stop - start - 1) % 4 + 1
    _sum_first(state, target, bias, free, start, first, slots, weights)
    for e in range(first, stop, 4):
        floor = least if e + 4 == stop else free
        w0, s0, w1, s1 = weights[e], slots[e], weights[e + 1], slots[e + 1]
        w2, s2, w3, s3 = weights[e + 2], slots[e + 2], weights[e + 3], slots[e + 3]
        for j in range(state.shape[1]):
            total = state[target, j] + w0 * state[s0, j] + w1 * state[s1, j]
            total += w2 * state[s2, j] + w3 * state[s3, j]
            state[target, j] = total if total > floor else floor


@_compile_inline
def _read(state: Array, slots: Array, levels: Array, begin: int, count: int) -> None:
    for i in range(len(slots)):
        for j in range(count):
            state[slots[i], j] = levels[begin + j, i]


@_compile_inline
def _write(state: Array, slots: Array, outputs: Array, begin: int, count: int) -> None:
    for i in range(len(slots)):
        for j in range(count):
            outputs[begin + j, i] = np.int64(state[slots[i], j])


@_compile
def run(
    levels: Array,
    outputs: Array,
    begin: int,
    end: int,
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
    """Inputs begin to end of the batch through a network of real semantics."""
    lanes = state.shape[1]
    for row in range(begin, end, lanes):
        count = min(lanes, end - row)
        _read(state, input_slots, levels, row, count)
        for n in range(len(targets)):
            start, stop = edge_starts[n], edge_starts[n + 1]
            _sum_edges(state, targets[n], biases[n], least[n], free, start, stop, slots, weights)
        _write(state, output_slots, outputs, row, count)


@_compile_inline
def _round_other_ties(
    state: Array, target: int, rule: int, factor: float, lowest: float, highest: float
) -> None:
    """The nearest rules but for ties to even. Adding a half is exact, because 2·value + 1 is below
    the carrier's limit."""
    half = state.dtype.type(0.5)
    if rule == _UP:
        for j in range(state.shape[1]):
            state[target, j] = min(max(np.floor(state[target, j] * factor + half), lowest), highest)
    elif rule == _DOWN:
        for j in range(state.shape[1]):
            state[target, j] = min(max(np.ceil(state[target, j] * factor - half), lowest), highest)
    elif rule == _AWAY:
        for j in range(state.shape[1]):
            scaled = state[target, j] * factor
            rounded = np.copysign(np.floor(abs(scaled) + half), scaled)
            state[target, j] = min(max(rounded, lowest), highest)
    else:
        for j in range(state.shape[1]):
            scaled = state[target, j] * factor
            rounded = np.copysign(np.ceil(abs(scaled) - half), scaled)
            state[target, j] = min(max(rounded, lowest), highest)


@_compile_inline
def _round_dyadic_floats(
    state: Array, target: int, rule: int, factor: float, lowest: float, highest: float
) -> None:
    """round(value · factor) within the ends. The factor is an integer over a power of two, so
    every step is exact."""
    if rule == _EVEN:
        for j in range(state.shape[1]):
            state[target, j] = min(max(np.rint(state[target, j] * factor), lowest), highest)
    elif rule == _FLOOR:
        for j in range(state.shape[1]):
            state[target, j] = min(max(np.floor(state[target, j] * factor), lowest), highest)
    elif rule == _TRUNCATE:
        for j in range(state.shape[1]):
            state[target, j] = min(max(np.trunc(state[target, j] * factor), lowest), highest)
    else:
        _round_other_ties(state, target, rule, factor, lowest, highest)


@_compile_inline
def _round_floats(
    state: Array, target: int, rule: int, numerator: float, denominator: float
) -> None:
    """round(value · numerator/denominator), not limited yet. The rounded quotient is at most one
    above the floor, because the floor is a float; the rest, which is exact, tells."""
    one, two = state.dtype.type(1), state.dtype.type(2)
    zero, half = state.dtype.type(0), state.dtype.type(0.5)
    # Up where twice the rest is more than this, for floors of at least 0 and below 0.
    least, least_below_zero = denominator, denominator
    if rule in (_UP, _AWAY):
        least = denominator - one
    if rule in (_UP, _ZERO):
        least_below_zero = denominator - one
    if rule in (_FLOOR, _TRUNCATE):
        least = two * denominator
    if rule == _FLOOR:
        least_below_zero = two * denominator
    elif rule == _TRUNCATE:
        least_below_zero = zero
    if rule == _EVEN:
        for j in range(state.shape[1]):
            scaled = state[target, j] * numerator
            below = np.floor(scaled / denominator)
            below -= one if scaled - below * denominator < zero else zero
            twice = two * (scaled - below * denominator)
            odd = below - two * np.floor(below * half)
            state[target, j] = below + (one if twice + odd > denominator else zero)
    else:
        for j in range(state.shape[1]):
            scaled = state[target, j] * numerator
            below = np.floor(scaled / denominator)
            below -= one if scaled - below * denominator < zero else zero
            twice = two * (scaled - below * denominator)
            bound = least_below_zero if below < zero else least
            state[target, j] = below + (one if twice > bound else zero)


@_compile_inline
def _limit_floats(
    state: Array,
    target: int,
    wrap: bool,  # noqa: FBT001
    lowest: float,
    highest: float,
    least: float,
) -> None:
    if wrap:
        levels = highest - lowest + state.dtype.type(1)
        zero = state.dtype.type(0)
        for j in range(state.shape[1]):
            above = state[target, j] - lowest
            above -= levels * np.floor(above / levels)
            above += levels if above < zero else zero
            state[target, j] = max(above + lowest, least)
    else:
        for j in range(state.shape[1]):
            state[target, j] = max(min(max(state[target, j], lowest), highest), least)


@_compile_inline
def _round_integers(state: Array, target: int, rule: int, numerator: int, denominator: int) -> None:
    """round(value · numerator/denominator) by floor division; not limited yet."""
    for j in range(state.shape[1]):
        scaled = state[target, j] * numerator
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
        state[target, j] = below + (1 if up else 0)


@_compile_inline
def _limit_integers(
    state: Array,
    target: int,
    wrap: bool,  # noqa: FBT001
    lowest: int,
    highest: int,
    least: int,
) -> None:
    if wrap:
        levels = highest - lowest + 1
        for j in range(state.shape[1]):
            state[target, j] = max((state[target, j] - lowest) % levels + lowest, least)
    else:
        for j in range(state.shape[1]):
            state[target, j] = max(min(max(state[target, j], lowest), highest), least)


@_compile_inline
def _look_up(state: Array, target: int, entries: Array, zero: int) -> None:
    """state[target] = entries[zero + state[target]]; limited levels are always in the table."""
    for j in range(state.shape[1]):
        # Unsigned, or numba looks for negative indices, which takes longer than the look-up.
        state[target, j] = entries[np.uint64(zero + np.int64(state[target, j]))]


@_compile
def run_rounding_floats(
    levels: Array,
    outputs: Array,
    begin: int,
    end: int,
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
    dyadic: Array,
    lowest: Array,
    highest: Array,
    has_table: Array,
    zeros: Array,
    entries: Array,
) -> None:
    """The same with fixed-point layers of any kind, in a float carrier."""
    lanes = state.shape[1]
    for row in range(begin, end, lanes):
        count = min(lanes, end - row)
        _read(state, input_slots, levels, row, count)
        for n in range(len(targets)):
            start, stop = edge_starts[n], edge_starts[n + 1]
            rounds = rules[n] != NO_ROUNDING
            floor = free if rounds else least[n]
            _sum_edges(state, targets[n], biases[n], floor, free, start, stop, slots, weights)
            if rounds and dyadic[n] and not wraps[n]:
                low, high = max(lowest[n], least[n]), max(highest[n], least[n])
                _round_dyadic_floats(
                    state, targets[n], rules[n], numerators[n] / denominators[n], low, high
                )
            elif rounds:
                _round_floats(state, targets[n], rules[n], numerators[n], denominators[n])
                _limit_floats(state, targets[n], wraps[n], lowest[n], highest[n], least[n])
            if rounds and has_table[n]:
                _look_up(state, targets[n], entries, zeros[n])
        _write(state, output_slots, outputs, row, count)


@_compile
def run_rounding_integers(
    levels: Array,
    outputs: Array,
    begin: int,
    end: int,
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
    dyadic: Array,  # noqa: ARG001
    lowest: Array,
    highest: Array,
    has_table: Array,
    zeros: Array,
    entries: Array,
) -> None:
    """The same with fixed-point layers of any kind, in int64."""
    lanes = state.shape[1]
    for row in range(begin, end, lanes):
        count = min(lanes, end - row)
        _read(state, input_slots, levels, row, count)
        for n in range(len(targets)):
            start, stop = edge_starts[n], edge_starts[n + 1]
            rounds = rules[n] != NO_ROUNDING
            floor = free if rounds else least[n]
            _sum_edges(state, targets[n], biases[n], floor, free, start, stop, slots, weights)
            if rounds:
                _round_integers(state, targets[n], rules[n], numerators[n], denominators[n])
                _limit_integers(state, targets[n], wraps[n], lowest[n], highest[n], least[n])
                if has_table[n]:
                    _look_up(state, targets[n], entries, zeros[n])
        _write(state, output_slots, outputs, row, count)
