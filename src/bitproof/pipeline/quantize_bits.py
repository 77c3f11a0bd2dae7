"""The bit-width of every layer: the least memory that proves an error, or the least error that
fits a memory."""

from __future__ import annotations

import time
from collections.abc import Callable
from fractions import Fraction

from bitproof.errors import NoDesignError
from bitproof.network import measure
from bitproof.pipeline.quantize_results import Trial
from bitproof.pipeline.quantize_rounding import Rounder, Rounding

FEWEST_BITS, MOST_BITS = 2, 16
Progress = Callable[[float, str], None]
Proves = Callable[[Rounding], bool]


def for_error(
    rounder: Rounder,
    error: Fraction,
    proves: Proves,
    deadline: float,
    progress: Progress | None,
) -> tuple[Rounding, list[Trial]]:
    """The rounding of least memory found that proves the error.

    First the fewest bits for all layers together, by bisection; then layer after layer, the one
    that stores most first, one bit less as long as the error is still proved and there is time.

    Raises:
        NoDesignError: not even 16 bits prove it.
    """
    trials: list[Trial] = []

    def attempt(bits: tuple[int, ...]) -> Rounding | None:
        if progress is not None:
            progress(0.0, f"trying {','.join(map(str, bits))} bits")
        best, _ = rounder.best(tuple(1 << b for b in bits))
        proved = best.attained <= float(error) and proves(best)
        trials.append(best.trial("proves the error" if proved else "does not prove the error"))
        return best if proved else None

    layers = len(rounder.network.layers)
    uniform = _fewest(attempt, layers)
    if uniform is None:
        raise NoDesignError(
            f"the error {error} is not proved with {MOST_BITS}-bit weights",
            remedy="ask for a larger error, a smaller box or more time",
        )
    kept, bits = uniform
    bits, kept = _narrowed(bits, kept, attempt, rounder, deadline)
    return kept, trials


def _fewest(
    attempt: Callable[[tuple[int, ...]], Rounding | None], layers: int
) -> tuple[Rounding, tuple[int, ...]] | None:
    """The fewest bits for all layers, by bisection; None if the most are not enough."""
    low, high = FEWEST_BITS, MOST_BITS
    found: tuple[Rounding, tuple[int, ...]] | None = None
    while low <= high:
        middle = (low + high) // 2
        bits = (middle,) * layers
        made = attempt(bits)
        if made is None:
            low = middle + 1
        else:
            found, high = (made, bits), middle - 1
    return found


def _narrowed(
    bits: tuple[int, ...],
    kept: Rounding,
    attempt: Callable[[tuple[int, ...]], Rounding | None],
    rounder: Rounder,
    deadline: float,
) -> tuple[tuple[int, ...], Rounding]:
    """One bit less in one layer after the other, as long as the error is proved."""
    stored = [layer.matrix.stored_entries for layer in rounder.network.layers]
    for place in sorted(range(len(bits)), key=lambda layer: -stored[layer]):
        while bits[place] > FEWEST_BITS and time.monotonic() < deadline:
            fewer = (*bits[:place], bits[place] - 1, *bits[place + 1 :])
            made = attempt(fewer)
            if made is None:
                break
            bits, kept = fewer, made
    return bits, kept


def for_memory(
    rounder: Rounder, memory: int, deadline: float, progress: Progress | None
) -> tuple[Rounding, list[Trial]]:
    """The rounding of least certified error found whose dense count fits a memory.

    First the most bits for all layers that fit; then single layers get more, the smallest first,
    where the certified error comes down and it still fits.

    Raises:
        NoDesignError: not even 2 bits a weight fit.
    """
    trials: list[Trial] = []
    layers = len(rounder.network.layers)
    kept: Rounding | None = None
    bits = (FEWEST_BITS,) * layers
    for count in range(MOST_BITS, FEWEST_BITS - 1, -1):
        if progress is not None:
            progress(0.0, f"trying {count} bits")
        if _at_least(rounder, count) > memory:
            continue
        made, _ = rounder.best((1 << count,) * layers)
        if measure(made.network).dense_bits <= memory:
            kept, bits = made, (count,) * layers
            trials.append(made.trial("fits"))
            break
    if kept is None:
        raise NoDesignError(
            f"{memory} bits are too few for {_at_least(rounder, FEWEST_BITS)} at 2 bits a weight",
            remedy="allow more memory",
        )
    stored = [layer.matrix.stored_entries for layer in rounder.network.layers]
    for place in sorted(range(layers), key=lambda layer: stored[layer]):
        while bits[place] < MOST_BITS and time.monotonic() < deadline:
            more = (*bits[:place], bits[place] + 1, *bits[place + 1 :])
            made, _ = rounder.best(tuple(1 << b for b in more))
            fits = measure(made.network).dense_bits <= memory
            better = fits and made.bound < kept.bound
            trials.append(made.trial("taken" if better else "no better" if fits else "too large"))
            if not better:
                break
            bits, kept = more, made
    return kept, trials


def _at_least(rounder: Rounder, bits: int) -> int:
    return bits * sum(layer.matrix.stored_entries for layer in rounder.network.layers)
