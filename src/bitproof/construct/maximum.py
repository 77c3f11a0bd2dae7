"""The largest of many values as a sum: max(z_1, ..., z_k)⁺ = Σ D_i, D_i = relu(z_i - Σ_{j<i} D_j).

*Proof.* By induction Σ_{j≤i} D_j = max(Σ_{j<i} D_j, z_i) = max(z_1, ..., z_i, 0). ∎

Nothing but weights -1 is needed, the z_i stay pre-activations, and no value is scaled. Groups of a
few, then groups of groups: between levels the sums are read with one positive weight.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from bitproof.network.wiring import Term, Wiring

UNIT = Fraction(1)
ARITIES = range(2, 13)
GAIN_EDGES = 15
"""About what undoing one more level costs where 1 is no weight."""


def maximum(wiring: Wiring, values: Sequence[list[Term]]) -> tuple[int, Fraction]:
    """A neuron that is the positive part of the largest value, divided by the factor returned.

    Args:
        values: codebook edges of every value, no source twice in one.

    >>> from bitproof.exact.weight_format import Codebook
    >>> from bitproof.execute.reference import evaluate
    >>> wiring = Wiring(Codebook.linear(2), inputs=3)
    >>> top, factor = maximum(wiring, [[(node, UNIT / 2)] for node in wiring.inputs])
    >>> network = wiring.output([(top, factor)])
    >>> evaluate(network, [Fraction(1, 3), Fraction(1), Fraction(0)])
    (Fraction(1, 2),)
    """
    share = _share(wiring)
    if -UNIT not in wiring.form:
        return _tournament(wiring, [wiring.neuron(edges) for edges in values])
    arity = best_arity(len(values), 0 if share == 1 else GAIN_EDGES)
    groups, factor = _grouped(wiring, list(values), arity), UNIT
    while len(groups) > 1:
        summed = [[(node, share) for node in group] for group in groups]
        groups, factor = _grouped(wiring, summed, arity), factor / share
    if len(groups[0]) == 1:
        return groups[0][0], factor
    return wiring.neuron([(node, share) for node in groups[0]]), factor / share


def best_arity(count: int, gain: int) -> int:
    """Group size with the fewest edges, `gain` edges for every level above the first.

    >>> best_arity(3, 15), best_arity(100, 15), best_arity(100, 0)
    (3, 3, 2)
    """
    return min(ARITIES, key=lambda arity: (edges_of(count, arity, gain), arity))


def edges_of(count: int, arity: int, gain: int) -> int:
    """Edges between values, over all levels."""
    total = 0
    while count > 1:
        full, rest = divmod(count, arity)
        total += full * arity * (arity - 1) // 2 + rest * (rest - 1) // 2 + count + gain
        count = full + (rest > 0)
    return total


def _share(wiring: Wiring) -> Fraction:
    return UNIT if UNIT in wiring.form else Fraction(1, wiring.kit.base)


def _grouped(wiring: Wiring, values: list[list[Term]], arity: int) -> list[list[int]]:
    groups = []
    for start in range(0, len(values), arity):
        group: list[int] = []
        for edges in values[start : start + arity]:
            group.append(wiring.neuron([*edges, *((node, -UNIT) for node in group)]))
        groups.append(group)
    return groups


def _tournament(wiring: Wiring, level: list[int]) -> tuple[int, Fraction]:
    """Pairs max(a, b) = b + relu(a - b), scaled by b^-2 a round, where -1 is no weight."""
    part, factor = Fraction(1, wiring.kit.base), UNIT
    while len(level) > 1:
        following = []
        for a, b in zip(level[::2], level[1::2], strict=False):
            rise = wiring.combination([(a, part), (b, -part)])
            following.append(wiring.combination([(rise, part), (wiring.scaled(b, part), part)]))
        if len(level) % 2:
            following.append(wiring.scaled(wiring.scaled(level[-1], part), part))
        level, factor = following, factor / part**2
    return level[0], factor
