"""The tensors of an ONNX file, checked before a byte is unpacked."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import TensorProto, numpy_helper

from bitproof.errors import FileFormatError

MAX_ENTRIES = 1 << 25

# ONNX number: numpy type, the field of single entries, bytes of an entry.
TYPES = {
    int(TensorProto.FLOAT): ("<f4", "float_data"),
    int(TensorProto.DOUBLE): ("<f8", "double_data"),
    int(TensorProto.FLOAT16): ("<f2", "int32_data"),
    int(TensorProto.INT8): ("<i1", "int32_data"),
    int(TensorProto.INT16): ("<i2", "int32_data"),
    int(TensorProto.INT32): ("<i4", "int32_data"),
    int(TensorProto.INT64): ("<i8", "int64_data"),
    int(TensorProto.UINT8): ("<u1", "int32_data"),
    int(TensorProto.UINT16): ("<u2", "int32_data"),
    int(TensorProto.UINT32): ("<u4", "uint64_data"),
    int(TensorProto.UINT64): ("<u8", "uint64_data"),
    int(TensorProto.BOOL): ("|b1", "int32_data"),
}


def read_tensor(tensor: Any, folder: Path, what: str) -> NDArray[Any]:  # noqa: ANN401
    """A TensorProto as an array.

    Data in a file beside the model is read if its path stays inside the model's folder.

    Raises:
        FileFormatError: another type, sizes that do not fit the data or are too large, or a path
            that leaves the folder.
    """
    if tensor.data_type not in TYPES:
        names = {number: name for name, number in TensorProto.DataType.items()}
        kind = names.get(tensor.data_type, str(tensor.data_type))
        raise FileFormatError(f"{what} has the type {kind}", remedy="use floats of 16 to 64 bits")
    kind, field = TYPES[tensor.data_type]
    size = _size(tensor, what)
    if tensor.data_location == TensorProto.EXTERNAL or len(tensor.external_data):
        raw = _external(tensor, folder, size * np.dtype(kind).itemsize, what)
        return np.frombuffer(raw, kind).reshape(tuple(tensor.dims))
    bytes_there = len(tensor.raw_data)
    entries = len(getattr(tensor, field))
    if bytes_there != size * np.dtype(kind).itemsize and (bytes_there or entries != size):
        there = f"{bytes_there} bytes" if bytes_there else f"{entries} entries"
        raise FileFormatError(
            f"{what} of shape {list(tensor.dims)[:8]} has {there}",
            remedy="the file is damaged: export the model again",
        )
    array: NDArray[Any] = numpy_helper.to_array(tensor)
    return array


def _size(tensor: Any, what: str) -> int:  # noqa: ANN401
    if any(length < 0 for length in tensor.dims):
        raise FileFormatError(f"{what} has the shape {list(tensor.dims)[:8]}", remedy="sizes ≥ 0")
    size: int = math.prod(tensor.dims)
    if len(tensor.dims) > 16 or size > MAX_ENTRIES:
        raise FileFormatError(
            f"{what} has the shape {list(tensor.dims)[:8]}",
            remedy=f"tensors of up to {MAX_ENTRIES} entries are read",
        )
    return size


def _external(tensor: Any, folder: Path, size: int, what: str) -> bytes:  # noqa: ANN401
    """Bytes of a file beside the model."""
    facts = {entry.key: entry.value for entry in tensor.external_data}
    location = facts.get("location", "")
    root = folder.resolve()
    try:
        path = (root / location).resolve()
        inside = bool(location) and path.is_relative_to(root) and path.is_file()
    except (OSError, ValueError, RuntimeError):
        inside = False
    if not inside:
        raise FileFormatError(
            f"{what} lies in the file {location[:80]!r}",
            remedy="external data is read from an existing file inside the model's folder only",
        )
    try:
        offset, length = int(facts.get("offset", "0")), int(facts.get("length", str(size)))
    except ValueError:
        offset = length = -1
    if offset < 0 or length != size or offset + length > path.stat().st_size:
        raise FileFormatError(
            f"{what} names the bytes {facts.get('offset', 0)} + {facts.get('length', size)} of "
            f"{location[:80]!r}",
            remedy=f"it needs {size} bytes that are there",
        )
    try:
        with path.open("rb") as file:
            file.seek(offset)
            data: bytes = file.read(length)
            return data
    except OSError as error:
        raise FileFormatError(f"{path} cannot be read ({error})", remedy="check it") from error
