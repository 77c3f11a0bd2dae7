"""Networks of the shapes exports have to cope with, the same in every run."""

from __future__ import annotations

import random
from fractions import Fraction
from itertools import pairwise

from hypothesis import strategies as st

from bitproof.exact import Codebook, Interval, Q, WeightFormat
from bitproof.execute.ranges import InputGrid
from bitproof.network import Activation, Layer, Network, NetworkBuilder, SparseMatrix
from tests.network import strategies as network_strategies

HALF = Fraction(1, 2)


def grid(low: int, high: int, bits: int = 12, inputs: int = 1) -> InputGrid:
    """Multiples of 2^-bits between two integers."""
    interval = Interval(Fraction(low), Fraction(high))
    return InputGrid.on_interval(interval, Fraction(1, 1 << bits), inputs=inputs)


def feed_forward(widths: list[int], form: WeightFormat, seed: int = 1) -> Network:
    """Dense layers of random weights, ReLU but for the last."""
    generator = random.Random(seed)
    numerators = [int(value * form.denominator) for value in form.values()]
    layers = list[Layer]()
    for index, (columns, rows) in enumerate(pairwise(widths)):
        last = index == len(widths) - 2
        layers.append(
            Layer(
                (index,),
                SparseMatrix.from_dense(
                    [[generator.choice(numerators) for _ in range(columns)] for _ in range(rows)],
                    columns=columns,
                ),
                tuple(generator.choice(numerators) for _ in range(rows)),
                form.denominator,
                Activation.IDENTITY if last else Activation.RELU,
            )
        )
    return Network(widths[0], tuple(layers), form)


def graph(neurons: int, form: WeightFormat, seed: int) -> Network:
    """Single neurons with skip connections and constants."""
    generator = random.Random(seed)
    builder, values = NetworkBuilder(form), form.values()
    made = [builder.input]
    for _ in range(neurons):
        count = 0 if generator.random() < 0.1 else generator.randint(1, min(3, len(made)))
        edges = [(source, generator.choice(values)) for source in generator.sample(made, count)]
        made.append(builder.add(edges, generator.choice(values)))
    edges = [(source, generator.choice(values)) for source in made[-20:]]
    return builder.build(builder.add(edges, generator.choice(values), Activation.IDENTITY))


def ladder(depth: int) -> Network:
    """Narrow and deep: at each depth a hinge of the one before, all summed up at the end, as in
    constructions with knots one after the other. Values count one granule at any depth."""
    generator = random.Random(depth)
    form = Codebook((Fraction(-1), Fraction(0), HALF, Fraction(1)))
    builder = NetworkBuilder(form)
    one = builder.add([], 1)
    small = one
    for _ in range(10):
        small = builder.add([(small, HALF)])
    hinge = builder.add([(builder.input, Fraction(1))])
    total = builder.add([(builder.input, HALF)], 1)
    hinges = list[tuple[object, Fraction]]()
    for index in range(depth):
        hinge = builder.add([(hinge, Fraction(1)), (small, Fraction(-1))])
        total = builder.add([(total, Fraction(1)), (hinge, generator.choice((HALF, Fraction(-1))))])
        if index % 16 == 0:
            hinges.append((hinge, Fraction(generator.choice((1, -1)))))
    edges = [(total, Fraction(1)), (builder.input, Fraction(-1)), *hinges]
    return builder.build(builder.add(edges, 0, Activation.IDENTITY))  # type: ignore[arg-type]


def doubling(steps: int) -> Network:
    """x · 3^steps through layers of one neuron: accumulators as wide as one likes."""
    weight = SparseMatrix.from_dense([[6]], columns=1)
    layers = [Layer((index,), weight, (index % 2,), 2) for index in range(steps)]
    last = Layer((steps,), SparseMatrix.from_dense([[-1]], columns=1), (1,), 2, Activation.IDENTITY)
    return Network(1, (*layers, last), Q(2, 1))


EXAMPLES: dict[str, tuple[Network, InputGrid]] = {
    "dense": (feed_forward([1, 8, 8, 1], Q(0, 1)), grid(0, 1)),
    "negative inputs": (feed_forward([1, 8, 8, 2], Q(0, 1), 2), grid(-8, 8, 8)),
    "float64": (feed_forward([1, 8, 8, 8, 8, 1], Q(0, 3)), grid(0, 1)),
    "three values": (feed_forward([1, 6, 6, 2], Codebook.linear(3)), grid(-2, 2, 10)),
    "five values": (feed_forward([1, 6, 6, 1], Codebook.linear(5)), grid(0, 1)),
    "ternary graph": (graph(60, Codebook.ternary(), 6), grid(-1, 1, 11)),
    "binary graph": (graph(60, Codebook.binary(), 9), grid(0, 1)),
    "graph of thirds": (graph(30, Codebook.linear(3), 5), grid(0, 1)),
    "ladder": (ladder(300), grid(0, 1)),
    "beyond 24 bits": (doubling(9), grid(0, 1)),
    "decimal step": (
        feed_forward([1, 5, 1], Q(0, 2), 4),
        InputGrid((Fraction(-2),), (Fraction(2),), Fraction(1, 1000)),
    ),
}


@st.composite
def random_networks(draw: st.DrawFn) -> Network:
    """Any real network with a declared format or moderate weights."""
    form = draw(st.one_of(st.none(), network_strategies.weight_formats))
    chosen = form or Q(3, 4)
    widths, layers = [draw(st.integers(1, 3))], list[Layer]()
    for _ in range(draw(st.integers(1, 5))):
        layers.append(draw(network_strategies.layers(widths, chosen, fixed=False)))
        widths.append(layers[-1].width)
    return Network(widths[0], tuple(layers), form)
