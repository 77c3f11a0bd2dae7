"""The two accumulations against the oracles of `theory`, which know every function that
networks of any size compute: random networks never compute another one."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from bitproof.exact import FixedPoint, Rounding
from bitproof.execute.reference import evaluate
from bitproof.network import Accumulation, Activation, ActivationTable, Layer, Network, SparseMatrix
from bitproof.theory.arithmetic import Arithmetic
from bitproof.theory.closure import closure
from bitproof.theory.closure_of_steps import closure_of_steps

NETWORKS = 120


def random_network(
    rng: random.Random, form: FixedPoint, table: tuple[int, ...], accumulation: Accumulation
) -> Network:
    """One or two hidden layers; weights and biases are levels, as in Q_{p,s} of Park et al."""
    layers, before = list[Layer](), 1
    widths = [rng.randint(1, 4) for _ in range(rng.randint(1, 2))]
    for position, width in enumerate([*widths, 1]):
        last = position == len(widths)
        rows = [
            [rng.randint(form.lowest, form.highest) for _ in range(before)] for _ in range(width)
        ]
        layers.append(
            Layer(
                (position,),
                SparseMatrix.from_dense(rows, columns=before),
                tuple(rng.randint(form.lowest, form.highest) for _ in range(width)),
                form.scale,
                Activation.IDENTITY if last else Activation.TABLE,
                form,
                None if last else ActivationTable("any", table),
                accumulation,
            )
        )
        before = width
    return Network(1, tuple(layers), input_format=form)


def function_of(network: Network, form: FixedPoint) -> tuple[int, ...]:
    values = (form.value(k) for k in range(form.lowest, form.highest + 1))
    outputs = (evaluate(network, [x])[0] for x in values)
    return tuple(int(y * form.scale) for y in outputs)


@pytest.mark.parametrize("rule", [Rounding.NEAREST_EVEN, Rounding.NEAREST_UP, Rounding.FLOOR])
@pytest.mark.parametrize("scale", [1, 2, 3])
def test_no_network_leaves_the_closure(scale: int, rule: Rounding):
    rng = random.Random(scale)
    form = replace(FixedPoint.symmetric(1, scale), rounding=rule)
    reached = dict.fromkeys(Accumulation, 0)
    for table in ((-1, 1, 1), (0, 0, 1), (1, 0, 1), (-1, 0, 1)):
        for accumulation, oracle in zip(Accumulation, (closure, closure_of_steps), strict=True):
            once = accumulation is Accumulation.ONCE
            arithmetic = Arithmetic.of(form, bias="same", rounding_once=once)
            known = oracle(table, arithmetic)
            found = {
                function_of(random_network(rng, form, table, accumulation), form)
                for _ in range(NETWORKS)
            }
            assert all(known.computes(function) for function in found)
            reached[accumulation] += len(found)
    # Beyond scale 1 many products round to nothing, and only the three constants may be left.
    assert min(reached.values()) >= (40 if scale == 1 else 12)
