"""What a saturating output neuron adds where a box's neuron is 0 under a weight everywhere else."""

from __future__ import annotations

from dataclasses import dataclass

from bitproof.theory.step_gates import Gates

TRIED = 6


@dataclass(frozen=True)
class Coins:
    """A box's neuron is at level + 1 on the box and `level` elsewhere (`high`), or the other way
    round; with the weights of a value, in their order, it takes the output from its bias there."""

    level: int
    high: bool
    weights: dict[int, tuple[int, ...]]


def coins_for(gates: Gates, start: int, values: set[int]) -> Coins | None:
    """Weights that are 0 off the box and lead from a level to each of the values, with few moves
    in all; None if no two neighbours of T have such weights."""
    ranked = sorted(
        ((level, high) for level in range(gates.low, gates.high) for high in (True, False)),
        key=lambda choice: (-len(_steps(gates, *choice)), choice),
    )
    best: tuple[int, Coins] | None = None
    for level, high in ranked[:TRIED]:
        ways = _ways(_steps(gates, level, high), start, gates)
        if not values <= ways.keys():
            continue
        found = {value: ways[value] for value in values}
        cost = sum(map(len, found.values()))
        if best is None or cost < best[0]:
            best = cost, Coins(level, high, found)
    return None if best is None else best[1]


def _steps(gates: Gates, level: int, high: bool) -> dict[int, int]:  # noqa: FBT001
    """For every product on the box of a weight that is 0 off it: the weight."""
    off, on = (level, level + 1) if high else (level + 1, level)
    found: dict[int, int] = {}
    for weight in gates.weights:
        if gates.fed(weight, off) == 0 and (step := gates.fed(weight, on)):
            found.setdefault(step, weight)
    return found


def _ways(steps: dict[int, int], start: int, gates: Gates) -> dict[int, tuple[int, ...]]:
    """Fewest weights from a level to every level that they reach, by saturating sums."""
    found: dict[int, tuple[int, ...]] = {start: ()}
    front = [start]
    while front:
        following = []
        for level in front:
            for step, weight in steps.items():
                to = min(max(level + step, gates.low), gates.high)
                if to not in found:
                    found[to] = (*found[level], weight)
                    following.append(to)
        front = following
    return found
