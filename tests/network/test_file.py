"""The network file: lossless, and deaf to hostile input."""

from __future__ import annotations

import copy
import gzip
import json
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bitproof.errors import FileFormatError
from bitproof.exact import Codebook, FixedPoint, Q, Requantizer
from bitproof.network import (
    Accumulation,
    Activation,
    Layer,
    LayerRequantizer,
    Network,
    SparseMatrix,
    load_network,
    network_from_json,
    network_to_json,
    save_network,
)
from bitproof.network.file import MAX_INTEGER_BITS
from tests.execute.strategies import requantized_networks
from tests.network.strategies import networks

FREE = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def small() -> dict[str, Any]:
    """A valid document with every kind of part."""
    form = FixedPoint.parse("Q3.4")
    column = SparseMatrix.from_dense([[1], [-1]], columns=1)
    hinge = Layer((0,), column, (-1, 0), 2, output_format=form)
    both = SparseMatrix.from_dense([[1, 1, 1]], columns=3)
    out = Layer((0, 1), both, (0,), 2, Activation.IDENTITY)
    network = Network(1, (hinge, out), Q(-1, 1), form, (("made for", "a test"),))
    return network_to_json(network)


@FREE
@given(network=networks(), suffix=st.sampled_from((".json", ".json.gz")))
def test_round_trip(network: Network, suffix: str, tmp_path: Path):
    path = tmp_path / f"network{suffix}"
    save_network(network, path)
    read = load_network(path)
    assert read == network
    assert read.notes == network.notes
    assert (path.read_bytes()[:2] == b"\x1f\x8b") == (suffix == ".json.gz")
    path.write_bytes(b"")
    save_network(read, path)
    assert load_network(path) == network


@FREE
@given(network=requantized_networks(), every=st.booleans())
def test_other_arithmetics_are_version_2(network: Network, every: bool):  # noqa: FBT001
    if every:
        layers = [
            replace(layer, requantizers=(), accumulation=Accumulation.EVERY)
            for layer in network.layers
        ]
        network = replace(network, layers=tuple(layers))
    data = network_to_json(network)
    assert data["version"] == 2
    assert network_from_json(json.loads(json.dumps(data))) == network
    with pytest.raises(FileFormatError, match="version 2"):
        network_from_json(data | {"version": 1})


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("accumulation", "twice"), ("accumulation", None), ("requantizers", {}),
        ("requantizers", [1]), ("requantizers", [{}]),
        ("multiplier", 1 << 31), ("multiplier", -1), ("multiplier", True), ("shift", 31),
        ("shift", "0"), ("lowest", 1), ("lowest", -200), ("highest", 1 << 40), ("rule", "thrice"),
        ("unit", "0"), ("unit", "-1"), ("unit", 1), ("unit", "1/7"),
    ],
)  # fmt: skip
def test_hostile_arithmetics(key: str, value: object):
    form = FixedPoint.parse("Q3.4")
    column = SparseMatrix.from_dense([[1]], columns=1)
    part = LayerRequantizer(Requantizer(1 << 30, 0, -128, 127), Fraction(1, 16))
    layer = Layer((0,), column, (0,), 1, output_format=form, requantizers=(part,))
    data = network_to_json(Network(1, (layer,), None, form))
    network_from_json(data)
    changed = data["layers"][0]
    if key not in ("accumulation", "requantizers"):
        changed = changed["requantizers"][0]
    changed[key] = value
    with pytest.raises(FileFormatError):
        network_from_json(data)


def test_the_documented_example(tmp_path: Path):
    text = Path("docs/network-file.md").read_text(encoding="utf-8")
    example = text.split("```json")[1].split("```")[0]
    path = tmp_path / "example.json"
    path.write_text(example, encoding="utf-8")
    network = load_network(path)
    assert network.weight_format == Q(-1, 1)
    assert network.widths == (1, 1, 1)
    assert network_to_json(network) == json.loads(example)


junk = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.integers(10**20, 10**40),
        st.just(1 << (MAX_INTEGER_BITS + 1)),
        st.floats(),
        st.text(max_size=8),
        st.sampled_from(("relu", "real", "fixed-point", "1/0", "wrap", "9" * 5000, "1e999999")),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=5), inner, max_size=4)
    ),
    max_leaves=10,
)


def paths(data: object, prefix: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The place of every part of a document."""
    found = [prefix] if prefix else []
    children: Any = enumerate(data) if isinstance(data, list) else ()
    if isinstance(data, dict):
        children = data.items()
    for key, child in children:
        found += paths(child, (*prefix, key))
    return found


def parent_of(data: Any, path: tuple[Any, ...]) -> Any:
    for key in path[:-1]:
        data = data[key]
    return data


@settings(max_examples=400, deadline=None)
@given(st.data())
def test_any_part_replaced_is_read_or_refused(data: st.DataObject):
    document = copy.deepcopy(small())
    for _ in range(data.draw(st.integers(1, 2))):
        path = data.draw(st.sampled_from(paths(document)))
        parent = parent_of(document, path)
        if data.draw(st.booleans()):
            parent[path[-1]] = data.draw(junk)
        else:
            del parent[path[-1]]
        if not paths(document):
            return
    refusal, network = read(document)
    if network is None:
        assert 0 < len(refusal) < 1000
    else:
        assert network_from_json(network_to_json(network)) == network


def read(document: object) -> tuple[str, Network | None]:
    """The network, or why there is none. Any other exception is a fault."""
    try:
        return "", network_from_json(document)
    except FileFormatError as error:
        return str(error), None


@given(junk)
def test_junk_is_refused(document: object):
    with pytest.raises(FileFormatError):
        network_from_json(document)


@FREE
@given(raw=st.one_of(st.binary(max_size=80), st.text(max_size=80).map(str.encode)))
def test_any_bytes_are_refused(raw: bytes, tmp_path: Path):
    path = tmp_path / "bytes.json"
    for content in (raw, b"\x1f\x8b" + raw, gzip.compress(raw)):
        path.write_bytes(content)
        with pytest.raises(FileFormatError):
            load_network(path)


@FREE
@given(cut=st.integers(0, 400), flip=st.integers(0, 400))
def test_damaged_files_are_refused_or_read_whole(cut: int, flip: int, tmp_path: Path):
    path = tmp_path / "damaged.json.gz"
    network = network_from_json(small())
    save_network(network, path)
    whole = bytearray(path.read_bytes())
    whole[flip % len(whole)] ^= 0x10
    for content in (bytes(whole), path.read_bytes()[:cut]):
        path.write_bytes(content)
        try:
            load_network(path)
        except FileFormatError:
            continue


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[" * 100_000, "not JSON"),
        ('{"a":' * 100_000, "not JSON"),
        ('{"format": "bitproof-network", "version": 1.0}', "float 1.0"),
        ('{"format": NaN}', "NaN is not a number"),
        ('{"format": 1e5}', "float 1e5"),
        ('{"inputs": 1, "inputs": 2}', "'inputs' stands twice"),
        ('{"inputs": ' + "9" * 5000 + "}", "not JSON"),
        ("[]", "an object"),
        ('{"format": "bitproof-network", "version": 9}', "version 9"),
        ('{"format": "bitproof-network", "version": true}', "version true"),
    ],
)
def test_hostile_texts(text: str, message: str, tmp_path: Path):
    path = tmp_path / "hostile.json"
    path.write_text(text)
    with pytest.raises(FileFormatError, match=message):
        load_network(path)


def test_nested_values_do_not_reach_a_message(tmp_path: Path):
    """Printing a value as deep as the reader allows would itself overflow the stack."""
    path = tmp_path / "deep.json"
    for depth in (500, 900, 990, 2000):
        for key in ("format", "layers", "inputs", "weight_format", "semantics"):
            document = json.dumps({k: v for k, v in small().items() if k != key})
            path.write_text(f'{document[:-1]}, "{key}": {"[" * depth}{"]" * depth}}}')
            with pytest.raises(FileFormatError):
                load_network(path)


def test_a_bomb_is_not_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("bitproof.network.file.MAX_BYTES", 10_000)
    path = tmp_path / "bomb.json.gz"
    path.write_bytes(gzip.compress(b" " * 1_000_000))
    assert path.stat().st_size < 10_000
    with pytest.raises(FileFormatError, match="more than 10000 bytes"):
        load_network(path)
    path.write_bytes(b" " * 10_001)
    with pytest.raises(FileFormatError, match="more than 10000 bytes"):
        load_network(path)


def test_missing_files_and_folders(tmp_path: Path):
    for path in (tmp_path / "missing.json", tmp_path):
        with pytest.raises(FileFormatError, match="cannot be read"):
            load_network(path)


def altered(**changes: object) -> dict[str, Any]:
    return small() | changes


def altered_layer(**changes: object) -> dict[str, Any]:
    document = copy.deepcopy(small())
    document["layers"][0] |= changes
    return document


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (altered(inputs=0), "without inputs"),
        (altered(inputs=1 << 30), "inputs is 1073741824"),
        (altered(inputs=True), "inputs is true"),
        (altered(layers=[]), "without inputs or layers"),
        (altered(semantics="real"), "semantics 'real' does not fit"),
        (altered(weight_format={"kind": "Q", "a": -2, "b": 0}), "not a weight format"),
        (altered(weight_format={"kind": "float"}), "weight format 'float'"),
        (
            altered(weight_format={"kind": "codebook", "values": ["1", "1"]}),
            "names 1 twice",
        ),
        (
            altered(weight_format={"kind": "codebook", "name": "binary", "values": ["-1", "1"]}),
            "'binary' has other values",
        ),
        (altered(weight_format={"kind": "codebook", "values": ["-1", "1"]}), "not in -1,1"),
        (altered(notes=[]), "notes"),
        (altered(notes={"key": 3}), "a note is 3"),
        (altered_layer(sources=[1]), "earlier layers only"),
        (altered_layer(sources=[-1]), "ascending"),
        (altered_layer(columns=2), "2 columns for 1 source"),
        (altered_layer(columns=-1), "columns is -1"),
        (altered_layer(denominator=0), "denominator 0"),
        (altered_layer(bias=[0]), "2 rows of weights and 1 biases"),
        (altered_layer(weights=[[[0, 1]], [[0, 0]]]), r"the weight \[0, 0\]"),
        (altered_layer(weights=[[[0, 1]], [[0, 1], [0, 1]]]), "columns ascend"),
        (altered_layer(weights=[[[0, 1]], [[1, 1]]]), "column 1"),
        (altered_layer(weights=[[[0, 1]], [[0, 3]]]), "3/2, which is not in"),
        (altered_layer(weights=[[[0, 1, 2]], []]), r"the weight \[0, 1, 2\]"),
        (altered_layer(activation="tanh"), "activation is 'tanh'"),
        (altered_layer(output_format={"lowest": 1, "highest": 2, "scale": 1}), "rounding"),
        (altered_layer(bias=[1 << MAX_INTEGER_BITS, 0]), "14001 bits"),
    ],
)
def test_every_violation_is_named(document: dict[str, Any], message: str):
    with pytest.raises(FileFormatError, match=message):
        network_from_json(document)


def test_an_empty_output_layer_is_refused():
    document = altered_layer()
    document["layers"][1] |= {"weights": [], "bias": []}
    with pytest.raises(FileFormatError, match="output layer is empty"):
        network_from_json(document)


def test_integers_too_long_to_read_are_not_written(tmp_path: Path):
    layer = Layer((0,), SparseMatrix.from_dense([[10**5000]], columns=1), (0,))
    with pytest.raises(FileFormatError, match="too long"):
        save_network(Network(1, (layer,)), tmp_path / "long.json")


def test_codebook_names_survive(tmp_path: Path):
    for book in (Codebook.ternary(), Codebook.linear(5), Codebook.binary()):
        layer = Layer((0,), SparseMatrix.from_rows([[]], columns=1), (0,))
        path = tmp_path / "network.json"
        save_network(Network(1, (layer,), book), path)
        assert load_network(path).weight_format == book
