"""The folder of an exact network: its pictures show the network's own levels, the page escapes."""

import json
from dataclasses import replace

import numpy as np
import pytest

import bitproof
from bitproof.errors import InputError
from bitproof.exact.fixed_point import FixedPoint
from bitproof.execute.reference import evaluate
from bitproof.pipeline.represent import represent
from bitproof.report.represented_page import represented_page, write_represented
from bitproof.report.represented_picture import represented_picture


@pytest.fixture(scope="module")
def steps():
    table = tuple(int(v) for v in np.repeat((3, -5, 7), 5))
    return represent(table, FixedPoint.symmetric(3, 4), "relu")


def test_the_picture_shows_every_neuron_on_every_input(steps):
    picture = represented_picture(steps)
    assert picture.function.tolist() == list(steps.values)
    assert [len(layer) for layer in picture.layers] == list(steps.represented.hidden_layers)
    # every column is what the reference computes for that input, in the order of the picture
    form = steps.form
    first = steps.network.layers[0]
    for place, level in enumerate(range(form.lowest, form.highest + 1)):
        shown = sorted(int(row[place]) for row in picture.layers[0])
        network = bitproof.Network(1, (first,), input_format=form)
        assert shown == sorted(int(v * form.scale) for v in evaluate(network, [form.value(level)]))


def test_two_inputs_are_maps_and_three_have_none():
    form = FixedPoint.symmetric(1, 1)
    two = represent("max(x1, x2)", form, "relu", dims=2)
    picture = represented_picture(two)
    assert picture.function.tolist() == [[-1, 0, 1], [0, 0, 1], [1, 1, 1]]
    assert 1 <= len(picture.layers[0]) <= 8
    assert represented_picture(represent("x1", form, "relu", dims=3)) is None


def test_the_page_says_what_was_checked_and_escapes(steps):
    page = represented_page(steps)
    assert "every one of the 15 inputs" in page
    assert f">{steps.represented.neurons}<" in page
    hostile = represented_page(replace(steps, function="<script>alert(1)</script>"))
    assert "<script" not in hostile


def test_the_folder_is_whole(steps, tmp_path):
    written = write_represented(steps, tmp_path / "out", force=False)
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        path.name for path in written.files.values()
    }
    assert {"network.json", "network.c", "network.onnx", "report.html", "neurons.png"} <= {
        path.name for path in written.files.values()
    }
    summary = json.loads((tmp_path / "out" / "result.json").read_text())
    assert summary["neurons"] == steps.represented.neurons
    with pytest.raises(InputError):
        write_represented(steps, tmp_path / "out", force=False)
