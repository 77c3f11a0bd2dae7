"""Imported PyTorch modules compute exactly what PyTorch does where floats round nothing."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from bitproof.errors import InputError
from bitproof.execute.reference import evaluate
from bitproof.interop import import_torch
from bitproof.network import Convolution

torch = pytest.importorskip("torch")
nn = torch.nn


def dyadic(module: Any) -> Any:
    """Parameters that float32 sums exactly."""
    generator = torch.Generator().manual_seed(3)
    with torch.no_grad():
        for tensor in (*module.parameters(), *module.buffers()):
            if tensor.is_floating_point():
                tensor.copy_(torch.randint(-8, 9, tensor.shape, generator=generator) / 4)
        for part in module.modules():
            if isinstance(part, nn.BatchNorm1d | nn.BatchNorm2d):
                part.eps = 0.0
                part.running_var.copy_(torch.tensor([4.0, 0.25, 1.0, 16.0])[: part.num_features])
    return module.eval()


class Residual(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv2d(1, 2, 3, padding=1)
        self.second = nn.Conv2d(2, 2, 3, padding="same")
        self.last = nn.Linear(24, 3)

    def forward(self, x: Any) -> Any:
        x = torch.relu(self.first(x))
        y = nn.functional.leaky_relu(self.second(x), 0.25) + x
        y = nn.functional.max_pool2d(y, 2)
        y = torch.cat([y, -y, y * 0.5 - 1.0], 1).permute(0, 2, 3, 1)
        return self.last(y.reshape(y.size(0), -1)) / 2


MODULES = {
    "dense": (lambda: nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 2, bias=False)), (4,)),
    "batch norm of a vector": (lambda: nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4)), (3,)),
    "images": (
        lambda: nn.Sequential(
            nn.Conv2d(1, 4, 3, padding=1, bias=False),
            nn.BatchNorm2d(4),
            nn.LeakyReLU(0.125),
            nn.Conv2d(4, 4, (2, 3), stride=(1, 2), dilation=(2, 1), groups=2),
            nn.ReLU(),
            nn.MaxPool2d(2, ceil_mode=True),
            nn.Dropout(),
            nn.Sequential(nn.AvgPool2d(2, 1), nn.Identity()),
            nn.Flatten(),
        ),
        (1, 8, 9),
    ),
    "global pool": (
        lambda: nn.Sequential(nn.ReLU6(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(2, 2)),
        (2, 2, 4),
    ),
    "one axis": (
        lambda: nn.Sequential(nn.Conv1d(2, 3, 3, padding=1), nn.PReLU(3), nn.MaxPool1d(2)),
        (2, 6),
    ),
    "padded": (lambda: nn.Sequential(nn.ZeroPad2d((1, 0, 2, 1)), nn.Conv2d(1, 1, 2)), (1, 3, 3)),
    "branches": (Residual, (1, 4, 4)),
}


@pytest.mark.parametrize("name", MODULES)
def test_modules_bit_for_bit(name: str) -> None:
    make, shape = MODULES[name]
    module = dyadic(make())
    imported = import_torch(module, shape)
    generator = torch.Generator().manual_seed(5)
    for _ in range(2):
        x = torch.randint(-8, 9, (1, *shape), generator=generator).float()
        with torch.no_grad():
            expected = [Fraction(float(v)) for v in module(x).reshape(-1)]
        assert list(evaluate(imported.network, [int(v) for v in x.reshape(-1)])) == expected


def test_a_convolution_keeps_its_kernel() -> None:
    module = dyadic(nn.Sequential(nn.Conv2d(3, 8, 5, stride=2), nn.ReLU()))
    (layer,) = import_torch(module, (3, 128, 128)).network.layers
    assert isinstance(layer.matrix, Convolution)


def test_bfloat16_and_float64_are_exact() -> None:
    for kind in (torch.bfloat16, torch.float64):
        module = nn.Linear(1, 1).to(kind)
        layer = import_torch(nn.Sequential(module), (1,)).network.layers[0]
        assert layer.weight(layer.matrix.row(0)[0][1]) == Fraction(float(module.weight.detach()))


@pytest.mark.parametrize(
    ("module", "words"),
    [
        (lambda: nn.Sequential(nn.Sigmoid()), "known are"),
        (lambda: nn.Sequential(nn.Dropout()), "module.eval"),
        (lambda: nn.Sequential(nn.BatchNorm1d(4)), "module.eval"),
        (lambda: nn.Sequential(nn.Linear(5, 1)), "cannot be traced"),
        (lambda: nn.Sequential(nn.Linear(4, 1), nn.Linear(1, 1).double()), "one type"),
    ],
)
def test_refusals(module: Any, words: str) -> None:
    with pytest.raises(InputError, match=words):
        import_torch(module(), (4,))


def test_a_forward_that_depends_on_values() -> None:
    class Branching(nn.Module):
        def forward(self, x: Any) -> Any:
            return x if x.sum() > 0 else -x

    with pytest.raises(InputError, match="must not depend"):
        import_torch(Branching(), (4,))
