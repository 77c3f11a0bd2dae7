"""Functions of two or three inputs as piecewise-linear functions on Kuhn's triangulation.

The hats ψ_v of the nodes of a grid (`kuhn_hats`) add up to 1, and N = Σ c_v·ψ_v goes through c_v at
the node v. The sum is written place by place: with c_v = Σ_k d_vk·b^-k in few digits of the
codebook, H_k = relu(Σ_v d_vk·ψ_v + M + H_(k+1)/b), and an offset at the end. For every weight
format that holds a power of 1/b. Structure and digits both depend on f; the sup error is at most
that of the nodal values plus their rounding.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import product
from math import ceil, factorial, inf, log, prod
from typing import TypeAlias

from bitproof.construct.construction import Construction, Designs
from bitproof.construct.kuhn_fit import KuhnFit, fit
from bitproof.construct.kuhn_grid import Grid, grid_of, is_adic
from bitproof.construct.kuhn_hats import HatScale, hats
from bitproof.construct.kuhn_sum import summed, summed_for_rounding, written_in_digits
from bitproof.errors import BitproofError, FormatError
from bitproof.exact.rationals import from_float, to_float
from bitproof.exact.weight_format import Codebook, WeightFormat
from bitproof.network.measures import measure
from bitproof.network.network import Network
from bitproof.network.wiring import Wiring
from bitproof.target.box_target import BoxTarget

METHOD = "kuhn"
UNIT, ZERO, HALF = Fraction(1), Fraction(0), Fraction(1, 2)
MAX_NODES = 40_000
MAX_VALUES = 64
LOWER = 4
"""How often hats are made lower, so that sums of their digits fit a format."""
TRIAL = {2: 7, 3: 3}
COARSE = {2: 4, 3: 2}
"""All grids of at most so many steps along every side are tried before any is refined."""
SHARES = (Fraction(3, 5), Fraction(4, 5), Fraction(9, 10))
GROWTH = 1.12
LEAST_GAIN = 0.1
Flips: TypeAlias = tuple[bool, ...]


def designs(
    target: BoxTarget,
    error: Fraction,
    formats: Sequence[WeightFormat],
    *,
    count: str = "dense",
    largest: Fraction | None = None,
    progress: Callable[[str], None] | None = None,
) -> Designs:
    """Networks within about `error` of a target of two or three inputs, least memory first.

    Args:
        largest: the values inside should not be larger, and small errors of theirs should do little
            (activations are going to be rounded); None if that does not matter.

    >>> from bitproof.exact import Box, Codebook
    >>> from bitproof.target import ExpressionBoxTarget
    >>> target = ExpressionBoxTarget.parse("x1*x2", Box.unit(2))
    >>> found = designs(target, Fraction(1, 20), [Codebook.linear(2)])
    >>> len(found.constructions), found.constructions[0].network.inputs
    (1, 2)
    """
    if target.dimension not in TRIAL:
        return Designs((), "two or three inputs")
    found, reasons = list[Construction](), list[str]()
    for form in formats:
        if progress is not None:
            progress(f"kuhn: {form.name}")
        try:
            found.append(_design(target, error, form, largest))
        except BitproofError as problem:
            reasons.append(str(problem))
    found.sort(key=lambda c: measure(c.network).bits(count))
    return Designs(tuple(found), "" if found else "; ".join(dict.fromkeys(reasons)))


def _design(
    target: BoxTarget, error: Fraction, form: WeightFormat, largest: Fraction | None
) -> Construction:
    """The cheapest over a few divisions of the error between nodes and rounding."""
    base = Wiring(_codebook(form), target.dimension).kit.base
    flips = _best_flips(target, base)
    coarse = _coarse_fits(target, base, flips)
    best: tuple[int, Network, Grid] | None = None
    tried = set[Grid]()
    for share in SHARES:
        within = (pair for pair in coarse if pair[1].error <= to_float(error * share))
        grid, fitted = next(within, None) or _coarsest(target, error * share, base, flips)
        if grid in tried:
            continue
        tried.add(grid)
        rest = error - from_float(fitted.error) * Fraction(101, 100)
        network = _build(form, grid, fitted, rest, largest)
        weights = measure(network).weights
        if best is None or weights < best[0]:
            best = (weights, network, grid)
    assert best is not None
    _, network, grid = best
    details = (("grid", " × ".join(map(str, grid.counts))),)
    pieces = factorial(target.dimension) * prod(grid.counts)
    return Construction(METHOD, network, None, pieces, details)


def _codebook(form: WeightFormat) -> Codebook:
    """The format as a codebook.

    Raises:
        FormatError: it has more values than the patterns are sought for.
    """
    if isinstance(form, Codebook):
        return form
    if len(form.values()) > MAX_VALUES:
        raise FormatError(
            f"kuhn networks in {form.name}", remedy=f"give at most {MAX_VALUES} values a weight"
        )
    return Codebook(form.values())


# The grid


def _best_flips(target: BoxTarget, base: int) -> Flips:
    """Which inputs to count from their upper ends, so that the diagonals follow f."""
    best: tuple[float, Flips] | None = None
    trial = (TRIAL.get(target.dimension, 2),) * target.dimension
    for rest in product((False, True), repeat=target.dimension - 1):
        flips = (False, *rest)
        error = fit(target, grid_of(target, trial, base, flips).floats()).error
        if best is None or error < best[0] * 0.999:
            best = (error, flips)
    assert best is not None
    return best[1]


def _coarse_fits(target: BoxTarget, base: int, flips: Flips) -> list[tuple[Grid, KuhnFit]]:
    """The coarsest grids, fewest nodes first. Kinks that lie on the lines of one of them are found
    here: a search that refines step by step would pass it."""
    counts = product(range(1, COARSE[target.dimension] + 1), repeat=target.dimension)
    grids = dict.fromkeys(grid_of(target, steps, base, flips) for steps in counts)
    ordered = sorted(grids, key=lambda grid: prod(n + 1 for n in grid.counts))
    return [(grid, fit(target, grid.floats())) for grid in ordered]


def _coarsest(target: BoxTarget, error: Fraction, base: int, flips: Flips) -> tuple[Grid, KuhnFit]:
    """The grid of fewest nodes, nearly, whose fitted values are within the error.

    Raises:
        FormatError: more than 40,000 nodes would be needed.
    """
    wanted = to_float(error)
    counts = [1.0] * target.dimension
    while True:
        grid = grid_of(target, _whole(counts), base, flips)
        if prod(n + 1 for n in grid.counts) > MAX_NODES:
            raise FormatError(
                f"more than {MAX_NODES} nodes for an error of {error}",
                remedy="ask for a larger error",
            )
        fitted = fit(target, grid.floats())
        if fitted.error <= wanted:
            return grid, fitted
        counts = _next_counts(target, counts, fitted.error / wanted, base, flips)


def _whole(counts: Sequence[float]) -> tuple[int, ...]:
    return tuple(ceil(count - 1e-9) for count in counts)


def _next_counts(
    target: BoxTarget, counts: list[float], excess: float, base: int, flips: Flips
) -> list[float]:
    """Finer across the input where that helps more; by the factor a second-order error needs, half
    of it to be careful."""
    factor = max(GROWTH, 1 + (excess**0.5 - 1) / 2)
    steps = [max(n * factor, n + 1) for n in counts]
    candidates = [
        [step if i == axis else n for i, (n, step) in enumerate(zip(counts, steps, strict=True))]
        for axis in range(len(counts))
    ]
    candidates.append(steps)
    now = fit(target, grid_of(target, _whole(counts), base, flips).floats(), rounds=0).error
    best = (LEAST_GAIN, steps)
    for proposal in candidates:
        grid = grid_of(target, _whole(proposal), base, flips)
        reached = fit(target, grid.floats(), rounds=0).error
        # How much smaller the error becomes for how many more nodes, both in logarithms.
        gain = log(now / reached) / log(prod(proposal) / prod(counts)) if reached else inf
        best = max(best, (gain, proposal))
    return best[1]


# The network


def _build(
    form: WeightFormat,
    grid: Grid,
    fitted: KuhnFit,
    rounding: Fraction,
    largest: Fraction | None,
) -> Network:
    inputs = len(grid.counts)
    wiring = Wiring(_codebook(form), inputs)
    base, scale = wiring.kit.base, _scale(wiring, grid, largest)
    written = written_in_digits(wiring, fitted, rounding, scale.height(inputs))
    if largest is None:
        network = summed(wiring, hats(wiring, grid, scale), written)
        return replace(network, weight_format=form)
    written = written.padded()
    for _ in range(LOWER):
        if written.peak(base) > largest:
            scale = replace(scale, unit=scale.unit / base)
            written = written_in_digits(wiring, fitted, rounding, scale.height(inputs)).padded()
    network = summed_for_rounding(wiring, hats(wiring, grid, scale), written)
    return replace(network, weight_format=form)


def _scale(wiring: Wiring, grid: Grid, largest: Fraction | None) -> HatScale:
    """Steps of 1, or so small that no value inside exceeds `largest`; then nothing is halved if
    that can be avoided, as halves are what rounding loses.

    Raises:
        FormatError: `largest` is not positive.
    """
    base = wiring.kit.base
    share = HALF if is_adic(HALF, base) else Fraction(1, base)
    if largest is None:
        return HatScale(share)
    if largest <= 0:
        raise FormatError("values of a format without positive ones", remedy="take another format")
    unit = UNIT
    while unit * HatScale.reach(grid) > largest:
        unit /= base
    return HatScale(UNIT if UNIT in wiring.form else share, unit)
