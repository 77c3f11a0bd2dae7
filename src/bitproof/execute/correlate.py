"""Convolutions of whole arrays, in any number type: products of patches with the kernel.

>>> blur = Convolution((1, 3, 3), 1, (2, 2), (1, 2, 0, 4))
>>> correlate(blur, kernel_array(blur, np.dtype(float)), np.arange(9.0).reshape(1, 9)).tolist()
[[18.0, 25.0, 39.0, 46.0]]
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from bitproof.network.convolution import Convolution

Array = NDArray[Any]
PATCH_ENTRIES = 1 << 22


def kernel_array(conv: Convolution, dtype: np.dtype[Any]) -> Array:
    """The kernel of shape (O, C/groups, h, w)."""
    shape = (conv.filters, conv.group_channels, *conv.window)
    return np.array(conv.kernel, dtype).reshape(shape)


def correlate(conv: Convolution, kernel: Array, values: Array) -> Array:
    """The convolution with another kernel of its shape: (batch, C·H·W) to (batch, O·H'·W').

    Sums are in the arrays' type, in no particular order.
    """
    batch = len(values)
    rows = max(1, PATCH_ENTRIES // max(1, conv.multiplications // max(1, conv.filters)))
    if batch > rows:
        parts = [correlate(conv, kernel, values[at : at + rows]) for at in range(0, batch, rows)]
        return np.concatenate(parts)
    patches = _patches(conv, values)
    channels, taps = conv.group_channels, conv.window[0] * conv.window[1]
    filters = conv.filters // conv.groups
    flat = kernel.reshape(conv.groups, filters, channels * taps)
    places = conv.output[1] * conv.output[2]
    sums = np.empty((batch, conv.filters, places), np.result_type(kernel, values))
    for group in range(conv.groups):
        seen = patches[:, group * channels : (group + 1) * channels]
        seen = seen.reshape(batch, channels * taps, places)
        own = slice(group * filters, (group + 1) * filters)
        sums[:, own] = np.matmul(flat[group], seen)
    return sums.reshape(batch, conv.filters * places)


def _patches(conv: Convolution, values: Array) -> Array:
    """What each window sees: (batch, C, h·w, H'·W')."""
    images = values.reshape(len(values), *conv.image)
    top, left, bottom, right = conv.pads
    if any(conv.pads):
        # Not np.pad: into an object array it puts zeros of a numpy type, which overflow.
        channels, height, width = conv.image
        shape = (len(values), channels, top + height + bottom, left + width + right)
        framed = np.zeros(shape, values.dtype)
        framed[:, :, top : top + height, left : left + width] = images
        images = framed
    reach = tuple(d * (n - 1) + 1 for d, n in zip(conv.dilations, conv.window, strict=True))
    windows = sliding_window_view(images, reach, axis=(2, 3))
    (sy, sx), (dy, dx) = conv.strides, conv.dilations
    seen = windows[:, :, ::sy, ::sx, ::dy, ::dx]
    batch, channels, height, width = seen.shape[:4]
    moved = seen.transpose(0, 1, 4, 5, 2, 3)
    return np.asarray(moved.reshape(batch, channels, -1, height * width))
