"""What PyTorch's modules and functions are in terms of ONNX operators."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bitproof.errors import InputError
from bitproof.interop.model_graph import Node


@dataclass(frozen=True, slots=True)
class Operation:
    """One traced operation.

    Attributes:
        where: for messages.
        module: of a call of a module, else None.
        arguments, options: of the call; nodes of the trace among them.
        shape: of the result.
        result: the name of the result.
        add_node, add_constant: where nodes and tensors go; a constant's name comes back.
    """

    where: str
    module: Any
    arguments: tuple[Any, ...]
    options: dict[str, Any]
    shape: tuple[int, ...]
    result: str
    add_node: Callable[[Node], None]
    add_constant: Callable[[str, Any], str]

    def argument(self, index: int, name: str, default: Any = None) -> Any:  # noqa: ANN401
        """An argument of a function, by place or by name."""
        if index < len(self.arguments):
            return self.arguments[index]
        return self.options.get(name, default)

    def tensor(self, index: int, name: str = "input") -> str:
        """The name of a tensor that is an argument; numbers become constants."""
        value = self.argument(index, name)
        if isinstance(value, float | int):
            return self.add_constant(f"{self.result}.{name}{index}", value)
        if not hasattr(value, "name"):
            raise self.refusal(f"lacks the tensor {name!r}", "give it")
        return str(value.name)

    def emit(self, operator: str, *inputs: str, result: str = "", **attributes: object) -> str:
        """Adds a node; its result is the operation's unless another name is given."""
        name = result or self.result
        self.add_node(Node(operator, self.where, inputs, (name,), attributes))
        return name

    def constant(self, name: str, value: Any) -> str:  # noqa: ANN401
        """Adds a tensor and gives its name, empty for None."""
        return "" if value is None else self.add_constant(f"{self.result}.{name}", value)

    def refusal(self, problem: str, remedy: str) -> InputError:
        return InputError(f"{self.where} {problem}", remedy=remedy)


Handler = Callable[[Operation], object]


def _pair(value: Any, axes: int = 2) -> tuple[int, ...]:  # noqa: ANN401
    return (int(value),) * axes if isinstance(value, int) else tuple(int(one) for one in value)


def _simple(operator: str, count: int = 1) -> Handler:
    names = ("input", "other")
    return lambda op: op.emit(operator, *(op.tensor(i, names[i]) for i in range(count)))


def _linear(op: Operation) -> None:
    weight = op.constant("weight", op.module.weight.detach().t())
    if op.module.bias is None:
        op.emit("MatMul", op.tensor(0), weight)
        return
    product = op.emit("MatMul", op.tensor(0), weight, result=f"{op.result}.product")
    op.emit("Add", product, op.constant("bias", op.module.bias))


def _conv(op: Operation) -> None:
    module, axes = op.module, len(op.module.kernel_size)
    if module.padding_mode != "zeros":
        raise op.refusal(f"pads by {module.padding_mode!r}", "padding_mode='zeros'")
    place: dict[str, Any] = {}
    if module.padding in ("same", "valid"):
        place["auto_pad"] = {"same": "SAME_UPPER", "valid": "VALID"}[module.padding]
    else:
        place["pads"] = _pair(module.padding, axes) * 2
    op.emit(
        "Conv",
        op.tensor(0),
        op.constant("weight", module.weight),
        op.constant("bias", module.bias),
        strides=_pair(module.stride, axes),
        dilations=_pair(module.dilation, axes),
        group=int(module.groups),
        **place,
    )


def _batch_norm(op: Operation) -> None:
    module = op.module
    if module.running_mean is None:
        raise op.refusal("uses the statistics of the batch", "track_running_stats=True")
    ones = module.running_var.detach() * 0 + 1
    scale = ones if module.weight is None else module.weight
    shift = ones * 0 if module.bias is None else module.bias
    op.emit(
        "BatchNormalization",
        op.tensor(0),
        op.constant("scale", scale),
        op.constant("shift", shift),
        op.constant("mean", module.running_mean),
        op.constant("variance", module.running_var),
        epsilon=float(module.eps),
    )


def _settings(op: Operation, names: tuple[str, ...]) -> dict[str, Any]:
    """Settings of a module, or the arguments of a function after the first."""
    if op.module is not None:
        return {name: getattr(op.module, name, None) for name in names}
    return {name: op.argument(1 + at, name) for at, name in enumerate(names)}


def _pool(operator: str, axes: int) -> Handler:
    names = {
        "MaxPool": ("kernel_size", "stride", "padding", "dilation", "ceil_mode"),
        "AveragePool": (
            "kernel_size",
            "stride",
            "padding",
            "ceil_mode",
            "count_include_pad",
            "divisor_override",
        ),
    }[operator]

    def read(op: Operation) -> None:
        given = _settings(op, names)
        if given.get("divisor_override"):
            raise op.refusal("overrides its divisor", "leave divisor_override out")
        size = _pair(given["kernel_size"], axes)
        attributes: dict[str, Any] = {
            "kernel_shape": size,
            "strides": size if given["stride"] is None else _pair(given["stride"], axes),
            "pads": _pair(given["padding"] or 0, axes) * 2,
            "ceil_mode": int(bool(given["ceil_mode"])),
        }
        if operator == "MaxPool":
            attributes["dilations"] = _pair(given["dilation"] or 1, axes)
        else:
            counted = given["count_include_pad"]
            attributes["count_include_pad"] = int(counted is None or bool(counted))
        op.emit(operator, op.tensor(0), **attributes)

    return read


def _adaptive(operator: str) -> Handler:
    def read(op: Operation) -> None:
        given = _settings(op, ("output_size",))["output_size"]
        if any(size != 1 for size in ([given] if isinstance(given, int) else given)):
            raise op.refusal(f"pools to {given}", "output size 1, or a pool of fixed windows")
        op.emit(operator, op.tensor(0))

    return read


def _reshape(op: Operation) -> None:
    op.emit("Reshape", op.tensor(0), op.constant("shape", list(op.shape)))


def _permute(op: Operation) -> None:
    order = op.arguments[1:] or (op.options.get("dims"),)
    if len(order) == 1 and not isinstance(order[0], int):
        order = tuple(order[0])
    op.emit("Transpose", op.tensor(0), perm=tuple(axis % len(order) for axis in order))


def _transpose(op: Operation) -> None:
    order = list(range(len(op.shape)))
    one, other = op.argument(1, "dim0"), op.argument(2, "dim1")
    order[one], order[other] = order[other], order[one]
    op.emit("Transpose", op.tensor(0), perm=tuple(order))


def _cat(op: Operation) -> None:
    tensors = op.argument(0, "tensors")
    names = [str(one.name) for one in tensors]
    op.emit("Concat", *names, axis=int(op.argument(1, "dim", 0)))


def _leaky(op: Operation) -> None:
    slope = _settings(op, ("negative_slope",))["negative_slope"]
    op.emit("LeakyRelu", op.tensor(0), alpha=0.01 if slope is None else float(slope))


def _prelu(op: Operation) -> None:
    slope = op.module.weight.detach().reshape(-1, *(1,) * (len(op.shape) - 2))
    op.emit("PRelu", op.tensor(0), op.constant("slope", slope))


def _clip(op: Operation) -> None:
    low, high = float(op.module.min_val), float(op.module.max_val)
    op.emit("Clip", op.tensor(0), op.constant("low", low), op.constant("high", high))


def _dropout(op: Operation) -> None:
    training = op.module.training if op.module is not None else op.argument(2, "training", True)
    if training:
        raise op.refusal("is in training mode", "call module.eval() before")
    op.emit("Identity", op.tensor(0))


def _scaled_sum(operator: str) -> Handler:
    plain = _simple(operator, 2)

    def read(op: Operation) -> None:
        if op.options.get("alpha", 1) != 1:
            raise op.refusal("has a factor alpha", "multiply before")
        plain(op)

    return read


def _pad(op: Operation) -> None:
    given = tuple(int(n) for n in op.module.padding)
    if getattr(op.module, "value", 0):
        raise op.refusal("pads with another number than 0", "use zeros")
    rank = len(op.shape)
    before, after = [0] * rank, [0] * rank
    for at in range(len(given) // 2):
        before[rank - 1 - at], after[rank - 1 - at] = given[2 * at], given[2 * at + 1]
    op.emit("Pad", op.tensor(0), op.constant("pads", [*before, *after]))


OPERATIONS: dict[str, Handler] = {
    "AdaptiveAvgPool1d": _adaptive("GlobalAveragePool"),
    "AdaptiveAvgPool2d": _adaptive("GlobalAveragePool"),
    "AdaptiveMaxPool2d": _adaptive("GlobalMaxPool"),
    "AvgPool1d": _pool("AveragePool", 1),
    "AvgPool2d": _pool("AveragePool", 2),
    "BatchNorm1d": _batch_norm,
    "BatchNorm2d": _batch_norm,
    "Conv1d": _conv,
    "Conv2d": _conv,
    "Dropout": _dropout,
    "Dropout1d": _dropout,
    "Dropout2d": _dropout,
    "Flatten": _reshape,
    "Hardtanh": _clip,
    "Identity": _simple("Identity"),
    "LeakyReLU": _leaky,
    "Linear": _linear,
    "MaxPool1d": _pool("MaxPool", 1),
    "MaxPool2d": _pool("MaxPool", 2),
    "PReLU": _prelu,
    "ReLU": _simple("Relu"),
    "ReLU6": _clip,
    "Unflatten": _reshape,
    "ZeroPad2d": _pad,
    "adaptive_avg_pool2d": _adaptive("GlobalAveragePool"),
    "add": _scaled_sum("Add"),
    "avg_pool2d": _pool("AveragePool", 2),
    "cat": _cat,
    "concat": _cat,
    "contiguous": _simple("Identity"),
    "dropout": _dropout,
    "flatten": _reshape,
    "iadd": _scaled_sum("Add"),
    "leaky_relu": _leaky,
    "matmul": _simple("MatMul", 2),
    "max_pool2d": _pool("MaxPool", 2),
    "mul": _simple("Mul", 2),
    "neg": _simple("Neg"),
    "permute": _permute,
    "relu": _simple("Relu"),
    "relu_": _simple("Relu"),
    "reshape": _reshape,
    "squeeze": _reshape,
    "sub": _scaled_sum("Sub"),
    "transpose": _transpose,
    "truediv": _simple("Div", 2),
    "unsqueeze": _reshape,
    "view": _reshape,
}
"""By the name of the module's class, of the function or of the tensor's method."""
