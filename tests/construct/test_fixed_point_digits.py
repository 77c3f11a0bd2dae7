"""Codes: every output level is the sum its digits say, on levels that the grid allows."""

import numpy as np
import pytest

from bitproof.construct.fixed_point_digits import Grid, codes, grid_of_stride
from bitproof.construct.fixed_point_machine import machine
from tests.construct.fixed_point_cases import SEVEN, activation, arithmetic


def machine_of(name, weights):
    numbers = arithmetic(3, 4, weights=weights)
    return machine(activation(name, numbers.form).values, numbers)


@pytest.mark.parametrize("weights", ["full", "binary"])
@pytest.mark.parametrize("name", SEVEN)
def test_plateaus_are_where_the_activation_is_constant(name, weights):
    built = machine_of(name, weights)
    reach = 3 * built.highest * built.beta
    for place, value in enumerate(built.table):
        low, high = built.plateau_low[place], built.plateau_high[place]
        inside = np.arange(max(low, -reach), min(high, reach) + 1)
        assert (built.apply(inside) == value).all()
        if low > -reach:
            assert built.apply(np.array([low - 1]))[0] != value
        if high < reach:
            assert built.apply(np.array([high + 1]))[0] != value


@pytest.mark.parametrize("stride", [1, 2, 4, 6])
@pytest.mark.parametrize("name", SEVEN)
def test_codes_write_every_level(name, stride):
    built = machine_of(name, "binary")
    grid = grid_of_stride(built, stride)
    values = built.levels.tolist()
    for code in codes(built, values, 0, grid):
        ends = {-1: int(built.table[0]), 1: int(built.table[-1])}
        sums = []
        for value in values:
            total = 0
            for digit, level in zip(code.digits, code.levels[value], strict=True):
                place = level - built.lowest
                anchored = grid.above(built.plateau_low)[place]
                assert anchored <= built.plateau_high[place]
                total += digit.weight * (built.at(level) - ends[digit.end])
            sums.append(total)
        # one offset brings every sum into its level's cell
        low = max(int(built.cell_low[i]) - total for i, total in enumerate(sums))
        high = min(int(built.cell_high[i]) - total for i, total in enumerate(sums))
        assert low <= high


def test_a_grid_knows_its_integers():
    grid = Grid(anchor=1, stride=4)
    assert grid.above(np.array([-3, -2, 1, 2])).tolist() == [-3, 1, 1, 5]
