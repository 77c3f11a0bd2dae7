"""Planning for Sobolev balls: weights, depth and bits for every codebook, between the bounds."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import log2
from typing import Any

from bitproof.construct.sobolev_layouts import smallest_layout
from bitproof.errors import BitproofError, InputError
from bitproof.exact import Codebook, parse_codebook, to_float, write_rational
from bitproof.pipeline.request import Number, read_error
from bitproof.theory.function_class import SobolevBall
from bitproof.theory.quantization_orders import FixedLinear, FixedNonlinear, QuantizationTheorem
from bitproof.theory.quantization_overhead import Overhead, paper_best_values
from bitproof.theory.real_network import real_weights
from bitproof.theory.sobolev_packing import Packing, PackingBound
from bitproof.theory.sobolev_real_weights import RealWeightBound
from bitproof.theory.spline_bumps import MAX_SMOOTHNESS

CODEBOOKS = ("linear:2", "nested:3", "linear:3", "linear:4", "nested:4", "linear:8")
MAX_DIMENSION = 6


@dataclass(frozen=True, slots=True)
class SmoothChoice:
    """A network every function of the class has in one codebook.

    Attributes:
        codebook: its name.
        values: λ.
        layout: the construction.
        weights, depth, bits: exact; bits are weights·log2 λ, rounded up to whole bits.
        error: promised.
        least_weights: no fixed structure in λ values has fewer.
        overhead: against our unquantized network and against every one of this depth.
    """

    codebook: str
    values: int
    layout: str
    weights: int
    depth: int
    bits: int
    error: Fraction
    least_weights: int
    overhead: Overhead

    def to_dict(self) -> dict[str, Any]:
        """One object of `choices` in plan.json."""
        return {
            "codebook": self.codebook,
            "values": self.values,
            "layout": self.layout,
            "weights": self.weights,
            "depth": self.depth,
            "bits": self.bits,
            "promised_error": write_rational(self.error),
            "least_weights": self.least_weights,
            "overhead": round(to_float(self.overhead.measured), 4),
        }


@dataclass(frozen=True, slots=True)
class SmoothPlan:
    """The answer of `plan --smoothness`.

    Attributes:
        ball: F_{d,n}.
        error: ε.
        choices: fewest bits first.
        refused: codebooks without a network, and why.
        packing: the functions behind the lower bound.
        real: weights of our unquantized network.
        seconds: time taken.
    """

    ball: SobolevBall
    error: Fraction
    choices: tuple[SmoothChoice, ...]
    refused: tuple[tuple[str, str], ...]
    packing: Packing
    real: int
    seconds: float

    @property
    def status(self) -> str:
        return "planned" if self.choices else "no design"

    @property
    def least_bits(self) -> int:
        """No fixed structure stores fewer bits, whatever its weights' values."""
        return self.packing.bits.__ceil__()

    @property
    def best(self) -> SmoothChoice | None:
        """The choice of fewest bits."""
        return self.choices[0] if self.choices else None

    @property
    def least_real(self) -> int:
        """No unquantized network of the best choice's depth has fewer weights."""
        depth = 1 if self.best is None else self.best.depth
        return RealWeightBound(self.ball).least_weights(self.error, depth)

    @property
    def paper_values(self) -> int:
        """λ that minimises the paper's formula at t = log2(1/ε) digits."""
        return paper_best_values(max(round(-log2(to_float(self.error))), 1))

    def to_dict(self) -> dict[str, Any]:
        """The JSON object of `bitproof plan --smoothness --json`."""
        best = self.best
        return {
            "status": self.status,
            "class": {"dimension": self.ball.dimension, "smoothness": self.ball.smoothness},
            "error": write_rational(self.error),
            "best": None if best is None else best.to_dict(),
            "choices": [choice.to_dict() for choice in self.choices],
            "refused": dict(self.refused),
            "least_bits": self.least_bits,
            "real_weights": self.real,
            "least_real_weights_at_this_depth": self.least_real,
            "best_values": None if best is None else best.values,
            "best_values_by_the_papers_formula": self.paper_values,
            "seconds": round(self.seconds, 4),
        }


def plan_smooth(
    *,
    smoothness: int,
    dimension: int = 1,
    error: Number,
    codebooks: Sequence[str] = CODEBOOKS,
) -> SmoothPlan:
    """What a fixed structure takes for every function of F_{d,n}, for several codebooks.

    Args:
        smoothness: n.
        dimension: d.
        error: ε, between 0 and 1.
        codebooks: names as `compile --codebook` takes them.

    Raises:
        InputError: a number out of range, or a codebook that is not understood.

    >>> found = plan_smooth(smoothness=1, dimension=2, error="1/5", codebooks=["linear:2"])
    >>> found.best.layout, found.least_bits <= found.best.bits
    ('envelope', True)
    """
    start = time.perf_counter()
    ball, wanted = _read(smoothness, dimension, error)
    forms = [(name, parse_codebook(name)) for name in dict.fromkeys(codebooks)]
    packing, real = PackingBound(ball).packing(wanted), real_weights(ball, wanted)
    choices: list[SmoothChoice] = []
    refused: list[tuple[str, str]] = []
    for name, form in forms:
        try:
            choices.append(_choice(form, ball, wanted, real))
        except BitproofError as problem:
            refused.append((name, str(problem)))
    choices.sort(key=lambda choice: (choice.bits, choice.weights))
    elapsed = time.perf_counter() - start
    return SmoothPlan(ball, wanted, tuple(choices), tuple(refused), packing, real, elapsed)


def _choice(form: Codebook, ball: SobolevBall, error: Fraction, real: int) -> SmoothChoice:
    layout = smallest_layout(form, ball, error)
    values, sizes = len(form.values()), layout.sizes
    return SmoothChoice(
        codebook=form.name,
        values=values,
        layout=layout.name,
        weights=sizes.weights,
        depth=sizes.depth,
        bits=sizes.paper_bits,
        error=layout.error,
        least_weights=PackingBound(ball).least_weights(error, values),
        overhead=Overhead(ball, error, sizes.weights, sizes.depth, real),
    )


def paper_theorem(ball: SobolevBall, name: str, values: int) -> QuantizationTheorem:
    """The paper's theorem that covers a codebook: linear quantization or any λ values."""
    return (FixedLinear if name.startswith("linear") else FixedNonlinear)(ball, values)


def _read(smoothness: int, dimension: int, error: Number) -> tuple[SobolevBall, Fraction]:
    if not 1 <= smoothness <= MAX_SMOOTHNESS:
        raise InputError(f"smoothness {smoothness}", remedy=f"1 to {MAX_SMOOTHNESS}")
    if not 1 <= dimension <= MAX_DIMENSION:
        raise InputError(f"dimension {dimension}", remedy=f"1 to {MAX_DIMENSION}")
    wanted = read_error(error)
    if wanted >= 1:
        raise InputError(
            f"the error {wanted}", remedy="below 1: the functions lie between -1 and 1"
        )
    return SobolevBall(dimension, smoothness), wanted
