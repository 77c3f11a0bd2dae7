"""The checker's evaluation agrees with the package's reference, in both semantics."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bitproof.checker.document import Invalid
from bitproof.checker.levels import rounded
from bitproof.checker.network import FixedProgram, RealProgram, program, read_network
from bitproof.exact.fixed_point import Rounding, round_rational
from bitproof.execute.reference import evaluate
from bitproof.network import Activation, Layer, SparseMatrix, network_from_json, network_to_json
from tests.checker.certificates import interpolant, layer, network
from tests.execute.strategies import networks as random_networks
from tests.execute.strategies import requantized_networks

integers = st.integers(-6, 6)


@st.composite
def networks(draw: Any, *, fixed: bool = False) -> dict[str, Any]:
    """Random networks with skip connections; the last layer has one neuron."""
    widths = [1, *draw(st.lists(st.integers(1, 3), max_size=4)), 1]
    layers = []
    for number, width in enumerate(widths[1:], start=1):
        sources = sorted(draw(st.sets(st.integers(0, number - 1), max_size=3)))
        columns = sum(widths[s] for s in sources)
        row = st.lists(integers, min_size=columns, max_size=columns)
        rows = draw(st.lists(row, min_size=width, max_size=width))
        part = {
            "sources": sources,
            "columns": columns,
            "denominator": draw(st.integers(1, 8)),
            "weights": [[[c, w] for c, w in enumerate(r) if w] for r in rows],
            "bias": draw(st.lists(integers, min_size=width, max_size=width)),
            "activation": draw(st.sampled_from(["identity", "relu"])),
        }
        layers.append(part | (draw(roundings()) if fixed else {}))
    extra = {"semantics": "fixed-point", "input_format": draw(formats())} if fixed else {}
    return network(layers, **extra)


@st.composite
def roundings(draw: Any) -> dict[str, Any]:
    """What a fixed-point layer has besides: usually a format, and then often a table."""
    kind = draw(st.sampled_from(["none", "format", "table"]))
    if kind == "none":
        return {}
    form = draw(formats())
    if kind == "format":
        return {"output_format": form}
    count = form["highest"] - form["lowest"] + 1
    levels = st.integers(form["lowest"], form["highest"])
    values = draw(st.lists(levels, min_size=count, max_size=count))
    return {
        "output_format": form,
        "activation": "table",
        "table": {"name": "any", "values": values},
    }


@st.composite
def formats(draw: Any) -> dict[str, Any]:
    low, high = draw(st.integers(-40, 0)), draw(st.integers(1, 40))
    return {
        "lowest": low,
        "highest": high,
        "scale": draw(st.integers(1, 12)),
        "rounding": draw(st.sampled_from([rule.value for rule in Rounding])),
        "overflow": draw(st.sampled_from(["saturate", "wrap"])),
    }


@given(networks(), st.fractions(-4, 4, max_denominator=50))
@settings(max_examples=80, deadline=None)
def test_real_semantics(data: dict[str, Any], x: Fraction) -> None:
    checked = program(read_network(data, "network"))
    assert isinstance(checked, RealProgram)
    assert checked.value(x) == evaluate(network_from_json(data), [x])[0]


@given(networks(fixed=True), st.fractions(-4, 4, max_denominator=50))
@settings(max_examples=80, deadline=None)
def test_fixed_point_semantics(data: dict[str, Any], x: Fraction) -> None:
    checked = program(read_network(data, "network"))
    assert isinstance(checked, FixedProgram)
    assert checked.value(x) == evaluate(network_from_json(data), [x])[0]


@given(st.data(), st.fractions(-4, 4, max_denominator=50))
@settings(max_examples=80, deadline=None)
def test_other_arithmetics(data: st.DataObject, x: Fraction) -> None:
    """Rounding every operation, and requantizers: against the definition."""
    drawn = data.draw(st.one_of(random_networks(inputs=1, fixed=True), requantized_networks()))
    last = len(drawn.layers)
    columns = drawn.outputs
    total = SparseMatrix.from_dense([[1] * columns], columns=columns)
    output = Layer((last,), total, (0,), 1, Activation.IDENTITY)
    made = replace(drawn, layers=(*drawn.layers, output), inputs=drawn.inputs)
    if made.inputs == 1 and not made.is_real:
        checked = program(read_network(network_to_json(made), "network"))
        assert checked.value(x) == evaluate(made, [x])[0]


FORM = {"lowest": -128, "highest": 127, "scale": 16, "rounding": "floor", "overflow": "wrap"}
PART = {
    "multiplier": 1 << 30, "shift": 0, "lowest": -128, "highest": 127, "rule": "double",
    "unit": "1/16",
}  # fmt: skip


@pytest.mark.parametrize(
    "changes",
    [
        {"accumulation": "never"}, {"requantizers": {}}, {"requantizers": []},
        {"requantizers": [PART] * 2}, {"output_format": None}, {"accumulation": "every"},
        *({"requantizers": [PART | change]} for change in (
            {"multiplier": 1 << 31}, {"shift": -32}, {"lowest": -129}, {"highest": 128},
            {"rule": "once"}, {"unit": "0"}, {"unit": 1}, {"more": 1},
        )),
    ],
)  # fmt: skip
def test_malformed_arithmetics(changes: dict[str, object]) -> None:
    part = layer([0], [[1]], [0], "identity") | {"output_format": FORM, "requantizers": [PART]}
    extra = {"semantics": "fixed-point", "input_format": FORM}
    extra["version"] = 2
    read_network(network([part], **extra), "network")
    with pytest.raises(Invalid, match="version"):
        read_network(network([part], **extra | {"version": 1}), "network")
    part = {key: value for key, value in (part | changes).items() if value is not None}
    with pytest.raises(Invalid):
        read_network(network([part], **extra), "network")


@pytest.mark.parametrize(("unit", "x"), [("1/5", Fraction(1, 16)), (f"1/{1 << 40}", Fraction(1))])
def test_accumulators_that_are_no_integers_of_32_bits(unit: str, x: Fraction) -> None:
    part = layer([0], [[1]], [0], "identity")
    part |= {"output_format": FORM, "requantizers": [PART | {"unit": unit}]}
    made = network([part], semantics="fixed-point", input_format=FORM, version=2)
    with pytest.raises(Invalid, match="32 bits"):
        program(read_network(made, "network")).value(x)


@given(st.fractions(-20, 20, max_denominator=8), st.sampled_from(list(Rounding)))
def test_rounding(x: Fraction, rule: Rounding) -> None:
    assert rounded(x.numerator, x.denominator, rule.value) == round_rational(x, rule)


@given(networks(), st.fractions(-4, 4), st.fractions(-4, 4))
@settings(max_examples=80, deadline=None)
def test_equal_signs_mean_affine(data: dict[str, Any], a: Fraction, b: Fraction) -> None:
    checked = program(read_network(data, "network"))
    assert isinstance(checked, RealProgram)
    with contextlib.suppress(Invalid):
        checked.affine_values([a, b])
        for t in (Fraction(1, 3), Fraction(1, 2), Fraction(4, 5)):
            between = checked.value(a) + t * (checked.value(b) - checked.value(a))
            assert checked.value(a + t * (b - a)) == between


def test_opposite_signs_are_seen() -> None:
    kink = interpolant(
        [(Fraction(0), Fraction(0)), (Fraction(1), Fraction(1)), (Fraction(2), Fraction(0))]
    )
    checked = program(read_network(kink, "network"))
    assert isinstance(checked, RealProgram)
    points = [Fraction(x) for x in (-1, 0, 1, 2)]
    assert checked.affine_values(points) == [0, 0, 1, 0]
    with pytest.raises(Invalid, match="after x = 0"):
        checked.affine_values([Fraction(-1), Fraction(0), Fraction(2), Fraction(3)])


Q21 = {"kind": "Q", "a": 0, "b": 1}  # multiples of 1/2 below 2


@pytest.mark.parametrize(
    ("weight", "form", "fits"),
    [
        (Fraction(3, 2), Q21, True),
        (Fraction(-3, 2), Q21, True),
        (Fraction(2), Q21, False),
        (Fraction(1, 4), Q21, False),
        (Fraction(1, 3), {"kind": "codebook", "values": ["1/3", "1"]}, True),
        (Fraction(2, 3), {"kind": "codebook", "values": ["1/3", "1"]}, False),
        (Fraction(2, 3), {"kind": "codebook", "name": "own", "values": ["2/3", "1"]}, True),
        (Fraction(1), {"kind": "codebook", "values": ["1", "1"]}, False),
        (Fraction(1), {"kind": "Q", "a": -2, "b": 3}, False),
        (Fraction(1), {"kind": "other"}, False),
    ],
)
def test_weight_formats(weight: Fraction, form: dict[str, Any], *, fits: bool) -> None:
    data = network([layer([0], [[weight]], [0], "identity")], form)
    if fits:
        read_network(data, "network")
    else:
        with pytest.raises(Invalid):
            read_network(data, "network")


@pytest.mark.parametrize(
    ("change", "value"),
    [
        ("sources", [1]), ("sources", [0, 0]), ("sources", [-1]), ("sources", "0"),
        ("columns", 2), ("denominator", 0), ("denominator", -1), ("denominator", True),
        ("weights", []), ("weights", [[[0, 0]]]), ("weights", [[[1, 1]]]), ("weights", [[[0]]]),
        ("weights", [[[0, "1"]]]), ("weights", [[[0, 1], [0, 1]]]), ("bias", [0, 0]),
        ("bias", [None]), ("activation", "tanh"), ("activation", ["relu"]), ("extra", 1),
        ("output_format", {"lowest": 0}),
    ],
)  # fmt: skip
def test_malformed_layers(change: str, value: object) -> None:
    part = layer([0], [[1]], [0], "identity")
    part[change] = value
    with pytest.raises(Invalid):
        read_network(network([part]), "network")


def tabled(**changes: object) -> dict[str, Any]:
    """A network of one neuron over the levels -1..2 with the table of squares, saturated."""
    form = {"lowest": -1, "highest": 2, "scale": 1, "rounding": "floor", "overflow": "saturate"}
    part = layer([0], [[1]], [0], "table") | {
        "output_format": form,
        "table": {"name": "square", "values": [1, 0, 1, 2]},
    }
    part = {key: value for key, value in (part | changes).items() if value is not None}
    return network([part], semantics="fixed-point", input_format=form)


def test_a_table() -> None:
    checked = program(read_network(tabled(), "network"))
    xs = [Fraction(x, 2) for x in (-2, -1, 0, 2, 3, 4, 9)]
    assert [checked.value(x) for x in xs] == [1, 1, 0, 1, 1, 2, 2]


@pytest.mark.parametrize(
    "changes",
    [
        {"table": None}, {"table": []}, {"activation": "relu"}, {"output_format": None},
        {"table": {"values": [1, 0, 1, 2]}},
        {"table": {"name": 1, "values": [1, 0, 1, 2]}},
        {"table": {"name": "", "values": [1, 0, 1]}},
        {"table": {"name": "", "values": [1, 0, 1, 3]}},
        {"table": {"name": "", "values": [1, 0, 1, -2]}},
        {"table": {"name": "", "values": [1, 0, 1, True]}},
        {"table": {"name": "", "values": [1, 0, 1, "2"]}},
        {"table": {"name": "", "values": [1, 0, 1, 2], "more": 1}},
    ],
)  # fmt: skip
def test_malformed_tables(changes: dict[str, object]) -> None:
    with pytest.raises(Invalid):
        read_network(tabled(**changes), "network")


def test_numbers_that_grow_without_bound_are_refused() -> None:
    part = layer([0], [[Fraction(1, 3**5000)]], [0], "identity")
    parts = [part | {"sources": [number]} for number in range(60)]
    with pytest.raises(Invalid, match="digits"):
        program(read_network(network(parts), "network"))
