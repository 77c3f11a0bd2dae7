"""How strings are put into the weights of a column that is selected or not."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

import numpy as np

from bitproof.exact.weight_format import Q

STEP = Fraction(1, 2)
ONE = Fraction(1)
MOST_ROWS = 512


@dataclass(frozen=True, slots=True)
class Gate:
    """How strings are put into weights: one column's neuron is relu(u·α·Σk·e + λ·S - bias).

    Attributes:
        pulse: S in the column that is selected, 0 in the others.
        shifts: for every residue m modulo 2^w that can be left out, (λ, bias): with them the
            integer is k + m + 2^(w-1), and m is the one residue that no k makes.
        plain: (shift, λ, bias) for strings shorter than a weight: the integer is k + shift.
    """

    pulse: Fraction
    shifts: tuple[tuple[int, Fraction, Fraction], ...]
    plain: tuple[int, Fraction, Fraction]


@lru_cache(maxsize=64)
def gate_of(form: Q, height: Fraction) -> Gate:
    """The first pulse with which enough residues can be left out, or else the most."""
    best: Gate | None = None
    for twice in range(1, form.largest_numerator + 1):
        made = _gate(form, height, twice)
        if made is None:
            continue
        if best is None or len(made.shifts) > len(best.shifts):
            best = made
        if len(best.shifts) > min(MOST_ROWS, (1 << form.bits) - 1):
            break
    assert best is not None
    return best


def _gate(form: Q, height: Fraction, twice: int) -> Gate | None:
    """Bias and λ for every shift, for a pulse of twice/2."""
    most = form.largest_numerator
    # in units of 1/8 what a weight of the pulse and a bias add; a step of the string is height/2
    step = int(4 * height)
    biases = np.arange(-(-(step * most) // 4), most + 1)
    shifts = 2 * twice * np.arange(1, most + 1)[:, None] - 4 * biases
    whole, least = shifts % step == 0, shifts // step - most
    short = np.argwhere(whole & (least >= -most) & (least <= 0))
    if not len(short):
        return None
    plain = short[0]
    fits = whole & (least >= 0) & (least < 1 << form.bits)
    weights, places = np.nonzero(fits)
    missed = (least[weights, places] - 1) % (1 << form.bits)
    found, first = np.unique(missed, return_index=True)

    def weight_and_bias(weight: int, place: int) -> tuple[Fraction, Fraction]:
        return (int(weight) + 1) * STEP, -int(biases[place]) * STEP

    return Gate(
        twice * STEP,
        tuple(
            (m, *weight_and_bias(weights[at], places[at]))
            for m, at in zip(found.tolist(), first.tolist(), strict=True)
        ),
        (int(least[tuple(plain)]) + most, *weight_and_bias(*plain)),
    )
