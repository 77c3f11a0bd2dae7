"""Exact networks where every operation is rounded: the construction of Theorem E as a network.

The program names its sources as often as it adds them; a network has a column for each use, in one
order for all neurons of a layer. So neurons are copied, and the columns of a layer are a common
supersequence of what its neurons add.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

import numpy as np

from bitproof.construct.fixed_point_machine import Integers
from bitproof.errors import FormatError, NoDesignError
from bitproof.network.arithmetic import Accumulation
from bitproof.network.layer import Activation, ActivationTable, Layer
from bitproof.network.linear_map import SparseMatrix
from bitproof.network.network import Network
from bitproof.theory.arithmetic import Arithmetic
from bitproof.theory.every_operation import every_operation
from bitproof.theory.expressivity import NOT_UNIVERSAL, decide
from bitproof.theory.step_networks import StepNetworks, inputs_of
from bitproof.theory.step_program import StepProgram, Word

METHOD = "saturating sums"
MAX_PRODUCTS = 1 << 21


def build(function: Integers, activation: ActivationTable, arithmetic: Arithmetic) -> Network:
    """A network that equals a function on every input although every operation is rounded.

    Args:
        function: its level for all inputs, one dimension for each input, levels ascending.
        activation: its table has the format's levels.
        arithmetic: rounding after every operation.

    Raises:
        FormatError: binary weights (they have no 0), or too many levels.
        NoDesignError: the theorem does not cover the activation in this format.

    >>> from bitproof.exact.fixed_point import FixedPoint
    >>> relu = ActivationTable("relu", (0, 0, 0, 0, 1, 2, 3))
    >>> arithmetic = Arithmetic.of(FixedPoint.symmetric(2, 2), rounding_once=False)
    >>> build(np.array((3, -1, 2, 2, 2, 0, -3)), relu, arithmetic).outputs
    1
    """
    if arithmetic.weight_set == "binary":
        raise FormatError(
            "binary weights where every operation is rounded",
            remedy="use full or ternary weights, or round once: without 0 no neuron is left out",
        )
    conditions = every_operation(activation.values, arithmetic)
    if conditions is None:
        raise FormatError(
            f"{arithmetic.form.levels} levels, every operation rounded", remedy="use fewer bits"
        )
    if not conditions.sufficient:
        raise NoDesignError(
            f"exact networks that round every operation with {activation.name} in "
            f"{arithmetic.form.name}: {_why(activation, arithmetic)}",
            remedy="another activation or format, or round once; `bitproof express --rounding "
            "every` says what is possible",
        )
    program = StepNetworks(arithmetic, activation.values, conditions).program(function)
    if not (program.run(inputs_of(arithmetic, function.ndim)) == function.ravel()).all():
        raise AssertionError("the planned network is not exact")
    return to_network(program, activation, function.ndim)


def _why(activation: ActivationTable, arithmetic: Arithmetic) -> str:
    answer = decide(activation.values, arithmetic, witness=False)
    failing = [c for c in (*answer.necessary, *answer.sufficient) if c.holds is False]
    reasons = "; ".join(dict.fromkeys(c.statement for c in failing))
    known = "" if answer.verdict == NOT_UNIVERSAL else "not decided: "
    return f"{known}{reasons or answer.known}"


def to_network(program: StepProgram, activation: ActivationTable, dims: int) -> Network:
    """A program as a network: neurons copied as often as the next layer uses them.

    Raises:
        NoDesignError: more products than fit a network.
    """
    words: list[Sequence[Word]] = [(program.output,)]
    columns: list[list[int]] = []
    for layer in reversed(range(len(program.hidden))):
        order, rows = _columns(words[0])
        columns.insert(0, rows)
        words.insert(0, [program.hidden[layer][source] for source in order])
        products = sum(len(word.moves) for part in words for word in part)
        if products > MAX_PRODUCTS:
            raise NoDesignError(f"more than {MAX_PRODUCTS} products", remedy="use fewer bits")
    layers = [_layer(0, words[0], [], dims, program, activation)]
    for number, rows in enumerate(columns, start=1):
        table = activation if number < len(columns) else None
        layers.append(_layer(number, words[number], rows, len(words[number - 1]), program, table))
    return Network(
        dims,
        tuple(layers),
        input_format=program.arithmetic.form,
        notes=(("method", METHOD), ("activation", activation.name)),
    )


def _columns(words: Sequence[Word]) -> tuple[list[int], list[int]]:
    """The sources of a layer's columns, and the column of every move of every word in turn.

    Words are laid into the columns one after the other, the longest first, each move in the first
    column of its source behind the one before.
    """
    order: list[int] = []
    places: dict[int, list[int]] = {}
    rows: list[list[int]] = [[] for _ in words]
    for number in sorted(range(len(words)), key=lambda n: -len(words[n].moves)):
        after = 0
        for source, _ in words[number].moves:
            known = places.setdefault(source, [])
            at = bisect_left(known, after)
            if at == len(known):
                known.append(len(order))
                order.append(source)
            rows[number].append(known[at])
            after = known[at] + 1
    return order, [column for row in rows for column in row]


def _layer(
    source: int,
    words: Sequence[Word],
    rows: Sequence[int],
    width: int,
    program: StepProgram,
    table: ActivationTable | None,
) -> Layer:
    """One layer; `rows` is the column of every move, the source itself in the first layer."""
    form = program.arithmetic.form
    columns = rows if source else [input_ for word in words for input_, _ in word.moves]
    starts = np.cumsum([0, *(len(word.moves) for word in words)]).tolist()
    return Layer(
        sources=(source,),
        matrix=SparseMatrix(
            columns=width,
            row_starts=tuple(starts),
            column_indices=tuple(columns),
            numerators=tuple(weight for word in words for _, weight in word.moves),
        ),
        bias=tuple(word.bias for word in words),
        denominator=form.scale,
        activation=Activation.IDENTITY if table is None else Activation.TABLE,
        output_format=form,
        table=table,
        accumulation=Accumulation.EVERY,
    )
