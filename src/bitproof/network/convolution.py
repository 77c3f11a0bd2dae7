"""A convolution as a linear map: its kernel is stored once, not once for every place."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property

from bitproof.errors import FormatError
from bitproof.network.linear_map import LinearMap, SideBySide

Shape = tuple[int, int, int]


@dataclass(frozen=True)
class Convolution(LinearMap):
    """The 2-D convolution (correlation) of deep learning, over values in the order (c, y, x).

    Output (o, v, u) is Σ kernel[o, c, j, i] · input[g + c, v·sy − top + j·dy, u·sx − left + i·dx]
    over the input channels of its group, places outside the image counting as 0. Row o·H'·W' +
    v·W' + u belongs to it, column c·H·W + y·W + x to input (c, y, x).

    Attributes:
        image: channels, height and width (C, H, W) of the input.
        filters: output channels O, a multiple of `groups`.
        window: height and width of the kernel.
        kernel: integer numerators in the order (o, c, j, i), O·(C/groups)·h·w of them, zeros
            included.
        strides: (sy, sx).
        pads: rows and columns of zeros (top, left, bottom, right).
        dilations: (dy, dx).
        groups: input and output channels are split into as many groups.

    Raises:
        FormatError: the parts do not describe a convolution with at least one output.

    >>> blur = Convolution((1, 3, 3), 1, (2, 2), (1, 2, 0, 4))
    >>> blur.shape, blur.output, blur.row(3)
    ((4, 9), (1, 2, 2), ((4, 1), (5, 2), (8, 4)))
    >>> blur.stored_entries, blur.nonzero_entries
    (4, 3)
    """

    image: Shape
    filters: int
    window: tuple[int, int]
    kernel: tuple[int, ...]
    strides: tuple[int, int] = (1, 1)
    pads: tuple[int, int, int, int] = (0, 0, 0, 0)
    dilations: tuple[int, int] = (1, 1)
    groups: int = 1

    def __post_init__(self) -> None:
        sizes = (*self.image, self.filters, *self.window, *self.strides, *self.dilations)
        if min(*sizes, self.groups) < 1 or min(self.pads) < 0:
            raise FormatError(
                f"a convolution with the sizes {sizes}, {self.groups} groups, pads {self.pads}",
                remedy="every size is at least 1, every pad at least 0",
            )
        if self.image[0] % self.groups or self.filters % self.groups:
            raise FormatError(
                f"{self.image[0]} channels and {self.filters} filters in {self.groups} groups",
                remedy="both are multiples of the number of groups",
            )
        expected = self.filters * self.group_channels * math.prod(self.window)
        if len(self.kernel) != expected:
            raise FormatError(
                f"a kernel of {len(self.kernel)} entries instead of {expected}",
                remedy="give filters · channels/groups · height · width numerators",
            )
        if min(self._extent(0), self._extent(1)) < 1:
            raise FormatError(
                f"a window of {self.window} does not fit into the image {self.image}",
                remedy="pad the image, or take a smaller window or dilation",
            )

    @property
    def group_channels(self) -> int:
        """Input channels a filter sees."""
        return self.image[0] // self.groups

    def _extent(self, axis: int) -> int:
        padded = self.image[1 + axis] + self.pads[axis] + self.pads[2 + axis]
        reach = self.dilations[axis] * (self.window[axis] - 1) + 1
        return (padded - reach) // self.strides[axis] + 1

    @cached_property
    def output(self) -> Shape:
        """Channels, height and width of the output."""
        return self.filters, self._extent(0), self._extent(1)

    @property
    def shape(self) -> tuple[int, int]:
        return math.prod(self.output), math.prod(self.image)

    def row(self, index: int) -> tuple[tuple[int, int], ...]:
        _, height, width = self.output
        filter_, place = divmod(index, height * width)
        taps = self._taps(*divmod(place, width))
        first = self.group_channels * (filter_ * self.groups // self.filters)
        size = self.group_channels * math.prod(self.window)
        area, plane = math.prod(self.window), self.image[1] * self.image[2]
        entries = []
        for channel in range(self.group_channels):
            start = filter_ * size + channel * area
            for tap, pixel in taps:
                if numerator := self.kernel[start + tap]:
                    entries.append(((first + channel) * plane + pixel, numerator))
        return tuple(entries)

    def _taps(self, v: int, u: int) -> list[tuple[int, int]]:
        """(place in the window, pixel) of the places inside the image."""
        _, height, width = self.image
        top, left = self.pads[:2]
        taps = []
        for j in range(self.window[0]):
            y = v * self.strides[0] - top + j * self.dilations[0]
            if not 0 <= y < height:
                continue
            for i in range(self.window[1]):
                x = u * self.strides[1] - left + i * self.dilations[1]
                if 0 <= x < width:
                    taps.append((j * self.window[1] + i, y * width + x))
        return taps

    @property
    def stored_entries(self) -> int:
        return len(self.kernel)

    @property
    def nonzero_entries(self) -> int:
        return len(self.kernel) - self.kernel.count(0)

    def stored_values(self) -> Iterator[int]:
        return (numerator for numerator in self.kernel if numerator)

    def mapped(self, change: Callable[[int], int]) -> Convolution:
        return replace(self, kernel=tuple(map(change, self.kernel)))

    @property
    def multiplications(self) -> int:
        """Products of one evaluation, borders counted as if inside the image."""
        size = self.group_channels * math.prod(self.window)
        return math.prod(self.output) * size


def filters_of(matrix: LinearMap) -> int | None:
    """The filters of a convolution, or of the convolutions a map is a sum of; None if none is."""
    if isinstance(matrix, SideBySide):
        return next((n for n in map(filters_of, matrix.blocks) if n is not None), None)
    return matrix.filters if isinstance(matrix, Convolution) else None
