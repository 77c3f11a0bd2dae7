"""Trains the small convolutional network of this example and writes what run.py needs.

    python examples/vision/train.py

needs PyTorch and scikit-learn. Its results, digits.onnx, digits_test.csv and digits_calibration.csv
(64 of the training images), are checked in, so the demonstration and the tests need neither. The
data are scikit-learn's 1797 images of handwritten digits, 8 x 8 grey levels from 0 to 16; the
network reads level/16.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from sklearn.datasets import load_digits
from torch import nn

HERE = Path(__file__).resolve().parent
TEST_IMAGES, CALIBRATION_IMAGES = 297, 64
SEED, EPOCHS, BATCH, STEP = 20, 80, 64, 1.25 / 16


def network() -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(1, 8, 3, padding=1),
        nn.ReLU(),
        nn.Conv2d(8, 12, 3, stride=2, padding=1),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(192, 10),
    )


def train(images: torch.Tensor, labels: torch.Tensor) -> nn.Sequential:
    """Cross-entropy on images moved against the network by up to STEP in every pixel (one gradient
    step; it grows over the first half), and shifted by up to one pixel."""
    torch.manual_seed(SEED)
    model = network()
    optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3, weight_decay=1e-3)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, EPOCHS)
    generator = torch.Generator().manual_seed(SEED)
    for epoch in range(EPOCHS):
        step = STEP * min(1.0, epoch / (EPOCHS / 2))
        order = torch.randperm(len(images), generator=generator)
        for start in range(0, len(order), BATCH):
            chosen = order[start : start + BATCH]
            shift = torch.randint(-1, 2, (2,), generator=generator).tolist()
            seen = torch.roll(images[chosen], shift, (2, 3)).requires_grad_()
            loss = nn.functional.cross_entropy(model(seen), labels[chosen])
            (slope,) = torch.autograd.grad(loss, seen)
            moved = (seen + step * torch.sign(slope)).clamp(0, 1).detach()
            loss = nn.functional.cross_entropy(model(moved), labels[chosen])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        schedule.step()
    return model.eval()


def write_onnx(model: nn.Sequential, path: Path) -> None:
    """The model in float32, of opset 13."""
    tensors = [
        numpy_helper.from_array(tensor.detach().numpy(), name)
        for name, tensor in model.state_dict().items()
    ]
    place = {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1]}
    nodes = [
        helper.make_node("Conv", ["x", "0.weight", "0.bias"], ["c1"], "conv1", **place),
        helper.make_node("Relu", ["c1"], ["r1"], "relu1"),
        helper.make_node(
            "Conv", ["r1", "2.weight", "2.bias"], ["c2"], "conv2", strides=[2, 2], **place
        ),
        helper.make_node("Relu", ["c2"], ["r2"], "relu2"),
        helper.make_node("Flatten", ["r2"], ["f"], "flatten"),
        helper.make_node("Gemm", ["f", "5.weight", "5.bias"], ["y"], "dense", transB=1),
    ]
    graph = helper.make_graph(
        nodes,
        "digits",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["batch", 1, 8, 8])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["batch", 10])],
        tensors,
    )
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=7)
    path.write_bytes(made.SerializeToString(deterministic=True))
    onnx.checker.check_model(str(path), full_check=True)


def main() -> None:
    torch.set_num_threads(1)
    levels, labels = load_digits(return_X_y=True)
    order = np.random.default_rng(SEED).permutation(len(levels))
    levels, labels = levels[order].astype(int), labels[order]
    images = torch.tensor(levels / 16, dtype=torch.float32).reshape(-1, 1, 8, 8)
    classes = torch.tensor(labels)
    model = train(images[TEST_IMAGES:], classes[TEST_IMAGES:])
    right = (model(images[:TEST_IMAGES]).argmax(1) == classes[:TEST_IMAGES]).sum().item()
    print(f"{right} of {TEST_IMAGES} test images right")
    write_onnx(model, HERE / "digits.onnx")
    write_images(HERE / "digits_test.csv", levels[:TEST_IMAGES], labels[:TEST_IMAGES])
    more = slice(TEST_IMAGES, TEST_IMAGES + CALIBRATION_IMAGES)
    write_images(HERE / "digits_calibration.csv", levels[more], labels[more])


def write_images(path: Path, levels: np.ndarray, labels: np.ndarray) -> None:
    """A line of label and grey levels for each image."""
    rows = [",".join(map(str, [label, *row])) for label, row in zip(labels, levels, strict=True)]
    path.write_text("\n".join(rows) + "\n")


if __name__ == "__main__":
    main()
