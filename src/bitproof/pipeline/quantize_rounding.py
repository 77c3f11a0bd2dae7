"""Which rounding `quantize` takes: candidates are built and the certified error decides."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from bitproof.certify.difference.exact import outputs_at
from bitproof.certify.difference.prove import largest_difference, quick_bounds
from bitproof.certify.difference.stack import Stack
from bitproof.errors import InputError
from bitproof.exact.scaled_format import BINARY, TERNARY
from bitproof.network import Network, measure
from bitproof.pipeline.quantize_request import Case
from bitproof.pipeline.quantize_results import Trial
from bitproof.transform.few_bits import Granularity, Method, RoundingPlan, round_weights

Array = np.ndarray[Any, Any]
JUDGED_CASES = 3  # boxes on which candidates are compared
LARGE = 1 << 25  # weights as dense matrices, from which on roundings are compared at inputs only
SMALL = 20_000  # weights up to which scales beyond the default are tried too
POINTS = 192
SEED = 0
WORDS = {"binary": BINARY, "ternary": TERNARY}


@dataclass(frozen=True, slots=True)
class Menu:
    """The ways to round that a request allows."""

    granularities: tuple[Granularity, ...]
    methods: tuple[Method, ...]
    bias_bits: int

    @classmethod
    def parse(cls, scale: str, rounding: str, bias_bits: int) -> Menu:
        """`auto`, `network`, `layer` or `channel`; `auto`, `nearest` or `greedy`."""
        granularities = tuple(g for g in Granularity if scale in ("auto", g.value))
        methods = tuple(m for m in Method if rounding in ("auto", m.value))
        if not granularities or not methods:
            raise InputError(
                f"the scale {scale!r} and the rounding {rounding!r}",
                remedy="scale: auto, network, layer or channel; rounding: auto, nearest, greedy",
            )
        return cls(granularities, methods, bias_bits)

    def plans(self, symbols: tuple[int, ...], *, small: bool) -> list[RoundingPlan]:
        """Every plan for these symbols."""
        finer = (None, 0, 1) if small else (None,)
        return [
            RoundingPlan(symbols, granularity, method, self.bias_bits, more)
            for granularity in self.granularities
            for method in self.methods
            for more in finer
        ]


@dataclass(frozen=True, slots=True)
class Rounding:
    """A rounded network that was judged.

    Attributes:
        network: it. plan: how it was made.
        bound: the largest proved bound over the judged boxes, or difference met elsewhere if that
            is larger; infinite if there is none.
        attained: the largest difference met there and on the calibration inputs.
    """

    network: Network
    plan: RoundingPlan
    bound: float
    attained: float

    @property
    def text(self) -> str:
        """Bits, granularity and method."""
        form = self.network.weight_format
        name = "" if form is None else form.name
        more = "" if self.plan.finer is None else f", {self.plan.finer} finer"
        return f"{name}, {self.plan.method.value}{more}"

    def trial(self, outcome: str) -> Trial:
        known = self.bound if math.isfinite(self.bound) else None
        return Trial(self.text, measure(self.network).dense_bits, known, outcome)


class Rounder:
    """Rounds one network and judges the results on the same boxes."""

    def __init__(self, network: Network, cases: Sequence[Case], menu: Menu) -> None:
        self.network = network
        self.large = sum(math.prod(layer.matrix.shape) for layer in network.layers) > LARGE
        self._stack = None if self.large else Stack.of(network)
        self._judged = _spread(cases)
        self._menu = menu
        self._small = not self.large and measure(network).dense_weights <= SMALL
        self._outputs = dict[tuple[Fraction, ...], tuple[Fraction, ...]]()
        self._points = calibration_points(cases)

    def beside(self, rounded: Network) -> Stack:
        """The network and a rounded one."""
        if self._stack is None:
            self._stack = Stack.of(self.network)
        return self._stack.beside(rounded)

    def best(self, symbols: tuple[int, ...]) -> tuple[Rounding, list[Rounding]]:
        """The candidate of least certified error, and all of them."""
        made = [self.judged(plan) for plan in self._menu.plans(symbols, small=self._small)]
        return min(made, key=lambda one: (one.bound, one.attained)), made

    def judged(self, plan: RoundingPlan) -> Rounding:
        """One candidate with its bounds on the judged boxes."""
        rounded = round_weights(self.network, plan, self._points)
        if self.large:
            exact = max(self._exactly(rounded, case) for case in self._judged)
            return Rounding(rounded, plan, math.inf, exact)
        pair = self.beside(rounded)
        found = [quick_bounds(pair, case.domain) for case in self._judged]
        attained, bound = (max(values) for values in zip(*found, strict=True))
        attained = max(attained, largest_difference(pair, self._points))
        return Rounding(rounded, plan, max(bound, attained), attained)

    def _exactly(self, rounded: Network, case: Case) -> float:
        """The largest difference at the listed input of a case, or in the middle of its box."""
        point = case.point or tuple((s.lower + s.upper) / 2 for s in case.domain.sides)
        if point not in self._outputs:
            self._outputs[point] = outputs_at(self.network, point)
        pairs = zip(self._outputs[point], outputs_at(rounded, point), strict=True)
        return float(max(abs(a - b) for a, b in pairs))


def _spread(cases: Sequence[Case]) -> list[Case]:
    """A few of the cases, from first to last."""
    if len(cases) <= JUDGED_CASES:
        return list(cases)
    places = {round(k * (len(cases) - 1) / (JUDGED_CASES - 1)) for k in range(JUDGED_CASES)}
    return [cases[place] for place in sorted(places)]


def calibration_points(cases: Sequence[Case]) -> Array:
    """Inputs that rounding is calibrated on: listed ones, then random points of the boxes, half
    of them corners."""
    random = np.random.default_rng(SEED)
    listed = [case.point for case in cases if case.point is not None]
    points = [np.array([[float(x) for x in point] for point in listed])] if listed else []
    count = max(2, POINTS // len(cases))
    for case in cases[:POINTS]:
        if case.is_point and case.point is not None:
            continue
        lower = np.array([float(side.lower) for side in case.domain.sides])
        upper = np.array([float(side.upper) for side in case.domain.sides])
        shares = random.uniform(size=(count, len(lower)))
        shares[: count // 2] = np.round(shares[: count // 2])
        points.append(lower + shares * (upper - lower))
    return np.concatenate(points)


def read_symbols(weight_bits: int | None, codebook: str | None) -> int | None:
    """The number of symbols a weight has; None if nothing was asked for.

    Raises:
        InputError: both, or bits out of range.
    """
    if codebook is not None:
        if weight_bits is not None:
            raise InputError(
                "both weight bits and a codebook", remedy="give --weight-bits or --codebook"
            )
        if codebook not in WORDS:
            raise InputError(f"the codebook {codebook[:40]!r}", remedy="ternary or binary")
        return WORDS[codebook]
    if weight_bits is None:
        return None
    if not 2 <= weight_bits <= 16:
        raise InputError(
            f"{weight_bits}-bit weights", remedy="2 to 16 bits; for one bit: --codebook binary"
        )
    return int(1 << weight_bits)
