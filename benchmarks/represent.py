"""Exact fixed-point networks: sizes and times beside bitproof's specification.

    python benchmarks/represent.py [--quick]

For every activation, format and kind of table: hidden neurons / non-zero weights and seconds. The
tables are seeded; every network is run on every input. `spec` are the sizes measured when the
constructions were specified, for other random tables of the same kinds.
"""

from __future__ import annotations

import argparse
import itertools
import time

import numpy as np

from bitproof.construct.fixed_point import represent
from bitproof.errors import NoDesignError
from bitproof.exact.fixed_point import FixedPoint
from bitproof.pipeline.represent import verify
from bitproof.target.activations import activation_table
from bitproof.theory.arithmetic import Arithmetic

SEVEN = ("sigmoid", "relu", "elu", "softplus", "silu", "mish", "gelu")
FORMATS = ((3, 4), (4, 8), (7, 16))
# (dims, p, s, kind): sizes with full weights, in the order of SEVEN.
SPEC = {
    (1, 3, 4, "random"): "30/59 19/38 22/43 15/29 33/65 25/49 22/43",
    (1, 3, 4, "steps"): "19/37 13/21 13/21 12/23 14/23 15/24 13/20",
    (1, 4, 8, "random"): "159/2123 71/401 71/351 86/662 77/453 74/435 71/111",
    (1, 4, 8, "steps"): "19/39 11/17 12/18 17/30 13/21 14/24 12/18",
    (1, 7, 16, "random"): "798/46881 508/762 509/763 509/763 509/763 510/765 509/763",
    (1, 7, 16, "steps"): "38/103 10/15 11/16 11/16 11/16 11/16 11/16",
    (2, 3, 4, "random"): "575/2622 287/1535 259/1484 275/1675 299/2499 259/1558 273/1461",
    (2, 3, 4, "boxes"): "25/67 21/39 27/84 20/41 28/65 28/57 24/49",
    (2, 4, 8, "random"): "2588/24393 1018/6325 1077/4613 1175/16186 1090/9723 1029/5766 1067/8200",
    (2, 4, 8, "boxes"): "42/145 27/60 35/76 35/108 35/76 28/61 25/50",
}
BINARY_SPEC = {
    (1, 3, 4): "49-81",
    (1, 4, 8): "117-304",
    (1, 7, 16): "1011-1102, sigmoid 5800",
    (2, 3, 4): "319-722",
    (2, 4, 8): "1180-2162",
}


def function(dims, kind, form, seed):
    """Levels: random, five steps or four disjoint boxes, identity, a sine."""
    rng = np.random.default_rng(seed)
    low, high, levels = form.lowest, form.highest, form.levels
    if kind == "random":
        return rng.integers(low, high + 1, (levels,) * dims)
    if kind == "steps":
        cuts = np.sort(rng.choice(np.arange(1, levels), 5, replace=False))
        return rng.integers(low, high + 1, 6)[np.searchsorted(cuts, np.arange(levels), "right")]
    if kind == "boxes":
        table = np.zeros((levels, levels), dtype=int)
        middle = levels // 2
        for rows in ((0, middle), (middle, levels)):
            for columns in ((0, middle), (middle, levels)):
                a, b = np.sort(rng.choice(np.arange(*rows), 2, replace=False))
                c, d = np.sort(rng.choice(np.arange(*columns), 2, replace=False))
                table[a : b + 1, c : d + 1] = rng.integers(low, high + 1)
        return table
    x = np.arange(low, high + 1)
    return x if kind == "identity" else np.round(high * np.sin(np.pi * x / high)).astype(int)


def row(dims, p, s, kind, name, weights, *, once=True):
    """One network, checked, as text."""
    form = FixedPoint.symmetric(p, s)
    levels = tuple(int(value) for value in function(dims, kind, form, 10 * p + dims).ravel())
    began = time.process_time()
    try:
        found = represent(
            levels,
            activation_table(name, form),
            Arithmetic.of(form, weights=weights, rounding_once=once),
            dims=dims,
        )
    except NoDesignError as error:
        return f"none ({error.problem[:60]})"
    seconds = time.process_time() - began
    verify(found.construction.network, levels, form, dims)
    return f"{found.neurons}/{found.weights} {found.construction.method} {seconds:.1f} s"


def summary(dims, p, s, kind, name, weights, seeds, first):
    """Mean and largest sizes over seeded tables, the fewest neurons and the fewest weights asked
    for, as text; and the specification's sizes, where ours are larger in the mean."""
    form = FixedPoint.symmetric(p, s)
    arithmetic, table = Arithmetic.of(form, weights=weights), activation_table(name, form)
    sizes, seconds = {"neurons": [], "weights": []}, []
    for seed in range(first, first + seeds):
        levels = tuple(int(v) for v in function(dims, kind, form, seed).ravel())
        for minimise, found in sizes.items():
            began = time.process_time()
            made = represent(levels, table, arithmetic, dims=dims, minimise=minimise)
            seconds.append(time.process_time() - began)
            found.append(getattr(made, minimise))
    spec = SPEC.get((dims, p, s, kind), "").split() if weights == "full" else []
    known = spec[SEVEN.index(name)].split("/") if spec else ("", "")
    parts = []
    for (minimise, found), wanted in zip(sizes.items(), known, strict=True):
        mean = sum(found) / len(found)
        above = " ABOVE" if wanted and mean > int(wanted) else ""
        parts.append(f"{minimise} {mean:.1f} (most {max(found)}, spec {wanted or '-'}{above})")
    return f"{'  '.join(parts)}  {sum(seconds) / len(seconds):.2f} s, most {max(seconds):.1f}"


def summaries(asked):
    """A line for every combination that was asked for."""
    for weights, dims in itertools.product(asked.weights, asked.dims):
        for p, s in ((int(n) for n in text.split(",")) for text in asked.formats):
            kinds = ("random", "steps") if dims == 1 else ("random", "boxes")
            for kind, name in itertools.product(kinds, asked.activations):
                if kind in asked.kinds and (dims, p) != (2, 7):
                    text = summary(dims, p, s, kind, name, weights, asked.seeds, asked.first_seed)
                    print(f"{weights:7} d={dims} ({p},{s}) {kind:7} {name:8} {text}", flush=True)


def every_operation(asked):
    """Networks that round after every operation, one of each kind."""
    for dims in asked.dims:
        for p, s in ((int(n) for n in text.split(",")) for text in asked.formats):
            kinds = ("random", "steps", "sine") if dims == 1 else ("random", "boxes")
            for kind, name in itertools.product(kinds, asked.activations):
                if (dims, p) != (2, 7):
                    text = row(dims, p, s, kind, name, "full", once=False)
                    print(f"every   d={dims} ({p},{s}) {kind:7} {name:8} {text}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="two activations, no 7,16 binary")
    parser.add_argument("--weights", nargs="+", default=["full", "binary"])
    parser.add_argument("--dims", nargs="+", type=int, default=[1, 2])
    parser.add_argument("--seeds", type=int, help="means over so many tables of each kind")
    parser.add_argument("--first-seed", type=int, default=1000, help="of these tables")
    parser.add_argument("--formats", nargs="+", default=["3,4", "4,8", "7,16"])
    parser.add_argument("--kinds", nargs="+", default=["random", "steps", "boxes"])
    parser.add_argument("--activations", nargs="+", default=SEVEN)
    parser.add_argument("--every", action="store_true", help="round after every operation")
    quick = parser.parse_args()
    if quick.every:
        every_operation(quick)
        return
    if quick.seeds:
        summaries(quick)
        return
    names = ("relu", "sigmoid") if quick.quick else SEVEN
    for weights in quick.weights:
        for dims in quick.dims:
            kinds = ("random", "steps", "identity", "sine") if dims == 1 else ("random", "boxes")
            for p, s in FORMATS[: 3 if dims == 1 else 2]:
                if quick.quick and (p == 7 or dims == 2) and weights == "binary":
                    continue
                for kind in kinds:
                    for name in names:
                        spec = SPEC.get((dims, p, s, kind), "").split()
                        known = spec[SEVEN.index(name)] if spec and weights == "full" else ""
                        if weights == "binary" and kind == "random":
                            known = BINARY_SPEC[dims, p, s]
                        text = row(dims, p, s, kind, name, weights)
                        print(
                            f"{weights:7} d={dims} ({p},{s}) {kind:8} {name:8} {text}"
                            + (f"   spec {known}" if known else ""),
                            flush=True,
                        )


if __name__ == "__main__":
    main()
