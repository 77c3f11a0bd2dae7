"""Functions of two inputs as piecewise-linear functions on Kuhn's triangulation.

On a grid of counts n_1, n_2, with y_i = (x_i - o_i)/h_i, the hat of a node v is

    ψ_v = relu(1 - (|y_1 - v_1| + |y_2 - v_2| + |y_1 - v_1 - y_2 + v_2|)/2),

and the hats add up to 1. The three absolute values are neurons that all nodes on a line share; so a
hat is four edges. Σ c_v·ψ_v is written place by place: with c_v = Σ_k d_vk·b^-k in few digits of
the codebook, H_k = relu(Σ_v d_vk·ψ_v + M + H_(k+1)/b), and an offset at the end. For every weight
format that holds a power of 1/b, 1/2 among the multiples of its powers or not (then the hats are
2/b high). Structure and digits both depend on f; the sup error is at most that of the nodal values
plus their rounding.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import ceil

from bitproof.construct.construction import Construction, Designs
from bitproof.construct.few_digits import FewDigits, value_of
from bitproof.construct.kuhn_fit import KuhnFit, KuhnGrid, fit
from bitproof.errors import BitproofError, FormatError
from bitproof.exact.box import Point
from bitproof.exact.rationals import from_float, to_float
from bitproof.exact.weight_format import Codebook, WeightFormat
from bitproof.network.measures import measure
from bitproof.network.network import Network
from bitproof.network.wiring import ONE, Term, Wiring
from bitproof.target.box_target import BoxTarget

METHOD = "kuhn"
UNIT, ZERO, HALF = Fraction(1), Fraction(0), Fraction(1, 2)
MAX_NODES = 40_000
MAX_PLACES = 16
MAX_VALUES = 64
MORE_GAINS = 2
TRIAL = (7, 7)
SHARES = (Fraction(3, 5), Fraction(4, 5), Fraction(9, 10))
GROWTH = 1.12


@dataclass(frozen=True, slots=True)
class Grid:
    """The exact grid: nodes origin_i + k·spacing_i, 0 ≤ k ≤ counts_i. The second spacing may be
    negative: then the diagonals run the other way."""

    origin: Point
    spacing: Point
    counts: tuple[int, int]

    def floats(self) -> KuhnGrid:
        """The same in floats, for proposals."""
        (a, b), (h, g) = map(to_float, self.origin), map(to_float, self.spacing)
        return KuhnGrid((a, b), (h, g), self.counts)


def designs(
    target: BoxTarget,
    error: Fraction,
    formats: Sequence[WeightFormat],
    *,
    count: str = "dense",
    progress: Callable[[str], None] | None = None,
) -> Designs:
    """Networks within about `error` of a target of two inputs, least memory first.

    >>> from bitproof.exact import Box, Codebook
    >>> from bitproof.target import ExpressionBoxTarget
    >>> target = ExpressionBoxTarget.parse("x1*x2", Box.unit(2))
    >>> found = designs(target, Fraction(1, 20), [Codebook.linear(2)])
    >>> len(found.constructions), found.constructions[0].network.inputs
    (1, 2)
    """
    if target.dimension != 2:
        return Designs((), "two inputs")
    found, reasons = list[Construction](), list[str]()
    for form in formats:
        if progress is not None:
            progress(f"kuhn: {form.name}")
        try:
            found.append(_design(target, error, form))
        except BitproofError as problem:
            reasons.append(str(problem))
    found.sort(key=lambda c: measure(c.network).bits(count))
    return Designs(tuple(found), "" if found else "; ".join(dict.fromkeys(reasons)))


def _design(target: BoxTarget, error: Fraction, form: WeightFormat) -> Construction:
    """The cheapest over a few divisions of the error between nodes and rounding."""
    base = Wiring(_codebook(form), 2).kit.base
    flipped = _better_flipped(target, base)
    best: tuple[int, Network, Grid] | None = None
    tried = set[Grid]()
    for share in SHARES:
        grid, fitted = _coarsest(target, error * share, base, flipped=flipped)
        if grid in tried:
            continue
        tried.add(grid)
        rest = error - from_float(fitted.error) * Fraction(101, 100)
        network = _build(form, grid, fitted, rest)
        weights = measure(network).weights
        if best is None or weights < best[0]:
            best = (weights, network, grid)
    assert best is not None
    _, network, grid = best
    details = (("grid", f"{grid.counts[0]} × {grid.counts[1]}"),)
    return Construction(METHOD, network, None, 2 * grid.counts[0] * grid.counts[1], details)


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


def _better_flipped(target: BoxTarget, base: int) -> bool:
    """Whether diagonals from the upper left to the lower right follow f better."""
    errors = [
        fit(target, grid_of(target, TRIAL, base, flipped=flipped).floats()).error
        for flipped in (False, True)
    ]
    return errors[1] < errors[0] * 0.999


def _coarsest(
    target: BoxTarget, error: Fraction, base: int, *, flipped: bool
) -> tuple[Grid, KuhnFit]:
    """The grid of fewest nodes, nearly, whose fitted values are within the error.

    Raises:
        FormatError: more than 40,000 nodes would be needed.
    """
    wanted = to_float(error)
    counts = [1.0, 1.0]
    while True:
        grid = grid_of(target, _whole(counts), base, flipped=flipped)
        if (grid.counts[0] + 1) * (grid.counts[1] + 1) > MAX_NODES:
            raise FormatError(
                f"more than {MAX_NODES} nodes for an error of {error}",
                remedy="ask for a larger error",
            )
        fitted = fit(target, grid.floats())
        if fitted.error <= wanted:
            return grid, fitted
        counts = _next_counts(target, counts, fitted.error / wanted, base, flipped=flipped)


def _whole(counts: Sequence[float]) -> tuple[int, int]:
    return ceil(counts[0] - 1e-9), ceil(counts[1] - 1e-9)


def _next_counts(
    target: BoxTarget, counts: list[float], excess: float, base: int, *, flipped: bool
) -> list[float]:
    """Finer across the input where that helps more; by the factor a second-order error needs, half
    of it to be careful."""
    factor = max(GROWTH, 1 + (excess**0.5 - 1) / 2)
    steps = [max(n * factor, n + 1) for n in counts]
    candidates = [[steps[0], counts[1]], [counts[0], steps[1]], steps]
    gains = []
    for proposal in candidates:
        grid = grid_of(target, _whole(proposal), base, flipped=flipped)
        reached = fit(target, grid.floats(), rounds=0).error
        gains.append((reached * (proposal[0] * proposal[1]), proposal))
    return min(gains, key=lambda gain: gain[0])[1]


def grid_of(
    target: BoxTarget, counts: tuple[int, int], base: int, *, flipped: bool = False
) -> Grid:
    """About so many steps along the sides, with y_i = x_i/h_i - o_i/h_i of b-adic coefficients; a
    grid that does not fit the domain's ends reaches over them. `flipped`: the second input is
    counted from its upper end."""
    origin, spacing, steps = [], [], []
    for side, n, turn in zip(target.domain.sides, counts, (1, -1 if flipped else 1), strict=True):
        low, high = sorted((turn * side.lower, turn * side.upper))
        rate = Fraction(n) / side.width
        start = rate * low
        if not (_is_adic(rate, base) and _is_adic(start, base)):
            fine = base**6
            rate = max(Fraction(1, fine), Fraction((rate * fine).__floor__(), fine))
            start = Fraction((rate * low * fine).__floor__(), fine)
        spacing.append(turn / rate)
        origin.append(turn * start / rate)
        steps.append(max(1, ceil(rate * high - start)))
    return Grid(tuple(origin), tuple(spacing), (steps[0], steps[1]))


def _is_adic(value: Fraction, base: int) -> bool:
    """Whether the denominator divides a small power of the base."""
    return (value * base**12).denominator == 1


# The network


def _build(form: WeightFormat, grid: Grid, fitted: KuhnFit, rounding: Fraction) -> Network:
    wiring = Wiring(_codebook(form), 2)
    base = wiring.kit.base
    share = HALF if _is_adic(HALF, base) else Fraction(1, base)
    height = 2 * share
    written = _written(wiring, fitted, rounding, height)
    hats = _hats(wiring, grid, share)
    network = _sum(wiring, hats, written)
    return replace(network, weight_format=form)


@dataclass(frozen=True, slots=True)
class _Written:
    """Nodal values in digits: value = height·b^gain·Σ_k digits_k·b^-k - shift."""

    digits: list[tuple[Fraction, ...]]
    gain: int
    shift: Fraction

    @property
    def cost(self) -> int:
        """Digits that are not 0."""
        return sum(1 for found in self.digits for digit in found if digit)


def _written(wiring: Wiring, fitted: KuhnFit, rounding: Fraction, height: Fraction) -> _Written:
    """The digits of every nodal value, to the rounding: as they are, or shifted to be positive
    (the hats add up to 1), whichever takes fewer.

    Raises:
        FormatError: the codebook's digits leave gaps wider than the rounding.
    """
    values = [from_float(float(value)) for value in fitted.values.ravel()]
    base = wiring.kit.base
    shift = Fraction(ceil(-min(values) * base), base) if min(values) < 0 else ZERO
    attempts = [
        _digits(wiring, values, by, rounding, height) for by in dict.fromkeys((ZERO, shift))
    ]
    found = [attempt for attempt in attempts if attempt is not None]
    if not found:
        raise FormatError(
            f"digits of {wiring.form.name} leave gaps above {to_float(rounding):.3g}",
            remedy="ask for a larger error, or give the codebook more values",
        )
    return min(found, key=lambda written: written.cost)


def _digits(
    wiring: Wiring,
    values: Sequence[Fraction],
    shift: Fraction,
    rounding: Fraction,
    height: Fraction,
) -> _Written | None:
    base = wiring.kit.base
    symbols = tuple(value for value in wiring.form.values() if value)
    wanted = [(value + shift) / height for value in values]
    gain = 0
    while not _spans(FewDigits(symbols, base, 6).span, wanted, base**gain):
        gain += 1
    # The digits of some codebooks leave gaps far from 0: a larger gain brings the values nearer.
    for power in range(gain, gain + MORE_GAINS):
        scale = base**power
        largest = scale * height * min(map(abs, symbols))
        table = FewDigits(symbols, base, _places(largest, rounding, base))
        slack = rounding / height / scale
        digits = [table.nearest(value / scale, slack) for value in wanted]
        found = (value_of(written, base) * scale for written in digits)
        if all(abs(a - b) * height <= rounding for a, b in zip(found, wanted, strict=True)):
            return _Written(digits, power, shift)
    return None


def _spans(span: tuple[Fraction, Fraction], values: Sequence[Fraction], scale: int) -> bool:
    return span[0] * scale <= min(values) and max(values) <= span[1] * scale


def _places(largest: Fraction, rounding: Fraction, base: int) -> int:
    """How many places until the last weighs no more than the rounding."""
    places = 2
    while places < MAX_PLACES and largest / base ** (places - 1) > rounding:
        places += 1
    return places


def _hats(wiring: Wiring, grid: Grid, share: Fraction) -> list[int]:
    """The hats, 2·share high, node by node, the second input's faster."""
    first, second = grid.counts
    nodes = [
        _coordinate(wiring, node, o, h, n)
        for node, o, h, n in zip(wiring.inputs, grid.origin, grid.spacing, grid.counts, strict=True)
    ]
    across = list(_distances(wiring, [(nodes[0], UNIT)], 0, first, share))
    along = list(_distances(wiring, [(nodes[1], UNIT)], 0, second, share))
    slant = list(_distances(wiring, [(nodes[0], UNIT), (nodes[1], -UNIT)], -second, first, share))
    height = 2 * share
    return [
        wiring.combination(
            [
                (ONE, height),
                (across[i], -UNIT),
                (along[j], -UNIT),
                (slant[i - j + second], -UNIT),
            ]
        )
        for i in range(first + 1)
        for j in range(second + 1)
    ]


def _coordinate(wiring: Wiring, node: int, origin: Fraction, spacing: Fraction, count: int) -> int:
    """y = (x - origin)/spacing ≥ 0. Gains are made of ReLUs, so an input that may be negative is
    shifted first, with a single edge."""
    least = min(origin, origin + count * spacing)
    if least >= 0:
        return wiring.combination([(node, 1 / spacing), (ONE, -origin / spacing)])
    weight = min(value for value in wiring.form.values() if value > 0)
    shift = Fraction(ceil(-least))
    shifted = wiring.combination([(node, weight), (ONE, weight * shift)])
    rate = 1 / (spacing * weight)
    return wiring.combination([(shifted, rate), (ONE, -(origin + shift) / spacing)])


def _distances(
    wiring: Wiring, u: Sequence[Term], low: int, high: int, share: Fraction
) -> Iterator[int]:
    """share·|u - k| for k = low, …, high, where low ≤ u ≤ high.

    With the weight 1, relu(u - k) follows from its neighbour by subtracting 1 once more. Without
    it that would halve the granule each time, so every one reads u itself.
    """
    turned = [(source, -weight) for source, weight in u]
    starts = (
        wiring.combination([*u, (ONE, Fraction(-low))]),
        wiring.combination([*turned, (ONE, Fraction(high))]),
    )
    rights, lefts = [starts[0]], [starts[1]]
    for k in range(1, high - low + 1):
        if UNIT in wiring.form:
            rights.append(wiring.combination([(rights[-1], UNIT), (ONE, -UNIT)]))
            lefts.append(wiring.combination([(lefts[-1], UNIT), (ONE, -UNIT)]))
        else:
            rights.append(wiring.combination([*u, (ONE, Fraction(-low - k))]))
            lefts.append(wiring.combination([*turned, (ONE, Fraction(high - k))]))
    for right, left in zip(rights, reversed(lefts), strict=True):
        yield wiring.combination([(right, share), (left, share)])


def _sum(wiring: Wiring, hats: Sequence[int], written: _Written) -> Network:
    """Σ c_v·ψ_v place by place, from the last."""
    base, digits, gain = wiring.kit.base, written.digits, written.gain
    lowest = min(digit for found in digits for digit in found)
    floor = Fraction(ceil(-lowest)) if lowest < 0 else ZERO
    chain: int | None = None
    offset = ZERO
    for place in reversed(range(len(digits[0]))):
        terms: list[Term] = [
            (hat, found[place]) for hat, found in zip(hats, digits, strict=True) if found[place]
        ]
        if chain is None and not terms:
            continue
        link = [] if chain is None else [(chain, Fraction(1, base))]
        if place == 0 and gain == 0:
            return wiring.output([*terms, *link, (ONE, -offset / base - written.shift)])
        chain = wiring.combination([*terms, *link, (ONE, floor)])
        offset = floor + offset / base
    if chain is None:
        return wiring.output([(wiring.unit(), -written.shift)])
    power = Fraction(base**gain)
    return wiring.output([(chain, power), (ONE, -offset * power - written.shift)])
