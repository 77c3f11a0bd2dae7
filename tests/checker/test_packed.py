"""Columns in slots are the same numbers one by one."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from bitproof.checker.cells import Narrow, Step, bent, values_at
from bitproof.checker.packed import Slots

WIDTHS = st.sampled_from([8, 64, 72, 128])


@st.composite
def columns(draw: st.DrawFn) -> tuple[int, list[int]]:
    width = draw(WIDTHS)
    top = (1 << (width - 1)) - 1
    numbers = st.sampled_from([0, 1, -1, top, -top]) | st.integers(-top, top)
    return width, draw(st.lists(numbers, min_size=1, max_size=9))


@given(columns(), st.sets(st.integers(0, 8)))
def test_every_operation_is_the_one_on_each_number(
    column: tuple[int, list[int]], kept: set[int]
) -> None:
    width, numbers = column
    slots = Slots(len(numbers), width)
    packed = slots.pack(numbers)
    assert slots.unpack(packed) == numbers
    assert slots.unpack(slots.relu(packed)) == [max(n, 0) for n in numbers]
    assert slots.members(slots.nonnegative(packed)) == [
        at for at, n in enumerate(numbers) if n >= 0
    ]
    assert slots.members(slots.opposite(packed)) == [
        at for at, (a, b) in enumerate(pairwise(numbers)) if a < 0 < b or b < 0 < a
    ]
    flags = slots.nonnegative(slots.pack([0 if at in kept else -1 for at in range(len(numbers))]))
    assert slots.unpack(slots.keep(packed, flags)) == [
        n if at in kept else 0 for at, n in enumerate(numbers)
    ]
    largest = max(map(abs, numbers))
    assert largest <= slots.bound(packed) <= max(2 * largest, 1)


@given(st.data())
def test_networks_in_slots(data: st.DataObject) -> None:
    """The values, and the cells left open, as integers and fractions one by one give them; numbers
    that do not fit are refused, never wrapped."""
    small = st.integers(-9, 9)
    steps = []
    for number in range(1, 6):
        read = sorted(data.draw(st.sets(st.integers(0, number - 1))))
        terms = tuple((data.draw(small.filter(bool)), position) for position in read)
        steps.append(Step(data.draw(small), terms, number < 5 and data.draw(st.booleans())))
    points = sorted(
        data.draw(st.sets(st.fractions(-2, 2, max_denominator=9), min_size=2, max_size=6))
    )
    cells = list(pairwise(points))
    try:
        numbers, changing = values_at(steps, points, data.draw(st.sampled_from([8, 16, 64])))
    except Narrow:
        numbers, changing = values_at(steps, points, 64)
    assert [Fraction(k, x.denominator) for k, x in zip(numbers, points, strict=True)] == [
        value(steps, x)[-1] for x in points
    ]
    expected = [
        at
        for at, (a, b) in enumerate(cells)
        if any(
            step.relu and y * z < 0
            for step, y, z in zip(steps, sums(steps, a), sums(steps, b), strict=True)
        )
    ]
    assert changing == expected
    for at in set(range(len(cells))) - set(bent(steps, cells, 64)):
        a, b = cells[at]
        for share in (Fraction(1, 7), Fraction(1, 2), Fraction(8, 9)):
            chord = (1 - share) * value(steps, a)[-1] + share * value(steps, b)[-1]
            assert value(steps, a + share * (b - a))[-1] == chord


def sums(steps: list[Step], x: Fraction) -> list[Fraction]:
    """The pre-activations."""
    values = value(steps, x)
    return [step.bias + sum(c * values[p] for c, p in step.terms) for step in steps]


def value(steps: list[Step], x: Fraction) -> list[Fraction]:
    values = [x]
    for step in steps:
        total = step.bias + sum(c * values[p] for c, p in step.terms)
        values.append(max(total, Fraction(0)) if step.relu else total)
    return values
