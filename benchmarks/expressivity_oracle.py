"""The decision of expressivity against the oracle, on as many cases as a few minutes allow.

    python benchmarks/expressivity_oracle.py [--quick]

For every case the oracle computes the closure of all functions that networks of any size compute,
without the theorems, and compares the verdict and the whole set of functions with Theorem A.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from itertools import chain, product
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.theory.activations import NEAREST, symmetric
from tests.theory.oracle_cases import (
    Case,
    Tally,
    asymmetric,
    few_weights,
    named,
    three_levels,
    two_inputs,
)

from bitproof.theory.arithmetic import Arithmetic
from bitproof.theory.closure_of_steps import closure_of_steps
from bitproof.theory.expressivity import decide

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
    _steps()


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


def _steps() -> None:
    """Rounding after every operation: the necessary condition against the enumeration."""
    counts: dict[tuple[bool, str, bool], int] = {}
    for s, rule in product(range(1, 9), NEAREST):
        arithmetic = Arithmetic.of(symmetric(1, s, rule), rounding_once=False)
        for table in product((-1, 0, 1), repeat=3):
            universal = closure_of_steps(table, arithmetic).universal
            key = (s == 1, decide(table, arithmetic).verdict, universal)
            counts[key] = counts.get(key, 0) + 1
    print("\nrounding after every operation, p=1: all 27 tables, s=1..8, 5 ties")
    for (within, verdict, universal), count in sorted(counts.items()):
        reach = "s within the weights" if within else "s beyond the weights"
        found = "universal" if universal else "not universal"
        print(f"  {reach}: decided {verdict}, enumerated {found}: {count}")


if __name__ == "__main__":
    main()
