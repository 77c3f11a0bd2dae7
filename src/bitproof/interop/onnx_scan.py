"""The scanned form, for deep narrow networks: one Scan whose step is Gemm, then Max.

Loading an unrolled graph takes a runtime time quadratic in the depth (minutes at 16,384 layers).
A Scan has one body for all depths: the state holds the values alive at a depth, and a step is

    state' = max(state · W_t + b_t, floor_t),

with W_t, b_t, floor_t the t-th slices of three constants; the floor is 0 for a neuron with ReLU
and the lowest number otherwise. A value that is read later is carried by a weight 1. A neuron that
reads values of many depths may be summed up step by step instead of keeping them all alive: its
partial sums are among those the proved bound covers, so they are exact too.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from onnx import helper

from bitproof.interop.float_numbers import Numbers
from bitproof.interop.live import LiveNetwork
from bitproof.interop.onnx_writer import OnnxWriter, Tensor


@dataclass(frozen=True, slots=True)
class ScanPlan:
    """Which slot of the state each value lives in, and when.

    Attributes:
        steps: the depth of the network.
        width: slots of the state.
        depth: the depth of every value.
        gradual: the values that are summed up step by step.
        born, last: per value, the first and the last depth at which it has its slot.
        slot: per value.
    """

    steps: int
    width: int
    depth: tuple[int, ...]
    gradual: frozenset[int]
    born: tuple[int, ...]
    last: tuple[int, ...]
    slot: tuple[int, ...]

    @property
    def cells(self) -> int:
        """Numbers the matrices hold, zeros included."""
        return self.steps * self.width * self.width


def plan_scan(live: LiveNetwork) -> ScanPlan:
    """The narrower of two plans: nothing summed gradually, or what seems worth it."""
    depth = live.levels()
    none = _plan(live, depth, frozenset())
    some = _plan(live, depth, _worth_summing(live, depth))
    return min(none, some, key=lambda plan: plan.width)


def _worth_summing(live: LiveNetwork, depth: tuple[int, ...]) -> frozenset[int]:
    """Neurons with at least two sources that are kept alive for them alone."""
    readers: list[list[int]] = [[] for _ in depth]
    for value, neuron in enumerate(live.neurons, start=live.inputs):
        for source in neuron.sources:
            readers[source].append(depth[value])
    latest = [sorted(found, reverse=True)[:2] for found in readers]
    chosen = set[int]()
    for value, neuron in enumerate(live.neurons, start=live.inputs):
        kept = 0
        for source in neuron.sources:
            others = latest[source][1] if len(latest[source]) > 1 else 0
            if depth[source] < depth[value] - 1 and others <= depth[source] + 1:
                kept += latest[source][0] == depth[value]
        if kept >= 2:
            chosen.add(value)
    return frozenset(chosen)


def _plan(live: LiveNetwork, depth: tuple[int, ...], gradual: frozenset[int]) -> ScanPlan:
    steps = max(depth)
    born, last = list(depth), list(depth)
    for value, neuron in enumerate(live.neurons, start=live.inputs):
        summed = value in gradual
        if summed:
            born[value] = 1 + min(depth[source] for source in neuron.sources)
        for source in neuron.sources:
            last[source] = max(last[source], depth[source] if summed else depth[value] - 1)
    for value in live.outputs:
        last[value] = steps
    slot, width = _slots(born, last, steps)
    return ScanPlan(steps, width, depth, gradual, tuple(born), tuple(last), slot)


def _slots(born: list[int], last: list[int], steps: int) -> tuple[tuple[int, ...], int]:
    """The lowest free slot for each value at its birth."""
    arriving: list[list[int]] = [[] for _ in range(steps + 1)]
    leaving: list[list[int]] = [[] for _ in range(steps + 2)]
    for value, (first, final) in enumerate(zip(born, last, strict=True)):
        arriving[first].append(value)
        leaving[final + 1].append(value)
    slot, free, width = [0] * len(born), set[int](), 0
    for step in range(steps + 1):
        free |= {slot[value] for value in leaving[step]}
        for value in arriving[step]:
            if free:
                slot[value] = min(free)
                free.remove(slot[value])
            else:
                slot[value] = width
                width += 1
    return tuple(slot), width


def write_scan(
    writer: OnnxWriter, live: LiveNetwork, numbers: Numbers, plan: ScanPlan, source: Tensor
) -> Tensor:
    """Adds the network to the graph and returns the tensor of its outputs."""
    steps, width = plan.steps, plan.width
    weights = writer.array((steps, width, width), _weights(live, numbers, plan))
    biases = writer.array((steps, width), _biases(live, numbers, plan))
    floors = writer.array((steps, width), ())
    floors[...] = writer.lowest
    for value, neuron in enumerate(live.neurons, start=live.inputs):
        if neuron.relu:
            floors[plan.depth[value] - 1, plan.slot[value]] = 0
    place = writer.array(
        (source.width, width), (((index, plan.slot[index]), 1) for index in range(live.inputs))
    )
    writer.node("MatMul", [source.name, writer.constant("place", place)], "start")
    constants = [
        writer.constant("weights", weights),
        writer.constant("biases", biases),
        writer.constant("floors", floors),
    ]
    writer.node(
        "Scan", ["start", *constants], "state", body=_body(writer, width), num_scan_inputs=3
    )
    columns = [plan.slot[value] for value in live.outputs]
    return writer.select(Tensor("state", width), columns, "selected")


def _body(writer: OnnxWriter, width: int) -> object:
    kind = writer.element_type
    shapes = {
        "state_in": ["rows", width],
        "weights_t": [width, width],
        "biases_t": [width],
        "floor_t": [width],
    }
    return helper.make_graph(
        [
            helper.make_node("Gemm", ["state_in", "weights_t", "biases_t"], ["sum_t"], "sum_t"),
            helper.make_node("Max", ["sum_t", "floor_t"], ["state_out"], "state_out"),
        ],
        "step",
        [helper.make_tensor_value_info(name, kind, shape) for name, shape in shapes.items()],
        [helper.make_tensor_value_info("state_out", kind, ["rows", width])],
    )


Entries = Iterator[tuple[tuple[int, ...], Fraction | int]]


def _weights(live: LiveNetwork, numbers: Numbers, plan: ScanPlan) -> Entries:
    """((step - 1, from slot, to slot), weight), carrying weights first."""
    for value, slot in enumerate(plan.slot):
        for step in range(plan.born[value] + 1, plan.last[value] + 1):
            yield (step - 1, slot, slot), 1
    for value, neuron in enumerate(live.neurons, start=live.inputs):
        pairs = zip(neuron.sources, numbers.weights(live, value), strict=True)
        for source, weight in pairs:
            step = plan.depth[source] + 1 if value in plan.gradual else plan.depth[value]
            yield (step - 1, plan.slot[source], plan.slot[value]), weight


def _biases(live: LiveNetwork, numbers: Numbers, plan: ScanPlan) -> Entries:
    for value in itertools.islice(itertools.count(live.inputs), len(live.neurons)):
        yield (plan.born[value] - 1, plan.slot[value]), numbers.bias(live, value)
