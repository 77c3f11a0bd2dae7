"""Exact networks for fixed-point functions: the smallest of several constructions.

Every function that networks of a fixed-point arithmetic can compute at all is built here, equal
on every input of the format: with one hidden layer of ramps, a face and a gadget for each jump,
boxes or corners for several inputs, or the theorem's own proof where nothing steeper works.
After Hwang, Park, Park, "On Expressive Power of Quantized Neural Networks under Fixed-Point
Arithmetic" (2024), which shows that such networks exist; the constructions are bitproof's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from bitproof.construct import every_operation
from bitproof.construct.construction import Construction
from bitproof.construct.fixed_point_layers import to_network
from bitproof.construct.fixed_point_machine import Integers, Machine, machine
from bitproof.construct.fixed_point_plan import Plan, grid, run
from bitproof.construct.fixed_point_program import EFFORTS
from bitproof.construct.fixed_point_trials import Trials
from bitproof.errors import InputError, NoDesignError
from bitproof.network.layer import ActivationTable
from bitproof.theory.arithmetic import Arithmetic
from bitproof.theory.representable import NotRepresentable, Unknown, representable
from bitproof.theory.separation import separable_by_lemma

MAX_INPUTS = 1 << 16


@dataclass(frozen=True)
class Represented:
    """An exact network and its sizes.

    Attributes:
        construction: the network; fixed-point semantics, one output.
        neurons: hidden neurons.
        weights: non-zero weights, biases not counted.
        hidden_layers: their widths.
        tried: (method, neurons, weights) of every construction that worked.
        minimised: `neurons` or `weights`.
        least: with one hidden layer no network has fewer of them, says the solver of the integer
            program; it computes in floats, so this is no proof. 0 where it was not asked.
    """

    construction: Construction
    neurons: int
    weights: int
    hidden_layers: tuple[int, ...]
    tried: tuple[tuple[str, int, int], ...]
    minimised: str = "neurons"
    least: int = 0


def represent(
    function: Sequence[int],
    activation: ActivationTable,
    arithmetic: Arithmetic,
    *,
    dims: int = 1,
    minimise: str = "neurons",
    effort: str = "default",
    progress: Callable[[str], None] | None = None,
) -> Represented:
    """A network equal to a function on every input of the format.

    Args:
        function: the output level for every input, the first coordinate slowest, levels ascending.
        activation: its table has the format's levels.
        arithmetic: format, weights, biases, rounding.
        dims: the number d of inputs.
        minimise: `neurons` or `weights` (non-zero ones).
        effort: `quick`, `default` or `thorough`: how long integer programs are searched, where the
            levels are few enough for them (`quick`: not at all).
        progress: told every network found.

    Raises:
        InputError: the function has the wrong number of values, or values outside the format.
        FormatError: an arithmetic without exact networks here.
        NoDesignError: no network of any size computes it (the message says what forbids it), or
            none was found.

    >>> from bitproof.exact.fixed_point import FixedPoint
    >>> form = FixedPoint.symmetric(2, 2)
    >>> relu = ActivationTable("relu", (0, 0, 0, 0, 1, 2, 3))
    >>> found = represent((3, -1, 2, 2, 2, 0, -3), relu, Arithmetic.of(form))
    >>> found.construction.network.outputs
    1
    """
    if minimise not in ("neurons", "weights"):
        raise InputError(f"minimise {minimise[:40]!r}", remedy="neurons or weights")
    if effort not in EFFORTS:
        raise InputError(f"effort {effort[:40]!r}", remedy=f"one of {', '.join(EFFORTS)}")
    values = _shaped(function, arithmetic, dims)
    if not arithmetic.rounding_once:
        return _rounding_every_operation(values, activation, arithmetic, progress)
    built = machine(activation.values, arithmetic)
    residue = _residue(activation, arithmetic, values)
    best, tried = None, []
    trials = Trials(built, values, residue, minimise, EFFORTS[effort])
    for plan in _checked(built, values, trials.plans(), progress):
        tried.append((plan.method, plan.neurons, plan.weights))
        if best is None or plan.size(minimise) < best.size(minimise):
            best = plan
    if best is None:
        raise NoDesignError(
            "none of the constructions found a network for this function",
            remedy="try wide biases or full weights",
        )
    details = (("hidden layers", " ".join(str(len(layer)) for layer in best.hidden)),)
    return Represented(
        Construction(best.method, to_network(best, activation, arithmetic, dims), details=details),
        best.neurons,
        best.weights,
        tuple(len(layer) for layer in best.hidden),
        tuple(tried),
        minimise,
        trials.least,
    )


def _rounding_every_operation(
    values: Integers,
    activation: ActivationTable,
    arithmetic: Arithmetic,
    progress: Callable[[str], None] | None,
) -> Represented:
    if progress is not None:
        progress(every_operation.METHOD)
    network = every_operation.build(values, activation, arithmetic)
    widths = tuple(layer.width for layer in network.layers[:-1])
    weights = sum(layer.matrix.nonzero_entries for layer in network.layers)
    details = (("hidden layers", " ".join(map(str, widths))),)
    tried = ((every_operation.METHOD, sum(widths), weights),)
    construction = Construction(every_operation.METHOD, network, details=details)
    return Represented(construction, sum(widths), weights, widths, tried)


def _shaped(function: Sequence[int], arithmetic: Arithmetic, dims: int) -> Integers:
    levels = len(arithmetic.levels)
    if dims < 1 or levels**dims > MAX_INPUTS:
        raise InputError(
            f"{dims} inputs of {levels} levels each",
            remedy=f"at least one, and at most {MAX_INPUTS} inputs altogether: use fewer bits",
        )
    if len(function) != levels**dims:
        raise InputError(
            f"a function of {len(function)} values", remedy=f"give one for each of {levels**dims}"
        )
    for value in function:
        if not arithmetic.lowest <= value <= arithmetic.highest:
            raise InputError(
                f"the value {value} is not a level of {arithmetic.form.name}",
                remedy=f"levels go from {arithmetic.lowest} to {arithmetic.highest}",
            )
    return np.array(function, dtype=np.int64).reshape((levels,) * dims)


def _residue(activation: ActivationTable, arithmetic: Arithmetic, values: Integers) -> int:
    """c of the representation theorem, in the machine's units; 0 where it is not known."""
    if not arithmetic.rounding_once:
        return 0
    origin = (0,) * values.ndim
    function = {origin: int(values.flat[0])}
    if separable_by_lemma(activation.values, arithmetic):
        # inputs are told apart, so only the set of values matters
        for number, value in enumerate(sorted(set(values.ravel().tolist()))):
            function[_point(arithmetic, number, values.ndim)] = value
    else:
        places = grid_of(arithmetic, values.ndim)
        function = {
            tuple(point): value
            for point, value in zip(places.tolist(), values.ravel().tolist(), strict=True)
        }
    answer = representable(activation.values, arithmetic, function)
    if isinstance(answer, NotRepresentable):
        raise NoDesignError(
            f"no network of any size computes this function with {activation.name} in "
            f"{arithmetic.form.name}: {answer.reason}",
            remedy="another activation, format or bias; `bitproof express` says what is possible",
        )
    if isinstance(answer, Unknown):
        return 0
    return answer.offset if arithmetic.weight_set == "full" else answer.offset // arithmetic.scale


def _point(arithmetic: Arithmetic, number: int, dims: int) -> tuple[int, ...]:
    levels = len(arithmetic.levels)
    return tuple(arithmetic.lowest + number // levels**k % levels for k in range(dims))


def grid_of(arithmetic: Arithmetic, dims: int) -> Integers:
    """All inputs as rows of levels, the first coordinate slowest."""
    axes = np.meshgrid(*([np.array(arithmetic.levels)] * dims), indexing="ij")
    return np.stack([axis.ravel() for axis in axes], axis=1).astype(np.int64)


def _checked(
    built: Machine,
    values: Integers,
    plans: Iterator[Plan],
    progress: Callable[[str], None] | None,
) -> Iterator[Plan]:
    """Plans, run on every input."""
    inputs = grid(built, values.ndim)
    for plan in plans:
        if progress is not None:
            progress(f"{plan.method}: {plan.neurons} neurons, {plan.weights} weights")
        if not (run(built, plan, inputs) == values.ravel()).all():
            raise AssertionError(f"{plan.method}: the planned network is not exact")
        yield plan
