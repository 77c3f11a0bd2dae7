"""The folder of a sweep: figures, data, a page about them and a summary, whole or not at all."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bitproof.pipeline.sweep import Value


def write_sweep(
    folder: str | Path,
    draw: Callable[[Path], dict[str, Path]],
    tables: Mapping[str, Sequence[Mapping[str, Value]]],
    page: Callable[[Path], str],
    summary: Mapping[str, Any],
    *,
    force: bool,
) -> dict[str, Path]:
    """Writes the figures, every table as CSV (and Parquet), report.html and summary.json.

    Args:
        draw: writes the figures into an existing folder; files by kind.
        page: the page, given the folder that holds the figures.

    Returns:
        The files by kind.

    Raises:
        InputError: the folder is not empty (and `force` is off) or cannot be written.
    """
    from bitproof.pipeline.folder import staged_folder
    from bitproof.pipeline.sweep_data import write_records

    place = Path(folder)
    with staged_folder(place, force=force) as staging:
        files = draw(staging)
        for name, rows in tables.items():
            for kind, file in write_records(rows, staging, name).items():
                files[f"{name}_{kind}"] = file
        files["report"] = staging / "report.html"
        files["report"].write_text(page(staging), encoding="utf-8")
        files["summary"] = staging / "summary.json"
        files["summary"].write_text(json.dumps(summary, indent=1) + "\n")
        names = {kind: path.name for kind, path in files.items()}
    return {kind: place / name for kind, name in names.items()}
