"""No network beats a proved lower bound: the march codes every 1-Lipschitz function."""

from __future__ import annotations

from fractions import Fraction

import pytest

from bitproof.certify import certify_sup_error
from bitproof.construct import march
from bitproof.exact import Q, parse_codebook
from bitproof.network import measure
from bitproof.target import TableTarget
from bitproof.theory.lower_bounds import MemoryBound


def zigzag(cells: int, seed: int) -> TableTarget:
    """A path of slopes ±1 on [0, 1]: the worst case of the class."""
    height, points, state = Fraction(0), [], seed
    for k in range(cells + 1):
        points.append((Fraction(k, cells), height))
        state = (state * 1103515245 + 12345) % (1 << 31)
        height += Fraction(1 if state >> 16 & 1 else -1, cells)
    return TableTarget(tuple(points), "zigzag")


@pytest.mark.parametrize("cells", [16, 64, 256])
@pytest.mark.parametrize(
    "form", [Q(0, 1), Q(1, 1), parse_codebook("-1,0,1/2,1")], ids=lambda form: form.name
)
def test_worst_case_error_times_memory_is_at_least_the_bound(cells, form):
    error = Fraction(1, cells)
    bound = MemoryBound(Fraction(1), Fraction(1))
    for design in march.designs(zigzag(cells, 7), error, [form]).constructions:
        if design.claimed_error is None:
            continue
        bits = measure(design.network).nonzero_bits
        assert design.claimed_error >= bound.least_error(bits)
        verdict = certify_sup_error(
            design.network, zigzag(cells, 7), zigzag(cells, 7).domain, error=error
        )
        assert verdict.upper == verdict.lower <= design.claimed_error
