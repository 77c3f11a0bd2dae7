"""PyTorch modules give the exact outputs in float64."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import bitproof
from bitproof.errors import RangeError
from bitproof.exact import Overflow, Rounding
from bitproof.execute.ranges import InputGrid, analyse
from bitproof.interop import to_torch
from bitproof.network import Network
from tests.execute.strategies import grids, networks
from tests.interop.fixed_networks import by_definition, every_rule, form, mixed, run_torch
from tests.interop.networks import EXAMPLES, doubling, grid, ladder
from tests.interop.running import all_levels, exact_outputs, rounded

torch = pytest.importorskip("torch")

EIGHT_BITS = (-128, 127)


def assert_same(network: Network, inputs: InputGrid) -> None:
    levels = all_levels(inputs)
    expected = rounded(exact_outputs(network, inputs, levels), "float64")
    assert np.array_equal(run_torch(to_torch(network, inputs), inputs, levels), expected)


@pytest.mark.parametrize("name", EXAMPLES)
def test_real_networks_on_every_input(name: str) -> None:
    assert_same(*EXAMPLES[name])


@pytest.mark.parametrize("overflow", Overflow)
@pytest.mark.parametrize("rule", Rounding)
def test_fixed_point_networks_on_every_input(rule: Rounding, overflow: Overflow) -> None:
    for scale in (16, 12):
        network = mixed(rule, overflow, scale, ends=EIGHT_BITS)
        inputs = InputGrid.of_format(form(scale))
        levels = all_levels(inputs)
        expected = rounded(by_definition(network, inputs, levels), "float64")
        assert np.array_equal(run_torch(to_torch(network), inputs, levels), expected)


def test_two_inputs() -> None:
    network = mixed(Rounding.NEAREST_ZERO, Overflow.SATURATE, 12, inputs=2, ends=EIGHT_BITS)
    assert_same(network, InputGrid.of_format(form(12), inputs=2))


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_random_networks(data: st.DataObject) -> None:
    network = data.draw(networks())
    inputs = data.draw(grids(network))
    levels = all_levels(inputs, 60)
    try:
        module = to_torch(network, inputs)
    except RangeError:
        assert analyse(network, inputs).accumulator_bits > 36
        return
    expected = rounded(by_definition(network, inputs, levels), "float64")
    assert np.array_equal(run_torch(module, inputs, levels), expected)


def test_beyond_53_bits_is_refused() -> None:
    with pytest.raises(RangeError, match="no PyTorch module computes this exactly"):
        to_torch(doubling(30), grid(0, 1))


def test_casting_a_module_changes_nothing() -> None:
    network, inputs = ladder(40), grid(0, 1, 6)
    levels = all_levels(inputs)
    module = to_torch(network, inputs)
    before = run_torch(module, inputs, levels)
    assert np.array_equal(run_torch(module.half(), inputs, levels), before)
    again = to_torch(network, inputs)
    again.load_state_dict(module.state_dict())
    assert np.array_equal(run_torch(again, inputs, levels), before)
    assert list(module.parameters()) == []


def test_the_verb_and_its_shapes() -> None:
    module = bitproof.to_torch(every_rule(16, Overflow.WRAP))
    assert module(torch.zeros(3, 1)).shape == (3, 21)
    assert module(torch.zeros(0, 1)).shape == (0, 21)
    with pytest.raises(ValueError, match="give \\(batch, 1\\)"):
        module(torch.zeros(3))


def test_modules_are_pickled_whole(tmp_path: Path) -> None:
    network = every_rule(12, Overflow.WRAP)
    inputs = InputGrid.of_format(form(12))
    torch.save(to_torch(network), tmp_path / "module.pt")
    again = torch.load(tmp_path / "module.pt", weights_only=False)
    levels = all_levels(inputs)
    expected = rounded(by_definition(network, inputs, levels), "float64")
    assert np.array_equal(run_torch(again, inputs, levels), expected)


def test_without_pytorch_the_error_says_what_to_install() -> None:
    script = (
        "import sys; sys.modules['torch'] = None\n"
        "import bitproof\n"
        "from tests.interop.networks import EXAMPLES\n"
        "try: bitproof.to_torch(*EXAMPLES['dense'])\n"
        "except bitproof.errors.MissingDependencyError as error: print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[2],
        check=True,
    )
    assert done.stdout == "PyTorch is not installed: pip install 'bitproof[torch]'\n"
