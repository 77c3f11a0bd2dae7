"""Exports that go layer by layer: for convolutions and for networks of very many weights.

The other exports compute neuron by neuron (`live`), which drops what no output needs but would take
a convolution apart. Here a layer stays a layer: integers, one map for each layer it reads.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from bitproof.exact.rationals import rational_gcd
from bitproof.execute.integer_network import Granule
from bitproof.execute.ranges import RangeAnalysis
from bitproof.execute.structured import maps_by_source
from bitproof.interop.live import LiveNetwork
from bitproof.network import Activation, LinearMap, Network, SparseMatrix

MANY_WEIGHTS = 1 << 18


@dataclass(frozen=True, slots=True)
class LayerStep:
    """relu(Σ map · (values of a source) + bias), or without the ReLU; all in integers.

    Attributes:
        maps: (source, integer map), 0 being the input's levels.
        bias: one per neuron.
        relu: whether a ReLU follows.
        accumulator: proved bound on every partial sum.
        last_use: the last layer that reads it; one beyond the last layer for the output.
    """

    maps: tuple[tuple[int, LinearMap], ...]
    bias: tuple[int, ...]
    relu: bool
    accumulator: int
    last_use: int

    @property
    def width(self) -> int:
        return len(self.bias)


@dataclass(frozen=True, slots=True)
class LayerPlan:
    """A network as a sequence of integer layers, counted from 1.

    Attributes:
        inputs: a network without neurons: the levels of the input, for reading it.
        steps: the layers.
        factors: what the output integers are multiplied by to count one granule.
        output_granule: what they count then.
        magnitude: of every number before that multiplication.
    """

    inputs: LiveNetwork
    steps: tuple[LayerStep, ...]
    factors: tuple[int, ...]
    output_granule: Fraction
    magnitude: int

    @property
    def largest_output(self) -> int:
        """A bound on the multiplied outputs."""
        return max(self.factors) * max(1, self.steps[-1].accumulator)


def goes_by_layers(network: Network) -> bool:
    """Whether the exports go layer by layer: real semantics, and a structure to keep or so many
    weights that a list of neurons would be a burden."""
    if not network.is_piecewise_linear:
        return False
    structured = any(not isinstance(layer.matrix, SparseMatrix) for layer in network.layers)
    weights = sum(layer.matrix.nonzero_entries for layer in network.layers)
    return structured or weights > MANY_WEIGHTS


def layer_plan(analysis: RangeAnalysis) -> LayerPlan:
    """The integer layers of an analysed network of real semantics."""
    integer = analysis.integer
    widths, last_uses = integer.widths, integer.last_uses()
    steps = tuple(
        LayerStep(
            maps=tuple(
                pair
                for pair in maps_by_source(layer.matrix, layer.sources, widths)
                if any(True for _ in pair[1].stored_values())
            ),
            bias=layer.bias,
            relu=layer.activation is Activation.RELU,
            accumulator=max(layer.accumulators, default=0),
            last_use=last_uses[position],
        )
        for position, layer in enumerate(integer.layers, start=1)
    )
    granule = rational_gcd(integer.output_granules)
    return LayerPlan(
        inputs=LiveNetwork(
            Granule.of(integer.input_granule), integer.input_lower, integer.input_upper, (), ()
        ),
        steps=steps,
        factors=tuple(int(one / granule) for one in integer.output_granules),
        output_granule=granule,
        magnitude=analysis.magnitude,
    )
