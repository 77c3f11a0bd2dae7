"""A network in other tools: ONNX and C with the same bits, on a grid of inputs."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from bitproof.errors import BitproofError, InputError, RangeError
from bitproof.exact import Interval
from bitproof.execute.ranges import InputGrid
from bitproof.interop import CExport, OnnxExport, export_c, export_onnx
from bitproof.network import Network
from bitproof.pipeline.certify import load
from bitproof.pipeline.folder import check_writable, staged_folder
from bitproof.pipeline.request import Number, read_number


@dataclass(frozen=True, slots=True)
class ExportResult:
    """What `export` wrote.

    Attributes:
        folder: where.
        files: by kind: onnx, c, header.
        refusals: why a kind could not be written.
        onnx, c: what is known of the files (their paths are those of the staging folder).
    """

    folder: Path
    files: dict[str, Path]
    refusals: dict[str, str]
    onnx: OnnxExport | None
    c: CExport | None

    @property
    def status(self) -> str:
        return "written" if self.files else "refused"

    def to_dict(self) -> dict[str, Any]:
        """The JSON object of `bitproof export --json`."""
        found: dict[str, Any] = {
            "status": self.status,
            "files": {kind: str(path) for kind, path in self.files.items()},
            "refusals": self.refusals,
        }
        if self.onnx is not None:
            found["onnx"] = {
                "dtype": self.onnx.dtype,
                "form": self.onnx.form.value,
                "accumulator_bits": self.onnx.accumulator_bits,
                "bytes": self.onnx.file_bytes,
            }
        if self.c is not None:
            found["c"] = {
                "sums": self.c.sum_type,
                "read_only_bytes": self.c.rom_bytes,
                "working_bytes": self.c.memory_bytes,
            }
        return found


def export(
    network: Network | str | Path,
    out: str | Path,
    *,
    domain: tuple[Number, Number] | None = None,
    step: Number | None = None,
    name: str = "network",
    force: bool = False,
) -> ExportResult:
    """Writes a network as ONNX and C that compute its exact outputs on every input of a grid.

    Args:
        network: a network, its file, or an ONNX model.
        out: the folder; written whole or not at all.
        domain: the ends of every input. None: those of the network's input format.
        step: inputs are multiples of it. None: as the input format says.
        name: of the files and of the C functions.
        force: replace files in the folder.

    Raises:
        InputError: no grid, or a folder that is not empty.
        RangeError: neither form can be exact; says which width the accumulators need.

    >>> import tempfile
    >>> from bitproof.network import Activation, Layer, SparseMatrix
    >>> matrix = SparseMatrix.from_dense([[3]], columns=1)
    >>> network = Network(1, (Layer((0,), matrix, (0,), 4, Activation.IDENTITY),))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     result = export(network, Path(folder) / "out", domain=(0, 1), step="1/255")
    >>> sorted(result.files), result.onnx.dtype, result.c.sum_type
    (['c', 'header', 'onnx'], 'float32', 'int32_t')
    """
    folder = Path(out)
    check_writable(folder, force=force)
    loaded = network if isinstance(network, Network) else load(network)
    grid = _grid(loaded, domain, step)
    names, refusals = dict[str, str](), dict[str, str]()
    onnx = c = None
    with staged_folder(folder, force=force) as staging:
        try:
            onnx = export_onnx(loaded, grid, staging / f"{name}.onnx")
            names["onnx"] = onnx.path.name
        except RangeError as error:
            refusals["onnx"] = str(error)
        try:
            c = export_c(loaded, grid, staging, name)
            names |= {"c": c.source.name, "header": c.header.name}
        except RangeError as error:
            refusals["c"] = str(error)
        if not names:
            raise RangeError("; ".join(refusals.values()), remedy="quantize it to fewer bits")
    files = {kind: folder / file for kind, file in names.items()}
    return ExportResult(folder, files, refusals, onnx, c)


def _grid(
    network: Network, domain: tuple[Number, Number] | None, step: Number | None
) -> InputGrid | None:
    """None: all levels of the input format."""
    if domain is None and step is None and network.input_format is not None:
        return None
    if domain is None or step is None:
        raise InputError(
            "no grid of inputs to be exact on", remedy="add --domain LOW HIGH --step S, 1/255 say"
        )
    low, high = (read_number(end) for end in domain)
    try:
        interval = Interval(low, high)
    except BitproofError as error:
        raise InputError(f"the domain [{low}, {high}]", remedy="the lower end first") from error
    return InputGrid.on_interval(interval, Fraction(read_number(step)), inputs=network.inputs)
