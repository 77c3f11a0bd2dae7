"""The decision of expressivity against the oracle, on as many cases as a few minutes allow.

    python benchmarks/expressivity_oracle.py [--quick]

For every case the oracle computes the closure of all functions that networks of any size compute,
without the theorems, and compares the verdict and the whole set of functions with Theorem A.
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Callable, Iterator
from itertools import chain, product
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.theory.activations import NEAREST, Table, random_table, symmetric
from tests.theory.oracle_cases import (
    Case,
    Tally,
    asymmetric,
    few_weights,
    named,
    three_levels,
    two_inputs,
)
from tests.theory.oracle_of_steps import enumerated, forbidden

from bitproof.exact.fixed_point import FixedPoint, Rounding
from bitproof.theory.arithmetic import Arithmetic
from bitproof.theory.expressivity import Obstruction, decide

SWEEPS: dict[str, Callable[[], Iterator[Case]]] = {
    "p=1: all 27 tables, s=1..8, 5 ties, 2 biases": lambda: three_levels(range(1, 9)),
    "p=2: named and 24 random, s=1..9, 5 ties": lambda: named(2, range(1, 10), NEAREST, 24),
    "p=3: named and 12 random, s=1..16, 2 ties": lambda: named(3, range(1, 17), NEAREST[:2], 12),
    "p=1, d=2: all tables, s=1..4, 3 ties": lambda: two_inputs(range(1, 5), NEAREST[:3]),
    "p=2, d=2: named and 4 random, s=1..3": lambda: named(2, range(1, 4), NEAREST[:1], 4, inputs=2),
    "asymmetric, 7 rules, bias units": lambda: asymmetric(range(1, 6), 3),
    "binary and ternary weights": lambda: chain(
        few_weights(1, range(1, 4), 27), few_weights(2, range(1, 4), 2)
    ),
}
HEADS = (
    *("cases", "exact", "universal", "not-universal", "undecided", "equal"),
    *("too-large", "disagree", "seconds"),
)
ROW = "{:46}{:>7}{:>7}{:>11}{:>15}{:>11}{:>7}{:>11}{:>10}{:>8}"


def main() -> None:
    step = 10 if "--quick" in sys.argv else 1
    print(ROW.format("sweep", *HEADS))
    total = Tally()
    for name, cases in SWEEPS.items():
        tally, start = Tally(), time.perf_counter()
        for index, case in enumerate(cases()):
            if index % step == 0:
                tally.add(case)
        for field in vars(total):
            setattr(total, field, getattr(total, field) + getattr(tally, field))
        print(_row(name, tally, time.perf_counter() - start), flush=True)
    print(_row("all", total, None))
    _steps(step)


def _row(name: str, tally: Tally, seconds: float | None) -> str:
    return ROW.format(
        name,
        tally.cases,
        tally.exact,
        tally.universal,
        tally.not_universal,
        tally.undecided,
        tally.equal,
        tally.too_large,
        tally.disagreements,
        "" if seconds is None else f"{seconds:.1f}",
    )


def _steps(step: int) -> None:
    """Rounding after every operation: Theorem E against the enumeration of all networks."""
    sweeps = {
        "p=1, all functions: 27 tables, s=1..8, 5 ties": _three_levels_stepwise(),
        "p=2, functions on three inputs: 2,000 random": _on_some_inputs(2, 2_000),
        "p=3, functions on two inputs: 1,000 random": _on_some_inputs(3, 1_000, 2),
        "asymmetric, 7 rules, on two inputs: 2,000 random": _on_some_inputs(0, 2_000, 2),
    }
    print("\nrounding after every operation")
    for name, cases in sweeps.items():
        counts: dict[tuple[str, str], int] = {}
        for index, (arithmetic, table, points) in enumerate(cases):
            if index % step:
                continue
            answer = decide(table, arithmetic, witness=False)
            found = enumerated(table, arithmetic, points)
            computed = "all" if found.all() else "not all"
            if answer.witness is not None and forbidden(answer, arithmetic, points, found):
                computed += ", not the named function"
            counts[answer.verdict, computed] = counts.get((answer.verdict, computed), 0) + 1
        print(f"  {name}")
        for (verdict, computed), count in sorted(counts.items()):
            print(f"    decided {verdict}, enumerated {computed}: {count}", flush=True)


StepCase = tuple[Arithmetic, Table, list[tuple[int, ...]]]


def _three_levels_stepwise() -> Iterator[StepCase]:
    for s, rule in product(range(1, 9), NEAREST):
        arithmetic = Arithmetic.of(symmetric(1, s, rule), rounding_once=False)
        for table in product((-1, 0, 1), repeat=3):
            yield arithmetic, table, [(x,) for x in arithmetic.levels]


def _on_some_inputs(p: int, number: int, inputs: int = 3) -> Iterator[StepCase]:
    """Random formats, scales and tables, and some inputs: those of the named function first."""
    generator = random.Random(p)
    for _ in range(number):
        if p:
            form = symmetric(p, generator.randint(1, 2 ** (p + 1)), generator.choice(NEAREST))
        else:
            ends = -generator.randint(0, 5), generator.randint(1, 5)
            form = FixedPoint(*ends, generator.randint(1, 8), generator.choice(tuple(Rounding)))
        weights = generator.choice(("full", "ternary"))
        arithmetic = Arithmetic.of(form, rounding_once=False, weights=weights)
        table = random_table(form, generator)
        witness = decide(table, arithmetic, witness=False).witness
        named = [x for x, _ in witness.function] if isinstance(witness, Obstruction) else []
        if any(len(x) > 1 for x in named):  # an exclusive or of two inputs
            yield arithmetic, table, named
            continue
        if len(named) > inputs:
            named = []
        others = [(x,) for x in arithmetic.levels if (x,) not in named]
        more = generator.sample(others, min(len(others), inputs - len(named)))
        yield arithmetic, table, sorted([*named, *more])


if __name__ == "__main__":
    main()
