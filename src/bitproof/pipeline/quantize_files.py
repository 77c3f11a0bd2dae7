"""The folder of a quantized network: network, ONNX, C, result; whole or not at all."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

from bitproof.errors import BitproofError, RangeError
from bitproof.execute.ranges import InputGrid, analyse
from bitproof.network import save_network
from bitproof.pipeline.files import ONNX_ACCUMULATOR_BITS
from bitproof.pipeline.folder import staged_folder
from bitproof.pipeline.quantize_results import QuantizeResult

FINEST_BITS, COARSEST_BITS = 16, 6
GREY_STEP = Fraction(1, 255)


def write_quantized(
    result: QuantizeResult,
    folder: Path,
    *,
    force: bool,
    draw: Callable[[QuantizeResult, Path], dict[str, str]] | None = None,
) -> tuple[dict[str, Path], dict[str, str]]:
    """Writes the folder; returns its files by kind, and what could not be written and why."""
    names = {"network": "network.json.gz"}
    refusals: dict[str, str] = {}
    with staged_folder(folder, force=force) as staging:
        save_network(result.network, staging / names["network"])
        certificate = result.certificate()
        if certificate is not None:
            certificate.save(staging / "certificate.json.gz")
            names["certificate"] = "certificate.json.gz"
        exported, refusals = _export(result, staging)
        names |= exported
        if draw is not None:
            names |= draw(replace(result, refusals=refusals), staging)
        names["result"] = "result.json"
        summary = result.to_dict() | {"files": names, "refusals": refusals}
        (staging / names["result"]).write_text(json.dumps(summary, indent=1) + "\n")
    return {kind: folder / name for kind, name in names.items()}, refusals


def _export(result: QuantizeResult, staging: Path) -> tuple[dict[str, str], dict[str, str]]:
    from bitproof.interop import export_c, export_onnx

    names: dict[str, str] = {}
    refusals: dict[str, str] = {}
    grid = export_grid(result)
    try:
        export_onnx(result.network, grid, staging / "network.onnx")
        names["onnx"] = "network.onnx"
    except BitproofError as error:
        refusals["onnx"] = str(error)
    try:
        written = export_c(result.network, grid, staging, "network")
        names |= {"c": written.source.name, "header": written.header.name}
    except BitproofError as error:
        refusals["c"] = str(error)
    return names, refusals


def export_grid(result: QuantizeResult) -> InputGrid:
    """The inputs an export computes exactly: k/255 for `uint8`; else the finest dyadic grid over
    all boxes, from 2^-16 on, for which float64 holds every accumulator."""
    sides = list(zip(*(case.case.domain.sides for case in result.cases), strict=True))
    lower = tuple(min(side.lower for side in column) for column in sides)
    upper = tuple(max(side.upper for side in column) for column in sides)
    if result.inputs == "uint8":
        return InputGrid(lower, upper, GREY_STEP)
    for bits in range(FINEST_BITS, COARSEST_BITS - 1, -1):
        grid = InputGrid(lower, upper, Fraction(1, 1 << bits))
        try:
            if analyse(result.network, grid).accumulator_bits <= ONNX_ACCUMULATOR_BITS:
                return grid
        except RangeError:
            continue
    return InputGrid(lower, upper, Fraction(1, 1 << COARSEST_BITS))
