"""C files give the exact outputs on every input of the grid, compiled strictly and sanitized."""

from __future__ import annotations

import ctypes
import shutil
import subprocess
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from bitproof.errors import InputError, RangeError
from bitproof.exact import Codebook, Q, to_float
from bitproof.execute.ranges import InputGrid, analyse
from bitproof.interop import export_c
from bitproof.network import Network, measure
from tests.execute.strategies import grids
from tests.interop.networks import (
    EXAMPLES,
    doubling,
    feed_forward,
    graph,
    grid,
    ladder,
    random_networks,
)
from tests.interop.running import all_levels, compile_c, compiler, exact_outputs, run_c


def assert_same(network: Network, inputs: InputGrid, folder: Path) -> None:
    export = export_c(network, inputs, folder, "net")
    levels = all_levels(inputs)
    assert run_c(export, levels) == exact_outputs(network, inputs, levels)


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_input_of_the_grid(name: str, tmp_path: Path) -> None:
    network, inputs = EXAMPLES[name]
    assert_same(network, inputs, tmp_path)


@settings(
    max_examples=12,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # shrinking would compile for minutes
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.data())
def test_random_networks(tmp_path: Path, data: st.DataObject) -> None:
    network = data.draw(random_networks())
    inputs = data.draw(grids(network))
    try:
        assert_same(network, inputs, tmp_path)
    except RangeError:
        assert analyse(network, inputs).accumulator_bits > 100


@pytest.mark.parametrize(
    ("steps", "above", "sum_type"),
    [(9, 24, "int32_t"), (26, 53, "int64_t"), (33, 63, "__int128"), (65, 113, "__int128")],
)
def test_wide_accumulators(steps: int, above: int, sum_type: str, tmp_path: Path) -> None:
    network, inputs = doubling(steps), grid(0, 1)
    assert analyse(network, inputs).magnitude >= 2**above
    assert export_c(network, inputs, tmp_path, "net").sum_type == sum_type
    assert_same(network, inputs, tmp_path)


def test_beyond_128_bits_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RangeError, match="at most 128"):
        export_c(doubling(90), grid(0, 1), tmp_path, "net")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("form", "bits_per_code"),
    [
        (Codebook.binary(), Fraction(1)),
        (Codebook.ternary(), Fraction(8, 5)),
        (Q(0, 1), Fraction(3)),
        (Codebook.linear(5), Fraction(8, 3)),
        (Q(3, 3), Fraction(8)),
    ],
    ids=lambda value: getattr(value, "name", None),
)
def test_weights_stay_packed(form: object, bits_per_code: Fraction, tmp_path: Path) -> None:
    """Every stored entry takes the format's bits; a sparse graph stores its non-zero ones only."""
    assert isinstance(form, (Codebook, Q))
    dense = export_c(feed_forward([1, 8, 8, 1], form), grid(0, 1), tmp_path, "dense")
    sparse_network = graph(60, form, 9)
    sparse = export_c(sparse_network, grid(0, 1), tmp_path, "sparse")
    for export in (dense, sparse):
        assert export.weight_bytes == -(-export.weight_codes * bits_per_code // 8)
    assert sparse.weight_codes <= measure(sparse_network).weights


def test_exponents_replace_scales_where_granules_are_powers_of_two(tmp_path: Path) -> None:
    """Neighbouring values of different granules are then one run: about half the description."""
    network, inputs = EXAMPLES["ternary graph"]
    export = export_c(network, inputs, tmp_path, "net")
    assert "2^(e + base)" in export.source.read_text()
    assert 4 * export.structure_bytes <= 5 * export.weight_codes
    thirds = export_c(*EXAMPLES["graph of thirds"], tmp_path, "thirds")
    assert "2^(e + base)" not in thirds.source.read_text()


def test_working_memory_follows_liveness(tmp_path: Path) -> None:
    """A deep narrow network needs slots for the values alive at once, not for all neurons."""
    export = export_c(ladder(300), grid(0, 1), tmp_path, "net")
    assert export.memory_bytes <= 40 * 4
    assert export.memory_bytes < 300


def test_the_self_test_fails_on_a_changed_weight(tmp_path: Path) -> None:
    network, inputs = EXAMPLES["dense"]
    export = export_c(network, inputs, tmp_path, "net")
    text = export.source.read_text()
    start = text.index("{", text.index("net_weights[")) + 1
    end = text.index(",", start)
    changed = int(text[start:end]) ^ 1
    program = tmp_path / "test"
    compile_c(export.source, program, "-DNET_SELFTEST")
    assert subprocess.run([str(program)], check=False, capture_output=True).returncode == 0
    export.source.write_text(f"{text[:start]}{changed}{text[end:]}")
    compile_c(export.source, program, "-DNET_SELFTEST")
    done = subprocess.run([str(program)], check=False, capture_output=True, text=True)
    assert done.returncode == 1
    assert "FAIL vector" in done.stdout


def test_inputs_outside_are_taken_as_the_nearest_level(tmp_path: Path) -> None:
    network, inputs = EXAMPLES["dense"]
    export = export_c(network, inputs, tmp_path, "net")
    beyond = [(-(2**31),), (-1,), (4097,), (2**31 - 1,)]
    inside = [(0,), (0,), (4096,), (4096,)]
    assert run_c(export, beyond) == exact_outputs(network, inputs, inside)


def test_the_double_function(tmp_path: Path) -> None:
    network, inputs = EXAMPLES["dense"]
    export = export_c(network, inputs, tmp_path, "net")
    wrapper = tmp_path / "wrapper.c"
    wrapper.write_text('#include "net.c"\ndouble call(double x);\n')
    with wrapper.open("a") as file:
        file.write("double call(double x) { return net(x); }\n")
    library = tmp_path / "wrapper.so"
    compile_c(wrapper, library, "-shared", "-fPIC", "-O2")
    call = ctypes.CDLL(str(library)).call
    call.restype, call.argtypes = ctypes.c_double, [ctypes.c_double]
    levels = [(0,), (1,), (777,), (4096,)]
    expected = [to_float(row[0]) for row in exact_outputs(network, inputs, levels)]
    assert [call(level / 4096) for (level,) in levels] == expected
    assert call(777.4 / 4096) == expected[2]
    assert [call(-5.0), call(1e300), call(float("nan"))] == [expected[0], expected[3], expected[0]]
    assert export.output_scale.denominator & (export.output_scale.denominator - 1) == 0


def test_the_header_compiles_as_cpp(tmp_path: Path) -> None:
    cpp = shutil.which("g++")
    if cpp is None:
        pytest.skip("no C++ compiler (g++) on this machine")
    export = export_c(doubling(60), grid(0, 1), tmp_path, "net")
    user = tmp_path / "user.cpp"
    user.write_text('#include "net.h"\nint main() { return (int)net(0.0) * 0; }\n')
    objects = [tmp_path / "net.o", tmp_path / "user"]
    subprocess.run([compiler(), "-std=c99", "-c", export.source, "-o", objects[0]], check=True)
    subprocess.run([cpp, "-Wall", "-Werror", user, objects[0], "-o", objects[1]], check=True)
    assert subprocess.run([str(objects[1])], check=False).returncode == 0


@pytest.mark.parametrize("name", ["", "9lives", "int", "a b", "x" * 80, "naïve", "a;b"])
def test_names_that_are_no_identifiers(name: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot prefix"):
        export_c(EXAMPLES["dense"][0], grid(0, 1), tmp_path, name)


def test_the_text_is_always_the_same(tmp_path: Path) -> None:
    network, inputs = EXAMPLES["ternary graph"]
    first = export_c(network, inputs, tmp_path, "net").source.read_bytes()
    assert export_c(network, inputs, tmp_path, "net").source.read_bytes() == first
