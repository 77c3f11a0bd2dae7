"""Arithmetics, activations and functions for the tests of exact networks."""

from functools import cache

import numpy as np

from bitproof.exact.fixed_point import FixedPoint
from bitproof.network import ActivationTable
from bitproof.target.activations import activation_table
from bitproof.theory.arithmetic import Arithmetic

SEVEN = ("sigmoid", "relu", "elu", "softplus", "silu", "mish", "gelu")


def arithmetic(p, s, **choices):
    return Arithmetic.of(FixedPoint.symmetric(p, s), **choices)


@cache
def activation(name, form):
    return activation_table(name, form)


def of_levels(*values):
    return ActivationTable("levels", values)


def one_input(kind, form):
    """random, steps (5 jumps), identity or smooth."""
    rng = np.random.default_rng(2409)
    low, high, levels = form.lowest, form.highest, form.levels
    if kind == "random":
        return rng.integers(low, high + 1, levels)
    if kind == "steps":
        cuts = np.sort(rng.choice(np.arange(1, levels), 5, replace=False))
        return rng.integers(low, high + 1, 6)[np.searchsorted(cuts, np.arange(levels), "right")]
    x = np.arange(low, high + 1)
    return x if kind == "identity" else np.round(high * np.sin(np.pi * x / high)).astype(int)


def two_inputs(kind, form):
    """random, or four boxes one over the other."""
    rng = np.random.default_rng(297)
    low, high, levels = form.lowest, form.highest, form.levels
    if kind == "random":
        return rng.integers(low, high + 1, (levels, levels))
    table = np.zeros((levels, levels), dtype=int)
    for _ in range(4):
        a, b = np.sort(rng.choice(levels + 1, 2, replace=False))
        c, d = np.sort(rng.choice(levels + 1, 2, replace=False))
        table[a:b, c:d] = rng.integers(low, high + 1)
    return table


def levels_of(table):
    return tuple(int(value) for value in np.asarray(table).ravel())
