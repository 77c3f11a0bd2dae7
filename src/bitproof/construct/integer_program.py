"""Small integer programs: HiGHS proposes, integers decide.

Minimise c·x over whole numbers x with bounds on every column (a variable) and every row (a linear
form). HiGHS (Huangfu, Hall, "Parallelizing the dual revised simplex method", 2018; branch and cut)
searches in floating point; what it finds is rounded and then checked here, row by row, in integers,
so an answer satisfies the program exactly. Its lower bound is a float and proves nothing: it is
handed on as what the solver says.

The search is cut off by steps of the solver rather than by time, so that a busy machine searches as
far as a free one; a limit in seconds stands beside it for safety.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bitproof.errors import InputError

NEAR = 1e-6  # by how much rounding may lift the solver's bound


@dataclass(frozen=True, eq=False)
class Row:
    """low ≤ Σ coefficients·x[columns] ≤ high; None is no bound."""

    columns: Sequence[int]
    coefficients: Sequence[int]
    low: int | None
    high: int | None

    def form(self, values: Sequence[int]) -> int:
        """Σ coefficients·x[columns]."""
        return sum(int(a) * values[j] for j, a in zip(self.columns, self.coefficients, strict=True))


@dataclass(frozen=True, eq=False)
class IntegerProgram:
    """Minimise Σ costs·x over whole numbers x.

    Attributes:
        costs: one for each column.
        lower, upper: the bounds of each column; None is no bound.
        rows: the constraints.

    Raises:
        InputError: lists of different lengths, or a column that does not exist.
    """

    costs: Sequence[int]
    lower: Sequence[int | None]
    upper: Sequence[int | None]
    rows: Sequence[Row]

    def __post_init__(self) -> None:
        columns = len(self.costs)
        if not len(self.lower) == len(self.upper) == columns:
            raise InputError(
                f"{columns} costs, {len(self.lower)} lower and {len(self.upper)} upper bounds",
                remedy="one of each for every column",
            )
        for number, row in enumerate(self.rows):
            if len(row.columns) != len(row.coefficients):
                raise InputError(
                    f"row {number}: {len(row.columns)} columns, {len(row.coefficients)} numbers",
                    remedy="a coefficient for every column",
                )
            if len(row.columns) and not 0 <= min(row.columns) <= max(row.columns) < columns:
                raise InputError(
                    f"row {number} names a column that is not one of {columns}",
                    remedy="columns are counted from 0",
                )

    def allows(self, values: Sequence[int]) -> bool:
        """Whether whole numbers satisfy every bound and row, in integers.

        >>> program = IntegerProgram([1], [0], [9], [Row([0], [2], 5, None)])
        >>> program.allows([3]), program.allows([2])
        (True, False)
        """
        if len(values) != len(self.costs):
            return False
        return all(map(_within, self.lower, values, self.upper)) and all(
            _within(row.low, row.form(values), row.high) for row in self.rows
        )

    def cost(self, values: Sequence[int]) -> int:
        """c·x."""
        return sum(c * x for c, x in zip(self.costs, values, strict=True) if c and x)


@dataclass(frozen=True)
class Effort:
    """When the search ends, if it has not ended by itself.

    Attributes:
        nodes: of the branching.
        steps: of any kind: nodes, rounds of cuts, pieces of the solver's own heuristics. Counts
            what is done at the root too, where nodes are few and dear.
        seconds: of the clock; only for safety, since what is found then depends on the machine.
        heuristics: the share of the work that goes into them, 0 to 1. Much of it finds good answers
            early, little of it proves bounds early.
    """

    nodes: int = 10_000
    steps: int = 1_000_000
    seconds: float = 60.0
    heuristics: float = 0.05


@dataclass(frozen=True)
class IntegerAnswer:
    """Whole numbers that satisfy a program, checked in integers.

    Attributes:
        values: x.
        cost: c·x.
        bound: the solver's lower bound of the cost: a float, no proof.
        finished: whether the solver says that nothing is better.
    """

    values: tuple[int, ...]
    cost: int
    bound: float
    finished: bool


def solve(
    program: IntegerProgram, *, effort: Effort, start: Sequence[int] | None = None
) -> IntegerAnswer | None:
    """The best whole numbers found within an effort; None if none were found.

    Args:
        program: what is to be solved.
        effort: when to stop.
        start: whole numbers to begin with, ignored if they do not satisfy the program. The answer
            is never worse than they are.

    Raises:
        KeyboardInterrupt: Ctrl-C; the solver has been stopped.

    Coins of 3 and 7 that make 23, as few as possible:

    >>> coins = IntegerProgram([1, 1], [0, 0], [None, None], [Row([0, 1], [3, 7], 23, 23)])
    >>> solve(coins, effort=Effort())
    IntegerAnswer(values=(3, 2), cost=5, bound=5.0, finished=True)
    """
    from bitproof.construct.integer_program_highs import search

    known = tuple(int(x) for x in start) if start is not None else None
    if known is not None and not program.allows(known):
        known = None
    found, bound = search(program, effort, known)
    proposals = [x for x in (found, known) if x is not None and program.allows(x)]
    if not proposals:
        return None
    best = min(proposals, key=program.cost)
    cost = program.cost(best)
    return IntegerAnswer(best, cost, min(bound, float(cost)), bound > cost - 1 + NEAR)


@dataclass(frozen=True)
class Relaxation:
    """The least cost over real numbers, as the solver says: floats that prove nothing, to compare
    programs and columns with.

    Attributes:
        cost: c·x.
        reduced: what one of each column would add to it.
    """

    cost: float
    reduced: tuple[float, ...]


def relaxed(program: IntegerProgram) -> Relaxation | None:
    """The program over real numbers; None if no optimum was found.

    >>> relaxed(IntegerProgram([1, 1], [0, 0], [None, None], [Row([0, 1], [2, 1], 5, None)]))
    Relaxation(cost=2.5, reduced=(0.0, 0.5))
    """
    from bitproof.construct.integer_program_highs import optimum

    found = optimum(program)
    return None if found is None else Relaxation(*found)


def _within(low: int | None, value: int, high: int | None) -> bool:
    return (low is None or low <= value) and (high is None or value <= high)
