"""Hostile and damaged model files: a clear error at once, and no file outside is read."""

from __future__ import annotations

import builtins
import io
import itertools
import os
import random
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from bitproof.errors import BitproofError, FileFormatError, InputError
from bitproof.interop import import_onnx
from tests.interop.models import model, node


def plain(**changes: Any) -> Any:
    """x @ w with something changed."""
    weights = np.arange(12, dtype=np.float32).reshape(4, 3)
    return model([node("MatMul", "x w", "y")], {"w": weights} | changes, (1, 4))


def with_dims(*dims: int) -> Any:
    made = plain()
    tensor = made.graph.initializer[0]
    del tensor.dims[:]
    tensor.dims.extend(dims)
    return made


def external(location: str, **facts: object) -> Any:
    made = plain()
    tensor = made.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    for key, value in {"location": location, **facts}.items():
        entry = tensor.external_data.add()
        entry.key, entry.value = key, str(value)
    return made


def cyclic() -> Any:
    return model(
        [node("Add", "x b", "a"), node("Relu", "a", "b"), node("Relu", "b", "y")], {}, (4,)
    )


def many_nodes() -> Any:
    chain = [node("Relu", f"t{i}", f"t{i + 1}") for i in range(20_000)]
    return model([node("Relu", "x", "t0"), *chain, node("Relu", "t20000", "y")], {}, (1, 4))


def doubling(operator: str) -> Any:
    """Every node doubles the tensor: 2^60 values from a file of two kilobytes."""
    attributes = {"axis": 0} if operator == "Concat" else {}
    names = ["x", *(f"t{i}" for i in range(60)), "y"]
    pairs = itertools.pairwise(names)
    return model([node(operator, f"{a} {a}", b, **attributes) for a, b in pairs], {}, (1, 4))


def nested(depth: int) -> Any:
    graph = helper.make_graph([node("Relu", "x", "y")], "inner", [], [])
    for _ in range(depth):
        inner = node("If", "x", "y", then_branch=graph, else_branch=graph)
        graph = helper.make_graph([inner], "g", [], [])
    return graph


def stray_subgraph() -> Any:
    return model([node("If", "x", "y", then_branch=nested(2), else_branch=nested(2))], {}, (1, 4))


def unwritten_name() -> Any:
    return model([node("Relu", "z", "y")], {}, (1, 4))


def twice() -> Any:
    return model([node("Relu", "x", "y"), node("Neg", "x", "y")], {}, (1, 4))


def repeated_tensor() -> Any:
    made = plain()
    made.graph.initializer.append(made.graph.initializer[0])
    return made


def strings() -> Any:
    made = plain()
    made.graph.initializer[0].data_type = TensorProto.STRING
    return made


def short_data() -> Any:
    made = plain()
    made.graph.initializer[0].raw_data = made.graph.initializer[0].raw_data[:-2]
    return made


def sparse() -> Any:
    made = plain()
    values = numpy_helper.from_array(np.float32([1]), "s")
    places = numpy_helper.from_array(np.int64([[0, 0]]), "i")
    made.graph.sparse_initializer.append(helper.make_sparse_tensor(values, places, [1 << 40, 4]))
    return made


def foreign() -> Any:
    made = plain()
    made.graph.node[0].domain = "com.microsoft"
    return made


def conv(**attributes: object) -> Any:
    kernel = np.ones((1, 1, 2, 2), np.float32)
    return model([node("Conv", "x w", "y", **attributes)], {"w": kernel}, (1, 1, 4, 4))


def reshaped(*shape: int) -> Any:
    return model([node("Reshape", "x s", "y")], {"s": np.array(shape, np.int64)}, (1, 4))


def padded(*pads: int) -> Any:
    return model([node("Pad", "x p", "y")], {"p": np.array(pads, np.int64)}, (1, 4))


def gathered() -> Any:
    indices = np.zeros((4096, 4096), np.int64)
    return model([node("Gather", "x i", "y", axis=1)], {"i": indices}, (1, 4))


def halves() -> Any:
    """Denominators that would grow without end."""
    nodes = [node("Div", f"t{i} k", f"t{i + 1}") for i in range(400)]
    constants = {"t0": np.float32([1]), "k": np.float32([3.1, 0.7, 0.3])}
    return model([*nodes, node("Mul", "x t400", "y")], constants, (1, 3))


HOSTILE: dict[str, tuple[Callable[[], Any], str]] = {
    "cycle": (cyclic, "depends on its own result"),
    "too many nodes": (many_nodes, "graph of 20002 nodes"),
    "undefined name": (unwritten_name, "which nothing defines"),
    "name defined twice": (twice, "again"),
    "tensor defined twice": (repeated_tensor, "defined twice"),
    "doubling by Concat": (lambda: doubling("Concat"), "values can be imported"),
    "subgraphs": (stray_subgraph, "not an operator that can be imported"),
    "NaN": (lambda: plain(w=np.full((4, 3), np.nan, np.float32)), "the entry nan"),
    "infinity": (lambda: plain(w=np.full((4, 3), -np.inf, np.float32)), "the entry -inf"),
    "NaN in an attribute": (
        lambda: model([node("LeakyRelu", "x", "y", alpha=float("nan"))], {}, (1, 4)),
        "not a finite number",
    ),
    "huge tensor": (lambda: with_dims(1 << 40, 3), "tensors of up to"),
    "dimensions beyond 64 bits": (lambda: with_dims(*(1 << 40,) * 40), "tensors of up to"),
    "negative dimension": (lambda: with_dims(-4, -3), "sizes ≥ 0"),
    "dimensions unlike the data": (lambda: with_dims(4, 4), "has 48 bytes"),
    "too little data": (short_data, "has 46 bytes"),
    "strings": (strings, "type STRING"),
    "sparse tensor": (sparse, "sparse initializers"),
    "other domain": (foreign, "com.microsoft"),
    "huge input": (lambda: model([node("Relu", "x", "y")], {}, (1, 1 << 40)), "values can be"),
    "unknown input size": (lambda: model([node("Relu", "x", "y")], {}, (1, "n")), "may vary"),
    "no shape": (
        lambda: model([node("MatMul", "x w", "y")], {"w": np.ones((4, 3))}, None),
        "inner",
    ),
    "wrong shapes": (lambda: plain(w=np.ones((5, 3), np.float32)), "inner sizes"),
    "reshape to 2^50": (lambda: reshaped(1 << 25, 1 << 25), "number of entries"),
    "reshape to less than nothing": (lambda: reshaped(-4, -1), "at most one size"),
    "pad by 2^50": (lambda: padded(0, 0, 0, 1 << 50), "values can be imported"),
    "negative pad": (lambda: padded(0, 0, 0, -9), "not negative"),
    "gather of 2^24 values": (gathered, "indices of up to"),
    "conv with pads of 2^40": (lambda: conv(pads=[0, 0, 1 << 40, 0]), "pads from 0"),
    "conv with stride 0": (lambda: conv(strides=[0, 1]), "at least 1"),
    "conv in no groups": (lambda: conv(group=0), "groups"),
    "conv with a huge dilation": (lambda: conv(dilations=[1 << 40, 1]), "must fit"),
    "conv with text for sizes": (lambda: conv(strides="ab"), "must be integers"),
    "endless denominators": (halves, "common denominator"),
    "external data outside": (lambda: external("../secret.bin"), "inside the model's folder"),
    "external data, absolute": (lambda: external("/etc/passwd"), "inside the model's folder"),
    "external data through a link": (lambda: external("link.bin"), "inside the model's folder"),
    "external data in a folder link": (lambda: external("out/secret.bin"), "inside the model's"),
    "external data missing": (lambda: external("none.bin"), "inside the model's folder"),
    "external data without a name": (lambda: external(""), "inside the model's folder"),
    "external data with a 0 byte": (lambda: external("a\0b"), "inside the model's folder"),
    "external data too short": (lambda: external("data.bin", offset=40), "needs 48 bytes"),
    "external data of another length": (lambda: external("data.bin", length=1 << 50), "48 bytes"),
    "external data before the file": (lambda: external("data.bin", offset=-8), "48 bytes"),
    "external data at no number": (lambda: external("data.bin", offset="x"), "48 bytes"),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A model's folder beside a file that it must not reach."""
    (tmp_path / "secret.bin").write_bytes(bytes(48))
    inside = tmp_path / "model"
    inside.mkdir()
    (inside / "link.bin").symlink_to(tmp_path / "secret.bin")
    (inside / "out").symlink_to(tmp_path)
    (inside / "data.bin").write_bytes(np.arange(12, dtype=np.float32).tobytes())
    return inside


@pytest.mark.parametrize("case", HOSTILE)
def test_refused_within_a_second(case: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make, words = HOSTILE[case]
    path = folder / "model.onnx"
    path.write_bytes(make().SerializeToString())
    opened = list[str]()
    real_open = builtins.open

    def watched(file: Any, *rest: Any, **more: Any) -> Any:
        opened.append(os.path.realpath(os.fspath(file)) if not isinstance(file, int) else str(file))
        return real_open(file, *rest, **more)

    monkeypatch.setattr(builtins, "open", watched)
    monkeypatch.setattr(io, "open", watched)
    start = time.process_time()
    with pytest.raises(InputError, match=words):
        import_onnx(path)
    assert time.process_time() - start < 1
    assert all(name.startswith(str(folder)) for name in opened if not name.endswith(".py"))


def test_data_inside_the_folder_is_read(folder: Path) -> None:
    path = folder / "model.onnx"
    path.write_bytes(external("data.bin").SerializeToString())
    network = import_onnx(path).network
    assert network.layers[0].matrix.row(0) == ((1, 3), (2, 6), (3, 9))


def test_every_truncation_is_refused_or_whole(tmp_path: Path) -> None:
    data = model(
        [node("Conv", "x w b", "c"), node("Relu", "c", "y")],
        {"w": np.ones((2, 1, 2, 2), np.float32), "b": np.zeros(2, np.float32)},
        (1, 1, 3, 3),
    ).SerializeToString()
    path = tmp_path / "model.onnx"
    for length in range(len(data)):
        path.write_bytes(data[:length])
        with pytest.raises(BitproofError):
            import_onnx(path)


def test_damaged_bytes_never_crash(tmp_path: Path) -> None:
    data = plain().SerializeToString()
    path, generator = tmp_path / "model.onnx", random.Random(1)
    for _ in range(400):
        damaged = bytearray(data)
        for _ in range(generator.randint(1, 4)):
            damaged[generator.randrange(len(damaged))] = generator.randrange(256)
        path.write_bytes(bytes(damaged))
        try:
            import_onnx(path)
        except BitproofError:
            continue


@pytest.mark.parametrize("text", [b"", b"not a model", b"\x1f\x8b" + bytes(100), bytes(1000)])
def test_other_files(text: bytes, tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(text)
    with pytest.raises(FileFormatError):
        import_onnx(path)


def test_a_file_of_many_zeros_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    with path.open("wb") as file:
        file.truncate(1 << 34)
    start = time.process_time()
    with pytest.raises(FileFormatError, match="bytes"):
        import_onnx(path)
    assert time.process_time() - start < 1


def test_sums_of_one_tensor_stay_one_term(tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    onnx.save(doubling("Add"), path)
    (layer,) = import_onnx(path).network.layers
    assert layer.matrix.row(0) == ((0, 2**61),)
