"""Imported ONNX models compute exactly what onnxruntime does where float32 rounds nothing."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bitproof.errors import InputError
from bitproof.interop import import_onnx
from bitproof.network import Activation, Convolution
from tests.interop.models import assert_agrees, exactly, imported, model, node, real_model, run

RNG = np.random.default_rng(7)


def small(*shape: int) -> Any:
    """Multiples of 1/4 that float32 sums exactly."""
    return (RNG.integers(-8, 9, shape) / 4).astype(np.float32)


def ints(*values: int) -> Any:
    return np.array(values, np.int64)


DENSE = {
    "gemm": ([node("Gemm", "x w b", "y", transB=1)], {"w": small(3, 4), "b": small(3)}, (1, 4), 13),
    "gemm scaled": (
        [node("Gemm", "x w b", "y", alpha=0.5, beta=-2.0)],
        {"w": small(4, 3), "b": small(1, 3)},
        ("batch", 4),
        9,
    ),
    "gemm turned": ([node("Gemm", "x w", "y", transA=1)], {"w": small(1, 3)}, (1, 4), 13),
    "matmul and add": (
        [node("MatMul", "x w", "z"), node("Add", "b z", "a"), node("Relu", "a", "y")],
        {"w": small(4, 3), "b": small(3)},
        (1, 4),
        13,
    ),
    "matmul of rows": ([node("MatMul", "x w", "y")], {"w": small(4, 3)}, (1, 2, 4), 13),
    "matmul from the left": ([node("MatMul", "w x", "y")], {"w": small(3, 4)}, (4, 2), 13),
    "matmul of a vector": ([node("MatMul", "x w", "y")], {"w": small(4)}, (1, 4), 13),
    "normalised input": (
        [
            node("Sub", "x m", "c"),
            node("Div", "c s", "n"),
            node("Flatten", "n", "f"),
            node("MatMul", "f w", "y"),
        ],
        {"m": small(1, 2, 2), "s": np.float32([[[0.5]], [[4.0]]]), "w": small(8, 3)},
        (1, 2, 2, 2),
        7,
    ),
    "constant minus value": ([node("Sub", "m x", "y")], {"m": small(1, 4)}, (1, 4), 13),
    "residual": (
        [
            node("MatMul", "x w", "z"),
            node("Relu", "z", "r"),
            node("Add", "r x", "s"),
            node("Mul", "s k", "t"),
            node("Sub", "t r", "y"),
        ],
        {"w": small(4, 4), "k": small(4)},
        (1, 4),
        13,
    ),
    "twice itself": ([node("Add", "x x", "d"), node("Neg", "d", "y")], {}, (1, 4), 13),
    "sum of three": (
        [node("Relu", "x", "r"), node("Sum", "x r b", "y")],
        {"b": small(4)},
        (1, 4),
        8,
    ),
    "leaky": ([node("LeakyRelu", "x", "y", alpha=0.25)], {}, (1, 4), 13),
    "leaky after dense": (
        [
            node("MatMul", "x w", "z"),
            node("LeakyRelu", "z", "l", alpha=0.125),
            node("MatMul", "l v", "y"),
        ],
        {"w": small(4, 3), "v": small(3, 2)},
        (1, 4),
        13,
    ),
    "prelu": ([node("PRelu", "x s", "y")], {"s": small(4)}, (1, 4), 13),
    "clip": (
        [node("Clip", "x l h", "y")],
        {"l": np.float32(-1.5), "h": np.float32(6)},
        (1, 4),
        13,
    ),
    "clip by attributes": ([node("Clip", "x", "y", min=0.0, max=6.0)], {}, (1, 4), 9),
    "used twice": (
        [node("MatMul", "x w", "z"), node("Relu", "z", "r"), node("Sub", "r z", "y")],
        {"w": small(4, 3)},
        (1, 4),
        13,
    ),
}

SHAPES = {
    "reshape": (
        [node("Reshape", "x s", "r"), node("MatMul", "r w", "y")],
        {"s": ints(0, -1), "w": small(8, 3)},
        ("n", 2, 4),
        13,
    ),
    "transpose": (
        [node("Transpose", "x", "t", perm=[0, 2, 1]), node("Relu", "t", "y")],
        {},
        (1, 2, 4),
        13,
    ),
    "draft transposed": (
        [
            node("MatMul", "x w", "z"),
            node("Transpose", "z", "t", perm=[0, 2, 1]),
            node("Add", "t b", "a"),
            node("Mul", "a k", "y"),
        ],
        {"w": small(4, 3), "b": small(2), "k": small(3, 1)},
        (1, 2, 4),
        13,
    ),
    "squeeze and unsqueeze": (
        [
            node("Unsqueeze", "x a", "u"),
            node("Squeeze", "u b", "s"),
            node("Squeeze", "s", "y"),
        ],
        {"a": ints(1, -1), "b": ints(1)},
        (1, 4),
        13,
    ),
    "squeeze by attributes": (
        [node("Unsqueeze", "x", "u", axes=[0]), node("Squeeze", "u", "y", axes=[0])],
        {},
        (1, 4),
        11,
    ),
    "pad": (
        [node("Pad", "x p v", "a"), node("MatMul", "a w", "y")],
        {"p": ints(0, 1, 0, 2), "v": np.float32(0.5), "w": small(7, 2)},
        (1, 4),
        13,
    ),
    "pad by attributes": ([node("Pad", "x", "y", pads=[0, 1, 0, 1], value=2.0)], {}, (1, 4), 9),
    "concat": (
        [
            node("Relu", "x", "r"),
            node("Mul", "x k", "m"),
            node("Concat", "r b m r", "c", axis=-1),
            node("MatMul", "c w", "y"),
        ],
        {"k": small(4), "b": small(1, 2), "w": small(14, 3)},
        (1, 4),
        13,
    ),
    "slice and gather": (
        [
            node("Slice", "x s e a t", "p"),
            node("Gather", "x i", "q", axis=1),
            node("Concat", "p q", "y", axis=1),
        ],
        {"s": ints(3), "e": ints(-9), "a": ints(1), "t": ints(-2), "i": ints(2, 2, -1)},
        (1, 4),
        13,
    ),
    "flatten of a shape": (
        [
            node("Shape", "x", "s"),
            node("Gather", "s i", "g", axis=0),
            node("Unsqueeze", "g z", "u"),
            node("Concat", "u m", "c", axis=0),
            node("Reshape", "x c", "y"),
        ],
        {"i": np.int64(0), "z": ints(0), "m": ints(-1)},
        ("n", 2, 3),
        13,
    ),
    "identity, cast, dropout, constant": (
        [
            node("Constant", "", "k", value_float=0.5),
            node("Identity", "x", "i"),
            node("Cast", "i", "c", to=1),
            node("Dropout", "c", "d"),
            node("Mul", "d k", "y"),
        ],
        {},
        (1, 4),
        13,
    ),
}


def conv(groups: int = 1, **attributes: object) -> Any:
    return node("Conv", "x w b", "y", group=groups, **attributes)


IMAGES = {
    "conv": ([conv()], {"w": small(3, 2, 3, 2), "b": small(3)}, (1, 2, 5, 6), 13),
    "conv with everything": (
        [conv(groups=2, strides=[2, 1], pads=[1, 0, 2, 1], dilations=[1, 2], kernel_shape=[2, 3])],
        {"w": small(4, 1, 2, 3), "b": small(4)},
        (1, 2, 6, 7),
        13,
    ),
    "conv same upper": (
        [conv(auto_pad="SAME_UPPER", strides=[2, 2])],
        {"w": small(2, 1, 3, 2), "b": small(2)},
        (1, 1, 5, 6),
        13,
    ),
    "conv same lower": (
        [conv(auto_pad="SAME_LOWER", strides=[1, 2])],
        {"w": small(2, 1, 2, 3), "b": small(2)},
        (1, 1, 5, 6),
        13,
    ),
    "conv of one axis": (
        [conv(strides=[2], pads=[1, 0])],
        {"w": small(3, 2, 3), "b": small(3)},
        (1, 2, 7),
        13,
    ),
    "normalised and padded conv": (
        [
            node("Sub", "x m", "c"),
            node("Mul", "c s", "n"),
            node("Conv", "n w", "y", pads=[1, 1, 1, 1]),
        ],
        {"m": small(2, 1, 1), "s": small(2, 1, 1), "w": small(3, 2, 3, 3)},
        (1, 2, 4, 4),
        13,
    ),
    "depthwise after a scale": (
        [
            node("Relu", "x", "r"),
            node("Mul", "r s", "n"),
            node("Conv", "n w", "y", group=2, pads=[1, 1, 1, 1]),
        ],
        {"s": small(2, 1, 1), "w": small(4, 1, 3, 3)},
        (1, 2, 4, 4),
        13,
    ),
    "leaky conv conv": (
        [
            node("Conv", "x w", "z"),
            node("LeakyRelu", "z", "l", alpha=0.25),
            node("Conv", "l v", "y", pads=[1, 0, 0, 1]),
        ],
        {"w": small(2, 1, 2, 2), "v": small(2, 2, 2, 2)},
        (1, 1, 4, 4),
        13,
    ),
    "channels last": (
        [
            node("Transpose", "x", "t", perm=[0, 3, 1, 2]),
            node("Conv", "t w", "c"),
            node("Transpose", "c", "u", perm=[0, 2, 3, 1]),
            node("Add", "u b", "a"),
            node("Relu", "a", "y"),
        ],
        {"w": small(3, 2, 2, 2), "b": small(3)},
        (1, 4, 4, 2),
        13,
    ),
    "pad then conv": (
        [node("Pad", "x p", "q"), node("Conv", "q w", "y")],
        {"p": ints(0, 0, 1, 0, 0, 0, 0, 2), "w": small(2, 1, 2, 2)},
        (1, 1, 3, 3),
        13,
    ),
    "residual conv": (
        [
            node("Conv", "x w", "c", pads=[1, 1, 1, 1]),
            node("Relu", "c", "r"),
            node("Add", "r x", "s"),
            node("Relu", "s", "t"),
            node("Conv", "t w", "y"),
        ],
        {"w": small(2, 2, 3, 3)},
        (1, 2, 4, 4),
        13,
    ),
    "average pool": (
        [node("AveragePool", "x", "y", kernel_shape=[2, 2], strides=[2, 1])],
        {},
        (1, 2, 4, 5),
        13,
    ),
    "average pool, pads count": (
        [
            node(
                "AveragePool",
                "x",
                "y",
                kernel_shape=[2, 4],
                pads=[1, 2, 0, 1],
                count_include_pad=1,
            )
        ],
        {},
        (1, 2, 4, 5),
        13,
    ),
    "average pool, pads do not count": (
        [node("AveragePool", "x", "y", kernel_shape=[2, 2], pads=[1, 1, 1, 1])],
        {},
        (1, 2, 3, 3),
        13,
    ),
    "average pool, ceil": (
        [node("AveragePool", "x", "y", kernel_shape=[2, 2], strides=[2, 2], ceil_mode=1)],
        {},
        (1, 1, 5, 5),
        13,
    ),
    "global average pool": ([node("GlobalAveragePool", "x", "y")], {}, (1, 3, 2, 4), 13),
    "mean over the image": ([node("ReduceMean", "x", "y", axes=[2, 3])], {}, (1, 3, 2, 4), 13),
    "sum over channels": (
        [node("ReduceSum", "x a", "s", keepdims=0), node("Relu", "s", "y")],
        {"a": ints(1)},
        (1, 3, 2, 2),
        13,
    ),
    "mean of a convolution": (
        [
            node("Conv", "x w b", "c"),
            node("Relu", "c", "r"),
            node("ReduceMean", "r", "y", axes=[-1, -2]),
        ],
        {"w": small(3, 2, 2, 2), "b": small(3)},
        (1, 2, 3, 5),
        13,
    ),
    "max pool": (
        [node("MaxPool", "x", "y", kernel_shape=[2, 2], strides=[2, 2])],
        {},
        (1, 2, 4, 4),
        13,
    ),
    "max pool with pads": (
        [node("MaxPool", "x", "y", kernel_shape=[3, 2], pads=[1, 1, 1, 0], dilations=[1, 2])],
        {},
        (1, 2, 4, 4),
        13,
    ),
    "max pool, ceil": (
        [node("MaxPool", "x", "y", kernel_shape=[2, 2], strides=[2, 2], ceil_mode=1)],
        {},
        (1, 1, 5, 5),
        13,
    ),
    "conv, max pool, relu": (
        [
            node("Conv", "x w", "c"),
            node("MaxPool", "c", "m", kernel_shape=[3, 3], strides=[2, 2]),
            node("Relu", "m", "y"),
        ],
        {"w": small(2, 1, 2, 2)},
        (1, 1, 6, 6),
        13,
    ),
    "global max pool": ([node("GlobalMaxPool", "x", "y")], {}, (1, 2, 2, 3), 13),
    "batch norm of floats": (
        [
            node("Conv", "x w", "c"),
            node("BatchNormalization", "c s b m v", "y", epsilon=0.0),
        ],
        {
            "w": small(2, 1, 2, 2),
            "s": small(2),
            "b": small(2),
            "m": small(2),
            "v": np.float32([4.0, 0.25]),
        },
        (1, 1, 3, 3),
        13,
    ),
}


@pytest.mark.parametrize("case", [*DENSE, *SHAPES, *IMAGES])
def test_operators_bit_for_bit(case: str, tmp_path: Path) -> None:
    nodes, constants, shape, opset = (DENSE | SHAPES | IMAGES)[case]
    assert_agrees(model(nodes, constants, shape, opset=opset), tmp_path)


def test_thirds_within_rounding(tmp_path: Path) -> None:
    pool = [node("AveragePool", "x", "p", kernel_shape=[3, 3]), node("Div", "p k", "y")]
    made = model(pool, {"k": np.float32([[[0.3]], [[7]]])}, (1, 2, 5, 5))
    result = assert_agrees(made, tmp_path, exact=False)
    assert all(isinstance(layer.matrix, Convolution) for layer in result.network.layers)


def test_a_batch_norm_is_rounded_to_53_bits_and_said(tmp_path: Path) -> None:
    constants = {
        "s": np.float32([0.7, -1.3]),
        "b": small(2),
        "m": small(2),
        "v": np.float32([0.1, 3]),
    }
    made = model([node("BatchNormalization", "x s b m v", "y")], constants, (1, 2, 3, 3))
    result = assert_agrees(made, tmp_path, exact=False)
    assert len(result.roundings) == 1
    assert "53" in result.roundings[0]


@pytest.mark.parametrize("dtype", [np.float16, np.float64])
def test_other_floats_are_exact(dtype: Any, tmp_path: Path) -> None:
    weights = np.array([[0.1, 2.0**-14], [-3.0, 0.7]], dtype)
    made = model([node("MatMul", "x w", "y")], {"w": weights}, (1, 2), dtype=dtype)
    result, _ = imported(made, tmp_path)
    layer = result.network.layers[0]
    got = [[dict(layer.matrix.row(r)).get(c, 0) for r in range(2)] for c in range(2)]
    assert [[layer.weight(n) for n in row] for row in got] == [
        [Fraction(float(v)) for v in row] for row in weights
    ]


def test_a_convolution_keeps_its_kernel(tmp_path: Path) -> None:
    nodes = [node("Conv", "x w b", "c", strides=[2, 2]), node("Relu", "c", "y")]
    constants = {"w": small(8, 3, 4, 4), "b": small(8)}
    result, _ = imported(model(nodes, constants, ("n", 3, 224, 224)), tmp_path)
    (layer,) = result.network.layers
    assert isinstance(layer.matrix, Convolution)
    assert layer.matrix.stored_entries == 8 * 3 * 16
    assert layer.activation is Activation.RELU


REAL = [
    "ACASXU_run2a_1_1_batch_2000.onnx",
    "Convnet_avgpool.onnx",
    "KJ_TinyTaxiNet.onnx",
    "cifar_base_kw.onnx",
    "mnist-net_256x2.onnx",
]


@pytest.mark.parametrize("name", REAL)
def test_trained_models_within_float32_rounding(name: str) -> None:
    path = real_model(name)
    result = import_onnx(path)
    shape = result.input_shapes[0]
    x = np.random.default_rng(0).integers(0, 256, shape).astype(np.float32) / np.float32(256)
    expected = run(path, x).reshape(-1)
    gap = max(abs(float(a) - b) for a, b in zip(exactly(result, x), expected, strict=True))
    assert gap <= 4e-6 * max(1.0, float(np.abs(expected).max()))


REFUSED = {
    "softmax": ([node("Softmax", "x", "y")], {}, "cut the model before it"),
    "misspelt": ([node("Reluu", "x", "y")], {}, "did you mean Relu"),
    "product of values": ([node("Mul", "x x", "y")], {}, "must be a constant"),
    "division by zero": ([node("Div", "x k", "y")], {"k": np.float32([0])}, "division by zero"),
    "training": (
        [node("Dropout", "x r t", "y")],
        {"r": np.float32(0.5), "t": np.array(True)},
        "inference",
    ),
    "sizes": ([node("MatMul", "x w", "y")], {"w": small(3, 3)}, "inner sizes"),
    "shapes": ([node("Add", "x w", "y")], {"w": small(3)}, "must broadcast"),
    "reshape": ([node("Reshape", "x s", "y")], {"s": ints(3, 2)}, "number of entries"),
    "mask": ([node("Dropout", "x", "d m"), node("Add", "d m", "y")], {}, "first result"),
    "shape from the input": ([node("Reshape", "x x", "y")], {}, "must be a constant"),
    "3-D": ([node("Conv", "x w", "y")], {"w": small(1, 1, 1, 1)}, "one image of shape"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refusals_name_the_node_and_what_would_work(case: str, tmp_path: Path) -> None:
    nodes, constants, words = REFUSED[case]
    nodes[0].name = "the first"
    with pytest.raises(InputError, match=words) as caught:
        imported(model(nodes, constants, (1, 4)), tmp_path)
    assert nodes[-1].op_type in str(caught.value) or nodes[0].op_type in str(caught.value)


def test_an_old_opset_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="opset 7 or later"):
        imported(model([node("Relu", "x", "y")], {}, (1, 4), opset=6), tmp_path)
