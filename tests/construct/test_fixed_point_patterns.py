"""Gadgets on stretches: what is said of a neuron is what it computes."""

import numpy as np
import pytest

from bitproof.construct.fixed_point_machine import machine
from bitproof.construct.fixed_point_patterns import Gadgets
from bitproof.construct.fixed_point_stretches import stretches
from tests.construct.fixed_point_cases import SEVEN, activation, arithmetic, one_input


@pytest.mark.parametrize(("p", "s"), [(4, 8), (7, 16)])
@pytest.mark.parametrize("name", SEVEN)
def test_a_gadget_has_its_values_on_its_stretches(name, p, s):
    numbers = arithmetic(p, s)
    built = machine(activation(name, numbers.form).values, numbers)
    found = stretches(built, np.array(one_input("steps", numbers.form)))
    copies = {found.at(jump)[-1]: 1 + jump % 2 for jump in range(found.jumps)}
    gadgets = Gadgets(built, found).on(copies, 3 if p == 4 else 2)
    assert gadgets
    lengths = np.diff(np.append(found.firsts, len(built.levels)))
    for gadget in gadgets:
        u = sum(weight * found.faces[face].values for face, weight in gadget.reads)
        values = built.apply(u + built.beta * gadget.bias)
        assert values.tolist() == np.repeat(gadget.values, lengths).tolist()
        assert gadget.edges == sum(-(-abs(w) // built.heaviest) for _, w in gadget.reads)
        assert all(abs(w) <= copies[face] * built.heaviest for face, w in gadget.reads)
        steps = [value - gadget.values[0] for value in gadget.values]
        assert [abs(gadget.height * part) for part in gadget.pattern] == [abs(x) for x in steps]


def test_one_gadget_of_a_pattern_is_the_tallest_that_a_single_face_allows():
    numbers = arithmetic(4, 8)
    built = machine(activation("relu", numbers.form).values, numbers)
    function = np.where(np.arange(31) < 12, 0, 5)
    found = stretches(built, function)
    gadgets = Gadgets(built, found)
    for face in range(len(found.faces)):
        y = found.faces[face].values
        tallest = 0
        for weight in range(-15, 16):
            for bias in range(-60, 61):
                values = built.apply(weight * y + 8 * bias)
                if len(set(values[:12].tolist())) == 1 == len(set(values[12:].tolist())):
                    tallest = max(tallest, abs(int(values[12]) - int(values[0])))
        assert max(gadget.height for gadget in gadgets.on({face: 1})) == tallest
