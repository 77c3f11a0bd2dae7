"""Compiled code over the flat program: for long networks and large batches.

A block of inputs is the inner loop of every neuron, so that the processor's vector unit works on
many inputs at once and no per-layer call is left. Threads share the batch and nothing else.

Importing this module imports numba.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import repeat
from typing import Any

import numpy as np

from bitproof.exact.fixed_point import Overflow
from bitproof.execute import compiled_code
from bitproof.execute.carrier import Carrier
from bitproof.execute.integer_network import IntegerNetwork
from bitproof.execute.kernel import Array, Kernel
from bitproof.execute.program import Program
from bitproof.execute.rounding import reachable_ends

# Measured best: 256 to 512 inputs a block, as many as keep the slots in a first-level cache of 48
# KiB; with many slots 256 nevertheless, from the second-level cache.
CACHE_BYTES = 48 << 10
LANES = (256, 512)


class CompiledKernel(Kernel):
    """Runs a program in a float or int64 carrier on several threads."""

    def __init__(
        self, network: IntegerNetwork, program: Program, carrier: Carrier, threads: int
    ) -> None:
        dtype = np.dtype(carrier.value)
        self._dtype = dtype
        self._threads = threads
        self._slots = program.slots
        self._outputs = len(program.output_slots)
        free = dtype.type(-np.inf if dtype.kind == "f" else np.iinfo(np.int64).min)
        self._arrays = (
            np.array(program.input_slots, np.int64),
            np.array(program.output_slots, np.int64),
            np.array(program.targets, np.int64),
            np.array(program.edge_starts, np.int64),
            np.array(program.edge_slots, np.int64),
            np.array(program.edge_weights, dtype),
            np.array(program.biases, dtype),
            np.where(np.array(program.relu, np.bool_), dtype.type(0), free),
            free,
        )
        rounded = any(layer.rescaling is not None for layer in network.layers)
        self._rounding = (
            (*_rounding_arrays(network, dtype), *_table_arrays(network, dtype)) if rounded else None
        )

    def run(self, levels: Array) -> Array:
        """See `Kernel.run`."""
        batch = len(levels)
        outputs = np.empty((batch, self._outputs), np.int64)
        if batch == 0:
            return outputs
        levels = np.ascontiguousarray(levels, np.int64)  # one layout, or numba compiles again
        threads = max(1, min(self._threads, batch // (LANES[0] // 2)))
        lanes = self._lanes(-(-batch // threads))
        step = -(-batch // (threads * lanes)) * lanes
        starts = range(0, batch, step)
        if len(starts) <= 1:
            self._run_part(levels, outputs, 0, batch, lanes)
            return outputs
        with ThreadPoolExecutor(threads) as pool:
            stops = [min(start + step, batch) for start in starts]
            arguments = (repeat(levels), repeat(outputs), starts, stops, repeat(lanes))
            for _ in pool.map(self._run_part, *arguments):
                pass
        return outputs

    def _lanes(self, batch: int) -> int:
        """Inputs per block."""
        fitting = CACHE_BYTES // (max(self._slots, 1) * self._dtype.itemsize)
        fewest, most = LANES
        return min(max(fitting // 32 * 32, fewest), most, batch)

    def _run_part(
        self,
        levels: Array,
        outputs: Array,
        start: int,
        stop: int,
        lanes: int,
    ) -> None:
        state = np.zeros((self._slots, lanes), self._dtype)
        part = (levels, outputs, start, stop, state, *self._arrays)
        if self._rounding is None:
            compiled_code.run(*part)
        elif self._dtype.kind == "f":
            compiled_code.run_rounding_floats(*part, *self._rounding)
        else:
            compiled_code.run_rounding_integers(*part, *self._rounding)


def _rounding_arrays(network: IntegerNetwork, dtype: np.dtype[Any]) -> tuple[Array, ...]:
    """Per neuron: rule (-1: none), whether to wrap, numerator, denominator, whether that is a
    power of two, lowest, highest."""
    rules, wraps = list[int](), list[bool]()
    columns: tuple[list[int], ...] = ([], [], [], [])
    for layer in network.layers:
        rescaling = layer.rescaling
        if rescaling is None:
            rules += [compiled_code.NO_ROUNDING] * layer.width
            wraps += [False] * layer.width
            parts = [[1] * layer.width, [1] * layer.width, [0] * layer.width, [0] * layer.width]
        else:
            wrap = rescaling.form.overflow is Overflow.WRAP
            rules += [compiled_code.RULES[rescaling.form.rounding]] * layer.width
            wraps += [wrap] * layer.width
            form = rescaling.form
            ends = (
                ([form.lowest] * layer.width, [form.highest] * layer.width)
                if wrap
                else reachable_ends(layer)
            )
            parts = [list(rescaling.numerators), list(rescaling.denominators), *ends]
        for column, part in zip(columns, parts, strict=True):
            column.extend(part)
    numerators, denominators, lowest, highest = columns
    return (
        np.array(rules, np.int64),
        np.array(wraps, np.bool_),
        np.array(numerators, dtype),
        np.array(denominators, dtype),
        np.array([q & (q - 1) == 0 for q in denominators], np.bool_),
        np.array(lowest, dtype),
        np.array(highest, dtype),
    )


def _table_arrays(network: IntegerNetwork, dtype: np.dtype[Any]) -> tuple[Array, ...]:
    """Per neuron whether its activation is a table and where level 0 is found among the entries;
    and the entries of all different tables."""
    places = dict[tuple[int, ...], int]()
    has_table, zeros, entries = list[bool](), list[int](), list[int]()
    for layer in network.layers:
        zero = 0
        if layer.table is not None:
            assert layer.rescaling is not None
            values = layer.table.values
            if values not in places:
                places[values] = len(entries)
                entries += values
            zero = places[values] - layer.rescaling.form.lowest
        has_table += [layer.table is not None] * layer.width
        zeros += [zero] * layer.width
    return np.array(has_table, np.bool_), np.array(zeros, np.int64), np.array(entries, dtype)
