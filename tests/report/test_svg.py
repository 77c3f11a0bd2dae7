import math
import re
import xml.etree.ElementTree as ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitproof.report.curve import curve_of
from bitproof.report.svg import (
    NARROW,
    WIDE,
    Bar,
    Frame,
    bits_chart,
    error_chart,
    function_chart,
    label,
    path,
    ticks,
)
from tests.report.results import sine_result

finite = st.floats(min_value=-1e12, max_value=1e12, allow_nan=False)


@given(finite, st.floats(min_value=1e-9, max_value=1e9), st.integers(2, 10))
def test_ticks_are_few_ascending_and_inside(low, span, about):
    high = low + span
    if high == low:
        return
    values = ticks(low, high, about)
    assert len(values) <= 3 * about + 2
    assert values == sorted(values)
    slack = 1e-6 * (abs(low) + span)
    assert all(low - slack <= value <= high + slack for value in values)


def test_ticks_of_a_point_and_of_nonsense():
    assert ticks(2.0, 2.0, 5) == [2.0]
    assert ticks(math.nan, 1.0, 5) == []


def test_labels_have_no_ascii_minus():
    assert label(-1e-7) == "−1e−7"


@pytest.mark.parametrize("size", [WIDE, NARROW])
def test_charts_are_well_formed_and_carry_the_numbers(size):
    curve = curve_of(sine_result())
    error = error_chart(curve, size)
    assert "peak −0.0179 at x = 0.7793" in error
    assert error.count('class="limit"') == 2
    for chart in (error, function_chart(curve, size)):
        assert ElementTree.fromstring(chart).tag == "svg"
        assert "nan" not in chart


@pytest.mark.parametrize("size", [WIDE, NARROW])
def test_an_x_is_at_the_same_place_in_both_charts(size):
    curve = curve_of(sine_result())
    starts = [
        re.search(r'class="axis" d="(M[\d.]+)', chart(curve, size))[1]
        for chart in (function_chart, error_chart)
    ]
    assert starts[0] == starts[1]


def test_every_breakpoint_is_drawn():
    curve = curve_of(sine_result(pieces=16))
    assert error_chart(curve, WIDE).count("v6") == 14
    assert function_chart(curve, WIDE).count("knot") == 14


def test_many_points_become_their_extremes():
    frame = Frame(WIDE, (0.0, 1.0), (-1.0, 1.0), left=40.0)
    x = [i / 20000 for i in range(20001)]
    y = [math.sin(4000 * value) for value in x]
    drawn = path(frame, x, y)
    heights = [float(pair.split()[1]) for pair in drawn[1:].split("L")]
    assert len(heights) < 4 * WIDE.width + 4
    assert min(heights) == pytest.approx(frame.py(1.0), abs=0.2)
    assert max(heights) == pytest.approx(frame.py(-1.0), abs=0.2)


@given(st.lists(st.integers(0, 10**12), min_size=1, max_size=8))
def test_the_chart_of_sizes_takes_any_sizes_and_names(sizes):
    bars = [Bar(f"<b>{i}", bits, "table") for i, bits in enumerate(sizes)]
    chart = bits_chart(bars, NARROW)
    assert ElementTree.fromstring(chart).tag == "svg"
    assert "<b>" not in chart
