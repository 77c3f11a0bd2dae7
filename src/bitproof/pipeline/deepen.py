"""Depth for precision: an equal network of fewer bits per weight, and the proof of equality."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bitproof.certify.structural import StructuralVerdict, prove_equal
from bitproof.errors import InputError, WorkLimitError
from bitproof.network import Measures, Network, measure, multiplications
from bitproof.pipeline.certify import load
from bitproof.pipeline.folder import save_whole
from bitproof.pipeline.results import sizes_to_dict
from bitproof.transform.depth_precision import Deepened, formats_of
from bitproof.transform.depth_precision import deepen as deepen_to
from bitproof.transform.digits import Splitting
from bitproof.transform.layer_grids import RoundedWeights, round_to_grids

MAX_DIGITS = 1 << 22


@dataclass(frozen=True, slots=True)
class DeepenResult:
    """The outcome of `deepen`.

    Attributes:
        original, network: the network given (rounded first, if that was asked for) and the equal
            one.
        before, after: their sizes.
        deepened: places per layer, rows that needed two channels, the claim.
        proof: the structural proof of equality; its status is `proved` or `undecided`.
        file: where the network was written, if it was.
        seconds: time taken.
        rounded: how the given network was rounded first, if it was.
    """

    original: Network
    network: Network
    before: Measures
    after: Measures
    deepened: Deepened
    proof: StructuralVerdict
    file: Path | None
    seconds: float
    rounded: RoundedWeights | None = None

    @property
    def operations(self) -> tuple[int, int]:
        """Multiplications for one input, before and after."""
        return multiplications(self.original), multiplications(self.network)

    @property
    def status(self) -> str:
        return self.proof.status

    def to_dict(self) -> dict[str, Any]:
        """The JSON object of `bitproof deepen --json`."""
        form = self.original.weight_format
        return {
            "status": self.status,
            "claim": self.deepened.claim.text,
            "reason": self.proof.reason,
            "weight_format": self.deepened.form.name,
            "original_weight_format": None if form is None else form.name,
            "rounded_to_bits": None if self.rounded is None else self.rounded.bits,
            "places": list(self.deepened.places),
            "truncated_rows": self.deepened.truncated_rows,
            "before": sizes_to_dict(self.before) | {"multiplications": self.operations[0]},
            "after": sizes_to_dict(self.after) | {"multiplications": self.operations[1]},
            "file": None if self.file is None else str(self.file),
            "seconds": round(self.seconds, 4),
        }


def deepen(
    network: Network | str | Path,
    *,
    weight_bits: int,
    round_to: int | None = None,
    memory: str = "nonzero",
    nonnegative_inputs: bool = False,
    out: str | Path | None = None,
    force: bool = False,
) -> DeepenResult:
    """An equal network with every weight and bias in one Q(a, b) of `weight_bits` bits.

    Every split a + b + 2 = weight_bits is built, with digits of one sign and of both; the network
    of least memory is kept.

    Args:
        network: a ReLU network with dyadic weights, its file, or an ONNX model.
        round_to: first round the weights to so many bits, a power of two for each layer (no
            distance to the unrounded network is claimed: `quantize` certifies one). What is
            deepened, and what the result equals, is the rounded network.
        memory: the count that chooses among the splits: dense, nonzero or paper.
        nonnegative_inputs: equality is needed for inputs ≥ 0 only.
        out: a network file (`.json` or `.json.gz`).
        force: overwrite it.

    Raises:
        FormatError: a weight is not dyadic, or fewer than 2 bits were asked for.
        InputError: the file exists.
        WorkLimitError: the digits of float weights would be too many.

    >>> from bitproof.network import Activation, Layer, SparseMatrix
    >>> matrix = SparseMatrix.from_dense([[181]], columns=1)
    >>> from bitproof.exact import Q
    >>> fine = Network(1, (Layer((0,), matrix, (7,), 256, Activation.IDENTITY),), Q(-1, 8))
    >>> result = deepen(fine, weight_bits=3)
    >>> result.status, result.network.weight_format.bits
    ('proved', 3)
    """
    start = time.perf_counter()
    target = None if out is None else Path(out)
    if target is not None and target.exists() and not force:
        raise InputError(f"{target} exists", remedy="name another file, or add --force")
    given = network if isinstance(network, Network) else load(network)
    rounded = None if round_to is None else round_to_grids(given, round_to)
    original = given if rounded is None else rounded.network
    _check_size(original, weight_bits)
    candidates = [
        deepen_to(original, form, nonnegative_inputs=nonnegative_inputs, splitting=splitting)
        for form in formats_of(weight_bits)
        for splitting in Splitting
    ]
    sized = [(measure(candidate.network), candidate) for candidate in candidates]
    after, best = min(sized, key=lambda pair: (pair[0].bits(memory), pair[0].depth))
    proof = prove_equal(original, best.network, nonnegative_inputs=nonnegative_inputs)
    if target is not None:
        save_whole(best.network, target)
    seconds = time.perf_counter() - start
    return DeepenResult(
        original, best.network, measure(original), after, best, proof, target, seconds, rounded
    )


def _check_size(network: Network, weight_bits: int) -> None:
    """Raises WorkLimitError: a deep network of very many digits, as float weights have."""
    digits = sum(
        layer.matrix.nonzero_entries * -(-(layer.denominator.bit_length() - 1) // weight_bits)
        for layer in network.layers
    )
    if digits > MAX_DIGITS:
        bits = max(layer.denominator.bit_length() - 1 for layer in network.layers)
        raise WorkLimitError(
            f"weights of up to {bits} fraction bits would become {digits} digits",
            remedy="round them first: --round-to 8 (round_to=8), or deepen what quantize wrote",
        )
