"""Random networks of every kind the format allows, and grids for them."""

from __future__ import annotations

import math
import random
from fractions import Fraction

from hypothesis import strategies as st

from bitproof.exact import FixedPoint, Overflow, Requantization, Requantizer, Rounding
from bitproof.execute.ranges import InputGrid
from bitproof.network import (
    Accumulation,
    Activation,
    ActivationTable,
    Layer,
    LayerRequantizer,
    Network,
    SparseMatrix,
)

DENOMINATORS = (1, 2, 3, 4, 7, 12, 16)
PLAIN = (Activation.IDENTITY, Activation.RELU)


@st.composite
def fixed_points(draw: st.DrawFn) -> FixedPoint:
    lowest = draw(st.integers(-40, 0))
    highest = draw(st.integers(1 if lowest == 0 else 0, 40))
    return FixedPoint(
        lowest,
        highest,
        draw(st.sampled_from((1, 2, 3, 8, 10, 16))),
        draw(st.sampled_from(Rounding)),
        draw(st.sampled_from(Overflow)),
    )


def tables(form: FixedPoint) -> st.SearchStrategy[ActivationTable]:
    """Functions from the levels of a format to themselves; by a seed, for a list of so many
    numbers takes long to draw."""

    def table(seed: int) -> ActivationTable:
        rng = random.Random(seed)
        values = (rng.randint(form.lowest, form.highest) for _ in range(form.levels))
        return ActivationTable("any", tuple(values))

    return st.integers(0, 1 << 16).map(table)


@st.composite
def layers(
    draw: st.DrawFn, widths: list[int], width: int, *, magnitude: int, form: FixedPoint | None
) -> Layer:
    """A layer that reads any of the values before it, or none."""
    position = len(widths)
    sources = tuple(sorted(draw(st.sets(st.integers(0, position - 1), max_size=3))))
    columns = sum(widths[source] for source in sources)
    entries = st.one_of(st.just(0), st.integers(-magnitude, magnitude))
    row = st.lists(entries, min_size=columns, max_size=columns)
    table = None if form is None else draw(st.one_of(st.none(), tables(form)))
    return Layer(
        sources=sources,
        matrix=SparseMatrix.from_dense(
            draw(st.lists(row, min_size=width, max_size=width)), columns=columns
        ),
        bias=tuple(draw(st.lists(entries, min_size=width, max_size=width))),
        denominator=draw(st.sampled_from(DENOMINATORS)),
        activation=Activation.TABLE if table else draw(st.sampled_from(PLAIN)),
        output_format=form,
        table=table,
        accumulation=Accumulation.ONCE if form is None else draw(st.sampled_from(Accumulation)),
    )


@st.composite
def requantized_networks(draw: st.DrawFn) -> Network:
    """Layers with requantizers of every rule, one each or one for all, in chains with skips."""
    formats = [draw(fixed_points())]
    widths = [draw(st.integers(1, 2))]
    collected = list[Layer]()
    for position in range(draw(st.integers(1, 3))):
        form, width = draw(fixed_points()), draw(st.integers(1, 3))
        sources = tuple(sorted({position, draw(st.integers(0, position))}))
        columns = sum(widths[source] for source in sources)
        entries = st.integers(-9, 9)
        row = st.lists(entries, min_size=columns, max_size=columns)
        denominator = draw(st.sampled_from(DENOMINATORS))
        unit = Fraction(1, denominator * math.lcm(*(formats[source].scale for source in sources)))
        low = draw(st.integers(form.lowest, 0))
        high = draw(st.integers(1 if low == 0 else 0, max(form.highest, 1)))
        ends = (low, high) if high <= form.highest else (form.lowest, form.highest)
        rule = draw(st.sampled_from(Requantization))
        factors = st.fractions(0, 9, max_denominator=10**6).map(
            lambda factor, ends=ends, rule=rule: Requantizer.of_factor(factor, *ends, rule)
        )
        chosen = draw(st.lists(factors, min_size=width, max_size=width))
        if draw(st.booleans()):
            chosen = chosen[:1]
        table = draw(st.one_of(st.none(), tables(form)))
        collected.append(
            Layer(
                sources,
                SparseMatrix.from_dense(
                    draw(st.lists(row, min_size=width, max_size=width)), columns=columns
                ),
                tuple(draw(st.lists(entries, min_size=width, max_size=width))),
                denominator,
                Activation.TABLE if table else draw(st.sampled_from(PLAIN)),
                form,
                table,
                requantizers=tuple(LayerRequantizer(part, unit) for part in chosen),
            )
        )
        formats.append(form)
        widths.append(width)
    return Network(widths[0], tuple(collected), input_format=formats[0])


@st.composite
def networks(
    draw: st.DrawFn,
    *,
    inputs: int | None = None,
    fixed: bool | None = None,
    magnitude: int | None = None,
) -> Network:
    """Skip connections, constants, several outputs, dyadic and other denominators, both
    semantics and mixtures (a fixed-point layer may stand among layers that do not round)."""
    widths = [inputs if inputs is not None else draw(st.integers(1, 3))]
    size = magnitude if magnitude is not None else draw(st.sampled_from((1, 7, 1000, 2**40)))
    rounds = fixed if fixed is not None else draw(st.booleans())
    collected = list[Layer]()
    for _ in range(draw(st.integers(1, 6))):
        width = draw(st.integers(1, 4))
        form = draw(st.one_of(st.none(), fixed_points())) if rounds else None
        collected.append(draw(layers(widths, width, magnitude=size, form=form)))
        widths.append(width)
    input_format = draw(fixed_points()) if rounds and draw(st.booleans()) else None
    return Network(widths[0], tuple(collected), input_format=input_format)


@st.composite
def grids(draw: st.DrawFn, network: Network) -> InputGrid:
    """A grid of at most a few hundred levels a side that suits the network's input format."""
    if network.input_format is not None:
        return InputGrid.of_format(network.input_format, inputs=network.inputs)
    step = Fraction(draw(st.integers(1, 5)), draw(st.sampled_from(DENOMINATORS)))
    low = [draw(st.integers(-50, 50)) for _ in range(network.inputs)]
    high = [end + draw(st.integers(0, 100)) for end in low]
    return InputGrid(tuple(end * step for end in low), tuple(end * step for end in high), step)


@st.composite
def levels(draw: st.DrawFn, grid: InputGrid, count: int = 5) -> list[list[int]]:
    """Some level vectors, all corners of the first two inputs among them."""
    ends = list(zip(grid.lowest_levels, grid.highest_levels, strict=True))
    rows = [
        [draw(st.integers(low, high)) for low, high in ends] for _ in range(draw(st.just(count)))
    ]
    return [[low for low, _ in ends], [high for _, high in ends], *rows]
