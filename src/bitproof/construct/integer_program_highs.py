"""HiGHS as it is driven for integer programs: silent, one thread, stopped by steps or by Ctrl-C."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf
from threading import Event, Thread
from typing import TYPE_CHECKING

import highspy
import numpy as np

if TYPE_CHECKING:
    from bitproof.construct.integer_program import Effort, IntegerProgram

POLL_SECONDS = 0.2  # how soon Ctrl-C is seen
GAP = 0.999  # costs are whole numbers: a smaller gap is none


def search(
    program: IntegerProgram, effort: Effort, start: Sequence[int] | None
) -> tuple[tuple[int, ...] | None, float]:
    """What the solver proposes (unchecked) and its lower bound of the cost.

    The solver runs in a thread of its own, since Python acts on Ctrl-C in the main thread and
    between two of its own steps only.
    """
    stop = _Stop(effort.steps)
    solver = _solver(program, effort, stop)
    if start is not None:
        places = np.arange(len(start), dtype=np.int32)
        solver.setSolution(len(start), places, np.array(start, dtype=np.float64))
    ended = Event()  # not `join`, which believes that a thread is over once it was interrupted
    Thread(target=_run, args=(solver, ended), daemon=True).start()
    try:
        while not ended.wait(POLL_SECONDS):
            pass
    except BaseException:
        stop.asked = True
        ended.wait()
        raise
    info = solver.getInfo()
    bound = float(info.mip_dual_bound)
    if info.primal_solution_status != FEASIBLE:
        return None, bound
    values = np.array(solver.getSolution().col_value)
    return tuple(int(x) for x in np.rint(values).tolist()), bound


def optimum(program: IntegerProgram) -> tuple[float, tuple[float, ...]] | None:
    """The least cost over real numbers and the reduced costs (unchecked); None if there is none."""
    solver = _Silent()
    solver.setOptionValue("threads", 1)
    model = _model(program)
    model.integrality_ = []
    solver.passModel(model)
    solver.run()
    if solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        return None
    cost = float(solver.getInfo().objective_function_value)
    return cost, tuple(float(rest) for rest in solver.getSolution().col_dual)


FEASIBLE = int(highspy.SolutionStatus.kSolutionStatusFeasible)


def _run(solver: highspy.Highs, ended: Event) -> None:
    try:
        solver.run()
    finally:
        ended.set()


class _Stop:
    """Ends the search after so many steps, or when asked."""

    def __init__(self, steps: int) -> None:
        self.left = steps
        self.asked = False

    def __call__(self, event: highspy.HighsCallbackEvent) -> None:
        self.left -= 1
        if self.asked or self.left < 0:
            event.interrupt()


class _Silent(highspy.Highs):
    """Nothing is printed; the solver would greet when its callbacks are made ready."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.setOptionValue("output_flag", False)

    def enableCallbacks(self) -> None:  # noqa: N802
        self.setOptionValue("output_flag", False)
        super().enableCallbacks()  # type: ignore[no-untyped-call]


def _solver(program: IntegerProgram, effort: Effort, stop: _Stop) -> highspy.Highs:
    solver = _Silent()
    solver.setOptionValue("threads", 1)
    solver.setOptionValue("mip_max_nodes", effort.nodes)
    solver.setOptionValue("time_limit", effort.seconds)
    solver.setOptionValue("mip_heuristic_effort", effort.heuristics)
    solver.setOptionValue("mip_rel_gap", 0.0)
    solver.setOptionValue("mip_abs_gap", GAP)
    for callback in (solver.cbMipInterrupt, solver.cbSimplexInterrupt):
        callback.subscribe(stop)
    solver.passModel(_model(program))
    return solver


def _model(program: IntegerProgram) -> highspy.HighsLp:
    model = highspy.HighsLp()
    rows = program.rows
    model.num_col_, model.num_row_ = len(program.costs), len(rows)
    model.col_cost_ = np.array(program.costs, dtype=np.float64)
    model.col_lower_ = _bounds(program.lower, -inf)
    model.col_upper_ = _bounds(program.upper, inf)
    model.row_lower_ = _bounds([row.low for row in rows], -inf)
    model.row_upper_ = _bounds([row.high for row in rows], inf)
    model.integrality_ = [highspy.HighsVarType.kInteger] * len(program.costs)
    matrix = model.a_matrix_
    matrix.format_ = highspy.MatrixFormat.kRowwise
    matrix.start_ = np.cumsum([0, *(len(row.columns) for row in rows)], dtype=np.int32)
    matrix.index_ = np.array([j for row in rows for j in row.columns], dtype=np.int32)
    matrix.value_ = np.array([a for row in rows for a in row.coefficients], dtype=np.float64)
    return model


def _bounds(values: Sequence[int | None], missing: float) -> np.ndarray:
    return np.array([missing if value is None else value for value in values], dtype=np.float64)
