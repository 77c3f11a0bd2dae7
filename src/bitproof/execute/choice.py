"""Which kernel finishes a batch first. A wrong guess costs time, never a bit.

Measured on two shared cores (Xeon, AVX-512), one thread, in seconds per multiplication unless said
otherwise: numpy's product of blocks of 64-wide layers 4e-11 (float32), 8e-11 (float64), 1.5e-9
(int64), 2.5e-9 where it gathers, 4e-6 a layer and block, and 1e-9 a value for bias and ReLU, 6e-9
with rounding; the compiled loops 8e-11, 1.5e-10, 3e-10; Python integers 5e-8.
Loading the compiled loops takes 0.5 s once a process (2-3 s the first time on a machine).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from bitproof.execute.array_kernel import (
    DENSE_SECONDS,
    GATHERED_SECONDS,
    block_rows,
    gathers,
    products,
)
from bitproof.execute.carrier import Carrier
from bitproof.execute.integer_network import IntegerNetwork
from bitproof.network.linear_map import SparseMatrix

PYTHON_SECONDS = 5e-8
ARRAY_CALL_SECONDS = 4e-6
VALUE_SECONDS = 1e-9
ROUNDED_VALUE_SECONDS = 6e-9
COMPILED_SECONDS = {Carrier.FLOAT32: 8e-11, Carrier.FLOAT64: 1.5e-10, Carrier.INT64: 3e-10}
LOADING_SECONDS = 0.5
WIDE_SECONDS, WIDE_SETUP_SECONDS, WIDE_CALL_SECONDS, WIDE_ROWS = 1e-9, 1e-6, 1e-4, 512


class KernelChoice(Enum):
    """The four ways of evaluating."""

    PYTHON = "python"
    ARRAY = "array"
    COMPILED = "compiled"
    WIDE = "wide"


@dataclass(frozen=True, slots=True)
class Workload:
    """What evaluating one input costs.

    Attributes:
        layers: calls of the numpy kernel per block.
        dense: entries of all matrices, zeros included, that numpy multiplies so.
        gathered: weights of the other matrices, which numpy gathers.
        nonzero: weights and biases: what the other kernels multiply.
        values, rounded: neurons of layers without and with rounding.
        rows: inputs in a block of the numpy kernel.
        structured: a layer keeps a structure, which Python integers and the compiled loops would
            take apart.
    """

    layers: int
    dense: int
    gathered: int
    nonzero: int
    values: int
    rounded: int
    rows: int
    structured: bool = False

    @classmethod
    def of(cls, network: IntegerNetwork, carrier: Carrier) -> Workload:
        """The workload of a network in a carrier."""
        layers = network.layers
        gathered = [layer for layer in layers if gathers(layer, carrier)]
        stored = sum(products(layer.matrix) for layer in layers)
        return cls(
            layers=len(layers),
            dense=stored - sum(layer.matrix.stored_entries for layer in gathered),
            gathered=sum(layer.matrix.nonzero_entries for layer in gathered),
            nonzero=sum(layer.matrix.nonzero_entries + layer.width for layer in layers),
            values=sum(layer.width for layer in layers if layer.rescaling is None),
            rounded=sum(layer.width for layer in layers if layer.rescaling is not None),
            rows=block_rows(network, carrier),
            structured=any(not isinstance(layer.matrix, SparseMatrix) for layer in layers),
        )

    def _choose_wide(self, batch: int) -> KernelChoice:
        """Numbers of more than 63 bits: single Python integers or limbs of floats."""
        blocks = -(-batch // WIDE_ROWS)
        limbs = WIDE_CALL_SECONDS * self.layers * blocks + WIDE_SECONDS * self.nonzero * batch
        limbs += WIDE_SETUP_SECONDS * self.nonzero
        python = PYTHON_SECONDS * self.nonzero * batch
        return KernelChoice.WIDE if self.structured or limbs < python else KernelChoice.PYTHON

    def choose(self, carrier: Carrier, batch: int, *, loaded: bool) -> KernelChoice:
        """The kernel with the least forecast time. `loaded`: the compiled loops are at hand.

        >>> long = Workload(10**5, 4 * 10**5, 0, 5 * 10**5, values=2 * 10**5, rounded=0, rows=2048)
        >>> [long.choose(Carrier.FLOAT32, n, loaded=False).value for n in (1, 1000)]
        ['python', 'compiled']
        >>> wide = Workload(3, 67_840, 0, 68_000, values=513, rounded=0, rows=64)
        >>> wide.choose(Carrier.FLOAT32, 10**6, loaded=True).value
        'array'
        """
        if carrier is Carrier.PYTHON:
            return self._choose_wide(batch)
        if self.structured:
            return KernelChoice.ARRAY
        blocks = -(-batch // self.rows)
        seconds = {
            KernelChoice.PYTHON: PYTHON_SECONDS * self.nonzero * batch,
            # Setting the numpy kernel up takes about three times as long as a block's calls.
            KernelChoice.ARRAY: ARRAY_CALL_SECONDS * self.layers * (blocks + 3)
            + (DENSE_SECONDS[carrier] * self.dense + GATHERED_SECONDS * self.gathered) * batch
            + (VALUE_SECONDS * self.values + ROUNDED_VALUE_SECONDS * self.rounded) * batch,
            KernelChoice.COMPILED: COMPILED_SECONDS[carrier] * self.nonzero * batch
            + (0 if loaded else LOADING_SECONDS)
            + PYTHON_SECONDS * self.nonzero,
        }
        return min(seconds, key=lambda choice: seconds[choice])
