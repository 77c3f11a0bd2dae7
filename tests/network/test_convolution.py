"""A convolution's rows are the textbook sum, and its file is read back as it was."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from bitproof.errors import FileFormatError, FormatError
from bitproof.network import (
    Convolution,
    Layer,
    Network,
    SideBySide,
    SparseMatrix,
    load_network,
    measure,
    network_from_json,
    network_to_json,
    save_network,
)
from tests.network.strategies import convolutions, image_networks


def textbook(conv: Convolution, output: tuple[int, int, int]) -> dict[int, int]:
    """The row of an output (o, v, u), place by place of the kernel."""
    o, v, u = output
    channels, height, width = conv.image
    inner = channels // conv.groups
    row = dict[int, int]()
    for c in range(inner):
        for j in range(conv.window[0]):
            for i in range(conv.window[1]):
                y = v * conv.strides[0] - conv.pads[0] + j * conv.dilations[0]
                x = u * conv.strides[1] - conv.pads[1] + i * conv.dilations[1]
                if 0 <= y < height and 0 <= x < width:
                    at = ((o * inner + c) * conv.window[0] + j) * conv.window[1] + i
                    channel = o // (conv.filters // conv.groups) * inner + c
                    row[(channel * height + y) * width + x] = conv.kernel[at]
    return {column: entry for column, entry in row.items() if entry}


@given(convolutions())
def test_rows_are_the_textbook_sum(conv: Convolution) -> None:
    _, height, width = conv.output
    for index in range(conv.shape[0]):
        o, place = divmod(index, height * width)
        row = conv.row(index)
        assert list(row) == sorted(textbook(conv, (o, *divmod(place, width))).items())
    assert SparseMatrix.unrolled(conv).shape == conv.shape
    assert conv.nonzero_entries == len(list(conv.stored_values()))


@given(image_networks())
def test_the_file_keeps_the_structure(network: Network) -> None:
    data = network_to_json(network)
    assert data["version"] == 3
    assert network_from_json(data) == network


def blur() -> Convolution:
    return Convolution((1, 8, 8), 1, (2, 2), (1, 2, 0, 4))


def test_memory_counts_the_kernel_once(tmp_path: Path) -> None:
    network = Network(64, (Layer((0,), blur(), (1,) * 49, 4),))
    sizes = measure(network)
    assert (sizes.weights, sizes.dense_weights) == (3 + 1, 4 + 1)
    uneven = Network(64, (Layer((0,), blur(), (1,) * 48 + (2,), 4),))
    assert measure(uneven).weights == 3 + 49
    save_network(network, tmp_path / "network.json")
    assert load_network(tmp_path / "network.json") == network


@pytest.mark.parametrize(
    "change",
    [
        {"kernel": (1, 2, 3)},
        {"groups": 2},
        {"strides": (0, 1)},
        {"pads": (0, -1, 0, 0)},
        {"window": (9, 9), "kernel": (1,) * 81},
    ],
    ids=str,
)
def test_impossible_convolutions(change: dict[str, Any]) -> None:
    with pytest.raises(FormatError):
        replace(blur(), **change)


def test_blocks_have_the_same_rows() -> None:
    one, two = (SparseMatrix.from_dense([[1]] * n, columns=1) for n in (1, 2))
    with pytest.raises(FormatError, match="rows"):
        SideBySide((one, two))


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "correlation"},
        {"image": [1, 8]},
        {"image": [1, 1 << 20, 1 << 20]},
        {"filters": 0},
        {"kernel": [1.5]},
        {"window": [1 << 40, 1]},
    ],
    ids=str,
)
def test_damaged_maps_are_refused(change: dict[str, Any]) -> None:
    data = network_to_json(Network(64, (Layer((0,), blur(), (1,) * 49, 4),)))
    data["layers"][0]["map"] |= change
    with pytest.raises(FileFormatError, match="layer 1"):
        network_from_json(data)


def test_an_early_version_has_no_maps() -> None:
    data = network_to_json(Network(64, (Layer((0,), blur(), (1,) * 49, 4),)))
    with pytest.raises(FileFormatError, match="version 3"):
        network_from_json(data | {"version": 1})
