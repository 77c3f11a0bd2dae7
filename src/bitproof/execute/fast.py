"""The fast engine: bit-identical to `reference`, in the narrowest machine number that is exact.

The proved ranges choose the carrier; no number of the computation ever leaves it. Four kernels
give the same integers: Python integers for anything small, numpy for medium jobs, compiled code
over a flat program for large ones, and limbs of floats for numbers longer than 63 bits.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Sequence
from fractions import Fraction
from functools import cached_property

import numpy as np

from bitproof.errors import InputError
from bitproof.execute.array_kernel import ArrayKernel
from bitproof.execute.carrier import Carrier
from bitproof.execute.choice import KernelChoice, Workload
from bitproof.execute.grid import InputGrid
from bitproof.execute.integer_network import IntegerNetwork
from bitproof.execute.kernel import Array, Kernel
from bitproof.execute.program import Program, compile_program
from bitproof.execute.python_kernel import PythonKernel
from bitproof.execute.ranges import RangeAnalysis, analyse
from bitproof.execute.wide_kernel import WideKernel, can_be_wide
from bitproof.network.network import Network

_COMPILED = "bitproof.execute.compiled_kernel"


class Engine:
    """A network made ready for one grid of inputs.

    Attributes:
        analysis: the proved ranges.
        carrier: the machine number everything is held in.
        output_granules: an output is its integer times this, one per output.

    Raises:
        InputError: the grid does not fit the network, or `threads` is not positive.
        RangeError: integers of more than 16,384 bits would be needed.

    >>> from bitproof.exact import Interval
    >>> from bitproof.network import Layer, SparseMatrix, Activation
    >>> hinge = Layer((0,), SparseMatrix.from_dense([[2], [-2]], columns=1), (-1, 1), 2)
    >>> both = SparseMatrix.from_dense([[1, 1]], columns=2)
    >>> network = Network(1, (hinge, Layer((1,), both, (0,), 1, Activation.IDENTITY)))
    >>> grid = InputGrid.on_interval(Interval(Fraction(0), Fraction(1)), Fraction(1, 4))
    >>> engine = Engine(network, grid)
    >>> engine.run(np.array([[0], [1], [2]])).tolist(), engine.output_granules
    ([[2], [1], [0]], (Fraction(1, 4),))
    >>> engine.evaluate([Fraction(1, 4)])
    [(Fraction(1, 4),)]
    """

    def __init__(self, network: Network, grid: InputGrid, threads: int | None = None) -> None:
        if threads is not None and threads < 1:
            raise InputError(f"{threads} threads", remedy="give at least 1")
        self.analysis: RangeAnalysis = analyse(network, grid)
        self.carrier: Carrier = self.analysis.carrier
        self.output_granules = self._integer.output_granules
        self._threads = threads if threads is not None else len(os.sched_getaffinity(0))
        self._granule = grid.step
        self._workload = Workload.of(self._integer, self.carrier)

    @property
    def _integer(self) -> IntegerNetwork:
        return self.analysis.integer

    def run(self, levels: Array) -> Array:
        """The output integers for input levels.

        Args:
            levels: shape (batch, inputs), integers (or Python integers in an object array);
                an input is its level times the grid's step.

        Returns:
            shape (batch, outputs), int64, or object where an output may exceed 63 bits.

        Raises:
            InputError: another shape or type, or a level outside the grid.
        """
        checked = self._checked(levels)
        return self._kernel(len(checked)).run(checked)

    def evaluate(self, xs: Sequence[Fraction]) -> list[tuple[Fraction, ...]]:
        """The exact outputs of a network of one input at points of the grid.

        Raises:
            InputError: several inputs, or a point that is not in the grid.
        """
        if self._integer.inputs != 1:
            raise InputError(
                f"single numbers for a network of {self._integer.inputs} inputs",
                remedy="use run with an array of shape (batch, inputs)",
            )
        levels = np.array([[self._level(Fraction(x))] for x in xs], object).reshape(-1, 1)
        outputs = self.run(levels).tolist()
        return [
            tuple(int(k) * g for k, g in zip(row, self.output_granules, strict=True))
            for row in outputs
        ]

    def _level(self, x: Fraction) -> int:
        level = x / self._granule
        if level.denominator != 1:
            raise InputError(
                f"the input {x} is not a multiple of the grid step {self._granule}",
                remedy="give points of the grid, or make an engine with a finer step",
            )
        return level.numerator

    def _checked(self, levels: Array) -> Array:
        """The levels, int64 where they fit, after comparison with the grid."""
        inputs = self._integer.inputs
        if not isinstance(levels, np.ndarray) or levels.ndim != 2 or levels.shape[1] != inputs:
            shape = getattr(levels, "shape", type(levels).__name__)
            raise InputError(
                f"input levels of shape {shape}", remedy=f"give an array of shape (batch, {inputs})"
            )
        if levels.dtype.kind not in "iuO":
            raise InputError(
                f"input levels of type {levels.dtype}", remedy="give integers: input / grid step"
            )
        if levels.dtype.kind == "O" and not all(type(level) is int for level in levels.flat):
            raise InputError("input levels that are not integers", remedy="give Python integers")
        self._check_ends(levels)
        ends = (*self._integer.input_lower, *self._integer.input_upper)
        if all(-(1 << 63) <= end < 1 << 63 for end in ends):
            return levels.astype(np.int64, copy=False)
        return levels

    def _check_ends(self, levels: Array) -> None:
        if not len(levels):
            return
        ends = zip(self._integer.input_lower, self._integer.input_upper, strict=True)
        for index, (low, high) in enumerate(ends):
            column = levels[:, index]
            for level in (int(column.min()), int(column.max())):
                if not low <= level <= high:
                    raise InputError(
                        f"the level {level} of input {index} is outside {low}..{high}",
                        remedy="the ranges are proved for that grid only; analyse a larger one",
                    )

    def _kernel(self, batch: int) -> Kernel:
        """The kernel that finishes this batch first."""
        choice = self._workload.choose(self.carrier, batch, loaded=_COMPILED in sys.modules)
        if choice is KernelChoice.WIDE and can_be_wide(self._integer):
            return self._wide_kernel
        if choice in (KernelChoice.PYTHON, KernelChoice.WIDE):
            return self._python_kernel
        if choice is KernelChoice.COMPILED and self._compiled_kernel is not None:
            return self._compiled_kernel
        return self._array_kernel

    @cached_property
    def _program(self) -> Program:
        return compile_program(self._integer)

    @cached_property
    def _python_kernel(self) -> Kernel:
        return PythonKernel(self._integer, self._program)

    @cached_property
    def _wide_kernel(self) -> Kernel:
        return WideKernel(self._integer)

    @cached_property
    def _array_kernel(self) -> Kernel:
        return ArrayKernel(self._integer, self.carrier)

    @cached_property
    def _compiled_kernel(self) -> Kernel | None:
        """None where no compiler can be loaded: numpy does the work then."""
        try:
            module = importlib.import_module(_COMPILED)
        except (ImportError, KeyError, RuntimeError):
            # numba raises RuntimeError without a folder for its cache, and KeyError for an option
            # another version does not know.
            return None
        kernel: Kernel = module.CompiledKernel(
            self._integer, self._program, self.carrier, self._threads
        )
        return kernel
