"""The files of a result of several inputs: network, certificate, ONNX, C, golden vectors."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from bitproof.errors import RangeError
from bitproof.exact import Box, FixedPoint
from bitproof.network import Network, save_network
from bitproof.pipeline.files import (
    DEFAULT_FRACTION_BITS,
    FINEST_FRACTION_BITS,
    ONNX_ACCUMULATOR_BITS,
)
from bitproof.pipeline.folder import staged_folder

if TYPE_CHECKING:
    from bitproof.execute.ranges import InputGrid
    from bitproof.pipeline.boxes.results import BoxCompileResult


def write_box_files(
    result: BoxCompileResult, folder: Path, *, force: bool
) -> tuple[dict[str, Path], dict[str, str]]:
    """Writes everything a result can be exported to into a folder, whole or not at all.

    Returns:
        The files by kind, and why a kind could not be written.
    """
    assert result.network is not None
    names: dict[str, str] = {}
    with staged_folder(folder, force=force) as staging:
        save_network(result.network, staging / "network.json")
        names["network"] = "network.json"
        certificate = getattr(result.verdict, "certificate", None)
        if certificate is not None:
            certificate.save(staging / "certificate.json")
            names["certificate"] = "certificate.json"
        exported, refusals = _export(result.network, export_inputs(result), staging)
        names |= exported
        summary = result.to_dict() | {"files": names}
        (staging / "result.json").write_text(json.dumps(summary, indent=1) + "\n")
        names["result"] = "result.json"
    return {kind: folder / name for kind, name in names.items()}, refusals


def export_inputs(result: BoxCompileResult) -> InputGrid:
    """The inputs the exports are exact on: those of the format, if one was asked for."""
    from bitproof.certify.boxes import grid_levels
    from bitproof.execute.ranges import InputGrid

    assert result.network is not None
    if result.inputs == "real":
        return box_export_grid(result.network, result.domain)
    form = FixedPoint.parse(result.inputs)
    rows = grid_levels(form, result.domain)
    lower, upper = (tuple(form.value(row[end]) for row in rows) for end in (0, -1))
    return InputGrid(lower, upper, Fraction(1, form.scale))


def _export(
    network: Network, grid: InputGrid, staging: Path
) -> tuple[dict[str, str], dict[str, str]]:
    from bitproof.interop import export_c, export_onnx

    names: dict[str, str] = {}
    refusals: dict[str, str] = {}
    try:
        export_onnx(network, grid, staging / "network.onnx")
        names["onnx"] = "network.onnx"
    except RangeError as error:
        refusals["onnx"] = str(error)
    try:
        written = export_c(network, grid, staging, "network")
        names |= {"c": written.source.name, "header": written.header.name}
    except RangeError as error:
        refusals["c"] = str(error)
    return names, refusals


def box_export_grid(network: Network, domain: Box) -> InputGrid:
    """The inputs an export is exact on: the finest dyadic grid on the box (at most 2^-20) for which
    a float64 still holds every accumulator, but at least 2^-12."""
    from bitproof.execute.ranges import InputGrid, analyse

    for bits in range(FINEST_FRACTION_BITS, DEFAULT_FRACTION_BITS - 1, -1):
        grid = InputGrid(domain.lower, domain.upper, Fraction(1, 1 << bits))
        if analyse(network, grid).accumulator_bits <= ONNX_ACCUMULATOR_BITS:
            return grid
    return grid
