"""A plan as layers of a network in fixed-point semantics."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from bitproof.construct.fixed_point_plan import Neuron, Plan
from bitproof.network.layer import Activation, ActivationTable, Layer
from bitproof.network.linear_map import SparseMatrix
from bitproof.network.network import Network
from bitproof.theory.arithmetic import Arithmetic


def to_network(
    plan: Plan, activation: ActivationTable, arithmetic: Arithmetic, dims: int
) -> Network:
    """The network of a plan whose weights are all allowed."""
    layers = []
    width = dims
    for number, neurons in enumerate(plan.hidden):
        layers.append(_layer(number, neurons, width, arithmetic, activation))
        width = len(neurons)
    layers.append(_layer(len(plan.hidden), (plan.output,), width, arithmetic, None))
    return Network(
        dims,
        tuple(layers),
        input_format=arithmetic.form,
        notes=(("method", plan.method), ("activation", activation.name)),
    )


def _layer(
    source: int,
    neurons: Sequence[Neuron],
    columns: int,
    arithmetic: Arithmetic,
    activation: ActivationTable | None,
) -> Layer:
    """Weights m/s and biases βb/s² over one denominator: s where β is a multiple of s, else s²."""
    scale, beta = arithmetic.scale, arithmetic.beta
    if arithmetic.weight_set != "full":  # planned in levels: weights ±1, biases of whole levels
        denominator, heavier, bias_unit = scale, scale, 1
    elif beta % scale == 0:
        denominator, heavier, bias_unit = scale, 1, beta // scale
    else:
        denominator, heavier, bias_unit = scale * scale, scale, beta
    pairs = [neuron.weights for neuron in neurons]  # ascending, without zeros; they may be millions
    return Layer(
        sources=(source,),
        matrix=SparseMatrix(
            columns=columns,
            row_starts=(0, *itertools.accumulate(map(len, pairs))),
            column_indices=tuple(j for row in pairs for j, _ in row),
            numerators=tuple(m * heavier for row in pairs for _, m in row),
        ),
        bias=tuple(neuron.bias * bias_unit for neuron in neurons),
        denominator=denominator,
        activation=Activation.IDENTITY if activation is None else Activation.TABLE,
        output_format=arithmetic.form,
        table=activation,
    )
