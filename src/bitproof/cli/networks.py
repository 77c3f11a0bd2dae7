"""Networks named on the command line: a network file, a certificate, a result's folder, or an
ONNX model."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from bitproof.errors import FileFormatError

if TYPE_CHECKING:
    from bitproof.network.network import Network

NETWORK = click.Path(path_type=Path, exists=True)
CERTIFICATE_FORMAT = "bitproof-certificate"
NAMES_IN_FOLDER = ("network.json", "network.json.gz")


def network_at(path: Path) -> Network:
    """The network of a file, of the folder `compile` wrote, or of an ONNX model.

    Raises:
        FileFormatError: there is none.
    """
    return described_network_at(path)[0]


def described_network_at(path: Path) -> tuple[Network, str]:
    """The network and what it was found in: `network`, `certificate` or `model` (ONNX)."""
    if path.suffix == ".onnx":
        from bitproof.pipeline.certify import load

        return load(path), "model"
    from bitproof.network.file import network_from_json, read_json

    data = read_json(_file(path))
    if isinstance(data, dict) and data.get("format") == CERTIFICATE_FORMAT:
        return network_from_json(data.get("network")), "certificate"
    return network_from_json(data), "network"


def _file(path: Path) -> Path:
    if not path.is_dir():
        return path
    for name in NAMES_IN_FOLDER:
        if (path / name).is_file():
            return path / name
    raise FileFormatError(
        f"no network in the folder {path}", remedy=f"it would be called {NAMES_IN_FOLDER[0]}"
    )
