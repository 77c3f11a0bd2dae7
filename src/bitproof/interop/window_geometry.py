"""The windows of convolutions and pools: kernel, strides, pads and dilations of a node."""

from __future__ import annotations

from dataclasses import dataclass

from bitproof.interop.model_graph import Node
from bitproof.interop.operands import integer, integers

MAX_PAD = 1 << 12


@dataclass(frozen=True, slots=True)
class Windows:
    """Windows over an image of two axes (one-dimensional ones have height 1).

    Attributes:
        size, strides, dilations: (vertical, horizontal).
        pads: (top, left, bottom, right).
        counts: rows and columns of windows.
        overhang: how far below and to the right of the padded image `ceil_mode` windows reach.
    """

    size: tuple[int, int]
    strides: tuple[int, int]
    pads: tuple[int, int, int, int]
    dilations: tuple[int, int]
    counts: tuple[int, int]
    overhang: tuple[int, int] = (0, 0)


def windows(node: Node, image: tuple[int, int], size: tuple[int, ...]) -> Windows:
    """The windows of a node over an image, `size` being the kernel's one or two axes.

    Raises:
        InputError: attributes of other numbers of axes, sizes below 1, or no window fits.
    """
    rank = len(size)
    strides = integers(node, "strides", (1,) * rank)
    dilations = integers(node, "dilations", (1,) * rank)
    pads = integers(node, "pads", (0,) * (2 * rank))
    if (len(strides), len(dilations), len(pads)) != (rank, rank, 2 * rank):
        raise node.refusal(
            f"has strides {list(strides)}, dilations {list(dilations)}, pads {list(pads)}",
            f"one for each of {rank} axes, two pads",
        )
    if min(*size, *strides, *dilations) < 1 or not 0 <= min(pads) <= max(pads) <= MAX_PAD:
        raise node.refusal(
            f"has the window {list(size)}, strides {list(strides)}, pads {list(pads)}",
            f"sizes of at least 1, pads from 0 to {MAX_PAD}",
        )
    flat = rank == 1
    heights = (1, size[0]) if flat else (size[0], size[1])
    steps = (1, strides[0]) if flat else (strides[0], strides[1])
    gaps = (1, dilations[0]) if flat else (dilations[0], dilations[1])
    border = (0, pads[0], 0, pads[1]) if flat else (pads[0], pads[1], pads[2], pads[3])
    border = _automatic(node, image, heights, steps, gaps, border)
    return _counted(node, image, heights, steps, gaps, border)


def _counted(
    node: Node,
    image: tuple[int, int],
    size: tuple[int, int],
    strides: tuple[int, int],
    dilations: tuple[int, int],
    pads: tuple[int, int, int, int],
) -> Windows:
    ceil = integer(node, "ceil_mode", 0)
    counts, overhang = [], []
    for axis in range(2):
        padded = image[axis] + pads[axis] + pads[axis + 2]
        reach = dilations[axis] * (size[axis] - 1) + 1
        count = (padded - reach) // strides[axis] + 1
        if ceil and (padded - reach) % strides[axis]:
            # A window must start inside the image or its upper pads.
            count += count * strides[axis] < image[axis] + pads[axis]
        if count < 1:
            raise node.refusal(
                f"has a window of {size} on an image of {image}", "a window must fit into it"
            )
        counts.append(count)
        overhang.append(max(0, (count - 1) * strides[axis] + reach - padded))
    return Windows(
        size, strides, pads, dilations, (counts[0], counts[1]), (overhang[0], overhang[1])
    )


def _automatic(
    node: Node,
    image: tuple[int, int],
    size: tuple[int, int],
    strides: tuple[int, int],
    dilations: tuple[int, int],
    pads: tuple[int, int, int, int],
) -> tuple[int, int, int, int]:
    """Pads by the `auto_pad` rule."""
    rule = str(node.attributes.get("auto_pad", "NOTSET"))
    if rule in ("NOTSET", ""):
        return pads
    if rule == "VALID":
        return (0, 0, 0, 0)
    if rule not in ("SAME_UPPER", "SAME_LOWER"):
        raise node.refusal(f"has auto_pad = {rule[:40]!r}", "SAME_UPPER, SAME_LOWER or VALID")
    before, after = [], []
    for axis in range(2):
        count = -(-image[axis] // strides[axis])
        reach = dilations[axis] * (size[axis] - 1) + 1
        total = max(0, (count - 1) * strides[axis] + reach - image[axis])
        small, large = total // 2, total - total // 2
        before.append(small if rule == "SAME_UPPER" else large)
        after.append(large if rule == "SAME_UPPER" else small)
    return before[0], before[1], after[0], after[1]
