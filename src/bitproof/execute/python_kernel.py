"""Python integers of any length, one input after the other.

For networks whose numbers exceed 63 bits, and for jobs too small to set anything else up.
"""

from __future__ import annotations

from collections.abc import Callable
from operator import itemgetter, mul
from typing import Any

import numpy as np

from bitproof.exact.fixed_point import FixedPoint, round_quotient
from bitproof.execute.carrier import Carrier
from bitproof.execute.integer_network import IntegerLayer, IntegerNetwork
from bitproof.execute.kernel import Array, Kernel
from bitproof.execute.program import Program, compile_program

# Numerator, denominator, format, and what levels become, if the activation is a table.
Rounding = tuple[int, int, FixedPoint, tuple[int, ...] | None]
Step = tuple[int, tuple[int, ...], Callable[[Any], Any], int, bool, Rounding | None]


class PythonKernel(Kernel):
    """About 40 ns a weight and input."""

    def __init__(self, network: IntegerNetwork, program: Program | None = None) -> None:
        self._program = program if program is not None else compile_program(network)
        self._steps = _steps(network, self._program)
        last = network.layers[-1]
        largest = max(*last.upper, *(-low for low in last.lower))
        self._dtype = np.dtype(np.int64 if Carrier.INT64.holds(largest) else object)

    def run(self, levels: Array) -> Array:
        """See `Kernel.run`."""
        program = self._program
        outputs = np.empty((len(levels), len(program.output_slots)), self._dtype)
        values = [0] * program.slots
        for index, inputs in enumerate(levels.tolist()):
            for slot, level in zip(program.input_slots, inputs, strict=True):
                values[slot] = level
            _evaluate(self._steps, values)
            outputs[index] = [values[slot] for slot in program.output_slots]
        return outputs


def _steps(network: IntegerNetwork, program: Program) -> list[Step]:
    """One step per neuron: target slot, weights, how to gather the sources, bias, activation,
    rounding. Two more slots are gathered, because `itemgetter` gives a tuple from two on; the
    product with the weights stops at the shorter."""
    steps = list[Step]()
    starts = program.edge_starts
    for neuron, target in enumerate(program.targets):
        edges = slice(starts[neuron], starts[neuron + 1])
        slots = program.edge_slots[edges]
        layer = network.layers[program.layers[neuron]]
        rounding = _rounding(layer, program.rows[neuron])
        padded = (*slots, 0, 0)
        gather = itemgetter(*padded)
        weights = program.edge_weights[edges]
        steps.append(
            (target, weights, gather, program.biases[neuron], program.relu[neuron], rounding)
        )
    return steps


def _rounding(layer: IntegerLayer, row: int) -> Rounding | None:
    rescaling = layer.rescaling
    if rescaling is None:
        return None
    table = None if layer.table is None else layer.table.values
    return (rescaling.numerators[row], rescaling.denominators[row], rescaling.form, table)


def _evaluate(steps: list[Step], values: list[int]) -> None:
    """Runs the steps on the slots, in place."""
    for target, weights, gather, bias, relu, rounding in steps:
        total = sum(map(mul, weights, gather(values)), bias)
        if rounding is not None:
            numerator, denominator, form, table = rounding
            total = form.limit(round_quotient(numerator * total, denominator, form.rounding))
            if table is not None:
                total = table[total - form.lowest]
        values[target] = 0 if relu and total < 0 else total
