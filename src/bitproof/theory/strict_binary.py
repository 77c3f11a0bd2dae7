"""Weights -1 and +1 with biases that are levels: when every two inputs are told apart.

A first-layer neuron reads u = ±x1 ± ... ± xd + b with A ≤ b ≤ B. What it can tell of two sums σ
and σ' is row(σ) = (T(clamp(σ + b)))_b and, with all signs turned, row(-σ): call both key(σ). Let
L = max(-A, B), Λ = max(L, 2L - 2).

Lemma 2. If key(σ) ≠ key(σ') for all σ ≠ σ' but those of one sign that are both beyond Λ, then
first-layer neurons separate all inputs, of any number of inputs.

Proof. Let x ≠ x', z = x - x'. Choose signs ε one after the other against the partial sum, so that
|ε·x| ≤ L. If ε·z ≠ 0, this is a pair with one sum within L. Otherwise let ρ = ε·x = ε·x' ≥ 0 (turn
all signs), y = εx, y' = εx' by coordinates, I = {i : z_i ≠ 0}.
  a. Some y_i ≥ 0 or y'_i ≥ 0 with i in I, say y_i = max(y_i, y'_i). Turn the sign of i: the sums
     are ρ - 2y_i ≠ ρ - 2y'_i. If y_i < L, the first is within Λ; if y_i = L and y'_i ≥ 0, the
     second; if y_i = L and y'_i < 0, their signs are opposite.
  b. All y_i, y'_i < 0 on I. Turn one i of I: the first sum is t = ρ + 2|y_i|. The positive y_j
     outside I have a sum of at least ρ + |y_i|, so turning them one after another, each of which
     takes at most 2L from both sums, t gets into [-L, L]. The sums still differ, by 2|z_i|.  ∎

For L ≥ 2 the plane already needs it in all cases that were enumerated; for sums of one sign the
points (B, B) and (B - 1, B - 1) do. The same keys at twice the values of T say what a second layer
can carry on.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import combinations
from math import gcd

from bitproof.theory.arithmetic import Arithmetic

Row = tuple[int, ...]
MAX_LEVELS = 1 << 10


def separates_all_points(table: Sequence[int], arithmetic: Arithmetic) -> bool:
    """Whether Lemma 2 applies: neurons ±x1 ... ±xd + b tell all inputs apart, whatever d.

    Args:
        table: T, the output level for every level, ascending.
        arithmetic: binary weights, biases that are levels.

    >>> from bitproof.exact.fixed_point import FixedPoint
    >>> arithmetic = Arithmetic.of(FixedPoint.symmetric(2, 1), bias="same", weights="binary")
    >>> separates_all_points((0, 0, 0, 0, 1, 2, 3), arithmetic)  # relu moves at its end
    True
    >>> separates_all_points((-1, -1, -1, 0, 1, 1, 1), arithmetic)  # sign does not
    False
    """
    if len(table) > MAX_LEVELS or not _is_in_levels(arithmetic):
        return False
    end = len(table)
    near = max(-arithmetic.lowest, arithmetic.highest)
    near = max(near, 2 * near - 2)
    groups: dict[tuple[Row, Row], list[int]] = {}
    for total in range(-end, end + 1):
        groups.setdefault(_key(total, table, arithmetic), []).append(total)
    return not any(
        one * other <= 0 or min(abs(one), abs(other)) <= near
        for group in groups.values()
        for one, other in combinations(group, 2)
    )


def missing_for_strict_binary(table: Sequence[int], arithmetic: Arithmetic) -> str:
    """Why the proof does not cover an activation; empty where whatever the first layer separates
    can be carried to a second one, which also has constants of all values of T.

    A second layer that reads each neuron φ an even number of times can ignore it, or tell apart two
    of its values a, b where key(2a) ≠ key(2b). From the third layer on, constants make every bias
    if those of an even number of constants and of a level do.
    """
    if not _is_in_levels(arithmetic):
        return "binary weights with biases in the format of another unit: sufficiency is not proved"
    values = set(table)
    if len({_key(2 * value, table, arithmetic) for value in values}) < len(values):
        return (
            "binary weights with biases in the format: no second layer carries all values of the "
            "first on; sufficiency is not proved"
        )
    if 2 * gcd(*values) > len(table):
        return "binary weights with biases in the format: constants do not make every bias"
    return ""


def carriers(
    values: Iterable[int], table: Sequence[int], arithmetic: Arithmetic
) -> tuple[tuple[int, int], ...]:
    """(±2, bias) of second-layer neurons T(clamp(±2φ + bias)) that tell all values of φ apart,
    where `missing_for_strict_binary` finds nothing missing."""
    groups = [sorted(set(values))]
    found: list[tuple[int, int]] = []
    while groups := [group for group in groups if len(group) > 1]:
        one, other = groups[0][:2]
        sign, bias = next(
            (sign, bias)
            for sign in (2, -2)
            for bias in sorted(arithmetic.levels, key=abs)
            if _value(sign * one + bias, table, arithmetic)
            != _value(sign * other + bias, table, arithmetic)
        )
        found.append((sign, bias))
        finer: list[list[int]] = []
        for group in groups:
            parts: dict[int, list[int]] = {}
            for value in group:
                key = _value(sign * value + bias, table, arithmetic)
                parts.setdefault(key, []).append(value)
            finer.extend(parts.values())
        groups = finer
    return tuple(found)


def _is_in_levels(arithmetic: Arithmetic) -> bool:
    return arithmetic.beta == arithmetic.scale


def _key(total: int, table: Sequence[int], arithmetic: Arithmetic) -> tuple[Row, Row]:
    """T at the sums of a neuron with every bias, of both signs."""
    biases = arithmetic.levels
    return (
        tuple(_value(total + b, table, arithmetic) for b in biases),
        tuple(_value(-total + b, table, arithmetic) for b in biases),
    )


def _value(total: int, table: Sequence[int], arithmetic: Arithmetic) -> int:
    low, high = arithmetic.lowest, arithmetic.highest
    return table[min(max(total, low), high) - low]
