"""Writing a result's folder: the exports, the page and the plots, all or nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from bitproof.pipeline.boxes import BoxCompileResult
    from bitproof.pipeline.represent import RepresentResult
    from bitproof.pipeline.results import CompileResult

Kept = TypeVar("Kept", "CompileResult", "BoxCompileResult", "RepresentResult")


def write_report(result: CompileResult, folder: str | Path) -> dict[str, Path]:
    """Writes report.html, and for a result with a network function and error plots (SVG, PNG).

    The folder is made if it does not exist. Files of these names are replaced, each whole.

    Returns:
        The files by kind: `report`, `function_svg`, `function_png`, `error_svg`, `error_png`.

    Raises:
        InputError: the folder cannot be written.
    """
    from bitproof.pipeline.folder import staged_folder

    place = Path(folder)
    with staged_folder(place, force=True) as staging:
        names = {kind: path.name for kind, path in _draw(result, staging).items()}
    return {kind: place / name for kind, name in names.items()}


def write_result(result: CompileResult, folder: str | Path, *, force: bool) -> CompileResult:
    """Writes everything a result has to give into a folder that appears whole or not at all.

    Returns:
        The result with its files (and the reasons for those that could not be written).

    Raises:
        InputError: the folder is not empty (and `force` is off) or cannot be written.
    """
    from bitproof.pipeline.files import write_files

    write = partial(write_files, force=True)
    return written_whole(result, Path(folder), force=force, write=write, draw=_draw)


def written_whole(
    result: Kept,
    place: Path,
    *,
    force: bool,
    write: Callable[[Kept, Path], tuple[dict[str, Path], dict[str, str]]],
    draw: Callable[[Kept, Path], dict[str, Path]],
) -> Kept:
    """The result with its files, in a folder that appears whole or not at all.

    Args:
        write: the exports, and why a kind could not be written.
        draw: the page and the pictures, once the result knows its exports.

    Raises:
        InputError: the folder is not empty (and `force` is off) or cannot be written.
    """
    from bitproof.pipeline.folder import staged_folder

    with staged_folder(place, force=force) as staging:
        files, refusals = write(result, staging)
        complete = replace(result, files=files, refusals=refusals)
        files = files | draw(complete, staging)
        names = {kind: path.name for kind, path in files.items()}
        summary = complete.to_dict() | {"files": names}
        (staging / "result.json").write_text(json.dumps(summary, indent=1) + "\n")
    return replace(complete, files={kind: place / name for kind, name in names.items()})


def _draw(result: CompileResult, folder: Path) -> dict[str, Path]:
    from bitproof.report.page import page

    curve = None
    plots: dict[str, Path] = {}
    if result.network is not None:
        from bitproof.report.curve import curve_of
        from bitproof.report.plots import write_plots

        curve = curve_of(result)
        plots = write_plots(result, curve, folder)
    report = folder / "report.html"
    report.write_text(page(result, curve), encoding="utf-8")
    return {"report": report, **plots}
