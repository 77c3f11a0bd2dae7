"""Records of a sweep as files: CSV always, Parquet where pyarrow is installed."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

from bitproof.pipeline.sweep import Value


def write_records(
    records: Sequence[Mapping[str, Value]], folder: Path, name: str
) -> dict[str, Path]:
    """Writes NAME.csv and, if it can, NAME.parquet; columns in the order they first occur.

    Returns:
        The files by kind, "csv" and "parquet".
    """
    columns = list(dict.fromkeys(column for record in records for column in record))
    files = {"csv": folder / f"{name}.csv"}
    with files["csv"].open("w", newline="") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(records)
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError:
        return files
    table = pyarrow.table({column: _column(records, column) for column in columns})
    files["parquet"] = folder / f"{name}.parquet"
    parquet.write_table(table, files["parquet"])
    return files


def _column(records: Sequence[Mapping[str, Value]], column: str) -> list[Value]:
    """One type for all: text where types differ or integers exceed 64 bits."""
    values = [record.get(column) for record in records]
    kinds = {type(value) for value in values if value is not None}
    large = any(isinstance(value, int) and abs(value) >= 1 << 63 for value in values)
    if kinds == {int, float}:
        return [None if value is None else float(value) for value in values]
    if len(kinds) > 1 or large:
        return [None if value is None else str(value) for value in values]
    return values
