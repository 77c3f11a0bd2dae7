"""The proof of universality as data: the neurons of three hidden layers that compute any table.

Layer 1 separates the levels. Layer 2 turns every value of every separating neuron into features
of two values. Layer 3 has, for each level K and a few levels v, a feature that is T[v] at K and
T[A] elsewhere. The output neuron adds to an offset c, for each K, as many times D as it takes to
reach the cell of the wanted level. Weights beyond the format stand for copies of a neuron.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import gcd, lcm
from typing import Any

from bitproof.theory.arithmetic import Arithmetic
from bitproof.theory.residues import Circle
from bitproof.theory.separation import Neuron
from bitproof.theory.strict_binary import carriers


@dataclass(frozen=True)
class Pulse:
    """A layer-3 neuron: bias alone gives `level`; it counts `times` in the output's sum."""

    level: int
    bias: int
    times: int


@dataclass(frozen=True)
class Carrier:
    """A neuron between layers 1 and 2: the separator `source` becomes
    T[R(unit·weight·φ + β·bias)], weight ±2."""

    source: int
    weight: int
    bias: int


@dataclass(frozen=True)
class IndicatorNetworks:
    """The neurons the proof uses, for functions of one input (for d inputs the first layer is
    repeated for each).

    Attributes:
        arithmetic, table: what they are for.
        separators: layer 1.
        gain: N of layers 2 and 3: the weight on a feature, 2N in layer 2 where the ends differ.
        ends_differ: layer 2 uses T[A] ≠ T[B]: the features φ ≥ a and φ ≤ a, by sums
            N(2φ - 2a ± 1); otherwise the feature φ = a, by N(φ - a) + β·middle.bias.
        middle: the level, and its bias, that layer 2 takes at φ = a where the ends are equal.
        pulses: the levels v of layer 3, with Σ times·(T[v] - T[A]) = D.
        step: D, in units of sums: what adding an indicator once more changes in the sum.
        offset: c, the output's sum where no indicator is added.
        constants: neurons without inputs, (level, bias, times), whose values with `bias_times`
            biases make g, the step of the offsets.
        bias_times: see `constants`.
        carriers: a layer between 1 and 2 that tells the same levels apart, where layer 1 cannot
            have constants (binary weights with biases in the format); else empty.
    """

    arithmetic: Arithmetic
    table: tuple[int, ...]
    separators: tuple[Neuron, ...]
    gain: int
    ends_differ: bool
    middle: Pulse
    pulses: tuple[Pulse, ...]
    step: int
    offset: int
    constants: tuple[Pulse, ...]
    bias_times: int
    carriers: tuple[Carrier, ...] = ()

    def compute(self, wanted: Mapping[int, int]) -> dict[int, int]:
        """Runs the network for a table of one input, on every level of the format.

        Args:
            wanted: output levels by input level; other inputs get any value.

        Returns:
            The network's output at every level.
        """
        indicators = self._indicators(tuple(wanted))
        sums = dict.fromkeys(self.arithmetic.levels, self.offset)
        for target, row in indicators.items():
            times = self._times(wanted[target])
            for level, size in zip(self.arithmetic.levels, row, strict=True):
                sums[level] += times * size
        return {level: self.arithmetic.requantise(total) for level, total in sums.items()}

    def verify(self) -> bool:
        """Simulates it: every indicator at every level, the constants, the identity backwards."""
        made = self.bias_times * self.arithmetic.beta + self.arithmetic.unit * sum(
            part.times * self._value(self.arithmetic.requantise(self.arithmetic.beta * part.bias))
            for part in self.constants
        )
        levels = list(self.arithmetic.levels)
        backwards = dict(zip(levels, reversed(levels), strict=True))
        return (
            made > 0
            and self._biases_reach()
            and self.offset % made == 0
            and self.step % made == 0
            and self.compute(backwards) == backwards
        )

    def _biases_reach(self) -> bool:
        """Whether every integer is a sum of a bias and multiples of a neuron's constant value,
        where biases are limited."""
        if self.arithmetic.bias == "wide":
            return True
        if self.arithmetic.weight_set == "binary":  # an even number of each constant
            return 0 < 2 * gcd(*self.table) <= len(self.arithmetic.levels)
        value = abs(self._value(self.constants[0].level))
        return 0 < value <= len(self.arithmetic.levels)

    def to_dict(self) -> dict[str, Any]:
        """The witness as JSON."""
        return {
            "kind": "indicator networks",
            "hidden_layers": self.hidden_layers,
            "layer_1": [{"weight": n.weight, "bias": n.bias} for n in self.separators],
            **self._carried(),
            "layer_2": {
                "gain": self.gain,
                "features": "at least and at most" if self.ends_differ else "equal",
                "level": self.middle.level,
                "bias": self.middle.bias,
            },
            "layer_3": {
                "gain": self.gain,
                "neurons": [
                    {"level": p.level, "bias": p.bias, "times": p.times} for p in self.pulses
                ],
            },
            "output": {
                "step": self.step,
                "offset": self.offset,
                "times": {str(k): self._times(k) for k in self.arithmetic.levels}
                if len(self.arithmetic.levels) <= 512
                else {},
            },
        }

    @property
    def hidden_layers(self) -> int:
        """Three, and one more of carriers."""
        return 4 if self.carriers else 3

    def _carried(self) -> dict[str, Any]:
        if not self.carriers:
            return {}
        return {
            "carriers": [
                {"source": c.source, "weight": c.weight, "bias": c.bias} for c in self.carriers
            ]
        }

    def _times(self, level: int) -> int:
        """An n with c + nD in the cell of `level`, of least magnitude."""
        low, high = self.arithmetic.cell(level)
        least = None if low is None else -((self.offset - low) // self.step)
        most = None if high is None else (high - self.offset) // self.step
        nearest = 0 if least is None else max(0, least)
        return nearest if most is None else min(nearest, most)

    def _value(self, level: int) -> int:
        return self.table[level - self.arithmetic.lowest]

    def _indicators(self, targets: Sequence[int]) -> dict[int, list[int]]:
        """What the indicator of each target adds to the output's sum, at every level."""
        first = [
            [
                self._neuron(n.weight * x + self.arithmetic.beta * n.bias)
                for x in self.arithmetic.levels
            ]
            for n in self.separators
        ]
        if self.carriers:
            first = [self._carrying(carrier, first[carrier.source]) for carrier in self.carriers]
        second = [self._features(values) for values in first]
        found: dict[int, list[int]] = {}
        added: dict[int, int] = {}
        for target in targets:
            at = target - self.arithmetic.lowest
            rows = [features[values[at]] for values, features in zip(first, second, strict=True)]
            depth = list(map(sum, zip(*rows, strict=True)))
            for below in depth:
                if below not in added:
                    added[below] = self._added(below)
            found[target] = [added[below] for below in depth]
        return found

    def _carrying(self, carrier: Carrier, values: Sequence[int]) -> list[int]:
        weight = carrier.weight * self.arithmetic.unit
        shift = self.arithmetic.beta * carrier.bias
        return [self._neuron(weight * value + shift) for value in values]

    def _features(self, values: Sequence[int]) -> dict[int, list[int]]:
        """For each value a of a separating neuron: Σ±(h - h_in) over its layer-2 features, at
        every level: 0 where the neuron is a, negative elsewhere."""
        low, high = self._value(self.arithmetic.lowest), self._value(self.arithmetic.highest)
        found: dict[int, list[int]] = {}
        for a in set(values):
            if self.ends_differ:
                sign = 1 if low < high else -1
                found[a] = [
                    sign * (self._neuron(self.gain * (2 * v - 2 * a + 1)) - high)
                    + sign * (self._neuron(self.gain * (2 * a - 2 * v + 1)) - high)
                    for v in values
                ]
            else:
                inside = self._value(self.middle.level)
                sign = 1 if low < inside else -1
                shift = self.arithmetic.beta * self.middle.bias
                found[a] = [
                    sign * (self._neuron(self.gain * (v - a) + shift) - inside) for v in values
                ]
        return found

    def _added(self, below: int) -> int:
        """Σ times·(h - T[A]) over the layer-3 neurons at an input of the given depth."""
        rest = self._value(self.arithmetic.lowest)
        beta = self.arithmetic.beta
        return self.arithmetic.unit * sum(
            pulse.times * (self._neuron(self.gain * below + beta * pulse.bias) - rest)
            for pulse in self.pulses
        )

    def _neuron(self, total: int) -> int:
        return self._value(self.arithmetic.requantise(total))


def indicator_networks(
    circle: Circle, table: Sequence[int], separators: Sequence[Neuron], offset: int
) -> IndicatorNetworks:
    """The proof's neurons for an activation that is not constant.

    Args:
        circle: the arithmetic with the residues of the table.
        table: T, for every level.
        separators: first-layer neurons that tell the levels apart.
        offset: c.
    """
    arithmetic = circle.arithmetic
    differ = table[0] != table[-1]
    other = next(k for k in _by_size(arithmetic) if table[k - arithmetic.lowest] != table[0])
    middle = Pulse(other, _bias(arithmetic, other), 1)
    pulses = _bezout(
        [
            (k, table[k - arithmetic.lowest] - table[0])
            for k in _by_size(arithmetic)
            if table[k - arithmetic.lowest] != table[0]
        ],
        circle.modulus // arithmetic.unit,
        arithmetic,
    )
    constants = _bezout(
        [
            (k, table[k - arithmetic.lowest])
            for k in _by_size(arithmetic)
            if table[k - arithmetic.lowest]
        ],
        _gcd_of(table),
        arithmetic,
    )
    value = arithmetic.unit * _gcd_of(table)
    times, bias_times = _combination(value, arithmetic.beta)
    edge = max(abs(arithmetic.edges[0]), abs(arithmetic.edges[-1]))
    shift = arithmetic.beta * max(abs(p.bias) for p in (middle, *pulses))
    quantum = lcm(arithmetic.beta, 2 * arithmetic.unit)
    gain = -(-(edge + shift + 1) // quantum) * quantum
    return IndicatorNetworks(
        arithmetic,
        tuple(table),
        tuple(separators),
        gain,
        differ,
        middle,
        pulses,
        circle.modulus,
        offset,
        tuple(Pulse(p.level, p.bias, times * p.times) for p in constants),
        bias_times,
        tuple(_carriers(arithmetic, table, separators)),
    )


def _carriers(
    arithmetic: Arithmetic, table: Sequence[int], separators: Sequence[Neuron]
) -> Iterator[Carrier]:
    """Carriers of the separators' values: those that tell more levels apart than the others."""
    if arithmetic.weight_set != "binary" or arithmetic.bias == "wide":
        return

    def at(total: int) -> int:
        return table[arithmetic.requantise(total) - arithmetic.lowest]

    told = [0] * len(arithmetic.levels)
    for source, neuron in enumerate(separators):
        first = [at(neuron.weight * x + arithmetic.beta * neuron.bias) for x in arithmetic.levels]
        for weight, bias in carriers(first, table, arithmetic):
            shift = arithmetic.beta * bias
            names: dict[tuple[int, int], int] = {}
            finer = [
                names.setdefault((old, at(weight * arithmetic.unit * value + shift)), len(names))
                for old, value in zip(told, first, strict=True)
            ]
            if len(names) > len(set(told)):
                told = finer
                yield Carrier(source, weight, bias)


def _by_size(arithmetic: Arithmetic) -> list[int]:
    return sorted(arithmetic.levels, key=lambda k: (abs(k), k < 0))


def _bias(arithmetic: Arithmetic, level: int) -> int:
    bias = arithmetic.bias_for(level)
    assert bias is not None
    return bias


def _gcd_of(values: Sequence[int]) -> int:
    return gcd(*values)


def _bezout(
    parts: Sequence[tuple[int, int]], goal: int, arithmetic: Arithmetic
) -> tuple[Pulse, ...]:
    """Levels with multiplicities whose values add up to `goal`, their gcd."""
    chosen: list[tuple[int, int]] = []
    reached = 0
    for level, value in parts:
        joint = gcd(reached, value)
        if joint == reached:
            continue
        old, new = _combination(reached, value)
        chosen = [(k, times * old) for k, times in chosen] + [(level, new)]
        reached = joint
        if reached == goal:
            break
    return tuple(Pulse(level, _bias(arithmetic, level), times) for level, times in chosen if times)


def _combination(a: int, b: int) -> tuple[int, int]:
    """x, y with xa + yb = gcd(a, b) ≥ 0.

    >>> _combination(6, -4)
    (-1, -2)
    """
    x, y, u, v = 1, 0, 0, 1
    while b:
        quotient = a // b
        a, b = b, a - quotient * b
        x, u = u, x - quotient * u
        y, v = v, y - quotient * v
    return (x, y) if a >= 0 else (-x, -y)
