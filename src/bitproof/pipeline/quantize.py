"""A trained network in few bits, and how far it can be from the original, proved."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

from bitproof.certify.difference.at_point import difference_at_point
from bitproof.certify.difference.exact import outputs_at
from bitproof.certify.difference.prove import certify_class, certify_difference
from bitproof.errors import InputError
from bitproof.network import Network, measure
from bitproof.pipeline.certify import load
from bitproof.pipeline.folder import check_writable
from bitproof.pipeline.quantize_bits import for_error, for_memory
from bitproof.pipeline.quantize_request import Case, InputKind, read_cases
from bitproof.pipeline.quantize_results import CaseResult, QuantizeResult, Trial
from bitproof.pipeline.quantize_rounding import Menu, Rounder, Rounding, read_symbols
from bitproof.pipeline.request import Number, read_error, read_number
from bitproof.transform.few_bits import DEFAULT_BIAS_BITS

Progress = Callable[[float, str], None]
Draw = Callable[[QuantizeResult, Path], dict[str, str]]
DEFAULT_TIME_LIMIT = 60.0
DEFAULT_WEIGHT_BITS = 8
SEARCH_SHARE = 0.6  # of the time, for finding bit-widths; the rest certifies the result


def quantize(
    model: Network | str | Path,
    *,
    weight_bits: int | None = None,
    codebook: str | None = None,
    max_error: Number | None = None,
    memory: int | None = None,
    scale: str = "auto",
    rounding: str = "auto",
    bias_bits: int = DEFAULT_BIAS_BITS,
    box: Path | str | Sequence[tuple[Number, Number]] | None = None,
    radius: Number | None = None,
    around: Path | str | Sequence[Sequence[Number]] | None = None,
    inputs: str = "real",
    slack: Number = Fraction(1, 10),
    time_limit: float = DEFAULT_TIME_LIMIT,
    journal: Path | str | None = None,
    out: Path | str | None = None,
    force: bool = False,
    progress: Progress | None = None,
    draw: Draw | None = None,
) -> QuantizeResult:
    """Rounds a network's weights to few bits and certifies the difference on boxes of inputs.

    Args:
        model: a network, its file, or an ONNX model.
        weight_bits: of every weight (8 if nothing else is asked for).
        codebook: `ternary` or `binary`, times a power of two.
        max_error: instead: the least memory found, layer by layer, that proves this error for
            every output on every box. With `weight_bits` as well: prove or refute it.
        memory: instead: the least certified error found in this many bits (dense count).
        scale: what shares a power of two: network, layer, channel, or the best of them (auto).
        rounding: nearest, greedy (error-compensating), or the better one (auto).
        bias_bits: of every bias.
        box: a file with a line `lower,upper` for each input, or the pairs.
        radius: boxes of this half-width around the listed inputs.
        around: a file with a line of numbers for each listed input (a label may stand first), or
            the numbers.
        inputs: `real`; `uint8`: numbers 0…255 stand for k/255; or a format Qm.n. The last two
            say where inputs lie, so that every input can be certified without a box.
        slack: how far above the attained difference a proved bound may stay, relatively.
        time_limit: seconds for searching; rounding, the first bounds of every box and the files
            come on top.
        journal: a file that keeps the search of a single box, to resume it.
        out: a folder for the network, the certificate, ONNX and C.
        force: replace files in it.
        progress: called with a fraction and a text.
        draw: writes more files into the folder (the page) and names them by kind.

    Raises:
        InputError: no box of inputs, or something that does not fit the network.
        NoDesignError: the error or the memory cannot be met.

    >>> from bitproof.network import Activation, Layer, SparseMatrix
    >>> matrix = SparseMatrix.from_dense([[93, -41], [50, 77]], columns=2)
    >>> model = Network(2, (Layer((0,), matrix, (3, 0), 128, Activation.IDENTITY),))
    >>> result = quantize(model, weight_bits=4, box=[(-1, 1), (-1, 1)])
    >>> result.status, result.upper < Fraction(1, 8), result.network.weight_format.name
    ('proved', True, '4-bit per network')
    """
    start = time.monotonic()
    if out is not None:
        check_writable(Path(out), force=force)
    network = model if isinstance(model, Network) else load(model)
    kind = InputKind.parse(inputs)
    cases = read_cases(network.inputs, kind, box, radius, around)
    error = None if max_error is None else read_error(max_error)
    if time_limit <= 0:
        raise InputError(f"the time limit {time_limit}", remedy="give a positive number of seconds")
    if journal is not None and len(cases) != 1:
        raise InputError(f"a journal for {len(cases)} boxes", remedy="give a single box")
    rounder = Rounder(network, cases, Menu.parse(scale, rounding, bias_bits))
    chosen, trials = _chosen(
        rounder,
        read_symbols(weight_bits, codebook),
        error,
        memory,
        lambda made: _proves(rounder, made, cases, error, time_limit),
        start + SEARCH_SHARE * time_limit,
        progress,
    )
    results = _certified(
        rounder,
        chosen.network,
        cases,
        error,
        read_number(slack),
        start + time_limit,
        None if journal is None else Path(journal),
        progress,
    )
    found = QuantizeResult(
        network,
        chosen.network,
        measure(network),
        measure(chosen.network),
        chosen.text,
        error,
        results,
        tuple(trials),
        kind.name,
        time.monotonic() - start,
    )
    if out is None:
        return found
    from bitproof.pipeline.quantize_files import write_quantized

    files, refusals = write_quantized(found, Path(out), force=force, draw=draw)
    return replace(found, files=files, refusals=refusals)


def _chosen(
    rounder: Rounder,
    symbols: int | None,
    error: Fraction | None,
    memory: int | None,
    proves: Callable[[Rounding], bool],
    deadline: float,
    progress: Progress | None,
) -> tuple[Rounding, list[Trial]]:
    """The rounding that is certified, and what else was tried."""
    if memory is not None:
        if symbols is not None or error is not None:
            raise InputError(
                "a memory together with bits or an error", remedy="give one of the three"
            )
        return for_memory(rounder, memory, deadline, progress)
    if symbols is None and error is not None:
        return for_error(rounder, error, proves, deadline, progress)
    if symbols is None:
        symbols = 1 << DEFAULT_WEIGHT_BITS
    if progress is not None:
        progress(0.0, "rounding")
    best, made = rounder.best((symbols,) * len(rounder.network.layers))
    return best, [one.trial("taken" if one is best else "") for one in made]


def _proves(
    rounder: Rounder,
    made: Rounding,
    cases: Sequence[Case],
    error: Fraction | None,
    time_limit: float,
) -> bool:
    """Whether a rounding proves the error on every box, within a share of the time."""
    first, second = rounder.network, made.network
    if rounder.large and all(case.is_point for case in cases):
        found = (_at_point(first, second, case, error) for case in cases)
        return all(one.difference.status == "proved" for one in found)
    pair = rounder.beside(second)
    share = time_limit * (1 - SEARCH_SHARE) / len(cases) / 2
    for case in cases:
        verdict = certify_difference(
            first, second, case.domain, error=error, time_limit=share, stack=pair
        )
        if verdict.status != "proved":
            return False
    return True


def _certified(
    rounder: Rounder,
    quantized: Network,
    cases: Sequence[Case],
    error: Fraction | None,
    slack: Fraction,
    deadline: float,
    journal: Path | None,
    progress: Progress | None,
) -> tuple[CaseResult, ...]:
    network, results = rounder.network, list[CaseResult]()
    if rounder.large and all(case.is_point for case in cases):
        return tuple(_at_point(network, quantized, case, error) for case in cases)
    pair = rounder.beside(quantized)
    before, after = pair.only(0), pair.only(1)
    for number, case in enumerate(cases):
        left = max(1.0, deadline - time.monotonic()) / (len(cases) - number)
        original = rounded = None
        if case.point is not None:
            original = outputs_at(network, case.point)
            rounded = outputs_at(quantized, case.point)
        kept = kept_before = None
        if original is not None and network.outputs > 1 and not case.is_point:
            chosen = original.index(max(original))
            share = left / 4
            kept = certify_class(quantized, case.domain, chosen, time_limit=share, stack=after)
            kept_before = certify_class(
                network, case.domain, chosen, time_limit=share, stack=before
            )
        difference = certify_difference(
            network,
            quantized,
            case.domain,
            error=error,
            slack=slack,
            time_limit=left / 2 if kept is not None else left,
            journal=journal,
            progress=_scaled(progress, number, len(cases), case.name),
            stack=pair,
        )
        results.append(CaseResult(case, original, rounded, difference, kept, kept_before))
    return tuple(results)


def _at_point(
    network: Network, quantized: Network, case: Case, error: Fraction | None
) -> CaseResult:
    """Exact outputs only: bounding a large layer takes minutes."""
    start, point = time.monotonic(), tuple(side.lower for side in case.domain.sides)
    original, rounded = outputs_at(network, point), outputs_at(quantized, point)
    seconds = time.monotonic() - start
    difference = difference_at_point(case.domain, original, rounded, error=error, seconds=seconds)
    return CaseResult(case, original, rounded, difference, None, None)


def _scaled(progress: Progress | None, number: int, cases: int, name: str) -> Progress | None:
    if progress is None:
        return None
    return lambda fraction, text: progress((number + fraction) / cases, f"{name}: {text}")
