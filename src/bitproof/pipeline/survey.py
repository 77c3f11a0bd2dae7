"""The map of expressivity: many formats, activations and tie rules, decided one by one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from bitproof.exact import FixedPoint
from bitproof.exact.fixed_point import Rounding
from bitproof.pipeline.express import NAMED_IN_THE_PAPER
from bitproof.theory.arithmetic import Arithmetic
from bitproof.theory.expressivity import Expressivity, Obstruction, decide

ACTIVATIONS = (
    *NAMED_IN_THE_PAPER,
    *("identity", "tanh", "leaky_relu", "abs", "x^2", "step", "sign", "2*step"),
)
EXPRESSIONS = {"2*step": "where(x >= 0, 2, 0)"}
TIES = {
    "even": Rounding.NEAREST_EVEN,
    "away": Rounding.NEAREST_AWAY,
    "up": Rounding.NEAREST_UP,
    "down": Rounding.NEAREST_DOWN,
    "zero": Rounding.NEAREST_ZERO,
}
SCALES = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512)
MOST_BITS = 8


@dataclass(frozen=True)
class Spot:
    """A place on the map: an activation in Q_{p,s}.

    Attributes:
        outcomes: for every tie rule, "universal", or what forbids it: "residue" (the sums of an
            output neuron miss some level's cell), "separation" (two inputs are never told apart)
            or "constant" (the activation is rounded to a constant).
        step: D, for rounding ties to even.
    """

    activation: str
    p: int
    s: int
    outcomes: tuple[tuple[str, str], ...]
    step: int

    @property
    def kind(self) -> str:
        """The outcome where all tie rules agree, else "depends"."""
        found = {outcome for _, outcome in self.outcomes}
        if len(found) == 1:
            return next(iter(found))
        return "depends" if "universal" in found else min(found)

    @property
    def within(self) -> bool:
        """Whether 1 is a weight of the format: s ≤ 2^p - 1."""
        return self.s < 1 << self.p

    def to_dict(self) -> dict[str, Any]:
        return {
            "activation": self.activation,
            "p": self.p,
            "s": self.s,
            "outcomes": dict(self.outcomes),
            "D": self.step,
        }


@dataclass(frozen=True)
class Survey:
    """The map.

    Attributes:
        spots: one for every activation, p and s, in that order.
        bias: "wide" or "same".
    """

    spots: tuple[Spot, ...]
    activations: tuple[str, ...]
    bits: tuple[int, ...]
    scales: tuple[int, ...]
    bias: str

    @property
    def decisions(self) -> int:
        return sum(len(spot.outcomes) for spot in self.spots)

    def of(self, activation: str) -> tuple[Spot, ...]:
        """The spots of one activation."""
        return tuple(spot for spot in self.spots if spot.activation == activation)

    def count(self, kind: str, activation: str | None = None, *, within: bool | None = None) -> int:
        """How many spots are of a kind; `within`: only those with s ≤ 2^p - 1, or only others."""
        return sum(
            spot.kind == kind
            for spot in self.spots
            if activation in (None, spot.activation) and within in (None, spot.within)
        )

    def to_dict(self) -> dict[str, Any]:
        return {
            "activations": list(self.activations),
            "bits": list(self.bits),
            "scales": list(self.scales),
            "bias": self.bias,
            "ties": list(TIES),
            "decisions": self.decisions,
            "spots": [spot.to_dict() for spot in self.spots],
        }


def survey(
    *,
    activations: Sequence[str] = ACTIVATIONS,
    bits: Sequence[int] = tuple(range(1, MOST_BITS + 1)),
    scales: Sequence[int] = SCALES,
    bias: str = "wide",
    progress: Callable[[float, str], None] | None = None,
) -> Survey:
    """Decides expressivity for every activation in every Q_{p,s}, with five tie rules.

    Args:
        activations: names, expressions in x, or "2*step".
        bits: the p.
        scales: the s.
        bias: "wide" or "same".
        progress: called with the part done and what is being decided.

    Raises:
        InputError: an unknown activation or bias.

    >>> found = survey(activations=("relu", "sign"), bits=(2,), scales=(1, 3, 8))
    >>> [(spot.activation, spot.s, spot.kind) for spot in found.spots][2:5]
    [('relu', 8, 'separation'), ('sign', 1, 'residue'), ('sign', 3, 'residue')]
    """
    spots: dict[tuple[str, int, int], Spot] = {}
    work = [(p, s) for p in bits for s in scales]
    total = sum(1 << p for p, _ in work)
    done = 0
    for p, s in work:
        if progress is not None:
            progress(done / total, f"p = {p}, s = {s}")
        done += 1 << p
        forms = {
            name: replace(FixedPoint.symmetric(p, s), rounding=rule) for name, rule in TIES.items()
        }
        places = {name: Arithmetic.of(form, bias=bias) for name, form in forms.items()}
        for activation in activations:
            spots[activation, p, s] = _spot(activation, p, s, places)
    ordered = tuple(spots[a, p, s] for a in activations for p in bits for s in scales)
    return Survey(ordered, tuple(activations), tuple(bits), tuple(scales), bias)


def _spot(activation: str, p: int, s: int, places: dict[str, Arithmetic]) -> Spot:
    outcomes: list[tuple[str, str]] = []
    step = 0
    for name, table in _tables(activation, places):
        answer = decide(table, places[name], witness=False)
        outcomes.append((name, _outcome(answer)))
        if name == "even":
            step = dict(answer.numbers)["D"]
    return Spot(activation, p, s, tuple(outcomes), step)


def _tables(
    activation: str, places: dict[str, Arithmetic]
) -> Iterator[tuple[str, tuple[int, ...]]]:
    """The rounded tables by tie rule; where ties up and ties down agree there are no ties."""
    up, down = (_rounded(activation, places[name]) for name in ("up", "down"))
    for name, arithmetic in places.items():
        if name == "up" or up == down:
            yield name, up
        elif name == "down":
            yield name, down
        else:
            yield name, _rounded(activation, arithmetic)


def _rounded(activation: str, arithmetic: Arithmetic) -> tuple[int, ...]:
    from bitproof.target.activations import activation_table

    text = EXPRESSIONS.get(activation, activation)
    return activation_table(text, arithmetic.form).values


def _outcome(answer: Expressivity) -> str:
    return answer.witness.kind if isinstance(answer.witness, Obstruction) else answer.verdict
